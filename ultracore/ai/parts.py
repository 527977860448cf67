"""What a conversation service is made of, and what a turn of it carries along."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ultracore.ai.agents import Receptionist, TurnRunner
from ultracore.ai.approvals import ApprovalDesk
from ultracore.ai.care import Care, CareBook
from ultracore.ai.recording import GapBook, RecordingView, TurnLog
from ultracore.ai.screen import Inbound, TurnView
from ultracore.ai.tools import ToolOutcome, ToolRegistry
from ultracore.audit import AuditTrail
from ultracore.audit.index import IndexService
from ultracore.banking import Bank
from ultracore.cache import RateLimiter
from ultracore.cache.stores import AnswerPieces, Conversations, LoginSessions, Notices, TurnLock
from ultracore.observability import Metrics
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the bank's operator sets."""

    support_phone: str
    messages_per_minute: int
    offline_model: bool
    care: CareBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The collaborators of the conversation runtime, built by the container."""

    trail: AuditTrail
    bank: Bank
    logins: LoginSessions
    conversations: Conversations
    pieces: AnswerPieces
    notices: Notices
    locks: TurnLock
    limiter: RateLimiter
    receptionist: Receptionist
    registry: ToolRegistry
    runner: TurnRunner
    approvals: ApprovalDesk
    tasks: OwnedTasks = field(default_factory=OwnedTasks)
    gaps: GapBook = field(default_factory=GapBook)
    metrics: Metrics = field(default_factory=Metrics)
    index: IndexService


@dataclass(slots=True)
class OpenTurn:
    """A turn of a signed-in person in their own conversation, from intake to its end.

    `working_for` is the customer whom a member of staff has named; `calling` the tool call that was begun last;
    `said` the message as it was admitted, masked; `care` what its writer was told for being in need.
    """

    inbound: Inbound
    principal: Principal
    agent: str | None
    log: TurnLog
    raw_view: TurnView
    view: RecordingView
    working_for: str | None = None
    begun: bool = False
    said: str | None = None
    calling: asyncio.Task[ToolOutcome] | None = None
    care: Care | None = None
    care_recorded: bool = False

    def work_for(self, customer_id: str | None) -> None:
        """From here on the turn is about this customer, whose key seals what is recorded of it."""
        self.working_for = customer_id
        if customer_id is not None:
            self.log.record.about(customer_id)
            self.view.about(customer_id)

    @property
    def conversation_id(self) -> str:
        return self.inbound.conversation_id

    @property
    def reference(self) -> str:
        """The reference that the person may be told."""
        return self.log.record.reference
