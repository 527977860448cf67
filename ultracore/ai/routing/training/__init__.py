"""How the router's data file is made.

Development only: it needs scikit-learn, and nothing of the running app imports it.

`python -m ultracore.ai.routing.training` rebuilds `ultracore/ai/data/router.npz` and prints how it was measured.
"""
