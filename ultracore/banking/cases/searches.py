"""Searches that staff keep under a name, for themselves or for their colleagues.

What is kept is the filters of an address, and who kept them: no words, and no customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import new_id, utc_now
from ultracore.banking.store import Database
from ultracore.banking.store.tables import desk_searches as table
from ultracore.errors import InvalidInput

MOST_OWN: Final = 50
_MOST_LISTED: Final = 300


@dataclass(frozen=True, slots=True)
class SearchOwner:
    """Who keeps a search, and how colleagues read their name."""

    tenant_id: str
    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """`filters` is the query of an address; `display_name` is how `user_id` was called when they kept it."""

    search_id: str
    tenant_id: str
    user_id: str
    display_name: str
    name: str
    filters: str
    shared: bool
    created_at: datetime


class SavedSearches:
    """The kept searches of one ledger. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, owner: SearchOwner, name: str, filters: str, *, shared: bool) -> SavedSearch:
        """Keep filters. Raises `InvalidInput` for a name that this person has, or one search too many."""
        search = SavedSearch(
            search_id=new_id("search"),
            tenant_id=owner.tenant_id,
            user_id=owner.user_id,
            display_name=owner.display_name,
            name=name,
            filters=filters,
            shared=shared,
            created_at=utc_now(),
        )
        await self.put(search)
        return search

    async def put(self, search: SavedSearch) -> None:
        """Keep a search as it is given, such as one that was deleted. Raises as `save`."""
        values = {name: getattr(search, name) for name in SavedSearch.__dataclass_fields__}
        mine = table.c.tenant_id == search.tenant_id, table.c.user_id == search.user_id

        async def work(session: AsyncConnection) -> None:
            await _require_free(session, search, search.name)
            if (await session.scalar(select(func.count()).select_from(table).where(*mine)) or 0) >= MOST_OWN:
                raise _refused(f"You keep {MOST_OWN} searches already. Please delete one of them first.")
            await session.execute(insert(table).values({**values, "shared": int(search.shared)}))

        # Of two that get the same name at once the key lets one in, and the other is run again and finds it.
        await self._database.write(work)

    async def of(self, tenant_id: str, user_id: str) -> Sequence[SavedSearch]:
        """One's own by name, and after them those that colleagues share."""
        seen = table.c.tenant_id == tenant_id, or_(table.c.user_id == user_id, table.c.shared == 1)
        own_first = (table.c.user_id != user_id, table.c.name, table.c.search_id)
        async with self._database.read() as session:
            rows = await session.execute(select(table).where(*seen).order_by(*own_first).limit(_MOST_LISTED))
            return [_search(row) for row in rows]

    async def get(self, tenant_id: str, user_id: str, search_id: str) -> SavedSearch | None:
        """One's own, or a shared one of the tenant."""
        this = table.c.search_id == search_id, table.c.tenant_id == tenant_id
        seen = or_(table.c.user_id == user_id, table.c.shared == 1)
        async with self._database.read() as session:
            row = (await session.execute(select(table).where(*this, seen))).first()
            return None if row is None else _search(row)

    async def rename(self, search: SavedSearch, name: str) -> bool:
        """Call it something else. False if it is gone. Raises `InvalidInput` for a name that its owner has."""

        async def work(session: AsyncConnection) -> bool:
            await _require_free(session, search, name)
            this = update(table).where(table.c.search_id == search.search_id)
            return bool((await session.execute(this.values(name=name))).rowcount)

        return await self._database.write(work)

    async def delete(self, search: SavedSearch) -> bool:
        """Forget it. False if it is gone already."""

        async def work(session: AsyncConnection) -> bool:
            this = delete(table).where(table.c.search_id == search.search_id)
            return bool((await session.execute(this)).rowcount)

        return await self._database.write(work)


async def _require_free(session: AsyncConnection, search: SavedSearch, name: str) -> None:
    same = (
        table.c.tenant_id == search.tenant_id,
        table.c.user_id == search.user_id,
        table.c.name == name,
        table.c.search_id != search.search_id,
    )
    if (await session.execute(select(table.c.search_id).where(*same))).first() is not None:
        raise _refused("You keep a search of this name already. Please choose another name.")


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput("the search cannot be kept", code="desk.saved_search", sentence=sentence)


def _search(row: Row[Any]) -> SavedSearch:
    values = {name: getattr(row, name) for name in SavedSearch.__dataclass_fields__}
    return SavedSearch(**{**values, "shared": bool(row.shared)})
