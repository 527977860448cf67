"""Secrets in an answer are masked before it is shown, while it is being streamed."""

from __future__ import annotations

import re
from typing import Final

from ultracore.audit.masking import holds_nothing, mask

_SENTENCE_END: Final = re.compile(r"[.!?]\s")
_SPACE: Final = re.compile(r"\s+")
_LONGEST: Final = 4_000
_NEAR: Final = 64


class SecretGuard:
    """Masks one answer piece by piece. `feed` gives back text that may be shown; `flush` gives the rest.

    The last word is kept back until it is complete; where a word hints at a password, a code or a token, its whole
    sentence is. Figures are the figure guard's business, which comes after this one.
    """

    def __init__(self) -> None:
        self._held = ""
        self._before = ""

    def feed(self, piece: str) -> str:
        """Take the next piece; return what is safe to show by now."""
        self._held += piece
        plain = len(self._held) > _LONGEST or holds_nothing(self._held)
        ends = [match.end() for match in (_SPACE if plain else _SENTENCE_END).finditer(self._held)]
        cut = ends[-1] if ends else 0
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._masked(ready)

    def flush(self) -> str:
        """The answer is complete: return what was kept back."""
        ready, self._held = self._held, ""
        return self._masked(ready)

    def _masked(self, ready: str) -> str:
        """With a look at what was shown before: `the one-time` there tells what `code is 1234` is."""
        if not ready:
            return ""
        before, self._before = self._before, (self._before + ready)[-_NEAR:]
        whole = mask(before + ready)
        return whole[len(before) :] if whole.startswith(before) else mask(ready)
