"""The shipped cases."""
