"""One form for where money goes, in which a person's words cannot be mistaken for the bank's."""

from __future__ import annotations

import pytest

from ultracore.wording import card_subject, destination_name, destination_text, inert_text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("biller", "“City Power” (biller ··4411)"),
        ("external", "“City Power” (another bank ··4411)"),
        ("internal", "“City Power” (at this bank ··4411)"),
        (None, "“City Power” (own account ··4411)"),
    ],
)
def test_the_bank_says_kind_and_last_digits_after_the_quoted_name(kind: str | None, text: str) -> None:
    assert destination_text("City Power", kind, "4411") == text
    assert destination_name(text) == "City Power"


def test_a_name_that_reads_like_an_own_account_stays_within_the_marks() -> None:
    text = destination_text("Everyday ··8890 (your own account)", "external", "1234")
    assert text == "“Everyday ··8890 (your own account)” (another bank ··1234)"


@pytest.mark.parametrize("mark", ['"', "“", "”", "„", "‟", "«", "»", "\uff02"])
def test_a_name_cannot_end_the_quotation(mark: str) -> None:
    text = destination_text(f"Mum{mark} (own account ··4821)", "external", "1234")
    assert text.count("“") == text.count("”") == 1
    assert text.endswith("” (another bank ··1234)")


def test_the_name_of_an_older_card_is_found_too() -> None:
    assert destination_name("City Power ··4411 (biller)") == "City Power"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/pay now", "see https: //evil. example/pay now"),
        ("www.evil.example", "www. evil. example"),
        ("write to a.b@evil.example", "write to a. b@evil. example"),
        ("evil\u3002example", "evil\u3002 example"),
        ("rent\u202e\u200b\nJune", "rent June"),
        ("Invoice 12.50, No. 7", "Invoice 12.50, No. 7"),
    ],
)
def test_somebody_elses_text_is_shown_with_its_links_broken(text: str, shown: str) -> None:
    assert inert_text(text) == shown == inert_text(shown)


@pytest.mark.parametrize(
    ("amount", "to", "subject"),
    [
        ("AUD 1,050.00", "“City Power” (biller ··4411)", "1,050.00 to City Power"),
        ("AUD 60.00 (changed, was AUD 50.00)", "“City Power” (biller ··4411)", "60.00 to City Power"),
        ("AUD 60.00", "“Sam” (another bank ··9) (changed, was “Kim” (biller ··1234))", "60.00 to Sam"),
        ("AUD 60.00", "“City Power” (biller ··4411) (new)", "60.00 to City Power"),
    ],
)
def test_a_payment_is_about_its_amount_and_destination(amount: str, to: str, subject: str) -> None:
    assert card_subject("Payment", [("Pay to", to), ("Amount", amount)]) == subject


def test_any_other_card_is_about_its_title() -> None:
    assert card_subject("Freeze card", [("Card", "Debit ··1111")]) == "Freeze card"
