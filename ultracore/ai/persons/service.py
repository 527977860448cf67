"""A person of the bank talks in a conversation in Anya's place, and gives it back.

Who talks is settled by a claim in the ledger's database (`banking/cases/claims.py`). Each act of the person is
under the number of their claim, and comes to nothing once that is an older one. The claim comes first, so that
turns that begin after it stay silent; the turn that runs is stopped, and what marks the change is written while no
turn can run.
"""

from __future__ import annotations

import logging
import unicodedata
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from ultracore.ai.persons import wording
from ultracore.ai.screen import TalkBoard, TurnView
from ultracore.audit import AuditTrail, ConversationRecord, TurnRecord
from ultracore.audit.masking import mask
from ultracore.audit.replay import ASSISTANT
from ultracore.audit.vocabulary import AssistantMessage, PersonJoined, PersonLeft, PersonMessage
from ultracore.banking.cases import CaseQueue, Claims, Talk, TalkClaim
from ultracore.cache.stores import Conversations, ConversationState, TurnLock
from ultracore.errors import InvalidInput, LedgerUnavailable, RateLimited, UltracoreError
from ultracore.observability import current_reference
from ultracore.principal import Connection, Principal, Role
from ultracore.wording import new_reference

logger = logging.getLogger(__name__)

IDLE: Final = timedelta(minutes=5)
LONGEST: Final = 4_000
_WAIT_SECONDS: Final = 20.0
_MOST_REMEMBERED: Final = 10_000
DONE: Final = "person.done"
AWAY: Final = "person.idle"


@dataclass(frozen=True, slots=True)
class _Room:
    """A customer's conversation with a person of the bank in it."""

    claim: TalkClaim
    owner: Principal
    record: TurnRecord


