"""The view: what a turn looks like on the wire, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ultracore.ai.screen import ApprovalCard, Choice, ToolStep
from ultracore.chat.page import CardOnScreen, ChainlitView, Offers, Screen
from ultracore.chat.page.markdown import plain, table
from ultracore.chat.page.render import clock_text
from ultracore.chat.page.screen import REMEMBERED_STEPS
from ultracore.chat.page.wire import message

Event = tuple[str, Any]


class Drawing:
    """A screen that keeps what was emitted."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.screen = Screen(self._emit)
        self.card = CardOnScreen(self.screen)
        self.offers = Offers(self.screen)

    async def _emit(self, event: str, data: Any) -> None:
        self.events.append((event, dict(data)))

    def view(self) -> ChainlitView:
        return ChainlitView(self.screen, self.card, self.offers, frame="frame")

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


async def test_a_card_that_is_shown_again_tells_the_time_that_is_left() -> None:
    for left, clock in ((120, "2:00"), (65, "1:05"), (-3, "0:00")):
        drawing = Drawing()
        await drawing.view().card(a_card("one", left))
        assert drawing.events[0][1]["output"].endswith(f"Time left to decide: {clock}")


def test_an_hour_and_more_has_hours() -> None:
    assert [clock_text(seconds) for seconds in (3599, 3600, 14391)] == ["59:59", "1:00:00", "3:59:51"]


async def test_closing_without_a_card_says_the_sentence() -> None:
    drawing = Drawing()
    await drawing.view().card_closed("expired", "It has expired.")
    assert drawing.events[-1][1]["output"] == "It has expired."


async def test_a_closed_card_keeps_its_details_and_has_no_clock() -> None:
    drawing = Drawing()
    await drawing.view().card(a_card("one"))
    await drawing.view().card_closed("expired", "It has expired.")
    text = drawing.events[-1][1]["output"]
    assert text.startswith("**Expired**") and "| To | City\\|Power |" in text
    assert "Time left" not in text and text.endswith("It has expired.")


async def test_a_question_is_asked_with_buttons_that_the_next_offer_replaces() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.choose("Which one?", [Choice("accounts", "Accounts"), Choice("payments", "Payments")])
    assert drawing.names() == ["new_message", "action", "action"]
    assert drawing.events[-1][1]["payload"] == {"key": "payments"}
    assert drawing.offers.label_of("choose", {"key": "accounts"}) == "Accounts"
    assert drawing.offers.label_of("choose", {"key": "lending"}) is None
    await view.choose("And now?", [Choice("yes", "Yes")])
    assert drawing.offers.label_of("choose", {"key": "accounts"}) is None


async def test_a_screen_is_drawn_again_as_it_was_left() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.text("half")
    view_of_card = drawing.view()
    await view_of_card.card(a_card("one"))
    drawing.events.clear()
    await drawing.screen.replay()
    assert drawing.names() == [
        *("task_end", "new_message", "new_message"),
        *("remove_action", "action", "remove_action", "action"),
    ]
    assert drawing.events[1][1]["output"] == "half"


async def test_a_screen_remembers_only_so_much() -> None:
    drawing = Drawing()
    for number in range(REMEMBERED_STEPS + 5):
        await drawing.screen.put(message(str(number), author="Anya"))
    drawing.events.clear()
    await drawing.screen.replay()
    assert len(drawing.events) == REMEMBERED_STEPS + 1
    assert drawing.events[1][1]["output"] == "5"


def test_text_that_is_not_a_models_is_drawn_as_it_is() -> None:
    assert (
        plain("a|b *c* [d](e)\n<f> `g` ~h~ #i _j_")
        == "a\\|b \\*c\\* \\[d\\](e) \\<f\\> \\`g\\` \\~h\\~ \\#i \\_j\\_"
    )
    assert plain("AUD 2,500.00 to City Power ··4821") == "AUD 2,500.00 to City Power ··4821"


def test_a_table_fills_short_rows() -> None:
    assert table([("A", "B"), ("a",)]) == "| A | B |\n| --- | --- |\n| a |  |"


def test_columns_of_figures_stand_at_the_right() -> None:
    rows = [("Account", "Balance", "Share", "Date"), ("Loan ··5502", "-AUD 12,400.00", "16.2%", "1 Nov 2026")]
    assert table(rows).splitlines()[1] == "| --- | ---: | ---: | --- |"
