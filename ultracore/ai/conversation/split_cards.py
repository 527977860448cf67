"""Remembers how the last message of each conversation ended, for a card number that is sent in pieces."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ultracore.audit.masking import Piece, mask_in_pieces

# Bounded, because a conversation never tells that it has ended: the oldest one's digits are forgotten.
_MOST: Final = 10_000


class SplitCards:
    """The last digits of the last message of a conversation, in this process's memory and nowhere else.

    If the next message reaches another process the pieces are not put together; a first piece that is plainly
    the beginning of a card number is masked by itself.
    """

    def __init__(self) -> None:
        self._pieces: OrderedDict[str, Piece] = OrderedDict()

    def masked(self, conversation_id: str, text: str) -> str:
        """A message (masked by itself already) as record, screen and model may have it. Once for each message."""
        # Popped: a piece counts for the very next message only, or unrelated figures would be masked much later.
        shown, piece = mask_in_pieces(text, self._pieces.pop(conversation_id, None))
        if piece is not None:
            self._pieces[conversation_id] = piece
            if len(self._pieces) > _MOST:
                self._pieces.popitem(last=False)
        return shown
