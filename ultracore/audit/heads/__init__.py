"""Signed head lists: the last event of every stream, published beside the record."""

from ultracore.audit.heads.service import HeadSealer
from ultracore.audit.heads.values import SIGNED_PREFIX, HeadsFile

__all__ = [
    "SIGNED_PREFIX",
    "HeadSealer",
    "HeadsFile",
]
