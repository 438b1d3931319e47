"""Real processes, killed and cut off: what was promised still holds."""
