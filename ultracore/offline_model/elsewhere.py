"""Whether what is said to an open question is clearly about something else: then the question is dropped.

An answer must not be lost, so a message counts as one unless it asks something of its own: "the blue one" and "why
do you ask?" go on, "what's the weather in Perth?" does not.
"""

from __future__ import annotations

import re

from ultracore.offline_model.abilities import find_ability
from ultracore.offline_model.ability import Ability
from ultracore.offline_model.asking import FREE_TEXT, Ask
from ultracore.offline_model.domains import purpose_in
from ultracore.offline_model.language import Intent, find_amounts, fold, intent_of, is_follow_up, kinds_named

_ALWAYS = (Intent.CANCEL, Intent.PAYEES, Intent.IDENTITY)
_UNLESS_ASKED_FOR_IT = (Intent.APPROVAL, Intent.HELP, Intent.CASH, Intent.BALANCE)
_SMALL_TALK = (Intent.THANKS, Intent.GREETING)
_ASKS = re.compile(
    r"^(?:and |so |ok |okay |sorry |hey |anya |please )*(?:who(?:s|m)?|whats?|wheres?|when|why|hows?|which|do you|"
    r"did you|does|can you|could you|will you|would you|are you|is there|are there|am i)\b"
)
_ORDERS = re.compile(
    r"^(?:please |can you |could you )*(?:tell me|write (?:me|us|a)|sing|explain|translate|show me|recommend)\b"
)
_BANK_ORDERS = re.compile(r"^(?:please |can you |could you )*(?:freeze|block|show|list|find)\b")
# Somebody who does not understand the question is still answering it.
_ABOUT_THE_QUESTION = re.compile(r"\b(?:do you (?:mean|ask|need|want)|(?:is|does|do) (?:that|this|it)|should i)\b")
# No bank's subject, and no part of an answer to any question of ours.
_FOREIGN = re.compile(
    r"\b(?:weather|raining|jokes?|poems?|songs?|recipes?|cricket|footy|football|tennis|rugby|movies?|horoscope|"
    r"the news|election|homework|speak \w+|(?:branch|shop|bank) (?:open|close|shut)s?|opening hours|"
    r"favourite \w+)\b"
)
_WHAT_IT_CAN = re.compile(r"\b(?:what (?:can|do) you do|what can i ask|how does this work)\b")
_FIGURE = re.compile(r"\d")
_LONG_ENOUGH = 4
_SHORT = 12


def is_elsewhere(text: str, question: Ask, ability: Ability) -> bool:
    """True if a message leaves the question that `ability` has asked."""
    if question in FREE_TEXT:
        return _leaves_free_text(text, ability)
    intent, found = intent_of(text), find_ability(text)
    if found is not None:
        return found is not ability or intent in (*_ALWAYS, *_UNLESS_ASKED_FOR_IT[:-1])
    if intent in (*_ALWAYS, *_UNLESS_ASKED_FOR_IT):
        return True
    if has_content(text) or intent is Intent.TRANSFER:
        return False
    if intent in _SMALL_TALK:
        return True
    if question is Ask.TOPIC:
        return is_foreign_talk(text)
    # A payee may be called "Who Gives A Crap".
    return asks_of_its_own(text, mark=question is Ask.PAYEE_NAME)


def asks_of_its_own(text: str, *, mark: bool = False) -> bool:
    """True for a question or an order that stands on its own; with `mark` a question needs its question mark."""
    plain = fold(text)
    if _ABOUT_THE_QUESTION.search(plain):
        return False
    if is_foreign_talk(text) or (_ORDERS.search(plain) and len(plain.split()) >= _LONG_ENOUGH - 1):
        return True
    asks = bool(_ASKS.search(plain)) and len(plain.split()) >= _LONG_ENOUGH and not is_follow_up(text)
    return asks and (text.rstrip().endswith("?") or not mark)


def is_foreign_talk(text: str) -> bool:
    """True for a short question or order about what is no bank's subject."""
    plain = fold(text)
    asks = bool(_ASKS.search(plain) or _ORDERS.search(plain))
    return asks and bool(_FOREIGN.search(plain)) and len(plain.split()) <= _SHORT


def has_content(text: str) -> bool:
    """True if a message has something that a question of ours may have asked for: a figure, a kind, a purpose."""
    return bool(_FIGURE.search(text) or find_amounts(text) or kinds_named(fold(text)) or purpose_in(text))


def _leaves_free_text(text: str, ability: Ability) -> bool:
    """The next message is the answer, unless it is short and clearly a question or an order to us.

    What was pasted, and what happened, may hold any words: a long text is always taken as the answer.
    """
    intent, plain = intent_of(text), fold(text)
    if intent is Intent.CANCEL:
        return True
    if len(plain.split()) > _SHORT:
        return False
    if intent in (Intent.PAYEES, Intent.IDENTITY, Intent.THANKS) or _WHAT_IT_CAN.search(plain):
        return True
    asks = bool(_ASKS.search(plain) or _ORDERS.search(plain) or _BANK_ORDERS.search(plain))
    found = find_ability(text)
    another = intent is Intent.BALANCE or (found is not None and found is not ability)
    return (asks and another) or is_foreign_talk(text)
