"""Loans: eligibility, repayments, what is owed, the credit score, applications."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.language import find_amounts, fold
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

ELIGIBILITY = "check_loan_eligibility"
SCHEDULE = "get_repayment_schedule"
LOANS = "get_loan_details"
SCORE = "analyze_credit_risk"
APPLY = "apply_for_loan"
LIMIT = "get_borrowing_limit"

_WISH = ("loan_amount", "loan_purpose", "term_months")
_PURPOSES = tuple(
    (purpose, re.compile(rf"\b(?:{words})\b"))
    for purpose, words in (
        ("home", "home|house|apartment|unit|mortgage|property"),
        ("car", "car|ute|vehicle|van|motorbike"),
        ("business", "business|shop|company"),
        ("education", "education|study|studies|course|university|uni|student"),
        ("personal", "personal|holiday|wedding|furniture|renovation\\w*|debts?|travel"),
    )
)
_SPAN = re.compile(r"\b(\d{1,3}|an?|half a)[ -]?(year|yr|month|mth)s?\b")
_WORDS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True)) | {
    "fifteen": 15,
    "twenty": 20,
    "twenty five": 25,
    "thirty": 30,
}
_WORD_SPAN = re.compile(rf"\b({'|'.join(sorted(_WORDS, key=len, reverse=True))}) (year|month)s?\b")
_BARE = re.compile(r"^\D{0,12}(\d{1,2})\W*$")
_RATE = re.compile(r"(\d{1,2}(?:\.\d{1,4})?)\s?(?:%|per ?cent\b|percent\b)")
_MINE = re.compile(r"\bmy (?:\w+ )?(?:loan|mortgage)\b|\bpaid off\b|\bpay off my\b|\bleft on\b")


def amount_in(text: str) -> str | None:
    """The one amount of a text, terms and rates left out. A bare answer such as "20" years is none."""
    # "20 years at 6.5 %" holds two numbers that are no amounts.
    found = find_amounts(_RATE.sub(" ", _SPAN.sub(" ", _WORD_SPAN.sub(" ", fold(text)))))
    # Bare numbers below a hundred are years or months.
    sensible = [one for one in found if float(one) >= 100 or "$" in text]
    return sensible[-1] if sensible else None


def purpose_in(text: str) -> str | None:
    """What the loan is for."""
    plain = spoken(text)
    return next((purpose for purpose, words in _PURPOSES if words.search(plain)), None)


def term_in(text: str) -> int | None:
    """Months."""
    plain = fold(text)
    match = _WORD_SPAN.search(plain)
    if match:
        return _WORDS[match[1]] * (12 if match[2] == "year" else 1)
    match = _SPAN.search(plain)
    if match is None:
        return None
    months = 12 if match[2] in ("year", "yr") else 1
    if match[1] == "half a":
        return months // 2 or None
    return months * (int(match[1]) if match[1].isdigit() else 1)


def _rate_in(text: str) -> str | None:
    match = _RATE.search(fold(text))
    return match[1] if match else None


def answer_eligibility(request: Request) -> Reply:
    """Whether the rules are met, and what would be possible."""
    wish = _wish(request)
    return wish if isinstance(wish, Reply) else request.ask(ELIGIBILITY, wish, _eligibility)


def answer_limit(request: Request) -> Reply:
    """The most that could be borrowed for a purpose; with an amount, whether that would do."""
    if request.newest(amount_in) is not None:
        return answer_eligibility(request)
    purpose = request.newest(purpose_in) or _other_purpose(request)
    if purpose is None:
        return Reply(f"{Ask.LOAN_PURPOSE}: a home, a car, a business, study, or something personal?")
    term = request.newest(term_in)
    return request.ask(LIMIT, {"loan_purpose": purpose} | ({"term_months": term} if term else {}))


def answer_next_repayment(request: Request) -> Reply:
    """Date and amount of the next instalment of the only loan; of several, the loans are shown."""
    reply = _rest(request, _next_instalment)
    return reply


def answer_application(request: Request) -> Reply:
    """A card that records an application."""
    wish = _wish(request)
    return wish if isinstance(wish, Reply) else request.ask(APPLY, wish)


def _wish(request: Request) -> dict[str, Any] | Reply:
    amount, purpose = request.newest(amount_in), request.newest(purpose_in) or _other_purpose(request)
    # "Yes, apply" after an answer about a loan means that loan.
    checked = next(iter(request.earlier_results(ELIGIBILITY)), None)
    if checked is not None and amount is None and purpose is None:
        return {name: value for name, value in checked.arguments.items() if name in _WISH}
    limit = next(iter(request.earlier_results(LIMIT)), None)
    if limit is not None and purpose is None:
        purpose = str(limit.arguments.get("loan_purpose") or "") or None
    if amount is None:
        return Reply(f"{Ask.LOAN_AMOUNT}?")
    if purpose is None:
        return Reply(f"{Ask.LOAN_PURPOSE}: a home, a car, a business, study, or something personal?")
    wish: dict[str, Any] = {"loan_amount": amount, "loan_purpose": purpose}
    term = request.newest(term_in)
    return wish | {"term_months": term} if term else wish


def _other_purpose(request: Request) -> str | None:
    """The customer's own words after the question what it is for."""
    before = request.conversation.earlier
    # Only as an answer to that question: otherwise any words would become a purpose.
    if before and Ask.LOAN_PURPOSE in before[-1].assistant and amount_in(request.text) is None:
        return plain_text(request.text)[:120] or None
    return None


