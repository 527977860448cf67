"""Lists of conversations, and whose each one is, read from the record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ultracore.audit import AuditEvent, AuditEventType, AuditStore, EventFilter
from ultracore.audit.vocabulary import ApprovalRequested, ConversationRemoved, ConversationRenamed, ToolExecuted
from ultracore.cache.stores import ConversationState, ThreadEntry
from ultracore.principal import Principal
from ultracore.wording import card_subject, conversation_title

GREETER: Final = "Anya"
_BY_PERSON: Final = frozenset({ConversationRemoved.type, ConversationRenamed.type})
_OF_AGENTS: Final = frozenset({AuditEventType.SESSION_ROUTED, AuditEventType.HANDOFF_REQUESTED})
_OF_SUBJECTS: Final = frozenset({ApprovalRequested.type, ToolExecuted.type})
_NO_AGENT: Final = "person"  # a wish for a person is a hand-over to nobody of ours
# Earlier versions named the conversation in the description only.
_REMOVED: Final = re.compile(r"Conversation (\S+) was removed from its user's list; its record stays")


@dataclass(slots=True)
class _Marks:
    """What a person did to the list: titles of their own by conversation, and what they took off."""

    titles: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


class Recall:
    """Reads the record. Every method raises `AuditUnavailable` if that cannot be done."""

    def __init__(self, store: AuditStore) -> None:
        self._store = store

    async def threads(self, owner: Principal, since: datetime) -> Sequence[ThreadEntry]:
        """The conversations of a customer with an event since then, without those that were taken off the list."""
        if owner.customer_id is None:
            return ()
        found = await self._store.streams(tenant_id=owner.tenant_id, customer_id=owner.customer_id, since=since)
        marks = await self._marks(owner.tenant_id, owner.user_id)
        mine = [one for one in found if one.user_id == owner.user_id and one.stream_id not in marks.removed]
        ids = [one.stream_id for one in mine]
        agents, subjects = await self._agents(ids), await self._subjects(ids)
        return [
            ThreadEntry(
                thread_id=one.stream_id,
                title=marks.titles.get(one.stream_id)
                or subjects.get(one.stream_id)
                or conversation_title(agents.get(one.stream_id, GREETER), one.first_at),
                created_at=one.first_at,
                active_at=one.last_at,
                named=one.stream_id in marks.titles,
            )
            for one in mine
        ]

    async def conversation(self, conversation_id: str) -> ConversationState | None:
        """Whose a conversation is, and its agent; None if it is not on the record or was taken off its list."""
        found = await self._store.stream(conversation_id)
        if found is None or found.user_id is None or conversation_id.startswith("system:"):
            return None
        if conversation_id in (await self._marks(found.tenant_id, found.user_id)).removed:
            return None
        agents = await self._agents([conversation_id])
        return ConversationState(
            conversation_id=conversation_id,
            tenant_id=found.tenant_id,
            user_id=found.user_id,
            customer_id=found.customer_id,
            agent=agents.get(conversation_id),
            created_at=found.first_at,
        )

    async def _marks(self, tenant_id: str, user_id: str) -> _Marks:
        marks = _Marks()
        wanted = EventFilter(tenant_id=tenant_id, user_id=user_id, types=_BY_PERSON)
        for event in await self._store.select(wanted):
            if event.action == ConversationRemoved.action:
                marks.removed.add(event.resource_id or _named_in(event))
            elif event.action == ConversationRenamed.action and event.resource_id is not None:
                title = (event.metadata or {}).get("title")
                # Without its key a title is lost, and ours stands in its place.
                if isinstance(title, str):
                    marks.titles[event.resource_id] = title
        return marks

    async def _agents(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """The agent that each of the conversations came to last."""
        agents: dict[str, str] = {}
        for event in await self._store.of_streams(conversation_ids, _OF_AGENTS):
            told = event.metadata or {}
            agent = told.get("agent") or told.get("target")
            if event.stream_id is not None and isinstance(agent, str) and agent != _NO_AGENT:
                agents[event.stream_id] = agent
        return agents

    async def _subjects(self, conversation_ids: Sequence[str]) -> Mapping[str, str]:
        """What the last card of each of the conversations was about, or else what was looked up first.

        Of a turn that looked up several things that is the last: the others led to it.
        """
        cards: dict[str, str] = {}
        looked_up: dict[str, tuple[str | None, str]] = {}
        for event in await self._store.of_streams(conversation_ids, _OF_SUBJECTS):
            stream, told = event.stream_id, event.metadata or {}
            card, shown = told.get("card"), told.get("shown")
            if stream is not None and isinstance(card, Mapping):
                cards[stream] = card_subject(card["title"], card["lines"])
            elif stream is not None and isinstance(shown, Mapping) and shown.get("subject"):
                if looked_up.setdefault(stream, (event.request_id, ""))[0] == event.request_id:
                    looked_up[stream] = (event.request_id, str(shown["subject"]))
        return {stream: subject for stream, (_, subject) in looked_up.items()} | cards


def _named_in(event: AuditEvent) -> str:
    found = _REMOVED.search(event.description or "")
    return found[1] if found else ""
