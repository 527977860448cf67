"""Whether a figure is what a sentence calls it: money in or out, opening or closing, of this day or another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ultracore.ai.answers.dates import NamedDate, dates_in
from ultracore.ai.answers.figures import Figure
from ultracore.ai.answers.sentences import clauses_in
from ultracore.ai.answers.sources import QuotedFact, Sources

Span = tuple[int, int]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ROLES: Final = {
    "in": _words(
        r"\b(?:came|comes?|coming|went|paid|flowed) in\b|\b(?:received|arrived|incoming|money in|came back|"
        r"paid you|you earned|entraron|entró|recibi\w+|tiền vào|nhận được)\b|转入|存入|收到"
    ),
    "out": _words(
        r"\b(?:went|goes|gone|going|paid|flowed|taken) out\b|\b(?:outgoing|money out|you (?:spent|paid)|cost you|"
        r"salieron|salió|gastaste|pagaste|tiền ra|đã chi)\b|转出|支出|支付"
    ),
    "open": _words(
        r"\b(?:open(?:ed|ing|s)|start(?:ed|ing|s)?|began|beginning|saldo inicial)\b|期初|الافتتاحي|đầu kỳ"
    ),
    "close": _words(r"\b(?:clos(?:ed|ing|es)|end(?:ed|ing|s)?|saldo final)\b|期末|الختامي|cuối kỳ"),
    "target": _words(r"\b(?:targets?|objetivo|mục tiêu)\b|目标|المستهدف|लक्ष्य"),
    "actual": _words(
        r"\b(?:of (?:your|the) (?:portfolio|investments|holdings)|you (?:have|hold)|held|holding|actual(?:ly)?|"
        r"now|at present|currently|today|share)\b"
    ),
    "gain": _words(r"\b(?:gain(?:ed|s)?|profit|up(?! to)|rose|risen|grew|grown|made|positive|gan\w+)\b|盈利|上涨"),
    "loss": _words(
        r"\b(?:lost|loss(?:es)?|down|fell|fallen|dropped|declined?|negative|minus|perd\w+)\b|亏损|下跌"
    ),
    "interest": _words(r"\b(?:interest|intereses|lãi)\b|利息|فائدة|ब्याज"),
    "principal": _words(r"\b(?:principal|capital|gốc)\b|本金"),
    "fee": _words(
        r"(?<!\bno )(?<!without )(?<!without a )(?<!zero )\b(?:fees?|comisi[óo]n|phí)\b|手续费|الرسوم|शुल्क"
    ),
    "total": _words(r"\b(?:total|in all|altogether|all up)\b|总|合计"),
    "borrowed": _words(r"\b(?:borrowed|originally|lent you)\b"),
    "owed": _words(r"\b(?:owe[sd]?|owing|outstanding|left to (?:pay|repay))\b"),
    "debit": _words(r"\bdebits?\b"),
    "credit": _words(r"\bcredits?\b"),
}
_OPPOSITE: Final = {
    one: other
    for pair in (
        ("in", "out"),
        ("open", "close"),
        ("target", "actual"),
        ("gain", "loss"),
        ("interest", "principal"),
        ("fee", "total"),
        ("borrowed", "owed"),
        ("debit", "credit"),
    )
    for one, other in (pair, pair[::-1])
}
_FIELD_ROLES: Final = {
    "money_in": "in",
    "incoming_30_days": "in",
    "money_out": "out",
    "outgoing_30_days": "out",
    "opening_balance": "open",
    "start_value": "open",
    "closing_balance": "close",
    "end_value": "close",
    "target_percent": "target",
    "percent": "actual",
    "interest": "interest",
    "total_interest": "interest",
    "interest_12_months": "interest",
    "principal": "principal",
    "fee": "fee",
    "total_cost": "total",
    "borrowed": "borrowed",
    "outstanding": "owed",
    "total_outstanding": "owed",
    "debit": "debit",
    "total_debits": "debit",
    "credit": "credit",
    "total_credits": "credit",
}
_SIGNED: Final = frozenset(("gain", "gain_percent", "return_percent"))
_OF_A_DAY: Final = frozenset(("amount", "payment", "interest", "principal"))
_SIGN_BEFORE: Final = re.compile(r"(?P<sign>[-−–+])\s?(?:[A-Z]{2,3}\s?)?[$€£]?$")
_BOUND: Final = re.compile(
    r"\b(?:since|until|till|from|to|before|after|by|between|through|desde|hasta)\s+(?:the\s+)?$|[从自至到]$",
    re.IGNORECASE,
)
_DATED: Final = re.compile(r"\s*(?:on|in|dated|el|en|vào|ngày|at)\b", re.IGNORECASE)
_LETTER: Final = re.compile(r"[^\W\d_]{2}")


def misnamed(
    figure: Figure, figures: Sequence[Figure], sentence: str, context: str, sources: Sources
) -> Iterator[Span]:
    """The places of the figure and its date, if the sentence calls it what it is not or gives it another's day.

    Nothing is held against a part of the sentence that has several figures or names both of two opposites.
    """
    facts = [fact for fact in sources.of(figure) if fact.field]
    if not facts or figure.kind not in ("money", "percent"):
        return
    clauses = clauses_in(sentence)
    at = next((place for place, (start, end) in enumerate(clauses) if start <= figure.start < end), None)
    others = [one for one in figures if one is not figure and one.kind != "plain"]
    if at is None or any(_inside(one, clauses[at]) for one in others):
        return
    start, end = clauses[at]
    words = sentence[start:end] if _LETTER.search(sentence) else context
    if (role := _wrong_role(facts, words, sentence[: figure.start])) is not None:
        yield _with_its_word(figure, role, start, words) if role in ("in", "out") else (figure.start, figure.end)
    elif (wrong := _wrong_day(facts, _dates(at, clauses, figures, sentence, context))) is not None:
        yield figure.start, figure.end
        if wrong.start >= 0:
            yield wrong.start, wrong.end


def _with_its_word(figure: Figure, role: str, start: int, words: str) -> Span:
    """`$50.00 went out` of money that came in: without its figure it would still be untrue."""
    word = _ROLES[role].search(words)
    if word is None or not _LETTER.search(words[: word.end()]):
        return figure.start, figure.end
    return min(figure.start, start + word.start()), max(figure.end, start + word.end())


def _inside(figure: Figure, clause: Span) -> bool:
    return clause[0] <= figure.start < clause[1]


def _wrong_role(facts: Sequence[QuotedFact], words: str, before: str) -> str | None:
    """What the words call a figure that is the opposite."""
    said = {role for role, pattern in _ROLES.items() if pattern.search(words)}
    if signed := _SIGN_BEFORE.search(before):
        said = said - {"gain", "loss"} | {"gain" if signed["sign"] == "+" else "loss"}
    roles = {role for fact in facts for role in _roles_of(fact)}
    wrong = (role for role in said if role not in roles and _OPPOSITE[role] in roles - said)
    return next(wrong, None)


def _roles_of(fact: QuotedFact) -> Iterator[str]:
    if fact.field in _FIELD_ROLES:
        yield _FIELD_ROLES[fact.field]
    if fact.field in _SIGNED:
        yield "loss" if fact.negative else "gain"
    if fact.field == "amount" and fact.day is not None:
        yield "out" if fact.negative else "in"


def _dates(
    at: int, clauses: Sequence[Span], figures: Sequence[Figure], sentence: str, context: str
) -> list[NamedDate]:
    """The dates that a part of the sentence gives its figure; also those beside it in a part without a figure."""
    places = [clauses[at]]
    for other in (at - 1, at + 1):
        if 0 <= other < len(clauses):
            text = sentence[slice(*clauses[other])]
            money = any(_inside(one, clauses[other]) for one in figures if one.kind != "plain")
            if not money and _DATED.match(text):
                places.append(clauses[other])
    found: list[NamedDate] = []
    for start, end in places:
        found += [
            NamedDate(start + one.start, start + one.end, one.month, one.day)
            for one in dates_in(sentence[start:end])
            if not _BOUND.search(sentence[: start + one.start])
        ]
    if not found and not _LETTER.search(sentence):
        found = [NamedDate(-1, -1, one.month, one.day) for one in dates_in(context)]
    return found


def _wrong_day(facts: Sequence[QuotedFact], dates: Sequence[NamedDate]) -> NamedDate | None:
    if len(dates) != 1 or any(fact.day is None or fact.field not in _OF_A_DAY for fact in facts):
        return None
    told = dates[0]
    return None if any(fact.day is not None and told.is_on(fact.day) for fact in facts) else told
