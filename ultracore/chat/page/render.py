"""A turn on a Chainlit page (`TurnView`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ultracore.ai.screen import ApprovalCard, CardState, Chart, Choice, NoticeKind, ToolStep
from ultracore.chat.page import wire
from ultracore.chat.page.again import ACT_AT_ONCE, ASK_AGAIN, TRY_AGAIN, again_button
from ultracore.chat.page.charts import chart_url, chart_words
from ultracore.chat.page.conversation import SharedConversation
from ultracore.chat.page.markdown import table
from ultracore.chat.page.progress import progress_of
from ultracore.chat.page.stream import StreamedMessage
from ultracore.chat.page.wire import Wire
from ultracore.markdown import BANK_MARK, as_markdown, inert

MARKED = frozenset({"receipt", "handoff"})
"""The kinds of a message that must not be imitated: they stand behind the bank's mark, as cards do."""

MOST_OPEN_ROWS = 12
"""A table with more rows waits behind its step's title."""

Named = Callable[[str], Awaitable[None]]
Shared = Callable[[ApprovalCard], Awaitable[None]]


class ChainlitView:
    """Shows one turn to all pages of its conversation. Usable after the turn too, for a card that expires later.

    `login_id` is the login whose turn it is. `named` is told the agent, `shared` the card that has been opened:
    the conversation gets its title, and other logins get buttons of their own. `cut` is the step of an answer that
    a process which died was writing: the next answer takes its place. `asked` is the id of the message that is
    answered.
    """

    def __init__(
        self,
        conversation: SharedConversation,
        login_id: str = "",
        *,
        frame: str | None = None,
        asked: str | None = None,
        named: Named | None = None,
        shared: Shared | None = None,
        cut: Wire | None = None,
    ) -> None:
        self._stage = conversation.stage
        self._conversation = conversation
        self._login_id = login_id
        self._named = named
        self._shared = shared
        self._frame = frame
        self._asked = asked
        self._acted = False
        self._last: Wire | None = None
        self._author = wire.NAME
        self._answer: StreamedMessage | None = None
        self._steps: dict[str, Wire] = {}
        self._cut = cut
        self.subject = ""
        """What was looked up last in this turn, in the bank's words."""

    async def agent(self, name: str) -> None:
        """From here on `name` is the author."""
        await self.text_done()
        self._author = name
        if self._named is not None:
            await self._named(name)

    async def text(self, piece: str) -> None:
        """Append to the answer that is being written."""
        if not piece:
            return
        if self._answer is None:
            step, self._cut = self._cut or wire.message("", author=self._author, parent=self._frame), None
            step["metadata"]["kind"] = wire.ANSWER
            self._last = step
            self._answer = StreamedMessage(self._stage, step)
            await self._answer.begin(piece)
        else:
            await self._answer.add(piece)

    async def text_done(self) -> None:
        """The answer is complete."""
        answer, self._answer = self._answer, None
        if answer is not None:
            # Staff have no list of conversations, and what they read of a customer is not theirs to open again.
            if self._last is not None and self._conversation.titles is not None:
                link = wire.figures_link(self._conversation.conversation_id or "", self._last)
                self._last["metadata"] |= link
            await answer.end()

    async def step(self, step: ToolStep) -> None:
        """Show a tool call, or its end, with its chart below."""
        await self.text_done()
        # A tool that acts at once must not act again because the card beside it ran out.
        self._acted |= step.tool in ACT_AT_ONCE and step.status in ("done", "failed")
        known = self._steps.get(step.call_id)
        drawn = known or wire.tool_step(step.tool, "", parent=self._frame)
        self._steps[step.call_id] = drawn
        drawn["output"] = step_text(step)
        drawn["isError"] = step.status == "failed"
        drawn["end"] = None if step.status == "running" else wire.now()
        # Links are what the person asked for; behind a title they would not be found.
        shown_open = bool(step.links) or 0 < len(step.table) <= MOST_OPEN_ROWS + 1
        drawn["autoCollapse"] = step.status == "done" and not shown_open
        self.subject = step.subject or self.subject
        await self._stage.put(drawn)
        if step.chart is not None:
            await self._chart(step.chart)

    async def _chart(self, chart: Chart) -> None:
        url = chart_url(chart)
        if url is not None:
            below = wire.message(f"**{inert(chart.title)}**", author=self._author, parent=self._frame)
            await self._stage.put(below)
            await self._stage.attach(wire.image(chart_words(chart), url, on=below))

    async def message(self, text: str, *, kind: NoticeKind) -> None:
        """A whole message of our own wording."""
        await self._show_message(text, kind, {})

    async def _show_message(self, text: str, kind: NoticeKind, more: wire.Wire) -> None:
        await self.text_done()
        mark = f"{BANK_MARK} " if kind in MARKED else ""
        words = text if kind == "care" else as_markdown(text)  # a care text is the bank's own, with its links
        step = wire.message(f"{mark}{words}", author=self._author, parent=self._frame)
        step["isError"] = kind == "error"
        step["metadata"] |= {"kind": kind, **more}
        self._last = step
        await self._stage.put(step)

    async def choose(self, question: str, choices: Sequence[Choice]) -> None:
        """Ask with buttons."""
        await self.text_done()
        step = wire.message(as_markdown(question), author=self._author, parent=self._frame)
        await self._stage.put(step)
        await self._conversation.offers.show(
            [wire.action("choose", one.label, {"key": one.key}, on=step) for one in choices]
        )

    async def hold(self, text: str, seconds: float) -> None:
        """Say that the message has to wait; the page that sent it sends it again when the time is over."""
        await self._show_message(text, "notice", {"held": {"id": self._asked, "seconds": seconds}})

    async def offer(self, texts: Sequence[str]) -> None:
        """Suggest what to say next; the next message takes the suggestions away."""
        if self._last is not None:
            on, numbered = self._last, enumerate(texts)
            await self._conversation.offers.show(
                [wire.action("ask", text, {"starter": at}, on=on) for at, text in numbered]
            )

    async def offer_again(self) -> None:
        """Offer it to the login that sent the message. A turn that a button began has no message to send again."""
        await self._again(TRY_AGAIN)

    async def _again(self, label: str) -> None:
        if self._asked is not None and self._last is not None:
            button = again_button(self._asked, label, on=self._last)
            await self._conversation.offers.show([button], login_id=self._login_id)

    async def card(self, card: ApprovalCard) -> None:
        """Show an approval card with its two buttons, which are for this login."""
        await self.text_done()
        # What was looked up on the way steps back: the card is what there is to look at now.
        for step in self._steps.values():
            step["autoCollapse"] = True
        if self._steps:
            await self._stage.put(*self._steps.values())
        await self._conversation.card.open(card, self._login_id, self._author, self._frame)
        if self._shared is not None:
            await self._shared(card)

    async def card_closed(self, state: CardState, sentence: str, *, proposal: str = "") -> None:
        """Take the open card's buttons away and say how it ended; a message if that card is not open here."""
        card = self._conversation.card.open_step
        if card is None or not await self._conversation.card.close(state, sentence, proposal):
            await self.message(sentence, kind="notice")
        elif state == "expired" and not self._acted and self._is_last(self._asked):
            self._last = card
            await self._again(ASK_AGAIN)

    def _is_last(self, message_id: str | None) -> bool:
        said = [one.wire["id"] for one in self._stage.of_kind("step") if one.wire.get("type") == "user_message"]
        return said[-1:] == [message_id]


def step_text(step: ToolStep) -> str:
    """A tool call's summary and table, or that it is at work."""
    parts = [inert(progress_of(step.tool) if step.status == "running" else step.summary)]
    if step.table:
        parts.append(table(step.table))
    if step.links:
        parts.append(" · ".join(f"[{inert(label)}]({path})" for label, path in step.links))
    return "\n\n".join(parts)
