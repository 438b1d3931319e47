"""Every write of capture."""
