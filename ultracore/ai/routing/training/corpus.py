"""The utterances that the router is fitted on: two writers' English, five languages, and the public sets.

`training/router/` holds `<class>.txt` of the first writer, `second_writer.txt`, `languages/<language>.txt`, and
`two_subjects.tsv` with lines of `first<TAB>second<TAB>utterance`. The public sets are in no repository of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ultracore.ai.routing.service import CLASSES
from ultracore.ai.routing.training.sources import (
    ENGLISH,
    FOLDER,
    Utterance,
    lines_of,
    read_folder,
    read_languages,
    read_public,
)
from ultracore.errors import OperatorError

FIRST_WRITER = "writer A"
SECOND_WRITER = "writer B"
LANGUAGES = "languages"


@dataclass(frozen=True, slots=True)
class Corpus:
    """`utterances` have one subject; `pairs` hold those with two: both classes, the first asked first.

    `made_of` names what was read: a digest of the repository's utterances, and one of the public file or `none`.
    """

    utterances: tuple[Utterance, ...]
    pairs: tuple[tuple[str, str, str], ...]
    made_of: str

    def part(self, step: int) -> Corpus:
        """Every `step`-th utterance, and all with two subjects."""
        return Corpus(self.utterances[::step], self.pairs, self.made_of)


def read_corpus(folder: Path = FOLDER, public: Path | None = None) -> Corpus:
    """All utterances, in the order of the files.

    Raises `OperatorError` if a class has no file of the first writer, an utterance of ours stands there twice, or
    a file is missing.
    """
    own = [*_first_writer(folder), *_others(folder)]
    pairs = tuple(_pairs(folder / "two_subjects.tsv"))
    # An utterance in two folds would be predicted by a model that has seen it, and the measure would flatter.
    _refuse_repeats([(row.language, row.text) for row in own] + [(ENGLISH, text) for _, _, text in pairs])
    sets = read_public(public) if public else []
    return Corpus((*own, *sets), pairs, f"{_digest(own, pairs)} {_file_digest(public)}")


def _first_writer(folder: Path) -> list[Utterance]:
    for kind in CLASSES:
        if not (folder / f"{kind}.txt").exists():
            raise _missing(folder / f"{kind}.txt")
    return read_folder(folder, FIRST_WRITER)


def _others(folder: Path) -> list[Utterance]:
    second = folder / "second_writer.txt"
    if not second.exists():
        raise _missing(second)
    return [*lines_of(second, SECOND_WRITER, ENGLISH), *read_languages(folder / "languages", LANGUAGES)]


def _missing(file: Path) -> OperatorError:
    return OperatorError(f"Please add the utterances {file}.", code="router.corpus_missing")


def _pairs(file: Path) -> Iterator[tuple[str, str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise _missing(file) from error
    for line in lines:
        if line.strip() and not line.startswith("#"):
            first, second, text = line.split("\t")
            yield first, second, text


def _digest(own: list[Utterance], pairs: tuple[tuple[str, str, str], ...]) -> str:
    told = [f"{row.language}\t{row.kind}\t{row.text}" for row in own] + ["\t".join(pair) for pair in pairs]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def _file_digest(file: Path | None) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file else "none"


def _refuse_repeats(texts: list[tuple[str, str]]) -> None:
    seen: set[tuple[str, str]] = set()
    for text in texts:
        if text in seen:
            raise OperatorError(f"The utterance {text[1]!r} is there twice.", code="router.corpus_repeats")
        seen.add(text)
