"""Presses of a card's buttons, by the person who asked and by a second person, and cards that end without one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from ultracore.ai.conversation.apologies import Apologies
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.faults import faults_told
from ultracore.ai.presses import UNKNOWN, Presses, SecondPersons
from ultracore.ai.recording import RecordingView
from ultracore.ai.screen import CardShown, Press, Screens, TurnView, WaitingRequest
from ultracore.audit.vocabulary import ToolDecided
from ultracore.banking.proposals import approval_hash, may_check
from ultracore.cache.stores import ConversationState
from ultracore.errors import CustomerError, SessionEnded, UltracoreError
from ultracore.observability import current_reference, turn_reference
from ultracore.principal import Connection, Principal, Role
from ultracore.tasks import OwnedTasks
from ultracore.wording import new_reference

logger = logging.getLogger(__name__)


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
    ) -> bool:
        """Draw what this person may decide here, with buttons for this login. False if their card is not open."""
        if may_check(principal):
            await self._show_request(principal, conversation_id, view, card)
            return False
        return await self._presses.show_again(principal, conversation_id, view, card)

    def show_on(self, screens: Screens) -> None:
        """Find cards that are drawn by other processes on these screens."""
        self._presses.show_on(screens)

    async def _press(self, press: Press, view: TurnView) -> None:
        reference = current_reference() or new_reference()
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
            noted = not isinstance(error, CustomerError) or await self._note(press, error, reference)
            shown = await self.recorded(*place, view, reference) if noted else view
            await self._apologies.tell(error, shown, reference)

    async def _note(self, press: Press, error: CustomerError, reference: str) -> bool:
        """Put a press on the record that found no request of this person; False if it was only counted.

        The id stays out of the record: somebody else may still be able to press it. Its digest tells which it was.
        """
        try:
            state = await self._owners.conversations.owner(press.conversation_id)
            principal = await self._presser(press, state)
            if state is None or principal is None:
                return True  # of a conversation that is forgotten nobody knows whose it was
            if not state.belongs_to(principal) or isinstance(error, SessionEnded):
                # An ended session adds nothing to the conversation, which ended with it.
                if await self._presses.refusals.admit(principal, error.code):
                    await self._openings.refuse_press(principal, press.connection, error.code)
                return False
            place = press.login_id, press.conversation_id, press.connection
            log = await self._openings.started_log(principal, *place, reference)
            button = "approve" if press.approve else "decline"
            told = {"button": button, "approval_hash": approval_hash(press.approval_id)}
            decision = ToolDecided(UNKNOWN, told, result="denied", reason=error.code)
            return await self._presses.refusals.note(principal, log, decision)
        except UltracoreError as failed:
            logger.warning("a refused press is not on the record: %s", failed.code)
            return True

    async def _presser(self, press: Press, state: ConversationState | None) -> Principal | None:
        """Who pressed. A login that has ended was that of the conversation's person, whose page it was."""
        try:
            return await self._owners.principal(press.login_id)
        except SessionEnded:
            if state is None:
                return None
        roles = frozenset({Role.CUSTOMER}) if state.customer_id else frozenset[Role]()
        return Principal(
            tenant_id=state.tenant_id,
            user_id=state.user_id,
            login_id=press.login_id,
            roles=roles,
            customer_id=state.customer_id,
        )

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
