"""What the tests of erasure share: operators, a customer with words of their own, something that holds words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ultracore.audit import AuditStore, AuditTrail, ConversationRecord, Operator, Subject
from ultracore.audit.erasure import ErasedList, Erasure, ErasureParts
from ultracore.audit.erasure.service import Forgetful
from ultracore.audit.vocabulary import (
    ApprovalGiven,
    ApprovalRequested,
    AssistantMessage,
    ToolDecided,
    ToolExecuted,
    ToolRequested,
    UserMessage,
)
from ultracore.errors import CacheUnavailable
from ultracore.principal import Principal, Role

ALICE, BOB = Operator("alice", "alice"), Operator("bob", "root")
MIA = Subject("customer", "tenant_1", "cust_1")
TOM = Subject("customer", "tenant_1", "cust_2")
CANARY = "zebrafish-lagoon"
PAYMENT_WORDS = "walnut-cathedral"
"""Free words on a payment."""


@dataclass
class Notes:
    """Something that holds words by subject. With `failures` left it does not answer; each try takes one."""

    words: dict[Subject, list[str]] = field(default_factory=dict)
    failures: int = 0

    async def forget(self, subject: Subject) -> int:
        if self.failures:
            self.failures -= 1
            raise CacheUnavailable("does not answer", code="cache.timeout")
        return len(self.words.pop(subject, []))


async def nobody_signed_in(subject: Subject) -> int:
    return 0


def erasure_of(
    store: AuditStore,
    erased: ErasedList,
    forgetful: Mapping[str, Forgetful] | None = None,
    *,
    two_persons: bool = False,
    request_hours: float = 24.0,
) -> Erasure:
    return Erasure(
        ErasureParts(
            store=store,
            erased=erased,
            forgetful=forgetful or {},
            sign_out=nobody_signed_in,
            two_persons=two_persons,
            request_hours=request_hours,
        )
    )


def principal_of(subject: Subject) -> Principal:
    return Principal(
        tenant_id=subject.tenant_id,
        user_id=f"user_of_{subject.id}",
        login_id="login-1",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=subject.id,
    )


async def a_talk(trail: AuditTrail, subject: Subject, conversation: str, words: str = CANARY) -> None:
    """The customer says something and pays somebody, with free words on the payment."""
    turn = ConversationRecord(trail, principal_of(subject), conversation).turn("turn-1", "7F3A-0001")
    arguments = {"amount": "50.00", "to_account_id": "City Power", "description": PAYMENT_WORDS}
    lines = [["Pay to", "City Power ··4821"], ["Amount", "AUD 50.00"], ["Statement text", PAYMENT_WORDS]]
    expiry = datetime.now(UTC) + timedelta(seconds=120)
    tool, proposal = "execute_transaction", f"prp_{conversation}"
    await turn.write(UserMessage(f"please {words}"))
    await turn.write(ToolRequested(tool, arguments, agent="Payments", call_id="call_1"))
    await turn.write(ToolDecided(tool, arguments, result="needs_approval", proposal=proposal))
    await turn.write(
        ApprovalRequested(
            tool, card={"title": "Please check", "lines": lines}, expires_at=expiry, proposal=proposal
        )
    )
    await turn.write(ApprovalGiven(tool, proposal=proposal))
    intent = (await turn.write(ToolDecided(tool, arguments, result="allowed", proposal=proposal))).event_id
    await turn.write(
        ToolExecuted(
            tool,
            arguments,
            outcome="success",
            result={"receipt": "R-1"},
            intent=intent,
            entry="ent_1",
            proposal=proposal,
        )
    )
    await turn.write(AssistantMessage(f"Done, {words}.", agent="Payments", kind="receipt"))


async def shown(store: AuditStore, conversation: str) -> str:
    """Everything that can be read of a conversation, as one text."""
    return "\n".join(str(event.to_dict()) for event in await store.events(conversation))


async def erase(erasure: Erasure, subject: Subject = MIA, reason: str = "request 4711") -> bool:
    row = await erasure.request(subject, reason, ALICE)
    return (await erasure.carry_out(row.erasure_id, ALICE)).done


async def wrapped_keys(store: AuditStore, subject: Subject) -> list[bytes]:
    """The subject's keys as they lie in the database."""
    where = "kind = ? AND tenant_id = ? AND subject_id = ?"
    values = (subject.kind, subject.tenant_id, subject.id)
    rows = await store.read(lambda reader: reader.sealing_keys(where, values))
    return [bytes(row[4]) for row in rows if row[4] is not None]
