"""Which characters the fonts of the documents can show, and what stands in the place of the others."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from ultracore.markdown import visible

FONTS: Final = Path(__file__).parent / "fonts"
FAMILIES: Final = ("Noto Sans", "Noto Naskh Arabic", "Noto Sans Devanagari", "Droid Sans Fallback")
"""In the order in which a character is looked for. Bold is there for the first alone."""
_BOLD: Final = "Bold"
_LAST_OF_A_SEGMENT: Final = 0xFFFF
# A word that no line is long enough for is broken: money is shorter, addresses and attacks are longer.
_LONGEST_WORD: Final = 28
_BREAK: Final = "\u200b"


@dataclass(slots=True)
class GlyphText:
    """Text as a document shows it, and whether a character had no glyph."""

    lacking: int = 0

    def __call__(self, text: str) -> str:
        """`text` whole: for a character without a glyph stands its number, as `[U+1F600]`."""
        known = known_characters()
        kept = [one if ord(one) in known else self._number(one) for one in _plain(text)]
        return _breakable("".join(kept))

    def _number(self, character: str) -> str:
        self.lacking += 1
        return f"[U+{ord(character):04X}]"


def _plain(text: str) -> str:
    # A tab and a line's end are blanks to a reader; what cannot be seen could turn a line around.
    return visible(text.translate({9: " ", 10: " ", 13: " "}))


def _breakable(text: str) -> str:
    return " ".join(_broken(word) if len(word) > _LONGEST_WORD else word for word in text.split(" "))


def _broken(word: str) -> str:
    return _BREAK.join(word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD))


@cache
def known_characters() -> frozenset[int]:
    """The code points for which one of the fonts has a glyph."""
    # A bold font would only narrow what its regular one has.
    files = [file for file in sorted(FONTS.glob("*.ttf")) if _BOLD not in file.stem]
    return frozenset(code for file in files for code in characters_of(file.read_bytes()))


def characters_of(font: bytes) -> Iterator[int]:
    """The code points of a TrueType font's table of characters (`cmap`, format 4)."""
    table = _table(font, b"cmap")
    count = struct.unpack_from(">H", table, 2)[0]
    for number in range(count):
        offset = struct.unpack_from(">I", table, 4 + 8 * number + 4)[0]
        if struct.unpack_from(">H", table, offset)[0] == 4:
            yield from _segments(table[offset:])


def _table(font: bytes, wanted: bytes) -> bytes:
    count = struct.unpack_from(">H", font, 4)[0]
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == wanted:
            return font[offset : offset + length]
    raise LookupError(f"a font without {wanted.decode()}")


def _segments(table: bytes) -> Iterator[int]:
    size = struct.unpack_from(">H", table, 6)[0]
    ends = struct.unpack_from(f">{size // 2}H", table, 14)
    starts = struct.unpack_from(f">{size // 2}H", table, 16 + size)
    for first, last in zip(starts, ends, strict=True):
        if first != _LAST_OF_A_SEGMENT:
            yield from range(first, last + 1)
