"""The conversation runtime: takes messages and presses of signed-in people and answers them, one at a time.

Its callers hand over what a browser sent; who is acting is read from the login session every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from ultracore.ai import sentences as wording
from ultracore.ai.agents import chosen
from ultracore.ai.conversation.agent_choice import AgentChoice
from ultracore.ai.conversation.care import CareFirst
from ultracore.ai.conversation.decisions import Decisions
from ultracore.ai.conversation.desks import is_command
from ultracore.ai.conversation.messages import Messages
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.conversation.ratings import AnswerRatings
from ultracore.ai.conversation.turn_queue import TurnQueue
from ultracore.ai.persons import Persons
from ultracore.ai.profiles import profile_for_domain
from ultracore.ai.recording import RecordingView
from ultracore.ai.screen import (
    AnswerFeedback,
    CardShown,
    Greeting,
    Inbound,
    Press,
    Screens,
    TalkBoard,
    TurnView,
    WaitingRequest,
)
from ultracore.audit import ReplayItem
from ultracore.errors import UltracoreError
from ultracore.principal import Connection


class ConversationService:
    """What the chat layer calls. None of these raises for anything that a person or a model can do."""

    def __init__(
        self,
        owners: Owners,
        openings: Openings,
        messages: Messages,
        queue: TurnQueue,
        decisions: Decisions,
        choice: AgentChoice,
        care: CareFirst,
        persons: Persons,
        ratings: AnswerRatings,
    ) -> None:
        self._owners = owners
        self._openings = openings
        self._messages = messages
        self._queue = queue
        self._decisions = decisions
        self._choice = choice
        self._care = care
        self.persons = persons
        self._ratings = ratings

    async def begin(self, login_id: str, connection: Connection) -> Greeting:
        """Issue a conversation for the login, and greet. Raises `SessionEnded` or `CacheUnavailable`."""
        principal = await self._owners.principal(login_id)
        # Issued here, because Chainlit lets the browser choose a thread's id, and it could choose another
        # person's.
        conversation_id = str(uuid4())
        await self._owners.conversations.create(conversation_id, principal)
        return await self._openings.begin(principal, conversation_id)

    async def message(self, inbound: Inbound, view: TurnView) -> None:
        """Answer one message. Returns when the turn is over, also after `stop`."""
        await self._messages.answer(inbound, view)

    def words_in_need(self, text: str) -> str | None:
        """For a message that never got here."""
        return self._care.words_for(text)

    async def press(self, press: Press, view: TurnView) -> None:
        """Approve or decline a proposal. It runs to its end, also if the caller is cancelled."""
        await self._decisions.press(press, view)

    async def waiting_requests(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        """What this second person may decide, oldest first. Raises `UltracoreError` if it cannot be told."""
        return await self._decisions.waiting(login_id, conversation_id, connection)

    async def decide_request(self, press: Press, view: TurnView) -> None:
        """The second person's yes or no to a waiting request."""
        await self._decisions.press(press, view)

    async def choose(
        self, login_id: str, conversation_id: str, key: str, connection: Connection, view: TurnView
    ) -> None:
        """Answer the message that waited for a choice; a command's button is that command."""
        if is_command(key):
            await self.message(Inbound(login_id, conversation_id, str(uuid4()), key, connection), view)
            return
        profile = profile_for_domain(key)
        text = await self._waiting_text(conversation_id, login_id)
        if profile is None or text is None:
            shown = await self._decisions.recorded(login_id, conversation_id, connection, view)
            await shown.message(wording.CHOICE_GONE, kind="notice")
            return
        inbound = Inbound(login_id, conversation_id, str(uuid4()), text, connection)
        await self._messages.answer(inbound, view, chosen(profile))

    async def _waiting_text(self, conversation_id: str, login_id: str) -> str | None:
        try:
            return await self._choice.waiting_text(conversation_id, login_id)
        except UltracoreError:
            return None

    async def rate(self, rating: AnswerFeedback) -> str | None:
        """Put a rating on the record. Raises `InvalidInput`, `SessionEnded` and `Unavailable`."""
        return await self._ratings.rate(rating)

    def stop_here(self, conversation_id: str) -> None:
        """Stop was pressed on a page of another process, which has withdrawn what there was to withdraw."""
        self._queue.stop(conversation_id)

    async def stop(self, login_id: str, conversation_id: str) -> None:
        """End the talking of the running turn, and void an open proposal. Never ends a payment."""
        principal, _ = await self._owners.owned(login_id, conversation_id)
        # The talking first: a turn that goes on could open another card behind the one that is withdrawn.
        self._queue.stop(conversation_id)
        await self._decisions.withdraw(principal, conversation_id)

    async def sign_out(self, login_id: str, connection: Connection) -> None:
        """Revoke the login; its proposals become void and its conversations end on the record."""
        # Revoked first: no press and no tool call of this login begins after this line.
        principal = await self._owners.revoke(login_id)
        if principal is not None:
            await self._decisions.withdraw_all(principal)
            await self._openings.end(principal, login_id, connection)

    async def resume(
        self, login_id: str, conversation_id: str, view: TurnView, *, card: CardShown | None = None
    ) -> bool:
        """Show an answer that was cut meanwhile, and an open proposal with buttons for this login."""
        principal, state = await self._owners.owned(login_id, conversation_id)
        log = self._openings.log(principal, conversation_id, Connection())
        await self._queue.show_cut(conversation_id, state, view, log)
        return await self._decisions.show_again(principal, conversation_id, view, card)

    def show_on(self, screens: Screens) -> None:
        """Find cards that are drawn by other processes on these screens."""
        self._decisions.show_on(screens)

    def show_persons_on(self, board: TalkBoard) -> None:
        """Show what the bank's own people write in a conversation on this board."""
        self.persons.show_on(board)

    async def recorded(self, conversation_id: str) -> Sequence[ReplayItem]:
        """What the record has of a conversation, as its person saw it; nothing while the record is away."""
        return await self._openings.recorded(conversation_id)

    async def turn_is_free(self, conversation_id: str) -> bool:
        """Take the turn for a moment: what a holder that died left is on the record, and closed, after that."""
        try:
            return await self._queue.is_free(conversation_id)
        except UltracoreError:
            return False

    async def tell_of_cut(self, login_id: str, conversation_id: str, view: TurnView, *, turn: bool) -> None:
        """Say that a process died at work: with the answer that it was writing, or else if it was a `turn`."""
        principal, state = await self._owners.owned(login_id, conversation_id)
        log = self._openings.log(principal, conversation_id, Connection())
        shown = await self._queue.show_cut(conversation_id, state, view, log)
        if turn and not shown:
            recording = RecordingView(view, log, state.agent or "Anya")
            await recording.message(wording.INTERRUPTED, kind="notice")
