"""Figures in an answer come from tool results, which is checked while the answer is being streamed.

A number is let through when it stands in what the turn may quote: tool results, the conversation so far, the
person's own words, our own prompt. Whole numbers below 100 without a currency pass: they count things and days.
Everything else is withheld before a person sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

WITHHELD = "[figure withheld]"
WITHHELD_NOTICE = (
    "I left out a figure that I could not confirm with the bank's own data. Please ask me to look it up."
)

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Read backwards from the end of what there is. Nothing in it is required, so that it never tries a second start:
# a search forwards takes the third power of a long run of digits.
_UNFINISHED = re.compile(r"\w*(?:\s?[\d.,]*\d)?(?:\s?(?:[A-Z]{1,3}|\$))?")
_CURRENCY_BEFORE = re.compile(r"(?:\$|(?:AUD|USD|NZD|EUR|GBP))\s?$")
_CURRENCY_AFTER = re.compile(r"\s?(?:dollars?|AUD|bucks)\b", re.IGNORECASE)
_MULTIPLE = re.compile(r"\s?(k|m|bn|thousand|million|billion)\b", re.IGNORECASE)
_TIMES = {"k": 10**3, "thousand": 10**3, "m": 10**6, "million": 10**6, "bn": 10**9, "billion": 10**9}
_NEAR = 16


def numbers_in(texts: Iterable[str]) -> set[Decimal]:
    """Every number that stands in the texts, without separators of thousands or sign."""
    found: set[Decimal] = set()
    for text in texts:
        for match in _NUMBER.finditer(text):
            value = _value(match.group())
            if value is not None:
                found.add(value)
    return found


def _value(token: str) -> Decimal | None:
    try:
        return Decimal(token.replace(",", "")).normalize()
    except InvalidOperation:
        return None


class FigureGuard:
    """Checks one answer piece by piece. `feed` gives back text that may be shown; `flush` gives the rest.

    A piece that could be the beginning of a number is kept back until the number is complete.
    """

    def __init__(self, quotable: Iterable[str] = ()) -> None:
        self._known = numbers_in(quotable) | {Decimal(datetime.now(UTC).year)}
        self._held = ""
        self._before = ""
        self.withheld: list[str] = []

    def allow(self, text: str) -> None:
        """From here on the numbers in `text`, a tool's result, may be quoted."""
        self._known |= numbers_in([text])

    def feed(self, piece: str) -> str:
        """Take the next piece of the answer; return what is safe to show by now."""
        self._held += piece
        match = _UNFINISHED.match(self._held[::-1])
        cut = len(self._held) - (match.end() if match else 0)
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._checked(ready)

    def flush(self) -> str:
        """The answer is complete: return what was kept back."""
        ready, self._held = self._held, ""
        return self._checked(ready)

    def _checked(self, text: str) -> str:
        if not text:
            return ""
        joined = self._before + text
        start = len(self._before)
        parts: list[str] = []
        for match in _NUMBER.finditer(joined):
            if match.start() < len(self._before) or self._may_show(match, joined):
                continue
            parts.append(joined[start : match.start()] + WITHHELD)
            self.withheld.append(match.group())
            start = match.end()
        parts.append(joined[start:])
        self._before = joined[-8:]
        return "".join(parts)

    def _may_show(self, match: re.Match[str], text: str) -> bool:
        value = _value(match.group())
        if value is None:
            return True
        before = text[max(0, match.start() - _NEAR) : match.start()]
        after = text[match.end() : match.end() + _NEAR]
        if multiple := _MULTIPLE.match(after):
            return value * _TIMES[multiple[1].lower()] in self._known
        counts = value == value.to_integral_value() and value < 100 and "." not in match.group()
        money = _CURRENCY_BEFORE.search(before) or _CURRENCY_AFTER.match(after)
        return value in self._known or (counts and not money)
