"""Qualification: which fields go over, what was done, and how it is taken back."""
