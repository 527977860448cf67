"""Finding transactions by words, category, account, days and amounts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ultracore.banking.ledger import owned_balance
from ultracore.banking.statements.categories import NOT_SPENT, Category
from ultracore.banking.statements.lines import AccountLine, Window, lines_of
from ultracore.banking.store import Database

MOST_READ: Final = 20_000
"""Lines that one search looks through, newest first: decades of an everyday account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The lines to find; None does not limit. Amounts compare without sign, since people search without one.

    `incoming` is money in (True) or out (False); over all accounts, moves between own accounts are neither.
    """

    window: Window = field(default_factory=Window)
    text: str | None = None
    category: Category | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    incoming: bool | None = None
    largest_first: bool = False

    def accepts(self, line: AccountLine) -> bool:
        """True if the line is meant. Every word must begin a word of the line, in any order."""
        size = abs(line.amount.amount)
        return (
            (self.incoming is None or self._flows(line, incoming=self.incoming))
            and (self.category is None or line.category == self.category)
            and (self.least is None or size >= self.least)
            and (self.most is None or size <= self.most)
            and (self.text is None or _has_words(line, self.text))
        )

    def _flows(self, line: AccountLine, *, incoming: bool) -> bool:
        own = line.category in NOT_SPENT or line.account_kind == "loan"
        return incoming == (line.amount.amount > 0) and (self.window.account_id is not None or not own)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFound:
    """The first matches, how many there are, and whether lines older than `MOST_READ` were left out."""

    lines: tuple[AccountLine, ...]
    count: int
    complete: bool


class SearchService:
    """Reads the journal, writes nothing. Raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenant_id: str, customer_id: str, wanted: Wanted, limit: int) -> LinesFound:
        """At most `limit` matches, newest first if the largest are not wanted.

        Raises `ToolRefused` (`account.not_found`).
        """
        async with self._database.read() as connection:
            if wanted.window.account_id is not None:
                await owned_balance(connection, tenant_id, customer_id, wanted.window.account_id)
            # Filtered here and not in SQL: categories and folded words are rules of ours that no database knows.
            read = await lines_of(connection, tenant_id, customer_id, wanted.window, MOST_READ)
        matches = [line for line in read if wanted.accepts(line)]
        if wanted.largest_first:
            matches.sort(key=lambda line: abs(line.amount.amount), reverse=True)
        return LinesFound(lines=tuple(matches[:limit]), count=len(matches), complete=len(read) < MOST_READ)


def _words(text: str) -> list[str]:
    # In one form, so that a search finds words that were written in another case or width.
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character if character.isalnum() else " " for character in plain).split()


def _has_words(line: AccountLine, text: str) -> bool:
    present = _words(f"{line.description} {line.payee or ''} {line.category} {line.kind}")
    return all(any(word.startswith(wanted) for word in present) for wanted in _words(text))
