"""`ultracore audit …`."""
