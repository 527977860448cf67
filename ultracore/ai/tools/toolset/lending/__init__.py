"""Loans: what is possible, what it costs, what is running."""
