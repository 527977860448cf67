"""Signs of a scam in a message that a customer got. Rules over its words; what they find is never a certainty.

The message is material to look at: nothing in it is followed, opened or repeated.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

Verdict = Literal["likely_scam", "suspicious", "no_signs_found"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One rule: its stable name, what it weighs, the words that it looks for and what they mean to a person."""

    name: str
    weight: int
    pattern: re.Pattern[str]
    meaning: str


def _sign(name: str, weight: int, pattern: str, meaning: str) -> Sign:
    return Sign(name, weight, re.compile(pattern), meaning)


SIGNS: Final = (
    _sign(
        "asks_for_secret",
        3,
        r"(?:(?:give|send|tell|confirm|enter|provide|reply with|share|verify|update|text)\b[^.!?]{0,60}\b)"
        r"(?:password|passcode|pin\b|one[- ]time|otp|security code|verification code|cvv|login details|"
        r"card (?:number|details))",
        "It asks for a password, a PIN, a code or card details. The bank never does that in a message.",
    ),
    _sign(
        "safe_account",
        3,
        r"(?:safe|secure|holding|new|protected) account\b|(?:move|transfer) (?:all )?(?:of )?(?:your|the) "
        r"(?:money|funds|savings)",
        "It wants money moved to keep it safe. The bank never asks for that.",
    ),
    _sign(
        "remote_access",
        3,
        r"any ?desk|team ?viewer|quick ?support|remote access|screen ?shar|install (?:the|this|our|an?) app",
        "It wants software that lets somebody else into your device.",
    ),
    _sign(
        "odd_payment",
        3,
        r"gift ?cards?|itunes|google play card|steam card|bitcoin|crypto|usdt|western union|moneygram",
        "It wants payment in gift cards, crypto or by wire, which cannot be taken back.",
    ),
    _sign(
        "link",
        2,
        r"https?://|www\.|\b(?:bit\.ly|tinyurl\.com|t\.co|is\.gd|cutt\.ly|rb\.gy)\b"
        r"|\b[a-z0-9-]{2,}(?:\.[a-z0-9-]+)*\.(?:com|net|org|info|top|xyz|live|site|online|click|shop|co|io|au)"
        r"(?:/\S*)?\b",
        "It has a link. The bank's own messages have no links to sign in.",
    ),
    _sign(
        "threat",
        2,
        r"suspend|lock(?:ed)?\b|blocked|restricted|deactivat|closed?\b[^.!?]{0,20}\baccount|arrest|legal action|"
        r"fine\b|unusual (?:activity|login|sign)|unauthori[sz]ed",
        "It threatens that something of yours will be locked, closed or fined.",
    ),
    _sign(
        "hurry",
        1,
        r"urgent|immediately|within \d+ ?(?:hours?|hrs?|minutes?|mins?)|right away|act now|asap|today only|"
        r"final (?:notice|warning)|expires? (?:today|soon)|last chance",
        "It wants you to hurry, so that you have no time to check.",
    ),
    _sign(
        "prize_or_refund",
        2,
        r"\bwon\b|winner|prize|lottery|refund|compensation|unclaimed|inheritance|guaranteed (?:return|profit)|"
        r"double your money",
        "It promises a prize, a refund or a profit.",
    ),
    _sign(
        "parcel_or_toll",
        2,
        r"parcel|package|delivery (?:fee|failed)|redeliver|customs fee|unpaid toll|toll (?:notice|invoice|road)|"
        r"linkt|e-?toll|auspost",
        "It is about a parcel or a toll that you may know nothing of.",
    ),
    _sign(
        "family_in_need",
        3,
        r"\b(?:hi|hey|hello) (?:mum|mom|dad)\b|(?:this is )?my new number|(?:lost|broke|dropped) my phone",
        "It claims to be a relative with a new number. Ring the number that you already have.",
    ),
    _sign(
        "changed_details",
        2,
        r"(?:new|changed|updated) (?:bank|bsb|account|payment) (?:details|number|account)"
        r"|our bank(?:ing)? details",
        "It says that somebody's bank details have changed. Ask them on a number that you already have.",
    ),
    _sign(
        "keep_secret",
        2,
        r"do(?:n't| not) tell|keep (?:this|it) (?:secret|confidential|between us)"
        r"|tell (?:the bank|them|staff) (?:that )?it",
        "It wants you to keep it from the bank or your family.",
    ),
    _sign(
        "call_back",
        1,
        r"(?:call|ring|phone|contact) (?:us|me|this number|back|our)?[^.!?]{0,25}\+?\d[\d ()-]{6,}",
        "It gives a number to call. Use the one on the back of your card.",
    ),
)
"""Looked for in the folded text. Weights add up: 1 or 2 is `suspicious`, 3 or more `likely_scam`."""

# So that one strong sign is enough, while a link or a threat alone is only suspicious.
LIKELY_FROM: Final = 3
NEVER_CERTAIN: Final = (
    "I can only look for known signs; I cannot say for certain whether a message is a scam or really from "
    "the bank."
)
WHAT_TO_DO: Final = (
    "Do not click, reply, pay, or call a number in the message.",
    "If you want to check, call us on {phone} or on the number on the back of your card.",
    "If you already gave details, paid or installed something, say so now: I can freeze your card at once and "
    "record a report.",
    "Then delete the message. You can report it to Scamwatch.",
)


@dataclass(frozen=True, slots=True)
class MessageCheck:
    """The verdict with its signs, in the order of the table."""

    verdict: Verdict
    signs: tuple[Sign, ...]


def check(text: str) -> MessageCheck:
    """Look for the signs. An empty text has none."""
    # Scams are written in letters of odd width to get past filters, and with a curly apostrophe by phones.
    plain = unicodedata.normalize("NFKC", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    folded = " ".join(plain.casefold().split())
    found = tuple(sign for sign in SIGNS if sign.pattern.search(folded))
    weight = sum(sign.weight for sign in found)
    verdict: Verdict = "no_signs_found" if not found else "likely_scam" if weight >= LIKELY_FROM else "suspicious"
    return MessageCheck(verdict, found)


def what_to_do(phone: str) -> list[str]:
    """The steps that are right with any verdict."""
    return [step.format(phone=phone) for step in WHAT_TO_DO]