def answer_repayments(request: Request) -> Reply:
    """The schedule of a loan that is thought of, or of the rest of an own one."""
    amount = request.newest(amount_in)
    if amount is None and _MINE.search(request.plain):
        return _rest(request)
    if amount is None:
        return Reply(f"{Ask.LOAN_AMOUNT}?")
    term = request.newest(term_in) or _bare_years(request)
    if term is None:
        return Reply(f"{Ask.LOAN_TERM}?")
    arguments: dict[str, Any] = {"loan_amount": amount, "term_months": term}
    rate, purpose = request.newest(_rate_in), request.newest(purpose_in)
    arguments |= {"annual_rate": rate} if rate else {}
    arguments |= {"loan_purpose": purpose} if purpose else {}
    return request.ask(SCHEDULE, arguments)


def _bare_years(request: Request) -> int | None:
    """A lone number as the answer to "over how many years?"."""
    before = request.conversation.earlier
    match = _BARE.match(request.text.strip())
    return int(match[1]) * 12 if match and before and Ask.LOAN_TERM in before[-1].assistant else None


def _rest(request: Request, word: Callable[[Mapping[str, Any]], str] | None = None) -> Reply:
    """The remaining instalments of the customer's only loan; of several, each is told with what is left."""
    known = request.result(LOANS, {})
    if known is None or known.error_code is not None or len(known.data.get("loans") or ()) != 1:
        return request.ask(LOANS, {}, _loans)
    return request.ask(SCHEDULE, {"account_id": str(known.data["loans"][0]["account_id"])}, word)


def _next_instalment(data: Mapping[str, Any]) -> str:
    line = data["lines"][0]
    day = day_text(date.fromisoformat(line["due_on"]))
    return (
        f"Your next repayment is {money_text(line['payment'], data['currency'])}, due on {day}. Of it "
        f"{money_text(line['interest'], data['currency'])} is interest. {data['instalments']} instalments are "
        f"left."
    )


def answer_loans(request: Request) -> Reply:
    """What is owed, and what became of applications."""
    return request.ask(LOANS, {}, _loans)


def answer_score(request: Request) -> Reply:
    """The credit score with what speaks for and against it."""
    amount = request.newest(amount_in)
    return request.ask(SCORE, {"loan_amount": amount} if amount else {}, _score)


def _eligibility(data: Mapping[str, Any]) -> str:
    rules = [f"- {'Met' if one['met'] else 'Not met'}: {one['reason']}" for one in data["reasons"]]
    return "\n".join([message_of(data), *rules])


def _score(data: Mapping[str, Any]) -> str:
    factors = [f"- {one['finding']} ({one['points']} of {one['most_points']} points)" for one in data["factors"]]
    return "\n".join([message_of(data), *factors])


def _loans(data: Mapping[str, Any]) -> str:
    lines = [
        f"- {plain_text(one['name'])} ending {one['number_last_digits']}: "
        f"{money_text(one['outstanding'], one['currency'])} owing at {one['annual_rate']}% a year, "
        f"{one['instalments_left']} instalments of {money_text(one['instalment'], one['currency'])} left"
        for one in data["loans"]
    ]
    lines += [_application(one) for one in data["applications"]]
    return "\n".join([message_of(data), *lines])


def _application(one: Mapping[str, Any]) -> str:
    line = f"- Application {one['reference']}: {money_text(one['loan_amount'])}, {one['status']}"
    if not one.get("letter"):
        return line
    decided = day_text(date.fromisoformat(one["decided_on"]))
    reasons = " ".join(one["reasons"])
    return f"{line} on {decided}. {reasons} The bank's letter: “{plain_text(one['letter'])}”"


_LOAN = r"(?:loans?|mortgage)"


def _ability(tool: str, applies: str, answer: Any, unless: str | None = None, *, sealed: bool = False) -> Ability:
    return Ability(
        domain="Lending",
        tool=tool,
        applies=re.compile(applies),
        answer=answer,
        unless=re.compile(unless) if unless else None,
        sealed=sealed,
        inherits=True,
    )


