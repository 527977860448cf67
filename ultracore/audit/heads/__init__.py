"""Signed head lists: where every stream stood, published beside the record."""

from ultracore.audit.heads.service import HeadSealer
from ultracore.audit.heads.values import SIGNED_PREFIX, HeadsFile

__all__ = [
    "SIGNED_PREFIX",
    "HeadSealer",
    "HeadsFile",
]
