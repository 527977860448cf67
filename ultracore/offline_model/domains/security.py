"""Security: cards, unusual activity, messages that may be scams, reports of incidents, doubtful payments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ultracore.banking import day_text
from ultracore.offline_model.ability import ANYWHERE, Ability
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.language import (
    MAY_BE_A_SCAM,
    NO_CARD_OF_OURS,
    NOT_A_LOST_CARD,
    NOT_A_REPORT,
    SCAMMED,
    find_amounts,
)
from ultracore.offline_model.request import Request, message_of
from ultracore.offline_model.wire import Reply
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

FREEZE = "freeze_card"
UNFREEZE = "unfreeze_card"
WITHDRAW = "withdraw_report"
UNUSUAL = "list_unusual_activity"
CHECK_MESSAGE = "check_message"
REPORT = "report_incident"
PROTECT = "protect_customer"
OFFER = "offer_protection"
FRAUD = "detect_fraud"
SEARCH = "search_transactions"
MOST_LINES = 8

_CARD_DIGITS = re.compile(r"(?<![\d.,$])(\d{4})(?![\d.,]?\d)")
_REFERENCE = re.compile(r"\bI-[A-Z0-9]{4,6}-[A-Z0-9]{4,6}\b", re.I)
_TRANSACTION_ID = re.compile(r"\b(?:ent|txn|prp|entry|jrn)_\w+\b|\bR-[A-Z0-9]{5}-[A-Z0-9]{5}\b", re.I)
_QUOTED = re.compile(r"[\"“”«]([^\"“”»]{8,})[\"”“»]|(?<!\w)'([^']{12,})'(?!\w)", re.S)
_AFTER_COLON = re.compile(
    r"(?:(?<!http)(?<!https):|[?\n]|\bit says\b|\bsaying\b|\bsays\b)\s*(\S.{11,})", re.S | re.I
)
_REPORTS = re.compile(r"\breport\b")
_EMPTY_REPORT = frozenset(
    "i want to would like need please can you report an a incident scam fraud security make file something the "
    "hi hello id my problem thanks let me".split()
)


def answer_freeze(request: Request) -> Reply:
    """Freezes at once; which card is asked only if the bank says that there are several."""
    return request.ask(FREEZE, _card(request), _frozen)


def answer_lost_card(request: Request) -> Reply:
    """What can be done about a card, for words that do not say that one's own card is gone now."""
    return Reply("If a card of yours is lost, stolen or misused, write “freeze my card”: I freeze it at once.")


def _frozen(data: Mapping[str, Any]) -> str:
    """The card is frozen; what was paid with it last, whom to call and what comes next."""
    lines = [
        f"- {day_text(date.fromisoformat(one['date']))}: {plain_text(str(one['description']))}, "
        f"{money_text(one['amount'])}"
        for one in data.get("recent_payments", ())
    ]
    shown = ["These were the last payments by card:", *lines] if lines else []
    rest = (
        "If one of them is not yours, write “report an incident” with what happened. For a new card, or if more "
        "is missing, please call us."
    )
    return "\n".join([message_of(data), *shown, rest])


def answer_unfreeze(request: Request) -> Reply:
    """A card that unfreezes."""
    return request.ask(UNFREEZE, _card(request))


def _card(request: Request) -> dict[str, Any]:
    digits = request.newest(lambda text: _CARD_DIGITS.search(text))
    # Without digits nothing is asked first: with one card the bank freezes it at once, and time matters.
    return {"card": digits[1]} if digits else {}


def answer_unusual(request: Request) -> Reply:
    """What looks unusual, and what to do if it was somebody else."""
    return request.ask(UNUSUAL, {}, _unusual)


def answer_doubt(request: Request) -> Reply:
    """A payment that the customer doubts: scored if its id is known, else what is unusual is listed."""
    number = request.newest(lambda text: _TRANSACTION_ID.search(text))
    amount = request.newest(lambda text: next(iter(find_amounts(_TRANSACTION_ID.sub(" ", text))), None))
    # The tool wants both; without them the list of what is unusual helps more than a question.
    if number and amount and request.offers(FRAUD):
        return request.ask(FRAUD, {"transaction_id": number.group(), "amount": amount}, _scored)
    if amount and request.offers(SEARCH):
        return request.ask(SEARCH, {"min_amount": amount, "max_amount": amount, "limit": 5}, _doubted)
    return request.ask(UNUSUAL, {}, _unusual)


def _doubted(data: Mapping[str, Any]) -> str:
    """The payments of the amount that somebody does not recognise, and what they can do about it."""
    lines = [
        f"- {day_text(date.fromisoformat(one['date']))}: {plain_text(str(one['description']))}, "
        f"{money_text(one['amount'])} ({plain_text(str(one['account_name']))})"
        for one in data["transactions"]
    ]
    if not lines:
        return (
            "I see no payment of exactly that amount. A charge that is only pending may not be booked yet. Ask "
            "“is there anything unusual on my account?”, or write “freeze my card” if you are worried."
        )
    advice = "If you did not make it, write “freeze my card”, and “report an incident” with what happened."
    return "\n".join(["This is what I find of that amount:", *lines, advice])


