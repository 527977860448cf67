"""`/replay find …`: conversations of the viewer's tenant by customer, user, agent, tool, decision, time and words.

The tenant is always the principal's. Each search is `data_accessed` on the tenant's system stream before its
list is shown. Without the index the list of the store is shown, with a sentence that says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ultracore.ai.care import CareKind
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.staff import supervision_wording
from ultracore.audit import AuditEventType, AuditSeverity, AuditTrail, Origin, StreamInfo, wire_time
from ultracore.audit.index import IndexedConversation, IndexService, Query
from ultracore.audit.vocabulary import RecordSearched
from ultracore.errors import IndexUnavailable, InvalidInput, Unavailable
from ultracore.zone import start_of

FIND: Final = "find"
MOST_TEXT: Final = 300

_TERM: Final = re.compile(r"(customer|user|agent|tool|decision|severity|care|since|until):(\S+)")
_NEEDS: Final = frozenset(str(kind) for kind in CareKind)
_DECISIONS: Final = frozenset("allowed denied needs_approval approved declined expired granted".split())


@dataclass(frozen=True, slots=True)
class SearchHits:
    """What a search gave. `note` is a sentence about the index, if there is something to say."""

    streams: Sequence[StreamInfo]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RecordSearch:
    """Searches for one installation."""

    trail: AuditTrail
    index: IndexService

    async def search(self, turn: OpenTurn, text: str, most: int) -> SearchHits:
        """At most `most` conversations, newest first. Raises `InvalidInput` if the search cannot be read."""
        # Set last, so that nothing in the typed words can widen the search to another tenant.
        query = replace(read_query(text), tenant_id=turn.principal.tenant_id, limit=most)
        try:
            found = [_stream(one) for one in await self.index.find(query)]
            note = await self._note()
        except IndexUnavailable:
            # The index is a copy that may be away; the record itself can still list a customer's conversations.
            store = await self.trail.store()
            found = await store.streams(tenant_id=query.tenant_id, customer_id=query.customer_id, limit=most)
            note = supervision_wording.without_index(query.customer_id)
        await self._tell(turn, query, len(found))
        return SearchHits(found, note)

    async def _note(self) -> str | None:
        try:
            lag = await self.index.lag()
        except Unavailable:
            return supervision_wording.LAG_UNKNOWN
        return supervision_wording.behind(lag.events, lag.seconds) if lag.events else None

    async def _tell(self, turn: OpenTurn, query: Query, found: int) -> None:
        """The search, durable before what it found is shown."""
        connection, principal = turn.inbound.connection, turn.principal
        event = RecordSearched(
            by=principal.user_id, customer_id=query.customer_id, search=_asked(query), found=found
        )
        origin = Origin(
            principal.tenant_id,
            principal.user_id,
            ip_address=connection.ip_address,
            user_agent=connection.user_agent,
            request_id=turn.reference,
        )
        await self.trail.write(event, origin)


def read_query(text: str) -> Query:
    """`customer:cust_1 tool:execute_transaction decision:denied since:2026-11-01 words of the text` as a query.

    `care:self_harm` asks for people who were given that text: the kind is sealed, and found by its keyed word.
    Dates are days in Sydney, `until` the last one that counts. Raises `InvalidInput` that says how to ask.
    """
    terms = dict(_TERM.findall(text))
    words = _TERM.sub(" ", text).split()
    care = _one_of(terms.get("care"), _NEEDS)
    if not (terms or words) or len(text) > MOST_TEXT:
        raise _unclear()
    return Query(
        customer_id=terms.get("customer"),
        user_id=terms.get("user"),
        agent=terms["agent"].capitalize() if "agent" in terms else None,
        tool=terms.get("tool"),
        decision=_one_of(terms.get("decision"), _DECISIONS),
        severity=_severity(terms.get("severity")),
        since=_midnight(terms.get("since"), 0),
        until=_midnight(terms.get("until"), 1),
        types=frozenset() if care is None else frozenset({AuditEventType.GUARDRAIL_TRIGGERED}),
        words=tuple(words) if care is None else (*words, care),
    )


def _one_of(given: str | None, known: frozenset[str]) -> str | None:
    if given is not None and given not in known:
        raise _unclear()
    return given


def _severity(given: str | None) -> AuditSeverity | None:
    known = frozenset(str(one) for one in AuditSeverity)
    return None if _one_of(given, known) is None else AuditSeverity(str(given))


def _midnight(given: str | None, days: int) -> datetime | None:
    if given is None:
        return None
    try:
        return start_of(datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC).date() + timedelta(days=days))
    except (ValueError, OverflowError) as error:
        raise _unclear() from error


def _unclear() -> InvalidInput:
    return InvalidInput(
        "a search that cannot be read", code="replay.search_unclear", sentence=supervision_wording.HOW_TO_SEARCH
    )


def _asked(query: Query) -> dict[str, Any]:
    named = ("customer_id", "user_id", "agent", "tool", "decision", "severity")
    asked: dict[str, Any] = {name: getattr(query, name) for name in named if getattr(query, name) is not None}
    for name in ("since", "until"):
        if getattr(query, name) is not None:
            asked[name] = wire_time(getattr(query, name))
    return {**asked, "words": " ".join(query.words)} if query.words else asked


def _stream(found: IndexedConversation) -> StreamInfo:
    return StreamInfo(
        found.stream_id,
        found.tenant_id,
        found.user_id,
        found.customer_id,
        found.first_at,
        found.last_at,
        found.events,
        found.hash,
    )
