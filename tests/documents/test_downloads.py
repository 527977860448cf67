"""A customer takes documents away: right, on the record first, and nobody else's."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

import httpx
import pytest

from tests.documents.conftest import DocumentWorld, text_of
from ultracore.audit import AuditEventType, Origin, Subject
from ultracore.audit.vocabulary import ConversationRemoved
from ultracore.banking import EntryReceipt
from ultracore.banking.statements import Statement
from ultracore.documents import making
from ultracore.wording import money_text
from ultracore.zone import day_of

# One day for all that a test asks: a midnight in the middle of it changes nothing.
TODAY = day_of(datetime.now(UTC))


def period(days: int = 90) -> str:
    return f"from={TODAY - timedelta(days=days)}&to={TODAY + timedelta(days=1)}"


def statement(form: str, account: str = "acc_1", days: int = 90) -> str:
    return f"/documents/statement.{form}?account={account}&{period(days)}"


async def ledger(world: DocumentWorld) -> Statement:
    """The same days, as the bank has them."""
    days = (TODAY - timedelta(days=90), TODAY + timedelta(days=1))
    return await world.desk.app.bank.statements.statement("tenant_1", "cust_1", "acc_1", *days)


async def accounting(world: DocumentWorld, days: int) -> ET.Element:
    """The statement in the file of an accounting program."""
    root = ET.fromstring((await world.get(statement("ofx", days=days))).content)  # noqa: S314 - our own file
    found = root.find(".//STMTRS")
    assert found is not None
    return found


async def paid(world: DocumentWorld) -> str:
    """The number of the receipt of a payment that was made in the chat."""
    await world.desk.say("pay 50 to City Power")
    await world.desk.press(approve=True)
    since = datetime.now(UTC) - timedelta(days=1)
    ((_, receipt),) = await world.desk.app.bank.proposals.recent("tenant_1", "cust_1", since, 1)
    assert isinstance(receipt, EntryReceipt)
    return receipt.receipt_number


def is_kept_by_nobody(answer: httpx.Response) -> bool:
    names = ("content-disposition", "x-content-type-options", "cache-control")
    attached, *rest = (answer.headers[name] for name in names)
    return attached.startswith("attachment; filename=") and rest == ["nosniff", "no-store"]


async def test_a_statement_and_its_sheet_have_the_figures_of_the_ledger(world: DocumentWorld) -> None:
    answer, found = await world.get(statement("pdf")), await ledger(world)
    text = text_of(answer.content)
    account = found.account
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert is_kept_by_nobody(answer)
    for told in (f"{account.bsb[:3]}-{account.bsb[3:]}", account.number, "Alex Morgan", account.name):
        assert told in text
    for total in (found.opening, found.closing, found.money_in, found.money_out):
        assert money_text(total.amount) in text
    assert all(f"{item.balance.amount:,.2f}" in text for item in found.lines)
    assert len(found.lines) > 20
    answer = await world.get(statement("csv"))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [Decimal(row["Amount"]) for row in rows] == [item.line.amount.amount for item in found.lines]
    assert [Decimal(row["Balance"]) for row in rows] == [item.balance.amount for item in found.lines]
    assert is_kept_by_nobody(answer)


async def test_an_accounting_program_knows_a_line_again(world: DocumentWorld) -> None:
    long, short = await accounting(world, 90), await accounting(world, 30)
    found = await ledger(world)
    ids = [str(node.text) for node in long.iter("FITID")]
    assert len(ids) == len(set(ids)) == len(found.lines)
    assert {str(node.text) for node in short.iter("FITID")} < set(ids)
    amounts = sum(Decimal(str(node.text)) for node in long.iter("TRNAMT"))
    assert found.opening.amount + amounts == Decimal(str(long.findtext("LEDGERBAL/BALAMT")))
    whose = (long.findtext("BANKACCTFROM/BANKID"), long.findtext("BANKACCTFROM/ACCTID"))
    assert whose == (found.account.bsb, found.account.number)


async def test_a_receipt_says_what_was_paid_to_whom_and_the_page_leads_to_it(world: DocumentWorld) -> None:
    number = await paid(world)
    text = text_of((await world.get(f"/documents/receipts/{number}.pdf")).content)
    for told in (number, "AUD 50.00", "City Power", "biller"):
        assert told in text
    screen = await world.desk.say("I want to download my account statement")
    (step,) = [one for one in screen.steps if one.links]
    assert ("/documents#statements", f"/documents/receipts/{number}.pdf") == (step.links[0][1], step.links[-1][1])
    page = (await world.get("/documents")).text
    for path in (f"receipts/{number}.pdf", f"conversations/{world.desk.conversation_id}.txt"):
        assert f'href="/documents/{path}"' in page
    found = (await ledger(world)).account
    assert f"account number {found.number}" in page
    assert "acc_3" not in page


async def test_a_conversation_is_given_as_it_was_shown_until_it_is_deleted(world: DocumentWorld) -> None:
    await world.desk.say("what is the balance of my everyday account? My card is 4111 1111 1111 1111")
    path = f"/documents/conversations/{world.desk.conversation_id}"
    as_pdf = text_of((await world.get(f"{path}.pdf")).content)
    as_text = (await world.get(f"{path}.txt")).text
    for text in (" ".join(as_pdf.split()), as_text):
        assert "You" in text
        assert "AUD 2,500.00" in text
        assert "Looked up" in text
        assert "4111 1111" not in text
    origin, subject = Origin("tenant_1", "customer1"), Subject.of(world.desk.who)
    await world.desk.app.trail.write(ConversationRemoved(world.desk.conversation_id), origin, subject)
    await world.desk.app.threads.forget(world.desk.who, world.desk.conversation_id)
    assert (await world.get(f"{path}.txt")).status_code == 404


async def test_each_download_is_on_the_record_and_is_no_look_of_staff(world: DocumentWorld) -> None:
    number, name = await paid(world), world.desk.conversation_id
    for path in (statement("ofx"), f"/documents/receipts/{number}.pdf", f"/documents/conversations/{name}.txt"):
        assert (await world.get(path)).status_code == 200, path
    found = [(one.resource_type, one.resource_id) for one in await world.told(AuditEventType.DATA_EXPORTED)]
    assert found == [("conversation", name), ("receipt", number), ("statement", "acc_1")]
    screen = await world.desk.say("who looked at my data?")
    assert "No member of staff has looked at your data" in screen.shown


async def test_strangers_get_nothing_of_it(world: DocumentWorld) -> None:
    number, name = await paid(world), world.desk.conversation_id
    paths = [statement(form) for form in ("pdf", "csv", "ofx")]
    paths += [f"/documents/receipts/{number}.pdf", f"/documents/conversations/{name}.pdf"]
    paths += [f"/documents/conversations/{name}.txt"]
    wanted = {"customer2": 404, "customer9": 404, "teller1": 403, "supervisor1": 403, "": 303}
    for who, status in wanted.items():
        for path in paths:
            answer = await world.get(path, who)
            assert (answer.status_code, "content-disposition" in answer.headers) == (status, False), (who, path)
    assert await world.told(AuditEventType.DATA_EXPORTED) == []
    refused = [one.user_id for one in await world.told(AuditEventType.PERMISSION_DENIED)]
    assert refused == ["customer2"] * len(paths)
    foreign = await world.get(f"/documents/receipts/{number}.pdf", "customer2")
    assert foreign.text == (await world.get("/documents/receipts/R-BBBBB-BBBBB.pdf", "customer2")).text
    for path in (statement("pdf", "acc_3"), statement("pdf", "acc_404"), statement("pdf", "' OR 1=1 --")):
        assert (await world.get(path)).status_code == 404, path
    system = (await world.get("/documents/conversations/system:tenant_1:2026-11-01.txt")).status_code
    assert system == 404


async def test_where_there_is_no_sign_in_the_files_are_given_as_on_the_page_and_the_page_is_not(
    world: DocumentWorld,
) -> None:
    number, name = await paid(world), world.desk.conversation_id
    world.give_files_alone()
    paths = [f"/documents/receipts/{number}.pdf", f"/documents/conversations/{name}.txt"]
    for who, status in {"customer1": 200, "customer2": 404, "customer9": 404, "teller1": 403, "": 401}.items():
        for path in paths:
            answer = await world.get(path, who)
            assert (answer.status_code, "content-disposition" in answer.headers) == (status, status == 200), who
    assert (await world.get("/documents")).status_code == 404
    assert len(await world.told(AuditEventType.DATA_EXPORTED)) == len(paths)


BAD_PERIODS = {
    "account=acc_1": "Please give both days",
    "account=acc_1&from=2026-02-30&to=2026-03-01": "Please give both days",
    "account=acc_1&from=0001-01-01&to=9999-12-31": "Please give both days",
    "account=acc_1&from=2026-03-02&to=2026-03-01": "put the earlier day first",
    "account=acc_1&from=2020-01-01&to=2026-03-01": "at most 366 days",
    "account=acc_1&from=2199-01-01&to=2199-03-01": "still to come",
}


async def test_what_cannot_be_made_is_told(world: DocumentWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for query, sentence in BAD_PERIODS.items():
        answer = await world.get(f"/documents/statement.pdf?{query}")
        assert (answer.status_code, sentence in answer.text) == (400, True), query
    await world.desk.say("what is my balance?")
    monkeypatch.setattr(making, "MOST_LINES", 5)
    monkeypatch.setattr(making, "MOST_EVENTS", 2)
    monkeypatch.setattr(making, "DOWNLOADS_AN_HOUR", 5)
    assert "more than 5 lines" in (await world.get(statement("csv"))).text
    long = await world.get(f"/documents/conversations/{world.desk.conversation_id}.txt")
    assert "too long for one file" in long.text
    assert (await world.get(statement("csv"))).status_code == 429
