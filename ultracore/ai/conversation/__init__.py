"""The conversation runtime: intake, routing, turns, presses, and what a crash leaves open."""
