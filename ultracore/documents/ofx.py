"""A statement as OFX 2.2, the format that accounting programs read.

Dates have the offset of the bank's clock. Every line has an id (`FITID`) by which a program knows that it has the
line already.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from xml.etree import ElementTree as ET

from ultracore.banking import AccountKind
from ultracore.banking.statements import Statement, StatementLine
from ultracore.documents.layout import BANK_NAME
from ultracore.documents.statement import reference_of
from ultracore.zone import bank_zone, start_of

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
_KINDS: Final = {
    AccountKind.EVERYDAY: "CHECKING",
    AccountKind.BUSINESS: "CHECKING",
    AccountKind.SAVINGS: "SAVINGS",
    AccountKind.PORTFOLIO_SETTLEMENT: "MONEYMRKT",
    AccountKind.LOAN: "CREDITLINE",
}
# What XML 1.0 cannot hold, not even as an entity.
_IMPOSSIBLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_NAME: Final = 32
_LONGEST_MEMO: Final = 255


def statement_ofx(statement: Statement, made_at: datetime) -> bytes:
    """The file. Texts stand in it whole; what XML cannot hold is shown as a sign that one is missing."""
    root = ET.Element("OFX")
    _sign_on(ET.SubElement(root, "SIGNONMSGSRSV1"), made_at)
    answer = ET.SubElement(ET.SubElement(root, "BANKMSGSRSV1"), "STMTTRNRS")
    _tell(answer, ("TRNUID", "0"))
    _succeeded(answer)
    _statement(ET.SubElement(answer, "STMTRS"), statement)
    return (_HEAD + ET.tostring(root, encoding="unicode")).encode()


def _sign_on(head: ET.Element, made_at: datetime) -> None:
    answer = ET.SubElement(head, "SONRS")
    _succeeded(answer)
    _tell(answer, ("DTSERVER", _time(made_at)), ("LANGUAGE", "ENG"))
    _tell(ET.SubElement(answer, "FI"), ("ORG", BANK_NAME), ("FID", "UltraCore"))


def _succeeded(answer: ET.Element) -> None:
    _tell(ET.SubElement(answer, "STATUS"), ("CODE", "0"), ("SEVERITY", "INFO"))


def _statement(body: ET.Element, statement: Statement) -> None:
    account = statement.account
    _tell(body, ("CURDEF", account.currency))
    whose = ET.SubElement(body, "BANKACCTFROM")
    _tell(whose, ("BANKID", account.bsb), ("ACCTID", account.number), ("ACCTTYPE", _KINDS[account.kind]))
    # The end is the first moment that is not in it, as the format has it.
    end = _time(start_of(statement.until + timedelta(days=1)))
    listed = ET.SubElement(body, "BANKTRANLIST")
    _tell(listed, ("DTSTART", _time(start_of(statement.since))), ("DTEND", end))
    for item in statement.lines:
        _line(ET.SubElement(listed, "STMTTRN"), item)
    balance = ET.SubElement(body, "LEDGERBAL")
    _tell(balance, ("BALAMT", str(statement.closing.amount)), ("DTASOF", end))


def _line(body: ET.Element, item: StatementLine) -> None:
    line = item.line
    _tell(
        body,
        ("TRNTYPE", "CREDIT" if line.amount.amount > 0 else "DEBIT"),
        ("DTPOSTED", _time(line.posted_at)),
        ("TRNAMT", str(line.amount.amount)),
        ("FITID", reference_of(item)),
        # A name is short in this format, so the whole text is the memo.
        ("NAME", (line.payee or line.description)[:_LONGEST_NAME]),
        ("MEMO", line.description[:_LONGEST_MEMO]),
    )


def _tell(parent: ET.Element, *values: tuple[str, str]) -> None:
    for name, value in values:
        ET.SubElement(parent, name).text = _IMPOSSIBLE.sub("\ufffd", value)


def _time(moment: datetime) -> str:
    """`20261101170400.000[+11:AEDT]`: the bank's clock, and how far it is from Greenwich."""
    local = moment.astimezone(bank_zone())
    offset = local.utcoffset()
    hours = 0.0 if offset is None else offset.total_seconds() / 3600
    return f"{local:%Y%m%d%H%M%S}.{local.microsecond // 1000:03}[{hours:+g}:{local:%Z}]"
