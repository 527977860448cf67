"""What is in a file stays as it is: 200 hostile strings, all our languages, and what has no sign."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from tests.chat.hostile import STRINGS
from tests.documents.conftest import text_of
from ultracore.banking import Account, AccountKind, AccountStatus, Money
from ultracore.banking.statements import AccountLine, Statement, StatementLine
from ultracore.documents import Column, Document, Lines, Note, Typesetter, typeset
from ultracore.documents.glyphs import characters_of
from ultracore.documents.ofx import statement_ofx
from ultracore.documents.statement import statement_document, statement_sheet
from ultracore.wording import inert_text

NOON = datetime(2026, 11, 1, 1, tzinfo=UTC)
FORMULAS = ("=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\uff1d1+1")
SPOKEN = ("Kim Nguyễn Thị Hạnh", "Niño, ¿qué tal?", "مرحبا بالعالم", "你好世界。余额是多少", "नमस्ते दुनिया")


def statement(texts: tuple[str, ...]) -> Statement:
    """An account on which each text is a line, as the bank gives it."""
    account = Account(
        account_id="acc_1",
        tenant_id="tenant_1",
        customer_id="cust_1",
        kind=AccountKind.EVERYDAY,
        name=texts[0],
        currency="AUD",
        status=AccountStatus.ACTIVE,
        bsb="733110",
        number="12345678",
    )
    lines = tuple(
        StatementLine(line=_line(number, text), balance=Money.from_minor(number, "AUD"))
        for number, text in enumerate(texts)
    )
    day, nothing = date(2026, 11, 1), Money.from_minor(0, "AUD")
    totals = {"opening": nothing, "closing": lines[-1].balance, "money_in": nothing, "money_out": nothing}
    return Statement(account=account, since=day, until=day, lines=lines, **totals)


def _line(number: int, text: str) -> AccountLine:
    return AccountLine(
        entry_id=f"ent_{number}",
        place=1,
        account_id="acc_1",
        account_name="Everyday",
        account_kind="everyday",
        amount=Money.from_minor(1, "AUD"),
        description=inert_text(text),
        kind="transfer",
        payee=None,
        category="other",
        posted_at=NOON,
    )


HOSTILE = statement((*STRINGS, *FORMULAS, *SPOKEN))


def told() -> list[str]:
    return [item.line.description for item in HOSTILE.lines]


def test_no_text_is_a_formula_of_a_sheet_and_each_is_whole() -> None:
    rows = list(csv.reader(io.StringIO(statement_sheet(HOSTILE).decode("utf-8-sig"))))[1:]
    assert [row[1].removeprefix("'") for row in rows] == [text.removeprefix("'") for text in told()]
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\uff1d")] == []


def test_no_text_is_markup_of_a_file_for_accounting_and_each_is_whole() -> None:
    root = ET.fromstring(statement_ofx(HOSTILE, NOON))  # noqa: S314 - our own file
    assert [node.text or "" for node in root.iter("MEMO")] == told()
    assert {node.tag for node in root.iter("STMTTRN") for node in node} == {
        *("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "MEMO")
    }
    assert root.findtext(".//DTPOSTED") == "20261101120000.000[+11:AEDT]"


def test_no_text_is_markup_of_a_pdf_and_each_is_whole() -> None:
    made = typeset(statement_document(HOSTILE, "<b>#let x = 1</b>", NOON))
    assert made.count(b"/S /URI") == made.count(b"/JavaScript") == 0
    read = "".join(text_of(made).split())
    numbered = [text for text in (*STRINGS, *FORMULAS, "<b>#let x = 1</b>") if text.isascii()]
    assert [text for text in numbered if "".join(inert_text(text).split()) not in read] == []


def test_a_pdf_is_tagged_and_shows_every_language_that_we_speak() -> None:
    made = typeset(Document(title="Sample", parts=[Note(text) for text in SPOKEN], made_at=NOON))
    assert b"/StructTreeRoot" in made
    assert b"pdfuaid" in made
    assert "[U+" not in text_of(made)
    assert "Kim Nguyễn Thị Hạnh" in text_of(made)


def test_what_has_no_sign_is_shown_by_its_number_and_counted() -> None:
    text = text_of(typeset(Document(title="Sample", parts=[Note("a \U0001f469 b \u05e9")], made_at=NOON)))
    assert "a [U+1F469] b [U+05E9]" in text
    assert "no sign for 2 of its characters" in text


def test_marks_that_no_script_puts_together_make_a_document_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    made = typeset(Document(title="Sample", parts=[Note("before \u06f3?\u0615 after")], made_at=NOON))
    assert text_of(made).count("before") == 1
    assert "without the standard" in caplog.text


def test_a_table_of_characters_names_those_of_its_font_alone() -> None:
    with pytest.raises(LookupError):
        list(characters_of(b"\x00\x01\x00\x00" + bytes(8)))


async def test_the_loop_goes_on_while_a_long_document_is_made() -> None:
    rows = [[f"{number}", "a line of a statement"] for number in range(2_000)]
    document = Document(title="Long", parts=[Lines([Column("No"), Column("Text")], rows)], made_at=NOON)
    making, rounds = asyncio.create_task(Typesetter().pdf(document)), 0
    while not making.done():
        await asyncio.sleep(0.001)
        rounds += 1
    assert (await making).startswith(b"%PDF")
    assert rounds > 3
