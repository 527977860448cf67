"""What was said, around the words that were searched for: one message a conversation, each a viewing of it.

The index knows in which conversations a word occurs, and not in which event: the messages of a conversation are
read in order until one has all of the words, and of that event alone the text goes on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ultracore.audit import AuditEvent, AuditEventType
from ultracore.audit.index import IndexedConversation, words_of
from ultracore.audit.replay import items_of
from ultracore.audit.store import RecordReader
from ultracore.desk.opened import OpenedConversations
from ultracore.desk.parts import DeskServer
from ultracore.desk.searching import Search
from ultracore.errors import AuditUnavailable
from ultracore.web import Visit
from ultracore.words import WORD, is_unspaced

MOST_READ: Final = 500
"""Messages of one conversation that are looked through."""
ERASED: Final = "What was said was erased."
ALTERED: Final = "What was said cannot be read: the record was altered there."
ELSEWHERE: Final = "No message has these words: they are in a card, a comment, or what a tool was given or gave."
NO_CASE: Final = "What was said is shown under an open case for this customer."
TOO_LONG: Final = f"None of the first {MOST_READ} messages has these words."
_MESSAGES: Final = frozenset(
    {AuditEventType.USER_MESSAGE, AuditEventType.ASSISTANT_MESSAGE, AuditEventType.PERSON_MESSAGE}
)
_BEFORE: Final = 60
_LONGEST: Final = 240
_RUN: Final = re.compile(WORD)


@dataclass(frozen=True, slots=True)
class SnippetPiece:
    """A part of a text; `marked` if it is a word that was searched for."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a message, who wrote it and the number of its event; or `instead`, why there is none."""

    author: str = ""
    sequence: int = 0
    pieces: Sequence[SnippetPiece] = ()
    instead: str = ""


async def snippets(
    server: DeskServer,
    opened: OpenedConversations,
    visit: Visit,
    search: Search,
    found: Sequence[IndexedConversation],
) -> Mapping[str, Snippet]:
    """A snippet of each conversation, by its id, once its viewing is on the record under the search's reason.

    Nothing for a search without words, and for a role that may see no conversation. Raises `AuditUnavailable`.
    """
    wanted = frozenset(word for text in search.query.words for word in words_of(text))
    may_see = server.parts().bank.access.record_view(visit.principal) is not None
    if not wanted or not found or not may_see:
        return {}
    store = await server.parts().trail.store()
    ids = [one.stream_id for one in found if await opened.may_open(visit, one)]
    told = await store.read(lambda reader: {one: _of_conversation(reader, one, wanted) for one in ids})
    reason = search.fields["reason"]
    # Together, so that they share their commits; the page is made when all of them are on the record.
    seen = [one for one in found if one.stream_id in told and told[one.stream_id].pieces]
    await asyncio.gather(*(opened.viewed(visit, one, reason, events=1) for one in seen))
    return told | {one.stream_id: Snippet(instead=NO_CASE) for one in found if one.stream_id not in told}


def _of_conversation(reader: RecordReader, stream_id: str, wanted: frozenset[str]) -> Snippet:
    try:
        return _best(map(reader.opened, reader.of_streams([stream_id], _MESSAGES)), wanted)
    except AuditUnavailable as error:
        if error.code != "audit.altered":
            raise
        return Snippet(instead=ALTERED)


def _best(messages: Iterable[AuditEvent], wanted: frozenset[str]) -> Snippet:
    """Of the first message with all words, or of the one with most of them."""
    best, most, instead = None, 0, ELSEWHERE
    for number, event in enumerate(messages, 1):
        if event.erased:
            instead = ERASED
        elif (count := len(wanted & set(words_of(_text(event))))) > most:
            best, most = event, count
        if most == len(wanted):
            break
        if number == MOST_READ:
            instead = TOO_LONG if instead == ELSEWHERE else instead
            break
    return Snippet(instead=instead) if best is None else _around(best, wanted)


def _text(event: AuditEvent) -> str:
    return " ".join(str((event.metadata or {}).get("text", "")).split())


def _around(event: AuditEvent, wanted: frozenset[str]) -> Snippet:
    text = _text(event)
    places = list(_places(text, wanted))
    start = max(0, (places[0][0] if places else 0) - _BEFORE)
    end = min(len(text), start + _LONGEST)
    pieces, at = [SnippetPiece("… " if start else "")], start
    for first, last in places:
        if last > end:
            break
        pieces += [SnippetPiece(text[at:first]), SnippetPiece(text[first:last], marked=True)]
        at = last
    pieces += [SnippetPiece(text[at:end]), SnippetPiece(" …" if end < len(text) else "")]
    (author, *_) = (item.author for item in items_of([event], "customer", event.timestamp))
    return Snippet(author, event.sequence, [one for one in pieces if one.text])


def _places(text: str, wanted: frozenset[str]) -> Iterable[tuple[int, int]]:
    """The places of the words, in order and apart from each other."""
    last = 0
    for run in _RUN.finditer(text):
        for first, end in _in_run(run, wanted):
            # Two pairs of characters may share one.
            if end > last:
                yield max(first, last), end
                last = end


def _in_run(run: re.Match[str], wanted: frozenset[str]) -> Iterable[tuple[int, int]]:
    start, text = run.start(), run.group()
    if not is_unspaced(text):
        return [run.span()] if wanted & set(words_of(text)) else []
    pairs = range(max(len(text) - 1, 1))
    return [(start + at, start + at + 2) for at in pairs if wanted & set(words_of(text[at : at + 2]))]
