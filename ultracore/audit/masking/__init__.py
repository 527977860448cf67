"""Secrets in what people and models write are masked before anything is kept, shown or sent."""

from ultracore.audit.masking.plain import WrongType, described, masked, snapshot
from ultracore.audit.masking.quick import holds_nothing
from ultracore.audit.masking.split import Piece, mask_in_pieces
from ultracore.audit.masking.text import forget_short, mask, mask_recorded, mask_typed_code

__all__ = [
    "Piece",
    "WrongType",
    "described",
    "forget_short",
    "holds_nothing",
    "mask",
    "mask_in_pieces",
    "mask_recorded",
    "mask_typed_code",
    "masked",
    "snapshot",
]
