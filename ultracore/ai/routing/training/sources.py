"""Labelled utterances by their source: what the router is measured on, by source, intent and language.

Three forms of file, UTF-8. Lines that are empty or start with `#` are no utterances; the latter name the intent of
those below.

- a folder with `<class>.txt`, one utterance a line;
- `<language>.txt`, one utterance a line below the `[class]` that it belongs to;
- the public sets as a table with the columns `text,label,accept,source,intent` (`docs/router.md` says which).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ultracore.ai.routing.service import CLASSES, FOLLOW_UP, LABELS
from ultracore.errors import OperatorError

FOLDER = Path(__file__).parents[4] / "training" / "router"
HELD_OUT = FOLDER / "heldout"
LANGUAGES = HELD_OUT / "languages"
ENGLISH = "en"
PUBLIC = ("banking77-train", "clinc150-train")
# What these intents of CLINC150 are to us, who tell small talk and answers from other subjects.
_KINDS = {
    "greeting": "greeting",
    "goodbye": "greeting",
    "thank_you": "thanks",
    "yes": FOLLOW_UP,
    "no": FOLLOW_UP,
    "maybe": FOLLOW_UP,
    "repeat": FOLLOW_UP,
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message. `kind` is its class; `accept` holds every label that is right for it, none for a follow-up."""

    text: str
    kind: str
    accept: tuple[str, ...]
    source: str
    intent: str = ""
    language: str = ENGLISH


def read_public(file: Path) -> list[Utterance]:
    """The public sets. Raises `OperatorError` if the file is not there."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            return [_public(row) for row in csv.DictReader(lines)]
    except OSError as error:
        raise OperatorError(f"The labelled sets {file} cannot be read.", code="router.corpus_missing") from error


def read_folder(folder: Path, source: str) -> list[Utterance]:
    """What one writer wrote, in English; a class without a file has none."""
    files = [(folder / f"{kind}.txt", kind) for kind in CLASSES]
    return [row for file, kind in files if file.exists() for row in lines_of(file, source, ENGLISH, kind)]


def read_languages(folder: Path, source: str) -> list[Utterance]:
    """The files of languages in a folder, each a source, in the order of their names."""
    files = sorted(folder.glob("*.txt"))
    return [row for file in files for row in lines_of(file, f"{source}, {file.stem}", file.stem)]


def held_out() -> list[Utterance]:
    """What the repository holds to measure on: a second reader's English, and the languages."""
    return read_folder(HELD_OUT, "held out, reader") + read_languages(LANGUAGES, "held out")


def _public(row: dict[str, str]) -> Utterance:
    small = row["source"].startswith("clinc150") and row["label"] == LABELS[-1]
    kind = _KINDS.get(row["intent"], row["label"]) if small else row["label"]
    return Utterance(row["text"], kind, tuple(row["accept"].split("|")), row["source"], row["intent"])


def lines_of(file: Path, source: str, language: str, kind: str = "") -> Iterator[Utterance]:
    """The utterances of a file; `kind` is the class of those above the first `[class]`."""
    intent = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            kind, intent = line[1:-1], ""
        elif line.startswith("#"):
            intent = line[1:].strip()
        elif line.strip():
            yield Utterance(line, kind, _accepted(kind), source, intent or kind, language)


def _accepted(kind: str) -> tuple[str, ...]:
    if kind == FOLLOW_UP:
        return ()
    return (kind if kind in LABELS else LABELS[-1],)
