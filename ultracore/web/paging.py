"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

Row = TypeVar("Row")

# A database reads and drops all rows before the wanted ones: who wants more of them searches.
LAST_PAGE: Final = 400


@dataclass(frozen=True, slots=True)
class Leaf(Generic[Row]):
    """The rows of one page, and the query strings of its neighbours; None if there is none."""

    rows: Sequence[Row]
    number: int
    previous: str | None
    following: str | None


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Which page of a list is asked for."""

    number: int
    size: int
    query: tuple[tuple[str, str], ...]
    """What else the address asks for, kept from page to page."""

    @classmethod
    def of(cls, request: Request, *, size: int = 25) -> PageNumber:
        """The page that the address names by `page`; the first for anything that is no number of a page."""
        named = request.query_params.get("page", "1")
        # `int` of a thousand digits takes its time.
        number = int(named) if named.isascii() and named.isdecimal() and len(named) < 6 else 1
        query = tuple((name, value) for name, value in request.query_params.multi_items() if name != "page")
        return cls(min(max(number, 1), LAST_PAGE), size, query)

    @property
    def offset(self) -> int:
        """How many rows lie before the page."""
        return (self.number - 1) * self.size

    @property
    def limit(self) -> int:
        """How many rows to read: one more than are shown tells that there is another page."""
        return self.size + 1

    def leaf(self, read: Sequence[Row]) -> Leaf[Row]:
        """The page made of up to `limit` rows from `offset` on."""
        more = len(read) > self.size and self.number < LAST_PAGE
        previous = self._to(self.number - 1) if self.number > 1 else None
        return Leaf(read[: self.size], self.number, previous, self._to(self.number + 1) if more else None)

    def _to(self, number: int) -> str:
        return "?" + urlencode([*self.query, ("page", str(number))])
