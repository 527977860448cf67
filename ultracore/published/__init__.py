"""The published Python API above the container: agents, tool executor, and the defaults of both."""
