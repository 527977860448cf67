"""Spending and transactions: totals by category, month or payee, and single payments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.language import (
    KIND_WORDS,
    find_amounts,
    kinds_named,
    without_amounts,
    without_periods,
    words_of,
)
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

SEARCH = "search_transactions"
SPENDING = "summarise_spending"
MOST_LINES = 10

_CATEGORIES = tuple(
    (category, re.compile(rf"\b(?:{words})\b"))
    for category, words in (
        ("groceries", "grocery|groceries|supermarkets?|food"),
        ("eating out", "eating out|restaurants?|takeaways?|take away|cafes?|coffees?|dining(?: out)?|dinners"),
        ("transport", "transport|fuel|petrol|taxis?|buses|trains?|commuting"),
        ("phone and internet", "phone|internet|mobile|broadband"),
        ("utilities", "utilities|utility bills?|electricity|gas bills?|water bills?"),
        ("insurance", "insurance"),
        ("entertainment", "entertainment|streaming|movies"),
        ("rent", "rent"),
        ("tax", "tax"),
        ("fees", "fees|bank fees|charges"),
        ("interest", "interest"),
        ("loan repayments", "loan repayments?|loan payments?"),
        ("salary", "salary|pay ?check|payslip|wages|my pay"),
        ("shopping", "shopping|clothes"),
    )
)
_AVERAGE = re.compile(r"\b(?:average|usually|normally|typically)\b")
NO_AVERAGE = "I don't work out averages. This is the sum of the days named:"
_STOP = frozenset(
    "a about account accounts all also amount an and any anything anywhere are at be been bought buy by came can "
    "category charge charged charges could day days deposit deposits did do does each ever expense expenses find "
    "for from get give go gone had has have how i id im in into is it ive just last latest list look looking made "
    "make many me money month most much my of on or out over paid pay paying payment payments per please purchase "
    "purchases recent recently search see sent send shop show since so spend spending spent statement store tell "
    "than that the them there they this to total transaction transactions transfer transferred under up us was we "
    "week went what when where which who with year you bank card more less above below come yet newest history "
    "money between until during over again bill bills thanks hi hello hey anya need want would like plz pls "
    "large big biggest largest amounts did do income salary received incoming no not instead actually "
    "everyday checking biller in through right now why everything out monthly yearly "
    "before after prior earlier that one gimme biggest largest highest dearest expensive top single card landed "
    "land arrive arrived cleared gone taken "
    "twice double already whats usually normally average "
    "debited through three four five six seven eight nine ten two one couple few yet leave left ago".split()
)
_OVER = re.compile(r"\b(?:over|above|more than|at least|bigger than|greater than|larger than)\b")
_UNDER = re.compile(r"\b(?:under|below|less than|at most|smaller than)\b")
_LARGEST = re.compile(r"\b(?:biggest|largest|highest|dearest|most expensive|top)\b")
_COUNTED = re.compile(
    r"\b(?:last|latest|recent|past|biggest|largest|top|newest) "
    r"(\d{1,2}|two|three|four|five|six|seven|eight|nine|ten|few|couple) (?:\w+ )?"
    r"(?:payments?|purchases?|transactions?|expenses?|deposits?)\b|\bmy last (payment|purchase"
    r"|transaction)\b(?! to)"
)
_RANKED = re.compile(f"{_LARGEST.pattern}|{_COUNTED.pattern}")
_NUMBERS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True)) | {
    "few": 3,
    "couple": 2,
}
_PURCHASES = re.compile(r"\bpurchases?\b")
_OUTGOING = re.compile(r"\b(?:payments?|purchases?|expenses?|spen[dt]\w*|bills?)\b")
_DID = re.compile(
    r"^(?:hey |hi |so |ok |has |have |did |is |was )*(?:did|has|have|is|was) (?:my|the|our) (?:\w+ ){1,3}?"
    r"(?:go|gone|went|come|came|been|get|got|taken|paid|debited|land|landed|arrive|arrived|cleared|leave|left)\b"
)
_BY_MONTH = re.compile(r"\b(?:by month|per month|each month|every month|monthly|month by month)\b")
_BY_PAYEE = re.compile(r"\b(?:by payee|by shop|by store|which shops?|whom? did i pay|what shops?)\b")
_INCOMING = re.compile(r"\b(?:came in|come in|income|received|deposits|incoming|credits|paid me|pay me)\b")


def answer_spending(request: Request) -> Reply:
    """Totals of the days asked for; of one category or one payee if the text names one."""
    span = request.span()
    if isinstance(span, Reply):
        return span
    arguments: dict[str, Any] = dict(span.arguments) if span else {}
    category = request.newest(category_in)
    name = None if category else request.newest(name_in)
    if _BY_MONTH.search(request.plain):
        arguments["by"] = "month"
    elif name or _BY_PAYEE.search(request.plain):
        arguments["by"] = "payee"
    else:
        arguments["by"] = "category"
    lead = f"{NO_AVERAGE}\n" if _AVERAGE.search(request.plain) else ""
    return request.ask(SPENDING, arguments, lambda data: lead + _spent(data, category or name))


def answer_search(request: Request) -> Reply:
    """Single transactions, newest first."""
    arguments: dict[str, Any] = {}
    # A shop goes before its category: "food from Woolworths" is a question about Woolworths.
    category, name = request.newest(category_in), request.newest(name_in)
    if category and not name:
        arguments["category"] = category
    elif name:
        arguments["text"] = name
    arguments |= _order(request)
    kinds = request.newest(lambda text: kinds_named(text) or None)
    if kinds:
        facts = request.facts()
        if isinstance(facts, Reply):
            return facts
        account = request.named_account(facts)
        arguments |= {"account_id": account} if account else {}
    span = request.span()
    if isinstance(span, Reply):
        return span
    arguments |= span.arguments if span else {}
    arguments |= request.newest(_limits) or {}
    incoming = bool(_INCOMING.search(request.plain))
    if incoming:
        arguments["flow"] = "in"
    asked = _DID.search(request.plain) is not None
    return request.ask(SEARCH, arguments, lambda data: _found(data, incoming=incoming, asked=asked))


def _order(request: Request) -> dict[str, Any]:
    """How many are wanted, the largest or the newest, and whether purchases or payments are meant."""
    found: dict[str, Any] = {}
    plain = request.newest(lambda text: spoken(text) if _RANKED.search(spoken(text)) else None)
    if plain is None:
        return found
    largest, counted = _LARGEST.search(plain), _COUNTED.search(plain)
    if largest:
        found["order"] = "largest"
    number = counted[1] if counted else None
    many = bool(re.search(r"\b(?:purchases|payments|expenses|transactions|deposits)\b", plain))
    found["limit"] = min(
        int(number) if number and number.isdigit() else _NUMBERS.get(number or "", 5 if many else 1), 10
    )
    if _PURCHASES.search(plain):
        found["text"] = "card purchase"
    if _OUTGOING.search(plain) and not _INCOMING.search(plain):
        found["flow"] = "out"
    return found


def category_in(text: str) -> str | None:
    """The spending category that a text names."""
    plain = spoken(text)
    return next((category for category, words in _CATEGORIES if words.search(plain)), None)


def name_in(text: str) -> str | None:
    """What is left of a text as a shop's or a person's name."""
    accounts = {word for kind in kinds_named(text) for word in KIND_WORDS.get(kind, ())}
    known = {word for _, words in _CATEGORIES for word in words_of(spoken(text)) if words.fullmatch(word)}
    rest = without_amounts(without_periods(text))
    words = [
        word
        for word in words_of(rest)
        # Both spellings: a corrected word may be a stop word although the typed one is not.
        if word not in _STOP and spoken(word) not in _STOP | known | accounts and not word.isdigit()
    ]
    return " ".join(words) or None


def _limits(text: str) -> dict[str, str] | None:
    plain, amounts = spoken(text), find_amounts(without_periods(text))
    if not amounts:
        return None
    if _OVER.search(plain):
        return {"min_amount": amounts[0]}
    if _UNDER.search(plain):
        return {"max_amount": amounts[0]}
    return {"min_amount": amounts[0], "max_amount": amounts[-1]}


def _spent(data: Mapping[str, Any], name: str | None) -> str:
    groups = data["groups"]
    if name is None:
        lines = [f"- {plain_text(one['label'])}: {money_text(one['amount'])}" for one in groups[:MOST_LINES]]
        return "\n".join([message_of(data), *lines])
    wanted = [one for one in groups if _is_called(str(one["label"]), name)]
    days = f"from {_day(data['since'])} to {_day(data['until'])}"
    if not wanted:
        return f"I see nothing that was spent on “{plain_text(name)}” {days}. In all: {message_of(data)}"
    lines = [f"{money_text(one['amount'])} on {plain_text(one['label'])}" for one in wanted[:MOST_LINES]]
    return f"You spent {' and '.join(lines)} {days}."


def _is_called(label: str, name: str) -> bool:
    words = words_of(label)
    return all(any(word.startswith(part) for word in words) for part in words_of(name))


def _found(data: Mapping[str, Any], *, incoming: bool, asked: bool) -> str:
    lines = data["transactions"]
    if incoming:
        lines = [one for one in lines if not str(one["amount"]).startswith("-")]
        if not lines:
            return "I see no money that came in there. You can name other days, for example “this year”."
    if asked and lines:
        return f"Yes. The newest is this:\n{_line(lines[0])}"
    shown = [_line(one) for one in lines[:MOST_LINES]]
    if not shown:
        return f"{message_of(data)} You can name other words or days, for example “this year”."
    lead = "These came in, newest first:" if incoming else message_of(data)
    more = ["There are more; name fewer days to see fewer."] if len(lines) > MOST_LINES else []
    return "\n".join([lead, *shown, *more])


def _line(item: Mapping[str, Any]) -> str:
    words = plain_text(str(item["description"]))
    where = plain_text(str(item["account_name"]))
    return f"- {_day(item['date'])}: {words}, {money_text(item['amount'])} ({where})"


def _day(text: object) -> str:
    return day_text(date.fromisoformat(str(text)))


_SEARCHED = re.compile(
    r"\bmy (?:pay|salary|wages) (?:hasnt|has not|has|didnt|did not|isnt|is not)\b|"
    r"\b(?:did|has|have|is|was) (?:my|the|our) (?:\w+ ){1,3}?(?:go|gone|went|come|came|been|get|got|taken|paid"
    r"|debited|land"
    r"|landed|arrived?|cleared|leave|left)\b|\b(?:biggest|largest|highest|dearest|most expensive|top) "
    r"(?:\w+ ){0,2}(?:payments?|purchases?|transactions?|expenses?|deposits?|spend|bills?)\b|"
    r"\b(?:find|search|look (?:for|up)|looking for|locate)\b(?! out\b)|\b(?:did|have|has) (?:i|my|the"
    r"|anyone|\w+) (?:\w+ )?"
    r"(?:pay|paid|sent?|come in|been paid|bought|buy|transfer\w*)\b|^when (?:did|was|were)\b|"
    r"\b(?:payments?|transactions?|purchases?|charges?) (?:to|at|from|with|over|under|above|below|of|on"
    r"|for|more|in"
    r"|between)\b|\b(?:show|list|see|get)\b.*\b(?:payments|transactions|purchases)\b|\bcame in\b|\bsalary\b|"
    r"\b(?:last|recent|latest) (?:\w+ )?(?:payments?|transactions?|purchases?)\b|\bdirect debits?\b|"
    r"\bwhy (?:did|was|were|have) (?:you|i|my|they)\b.*\b(?:charged?|fees?)\b"
)
_SUMMED = re.compile(
    r"\b(?:spend|spent|spending|expenses|outgoings)\b|\bwhere (?:did|does|has|is) (?:all )?my money\b|"
    r"\bhow much (?:\w+ )?(?:did|have|do|has) (?:i|we) (?:pay|paid|spend|spent|blow|cost)\b|\bhow much (?:went"
    r"|goes)\b"
)
_NOT_SEARCHED = re.compile(
    r"\b(?:loans?|mortgage|portfolio|invest\w*|shares|payees|unusual|suspicious|scam\w*|fee to|cost to|rates?|"
    r"balance|repayments? (?:on|be|for)|recogni[sz]e|statement)\b"
)

ABILITIES = (
    Ability(
        domain="Accounts",
        tool=SPENDING,
        applies=_SUMMED,
        answer=answer_spending,
        unless=re.compile(
            r"\b(?:available|find|search|list|show me (?:the|my|all)? ?transactions|borrow|loan of)\b"
        ),
    ),
    Ability(domain="Accounts", tool=SEARCH, applies=_SEARCHED, answer=answer_search, unless=_NOT_SEARCHED),
)
RECENT = ABILITIES[1]
"""For questions about the past that name nothing more."""