def answer_message(request: Request) -> Reply:
    """Signs of a scam in the text that the customer got. Never certain."""
    before = request.conversation.earlier[-1].assistant if request.conversation.earlier else ""
    # After the question the whole message is the text, quotation marks or not.
    got = request.text.strip() if Ask.MESSAGE_TEXT in before else request.newest(quoted_in)
    if not got:
        return Reply(f"{Ask.MESSAGE_TEXT}? Please paste it here, without opening any link in it.")
    return request.ask(CHECK_MESSAGE, {"text": got}, _checked)


def answer_report(request: Request) -> Reply:
    """A report, recorded at once; or one that is taken back."""
    reference = _REFERENCE.search(request.text)
    if reference and re.search(r"\b(?:withdraw|take back|cancel|undo)\b", request.plain):
        return request.ask(WITHDRAW, {"reference": reference.group().upper()})
    if SCAMMED.search(request.plain) and not _REPORTS.search(request.plain):
        oneself = not NOT_A_REPORT.search(request.plain)
        if oneself and request.offers(PROTECT):
            return request.ask(PROTECT, {"what_happened": request.text.strip()}, _protected)
        if not oneself and request.offers(OFFER):
            return answer_maybe_a_scam(request)
    words = request.plain.split()
    # "I want to report a scam" tells nothing yet, and a report must help the person who reads it.
    if all(word in _EMPTY_REPORT for word in words):
        return Reply(f"{Ask.INCIDENT}? Please write it in your own words, without passwords or codes.")
    return request.ask(REPORT, {"description": request.text.strip()})


def answer_maybe_a_scam(request: Request) -> Reply:
    """What to do about what may be a scam, and one press that protects; nothing happens without it."""
    reply = request.ask(OFFER, {"description": request.text.strip()})
    if not reply.calls:
        return reply
    return Reply(MAYBE_A_SCAM, reply.calls)


def _protected(data: Mapping[str, Any]) -> str:
    return "\n".join([message_of(data), "What comes next:", *(f"- {one}" for one in data["what_next"])])


MAYBE_A_SCAM = (
    "Nobody honest asks you for a code or a password, or to move money to keep it safe, and nor do we. Hang up "
    "and "
    "please call us. If you are worried about your own accounts, the button below freezes your cards and records "
    "a "
    "report; both can be undone."
)


def quoted_in(text: str) -> str | None:
    """The message that a text quotes: in quotation marks, or after a colon, a question mark or "it says"."""
    match = _QUOTED.search(text)
    if match:
        return (match[1] or match[2]).strip()
    match = _AFTER_COLON.search(text)
    return match[1].strip() if match else None


def _unusual(data: Mapping[str, Any]) -> str:
    lines = [_activity(one) for one in data["activities"][:MOST_LINES]]
    advice = "If something there was not you, write “report an incident” with what happened, or “freeze my card”."
    return "\n".join([message_of(data), *lines, advice])


def _activity(item: Mapping[str, Any]) -> str:
    amount = f", {money_text(item['amount'])}" if item.get("amount") else ""
    return f"- {item['date']}: {plain_text(str(item['description']))}{amount} ({item['reason']})"


def _scored(data: Mapping[str, Any]) -> str:
    lines = [f"- {one['reason']}" for one in data["factors"]]
    advice = "If you did not make it, write “report an incident” with what happened."
    return "\n".join([message_of(data), *lines, advice])


def _checked(data: Mapping[str, Any]) -> str:
    signs = [f"- {one['meaning']}" for one in data["signs"]]
    return "\n".join([message_of(data), *signs, *(str(one) for one in data["what_to_do"])])


def _ability(
    tool: str, applies: str, answer: Any, unless: str | None = None, *, sealed: bool = False, whole: bool = False
) -> Ability:
    return Ability(
        domain="Security",
        tool=tool,
        applies=re.compile(applies),
        answer=answer,
        unless=re.compile(unless) if unless else None,
        sealed=sealed,
        # Both protect and can be undone, so they need no card.
        at_once=tool in (FREEZE, REPORT),
        whole=whole,
    )


_KINDS = r"(?:text|sms|e ?mail|message|call|phone call|letter|link)"

