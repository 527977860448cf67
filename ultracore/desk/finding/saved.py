"""`/desk/searches`: filters of the list that are kept under a name, for oneself or for colleagues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from ultracore.audit import Subject
from ultracore.audit.vocabulary import SavedSearchChanged
from ultracore.banking.cases import SavedSearch, SearchOwner
from ultracore.desk.look import Look
from ultracore.desk.opened import OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import READERS
from ultracore.desk.searching import FIELDS, Search, read_search
from ultracore.desk.work import origin_of
from ultracore.errors import AuditUnavailable, InvalidInput, LedgerUnavailable
from ultracore.principal import Principal
from ultracore.web import Forbidden, NoSuchPage, PageTable, Site, Visit, see_other

SEARCHES: Final = "/desk/searches"
LONGEST_NAME: Final = 60
# Words and names of people can be a customer's data, which an erasure could not find here; and a reason is one of
# today.
NEVER_KEPT: Final = ("customer", "user", "handled", "words", "reason")
KEPT: Final = tuple(name for name in FIELDS if name not in NEVER_KEPT)
_NAMES: Final = ("agent", "tool")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_NOTHING: Final = "There is nothing to keep: please choose filters first. Words and people are not kept."


@dataclass(frozen=True, slots=True)
class KeptSearches:
    """What the list shows of kept searches; `found` is None while they cannot be read."""

    found: Sequence[SavedSearch] | None
    filters: Sequence[tuple[str, str]]
    """The filters of the address that can be kept."""
    left_out: Sequence[str]
    longest: int = LONGEST_NAME

    @classmethod
    async def of(cls, server: DeskServer, principal: Principal, search: Search) -> KeptSearches:
        """Those that this person sees. The list itself needs no ledger, so that it does without them."""
        found: Sequence[SavedSearch] | None = None
        try:
            found = await server.parts().bank.saved_searches.of(principal.tenant_id, principal.user_id)
        except LedgerUnavailable:
            pass
        left_out = [name for name in NEVER_KEPT if search.fields[name]]
        return cls(found, _kept(search), left_out)


class SavedSearchPages:
    """Keeps searches, opens them, and forgets one's own."""

    def __init__(self, site: Site, server: DeskServer, look: Look, found: str) -> None:
        """`found` is the address of the list."""
        self._site = site
        self._server = server
        self._look = look
        self._list_at = found
        self._opened = OpenedConversations(site, server)

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", SEARCHES, self._list, READERS)
        table.add("POST", SEARCHES, self._save, READERS)
        table.add("GET", SEARCHES + "/{search}", self._open, READERS)
        table.add("POST", SEARCHES + "/{search}/rename", self._rename, READERS)
        table.add("POST", SEARCHES + "/{search}/delete", self._delete, READERS)

    async def _list(self, visit: Visit) -> Response:
        who = visit.principal
        found = await self._server.parts().bank.saved_searches.of(who.tenant_id, who.user_id)
        return self._look.page("searches.html", visit, found=found, longest=LONGEST_NAME)

    async def _save(self, visit: Visit) -> Response:
        who, name = visit.principal, _name(visit)
        given = {field: visit.form.optional(field, field) for field in KEPT}
        kept = _kept(read_search(given, who.tenant_id))
        if not kept:
            raise InvalidInput("nothing to keep", code="desk.saved_search", sentence=_NOTHING)
        for field, value in kept:
            if field in _NAMES and not _NAME.fullmatch(value):
                raise InvalidInput(
                    "no name", code="desk.saved_search", sentence=f"This filter cannot be kept: {field}."
                )
        shared = visit.form.optional("shared", "shared", longest=8) == "yes"
        owner = SearchOwner(who.tenant_id, who.user_id, who.display_name or who.user_id)
        searches = self._server.parts().bank.saved_searches
        search = await searches.save(owner, name, urlencode(kept), shared=shared)
        try:
            await self._tell(visit, search, "shared" if shared else "saved")
        except AuditUnavailable:
            # What is not on the record has not happened.
            await searches.delete(search)
            raise
        return see_other(self._site, f"{self._list_at}?{search.filters}")

    async def _open(self, visit: Visit) -> Response:
        search = await self._search(visit)
        try:
            read_search(dict(parse_qsl(search.filters)), visit.principal.tenant_id)
        except InvalidInput as error:
            sentence = f"The saved search “{search.name}” has a filter that is none any more. {error.sentence}"
            raise InvalidInput("an old search", code="desk.old_search", sentence=sentence) from error
        return see_other(self._site, f"{self._list_at}?{search.filters}")

    async def _rename(self, visit: Visit) -> Response:
        search, searches = await self._own(visit), self._server.parts().bank.saved_searches
        name = _name(visit)
        if await searches.rename(search, name):
            try:
                await self._tell(visit, replace(search, name=name), "renamed")
            except AuditUnavailable:
                await searches.rename(search, search.name)
                raise
        return see_other(self._site, SEARCHES)

    async def _delete(self, visit: Visit) -> Response:
        search, searches = await self._own(visit), self._server.parts().bank.saved_searches
        if await searches.delete(search):
            try:
                await self._tell(visit, search, "deleted")
            except AuditUnavailable:
                await searches.put(search)
                raise
        return see_other(self._site, SEARCHES)

    async def _search(self, visit: Visit) -> SavedSearch:
        """One's own, or one that a colleague shares. Raises `NoSuchPage`."""
        who, searches = visit.principal, self._server.parts().bank.saved_searches
        found = await searches.get(who.tenant_id, who.user_id, visit.named("search"))
        if found is None:
            raise NoSuchPage("no such search")
        return found

    async def _own(self, visit: Visit) -> SavedSearch:
        search = await self._search(visit)
        if search.user_id != visit.principal.user_id:
            raise Forbidden("a colleague's search", sentence="Only who saved a search can change or delete it.")
        return search

    async def _tell(self, visit: Visit, search: SavedSearch, change: str) -> None:
        event = SavedSearchChanged(
            by=visit.principal.user_id, search_id=search.search_id, change=change, name=search.name
        )
        origin = origin_of(self._opened.worker(visit))
        await self._server.parts().trail.write(event, origin, Subject.of(visit.principal))


def _kept(search: Search) -> list[tuple[str, str]]:
    return [(name, search.fields[name]) for name in KEPT if search.fields[name]]


def _name(visit: Visit) -> str:
    return " ".join(visit.form.text("name", "name", longest=LONGEST_NAME).split())
