from __future__ import annotations

import pytest

from ultracore.banking.safety.scam import SIGNS, check, what_to_do

SCAMS = [
    "URGENT: your UltraCore account is suspended. Verify your password at http://ultracore-secure.top/login",
    "Hi mum, I dropped my phone, this is my new number. Can you pay a bill for me?",
    "This is the bank's fraud team. Move your money to a safe account immediately.",
    "Please install AnyDesk so our technician can help you get your refund.",
    "You've won a prize! Pay the release fee with Google Play cards or gift cards.",
    "Linkt: unpaid toll of $4.20. Pay within 24 hours: linkt-pay.info",
    "To stop this payment reply with the security code we just sent you",
    "AusPost: your parcel could not be delivered, pay the customs fee at bit.ly/3xYz",
    "Invest in bitcoin with guaranteed profit, last chance today only",
    "Our bank details have changed, pay the invoice to the new account. Don\u2019t tell the bank it is urgent",
]
SUSPICIOUS = ["Your delivery is waiting: redelivery tomorrow", "Please call us back on 02 9555 0123 when you can"]
HARMLESS = [
    "See you at lunch on Friday?",
    "Happy birthday! Love, grandma",
    "The meeting moved to 3 pm, bring the report.",
    "",
]


@pytest.mark.parametrize("text", SCAMS)
def test_known_kinds_of_scam_are_found(text: str) -> None:
    found = check(text)
    assert found.verdict == "likely_scam", [sign.name for sign in found.signs]


@pytest.mark.parametrize("text", SUSPICIOUS)
def test_one_sign_alone_is_suspicious(text: str) -> None:
    assert check(text).verdict == "suspicious"


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_words_have_no_signs(text: str) -> None:
    assert check(text).verdict == "no_signs_found"


def test_letters_that_only_look_different_hide_nothing() -> None:
    full_width = "\uff36\uff45\uff52\uff49\uff46\uff59 your \uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44"
    assert check(full_width).verdict == "likely_scam"


def test_every_sign_has_a_meaning_and_the_steps_name_our_own_number() -> None:
    assert all(sign.weight > 0 and sign.meaning.endswith(".") for sign in SIGNS)
    assert any("13 22 33" in step for step in what_to_do("13 22 33"))


def test_a_long_text_is_read_in_no_time() -> None:
    assert check("verify your " * 400 + "a" * 5_000).signs == ()
