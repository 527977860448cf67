"""The command line: `ultracore …`."""
