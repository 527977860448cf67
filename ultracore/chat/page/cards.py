"""The approval card of a conversation: drawn once, with buttons of its own for each login that looks at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ultracore.ai.screen import ApprovalCard, CardShown, CardState
from ultracore.chat.page import wire
from ultracore.chat.page.markdown import receipt_link, table
from ultracore.chat.page.stage import Change, Entry, EntryForm, Stage
from ultracore.chat.page.wire import Wire
from ultracore.languages import Language, told
from ultracore.markdown import BANK_MARK, inert

CARD = "card"
"""The kind of a step that shows an open card."""
CLOSED_TITLES: dict[CardState, str] = {
    "declined": "Declined",
    "expired": "Expired",
    "void": "Withdrawn",
    "not_done": "Not done",
    "unknown": "Being checked",
    "waiting": "Waits for a second person",
}
"""What stands above a card that has ended. One that was carried out says so in its own words."""
# It may have been carried out in another process, so the sentence claims neither.
UNSEEN_TITLE = "Closed"
UNSEEN = "This request is closed. Ask again if you still want it; your accounts show what was done."


class CardOnStage:
    """The open card of a conversation: at most one, with what its end is told with. It lies on the stage, so that
    any process can draw buttons for another login, and close it.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def retire(self, *, only_expired: bool = False) -> None:
        """Close what stands here as open and is not: it keeps its details, and says so."""
        for entry in self._cards():
            if only_expired and CARD in entry.data and _card_of(entry).expires_at > datetime.now(UTC):
                continue
            language = _card_of(entry).language if CARD in entry.data else "en"
            step = entry.wire | {"output": unseen_card_text(entry.wire["output"], language)}
            step["metadata"] = {**step["metadata"], "kind": "notice"}
            closed = Change(step["id"], EntryForm("step", step))
            await self._stage.change(*self._buttons_gone(entry), closed)

    @property
    def open_step(self) -> Wire | None:
        """The step of the open card."""
        entry = self._open()
        return None if entry is None else entry.wire

    def shown_to(self, login_id: str) -> CardShown | None:
        """The open card, and whether this login has buttons for it; None if no card is open."""
        entry = self._open()
        if entry is None:
            return None
        pressable = any(button.login_id == login_id for button in self._buttons(entry))
        return CardShown(_card_of(entry).proposal_id, pressable)

    def offered_at(self, approval_id: str) -> datetime | None:
        """When the buttons with this id were offered; None if they are not."""
        for button in self._stage.of_kind("button"):
            if button.wire["payload"].get("approval_id") == approval_id and "offered_at" in button.data:
                return datetime.fromisoformat(button.data["offered_at"])
        return None

    async def refresh(self) -> None:
        """Bring the time that the open card tells up to date, for a page that is about to draw it."""
        entry = self._open()
        if entry is not None:
            step = entry.wire | {"output": card_text(_card_of(entry))}
            if step["output"] != entry.wire["output"]:
                await self._stage.put(step, data=entry.data)

    async def open(self, card: ApprovalCard, login_id: str, author: str, parent: str | None) -> None:
        """Show `card` with buttons for this login. Another card that is still there is taken off: it is void."""
        entry, changes = self._open(), list[Change]()
        if entry is None or not card.proposal_id or card.proposal_id != _card_of(entry).proposal_id:
            changes = [change for one in self._cards() for change in self._gone(one)]
            step = wire.message(card_text(card), author=author, parent=parent)
            step["metadata"]["kind"] = CARD
            changes.append(Change(step["id"], EntryForm("step", step, data={CARD: _kept(card)})))
        else:
            step = entry.wire
        # Together: a process that saw the card without its buttons would ask for others.
        await self._stage.change(*changes, *self._offer(card, login_id, step))

    async def close(self, state: CardState, sentence: str, proposal: str = "") -> bool:
        """Take all buttons away and say how it ended. False if no card of this proposal is open."""
        entry = self._open()
        if entry is None:
            return False
        card = _card_of(entry)
        if proposal and proposal != card.proposal_id:
            return False
        step = entry.wire | {"output": closed_card_text(card, state, sentence)}
        step["metadata"] = {**step["metadata"], "kind": "receipt" if state == "done" else "notice"}
        return await self._stage.change(
            *self._buttons_gone(entry),
            Change(step["id"], EntryForm("step", step)),
            unless=lambda: self._open() is None,
        )

    def _offer(self, card: ApprovalCard, login_id: str, step: Wire) -> list[Change]:
        """Buttons for one login, in place of those that it had: their id works no more."""
        earlier = [one for one in self._stage.of_kind("button") if one.login_id == login_id]
        # The one-time id alone: everything else is looked up, so a forged press can change nothing of the terms.
        payload = {"approval_id": card.approval_id}
        data = {"offered_at": datetime.now(UTC).isoformat()}
        buttons = [
            wire.action("approve", card.button, payload, on=step, icon="check", key=card.approval_id),
            wire.action(
                "decline", told("Decline", card.language), payload, on=step, icon="x", key=card.approval_id
            ),
        ]
        drawn = [Change(button["id"], EntryForm("button", button, login_id, data)) for button in buttons]
        return [*(Change(one.wire["id"]) for one in earlier), *drawn]

    def _open(self) -> Entry | None:
        return next((entry for entry in reversed(self._cards()) if CARD in entry.data), None)

    def _cards(self) -> list[Entry]:
        steps = self._stage.of_kind("step")
        return [entry for entry in steps if (entry.wire.get("metadata") or {}).get("kind") == CARD]

    def _buttons(self, card: Entry) -> list[Entry]:
        return [one for one in self._stage.of_kind("button") if one.wire["forId"] == card.wire["id"]]

    def _buttons_gone(self, card: Entry) -> list[Change]:
        return [Change(button.wire["id"]) for button in self._buttons(card)]

    def _gone(self, card: Entry) -> list[Change]:
        return [*self._buttons_gone(card), Change(card.wire["id"])]


