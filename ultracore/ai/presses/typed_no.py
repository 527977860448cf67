"""A no that is typed. Refusing is safe, so words may do it; a yes takes the button."""

from __future__ import annotations

import re
from typing import Final

PHRASES: Final = frozenset(
    {
        *("cancel", "cancel it", "cancel that", "cancel this", "please cancel", "cancel please"),
        *("cancel the payment", "cancel the transfer", "cancel the request"),
        *("no", "no no", "nope", "no thanks", "no thank you", "no cancel", "no cancel it"),
        *("forget it", "forget that", "forget about it", "never mind", "nevermind"),
        *("stop", "stop it", "stop that", "dont", "dont do it", "do not", "do not do it"),
        *("decline", "decline it", "leave it", "scrap that"),
    }
)
# "No!" and "don't" are phrases too; whole messages only, since "no, 50 please" is a correction.
_MARKS = re.compile(r"[^\w\s]|_")


def is_typed_no(text: str) -> bool:
    """True if the whole message is one of the phrases, regardless of case and punctuation."""
    return " ".join(_MARKS.sub("", text.casefold()).split()) in PHRASES
