"""What happens on a page: it opens, a person writes, presses, stops, comes back. One boundary around each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from ultracore.ai.screen import Greeting, Inbound, Press
from ultracore.chat.door import TypedMessage, sentence_for
from ultracore.chat.page import ChainlitView, wire
from ultracore.chat.runtime import Runtime
from ultracore.chat.sessions import Chat
from ultracore.errors import Unavailable

logger = logging.getLogger(__name__)

TITLE = "Conversation"
MOST_WAITING = 64
RESTARTING = "We are restarting our chat right now. Please send that again in a minute."


class Handlers:
    """The handlers of all pages. Only cancellation is raised: what went wrong is said on the page."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def begin(self, chat: Chat) -> None:
        """Greet a page that has just been opened."""
        await self._guard(chat, "begin", self._begin_once(chat))

    async def come_back(self, chat: Chat) -> None:
        """Bring a page up to date whose connection was lost."""
        if chat.conversation_id is None:
            await chat.screen.replay()
            return await self.begin(chat)
        if chat.screen.entries:
            await chat.screen.replay()
        else:
            await self._guard(chat, "restore", self._restore(chat, chat.conversation_id))
        await self._guard(chat, "resume", self._resume(chat, chat.conversation_id))

    async def message(self, chat: Chat, typed: TypedMessage) -> None:
        """One whole turn."""
        if not chat.first_seen(typed.message_id) or chat.running >= MOST_WAITING:
            return
        chat.running += 1
        try:
            text = chat.masked(typed.text)
            said = wire.message(text, author=chat.user_id, kind="user_message") | {"id": typed.message_id}
            say = partial(
                self._say, chat, TypedMessage(typed.message_id, text), None if text == typed.text else said
            )
            await self._guard(chat, "message", self._turn(chat, say, said))
        finally:
            chat.running -= 1

    async def ask(self, chat: Chat, starter: int) -> None:
        """A suggestion was pressed: the same as typing it. Nothing where the suggestions are gone."""
        text = chat.offers.label_of("ask", {"starter": starter})
        if text is not None:
            shown = wire.message(text, author=chat.user_id, kind="user_message")
            await chat.offers.withdraw()
            await chat.screen.put(shown)
            await self.message(chat, TypedMessage(shown["id"], text))

    async def choose(self, chat: Chat, key: str) -> None:
        """A question of ours was answered by its button. Nothing where it is not on the page any more."""
        if chat.offers.label_of("choose", {"key": key}) is not None:
            await chat.offers.withdraw()
            await self._guard(chat, "choose", self._turn(chat, partial(self._answer, chat, key)))

    async def press(self, chat: Chat, approval_id: str, *, approve: bool) -> None:
        """A button of a card was pressed. Returns when its effect is known; the effect does not depend on that."""
        if chat.conversation_id is None:
            return
        press = Press(chat.login_id, chat.conversation_id, approval_id, approve, chat.connection)
        work = self._guard(chat, "press", self._press(chat, press))
        await self._runtime.presses.run(work)

    async def stop(self, chat: Chat) -> None:
        """The person wants no more of this answer."""
        if chat.conversation_id is not None:
            await self._guard(chat, "stop", self._stop(chat, chat.conversation_id))

    async def refuse(self, chat: Chat, sentence: str) -> None:
        """Something that the page sent was not taken."""
        await self._view(chat).message(sentence, kind="error")

    async def _resume(self, chat: Chat, conversation_id: str) -> None:
        await self._runtime.app.desk.resume(chat.login_id, conversation_id, self._view(chat))
        await chat.card.retire()

    async def _restore(self, chat: Chat, conversation_id: str) -> None:
        """Draw what was kept. Nothing of a card that was open can be pressed: the desk shows it again, or not."""
        entries = await chat.keeper.resume(conversation_id) if chat.keeper is not None else []
        steps, elements = wire.sorted_out(entries)
        chat.card.adopt(steps)
        await chat.screen.restore(conversation_id, steps, elements)

    async def _named(self, chat: Chat, agent: str) -> None:
        changed = await chat.keeper.named(agent) if chat.keeper is not None else None
        if changed is not None:
            await chat.screen.entitle(*changed)

    async def _press(self, chat: Chat, press: Press) -> None:
        await self._runtime.app.desk.press(press, self._view(chat))

    async def _stop(self, chat: Chat, conversation_id: str) -> None:
        await self._runtime.app.desk.stop(chat.login_id, conversation_id)

    async def _begin_once(self, chat: Chat) -> None:
        async with chat.intake:
            await self._ensure_begun(chat)

    async def _ensure_begun(self, chat: Chat) -> None:
        if chat.conversation_id is None:
            greeting = await self._runtime.app.desk.begin(chat.login_id, chat.connection)
            chat.conversation_id = greeting.conversation_id
            await self._greet(chat, greeting)

    async def _greet(self, chat: Chat, greeting: Greeting) -> None:
        shown = "\n\n".join(text for text in (greeting.text, greeting.notice) if text)
        step = wire.message(shown, author=wire.NAME)
        await chat.screen.put(step)
        suggestions = enumerate(greeting.starters)
        await chat.offers.show([wire.action("ask", text, {"starter": at}, on=step) for at, text in suggestions])
        for notice in greeting.notices:
            await self._view(chat).message(notice, kind="notice")

    async def _say(
        self, chat: Chat, typed: TypedMessage, redrawn: wire.Wire | None, conversation_id: str, view: ChainlitView
    ) -> None:
        """`redrawn` stands in the place of what the page drew by itself when it was sent."""
        if redrawn is not None:
            await chat.screen.change(redrawn)
        inbound = Inbound(chat.login_id, conversation_id, typed.message_id, typed.text, chat.connection)
        await self._runtime.app.desk.message(inbound, view)

    async def _answer(self, chat: Chat, key: str, conversation_id: str, view: ChainlitView) -> None:
        await self._runtime.app.desk.choose(chat.login_id, conversation_id, key, chat.connection, view)

    async def _turn(
        self, chat: Chat, work: Callable[[str, ChainlitView], Awaitable[None]], said: wire.Wire | None = None
    ) -> None:
        if self._runtime.draining:
            raise Unavailable("the app is stopping", code="app.draining", sentence=RESTARTING)
        frame = wire.run()
        await chat.screen.busy()
        try:
            async with chat.intake:
                await self._ensure_begun(chat)
                await self._open_turn(chat, frame, said)
            with self._runtime.metrics.turns.time():
                await work(chat.conversation_id or "", self._view(chat, frame=frame["id"]))
        finally:
            frame["end"] = wire.now()
            await chat.screen.change(frame)
            await chat.screen.idle()

    async def _open_turn(self, chat: Chat, frame: wire.Wire, said: wire.Wire | None) -> None:
        await chat.offers.withdraw()
        if not chat.titled:
            chat.titled = True
            await self._entitle(chat, chat.conversation_id or "")
        if said is not None:
            chat.screen.remember(said)
        await chat.screen.put(frame)

    async def _entitle(self, chat: Chat, conversation_id: str) -> None:
        title = TITLE
        if chat.keeper is not None:
            title = await chat.keeper.begin(conversation_id, chat.screen.entries)
        await chat.screen.entitle(title, conversation_id)

    def _view(self, chat: Chat, *, frame: str | None = None) -> ChainlitView:
        return ChainlitView(chat.screen, chat.card, chat.offers, frame=frame, named=partial(self._named, chat))

    async def _guard(self, chat: Chat, where: str, work: Awaitable[None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._runtime.metrics.failures.labels(where).inc()
            sentence = sentence_for(error, where=where, phone=self._runtime.phone)
            await self._view(chat).message(sentence, kind="error")
