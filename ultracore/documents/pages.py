"""`/documents`: a customer's statements, receipts and conversations to take away, and their account numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from starlette.responses import Response

from ultracore.banking import Account, AccountKind, AccountStatus, EntryReceipt
from ultracore.documents.making import Maker, StatementWish
from ultracore.documents.parts import DocumentParts, DocumentServer
from ultracore.documents.statement import bsb_text
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import NoSuchPage, PageTable, Site, Visit
from ultracore.zone import day_of

DOCUMENTS: Final = "/documents"
CUSTOMERS: Final = frozenset({Role.CUSTOMER})
RECEIPTS_OF: Final = timedelta(days=180)
MOST_SHOWN: Final = 20
_PAYABLE: Final = frozenset({AccountKind.EVERYDAY, AccountKind.SAVINGS, AccountKind.BUSINESS})
_HERE: Final = Path(__file__).parent
_TYPES: Final = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "ofx": "application/x-ofx",
    "txt": "text/plain; charset=utf-8",
}
_BAD_DAY: Final = "Please give both days as year, month and day, such as 2026-10-01."


def document_pages(site: Site, server: DocumentServer) -> PageTable:
    """The pages over the program's site."""
    table = PageTable(site)
    site.add_link(DOCUMENTS, "Documents", CUSTOMERS)
    DocumentPages(site, server).add_to(table)
    return table


def document_files(site: Site, server: DocumentServer) -> PageTable:
    """The files without the page that leads to them."""
    table = PageTable(site)
    DocumentPages(site, server).add_files_to(table)
    return table


class DocumentPages:
    """The page with everything that there is, and the files."""

    def __init__(self, site: Site, server: DocumentServer) -> None:
        self._server = server
        self._templates = site.templates(_HERE / "templates")
        self._script = site.add_asset(_HERE / "assets" / "copy.js")

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("GET", DOCUMENTS, self._page, CUSTOMERS)
        self.add_files_to(table)

    def add_files_to(self, table: PageTable) -> None:
        """Add the routes of the files alone."""
        for form in ("pdf", "csv", "ofx"):
            table.add("GET", f"{DOCUMENTS}/statement.{form}", self._statement, CUSTOMERS)
        table.add("GET", f"{DOCUMENTS}/receipts/{{receipt}}.pdf", self._receipt, CUSTOMERS)
        for form in ("pdf", "txt"):
            table.add("GET", f"{DOCUMENTS}/conversations/{{conversation}}.{form}", self._conversation, CUSTOMERS)

    async def _page(self, visit: Visit) -> Response:
        parts, person, now = self._server.parts(), visit.principal, datetime.now(UTC)
        customer_id, today = _customer_id(visit), day_of(now)
        balances = await parts.bank.accounts.of_customer(person.tenant_id, customer_id)
        return self._templates.page(
            "documents.html",
            visit,
            script=self._script,
            accounts=[one.account for one in balances],
            payable=[(one.account, bsb_text(one.account)) for one in balances if _is_payable(one.account)],
            first=(today.replace(day=1) - timedelta(days=1)).replace(day=1),
            last=today,
            payments=await _payments(parts, person.tenant_id, customer_id, now),
            conversations=await parts.threads.page(person, MOST_SHOWN),
        )

    async def _statement(self, visit: Visit) -> Response:
        wanted, form = _wanted(visit.request.query_params), _form(visit)
        made = await self._maker(visit).statement(wanted, form)
        return _file(made, f"statement-{_name(wanted.account_id)}-{wanted.since}-{wanted.until}", form)

    async def _receipt(self, visit: Visit) -> Response:
        number = visit.named("receipt")
        return _file(await self._maker(visit).receipt(number), f"receipt-{_name(number)}", "pdf")

    async def _conversation(self, visit: Visit) -> Response:
        name, form = visit.named("conversation"), _form(visit)
        made = await self._maker(visit).conversation(name, form)
        return _file(made, f"conversation-{_name(name)}", form)

    def _maker(self, visit: Visit) -> Maker:
        connection = self._server.connection(visit.request)
        return Maker(self._server.parts(), visit.principal, connection, datetime.now(UTC))


async def _payments(parts: DocumentParts, tenant_id: str, customer_id: str, now: datetime) -> list[dict[str, Any]]:
    """The newest payments that have a receipt."""
    found = await parts.bank.proposals.recent(tenant_id, customer_id, now - RECEIPTS_OF, MOST_SHOWN)
    return [
        {"receipt": receipt.receipt_number, "at": receipt.posted_at, "terms": proposal.transfer}
        for proposal, receipt in found
        if isinstance(receipt, EntryReceipt)
    ]


def _is_payable(account: Account) -> bool:
    """Money for a loan or for investments comes from the customer's own accounts."""
    return account.kind in _PAYABLE and account.status is AccountStatus.ACTIVE


def _customer_id(visit: Visit) -> str:
    if visit.principal.customer_id is None:
        raise NoSuchPage("a login without a customer has no documents")
    return visit.principal.customer_id


def _wanted(given: Mapping[str, str]) -> StatementWish:
    try:
        since, until = date.fromisoformat(given.get("from", "")), date.fromisoformat(given.get("to", ""))
    except ValueError as error:
        raise InvalidInput("a day that cannot be read", code="document.day", sentence=_BAD_DAY) from error
    if not date(1990, 1, 1) <= min(since, until) <= max(since, until) <= date(2200, 1, 1):
        raise InvalidInput("a day of no bank", code="document.day", sentence=_BAD_DAY)
    return StatementWish(account_id=given.get("account", ""), since=since, until=until)


def _form(visit: Visit) -> str:
    return visit.request.url.path.rpartition(".")[2]


def _name(text: str) -> str:
    """A part of a file's name, of letters that every system keeps."""
    return "".join(one for one in text if one.isascii() and (one.isalnum() or one in "_-"))


def _file(content: bytes, name: str, form: str) -> Response:
    """A file to be saved and not shown, that no cache keeps."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        # Were it opened in a window all the same, nothing in it would run or load.
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    }
    return Response(content, media_type=_TYPES[form], headers=headers)
