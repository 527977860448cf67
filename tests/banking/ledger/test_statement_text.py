"""What a payer may write on somebody else's statement, and how it is shown."""

from __future__ import annotations

import pytest

from tests.banking.ledgers import Ledger, drop_trigger, raw
from tests.banking.support import Desk
from ultracore.banking.ledger.statement_text import read_statement_text
from ultracore.banking.statements import Wanted
from ultracore.errors import ToolRefused


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Rent June, flat 12/3 (2nd half) $50", "Rent June, flat 12/3 (2nd half) $50"),
        ("Müller \u2013 “März” & Søn", "Muller - 'Marz' & Son"),
        ("Happy birthday \U0001f382!", "Happy birthday !"),
        ("a\u202eb\u200bc\n\td\x00", "a b c d"),
        ("see [here](javascript:x) *now* _now_", "see here (javascript:x) now now"),
        ("card [card ending 6467] [now]", "card [card ending 6467] now"),
        ("[card ending 6467](javascript:x)", "card ending 6467 (javascript:x)"),
        ("x" * 141, "x" * 140),
        ("  ", ""),
    ],
)
def test_a_text_is_written_as_payment_systems_carry_it(said: str, written: str) -> None:
    assert read_statement_text(said) == written == read_statement_text(written)


@pytest.mark.parametrize(
    "said",
    [
        "https://evil.example/x", "HTTP://EVIL", "www.evil", "evil.example", "call me at a@b.example", "a@b",
        "evil\uff0eexample", "ftp://x", "Invoice:see evil.co.uk/pay", "x" * 200 + " evil.example",
    ],
)  # fmt: skip
def test_a_text_with_an_address_is_refused_with_advice(said: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        read_statement_text(said)
    assert (refusal.value.code, refusal.value.explained) == ("description.link", True)


@pytest.mark.parametrize("said", ["房租", "за аренду", "p\u0430ypal", "١٢"])
def test_letters_that_no_payment_carries_are_refused_instead_of_lost(said: str) -> None:
    with pytest.raises(ToolRefused) as refusal:
        read_statement_text(said)
    assert refusal.value.code == "description.letters"


async def test_an_older_text_reaches_its_reader_with_its_links_broken(desk: Desk, ledger: Ledger) -> None:
    proposal = await desk.open("0.01", "Flatmate")
    await desk.claim(proposal)
    await desk.bank.proposals.settle(proposal.proposal_id, "evt-1")
    with raw(ledger) as connection:
        live = "Transfer from Alex Chen: see https://evil.example/pay or www.evil.example"
        connection.execute(drop_trigger(ledger, "postings_never_change", "postings"))
        connection.execute("UPDATE postings SET narrative = ? WHERE narrative LIKE 'Transfer from%'", (live,))
    (line,) = await desk.bank.accounts.transactions("tenant_1", "cust_2", limit=1)
    (found,) = (await desk.bank.search.find("tenant_1", "cust_2", Wanted(), 1)).lines
    for shown in (line.description, found.description):
        assert shown.endswith("see https: //evil. example/pay or www. evil. example")
