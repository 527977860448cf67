"""What the bank holds about a customer: who looked at it, and a copy of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ultracore.offline_model.ability import Ability
from ultracore.offline_model.request import Request, message_of
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text

VIEWINGS = "list_data_access"
DOWNLOAD = "get_data_download"
DOCUMENTS = "get_documents"
MOST_LINES = 8

_DATA = r"(?:data|details|information|info|records?|file|profile|accounts?|conversations?|chats?)"


def answer_viewings(request: Request) -> Reply:
    """Who looked, when and why."""
    return request.ask(VIEWINGS, {}, _viewings)


def answer_download(request: Request) -> Reply:
    """The links to the copy."""
    return request.ask(DOWNLOAD, {}, _download)


def answer_documents(request: Request) -> Reply:
    """The links to the files."""
    return request.ask(DOCUMENTS, {}, _download)


def _viewings(data: Mapping[str, Any]) -> str:
    lines = [
        f"- {one['when']}: {plain_text(one['who'])}, {plain_text(one['what'])}"
        f" (reason: {plain_text(one['reason'] or 'none given')})"
        for one in data["viewings"][:MOST_LINES]
    ]
    return "\n".join([message_of(data), *lines])


def _download(data: Mapping[str, Any]) -> str:
    return "You can open it with the links above."


_LOOKED = (
    r"(?:looked|look|looking|accessed|access|accessing|seen|saw|see|read|viewed|view|viewing|opened|exported)"
)
_ANYBODY = r"(?:any ?(?:one|body)|some ?(?:one|body)|staff|a teller|the bank|you)"
_HELD = r"(?:hold|held|have|has|store|stored|know|keep|kept)"

_FILED = r"(?:statements?|receipts?|transactions|conversations?|chats?)"

ABILITIES = (
    Ability(
        domain="Security",
        tool=VIEWINGS,
        applies=re.compile(
            rf"\bwho (?:\w+ ){{0,3}}?(?:{_LOOKED}|been in|checked|snooped)\b"
            rf"(?: \w+){{0,2}}? (?:my {_DATA}|at me)\b|"
            rf"\b(?:has|did) {_ANYBODY}(?: \w+){{0,4}}? {_LOOKED}\b(?: \w+){{0,2}}? my {_DATA}\b|"
            rf"\b(?:access|accesses|viewings) (?:to|of) my {_DATA}\b"
        ),
        answer=answer_viewings,
        unless=re.compile(r"\b(?:payment|transaction|charge|card)s?\b"),
    ),
    Ability(
        domain="Accounts",
        tool=DOCUMENTS,
        applies=re.compile(
            rf"\b(?:download|export|save|print)\b(?: \w+){{0,5}}? {_FILED}\b|"
            rf"\b{_FILED}\b(?: \w+){{0,6}}? (?:as|in|for) (?:an? )?(?:pdf|csv|ofx|file|excel|spreadsheet)\b"
        ),
        answer=answer_documents,
        unless=re.compile(r"\bsav(?:e|ed|es|ing) (?:\w+ )?(?:money|more|up)\b"),
    ),
    Ability(
        domain="Security",
        tool=DOWNLOAD,
        applies=re.compile(
            r"\b(?:download|export|copy|get|have|send|give|show|see)\b"
            r"(?: \w+){0,4}? my (?:\w+ )?(?:data|information)\b|"
            r"\b(?:what|everything|all|data|information)\b"
            rf"(?: \w+){{0,4}}? {_HELD}\b(?: \w+){{0,2}}? (?:about|on) me\b|"
            r"\b(?:data|information|info)\b(?: \w+){0,4}? about me\b"
        ),
        answer=answer_download,
        unless=re.compile(r"\b(?:statements?|transactions?|balances?|spend\w*|accounts?|payees?)\b"),
    ),
)
