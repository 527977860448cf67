"""Text as a model endpoint may send it, and as files, wires and the record can carry it."""

from __future__ import annotations


def sound(text: str) -> str:
    """`text` with a question mark for every half of a surrogate pair, which no encoding can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
