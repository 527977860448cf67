"""`/my-data` and `/my-data.json`: a signed-in customer's copy of everything that is held about them."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from string import Template
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ultracore.chat.door import caller_of
from ultracore.chat.http.signin import connection_of
from ultracore.chat.runtime import Runtime
from ultracore.errors import SessionEnded
from ultracore.wording import when_text

FILE_NAME: Final = "my-data.json"
TITLES: Final[Mapping[str, str]] = {
    "customer": "You",
    "logins": "Your user names",
    "accounts": "Accounts",
    "balances": "Balances",
    "payees": "Saved payees",
    "cooling_off": "Limits on new payees",
    "requests": "What you were asked to approve",
    "holds": "Money that was held",
    "loans": "Loans",
    "repayment_accounts": "Accounts that loans are paid from",
    "loan_applications": "Loan applications",
    "loan_decisions": "Decisions on loan applications",
    "holdings": "Holdings",
    "trades": "Trades",
    "investment_profiles": "Investment profile",
    "cards": "Cards",
    "incidents": "Reports to security",
    "surroundings": "Browsers and places that we have seen before (kept as digests)",
}
REQUEST: Final = ("created_at", "tool", "amount", "currency", "status", "reason", "reference", "ended_at")
_LINE_ENDS: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\u0085\u2028\u2029"}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

_PAGE: Final = Template("""<!doctype html>
<html lang="en-AU"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>My data · UltraCore Bank</title><link rel="icon" href="/favicon"><style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
.wide{overflow-x:auto;margin:.5rem 0 1.5rem}
table{border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid #8886;padding:.3rem .6rem;text-align:left;vertical-align:top}
td{overflow-wrap:anywhere;min-width:5rem}
summary{cursor:pointer;margin:.5rem 0}li{margin:.5rem 0;white-space:pre-wrap;list-style:none}
b{display:block;font-size:.85rem;opacity:.75}.lead{opacity:.85}
@media print{details{display:block}}
</style></head><body><h1>My data</h1>
<p class="lead">Everything that UltraCore Bank holds about you, as of $made. With every detail, for programs:
<a href="my-data.json">my-data.json</a>. <a href="./">Back to Anya</a></p>
<h2>Who looked at your data</h2>
$viewings
<h2>Conversations</h2>
$conversations
<h2>Transactions</h2>
$transactions
$sections
<h2>Sign-ins</h2>
$sign_ins
</body></html>
""")


class MyData:
    """The two downloads. Staff, and people who are not signed in, get a sentence instead."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def page(self, request: Request) -> Response:
        """A page to read, without scripts; the sign-in page for somebody who is not signed in."""
        try:
            copy = await self._copy(request, "html")
            # A copy may hold years of conversations: others' turns go on while it is written out.
            return HTMLResponse(await asyncio.to_thread(my_data_page, copy))
        # A page that a person opens leads to the sign-in; a script gets a status from the boundary.
        except SessionEnded:
            return RedirectResponse("login", status_code=303)

    async def file(self, request: Request) -> Response:
        """The same as JSON (its shape is in docs/privacy.md)."""
        copy = await self._copy(request, "json")
        headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
        # Beside the event loop: a copy may hold years of conversations.
        body = await asyncio.to_thread(my_data_file, copy)
        return Response(body, media_type="application/json; charset=utf-8", headers=headers)

    async def _copy(self, request: Request, form: str) -> dict[str, Any]:
        principal = await caller_of(request, self._runtime)
        return await self._runtime.app.subject_access.copy_for(principal, connection_of(request), form=form)


def my_data_file(copy: Mapping[str, Any]) -> bytes:
    """The copy as JSON. What ends a line to some readers is escaped, so that no text of a person's does."""
    return json.dumps(copy, ensure_ascii=False, indent=1).translate(_LINE_ENDS).encode()


def my_data_page(copy: Mapping[str, Any]) -> str:
    """The copy as a page."""
    bank = copy["bank"]
    sections = [
        f"<h2>{html.escape(TITLES.get(name, name))}</h2>{_table([_told(name, row) for row in rows])}"
        for name, rows in bank.items()
        if name != "transactions" and rows
    ]
    return _PAGE.substitute(
        made=html.escape(_when(copy["made_at"])),
        viewings=_table([_looked(one) for one in copy["viewings"]], empty="No member of staff has looked at it."),
        conversations="\n".join(map(_conversation, copy["conversations"])) or "<p>None.</p>",
        transactions=_folded([_transaction(line) for line in bank["transactions"]]),
        sections="\n".join(sections),
        sign_ins=_folded([_sign_in(one) for one in copy["sign_ins"]]),
    )


def _told(section: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a row: of a request its outline, as the file has the details; never whose it is."""
    names = REQUEST if section == "requests" else tuple(row)
    return {name: row[name] for name in names if name != "customer_id"}


def _looked(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"when": one["when"], "who": one["who"], "what": one["what"], "reason": one["reason"] or "none given"}


def _sign_in(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"when": _when(one["time"]), **{name: value for name, value in one.items() if name != "time"}}


def _transaction(line: Mapping[str, Any]) -> dict[str, Any]:
    names = ("account_id", "amount", "currency", "description", "receipt_number")
    return {"when": _when(line["posted_at"]), **{name: line[name] for name in names}}


def _conversation(one: Mapping[str, Any]) -> str:
    items = "".join(
        f"<li><b>{html.escape(item['author'])}</b>{html.escape(item['text'])}</li>" for item in one["shown"]
    )
    return f"<details><summary>{html.escape(_when(one['began_at']))}</summary><ul>{items}</ul></details>"


def _table(rows: Sequence[Mapping[str, Any]], *, empty: str = "None.") -> str:
    if not rows:
        return f"<p>{html.escape(empty)}</p>"
    names = list(rows[0])
    head = _row("th", [name.replace("_", " ").capitalize() for name in names])
    body = "".join(_row("td", [_text(row.get(name)) for name in names]) for row in rows)
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    # On a phone it is wider than the page; who has no pointer scrolls it by keys.
    return f'<div class="wide" role="group" aria-label="Table" tabindex="0">{table}</div>'


def _folded(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table that may be long, behind a line that counts it."""
    return f"<details><summary>{len(rows)} in all, newest first</summary>{_table(rows)}</details>"


def _row(cell: str, texts: Iterable[str]) -> str:
    scope = ' scope="col"' if cell == "th" else ""
    return "<tr>" + "".join(f"<{cell}{scope}>{html.escape(text)}</{cell}>" for text in texts) + "</tr>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_text(item)}" for name, item in value.items() if item != "")
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    text = str(value)
    return _when(text) if _TIME.fullmatch(text) else text


def _when(time: str) -> str:
    return when_text(datetime.fromisoformat(time))
