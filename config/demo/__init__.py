"""Demonstration data: one believable business, the same at every first start."""
