"""One module a domain: what its customers ask for, what has to be known, and how the answer is worded."""

from ultracore.offline_model.domains.lending import purpose_in

__all__ = [
    "purpose_in",
]
