"""Measurements: ratios inside one run, never timed tests."""
