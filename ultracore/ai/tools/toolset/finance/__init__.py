"""The bank's own figures."""
