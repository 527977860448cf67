"""A process that approves what it asked for and kills itself with SIGKILL at a named point. Run by `test_crashes`.

Arguments: data directory, model's base URL, the point, the message (without one a transfer of
50 dollars), and `two persons`. Prints the conversation id before it dies.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.ai.screen import BROWSER, Screen, principal, staff
from ultracore.ai.screen import Inbound, Press
from ultracore.audit import AuditEvent, TurnRecord
from ultracore.audit.vocabulary import ApprovalGiven, ConversationEvent, Event, ToolExecuted
from ultracore.banking.proposals import ProposalsService
from ultracore.container import App, open_app
from ultracore.principal import Role
from ultracore.settings import Settings

_write = TurnRecord.write


async def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at(kind: type[Event]) -> Any:
    async def write(record: TurnRecord, event: ConversationEvent) -> AuditEvent:
        return await (_die() if isinstance(event, kind) else _write(record, event))

    return write


def _arm(point: str) -> None:
    """Make the process die where the named step would begin."""
    steps = {
        "before the approval is recorded": (TurnRecord, "write", _die_at(ApprovalGiven)),
        "before the entry": (ProposalsService, "settle", _die),
        "before the outcome": (TurnRecord, "write", _die_at(ToolExecuted)),
    }
    owner, name, step = steps[point]
    setattr(owner, name, step)


async def main(
    data_dir: Path,
    base_url: str,
    point: str,
    text: str = "transfer 50 dollars to City Power",
    persons: str = "one person",
) -> None:
    """Ask and approve, up to the point; of two persons the second one's approval is cut short."""
    async with open_app(Settings(data_dir=data_dir, openai_base_url=base_url, redis_call_seconds=5)) as app:
        who = principal() if persons == "one person" else staff("teller1", Role.TELLER)
        await app.logins.create(who)
        conversation = (await app.desk.begin(who.login_id, BROWSER)).conversation_id
        sys.stdout.write(f"{conversation}\n")
        sys.stdout.flush()
        screen = Screen()
        await app.desk.message(Inbound(who.login_id, conversation, "m-1", text, BROWSER), screen)
        press = Press(who.login_id, conversation, screen.cards[0].approval_id, True, BROWSER)
        if persons != "one person":
            await app.desk.press(press, screen)
            press = await _second_press(app)
        _arm(point)
        await app.desk.press(press, screen)


async def _second_press(app: App) -> Press:
    checker = staff("supervisor1", Role.SUPERVISOR)
    await app.logins.create(checker)
    conversation = (await app.desk.begin(checker.login_id, BROWSER)).conversation_id
    (request,) = await app.desk.waiting_requests(checker.login_id, conversation, BROWSER)
    return Press(checker.login_id, conversation, request.card.approval_id, True, BROWSER)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
