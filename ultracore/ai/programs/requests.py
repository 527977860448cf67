"""What a program has asked for in a customer's name, opened by that customer: checked anew, with its own card."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import uuid4

from ultracore.ai import sentences as wording
from ultracore.ai.agents import ToolPort, TurnProgress
from ultracore.ai.approvals import wish
from ultracore.ai.model import ModelToolCall
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.screen import Choice, ToolStep
from ultracore.ai.staff import REQUESTS
from ultracore.ai.tools import CallContext, CallReader, ToolRegistry
from ultracore.banking import Proposal
from ultracore.banking.proposals import LeftRequests
from ultracore.errors import LedgerUnavailable
from ultracore.principal import Principal

logger = logging.getLogger(__name__)

MOST_OFFERED: Final = 3
_LONGEST_LABEL: Final = 80


class ProgramsRequests:
    """Opens the one that a button of the greeting names.

    `tools` are the tools on the authority of a turn; `principal` reads who a login is, again at each call.
    """

    def __init__(
        self,
        left: LeftRequests,
        registry: ToolRegistry,
        tools: Callable[[OpenTurn, CallContext], ToolPort],
        principal: Callable[[str], Awaitable[Principal]],
    ) -> None:
        self._left = left
        self._registry = registry
        self._tools = tools
        self._principal = principal
        self._reader = CallReader()

    async def take(self, turn: OpenTurn, text: str, progress: TurnProgress) -> bool:
        """Open the request that a customer's command names. False if it is another message.

        It is taken first: of two presses at once, on any replica, one opens a card. What is refused now is over.
        Raises `LedgerUnavailable`.
        """
        command, _, number = text.strip().partition(" ")
        if turn.principal.is_staff or command != REQUESTS or not number:
            return False
        request = await self._left.take(number.strip(), turn.principal)
        if request is None:
            await turn.view.message(wording.REQUEST_GONE, kind="notice")
        else:
            await self._open(turn, request, progress)
        return True

    async def _open(self, turn: OpenTurn, request: Proposal, progress: TurnProgress) -> None:
        call = self._reader.read(ModelToolCall(f"call_{uuid4().hex[:12]}", request.tool, _arguments(request)))
        context = CallContext(
            principal=lambda: self._principal(turn.inbound.login_id),
            agent=self._registry.an_agent_of(request.tool, turn.principal),
            conversation_id=turn.conversation_id,
            log=turn.log,
            connection=turn.inbound.connection,
        )
        await turn.view.agent(context.agent)
        await turn.view.message(wording.PROGRAM_ASKED, kind="notice")
        await turn.view.step(ToolStep(call.call_id, call.name, "running", "Working on it."))
        outcome = await self._tools(turn, context).call(call)
        await turn.view.step(outcome.step)
        progress.outcomes.append((call, outcome))
        if outcome.card is not None:
            await turn.view.card(outcome.card)


async def offered(left: LeftRequests, principal: Principal) -> tuple[Choice, ...]:
    """Buttons for the newest that wait for this customer. Without the ledger there are none, and they wait on."""
    if principal.customer_id is None:
        return ()
    try:
        found = await left.of(principal)
    except LedgerUnavailable as error:
        logger.warning("requests of programs are not offered: %s", error.code)
        return ()
    return tuple(Choice(f"{REQUESTS} {one.proposal_id}", _label(one)) for one in found[:MOST_OFFERED])


def _label(request: Proposal) -> str:
    return f"A program asks: {wish(request)}"[:_LONGEST_LABEL]


def _arguments(request: Proposal) -> str:
    """As the program sent them. They are kept as texts, in which a value that was left out reads `None`."""
    return json.dumps({name: value for name, value in request.arguments.items() if value != "None"})