class Persons:
    """One for a process. Every method raises `Unavailable` if a part does not answer."""

    def __init__(
        self, cases: CaseQueue, claims: Claims, trail: AuditTrail, conversations: Conversations, turns: TurnLock
    ) -> None:
        self._cases = cases
        self._claims = claims
        self._trail = trail
        self._conversations = conversations
        self._turns = turns
        self._board: TalkBoard | None = None
        self._known: OrderedDict[str, bool] = OrderedDict()

    def show_on(self, board: TalkBoard) -> None:
        """From here on what persons write is shown on this board."""
        self._board = board

    async def is_silent(self, conversation_id: str) -> bool:
        """True while a person talks in Anya's place. Without the ledger what was known last counts."""
        try:
            silent = await self._claims.holder(conversation_id) is not None
        except LedgerUnavailable:
            # The chat goes on without the ledger; a conversation that a person has taken stays theirs.
            return self._known.get(conversation_id, False)
        self._known[conversation_id] = silent
        self._known.move_to_end(conversation_id)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return silent

    async def join(self, person: Principal, conversation_id: str, connection: Connection) -> TalkClaim:
        """Take a customer's conversation over. Raises `InvalidInput` if somebody has it, or it is none."""
        state = await self._customers(person, conversation_id)
        talk = Talk(person.tenant_id, conversation_id, state.customer_id)
        claim = await self._claims.take(talk, person.user_id, _name(person))
        if claim is None:
            raise _refused("desk.taken", wording.TAKEN)
        room = self._room(claim, state, person, connection)
        try:
            await self._in_silence(room, self._joined(room))
        except UltracoreError:
            # What was not said and written has not happened.
            await self._claims.leave(claim)
            raise
        return claim

    async def say(
        self, person: Principal, conversation_id: str, number: int, text: str, connection: Connection
    ) -> None:
        """Write into the conversation. Raises `InvalidInput` if the claim of that number is not the person's."""
        words = _readable(text)
        room = await self._held(person, conversation_id, number, connection)
        if not await self._claims.act(room.claim):
            raise _refused("desk.not_yours", wording.NOT_YOURS_NOW)
        name, claim = room.claim.display_name, room.claim.number
        await room.record.write(PersonMessage(name=name, claim=claim, text=words))
        view = await self._view(room)
        await view.agent(wording.author(name))
        await view.message(words, kind="person")
        await self._remember(room, f"{name}, a person of the bank, wrote: {words}")

    async def leave(self, person: Principal, conversation_id: str, number: int, connection: Connection) -> None:
        """Give the conversation back to Anya. Raises `InvalidInput` if it is not the person's."""
        room = await self._held(person, conversation_id, number, connection)
        if not await self._claims.leave(room.claim):
            raise _refused("desk.not_yours", wording.NOT_YOURS_NOW)
        await self._left(room, DONE, wording.left(room.claim.display_name))

    async def return_idle(self, idle: timedelta = IDLE) -> int:
        """Give back every conversation whose person has done nothing for so long; how many those were."""
        found = 0
        for claim in await self._claims.idle(datetime.now(UTC) - idle):
            state = await self._conversations.owner(claim.conversation_id)
            # Of several processes that look at once one gives it back.
            if await self._claims.leave_idle(claim) and state is not None:
                room = self._room(claim, state, _person_of(claim), Connection())
                await self._left(room, AWAY, wording.left_idle(claim.display_name))
                found += 1
        return found

    async def tell_of_watching(self, person: Principal, conversation_id: str, connection: Connection) -> None:
        """Say in a customer's conversation that staff read along. Raises `InvalidInput` if it is none.

        Anya's model is not told: nothing of the conversation changes by it.
        """
        state = await self._customers(person, conversation_id)
        record = self._record(state, person, connection)
        await record.write(AssistantMessage(wording.WATCHED, agent=ASSISTANT, kind="notice"))
        if self._board is not None:
            view = await self._board.view(conversation_id, _owner(state))
            await view.message(wording.WATCHED, kind="notice")

    async def heard(self, conversation_id: str, text: str) -> None:
        """Keep what a customer wrote to the person, for when Anya answers again."""
        await self._conversations.append(conversation_id, {"role": "user", "content": text})

    async def _customers(self, person: Principal, conversation_id: str) -> ConversationState:
        state = await self._conversations.owner(conversation_id)
        if state is None or state.tenant_id != person.tenant_id or state.customer_id is None:
            raise _refused("desk.no_conversation", wording.NO_CONVERSATION)
        return state

    async def _held(self, person: Principal, conversation_id: str, number: int, connection: Connection) -> _Room:
        state = await self._customers(person, conversation_id)
        claim = await self._claims.holder(conversation_id)
        if claim is None or (claim.held_by, claim.number) != (person.user_id, number):
            raise _refused("desk.not_yours", wording.NOT_YOURS_NOW)
        return self._room(claim, state, person, connection)

    def _room(
        self, claim: TalkClaim, state: ConversationState, person: Principal, connection: Connection
    ) -> _Room:
        return _Room(claim, _owner(state), self._record(state, person, connection))

    def _record(self, state: ConversationState, person: Principal, connection: Connection) -> TurnRecord:
        """A turn in the person's name, under the customer's key."""
        record = ConversationRecord(self._trail, person, state.conversation_id, connection)
        turn = record.turn(str(uuid4()), current_reference() or new_reference())
        if state.customer_id is not None:
            turn.about(state.customer_id)
        return turn

    async def _in_silence(self, room: _Room, work: Awaitable[None]) -> None:
        """Stop the turn that runs, and do the work while none can run."""
        conversation_id = room.claim.conversation_id
        if self._board is not None:
            await self._board.stop(conversation_id, room.owner)
        try:
            async with self._turns.hold(conversation_id, wait=_WAIT_SECONDS):
                await work
        except RateLimited as error:
            raise _refused("desk.busy", wording.STILL_BUSY) from error

    async def _joined(self, room: _Room) -> None:
        claim = room.claim
        await room.record.write(PersonJoined(name=claim.display_name, claim=claim.number))
        self._known[claim.conversation_id] = True
        await self._cases.attended(claim.tenant_id, claim.conversation_id)
        await self._notice(room, wording.joined(claim.display_name))

    async def _left(self, room: _Room, reason: str, sentence: str) -> None:
        claim = room.claim
        self._known[claim.conversation_id] = False
        await room.record.write(PersonLeft(name=claim.display_name, claim=claim.number, reason=reason))
        await self._notice(room, sentence)

    async def _notice(self, room: _Room, sentence: str) -> None:
        await room.record.write(AssistantMessage(sentence, agent=ASSISTANT, kind="notice"))
        await (await self._view(room)).message(sentence, kind="notice")
        await self._remember(room, sentence)

    async def _remember(self, room: _Room, text: str) -> None:
        await self._conversations.append(room.claim.conversation_id, {"role": "assistant", "content": text})

    async def _view(self, room: _Room) -> TurnView:
        if self._board is None:
            raise _refused("desk.no_stage", wording.NO_CONVERSATION)
        return await self._board.view(room.claim.conversation_id, room.owner)


def _owner(state: ConversationState) -> Principal:
    """The customer whose conversation it is, as far as their pages need to know."""
    return Principal(
        tenant_id=state.tenant_id,
        user_id=state.user_id,
        login_id="",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=state.customer_id,
    )


def _person_of(claim: TalkClaim) -> Principal:
    """Who has left, for the record of it."""
    return Principal(
        tenant_id=claim.tenant_id, user_id=claim.held_by, login_id="", roles=frozenset({Role.SUPERVISOR})
    )


def _name(person: Principal) -> str:
    return person.display_name or person.user_id


def _readable(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8").strip()
    if len(clean) > LONGEST or not any(unicodedata.category(one)[0] not in "CZ" for one in clean):
        raise _refused("desk.unreadable", wording.UNREADABLE)
    return mask(clean)


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput("a person in a conversation was refused", code=code, sentence=sentence)
