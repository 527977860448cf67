"""Programs that a proof runs in a process of their own."""
