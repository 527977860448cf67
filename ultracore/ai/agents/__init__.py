"""The agents: their profiles, the turn that they run, and the published classes."""
