"""Accounts: statements, interest to date, opening and closing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ultracore.dates import read_period, today_at_the_bank
from ultracore.errors import ToolRefused
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.domains.spending import MOST_LINES
from ultracore.offline_model.facts import CustomerFacts, KnownAccount
from ultracore.offline_model.language import kinds_named
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

STATEMENT = "get_statement"
INTEREST = "get_interest_to_date"
OPEN = "open_account"
CLOSE = "close_account"
TRIAL = "get_trial_balance"
NUMBERS = "get_account_numbers"
MOST_RATES = 3
_WITH_RATES = ("savings", "loan")

_LOAN = re.compile(r"\b(?:loan|mortgage)\b")
_OWED = re.compile(r"\b(?:loan|mortgage|owe|owing|charged|pay)\b")
_CALLED = re.compile(r"\b(?:called|named|name it|call it)\s+[\"“']?([^\"”',.?!]{1,60})", re.I)
_OTHER_KINDS = re.compile(r"\b(?:business|term deposit|joint|credit card|super)\b")


_MONTHS = "january february march april may june july august september october november december last".split()
_END_OF = re.compile(rf"\b(?:at )?(?:the )?end of (?={'|'.join(_MONTHS)}\b)", re.IGNORECASE)


def answer_statement(request: Request) -> Reply:
    """The statement of one account, for the days asked for, else for last month."""
    account = _account(request, "everyday")
    if isinstance(account, Reply):
        return account
    # A statement's closing balance is the balance at the end of its days.
    days = replace(request, texts=tuple(_END_OF.sub("in ", text) for text in request.texts))
    span = days.span()
    if isinstance(span, Reply):
        return span
    since = (span.since if span else None) or "last month"
    # The bank reads these words itself, so that dates have one meaning everywhere.
    until = (span.until or "today") if span else "last month"
    return request.ask(STATEMENT, {"account_id": account.account_id, "since": since, "until": until}, _statement)


def answer_interest(request: Request) -> Reply:
    """Interest of the account that is named, else of the savings, or of the loan if it is owed."""
    account = _account(request, "loan" if _OWED.search(request.plain) else "savings")
    if isinstance(account, Reply):
        return account
    span = request.span()
    if isinstance(span, Reply):
        return span
    arguments: dict[str, Any] = {"account_id": account.account_id}
    return request.ask(INTEREST, arguments | (span.arguments if span else {}))


def answer_rate(request: Request) -> Reply:
    """The rate of the account that is named; without one, of the savings and of each loan."""
    facts = request.facts()
    if isinstance(facts, Reply):
        return facts
    named = request.named_account(facts)
    wanted = [one for one in facts.accounts if one.account_id == named or (not named and one.kind in _WITH_RATES)]
    said: list[str] = []
    for one in wanted[:MOST_RATES] or list(facts.accounts)[:1]:
        reply = request.ask(INTEREST, {"account_id": one.account_id}, _rate)
        if reply.calls:
            return reply
        said.append(reply.text)
    return Reply("\n".join(said) or "I see no accounts of yours.")


def answer_numbers(request: Request) -> Reply:
    """BSB and account number of the own accounts."""
    return request.ask(NUMBERS, {}, _numbers)


def _rate(data: Mapping[str, Any]) -> str:
    name = f"{plain_text(str(data['name']))} ending {data['number_last_digits']}"
    if float(data["annual_rate"]) == 0:
        return f"{name} has no interest."
    return f"The rate of {name} is {data['annual_rate']}% a year."


def _numbers(data: Mapping[str, Any]) -> str:
    lines = [
        f"- {plain_text(one['name'])}: BSB {one['bsb']}, account number {one['account_number']}"
        for one in data["accounts"]
    ]
    return "\n".join([f"To be paid, give these, in the name of {plain_text(data['holder'])}:", *lines])


def answer_trial_balance(request: Request) -> Reply:
    """The trial balance at the day asked for, else of today. Its table is in the step."""
    span = request.span()
    if isinstance(span, Reply):
        return span
    words = (span.until or span.since) if span else None
    if words is None:
        return request.ask(TRIAL, {})
    try:
        day = read_period(words, today_at_the_bank()).last
    except ToolRefused as error:
        return Reply(error.sentence)
    return request.ask(TRIAL, {"as_of_date": day.isoformat()})


def answer_opening(request: Request) -> Reply:
    """A card for a new account; asks for the kind if it was not said."""
    kinds = request.newest(lambda text: kinds_named(text) or None) or set()
    # Asked and not guessed: the card would open an account of the wrong kind.
    if len(kinds & {"everyday", "savings"}) != 1:
        other = request.newest(lambda text: _OTHER_KINDS.search(spoken(text)))
        lead = f"I can open everyday and savings accounts here, no {other.group()} account. " if other else ""
        return Reply(f"{lead}{Ask.ACCOUNT_KIND}?")
    arguments = {"kind": next(iter(kinds & {"everyday", "savings"}))}
    name = request.newest(lambda text: _CALLED.search(" ".join(text.split())))
    if name:
        arguments["name"] = name[1].strip()
    return request.ask(OPEN, arguments)


def answer_closing(request: Request) -> Reply:
    """A card that closes the account that is named; asks if none is."""
    account = _account(request, None)
    return account if isinstance(account, Reply) else request.ask(CLOSE, {"account_id": account.account_id})


def _account(request: Request, usual: str | None) -> KnownAccount | Reply:
    """The account that was named, else the only one of the usual kind, else a question."""
    facts = request.facts()
    if isinstance(facts, Reply):
        return facts
    named = request.named_account(facts)
    wanted = [one for one in facts.accounts if one.account_id == named]
    if not wanted and usual is not None:
        wanted = [one for one in facts.accounts if one.kind == usual]
        # With a single account there is nothing to ask.
        if not wanted and len(facts.accounts) == 1:
            wanted = list(facts.accounts)
    return wanted[0] if len(wanted) == 1 else Reply(_which(facts))


def _which(facts: CustomerFacts) -> str:
    if not facts.accounts:
        return "I see no accounts of yours."
    names = ", ".join(f"{plain_text(one.title)} ending {one.last_digits}" for one in facts.accounts)
    return f"These are your accounts: {names}. {Ask.ACCOUNT}?"


def _statement(data: Mapping[str, Any]) -> str:
    coming, going = money_text(data["money_in"], data["currency"]), money_text(data["money_out"], data["currency"])
    lines = [
        f"- {one['date']}: {plain_text(str(one['description']))}, {money_text(one['amount'], data['currency'])}"
        for one in data["lines"][-MOST_LINES:]
    ]
    cut = ["The newest lines are these; the step above has them all:"] if len(data["lines"]) > MOST_LINES else []
    return "\n".join([f"{message_of(data)} In: {coming}, out: {going}.", *cut, *lines])


ABILITIES = (
    Ability(
        domain="Accounts",
        tool=NUMBERS,
        applies=re.compile(
            r"\b(?:my|what|whats|your|is the)\b.*\bbsb\b|\bmy (?:\w+ )?(?:account|bank) (?:number|details"
            r"|numbers)\b|\bbsb (?:and|n|&) "
            r"(?:account|number)\b|\bwhats? (?:is )?(?:my|the) (?:\w+ )?account number\b|"
            r"\b(?:details|number|numbers|what)\b.*\b(?:to|so|for) (?:\w+ ){0,3}(?:pay me|get paid|be paid"
            r"|send me|transfer (?:to )?me)\b|^bsb\??$"
        ),
        unless=re.compile(
            r"\b(?:payee|add|save|scam\w*|asked|asking|gave|told|card number|his|her|their|change|update"
            r"|bank detail change)\b"
        ),
        answer=answer_numbers,
    ),
    Ability(
        domain="Accounts",
        tool=INTEREST,
        applies=re.compile(
            r"\b(?:what|whats|which|how (?:high|good|much)|tell me|current|my"
            r"|your)\b.*\b(?:interest )?rates?\b(?!.*\bexchange)"
        ),
        unless=re.compile(
            r"\b(?:exchange|credit|heart|success|inflation|home loan rates?|car loan|if i|borrow\w*|would|could"
            r"|eligible|usd|euro|over \d|hourly"
            r"|my (?:\w+ )?loan|mortgage|repayments?|compound)\b"
        ),
        answer=answer_rate,
    ),
    Ability(
        domain="Accounts",
        tool=TRIAL,
        applies=re.compile(r"\btrial balance\b|\bdebits and credits\b"),
        answer=answer_trial_balance,
    ),
    Ability(
        domain="Accounts",
        tool=OPEN,
        applies=re.compile(
            r"\b(?:open|start|create|get|set up|want|need)\b(?: \w+){0,4} (?:account|saver|savings)\b.*|"
            r"\bnew (?:\w+ )?account\b"
        ),
        unless=re.compile(
            r"\b(?:close|statement|balance|transfer|send|pay|move|find|interest|payee|how much|into|from|out of)\b"
        ),
        answer=answer_opening,
        sealed=True,
    ),
    Ability(
        domain="Accounts",
        tool=CLOSE,
        applies=re.compile(
            r"\b(?:close|shut|get rid of|delete)\b(?: \w+){0,4} (?:account|saver|savings|everyday)\b"
        ),
        answer=answer_closing,
        sealed=True,
    ),
    Ability(
        domain="Accounts",
        tool=STATEMENT,
        applies=re.compile(
            r"\bstatements?\b|\b(?:opening|closing) balance\b|\bbalance (?:on|at the (?:start|end|beginning) of)\b"
        ),
        unless=re.compile(r"\b(?:trial|on my statement|off my statement)\b"),
        answer=answer_statement,
    ),
    Ability(
        domain="Accounts",
        tool=INTEREST,
        applies=re.compile(
            r"\binterest\b.*\b(?:earned|earn|so far|built up|accrued|to date|owe|owing|charged|get|got|made|making"
            r"|savings|account|loan|been paid|paid|this|last|year|month|in)\b|\b(?:earned|earn|accrued|how much"
            r"|what) (?:\w+ )*interest\b"
        ),
        unless=re.compile(
            r"\b(?:find|transactions|spend|spent|compound|fixed interest|pay in interest|repayments?|over|eligible"
            r"|explain|what is|what are|whats an?|would)\b"
        ),
        answer=answer_interest,
    ),
)