_LOST_CARD = re.compile(
    r"\b(?:freeze|block|lock|cancel|stop|disable|deactivate)\b(?: \S+){0,4} cards?\b"
    r"|\bcards?\b.*\b(?:lost|stolen|gone"
    r"|missing|misplaced|swallowed|skimmed|cloned|nicked|pinched|frozen|freeze|block|lock|blocked)\b|"
    r"\b(?:lost|stole|stolen|misplaced|cant find|missing|dropped|left|nicked|pinched|swiped)\b.*"
    r"\b(?:cards?|wallet|purse|handbag)\b|\b(?:wallet|purse|handbag)\b.*\b(?:lost|stolen|gone|missing|nicked|"
    r"pinched|taken)\b"
    r"|^freeze(?: it)?$|\bfreeze (?:everything|them all)\b|"
    r"\b(?:someone|somebody)\b.*\b(?:using|used|has) my card\b"
)

ABILITIES = (
    _ability(
        CHECK_MESSAGE,
        r"\b(?:is|was|are|if) (?:this|that|it|the|these)\b.*\b(?:scam|legit\w*|genuine|fake|phishing|from "
        r"(?:you|the bank"
        rf"|my bank|ultracore)|really you)\b|\b(?:got|received|get|check|had)\b.*\b{_KINDS}\b.*"
        r"\b(?:scam|legit\w*|real|genuine|fake|phishing|saying|says|says my|claiming|from (?:you|the bank"
        r"|ultracore))\b|"
        rf"\b(?:someone|somebody) (?:rang|called|phoned|texted|emailed) me\b.*\b(?:bank|team|you)\b|"
        rf"\bcheck (?:this|a|my) {_KINDS}\b|\bdid (?:you|the bank) (?:\w+ )?(?:send|call|text|email)\b|"
        rf"\bis (?:this|that) {_KINDS} (?:real|a scam)\b|\bsuspicious {_KINDS}\b",
        answer_message,
        r"\bi (?:was|got|have been|ve been|think i was) scammed\b",
        whole=True,
    ),
    _ability(
        REPORT,
        r"\b(?:report|withdraw report|withdraw my report|take back (?:my|the) report)\b|\b(?:i|ive|we) (?:\w+ "
        r"){0,3}"
        r"(?:been |got |was )?scammed\b|\b(?:gave|told|shared|entered|typed)\b.*\b(?:password|code|pin|card "
        r"(?:number|details)"
        r"|login|details)\b|\b(?:someone|somebody) (?:\w+ )?(?:stole|took|used)\b(?!.*\b(?:card|wallet|purse"
        r"|handbag)\b)|"
        r"\bidentity (?:was |has been )?stolen\b|\bclicked (?:on )?(?:a|the|that) link\b|\bwithdraw\b.*\bi "
        rf"\w{{5}} \w{{5}}\b|{SCAMMED.pattern}",
        answer_report,
        r"\bfreeze\b|\b(?:credit report|tax report|is (?:this|that|it)|report card|annual report)\b",
        whole=True,
    ),
    _ability(OFFER, MAY_BE_A_SCAM.pattern, answer_maybe_a_scam, r"\breport\b", sealed=True, whole=True),
    _ability(
        UNFREEZE,
        r"\b(?:unfreeze|unblock|unlock|reactivate|defrost|un freeze|turn (?:\w+ ){0,3}back on)\b(?!.*\baccount\b)|"
        r"\bfound my (?:\w+ )?card\b",
        answer_unfreeze,
        sealed=True,
    ),
    _ability(
        FREEZE,
        _LOST_CARD.pattern,
        answer_freeze,
        NOT_A_LOST_CARD.pattern,
    ),
    Ability(domain="", tool=ANYWHERE, applies=_LOST_CARD, unless=NO_CARD_OF_OURS, answer=answer_lost_card),
    _ability(
        UNUSUAL,
        r"\b(?:dont|didnt|did not|do not|never) (?:recogni[sz]e|make|made|authori[sz]e|do)\b.*|\bwas (?:this"
        r"|that|it) me\b|"
        r"\b(?:is|was|looks) (?:the|this|that|a|my)\b.*\b(?:payment|transaction|charge)\b.*\b(?:suspicious"
        r"|fraud\w*|dodgy"
        r"|ok|legit|genuine)\b|\bcheck (?:the |this |my )?(?:transaction|payment)\b.*\b(?:fraud|suspicious)\b|"
        r"\bwasnt me\b|\bnot me\b|\bstrange (?:payment|charge|transaction)\b",
        answer_doubt,
        r"\b(?:dont|do not) (?:make me|do that)\b",
    ),
    _ability(
        UNUSUAL,
        r"\b(?:unusual|suspicious|strange|weird|odd|dodgy|fishy)\b|\b(?:hacked|hacker|compromised|broken into)\b|"
        r"\b(?:someone|somebody|anyone|anybody)\b.*\b(?:in|into|on|using|accessed|logged|access) (?:my|to my)?\b|"
        r"\bany fraud\b|\bfraud(?:ulent)? (?:activity|on my|check)\b|\bis my account (?:safe|secure|ok)\b|"
        r"\bcheck (?:my account|me) for fraud\b",
        answer_unusual,
        r"\b(?:pay|send) (?:someone|somebody)\b|\bloan\b|\bpayee\b",
    ),
)
