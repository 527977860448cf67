"""What a message meets before an agent does: commands, people without an agent, and whom staff work for."""

from __future__ import annotations

import logging

from ultracore.ai import sentences as wording
from ultracore.ai.care import CareBook, PersonWish, find_wish, person_text
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.persons import WaitingRoom
from ultracore.ai.presses import CANCELLATION, Presses, is_typed_no
from ultracore.ai.profiles import GREETER, PROFILES, AgentProfile
from ultracore.ai.staff import (
    CASE,
    CLOSE_WORDS,
    CUSTOMER,
    REPLAY,
    REQUESTS,
    NamedCustomers,
    Requests,
    Supervision,
    supervision_wording,
)
from ultracore.ai.staff import wording as staff_wording
from ultracore.audit.replay import ASSISTANT
from ultracore.audit.vocabulary import GuardrailTriggered, HandoffRequested
from ultracore.banking.access import AccessService
from ultracore.errors import InvalidInput
from ultracore.languages import told
from ultracore.principal import Principal
from ultracore.wording import call_link, dead_end

logger = logging.getLogger(__name__)

COMMANDS = (REPLAY, REQUESTS, CUSTOMER, CASE)
PERSON = "person"
CANCEL = frozenset({"cancel", "stop", "no", "never mind"})


def is_command(text: str) -> bool:
    """True for what begins with one of our commands; a button may carry it too."""
    return _parts(text)[0] in COMMANDS


def _parts(text: str) -> tuple[str, str]:
    """The first word in lower case, and the rest."""
    first, *rest = text.split(None, 1) or [""]
    return first.lower(), rest[0].strip() if rest else ""


class Desks:
    """Answers what is no agent's, and says which agents somebody has."""

    def __init__(
        self,
        access: AccessService,
        care: CareBook,
        presses: Presses,
        customers: NamedCustomers,
        supervision: Supervision,
        requests: Requests,
        waiting: WaitingRoom,
    ) -> None:
        self._access = access
        self._care = care
        self._presses = presses
        self._customers = customers
        self._supervision = supervision
        self._requests = requests
        self._waiting = waiting

    def agents_of(self, principal: Principal) -> tuple[AgentProfile, ...]:
        """The agents that this person may talk to, in the order in which people see them."""
        allowed = self._access.agents_of(principal)
        return tuple(profile for profile in PROFILES if profile.domain in allowed)

    def starters(self, principal: Principal) -> tuple[str, ...]:
        """What a customer is offered to begin with: the starters of the agents whom they may talk to."""
        return tuple(text for profile in self.agents_of(principal) for text in profile.starters)

    async def take(self, turn: OpenTurn, text: str) -> bool:
        """True if the message has been answered here. A refusal is told and recorded, and changes nothing."""
        try:
            return await self._take(turn, text)
        except InvalidInput as error:
            await self._refuse(turn, error.code, error.sentence)
            return True

    async def refuse_agent(self, turn: OpenTurn, profile: AgentProfile) -> None:
        """The subject is that of an agent which this desk does not have."""
        ours = self._access.agents_of(turn.principal)
        await self._refuse(turn, "access.agent_not_allowed", staff_wording.other_desk(profile.domain, ours))

    async def _take(self, turn: OpenTurn, text: str) -> bool:
        if await self._customers.answered(turn, text):
            return True
        if turn.resumed is not None:
            return False
        # The order matters: a command is never taken for a reason, and a no withdraws a card before a model hears
        # it.
        if is_command(text):
            await self._command(turn, *_parts(text))
        elif turn.principal.is_staff and text.casefold().strip(" .!") in CLOSE_WORDS:
            await self._customers.cases.close(turn)
        elif self._supervision.waits_for_reason(turn):
            await self._reason(turn, text)
        # Only if a card was open. Otherwise "no" answers the agent's question and belongs to the model.
        elif is_typed_no(text) and await self._cancelled(turn):
            await turn.view.message(told(wording.CANCELLED, turn.language), kind="notice")
        # By rule and not by a model, so that a person can be reached while the model is away.
        elif not turn.principal.is_staff and (wish := find_wish(text)) is not None:
            await self._person(turn, wish)
        elif not self._access.agents_of(turn.principal):
            sentence = staff_wording.desk_line(turn.principal) or staff_wording.UNKNOWN_COMMAND
            raise InvalidInput("nobody to talk to", code="access.no_agent", sentence=sentence)
        else:
            # Staff work for one customer at a time, and name them before a tool can read anything.
            return turn.principal.is_staff and not await self._customers.read(turn, text)
        return True

    async def _command(self, turn: OpenTurn, command: str, rest: str) -> None:
        if command == REPLAY:
            await self._supervision.replay(turn, rest.lower())
        elif command == CASE:
            await self._customers.case(turn, rest)
        else:
            await self._requests.show(turn, rest)

    async def _cancelled(self, turn: OpenTurn) -> bool:
        """True if a card was open here and is void now. A request that waits for a second person stays."""
        return await self._presses.void(turn.principal, turn.conversation_id, reason=CANCELLATION)

    async def _reason(self, turn: OpenTurn, text: str) -> None:
        if text.casefold().strip(" .!") in CANCEL:
            self._supervision.forget(turn)
            await turn.view.message(supervision_wording.CANCELLED, kind="notice")
        else:
            await self._supervision.reason(turn, text)

    async def _person(self, turn: OpenTurn, wish: PersonWish) -> None:
        """Say how to reach a person, and put the customer in line for one in this chat."""
        source = turn.agent or ASSISTANT
        wished = HandoffRequested(source=source, target=PERSON, reason=wish, score=None)
        line = await self._waiting.enter(turn, await turn.log.best_effort(wished))
        reached = person_text(wish, self._care, turn.reference)
        await turn.view.message(reached if line is None else f"{reached}\n\n{line}", kind="notice")

    async def _refuse(self, turn: OpenTurn, reason: str, sentence: str) -> None:
        logger.info("a desk refused: %s", reason, extra={"code": reason})
        await turn.log.required_for_staff(GuardrailTriggered(reason=reason))
        # Staff know their bank's people; a refused customer has nobody else to turn to here.
        if not turn.principal.is_staff:
            sentence = dead_end(sentence, call_link(self._care.support), turn.language)
        await turn.view.message(sentence, kind="notice")


def within(profile: AgentProfile, desk: tuple[AgentProfile, ...]) -> bool:
    """True for an agent of this desk, and for who greets everybody."""
    # The greeter has no tools, so no role is needed to be answered by it.
    return profile == GREETER or profile in desk
