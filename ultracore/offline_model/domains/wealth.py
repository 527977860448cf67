"""Investments: what is held, how it is spread, how it did, and general information. Never advice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.language import fold
from ultracore.offline_model.request import Request, message_of, spoken
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

HOLDINGS = "get_holdings"
ALLOCATION = "get_allocation"
PERFORMANCE = "get_performance"
INFORMATION = "get_general_information"

WITHOUT_ADVICE = "I can't tell you what to buy or sell; a licensed adviser can."
NO_ADVICE = f"{WITHOUT_ADVICE} This is general information:"

_PERIODS = (
    ("1m", re.compile(r"\b(?:(?:last|past|this|1|one) month|30 days|1m)\b")),
    ("3m", re.compile(r"\b(?:quarter|(?:3|three|few) months|3m)\b")),
    ("6m", re.compile(r"\b(?:(?:6|six) months|half year|half a year|6m)\b")),
    ("1y", re.compile(r"\b(?:year|(?:12|twelve) months|1y)\b")),
)
_TARGETS = (
    ("high_growth", re.compile(r"\bhigh growth\b")),
    ("growth", re.compile(r"\bgrowth\b")),
    ("balanced", re.compile(r"\bbalanced\b")),
    ("conservative", re.compile(r"\b(?:conservative|cautious)\b")),
)
_ADVICE = re.compile(
    r"\b(?:should i|buy|sell|recommend\w*|advice|advise|best|worth buying|good time|good idea|which)\b"
)
_TOPICS = tuple(
    (topic, re.compile(words))
    for topic, words in (
        ("diversification", r"\b(?:diversif\w*|spread\w*|eggs)\b"),
        ("exchange traded funds", r"\b(?:etfs?|exchange traded|index funds?|managed funds?)\b"),
        ("dollar cost averaging", r"\b(?:averaging|lump sum|regular invest\w*|regularly)\b"),
        ("compound interest", r"\bcompound\w*\b"),
        ("bonds", r"\b(?:bonds?|fixed interest|term deposits?)\b"),
        ("superannuation", r"\b(?:super|superannuation|retire\w*|pension)\b"),
        ("asset allocation", r"\b(?:asset allocation|asset mix|rebalanc\w*)\b"),
        ("inflation", r"\binflation\b"),
        ("fees", r"\b(?:fees?|brokerage)\b"),
        ("tax", r"\b(?:tax|taxes|taxed|capital gains?|franking|dividends?)\b"),
        ("risk and return", r"\b(?:risk\w*|returns?|volatil\w*)\b"),
        ("shares", r"\b(?:shares?|stocks?|equit\w*)\b"),
    )
)
_TOPIC_FILLERS = frozenset(
    "a about an and are be best buy can could do does explain for general give good how i idea in info "
    "information "
    "invest investing investment investments is it me money my of on please recommend should sell tell the time "
    "to what whats which why work works would you now some something mean means thinking think advice".split()
)


def answer_holdings(request: Request) -> Reply:
    """What is held and what it is worth."""
    return request.ask(HOLDINGS, {}, _holdings)


def answer_allocation(request: Request) -> Reply:
    """The spread against the customer's target, or one that is named."""
    target = request.newest(lambda text: _first(_TARGETS, spoken(text)))
    return request.ask(ALLOCATION, {"target": target} if target else {}, _allocation)


def answer_performance(request: Request) -> Reply:
    """The return of the last month, three, six months, or year."""
    period = request.newest(lambda text: _first(_PERIODS, fold(text)))
    return request.ask(PERFORMANCE, {"period": period} if period else {})


def answer_information(request: Request) -> Reply:
    """General information on a topic, with its warning."""
    topic = request.newest(lambda text: _first(_TOPICS, spoken(text)) or _other_topic(text))
    if topic is None:
        return Reply(f"{Ask.TOPIC}, for example diversification, bonds or fees?")
    # Giving advice takes a licence. A question for it is answered with information, and said to be that.
    lead = f"{NO_ADVICE} " if _ADVICE.search(request.plain) else ""
    reply = request.ask(INFORMATION, {"topic": topic}, lambda data: lead + message_of(data))
    if lead and reply.text and not reply.text.startswith(lead):
        return Reply(f"{WITHOUT_ADVICE} {reply.text}")
    return reply


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], plain: str) -> str | None:
    return next((name for name, words in table if words.search(plain)), None)


def _other_topic(text: str) -> str | None:
    words = [word for word in spoken(text).split() if word not in _TOPIC_FILLERS and not word.isdigit()]
    return " ".join(words)[:120] or None


