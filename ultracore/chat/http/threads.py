"""The list of a person's conversations over HTTP, in the shapes that Chainlit's page asks for.

Its own routes are not used: they would answer for the user name in the cookie, without the tenant,
and keep metadata that we do not want kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.audit.masking import mask
from ultracore.cache.stores import ThreadEntry
from ultracore.chat.door import caller_of, read_object
from ultracore.chat.http.signin import connection_of
from ultracore.chat.http.thread_record import ThreadRecord
from ultracore.chat.page import wire
from ultracore.chat.runtime import Runtime
from ultracore.errors import InvalidInput
from ultracore.markdown import visible
from ultracore.principal import Principal

MOST_A_PAGE = 50
SEARCHED_AT_ONCE = 500
LONGEST_TITLE = 80
LONGEST_SEARCH = 100
UNKNOWN = "There is no such conversation in your list."
BAD_TITLE = f"Please choose a name of 1 to {LONGEST_TITLE} characters."


class ThreadList:
    """`/project/threads` and `/project/thread`. Somebody else's conversation is answered like one that is not."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def page(self, request: Request) -> Response:
        """One page of the list, the latest activity first; with `search`, of those whose title contains it, or in
        which the person wrote its words.
        """
        principal = await caller_of(request, self._runtime)
        body = read_object(await request.body())
        search = _text(body.get("filter"), "search")[:LONGEST_SEARCH].strip()
        first, cursor = _first(body.get("pagination")), _text(body.get("pagination"), "cursor")
        # One more than is shown tells whether there is another page.
        rest = [] if principal.is_staff else await self._fitting(principal, first + 1, cursor, search.casefold())
        # What was written is found with the first page alone: the places of the others are no places in it.
        said = await self._said(principal, search) if search and not cursor and not principal.is_staff else {}
        rest = _together(rest, [entry for entry, _ in said.values()])[: first + 1]
        shown = rest[:first]
        return JSONResponse(
            {
                "pageInfo": {
                    "hasNextPage": len(rest) > len(shown),
                    "startCursor": shown[0].thread_id if shown else None,
                    "endCursor": shown[-1].thread_id if shown else None,
                },
                "data": [_line(entry, principal, *said.get(entry.thread_id, (entry, ""))[1:]) for entry in shown],
            }
        )

    async def one(self, request: Request) -> Response:
        """One conversation with what was shown in it."""
        principal = await caller_of(request, self._runtime)
        found = await self._found(principal, request.url.path.rpartition("/")[2])
        if found is None:
            return await self._unknown(principal, request)
        conversation = self._runtime.conversation(found.thread_id, principal)
        await conversation.fill()
        steps, elements = wire.sorted_out([wire.kept(entry) for entry in conversation.stage.entries])
        return JSONResponse(_line(found, principal) | {"steps": steps, "elements": elements})

    async def rename(self, request: Request) -> Response:
        """Give a conversation a name of one's own."""
        principal = await caller_of(request, self._runtime)
        body = read_object(await request.body())
        # Masked like a message: people put numbers into names as well. What is not seen could turn a line.
        title = mask(" ".join(visible(_text(body, "name")).split()))
        found = await self._found(principal, _text(body, "threadId"))
        if found is None:
            return await self._unknown(principal, request)
        if not 0 < len(title) <= LONGEST_TITLE:
            raise InvalidInput("a title of the wrong length", code="thread.title", sentence=BAD_TITLE)
        # The record first: the list in Redis is a copy, made anew from it when that was lost.
        await self._record(request).renamed(principal, found.thread_id, title)
        await self._runtime.app.threads.entitle(principal, found.thread_id, title, by_person=True)
        conversation = self._runtime.conversation(found.thread_id, principal)
        await conversation.fill()
        await conversation.stage.entitle(title, found.thread_id)
        return JSONResponse({"success": True})

    async def remove(self, request: Request) -> Response:
        """Take a conversation off the list: its line, what was shown, and the model's history of it.

        An open card of it is withdrawn first. The bank's record stays.
        """
        principal, app = await caller_of(request, self._runtime), self._runtime.app
        found = await self._found(principal, _text(read_object(await request.body()), "threadId"))
        if found is None:
            return await self._unknown(principal, request)
        # The conversation itself may have run out before its line in the list did.
        with suppress(InvalidInput):
            await app.desk.stop(principal.login_id, found.thread_id)
        # The record first: the list in Redis is a copy, made anew from it when that was lost.
        await self._record(request).removed(principal, found.thread_id)
        # The line before the history: a crash between leaves a history that runs out by itself, and no line
        # without one.
        await app.threads.forget(principal, found.thread_id)
        await app.logs.delete(found.thread_id)
        await app.conversations.forget(found.thread_id)
        await self._leave(found.thread_id)
        return JSONResponse({"success": True})

    async def _fitting(self, principal: Principal, wanted: int, cursor: str, search: str) -> list[ThreadEntry]:
        """The threads behind `cursor` whose titles contain `search`, `wanted` of them at most."""
        threads, found = self._runtime.app.threads, list[ThreadEntry]()
        while len(found) < wanted:
            some = await threads.page(principal, SEARCHED_AT_ONCE if search else wanted, cursor)
            found += [entry for entry in some if search in entry.title.casefold()]
            if not search or len(some) < SEARCHED_AT_ONCE:
                break
            cursor = some[-1].thread_id
        return found[:wanted]

    async def _said(self, principal: Principal, search: str) -> dict[str, tuple[ThreadEntry, str]]:
        """The threads of the person's list in which they wrote the words, each with a place of it."""
        threads, app = dict[str, tuple[ThreadEntry, str]](), self._runtime.app
        for thread_id, place in (await app.own_words.find(principal, search)).items():
            entry = await app.threads.get(principal, thread_id)
            # One that was taken off the list stays off it.
            if entry is not None:
                threads[thread_id] = entry, place
        return threads

    async def _leave(self, thread_id: str) -> None:
        """Its pages here show it no more; those of other processes notice by the log."""
        conversation = self._runtime.chats.conversations.find(thread_id)
        if conversation is not None and conversation.log is not None:
            conversation.log.deleted = True
            for chat in self._runtime.chats.showing(conversation):
                await chat.page.reload()

    async def _found(self, principal: Principal, thread_id: str) -> ThreadEntry | None:
        return None if principal.is_staff else await self._runtime.app.threads.get(principal, thread_id)

    async def _unknown(self, principal: Principal, request: Request) -> Response:
        await self._record(request).refused(principal)
        return JSONResponse({"detail": UNKNOWN}, status_code=404)

    def _record(self, request: Request) -> ThreadRecord:
        return ThreadRecord(self._runtime.app.trail, connection_of(request))


def _together(some: Sequence[ThreadEntry], others: Sequence[ThreadEntry]) -> list[ThreadEntry]:
    """Both, each once, the latest activity first."""
    threads = {entry.thread_id: entry for entry in (*some, *others)}
    return sorted(threads.values(), key=lambda entry: entry.active_at, reverse=True)


def _line(entry: ThreadEntry, principal: Principal, place: str = "") -> dict[str, Any]:
    """The page groups by `createdAt`, and moves it itself when somebody writes: it means the latest activity.

    `place` is what was found in it, which the page of a search shows behind the name.
    """
    return {
        "id": entry.thread_id,
        "createdAt": entry.active_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "name": f"{entry.title} · “{place}”" if place else entry.title,
        "userId": principal.user_id,
        "userIdentifier": principal.user_id,
        "tags": [],
        "metadata": {},
        "steps": [],
    }


def _first(pagination: object) -> int:
    value = pagination.get("first") if isinstance(pagination, dict) else None
    # `type`, because True would pass for 1 elsewhere.
    return max(1, min(MOST_A_PAGE, value)) if type(value) is int else MOST_A_PAGE


def _text(body: object, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, str) else ""
