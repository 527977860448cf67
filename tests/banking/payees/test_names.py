"""Names that a customer may give: readable as what they are, and different from each that is there already."""

from __future__ import annotations

import pytest

from tests.banking.account_life.test_lifecycle import opening
from tests.banking.ledgers import Ledger, raw
from tests.banking.payees.test_payees_adding import carry_out, refused, terms
from tests.banking.support import Desk
from ultracore.banking import Bank
from ultracore.banking.payees import look_alike, read_name
from ultracore.errors import ToolRefused


@pytest.mark.parametrize(
    "name",
    [
        "Gas Co", "Mum & Dad", "O'Brien", "O\u2019Brien", "Dr. A. Smith", "Shop 24/7", "Zürich Café", "Łódź Power",
        "Ελλάδα", "東京でんき", "한국電力", "Иван Петров", "مريم", "अमित", "A+B Pty. Ltd.", "Jean-Luc",
    ],
)  # fmt: skip
def test_names_of_people_and_companies_are_taken(name: str) -> None:
    assert read_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Everyday ··8890 (your own account)", "Mum (own account)", "Mum [x]", "Mum {x}", "Mum <b>",
        "Mum \u201cx\u201d",
        "https://evil.example", "www.evil", "evil.example", "pay@evil", "Mum evil\uff0eexample",
        "City\u202eParty", "Ci\u200bty", "Ci\u00adty", "Ci\u2066ty", "City\u0000", "Ci\ufefftyPower",
        "\u0421ity", "P\u0430ypal", "\u0391lpha Bank", "Иван Petrov", "Mum 東京 Dad",
        "\U0001d402ity", "\uff23ity", "\ufb01rst", "Flat \u0661\u0662", "City \u2460", "Mum \U0001f600",
        "Z\u0334\u0335\u0336oe", "*bold* Mum", "_Mum_", "`Mum`",
        "Mum | Dad", "Mum\\Dad", "::Mum", "~Mum~", "#Mum", "1234",
    ],
)  # fmt: skip
def test_names_that_could_be_taken_for_something_else_are_refused(name: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        read_name(name)
    assert (refusal.value.code, refusal.value.explained) == ("payee.name_invalid", True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("City Power", "CITY POWER"), ("City Power", "City-Power"), ("City Power", "C\u00edty Power"),
        ("City Power", "\u0421it\u0443 \u0420\u043ew\u0435r"), ("Landlord", "Iandlord"),
        ("Modern", "Modem"), ("Office", "0ffice"),
        ("Ελλάς", "E\u03bb\u03bb\u03acς"), ("Corner Shop", "Comer Shop"), ("Bill", "Bi11"),
        ("Everyday", "Every. day"),
    ],
)  # fmt: skip
def test_names_that_look_the_same_are_found(one: str, other: str) -> None:
    assert look_alike(one, other)
    assert look_alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Savings", "Savings 2"), ("Gas Co", "Gas Club"), ("Mum", "Dad"), ("Flat 12", "Flat 21")]
)
def test_names_that_differ_are_kept_apart(one: str, other: str) -> None:
    assert not look_alike(one, other)


@pytest.mark.parametrize("name", ["Cíty Power", "CITY-POWER", "FIatmate", "Savings.", "Every-day"])
async def test_a_payee_that_looks_like_a_saved_one_or_an_own_account_is_refused(bank: Bank, name: str) -> None:
    assert await refused(bank, name=name) == "payee.name_taken"


async def test_a_new_account_that_looks_like_a_payee_or_an_account_is_refused(bank: Bank) -> None:
    for name in ("FIatmate", "Sávings"):
        with pytest.raises(ToolRefused) as refusal:
            await opening(bank, name=name)
        assert refusal.value.code == "account.name_taken"


async def test_a_payee_saved_before_the_rules_is_paid_and_named_within_its_marks(
    desk: Desk, ledger: Ledger
) -> None:
    await carry_out(desk.bank, await terms(desk.bank))
    with raw(ledger) as connection:
        connection.execute("UPDATE payees SET name = 'Everyday ··8890 (your own account)' WHERE name = 'Gas Co'")
    (payee,) = [p for p in await desk.bank.payees.of_customer("tenant_1", "cust_1") if "8890" in p.name]
    target = await desk.bank.payees.resolve("tenant_1", "cust_1", payee.payee_id)
    assert target.text == "“Everyday ··8890 (your own account)” (another bank ··4213)"


async def test_a_destination_is_found_by_the_form_that_is_shown(bank: Bank) -> None:
    shown = (await bank.payees.resolve("tenant_1", "cust_1", "city power")).text
    assert (await bank.payees.resolve("tenant_1", "cust_1", shown)).name == "City Power"
    for other in ("“City Power” (biller ··0000)", "“City Power” (own account ··3796)", "“City Power”"):
        with pytest.raises(ToolRefused) as refusal:
            await bank.payees.resolve("tenant_1", "cust_1", other)
        assert refusal.value.code == "payee.not_saved"
