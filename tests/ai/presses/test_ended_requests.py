"""A press on a request that has ended is told what became of it, by the ledger; a no may be typed."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.ai.presses.test_two_persons import TRANSFER, confirmed
from tests.ai.screen import BROWSER, Desk, Screen
from tests.support.scripted_model import call, say
from ultracore.ai.presses import LOOK_SECONDS, is_typed_no
from ultracore.ai.screen import ApprovalCard, CardShown, Press


async def card(desk: Desk) -> ApprovalCard:
    desk.model.expect(call("execute_transaction", TRANSFER))
    return (await desk.say("transfer 50 dollars to City Power")).cards[-1]


async def signed_in_again(desk: Desk) -> Desk:
    """The same person in the same conversation by another login, on a page of its own."""
    who = replace(desk.who, login_id=uuid4().hex)
    await desk.app.logins.create(who)
    return replace(desk, who=who, screen=Screen())


async def shown_there(desk: Desk) -> ApprovalCard:
    """The open card as the page of this login gets it."""
    await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, desk.screen)
    return desk.screen.cards[-1]


async def last_notice(desk: Desk, approval_id: str) -> str:
    return (await desk.press(approve=True, approval_id=approval_id)).messages[-1][1]


async def test_a_second_press_is_told_the_receipt(desk: Desk) -> None:
    shown = await card(desk)
    done = await desk.press(approve=True)
    receipt = done.closed[0][1].rpartition("Receipt ")[2].rstrip(".")
    told = await last_notice(desk, shown.approval_id)
    assert told.startswith("Approved at ")
    assert told.endswith(f", receipt {receipt}. Pressing again changes nothing.")
    assert await desk.balance() == "2450.00"


async def test_a_press_after_a_no_is_told_of_it(desk: Desk) -> None:
    shown = await card(desk)
    await desk.press(approve=False)
    told = await last_notice(desk, shown.approval_id)
    assert told.startswith("Declined at ") and told.endswith("Nothing was changed.")


async def test_a_press_after_a_stop_is_told_of_it(desk: Desk) -> None:
    shown = await card(desk)
    await desk.app.desk.stop(desk.who.login_id, desk.conversation_id)
    assert (await last_notice(desk, shown.approval_id)).startswith("Withdrawn at ")


async def test_a_button_that_is_not_known_is_told_nothing_about_the_accounts(desk: Desk) -> None:
    await card(desk)
    told = await last_notice(desk, "made-up")
    assert "Nothing was changed" not in told and "nothing was changed" not in told


async def test_a_makers_late_press_is_told_that_a_second_person_decides(desk: Desk) -> None:
    teller = await confirmed(desk)
    told = await last_notice(teller, teller.screen.cards[-1].approval_id)
    assert "a second person decides by" in told


async def test_another_login_of_the_person_gets_buttons_of_its_own(desk: Desk) -> None:
    first, phone = await card(desk), await signed_in_again(desk)
    second = await shown_there(phone)
    assert (second.proposal_id, second.lines) == (first.proposal_id, first.lines)
    assert second.approval_id != first.approval_id
    await phone.press(approve=True, approval_id=second.approval_id)
    assert await desk.balance() == "2450.00"
    assert (await last_notice(desk, first.approval_id)).startswith("Approved at ")


async def test_a_login_cannot_use_the_buttons_of_another(desk: Desk) -> None:
    first, phone = await card(desk), await signed_in_again(desk)
    await shown_there(phone)
    await phone.press(approve=True, approval_id=first.approval_id)
    assert await desk.balance() == "2500.00"


async def test_the_sign_out_of_the_login_that_asked_ends_the_card_of_every_login(desk: Desk) -> None:
    await card(desk)
    phone = await signed_in_again(desk)
    shown = await shown_there(phone)
    await desk.app.desk.sign_out(desk.who.login_id, BROWSER)
    assert [state for state, _ in phone.screen.closed] == ["void"]
    await phone.press(approve=True, approval_id=shown.approval_id)
    assert await desk.balance() == "2500.00"


async def test_the_sign_out_of_another_login_leaves_the_card(desk: Desk) -> None:
    await card(desk)
    phone = await signed_in_again(desk)
    await shown_there(phone)
    await desk.app.desk.sign_out(phone.who.login_id, BROWSER)
    await desk.press(approve=True)
    assert await desk.balance() == "2450.00"


async def test_a_card_that_can_be_pressed_is_not_drawn_again(desk: Desk) -> None:
    shown = await card(desk)
    there = CardShown(shown.proposal_id, pressable=True)
    again = Screen()
    await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, again, card=there)
    assert again.cards == []
    await desk.press(approve=True)
    assert await desk.balance() == "2450.00"


async def test_a_card_that_is_being_carried_out_stays_on_a_page_that_comes_to_it(desk: Desk) -> None:
    shown = await card(desk)
    there, again = CardShown(shown.proposal_id, pressable=False), Screen()
    place = desk.who.login_id, desk.conversation_id
    await desk.app.bank.proposals.claim(shown.proposal_id, *place)
    assert await desk.app.desk.resume(*place, again, card=there) is True
    assert again.cards == []
    await desk.app.bank.proposals.release(shown.proposal_id, "failed", "outcome.not_done")
    assert await desk.app.desk.resume(*place, again, card=there) is True
    [(state, told)] = again.closed
    assert state == "not_done" and told.endswith("was not made. Nothing has left your account.")


async def test_a_card_that_stands_after_its_end_says_how_its_request_ended(desk: Desk) -> None:
    shown = await card(desk)
    there, again = CardShown(shown.proposal_id, pressable=True), Screen()
    receipt = (await desk.press(approve=True)).closed[0][1].rpartition("Receipt ")[2]
    assert await desk.app.desk.resume(desk.who.login_id, desk.conversation_id, again, card=there) is True
    [(state, told)] = again.closed
    assert state == "done" and told.startswith("About the transfer that was interrupted: Done")
    assert told.endswith(f"Receipt {receipt}")


@pytest.mark.parametrize(("seconds", "balance"), [(LOOK_SECONDS - 0.01, "2500.00"), (LOOK_SECONDS, "2450.00")])
async def test_a_decision_counts_once_the_card_has_been_there_for_a_moment(
    desk: Desk, seconds: float, balance: str
) -> None:
    shown = await card(desk)
    press = Press(desk.who.login_id, desk.conversation_id, shown.approval_id, True, BROWSER, seconds)
    await desk.app.desk.press(press, desk.screen)
    assert await desk.balance() == balance
    assert await desk.denials() == (["approval.too_soon"] if balance == "2500.00" else [])


async def test_a_press_that_came_too_soon_may_be_made_again(desk: Desk) -> None:
    shown = await card(desk)
    press = Press(desk.who.login_id, desk.conversation_id, shown.approval_id, True, BROWSER, 0.0)
    await desk.app.desk.press(press, desk.screen)
    await desk.app.desk.press(replace(press, shown_seconds=LOOK_SECONDS), desk.screen)
    assert await desk.balance() == "2450.00"


@pytest.mark.parametrize("text", ["cancel", "No.", "  FORGET it!! ", "Never mind", "don't"])
async def test_a_no_in_words_ends_the_open_card(desk: Desk, text: str) -> None:
    shown, first = await card(desk), desk.screen
    screen = await desk.say(text)
    assert first.closed == [("void", "You cancelled this request. Nothing was changed.")]
    assert screen.messages == [("notice", "All right, I have cancelled that request.")]
    assert (await last_notice(desk, shown.approval_id)).startswith("Withdrawn at ")
    assert await desk.balance() == "2500.00"


async def test_a_no_in_words_without_a_card_is_an_ordinary_message(desk: Desk) -> None:
    desk.model.expect(say("Of what, please?"))
    assert "Of what, please?" in (await desk.say("cancel")).answers


async def test_a_no_in_words_leaves_a_request_that_waits_for_a_second_person(desk: Desk) -> None:
    teller = await confirmed(desk)
    desk.model.expect(say("There is no card of yours."))
    await teller.say("cancel")
    (waiting,) = await desk.app.bank.two_persons.waiting("tenant_1")
    assert waiting.user_id == "teller1"


@pytest.mark.parametrize("text", ["no, from savings", "cancel my card", "yes", "", "know", "no 50", "not now"])
def test_words_that_say_more_are_no_typed_no(text: str) -> None:
    assert not is_typed_no(text)


async def test_a_card_says_what_its_button_does(desk: Desk) -> None:
    shown = await card(desk)
    assert (shown.title, shown.button, shown.result) == ("Please check this payment", "Pay", "Paid")
