"""How the router's data file is made, and how it is measured.

Fitting needs scipy, which the development packages bring; nothing of the running app imports it.

`python -m ultracore.ai.routing.training` rebuilds `router.npz` and prints how good it is.
"""
