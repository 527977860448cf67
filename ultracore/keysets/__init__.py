"""Public keys of others and what they sign: key sets, how they are fetched, and tokens verified by them."""

from ultracore.keysets.addresses import Network, Reach, is_safe, may_be_fetched, split
from ultracore.keysets.fetching import FETCH_SECONDS, Unfetched, exchanged
from ultracore.keysets.keys import GivenKeys, PublishedKeys, UnfitKeys, read_key_set
from ultracore.keysets.tokens import TokenUnfit, read_unverified, text_claim, time_claim, verified

__all__ = [
    "FETCH_SECONDS",
    "GivenKeys",
    "Network",
    "PublishedKeys",
    "Reach",
    "TokenUnfit",
    "Unfetched",
    "UnfitKeys",
    "exchanged",
    "is_safe",
    "may_be_fetched",
    "read_key_set",
    "read_unverified",
    "split",
    "text_claim",
    "time_claim",
    "verified",
]
