"""A visitor's conversation: recorded like any other, under a key of its own, and without any right.

A visitor has no login session. What their browser keeps names a conversation; no other door knows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from ultracore.ai.care import Care, CareDesk
from ultracore.audit import AuditTrail, ConversationRecord, ConversationReplay, ReplayItem, TurnRecord
from ultracore.audit.vocabulary import (
    AssistantMessage,
    ConversationStarted,
    GuardrailTriggered,
    RateLimitExceeded,
    UserMessage,
)
from ultracore.banking import Bank
from ultracore.errors import InvalidInput
from ultracore.principal import Connection
from ultracore.widget.hosts import DEMO_TENANT, WidgetHosts
from ultracore.widget.sessions import Clock, Digest, utc_now
from ultracore.widget.visitors.answers import HERE, Information, VisitorTopic, subject_of
from ultracore.widget.visitors.tokens import VisitTokens, WidgetVisit
from ultracore.wording import new_reference
from ultracore.zone import day_of

LONGEST: Final = 500
GREETING: Final = f"Hello, I'm Anya. {HERE}"
NOTICE: Final = (
    "I am an AI assistant, not a person, and this conversation is recorded. Until you sign in I answer with the "
    "bank's fixed texts."
)
TOPICS: Final = ("When can I call you?", "What do savings earn?", "What do loans cost?", "What do payments cost?")
"""What a visitor is offered to begin with."""


@dataclass(frozen=True, slots=True)
class VisitorAnswer:
    """What is shown. `sign_in` if only somebody who is signed in gets more."""

    text: str
    sign_in: bool


class VisitorDesk:
    """Answers visitors. Raises `AuditUnavailable` and `LedgerUnavailable`."""

    def __init__(
        self,
        hosts: WidgetHosts,
        bank: Bank,
        trail: AuditTrail,
        care: CareDesk,
        digest: Digest,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._hosts = hosts
        self._information = Information(bank, care.book)
        self._trail = trail
        self._care = care
        self.tokens = VisitTokens(digest, clock)
        self._clock = clock

    def begin(self, host: object) -> WidgetVisit:
        """A new conversation on a host's page, in that host's tenant. Raises `InvalidInput` for any other site."""
        if not isinstance(host, str) or host not in self._hosts.origins:
            raise InvalidInput("a page that is no host", code="visit.host")
        signing = self._hosts.signing.get(host)
        if signing is None and not self._hosts.demo:
            raise InvalidInput("a host without a tenant", code="visit.host")
        tenant_id = DEMO_TENANT if signing is None else signing.tenant_id
        return WidgetVisit(tenant_id=tenant_id, visitor_id=uuid4().hex, conversation_id=str(uuid4()))

    async def care_for(self, visit: WidgetVisit, text: str) -> Care | None:
        """What somebody in need is told, before any limit and without any store."""
        return await self._care.look(visit.conversation_id, text)

    async def answer(
        self, visit: WidgetVisit, text: str, care: Care | None, connection: Connection, *, begun: bool
    ) -> VisitorAnswer:
        """Answer one message. It is on the record before it is answered, and the answer before it is shown."""
        turn = self._turn(visit, connection)
        if begun:
            await turn.write(ConversationStarted(greeting=GREETING, notice=NOTICE))
        await turn.write(UserMessage(text))
        told = await self._told(turn, text, care)
        if care is not None and care.ends_turn:
            return VisitorAnswer(told, sign_in=False)
        subject = subject_of(text)
        answer = await self._information.answer(subject, visit.tenant_id, day_of(self._clock()))
        await turn.write(AssistantMessage(answer, agent="Anya"))
        return VisitorAnswer("\n\n".join(part for part in (told, answer) if part), subject in _FOR_CUSTOMERS)

    async def refused(self, visit: WidgetVisit, limit: int, connection: Connection) -> None:
        """A message was not answered because there were too many."""
        await self._turn(visit, connection).write(RateLimitExceeded(limit=limit, retry_after=60.0))

    async def shown(self, visit: WidgetVisit) -> Sequence[ReplayItem]:
        """The conversation as the visitor has seen it."""
        events = await (await self._trail.store()).events(visit.conversation_id)
        return ConversationReplay.of(events).items if events else ()

    def _turn(self, visit: WidgetVisit, connection: Connection) -> TurnRecord:
        record = ConversationRecord(self._trail, visit.principal, visit.conversation_id, connection)
        return record.turn(str(uuid4()), new_reference())

    async def _told(self, turn: TurnRecord, text: str, care: Care | None) -> str:
        if care is None:
            return ""
        await turn.write(GuardrailTriggered(reason="care", care=care.need.kind.value))
        if care.text is not None:
            await turn.write(AssistantMessage(care.text, agent="Anya", kind="care"))
        return care.text or ""


_FOR_CUSTOMERS: Final = frozenset(
    {VisitorTopic.OWN, VisitorTopic.LOST_CARD, VisitorTopic.LOANS, VisitorTopic.UNKNOWN}
)
