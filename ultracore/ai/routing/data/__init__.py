"""Data files of the package. `router.npz` is built by `python -m ultracore.ai.routing.training`."""
