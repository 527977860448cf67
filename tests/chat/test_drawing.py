"""The view: what a turn looks like on the wire, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ai.screen import principal
from tests.chat.memory_threads import MemoryThreads
from ultracore.ai.screen import ApprovalCard, CardState, Choice, ToolStep
from ultracore.chat.page import ChainlitView, Page, SharedConversation
from ultracore.chat.page.cards import clock_text
from ultracore.chat.page.markdown import table
from ultracore.chat.page.stage import REMEMBERED_STEPS
from ultracore.chat.page.titles import Titles
from ultracore.chat.page.wire import message
from ultracore.tasks import OwnedTasks

Event = tuple[str, Any]


class Drawing:
    """A conversation with one page, which keeps what was drawn on it."""

    def __init__(self, conversation: SharedConversation | None = None, login: str = "") -> None:
        self.events: list[Event] = []
        self.conversation = conversation or SharedConversation()
        self.stage = self.conversation.stage
        self.login, self.seconds = login, 0.0
        self.page = Page(self._emit, self.stage, login, clock=lambda: self.seconds)
        self.stage.join(self.page.follow)

    async def _emit(self, event: str, data: Any) -> None:
        if event not in ("task_start", "task_end"):
            self.events.append((event, dict(data)))

    def view(self, asked: str | None = None) -> ChainlitView:
        return ChainlitView(self.conversation, self.login, frame="frame", asked=asked)

    def names(self) -> list[str]:
        return [name for name, _ in self.events]


def a_card(number: str, left: int = 120) -> ApprovalCard:
    expires = datetime.now(UTC) + timedelta(seconds=left)
    return ApprovalCard(number, "Pay *City Power*", (("To", "City|Power"),), expires, 120)


async def test_no_piece_is_lost_or_out_of_order() -> None:
    drawing = Drawing()
    view = drawing.view()
    pieces = [f"{number} " for number in range(5)]
    for piece in pieces:
        await view.text(piece)
    await view.text_done()
    streamed = [data.get("token", data.get("output")) for _, data in drawing.events[:-1]]
    name, last = drawing.events[-1]
    assert (name, last["output"], last["streaming"]) == ("update_message", "".join(pieces), False)
    assert streamed == pieces


async def test_the_next_text_after_an_end_is_another_message() -> None:
    drawing = Drawing()
    view = drawing.view()
    for agent in ("Accounts", "Payments"):
        await view.agent(agent)
        await view.text("x")
    await view.text_done()
    begun = [(data["name"], data["parentId"]) for name, data in drawing.events if name == "stream_start"]
    assert begun == [("Accounts", "frame"), ("Payments", "frame")]


async def test_a_tool_call_is_one_step_with_a_beginning_and_an_end() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.step(ToolStep("1", "get_account_balance", "running", "Looking"))
    await view.step(ToolStep("1", "get_account_balance", "failed", "It did not answer"))
    (first, begun), (second, ended) = drawing.events
    assert (first, second, begun["id"]) == ("new_message", "update_message", ended["id"])
    assert (begun["end"], begun["isError"], ended["isError"]) == (None, False, True)
    assert ended["end"] is not None and ended["output"] == "It did not answer"


async def test_a_new_card_replaces_the_one_before() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.card(a_card("one"))
    await view.card(a_card("two"))
    assert drawing.names() == [
        *("new_message", "action", "action"),
        *("remove_action", "remove_action", "delete_message", "new_message", "action", "action"),
    ]
    assert drawing.events[-1][1]["payload"] == {"approval_id": "two"}


DONE = "Done: AUD 5.00 to “City Power”. The balance of Everyday ··4821 is now AUD 9.00. Receipt R-BCDFG-HJKLM."


@pytest.mark.parametrize(
    ("state", "sentence", "linked"),
    [
        ("done", DONE, True),
        ("done", f"About the transfer that was interrupted: {DONE}", True),
        ("done", f"About your request that waited for a second person: {DONE}", False),
        ("done", "The card is frozen: Receipt R-BCDFG-HJKLM.", False),
        ("not_done", DONE, False),
    ],
)
async def test_a_payments_receipt_leads_to_its_file(state: CardState, sentence: str, linked: bool) -> None:
    drawing = Drawing()
    await drawing.view().card(a_card("one"))
    await drawing.view().card_closed(state, sentence)
    link = "\n\n[Receipt as PDF](/documents/receipts/R-BCDFG-HJKLM.pdf)"
    assert drawing.events[-1][1]["output"].endswith(link) is linked


async def test_a_card_that_is_shown_again_tells_the_time_that_is_left() -> None:
    for left, clock in ((120, "2:00"), (65, "1:05"), (-3, "0:00")):
        drawing = Drawing()
        await drawing.view().card(a_card("one", left))
        assert drawing.events[0][1]["output"].endswith(f"Time left to decide: {clock}")


def test_an_hour_and_more_has_hours() -> None:
    assert [clock_text(seconds) for seconds in (3599, 3600, 14391)] == ["59:59", "1:00:00", "3:59:51"]


async def test_a_card_of_a_proposal_gets_buttons_for_another_login_and_is_drawn_once() -> None:
    first = Drawing(login="laptop")
    second = Drawing(first.conversation, login="phone")
    card = replace(a_card("one"), proposal_id="prp_1", button="Pay", result="Paid")
    await first.view().card(card)
    await second.view().card(replace(card, approval_id="two"))
    for page, approval_id in ((first, "one"), (second, "two")):
        assert page.names() == ["new_message", "action", "action"]
        assert page.events[-1][1]["payload"] == {"approval_id": approval_id}
    assert first.events[1][1]["label"] == "Pay"
    await second.view().card_closed("done", "It is paid.", proposal="prp_1")
    for page in (first, second):
        assert page.names()[3:] == ["remove_action", "remove_action", "update_message"]
        assert page.events[-1][1]["output"].startswith("\u25c8 **Paid**")


async def test_the_end_of_another_proposal_leaves_the_open_card_alone() -> None:
    drawing = Drawing()
    await drawing.view().card(replace(a_card("one"), proposal_id="prp_2"))
    drawing.events.clear()
    await drawing.view().card_closed("void", "The earlier one was withdrawn.", proposal="prp_1")
    assert [data["output"] for _, data in drawing.events] == ["The earlier one was withdrawn."]


async def test_a_buttons_time_runs_from_its_first_drawing_on_that_page() -> None:
    first = Drawing(login="me")
    await first.view().card(a_card("one"))
    first.seconds = 1.4
    late = Drawing(first.conversation, login="me")
    late.seconds = 7.0
    await late.page.redraw()
    assert (first.page.shown_seconds("one"), late.page.shown_seconds("one")) == (1.4, 0.0)
    first.seconds = 1.6
    await first.page.redraw()
    assert first.page.shown_seconds("one") == 1.6
    assert first.page.shown_seconds("never drawn") == 0.0


async def test_a_page_that_missed_something_gets_the_rest_whole_and_in_order() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.text("one ")
    drawing.page.leave()
    await view.text("two ")
    await view.message("A notice.", kind="notice")
    await drawing.page.redraw()
    texts = [data["output"] for _, data in drawing.events]
    assert texts == ["one ", "one two ", "A notice."]


async def test_what_a_page_drew_by_itself_is_acknowledged_there_and_drawn_on_the_others() -> None:
    first = Drawing()
    second = Drawing(first.conversation)
    said = message("Hello.", author="me", kind="user_message")
    first.page.drew(said["id"])
    await first.stage.put(said)
    assert (first.names(), second.names()) == (["message_received"], ["new_message"])
    await first.page.redraw()
    assert first.names() == ["message_received", "new_message"]


async def test_closing_without_a_card_says_the_sentence() -> None:
    drawing = Drawing()
    await drawing.view().card_closed("expired", "It has expired.")
    assert drawing.events[-1][1]["output"] == "It has expired."


async def test_a_closed_card_keeps_its_details_and_has_no_clock() -> None:
    drawing = Drawing()
    await drawing.view().card(a_card("one"))
    await drawing.view().card_closed("expired", "It has expired.")
    text = drawing.events[-1][1]["output"]
    assert text.startswith("\u25c8 **Expired**") and "| To | City\\|Power |" in text
    assert "Time left" not in text and text.endswith("It has expired.")


@pytest.mark.parametrize(
    ("tool", "goes_on", "again"),
    [("get_customer_360", False, True), ("freeze_card", False, False), ("get_customer_360", True, False)],
    ids=["after a look-up", "beside what was done at once", "when the conversation has gone on"],
)
async def test_what_led_to_an_expired_card_can_be_asked_again(tool: str, goes_on: bool, again: bool) -> None:
    drawing = Drawing(login="mine")
    said = message("Pay City Power", author="me", kind="user_message")
    await drawing.stage.put(said)
    view = drawing.view(said["id"])
    await view.step(ToolStep("1", tool, "done", "Done."))
    await view.card(a_card("one"))
    if goes_on:
        await drawing.stage.put(message("Thanks", author="me", kind="user_message"))
    await view.card_closed("expired", "It has expired.")
    buttons = [one.wire["label"] for one in drawing.stage.of_kind("button")]
    assert buttons == (["Ask again"] if again else [])


async def test_suggestions_stand_under_the_answer_until_the_next_message() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.text("You have AUD 1.00.")
    await view.text_done()
    await view.offer(["Show my recent transactions"])
    name, button = drawing.events[-1]
    assert (name, button["name"], button["label"]) == ("action", "ask", "Show my recent transactions")
    answer = next(one.wire for one in drawing.stage.of_kind("step") if one.wire["output"] == "You have AUD 1.00.")
    assert button["forId"] == answer["id"]


async def test_a_question_is_asked_with_buttons_that_the_next_offer_replaces() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.choose("Which one?", [Choice("accounts", "Accounts"), Choice("payments", "Payments")])
    assert drawing.names() == ["new_message", "action", "action"]
    assert drawing.events[-1][1]["payload"] == {"key": "payments"}
    assert drawing.conversation.offers.label_of("choose", {"key": "accounts"}) == "Accounts"
    assert drawing.conversation.offers.label_of("choose", {"key": "lending"}) is None
    await view.choose("And now?", [Choice("yes", "Yes")])
    assert drawing.conversation.offers.label_of("choose", {"key": "accounts"}) is None


async def test_a_screen_is_drawn_again_as_it_was_left() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.text("half")
    view_of_card = drawing.view()
    await view_of_card.card(a_card("one"))
    drawing.events.clear()
    await drawing.page.redraw()
    assert drawing.names() == [
        *("stream_start", "new_message"),
        *("remove_action", "action", "remove_action", "action"),
    ]
    assert drawing.events[0][1]["output"] == "half"


@pytest.mark.parametrize("restored", [False, True])
async def test_a_page_of_another_replica_forgets_the_buttons_that_it_had_there(*, restored: bool) -> None:
    drawing = Drawing()
    await drawing.view().card(a_card("one"))
    here = Drawing(drawing.conversation)
    await (here.page.restore("the conversation") if restored else here.page.redraw())
    names = here.names()
    assert names.count("forget_buttons") == 1
    assert names.index("forget_buttons") < names.index("action")
    assert names.count("action") == 2


async def test_a_screen_remembers_only_so_much() -> None:
    drawing = Drawing()
    for number in range(REMEMBERED_STEPS + 5):
        await drawing.stage.put(message(str(number), author="Anya"))
    drawing.events.clear()
    await drawing.page.redraw()
    assert len(drawing.events) == REMEMBERED_STEPS
    assert drawing.events[0][1]["output"] == "5"


def test_a_table_fills_short_rows() -> None:
    assert table([("A", "B"), ("a",)]) == "| A | B |\n| --- | --- |\n| a |  |"


def test_columns_of_figures_stand_at_the_right() -> None:
    rows = [("Account", "Balance", "Share", "Date"), ("Loan ··5502", "-AUD 12,400.00", "16.2%", "1 Nov 2026")]
    assert table(rows).splitlines()[1] == "| --- | ---: | ---: | --- |"


async def test_an_answer_with_figures_carries_the_address_that_tells_of_them() -> None:
    drawing = Drawing(SharedConversation("conversation"))
    view = drawing.view()
    drawing.conversation.titles = Titles(MemoryThreads, principal(), OwnedTasks())
    for text in ("You have two accounts.", "You have AUD 2,500.00."):
        await view.text(text)
        await view.text_done()
    ended = [data for name, data in drawing.events if name == "update_message"]
    assert ["figures" in one["metadata"] for one in ended] == [False, True]
    moment = round(datetime.fromisoformat(ended[1]["createdAt"]).timestamp() * 1000)
    assert ended[1]["metadata"]["figures"] == f"figures/conversation/{moment}"
