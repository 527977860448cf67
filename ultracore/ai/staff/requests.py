"""`/requests`: what staff have proposed and confirmed, for the second person to decide on."""

from __future__ import annotations

from collections.abc import Sequence

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.presses import SecondPersons
from ultracore.ai.screen import ApprovalCard, Choice, WaitingRequest
from ultracore.ai.staff import supervision_wording
from ultracore.ai.staff import wording as staff_wording
from ultracore.banking.proposals import may_check
from ultracore.errors import InvalidInput
from ultracore.markdown import Markdown, inert
from ultracore.wording import when_text

REQUESTS = "/requests"
# More buttons fill a phone's screen; the table above them has every request.
MAX_BUTTONS = 10


class Requests:
    """Lists what waits, and draws the card of one request: a page has one open card at most."""

    def __init__(self, second_persons: SecondPersons) -> None:
        self._second_persons = second_persons

    async def show(self, turn: OpenTurn, proposal_id: str) -> None:
        """Show the card of the request named, or of the only one; else ask which. Raises `InvalidInput`."""
        # Asked before anything is read, and again at each press.
        if not may_check(turn.principal):
            raise _refused("access.requests_not_allowed", staff_wording.NO_REQUESTS)
        waiting = await self._second_persons.waiting(turn.principal, turn.conversation_id, turn.log)
        if proposal_id:
            waiting = [request for request in waiting if request.proposal_id == proposal_id]
            if not waiting:
                raise _refused("request.not_found", supervision_wording.NO_SUCH_REQUEST)
        if not waiting:
            await turn.view.message(supervision_wording.NO_REQUESTS_WAIT, kind="notice")
        elif len(waiting) == 1:
            card = waiting[0].card
            await turn.view.card_of_another(card, card_text(card))
        else:
            await self._ask(turn, waiting)

    async def _ask(self, turn: OpenTurn, waiting: Sequence[WaitingRequest]) -> None:
        await turn.view.message(_table(waiting), kind="notice")
        buttons = [
            Choice(
                f"{REQUESTS} {one.proposal_id}", f"{one.summary} · {one.customer_id} · {when_text(one.asked_at)}"
            )
            for one in waiting[:MAX_BUTTONS]
        ]
        await turn.view.choose(supervision_wording.WHICH_REQUEST, buttons)


def card_text(card: ApprovalCard) -> str:
    """What stands on a card, line by line."""
    return "\n".join([card.title, *(f"{label}: {value}" for label, value in card.lines)])


def _table(waiting: Sequence[WaitingRequest]) -> Markdown:
    head = "| Asked | By | Customer | What | Request |\n| --- | --- | --- | --- | --- |"
    rows = (
        f"| {when_text(one.asked_at)} | {inert(one.maker)} | {inert(one.customer_id)} | {inert(one.summary)} "
        f"| {inert(one.proposal_id)} |"
        for one in waiting
    )
    return Markdown("\n".join([head, *rows]))


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput("a request for the second person was refused", code=code, sentence=sentence)
