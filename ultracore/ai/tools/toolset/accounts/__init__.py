"""Accounts: what is there, what came and went, opening and closing."""
