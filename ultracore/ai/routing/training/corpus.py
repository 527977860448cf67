"""The utterances that the router is fitted on, and the held-out ones that it is measured on.

A folder holds `<class>.txt` with one utterance a line, and may hold `two_subjects.tsv` with lines of
`first<TAB>second<TAB>utterance`. Empty lines and lines that start with `#` are skipped. UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ultracore.ai.routing.service import CLASSES, LABELS
from ultracore.errors import OperatorError

FOLDER = Path(__file__).parents[4] / "training" / "router"
HELD_OUT = FOLDER / "heldout"


@dataclass(frozen=True, slots=True)
class Corpus:
    """`texts[i]` belongs to the class with index `classes[i]` of `CLASSES`. `pairs` holds utterances with two
    subjects: both class indices, the first asked first."""

    texts: tuple[str, ...]
    classes: tuple[int, ...]
    pairs: tuple[tuple[int, int, str], ...]


def read_corpus(folder: Path = FOLDER) -> Corpus:
    """All utterances, in the order of `CLASSES` and of the files.

    Raises `OperatorError` if a class has no file or an utterance stands in the folder twice.
    """
    rows = [(text, index) for index, name in enumerate(CLASSES) for text in _lines(folder / f"{name}.txt")]
    pairs = tuple(_pairs(folder / "two_subjects.tsv"))
    # An utterance in two folds would be predicted by a model that has seen it, and the measure would flatter.
    _refuse_repeats([text for text, _ in rows] + [text for _, _, text in pairs])
    return Corpus(tuple(text for text, _ in rows), tuple(index for _, index in rows), pairs)


def read_held_out(folder: Path = HELD_OUT) -> list[tuple[str, str]]:
    """`(text, label)` of each held-out utterance; only the six labels have a file, and none must have one."""
    files = [(folder / f"{label}.txt", label) for label in LABELS]
    return [(text, label) for file, label in files if file.exists() for text in _lines(file)]


def _lines(file: Path) -> list[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise OperatorError(f"Please add the utterances {file}.", code="router.corpus_missing") from error
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _pairs(file: Path) -> Iterator[tuple[int, int, str]]:
    for line in _lines(file):
        first, second, text = line.split("\t")
        yield CLASSES.index(first), CLASSES.index(second), text


def _refuse_repeats(texts: list[str]) -> None:
    seen: set[str] = set()
    for text in texts:
        if text in seen:
            raise OperatorError(f"The utterance {text!r} is there twice.", code="router.corpus_repeats")
        seen.add(text)
