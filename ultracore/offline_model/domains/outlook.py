"""What is to come and how it compares: pay days, regular payments, what came in, what a purchase would leave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.domains.spending import MOST_LINES, SPENDING, category_in, name_in
from ultracore.offline_model.language import Span, find_amounts, spans_in, without_periods
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

REGULAR = "list_regular_payments"
INCOME = "summarise_income"
AFFORD = "check_affordability"
COMPARE = "compare_spending"

_PAY = re.compile(r"\b(?:paid|pay|earn\w*|salary|salaries|wages?|payslip|pay ?check)\b")
_REGULAR_FILLERS = frozenset(
    "due next coming up when will is are going to go out come comes expected payment payments bill bills regular "
    "recurring upcoming which of be does it soon left still subscription subscriptions taken again".split()
)


def answer_pay_day(request: Request) -> Reply:
    """When the next pay is expected, from the days on which it came so far."""
    return request.ask(REGULAR, {"kind": "pay"})


def answer_regular(request: Request) -> Reply:
    """What goes out regularly and when it is expected next; of one payee or category if one is named."""
    category, name = request.newest(category_in), request.newest(_regular_name)
    return request.ask(REGULAR, {"kind": "out"}, lambda data: _regular(data, category, name))


def answer_income(request: Request) -> Reply:
    """The sum of what came in on the days asked for; of pay only if that was asked for."""
    span = request.span()
    if isinstance(span, Reply):
        return span
    arguments: dict[str, Any] = dict(span.arguments) if span else {}
    if any(_PAY.search(spoken(text)) for text in request.texts):
        arguments["category"] = "salary"
    return request.ask(INCOME, arguments, _income)


def answer_affordability(request: Request) -> Reply:
    """What a purchase would leave, with the assumptions; asks for its price."""
    amount = request.newest(lambda text: next(iter(find_amounts(without_periods(text))), None))
    if amount is None:
        return Reply(f"{Ask.PRICE}?")
    return request.ask(AFFORD, {"amount": amount}, _afforded)


def answer_comparison(request: Request) -> Reply:
    """The difference between two periods; with one named, the first is the one that was spoken of before."""
    unclear = request.span()
    named = request.newest(lambda text: spans_in(text) or None) or []
    if isinstance(unclear, Reply) and len(named) < 2:
        return unclear
    if not named:
        return Reply(f"{Ask.PERIOD}? You can compare, for example, this month with last month.")
    first = named[0] if len(named) > 1 else _before(request) or Span("this month", "this month")
    second = named[-1]
    arguments: dict[str, Any] = {
        "first_since": first.since or first.until,
        "first_until": first.until or "today",
        "second_since": second.since or second.until,
        "second_until": second.until or "today",
    }
    category = request.newest(category_in) or _category_before(request)
    arguments |= {"category": category} if category else {}
    return request.ask(COMPARE, arguments, _compared)


def _before(request: Request) -> Span | None:
    """The days that the last answer about spending was for."""
    for result in request.earlier_results(SPENDING, INCOME, COMPARE):
        days = result.data.get("first", result.data)
        if isinstance(days, Mapping) and {"since", "until"} <= days.keys():
            return Span(str(days["since"]), str(days["until"]))
    return None


def _category_before(request: Request) -> str | None:
    """The category that the last question about spending named."""
    earlier = request.conversation.earlier
    if not earlier or not any(result.tool in (SPENDING, COMPARE) for result in earlier[-1].results):
        return None
    return category_in(earlier[-1].user)


def _regular_name(text: str) -> str | None:
    name = name_in(text)
    words = [word for word in (name or "").split() if word not in _REGULAR_FILLERS]
    return " ".join(words) or None


def _regular(data: Mapping[str, Any], category: str | None, name: str | None) -> str:
    found = data["payments"]
    if category or name:
        wanted = [one for one in found if one["category"] == category or (name and _is_of(one, name))]
        if not wanted:
            return f"I see no regular payment for “{plain_text(name or category or '')}”. {data['assumption']}"
        found = wanted
    if not found:
        return message_of(data)
    lines = [
        f"- {_day(one['expected'])}: {plain_text(one['name'])}, {money_text(one['amount'])} last time"
        for one in found[:MOST_LINES]
    ]
    return "\n".join(["These payments go out regularly, the next one first:", *lines, str(data["assumption"])])


def _is_of(one: Mapping[str, Any], name: str) -> bool:
    words = str(one["name"]).casefold().split()
    return all(any(word.startswith(part) for word in words) for part in name.split())


def _income(data: Mapping[str, Any]) -> str:
    lines = [f"- {plain_text(one['label'])}: {money_text(one['amount'])}" for one in data["groups"][:MOST_LINES]]
    return "\n".join([message_of(data), *(lines if len(lines) > 1 else [])])


def _afforded(data: Mapping[str, Any]) -> str:
    assumed = [f"- {one}" for one in data["assumptions"]]
    return "\n".join([message_of(data), "This is a calculation and no advice. It assumes:", *assumed])


def _compared(data: Mapping[str, Any]) -> str:
    return " ".join([message_of(data), *(str(one) for one in data["assumptions"][1:])])


def _day(text: object) -> str:
    return day_text(date.fromisoformat(str(text)))


_GOT_PAID = r"(?:get|be|being|getting) paid"

ABILITIES = (
    Ability(
        domain="Accounts",
        tool=COMPARE,
        applies=re.compile(
            r"\bhow much (?:more|less)\b.*\b(?:than|compared)\b|\bcompare\b.*\b(?:spen[dt]\w*|month|week|year"
            r"|with|to)\b|"
            r"\b(?:spen[dt]\w*|did i spend)\b.*\b(?:more|less) than\b.*|^(?:is|was) (?:that|it|this) (?:more"
            r"|less|higher|lower)"
            r"\b.*\bthan\b|\b(?:spen[dt]\w*)\b.*\b(?:versus|vs|compared (?:to|with))\b|^(?:versus|vs"
            r"|compared (?:to|with))\b"
        ),
        unless=re.compile(r"\b(?:portfolio|shares|loan|target|balanced|over \d|than \d|rates?)\b"),
        answer=answer_comparison,
        whole=True,
    ),
    Ability(
        domain="Accounts",
        tool=REGULAR,
        applies=re.compile(
            rf"\bwhen\b.*\b(?:{_GOT_PAID}|paid next|next paid)\b|\bnext (?:pay|pay ?day|salary"
            rf"|wages?)\b(?! (?:city|rent))|"
            rf"\bwhen(?:s| is| will| does| do)\b.*\b(?:pay ?day|my (?:pay|salary|wages?))\b|"
            rf"\bhow (?:long|many days) (?:until|till|til|to|before)\b.*\b(?:pay ?day|paid|salary|pay)\b|"
            rf"\bdo i {_GOT_PAID}\b(?! last)"
        ),
        unless=re.compile(r"\b(?:when did|did i|last|have i|was i|loan|repayment|payee|much)\b"),
        answer=answer_pay_day,
    ),
    Ability(
        domain="Accounts",
        tool=REGULAR,
        applies=re.compile(
            r"\b(?:upcoming|recurring|regular|repeating) (?:\w+ )?(?:payments?|bills?|expenses|costs)\b"
            r"|\b(?:my|any|what|which) (?:\w+ )?subscriptions\b|"
            r"\b(?:bills?|payments?|what) (?:\w+ )?(?:is |are )?(?:coming up|due (?:soon|next|this|to go)"
            r"|going out (?:next|soon|this))\b|"
            r"\bwhen(?:s| is| are| will| does| do)\b.*\b(?:rent|bills?|insurance|internet|power|phone"
            r"|electricity|subscription)"
            r"\b.*\b(?:due|next|go out|going out|come out|taken|paid)\b|\bnext (?:rent|bill|electricity|power"
            r"|phone|internet)\b|"
            r"\bwhich bills\b|\bwhat bills\b|\bsubscriptions do i\b"
        ),
        unless=re.compile(
            r"\b(?:set up|make|create|start|schedule|did|last|was|pay my|loan|cancel|stop|change)\b"
        ),
        answer=answer_regular,
    ),
    Ability(
        domain="Accounts",
        tool=INCOME,
        applies=re.compile(
            r"\bhow much\b.*\b(?:(?:did|do|have|had|was|were|am) i\b.*\b(?:get paid|paid|earn\w*|make|made"
            r"|received?)"
            r"|(?:money|cash) (?:came|come|has come) in|came in|(?:was|is) my (?:pay|salary|income))\b|"
            r"\bwhat (?:did|do|have) i earn\w*\b|\b(?:my )?total (?:income|earnings)\b|\bmy (?:income|earnings)\b|"
            r"\bhow much (?:\w+ )?(?:salary|wages|income|pay)\b|\bwhat(?:s| is| was) my (?:income|salary|pay)\b"
        ),
        unless=re.compile(
            r"\b(?:interest|invest\w*|shares|portfolio|etfs?|loan|i (?:pay|paid) (?!in\b|last\b|this\b)"
            r"|(?:do|did|have) i (?:pay|paid)\b|for rent|next|balance)\b"
        ),
        answer=answer_income,
    ),
    Ability(
        domain="Accounts",
        tool=AFFORD,
        applies=re.compile(
            r"\b(?:can|could|cld|will) (?:i|we) (?:\w+ ){0,2}(?:afford|splurge|treat myself)\b|\bafford\b|"
            r"\b(?:do|will|have) i (?:have|got) (?:enough|the money)(?: \w+){0,2} (?:for|to|left)\b|"
            r"\b(?:can|could) i (?:buy|spend)\b|\bif i (?:spend|buy|spent|bought)\b|"
            r"\bhow much (?:would|will) (?:i|that|it) (?:have left|leave)\b"
        ),
        unless=re.compile(
            r"\b(?:loan|borrow\w*|mortgage|repay\w*|shares|etfs?|stocks?|invest\w*|bitcoin|house)\b"
        ),
        answer=answer_affordability,
    ),
)
