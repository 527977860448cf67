"""The files of a witness: append-only, on disk when a call returns, whole again after a crash."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ultracore.errors import OperatorError


def append(path: Path, lines: Sequence[bytes]) -> None:
    """Add lines to a file; they and its name are on disk when this returns. Raises `OperatorError`."""
    try:
        new = not path.exists()
        with path.open("ab") as file:
            file.write(b"".join(lines))
            file.flush()
            os.fsync(file.fileno())
        # Its folder too, because a new file's name is lost with a folder that did not reach the disk.
        if new:
            _keep_name(path)
    except OSError as exc:
        raise OperatorError(
            f"The witness cannot write {path}: {exc.strerror}. Nothing was co-signed that is not in its files; "
            "make room and start it again.",
            code="witness.directory",
        ) from exc


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; it is on disk when this returns. Raises `OperatorError`."""
    draft = path.with_name(f".{path.name}.new")
    # A crash may have left a draft, to which `append` would add.
    draft.unlink(missing_ok=True)
    append(draft, [content])
    draft.replace(path)
    _keep_name(path)


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines with their line feeds; none if there is no file."""
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _keep_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def take_off_torn_line(path: Path) -> None:
    """A last line without its line feed was being written when the process ended: it was not there yet."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        end = whole = file.seek(0, os.SEEK_END)
        while whole > 0:
            start = max(0, whole - 65_536)
            file.seek(start)
            feed = file.read(whole - start).rfind(b"\n")
            whole = start + feed + 1 if feed >= 0 else start
            if feed >= 0:
                break
        if whole < end:
            file.truncate(whole)
            os.fsync(file.fileno())
