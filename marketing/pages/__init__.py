"""The back office pages of capture."""