def _holdings(data: Mapping[str, Any]) -> str:
    lines = [
        f"- {plain_text(one['name'])}: {money_text(one['value'], data['currency'])}, "
        f"gain {money_text(one['gain'], data['currency'])}"
        for one in data["holdings"]
    ]
    return "\n".join([message_of(data), *lines])


def _allocation(data: Mapping[str, Any]) -> str:
    lines = [
        f"- {one['asset_class']}: {one['percent']}%, target {one['target_percent']}%" for one in data["allocation"]
    ]
    return "\n".join([message_of(data), *lines, str(data["notice"])])


_MINE = r"\b(?:my|our) (?:\w+ )?(?:portfolio|investments?|shares|stocks|etfs?|holdings|funds?|super)\b"


def _ability(tool: str, applies: str, answer: Any, unless: str | None = None) -> Ability:
    unwanted = re.compile(unless) if unless else None
    return Ability(domain="Wealth", tool=tool, applies=re.compile(applies), answer=answer, unless=unwanted)


ABILITIES = (
    _ability(
        INFORMATION,
        r"^(?:sell|buy) (?:\w+ ){0,4}(?:shares|stocks|etfs?|units|bonds)\b|"
        r"\bshould i (?:\w+ )?(?:buy|sell|invest|put|hold|get|move)\b|\b(?:recommend|advice|advise)\b|\bbest "
        r"(?:shares?|stocks?|etfs?|funds?|investments?)\b|\b(?:what(?: is|s| are)|explain|how (?:do|does)"
        r"|tell me about"
        r"|information (?:on|about)|why)\b(?: \w+){0,4} (?:etfs?|shares|stocks|bonds?|diversif\w+|super"
        r"|superannuation"
        r"|inflation|compound\w*|compounding|index funds?|managed funds?|dollar cost averaging|asset allocation|"
        r"dividends?|franking|capital gains|risk and return|brokerage|investing)\b|\bgeneral information\b|"
        r"\bhow (?:is|are) (?:dividends|shares|investments) taxed\b",
        answer_information,
        rf"\bmy (?:asset )?allocation\b|{_MINE} (?:worth|doing|performing|done)|\b(?:repayments?|loan"
        r"|recommended)\b|\bwhat are my\b|\bis my\b",
    ),
    _ability(
        ALLOCATION,
        r"\b(?:allocat\w+|asset mix|diversified|rebalanc\w+|asset class\w*|on target|off target|my mix)\b|"
        r"\btoo (?:heavy|light) in\b|"
        rf"\bspread\b.*\b(?:portfolio|investments?|money)\b|(?:portfolio|investments?)\b.*\bspread\b|"
        r"\b(?:portfolio|investments?|compare|target)\b.*\b(?:balanced|conservative|growth)\b|"
        rf"\bhow much of {_MINE[2:]}",
        answer_allocation,
    ),
    _ability(
        PERFORMANCE,
        rf"{_MINE}.*\b(?:doing|perform\w*|done|did|gone|going|return\w*|gained?|lost|up|down|grown?|made)\b|"
        rf"\b(?:performance|returns?|perform\w*|made|lost|doing|gain)\b.*\b(?:portfolio|investments?|shares"
        rf"|etfs?|stocks)\b|"
        rf"\bhow (?:is|are|did|have|has) {_MINE[2:]}.*\b(?:doing|do|perform\w*|gone|done|going)\b|"
        r"\bdid i (?:make|lose|gain) (?:\w+ ){0,5}(?:on|with|from) "
        r"(?:my )?(?:investments?|shares|etfs?|portfolio)\b|"
        r"\b(?:one|six|three|1|6|3) (?:year|month|months) returns?\b|"
        r"\b(?:portfolio|investment) (?:performance|returns?)\b|\bmy returns?\b",
        answer_performance,
    ),
    _ability(
        HOLDINGS,
        r"\b(?:portfolio|holdings)\b|\b(?:my|own|have|hold) (?:any |some )?(?:shares|stocks|etfs?|investments?)\b|"
        r"\b(?:what|which|how many) (?:\w+ )?(?:shares|stocks|etfs?|funds|investments) (?:do|have|am) i\b|"
        r"\bcost base\b|\bprice of my (?:units|shares)\b|\binvestments? (?:worth|value)\b|"
        r"\bwhat (?:do i own|am i invested in)\b|\binvested in\b|"
        r"\bhow much (?:have i|do i have|is) (?:\w+ )?invested\b",
        answer_holdings,
        r"\b(?:transfer|send|move|pay|spend|spent)\b",
    ),
)
