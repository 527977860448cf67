"""What happens on a page: it opens, a person writes, presses, stops, comes back. One boundary around each."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from ultracore.ai.screen import ApprovalCard, Greeting, Inbound, Press, TurnView
from ultracore.audit.masking import mask_typed_code
from ultracore.chat.door import TypedMessage, sentence_for
from ultracore.chat.page import (
    NOT_AGAIN,
    STOP,
    ChainlitView,
    Change,
    EntryForm,
    SharedConversation,
    end_dead,
    is_again,
    question_of,
    running_id,
    stop_elsewhere,
    wire,
)
from ultracore.chat.runtime import Runtime
from ultracore.chat.sessions import Chat
from ultracore.errors import UltracoreError, Unavailable
from ultracore.markdown import as_markdown
from ultracore.observability import current_reference, turn_reference
from ultracore.principal import Principal
from ultracore.wording import call_link, card_subject, new_reference

logger = logging.getLogger(__name__)

TITLE = "Conversation"
# Each waiting message holds a task and its text; a person who types cannot get here.
MOST_WAITING = 64
LONG_MESSAGE = 1024  # Characters that are masked in less than a millisecond.
RESTARTING = "We are restarting our chat right now. Please send that again in a minute."


class Handlers:
    """The handlers of all pages. Only cancellation is raised: what went wrong is said on the page."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def begin(self, chat: Chat) -> None:
        """Greet a page that has just been opened."""
        await chat.page.redraw()
        await self._guard(chat, "begin", self._begin_once(chat))
        await chat.page.drawn()

    async def come_back(self, chat: Chat, *, new: bool) -> None:
        """Draw an earlier conversation on a `new` page, or bring a page up to date whose connection was lost."""
        if chat.conversation_id is None:
            return await self.begin(chat)
        # Two pages that come back at once would each ask the desk for buttons, and the later ids void the
        # earlier.
        async with chat.conversation.returning:
            await self._guard(chat, "restore", self._restore(chat, chat.conversation_id, new=new))
            await self._guard(chat, "resume", self._resume(chat, chat.conversation_id))

    async def message(self, chat: Chat, typed: TypedMessage, *, drawn: bool = True) -> None:
        """One whole turn. `drawn` if the page has shown the message by itself already."""
        conversation = chat.conversation
        # The page sends a message again after a lost connection, and Chainlit would run it a second time.
        if not conversation.first_seen(typed.message_id):
            return
        if conversation.running >= MOST_WAITING:
            return await chat.page.refuse(typed.message_id)
        conversation.running += 1
        try:
            if not self._runtime.messages.admits(chat.user_id) and len(typed.text) > LONG_MESSAGE:
                return await self._refuse_unread(chat, typed)
            text = await self._masked(chat, typed.text)
            said = wire.message(text, author=chat.user_id, kind="user_message") | {"id": typed.message_id}
            # A masked message must be drawn anew, over the digits that the page shows already.
            if drawn and text == typed.text:
                chat.page.drew(typed.message_id)
            say = partial(self._say, chat, TypedMessage(typed.message_id, text))
            turn = self._turn(chat, say, said)
            await self._guard(chat, "message", self._or_words_in_need(chat, typed.text, turn))
            # Stopping, or without the parts that begin a turn: there is a sentence, and the message is not part of
            # the conversation.
            if conversation.stage.get(typed.message_id) is None:
                await chat.page.refuse(typed.message_id)
        finally:
            conversation.running -= 1

    async def _masked(self, chat: Chat, text: str) -> str:
        """The message as everything behind the page has it. A long one is masked beside the event loop, one at a
        time and in turn with other people's, so that a person waits for one of somebody else's at most.
        """
        conversation = chat.conversation
        async with conversation.arrival:
            # Asked only if it matters: six digits are an amount of somebody who has no second factor.
            if (without := mask_typed_code(text)) != text and await self._may_be_a_code(chat):
                text = without
            if len(text) <= LONG_MESSAGE:
                return conversation.masked(text)
            async with self._runtime.masking.place(chat.user_id):
                return await asyncio.to_thread(conversation.masked, text)

    async def _may_be_a_code(self, chat: Chat) -> bool:
        """True if an open card may ask this person for a code, they have a second factor, or that is unknown."""
        app = self._runtime.app
        if app.step_ups.is_on and chat.conversation.card.shown_to(chat.login_id) is not None:
            return True
        try:
            person = await app.bank.users.get(chat.user_id)
        except UltracoreError:
            return True
        return person is not None and person.has_second_factor

    async def _refuse_unread(self, chat: Chat, typed: TypedMessage) -> None:
        """Hand a long message above the limit on without its text: the desk refuses it and writes that down.

        Short ones are read all the same, since somebody in need may be writing them.
        """
        say = partial(self._say, chat, TypedMessage(typed.message_id, ""))
        await self._guard(chat, "message", self._turn(chat, say))

    async def ask(self, chat: Chat, starter: int) -> None:
        """A suggestion was pressed: the same as typing it. Nothing if the suggestions are gone."""
        text = await chat.conversation.offers.take("ask", {"starter": starter}, chat.login_id)
        if text is not None:
            await self.message(chat, TypedMessage(str(uuid.uuid4()), text), drawn=False)

    async def choose(self, chat: Chat, key: str) -> None:
        """A question of ours was answered by its button. Nothing if it is not on the page any more."""
        taken = await chat.conversation.offers.take("choose", {"key": key}, chat.login_id)
        if is_again(key):
            await self._ask_again(chat, key if taken else "")
        elif taken is not None:
            await self._guard(chat, "choose", self._turn(chat, partial(self._answer, chat, key)))

    async def _ask_again(self, chat: Chat, key: str) -> None:
        """Send a question whose turn failed once more, as if it were typed; the record has it as a message."""
        question = question_of(chat.conversation.stage, key)
        if question is None:
            return await self._view(chat).message(NOT_AGAIN, kind="notice")
        await self.message(chat, TypedMessage(*question), drawn=False)

    async def press(self, chat: Chat, approval_id: str, *, approve: bool) -> None:
        """A button of a card was pressed. Returns when its effect is known; the effect does not depend on that."""
        if chat.conversation_id is None:
            return
        shown = chat.page.shown_seconds(approval_id)
        if chat.elsewhere:
            shown = _seconds_since(chat.conversation.card.offered_at(approval_id))
        press = Press(chat.login_id, chat.conversation_id, approval_id, approve, chat.connection, shown)
        work = self._guard(chat, "press", self._press(chat.conversation, press, self._view(chat)))
        # Apart from turns: at a stop of the app turns are cancelled, while a payment is waited for.
        await self._runtime.presses.run(work)

    async def press_elsewhere(self, press: Press, owner: Principal) -> None:
        """As `press`, from a page that shows the card alone; what comes of it stands in the conversation."""
        conversation = self._runtime.conversation(press.conversation_id, owner)
        await conversation.fill()
        work = self._press(conversation, press, ChainlitView(conversation, press.login_id))
        await self._runtime.presses.run(work)

    async def stop(self, chat: Chat) -> None:
        """The person wants no more of this answer."""
        if chat.conversation_id is not None:
            await self._guard(chat, "stop", self._stop(chat, chat.conversation_id))

    async def refuse(self, chat: Chat, sentence: str) -> None:
        """Something that the page sent was not taken."""
        await self._view(chat).message(sentence, kind="error")

    async def _resume(self, chat: Chat, conversation_id: str) -> None:
        card = chat.conversation.card
        shown = card.shown_to(chat.login_id)
        is_open = await self._runtime.app.desk.resume(chat.login_id, conversation_id, self._view(chat), card=shown)
        if not is_open:
            # A member of staff may look at a card that another conversation has asked for.
            await card.retire(only_expired=chat.conversation.titles is None)

    async def _restore(self, chat: Chat, conversation_id: str, *, new: bool) -> None:
        try:
            await chat.conversation.fill()
        finally:
            # Without what was kept, the page still shows what is happening now.
            await chat.conversation.card.refresh()
            await (chat.page.restore(conversation_id) if new else chat.page.redraw())
        await chat.page.drawn()

    async def followed(self, conversation: SharedConversation) -> None:
        """Another process has changed the conversation: stop, leave or draw buttons as it says."""
        if conversation.log is not None and conversation.log.deleted:
            for chat in self._runtime.chats.showing(conversation):
                await chat.page.reload()
            return
        stop = conversation.stage.get(STOP)
        if stop is not None and not conversation.frames.isdisjoint(set(stop.data["turns"]) - conversation.stopped):
            conversation.stopped |= set(stop.data["turns"])
            self._runtime.app.desk.stop_here(conversation.conversation_id or "")
        for chat in self._runtime.chats.showing(conversation)[:1]:
            self._share_card(chat, also_here=True)

    async def screen(self, conversation_id: str, owner: Principal, proposal_id: str) -> TurnView | None:
        """The pages of a conversation if this proposal's card is open there, whichever process drew it."""
        conversation = self._runtime.conversation(conversation_id, owner)
        await conversation.fill()
        shown = conversation.card.shown_to("")
        return ChainlitView(conversation) if shown is not None and shown.proposal_id == proposal_id else None

    async def take_over(self, conversation: SharedConversation, dead: frozenset[str]) -> None:
        """Processes died at work in this conversation: once its turn is free, say what became of it.

        Any number of processes may try: the log lets one of them take the dead turns away.
        """
        chats = self._runtime.chats.showing(conversation)
        if not chats or chats[0].conversation_id is None:
            return
        chat, desk = chats[0], self._runtime.app.desk
        if await desk.turn_is_free(chat.conversation_id or ""):
            await self._guard(chat, "take over", self._tell_of_death(chat, dead))

    async def _tell_of_death(self, chat: Chat, dead: frozenset[str]) -> None:
        left = await end_dead(chat.conversation.stage, dead)
        if left is None:
            return
        view = self._view(chat, cut=left.answer)
        await self._runtime.app.desk.tell_of_cut(
            chat.login_id, chat.conversation_id or "", view, turn=left.turns > 0
        )
        if left.answer is not None and left.answer.get("streaming"):
            await chat.conversation.stage.put(left.answer | {"streaming": False})
        await self._resume(chat, chat.conversation_id or "")

    def _share_card(self, chat: Chat, *, also_here: bool = False) -> None:
        """A card has been opened for one login: the others that look at the conversation get their own buttons."""
        conversation, asked = chat.conversation, set[str]() if also_here else {chat.login_id}
        for other in self._runtime.chats.showing(conversation):
            shown = conversation.card.shown_to(other.login_id)
            if shown is None or shown.pressable or other.login_id in asked:
                continue
            # One page for each login asks; the buttons are drawn on all pages of that login.
            asked.add(other.login_id)
            if (shown.proposal_id, other.login_id) not in conversation.asked:
                conversation.asked.add((shown.proposal_id, other.login_id))
                self._runtime.turns.start(self._give_buttons(other))

    async def _give_buttons(self, chat: Chat) -> None:
        async with chat.conversation.returning:
            await self._guard(chat, "resume", self._resume(chat, chat.conversation_id or ""))

    async def _named(self, conversation: SharedConversation, agent: str) -> None:
        if conversation.titles is not None and (changed := await conversation.titles.named(agent)):
            await conversation.stage.entitle(*changed)

    async def _looked_up(self, conversation: SharedConversation, subject: str) -> None:
        titles = conversation.titles
        if subject and titles is not None and (changed := await titles.looked_up(subject)):
            await conversation.stage.entitle(*changed)

    async def _card_opened(self, chat: Chat, card: ApprovalCard) -> None:
        self._share_card(chat)
        conversation, subject = chat.conversation, card_subject(card.title, card.lines)
        if conversation.titles is not None and (changed := await conversation.titles.card_opened(subject)):
            await conversation.stage.entitle(*changed)

    async def _press(self, conversation: SharedConversation, press: Press, view: TurnView) -> None:
        """Carry it out. What dies in the middle of a press is noticed by the entry that stands here meanwhile."""
        stage, token = conversation.stage, str(uuid.uuid4())
        await stage.start_running(token, self._runtime.app.logs.name, visible=False)
        try:
            await self._runtime.app.desk.press(press, view)
        finally:
            await stage.stop_running(token)

    async def _stop(self, chat: Chat, conversation_id: str) -> None:
        await self._runtime.app.desk.stop(chat.login_id, conversation_id)
        await stop_elsewhere(chat.conversation.stage, self._runtime.app.logs.name)

    async def _begin_once(self, chat: Chat) -> None:
        async with chat.conversation.intake:
            await self._ensure_begun(chat)

    async def _ensure_begun(self, chat: Chat) -> None:
        if chat.conversation_id is None:
            greeting = await self._runtime.app.desk.begin(chat.login_id, chat.connection)
            self._runtime.chats.conversations.begun(chat.conversation, greeting.conversation_id)
            chat.conversation.keep_in(lambda: self._runtime.app.logs)
            await self._runtime.app.pages.show(chat.session_id, greeting.conversation_id)
            await self._greet(chat, greeting)

    async def _greet(self, chat: Chat, greeting: Greeting) -> None:
        shown = "\n\n".join(as_markdown(text) for text in (greeting.text, greeting.notice) if text)
        step = wire.message(shown, author=wire.NAME)
        await chat.conversation.stage.put(step)
        offers = [wire.action("choose", one.label, {"key": one.key}, on=step) for one in greeting.requests]
        suggestions = enumerate(greeting.starters)
        offers += [wire.action("ask", text, {"starter": at}, on=step) for at, text in suggestions]
        await chat.conversation.offers.show(offers)
        for notice in greeting.notices:
            await self._view(chat).message(notice, kind="notice")

    async def _say(self, chat: Chat, typed: TypedMessage, conversation_id: str, view: ChainlitView) -> None:
        inbound = Inbound(chat.login_id, conversation_id, typed.message_id, typed.text, chat.connection)
        await self._runtime.app.desk.message(inbound, view)

    async def _answer(self, chat: Chat, key: str, conversation_id: str, view: ChainlitView) -> None:
        await self._runtime.app.desk.choose(chat.login_id, conversation_id, key, chat.connection, view)

    async def _turn(
        self, chat: Chat, work: Callable[[str, ChainlitView], Awaitable[None]], said: wire.Wire | None = None
    ) -> None:
        # A turn that begins now would be cut in its middle a few seconds later.
        if self._runtime.draining:
            raise Unavailable("the app is stopping", code="app.draining", sentence=RESTARTING)
        conversation, frame = chat.conversation, wire.run()
        turn = running_id(frame["id"])
        conversation.frames.add(turn)
        try:
            async with conversation.intake:
                # Again, since a page may send a message before its greeting has been asked for.
                await self._ensure_begun(chat)
                await self._open_turn(conversation, frame, said)
            view = self._view(chat, frame=frame["id"], asked=None if said is None else said["id"])
            with self._runtime.metrics.turns.time():
                await work(chat.conversation_id or "", view)
            await self._looked_up(conversation, view.subject)
        finally:
            ended = frame | {"end": wire.now()}
            await conversation.stage.change(Change(frame["id"], EntryForm("step", ended)), Change(turn))
            conversation.frames.discard(turn)

    async def _open_turn(self, conversation: SharedConversation, frame: wire.Wire, said: wire.Wire | None) -> None:
        """All at once: what is offered goes, there is a title, what was said stands there, and a turn runs."""
        turn = running_id(frame["id"])
        running = EntryForm("running", {"id": turn}, data={"process": self._runtime.app.logs.name})
        changes = [*conversation.offers.withdrawn(), *await self._titled(conversation), Change(turn, running)]
        if said is not None:
            changes.append(Change(said["id"], EntryForm("step", said)))
        await conversation.stage.change(*changes, Change(frame["id"], EntryForm("step", frame)))

    async def _titled(self, conversation: SharedConversation) -> list[Change]:
        if conversation.titles is not None and conversation.titled:
            conversation.titles.active()
        if conversation.titled:
            return []
        title, thread_id = TITLE, conversation.conversation_id or ""
        if conversation.titles is not None:
            title = await conversation.titles.begin(thread_id)
        return [Change("title", EntryForm("title", {"id": "title", "title": title, "thread_id": thread_id}))]

    def _view(
        self, chat: Chat, *, frame: str | None = None, asked: str | None = None, cut: wire.Wire | None = None
    ) -> ChainlitView:
        return ChainlitView(
            chat.conversation,
            chat.login_id,
            frame=frame,
            asked=asked,
            cut=cut,
            named=partial(self._named, chat.conversation),
            shared=partial(self._card_opened, chat),
        )

    async def _or_words_in_need(self, chat: Chat, text: str, turn: Awaitable[None]) -> None:
        """A turn; if it cannot be begun, somebody in need still gets the numbers to call."""
        try:
            await turn
        except UltracoreError:
            words = self._runtime.app.desk.words_in_need(text)
            if words is not None:
                await self._view(chat).message(words, kind="care")
            raise

    async def _guard(self, chat: Chat, where: str, work: Awaitable[None]) -> None:
        # A press has been given one with its request. Either way one reference goes through all the lines.
        with turn_reference(current_reference() or new_reference()):
            try:
                await work
            # A stop of the app, which has to get through; everything else ends at this boundary.
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self._runtime.metrics.failures.labels(where).inc()
                sentence = sentence_for(error, where=where, phone=call_link(self._runtime.phone))
                await self._view(chat).message(sentence, kind="error")


def _seconds_since(moment: datetime | None) -> float:
    return 0.0 if moment is None else (datetime.now(UTC) - moment).total_seconds()