def _kept(card: ApprovalCard) -> dict[str, Any]:
    """The card as it lies on the stage. The ids that decide are the buttons' own."""
    return {
        "title": card.title,
        "lines": [list(line) for line in card.lines],
        "expires_at": card.expires_at.isoformat(),
        "seconds": card.seconds,
        "button": card.button,
        "result": card.result,
        "proposal_id": card.proposal_id,
        "language": card.language,
    }


def _card_of(entry: Entry) -> ApprovalCard:
    kept = entry.data[CARD]
    return ApprovalCard(
        approval_id="",
        title=kept["title"],
        lines=tuple((label, value) for label, value in kept["lines"]),
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        seconds=kept["seconds"],
        button=kept["button"],
        result=kept["result"],
        proposal_id=kept["proposal_id"],
        # A card that was drawn before cards had a language lies there without one.
        language=kept.get("language", "en"),
    )


def card_text(card: ApprovalCard) -> str:
    """An open card. Our script counts its last line down, and finds the card by its buttons."""
    remaining = round((card.expires_at - datetime.now(UTC)).total_seconds())
    left = max(0, min(card.seconds, remaining))
    time_left = told("Time left to decide: {clock}", card.language).format(clock=clock_text(left))
    return f"{BANK_MARK} **{inert(card.title)}**\n\n{_details(card)}\n\n{time_left}"


def clock_text(seconds: int) -> str:
    """`1:59`, or `3:59:51` from an hour on."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def closed_card_text(card: ApprovalCard, state: CardState, sentence: str) -> str:
    """The same card when nothing can be pressed any more."""
    title = told(CLOSED_TITLES[state], card.language) if state in CLOSED_TITLES else card.result
    text = f"{BANK_MARK} **{inert(title)}**\n\n{_details(card)}\n\n{inert(sentence)}"
    link = receipt_link(sentence, card.language) if state == "done" else ""
    return f"{text}\n\n{link}" if link else text


def unseen_card_text(open_text: str, language: Language = "en") -> str:
    """A card whose end no page was there to see, made from what it showed."""
    _, *details = open_text.split("\n\n")[:-1]
    return "\n\n".join([f"{BANK_MARK} **{told(UNSEEN_TITLE, language)}**", *details, told(UNSEEN, language)])


def _details(card: ApprovalCard) -> str:
    return table([("", ""), *card.lines])
