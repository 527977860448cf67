"""Input of verification: lines of files, each one canonical JSON object, and the errors for lines that are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ultracore.audit.canonical import OtherSpelling, canonical_object

LONGEST_LINE: Final = 8 * 2**20
"""In bytes. An event has 2 MiB at most with what is revealed beside it, a list of heads 0.5 MiB."""

_FOREIGN: Final = (
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; unpack it first"),
    (b"PK\x03\x04", "it is a ZIP archive; unpack it first"),
    (b"SQLite format 3\x00", "it is a database; verify it with its settings, or export it first"),
    (b"\xff\xfe", "it is UTF-16; the record is UTF-8"),
    (b"\xfe\xff", "it is UTF-16; the record is UTF-8"),
    (b"\xef\xbb\xbf", "it begins with a byte order mark, which the record does not have"),
)


class BreakFound(Exception):
    """The record does not hold. `where` names the stream (or `heads`), `sequence` the place in it."""

    def __init__(self, where: str, sequence: int, why: str) -> None:
        super().__init__(f"{where} {sequence}: {why}")
        self.where = where
        self.sequence = sequence
        self.why = why


class Unreadable(ValueError):
    """The first line already is not what a record or a list of heads consists of: this is another kind of file."""


def lines_of(path: Path, what: str) -> Iterator[bytes]:
    """The lines of a file, with their line feeds, one at a time in memory.

    Raises `Unreadable` for a file of another kind or an empty one, `BreakFound` for an endless line, `OSError`.
    """
    with path.open("rb") as file:
        beginning = file.peek(16)
        for mark, why in _FOREIGN:
            if beginning.startswith(mark):
                raise malformed(what, 1, why)
        number = 0
        # One byte more than is allowed, so that an endless line is told from one that just fits.
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise malformed(what, number, f"it is longer than {LONGEST_LINE >> 20} MiB")
            yield line
        if not number:
            raise Unreadable(f"{path} is empty: it holds no {what}.")


def read_line(line: bytes, what: str, number: int) -> dict[str, Any]:
    """A canonical JSON object, then a line feed. Raises `OtherSpelling`, `BreakFound` or `Unreadable`."""
    if not line.endswith(b"\n"):
        raise malformed(what, number, "it is cut off")
    if line.endswith(b"\r\n"):
        raise malformed(what, number, "it ends with CR LF; lines of ours end with LF alone")
    try:
        return canonical_object(line[:-1])
    except OtherSpelling:
        raise
    except ValueError as exc:
        raise malformed(what, number, f"it is not JSON of ours: {exc}") from exc


def malformed(what: str, number: int, why: str) -> Exception:
    """A foreign file if the first line is wrong already; a break if it began well."""
    if number == 1:
        return Unreadable(f"line 1 of the {what} cannot be read: {why}")
    return BreakFound(f"{what} line", number, why)
