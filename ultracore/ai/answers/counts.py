"""How many of a thing there are: more than a result has is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from ultracore.ai.answers.numerals import spoken, with_plain_digits
from ultracore.ai.answers.sources import Sources

_THINGS: Final = {
    "transaction": ("transactions", "lines"),
    "account": ("accounts",),
    "payee": ("payees",),
    "loan": ("loans",),
    "application": ("applications",),
    "holding": ("holdings",),
    "time": ("viewings",),
    "look": ("viewings",),
    "vece": ("viewings",),
    "次": ("viewings",),
    "lần": ("viewings",),
    "बार": ("viewings",),
}
_THING: Final = re.compile(
    r"\s?(?:(?:saved|open|own|bank|recorded|matching)\s)?(?P<thing>transaction|account|payee|loan|application|holding|"
    r"time|look|vece)s?\b|\s?(?P<other>次|lần|बार)",
    re.IGNORECASE,
)
_LEFT: Final = re.compile(
    r"\s?(?:more\s)?instal+ments?\s(?:(?:are|is|still)\s)?(?:left|remain\w*|to go|outstanding)\b", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"(?<![\d.,$€£·:/-])\d{1,3}(?![\d:/%]|[.,]\d)")


def miscounted(sentence: str, sources: Sources) -> Iterator[tuple[int, int]]:
    """The places of numbers that count more of a thing than any result has, or other instalments than are left."""
    if not sources.results or not (_THING.search(sentence) or _LEFT.search(sentence)):
        return
    for start, end, value in _numbers(sentence):
        after = sentence[end:]
        left = _values(sources, "instalments_left")
        if _LEFT.match(after) and left and value not in left:
            yield start, end
        elif match := _THING.match(after):
            most = _most(sources, _THINGS[(match["thing"] or match["other"]).casefold()])
            if most is not None and value > most:
                yield start, end


def _numbers(sentence: str) -> Iterator[tuple[int, int, Decimal]]:
    for match in _NUMBER.finditer(with_plain_digits(sentence)):
        yield *match.span(), Decimal(match.group())
    for start, end, value, _ in spoken(sentence):
        yield start, end, value


def _most(sources: Sources, names: Sequence[str]) -> int | None:
    """The greatest number that a result has of such things, listed or counted."""
    found: list[int] = []
    for _, content in sources.results:
        lists = [content[name] for name in names if isinstance(content.get(name), list)]
        count = content.get("count")
        found += [len(one) for one in lists]
        if lists and isinstance(count, int):
            found.append(count)
        if lists and content.get("complete") is False:
            return None
    return max(found, default=None)


def _values(sources: Sources, name: str) -> set[Decimal]:
    return {Decimal(str(one)) for _, content in sources.results for one in _found(content, name)}


def _found(content: Mapping[str, Any], name: str) -> Iterator[object]:
    for key, value in content.items():
        if key == name and isinstance(value, int):
            yield value
        for item in value if isinstance(value, list) else ():
            if isinstance(item, Mapping):
                yield from _found(item, name)
