"""Benchmarks: each is a ratio against a named baseline that is measured in the same run."""
