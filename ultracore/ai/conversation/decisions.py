"""Presses of a card's buttons, by the person who asked and by a second person, and cards that end without one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ultracore.ai.conversation.apologies import Apologies
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.faults import faults_told
from ultracore.ai.presses import Presses, SecondPersons
from ultracore.ai.recording import RecordingView
from ultracore.ai.screen import CardShown, Press, TurnView, WaitingRequest
from ultracore.banking.proposals import may_check
from ultracore.errors import UltracoreError
from ultracore.observability import turn_reference
from ultracore.principal import Connection, Principal
from ultracore.tasks import OwnedTasks
from ultracore.wording import new_reference


class Decisions:
    """Carries out what people decide. A press runs to its end, also if its caller is cancelled."""

    def __init__(
        self,
        owners: Owners,
        openings: Openings,
        presses: Presses,
        second_persons: SecondPersons,
        tasks: OwnedTasks,
        apologies: Apologies,
    ) -> None:
        self._owners = owners
        self._openings = openings
        self._presses = presses
        self._second_persons = second_persons
        self._tasks = tasks
        self._apologies = apologies

    async def press(self, press: Press, view: TurnView) -> None:
        """Carry out a press. It runs to its end even when the caller is cancelled."""
        await self._tasks.run(self._press(press, view))

    async def waiting(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        """What this second person may decide; that they see it is on the record first."""
        checker = await self._second_persons.checker(login_id, conversation_id)
        log = await self._openings.started_log(checker, login_id, conversation_id, connection)
        return await self._second_persons.waiting(checker, conversation_id, log)

    async def withdraw(self, principal: Principal, conversation_id: str) -> None:
        """Void the open card of a conversation whose person pressed Stop."""
        await self._presses.void(principal, conversation_id, reason="turn.stopped")

    async def withdraw_all(self, principal: Principal) -> None:
        """Void every open card of a login session that has ended."""
        await self._presses.void_login(principal)

    async def show_again(
        self, principal: Principal, conversation_id: str, view: TurnView, card: CardShown | None
    ) -> None:
        """Draw what this person may decide here, with buttons for this login."""
        if may_check(principal):
            await self._show_request(principal, conversation_id, view, card)
        else:
            await self._presses.show_again(principal, conversation_id, view, card)

    async def _press(self, press: Press, view: TurnView) -> None:
        reference = new_reference()
        try:
            with turn_reference(reference), faults_told():
                # By the login and not by what the browser says: a supervisor's press counts as a second person's
                # only.
                if await self._second_persons.is_checker(press.login_id):
                    await self._decide(press, view, reference)
                else:
                    principal, state = await self._owners.owned(press.login_id, press.conversation_id)
                    again = partial(self._owners.principal, press.login_id)
                    await self._presses.carry_out(press, principal, state.agent or "Payments", view, again)
        except UltracoreError as error:
            place = press.login_id, press.conversation_id, press.connection
            await self._apologies.tell(error, await self.recorded(*place, view, reference), reference)

    async def recorded(
        self,
        login_id: str,
        conversation_id: str,
        connection: Connection,
        view: TurnView,
        reference: str | None = None,
    ) -> TurnView:
        """The view that records what it shows in somebody's own conversation; else the view as it is."""
        try:
            principal, state = await self._owners.owned(login_id, conversation_id)
            log = await self._openings.started_log(principal, login_id, conversation_id, connection, reference)
        # The apology must be seen even if neither Redis nor the record is there, or the conversation is not
        # theirs.
        except UltracoreError:
            return view
        return RecordingView(view, log, state.agent or "Anya")

    async def _decide(self, press: Press, view: TurnView, reference: str) -> None:
        checker = await self._second_persons.checker(press.login_id, press.conversation_id)
        log = await self._openings.started_log(
            checker, press.login_id, press.conversation_id, press.connection, reference
        )
        await self._second_persons.decide(press, checker, view, log)

    async def _show_request(
        self, checker: Principal, conversation_id: str, view: TurnView, card: CardShown | None
    ) -> None:
        # A checker asks for requests with a command; only a card that stands on the page already gets new
        # buttons.
        if card is not None and not card.pressable:
            log = await self._openings.started_log(checker, checker.login_id, conversation_id, Connection())
            await self._second_persons.show_again(checker, conversation_id, card, view, log)
