"""Data files of the package. `router.npz` is built by `python -m ultracore.ai.training`, never edited by hand."""
