"""Bringing files in: reading, mapping, converting, merging, reporting."""
