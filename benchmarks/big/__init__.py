"""Benchmarks on the big data set."""
