"""What lies on the desks of a bank: an application, a report, and a conversation that needs a person."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.workbench.conftest import PEOPLE, apply
from ultracore.audit import ConversationRecord
from ultracore.audit.vocabulary import UserMessage
from ultracore.banking import Bank
from ultracore.banking.cases import Hit
from ultracore.container import core
from ultracore.settings import Settings

CONVERSATION = "conv-desk"


@dataclass(frozen=True)
class Work:
    """The names of what waits."""

    application: str
    incident: str
    case: str


async def work_in(seeded: Path, data: Path) -> Work:
    """Copy the demo world into `data`, and put one thing on each desk."""
    shutil.copytree(seeded, data)
    async with core(Settings(data_dir=data)) as opened:
        said = ConversationRecord(opened.trail, PEOPLE["customer1"], CONVERSATION).turn("turn-1", "7F3A-0001")
        await said.write(UserMessage("let me talk to somebody"))
        report = await opened.bank.security.incidents.report("tenant_1", "cust_1", "customer1", "somebody rang me")
        return Work(await apply(opened.bank, 1), report.reference, await _case(opened.bank))


async def _case(bank: Bank) -> str:
    now = datetime.now(UTC)
    hit = Hit(
        event_id="evt-desk",
        rule="person",
        urgency=1,
        due_at=now,
        at=now,
        tenant_id="tenant_1",
        conversation_id=CONVERSATION,
        user_id="customer1",
        customer_id="cust_1",
        wish=True,
    )
    await bank.cases.take_in([hit])
    found = await bank.cases.of_conversation("tenant_1", CONVERSATION)
    assert found is not None
    return found.case_id
