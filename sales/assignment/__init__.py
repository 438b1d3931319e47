"""Assignment rules: who gets which lead, and why."""
