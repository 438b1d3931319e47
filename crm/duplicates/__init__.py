"""Who may be here twice: how alike two records are, and why."""
