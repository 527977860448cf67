"""Phrases as somebody who reviews them writes them, one a line, and how they are found in a text.

    want|wanna to? die          alternatives; `?`: may be missing; `_` within an alternative is a space
    suicid*                     any ending
    <kin> .. died               one of the words of a list (`@kin = ...`); a gap of at most three words
    lost ... income             a gap of at most seven words, over a comma too
    dead !tired|set             not followed by one of these
    ^ kms $                     the beginning and the end of a clause; the end may be one of alternatives

Headings (`# self_harm`) name the kind. Phrases under `# not` are taken out of a text first: idioms and names. A
phrase that begins with `!!` is taken out for the other kinds when it is found: it says whose life was lost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from ultracore.ai.care.normal import letters, without_marks
from ultracore.ai.care.romanised import in_latin, spelt_alike
from ultracore.ai.care.values import Language

IDIOMS: Final = "not"
_ALONE: Final = "!!"
# Arabic writes "and", "so", "the", "with", "to" and the future as the beginning of the next word.
_ARABIC_START: Final = "[وف]?(?:بال|كال|لل|ال|[بلسك])?"
_WORD: Final = re.compile(r" (\S+)")
_PREFIX: Final = 3
_GAPS: Final = {"..": 3, "...": 7}
_CHINESE_GAPS: Final = {"..": 4, "...": 12}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line. `starts` are the words that it can begin with, in Chinese the characters."""

    kind: str
    pattern: re.Pattern[str]
    starts: frozenset[str]
    alone: bool = False


Span = tuple[int, int]
Match = tuple[Phrase, Span]


@dataclass(slots=True)
class PhraseBook:
    """The phrases of one language, by their first word."""

    language: Language
    by_start: dict[str, list[Phrase]] = field(default_factory=lambda: defaultdict(list))

    def found(self, text: str) -> frozenset[str]:
        """The headings of whose phrases a normal text has one."""
        found = list(self._matches(text))
        if all(phrase.kind == IDIOMS for phrase, _ in found):
            return frozenset()
        text, found = self._without(text, [span for phrase, span in found if phrase.kind == IDIOMS], found)
        alone = [(phrase.kind, span) for phrase, span in found if phrase.alone]
        text, found = self._without(text, [span for _, span in alone], found)
        kinds = {phrase.kind for phrase, _ in found if phrase.kind != IDIOMS}
        return frozenset(kinds | {kind for kind, _ in alone})

    def _without(self, text: str, spans: list[Span], found: list[Match]) -> tuple[str, list[Match]]:
        """The text without these places, and what is found in it then."""
        if not spans:
            return text, found
        end = "." if self.language == "zh" else " ."
        for start, stop in _joined(spans):
            text = f"{text[:start]}{end}{text[stop:]}"
        return text, list(self._matches(text))

    def _matches(self, text: str) -> Iterator[Match]:
        for place, start in self._starts(text):
            for phrase in self.by_start.get(start, ()):
                match = phrase.pattern.match(text, place)
                if match is not None:
                    yield phrase, match.span()

    def _starts(self, text: str) -> Iterator[tuple[int, str]]:
        """The places at which a phrase may begin, each with the beginning of its word."""
        if self.language == "zh":
            yield from enumerate(text)
            return
        for match in _WORD.finditer(text):
            place, word = match.start(), match[1]
            for at in range(min(5, len(word)) if self.language == "ar" else 1):
                yield place, word[at:]
                yield place, f"{word[at : at + _PREFIX]}*"


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Places that do not overlap, the last first."""
    last: Span | None = None
    for start, stop in sorted(spans, reverse=True):
        if last is not None and stop > last[0]:
            last = (start, max(stop, last[1]))
            continue
        if last is not None:
            yield last
        last = (start, stop)
    if last is not None:
        yield last


def read_phrases(text: str, language: Language, *, plain: bool = False) -> PhraseBook:
    """The book of one file. `plain` reads Vietnamese as it is typed without its marks, and Hindi in Latin letters.

    Raises `ValueError` that quotes a line which cannot be read.
    """
    book, lists, kind = PhraseBook(language), dict[str, str](), ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("# "):
            kind = line[2:]
        elif line.startswith("@"):
            name, _, words = line[1:].partition("=")
            lists[name.strip()] = _expanded(words.strip(), lists)
        elif line and not line.startswith("//"):
            written = letters(_expanded(line, lists), language)
            phrase = _phrase(_plain(written, language) if plain else written, kind, language)
            for start in phrase.starts:
                book.by_start[start].append(phrase)
    return book


@cache
def shipped(name: str) -> str:
    """A file of this package's data."""
    return resources.files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def _plain(written: str, language: Language) -> str:
    return in_latin(spelt_alike(written)) if language == "hi" else without_marks(written)


def _expanded(line: str, lists: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: lists[found[1]], line)


def _phrase(line: str, kind: str, language: Language) -> Phrase:
    alone = line.startswith(_ALONE)
    elements = line.removeprefix(_ALONE).split()
    words = [one for one in elements if one != "^"]
    if not words or words[0].endswith("?") or words[0][0] in ".*!$":
        raise ValueError(f"a phrase of {language} must begin with a word: {line}")
    ending = "" if language == "zh" else "(?= )"
    pattern = "".join(_element(one, language) for one in elements)
    starts = frozenset(_start(one, language) for one in words[0].split("|"))
    return Phrase(kind, re.compile(pattern + ending), starts, alone)


def _start(way: str, language: Language) -> str:
    """The first word of a way to begin; of one with any ending, the letters that it must have."""
    if language == "zh":
        return way[0]
    word = way.split("_")[0]
    if "*" not in word:
        return word
    # Phrases are found by their first letters; with fewer every word would have to be compared.
    if word.index("*") < _PREFIX:
        raise ValueError(f"a first word of {language} needs {_PREFIX} letters: {way}")
    return f"{word[:_PREFIX]}*"


def _element(written: str, language: Language) -> str:
    chinese = language == "zh"
    if written in _GAPS:
        none = "." if written == "..." else ".,"
        return f"[^{none}]{{0,{_CHINESE_GAPS[written]}}}" if chinese else f"(?: [^ {none}]+){{0,{_GAPS[written]}}}"
    if written == "^":
        return "(?<=[.,])" if chinese else "(?<= [.,])"
    if written.startswith("!"):
        return f"(?!{_words(written[1:], language)}{'' if chinese else '(?= )'})"
    if written.endswith("?"):
        return f"(?:{_words(written[:-1], language)})?"
    ways = written.split("|")
    words = "|".join(way for way in ways if way != "$")
    if len(words) == len(written):
        return _words(written, language)
    end = "(?=[.,])" if chinese else "(?= [.,])"
    return f"(?:{_words(words, language)}|{end})" if words else end


def _words(written: str, language: Language) -> str:
    ways = "|".join(_way(one) for one in written.split("|"))
    if language == "zh":
        return f"(?:{ways})"
    return f" {_ARABIC_START if language == 'ar' else ''}(?:{ways})"


def _way(written: str) -> str:
    return re.escape(written).replace(r"\*", "[^ .,]*").replace("_", " ")
