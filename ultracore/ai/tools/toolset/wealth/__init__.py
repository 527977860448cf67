"""Investments: figures and general information, never advice."""
