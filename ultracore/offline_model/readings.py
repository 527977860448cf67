"""Answers that only read: balances, transactions, payees."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ultracore.offline_model import wording
from ultracore.offline_model.facts import BALANCE, CUSTOMER, CustomerFacts, facts_of, results_of
from ultracore.offline_model.language import (
    account_ids_in,
    accounts_named,
    fold,
    kinds_named,
    payees_named,
    words_of,
)
from ultracore.offline_model.wire import Reply, ToolRequest, WireConversation

MOST_LINES = 10

_PERIODS = (
    (re.compile(r"\btoday\b"), 1),
    (re.compile(r"\byesterday\b"), 2),
    (re.compile(r"\bfortnight\b"), 14),
    (re.compile(r"\bweek\b"), 7),
    (re.compile(r"\bquarter\b"), 92),
    (re.compile(r"\byear\b"), 366),
)
_DAYS = re.compile(r"\b(\d{1,3}) (day|week|month)s?\b")
_UNIT_DAYS = {"day": 1, "week": 7, "month": 31}
_OUT = re.compile(r"\b(?:spend|spent|spending|bought|purchases?|expenses|went out|paid|debits|payments)\b")
_IN = re.compile(r"\b(?:came in|income|salary|paid me|received|deposits|credits|paid to me)\b")
_AT = re.compile(r"\bat (?!all\b|the moment\b|once\b)")
_NO_NAMES = frozenset(
    "my the last this past week month year days day today yesterday account everyday savings business all "
    "me fortnight weekend far much money recently since and transactions transaction payment payments "
    "paid spent spend show what which when where have from with into account".split()
)


def answer_balance(conversation: WireConversation, text: str) -> Reply:
    """Balances of all accounts, or of those that the text names."""
    told = results_of(conversation, BALANCE)
    if told:
        return Reply("\n".join(_told(result.data, result.error_code) for result in told))
    typed = account_ids_in(text)
    if typed and BALANCE in conversation.tools:
        return _ask_balances(typed)
    facts = facts_of(conversation)
    if facts is not None and facts.fresh:
        return Reply(_balances(text, facts))
    named = accounts_named(text, facts) if facts else []
    if named and BALANCE in conversation.tools:
        return _ask_balances([one.account_id for one in named])
    return _look_up(conversation, {"include_transactions": False})


def answer_transactions(conversation: WireConversation, text: str) -> Reply:
    """The newest transactions of the time, the account and the shop that the text names."""
    facts = facts_of(conversation)
    if facts is None or not facts.fresh:
        return _look_up(conversation, {"include_transactions": True, "transaction_days": days_in(text)})
    chosen = _chosen(text, facts)
    if not chosen:
        return Reply(
            "I see no such transactions in that time. You can ask for a longer one, for example “this year”."
        )
    lead = "This is what went out, newest first. I list it, I don't add it up:"
    if not _OUT.search(fold(text)):
        lead = "These are your transactions, newest first:"
    lines = [wording.transaction_line(one, facts) for one in chosen[:MOST_LINES]]
    more = ["There are more; ask for a shorter time to see fewer."] if len(chosen) > MOST_LINES else []
    return Reply("\n".join([lead, *lines, *more]))


def answer_payees(conversation: WireConversation) -> Reply:
    """Whom the customer may pay."""
    facts = facts_of(conversation)
    if facts is None or not facts.fresh:
        return _look_up(conversation, {"include_transactions": False})
    return Reply(wording.payees_sentence(facts))


def days_in(text: str) -> int:
    """How many days back a text asks for; 31 if it does not say."""
    plain = fold(text)
    counted = _DAYS.search(plain)
    if counted:
        return max(1, min(366, int(counted[1]) * _UNIT_DAYS[counted[2]]))
    return next((days for pattern, days in _PERIODS if pattern.search(plain)), 31)


def _look_up(conversation: WireConversation, arguments: Mapping[str, Any]) -> Reply:
    asked = results_of(conversation, CUSTOMER)
    # Asked once already: the same call again would get the same answer.
    if asked:
        code = asked[-1].error_code
        return Reply(wording.refusal(code) if code else wording.UNREADABLE)
    if CUSTOMER not in conversation.tools:
        return Reply(wording.NO_TOOLS)
    return Reply(calls=(ToolRequest(CUSTOMER, arguments),))


def _ask_balances(account_ids: Sequence[str]) -> Reply:
    # A turn may make five calls; three leave room for the rest of the message.
    return Reply(calls=tuple(ToolRequest(BALANCE, {"account_id": one}) for one in account_ids[:3]))


def _told(account: Mapping[str, Any], error_code: str | None) -> str:
    if error_code is not None:
        return wording.refusal(error_code)
    return wording.balance_sentence(account) if "balance" in account else wording.UNREADABLE


def _balances(text: str, facts: CustomerFacts) -> str:
    named = {one.account_id for one in accounts_named(text, facts)}
    missing = kinds_named(text) - {one.kind for one in facts.accounts}
    lines = [_told(one, None) for one in facts.balances if not named or one.get("account_id") in named]
    if not lines:
        return "I see no accounts of yours."
    lead = [wording.no_such_account(sorted(missing))] if missing and not named else []
    return "\n".join([*lead, *lines])


def _chosen(text: str, facts: CustomerFacts) -> list[Mapping[str, Any]]:
    plain = fold(text)
    accounts = {one.account_id for one in accounts_named(text, facts)}
    sign = 1 if _IN.search(plain) else -1 if _OUT.search(plain) else 0
    rows = [
        one
        for one in facts.transactions
        if (not accounts or one.get("account_id") in accounts) and Decimal(str(one["amount"])) * sign >= 0
    ]
    named = _names_in(plain) | {
        word for payee in payees_named(text, facts) for word in _names_in(fold(payee.name))
    }
    known = {word for one in rows for word in _names_in(fold(str(one.get("description"))))}
    if named & known:
        return [one for one in rows if named & _names_in(fold(str(one.get("description"))))]
    return [] if _AT.search(plain) or payees_named(text, facts) else rows


def _names_in(plain: str) -> set[str]:
    """Words that can be a shop's or payee's name."""
    return {word for word in words_of(plain) if len(word) >= 4 and word not in _NO_NAMES and not word.isdigit()}