ABILITIES = (
    _ability(
        LOANS,
        rf"\b(?:what|how much) (?:do|does|is|s)?(?: i)?(?: still)? ?(?:owe|owing)\b|\bstill owe\b|\bmy {_LOAN} "
        r"(?:balance"
        rf"|rate|details)\b|\bleft (?:to pay )?on (?:my|the) (?:\w+ )?{_LOAN}\b|\b(?:status|became|happened"
        r"|news|heard)"
        rf"\b.*\bapplication\b|\bmy application\b|\b(?:show|list|see|what|details)\b.*\bmy {_LOAN}\b|"
        rf"\bbalance (?:of|on) my (?:\w+ )?{_LOAN}\b|\brate\b.*\bmy (?:\w+ )?{_LOAN}\b|\bdo i have (?:any|a) "
        rf"{_LOAN}\b",
        answer_loans,
        r"\b(?:repayments|instalments|schedule|interest (?:have|has|do|is)|apply|paid off)\b",
    ),
    _ability(
        SCORE,
        r"\bcredit (?:score|rating|risk|worth\w*|history|report)\b|\bhow risky am i\b|\bmy score\b",
        answer_score,
    ),
    _ability(
        SCHEDULE,
        r"\b(?:when|how much|what)\b.*\b(?:next|upcoming) (?:\w+ )?(?:repayment|instalment|loan payment)\b|"
        r"\b(?:my )?next (?:loan )?(?:repayment|instalment|loan payment)\b|"
        r"\bwhen(?:s| is| are)\b.*\b(?:repayments?|instalments?|loan(?: payment)?)\b.*\b(?:due|next|taken)\b",
        answer_next_repayment,
        r"\b(?:if|would|could|borrow)\b",
    ),
    _ability(
        LIMIT,
        r"\bhow much (?:can|could|may|would|am|do) (?:i|we)(?: be able to| able to| allowed to"
        r"| get to)? (?:borrow|get (?:for|as) (?:a|an) )|"
        r"\b(?:most|maximum|max) (?:that )?(?:i|we) (?:can|could) borrow\b|\bborrowing (?:limit|power|capacity)\b|"
        rf"\b(?:max|maximum|biggest|largest) (?:\w+ )?{_LOAN}\b|\bhow (?:big|large) (?:of )?a (?:\w+ )?{_LOAN}\b"
        rf"|\bhow much would you lend me\b",
        answer_limit,
    ),
    _ability(
        APPLY,
        rf"\b(?:apply|applying|application)\b.*\b(?:{_LOAN}|borrow)\b|\b(?:{_LOAN}) application\b|"
        rf"\b(?:id like to|i want to|want to|let me|lets|please) (?:apply|take out|take up)\b|"
        r"^(?:(?:yes|yeah|yep|ok|okay|sure|great|cool|please|lets|then|ill|i will|and)[ ,]*)*apply\b"
        r"|\bapply (?:for (?:it|that|this)|now)\b|"
        rf"\b(?:take out|sign me up for) an? (?:\w+ ){{0,2}}{_LOAN}\b",
        answer_application,
        r"\b(?:eligible|qualify|can i|could i|status|became|happened|would i)\b",
        sealed=True,
    ),
    _ability(
        SCHEDULE,
        r"\btotal interest\b.*\b(?:years|months)\b|"
        r"\b(?:repayments?|instalments?|(?:repayment|payment|loan) schedule|schedule (?:for|of|on) (?:my|a) "
        r"(?:\w+ )?loan|pay back|pay it back|paid off|pay off my (?:loan|mortgage)|"
        r"monthly payments?|cost me (?:a|per) month|per month on)\b",
        answer_repayments,
        r"\b(?:fees?|holiday|extra|cant|change|hardship|lost my job|fortnightly|next repayment)\b|"
        r"\b(?:transfer|did i|have i|find|send|spend|spent|from savings|last month|paid)\b(?! off)",
    ),
    _ability(
        ELIGIBILITY,
        rf"\b(?:eligib\w*|qualify|borrow|borrowing|lend me|pre ?approv\w*)\b|\b(?:get|afford|have|need|want|like|"
        rf"give me|chance of|chances of|after|interested in|approved for)\b(?: \S+){{0,4}} {_LOAN}\b|"
        rf"^(?:an? )?(?:\S+ ){{0,3}}(?:home|car|personal|business|student|small) {_LOAN}\b|\bloan (?:of|for)\b",
        answer_eligibility,
        r"\b(?:how|what) (?:does|is) an? (?:home )?loan (?:work|mean)\b|\bpay\b.*\bloan\b|\btransfer\b",
    ),
)
