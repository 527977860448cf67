"""Payments: quotes, payees, transfers."""
