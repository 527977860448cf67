"""A process that approves what it asked for and kills itself with SIGKILL at a named point. Run by `test_crashes`.

Arguments: data directory, model's base URL, the point, and the message (without one a transfer of
50 dollars). Prints the conversation id before it dies.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.ai.screen import BROWSER, Screen, principal
from ultracore.ai.interfaces import Inbound, Press
from ultracore.audit.conversation import TurnRecord
from ultracore.banking.proposals import ProposalsService
from ultracore.container import open_app
from ultracore.settings import Settings


async def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(point: str) -> None:
    """Make the process die where the named step would begin."""
    steps = {
        "before the approval is recorded": (TurnRecord, "approval_given"),
        "before the entry": (ProposalsService, "settle"),
        "before the outcome": (TurnRecord, "tool_executed"),
    }
    owner, name = steps[point]
    setattr(owner, name, _die)


async def main(data_dir: Path, base_url: str, point: str, text: str = "transfer 50 dollars to City Power") -> None:
    """Ask and approve, up to the point."""
    async with open_app(Settings(data_dir=data_dir, openai_base_url=base_url)) as app:
        who = principal()
        await app.logins.create(who)
        conversation = (await app.desk.begin(who.login_id, BROWSER)).conversation_id
        sys.stdout.write(f"{conversation}\n")
        sys.stdout.flush()
        screen = Screen()
        await app.desk.message(Inbound(who.login_id, conversation, "m-1", text, BROWSER), screen)
        _arm(point)
        press = Press(who.login_id, conversation, screen.cards[0].approval_id, True, BROWSER)
        await app.desk.press(press, screen)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
