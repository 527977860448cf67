"""Secrets in what people and models write: card numbers, passwords, tokens.

The masked form is what the record keeps, what the screen shows and what the model is given.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from stdnum import luhn

PASSWORD: Final = "[password]"  # noqa: S105 - what stands in a password's place
TOKEN: Final = "[token]"  # noqa: S105 - what stands in a token's place

_SHORT: Final = 48
"""Characters up to which a text's masked form is remembered."""

_CARD_LENGTHS: Final = range(13, 20)
_USUAL_GROUPS: Final = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}

# What we number ourselves may look like a card number by chance: prefixed ids, UUIDs, digests, dates.
_OURS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:acc|cust|prp|apr|pay|payee|ent|entry|rcp|txn|tenant|conv|evt|key|trn|log|usr|hld|digest)_[0-9A-Za-z]+"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?=[0-9a-f]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{32})"
    r"|(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:T[0-9:.]+Z?)?"
    r")(?![0-9A-Za-z]|-[0-9])"
)
_DIGIT_RUN: Final = re.compile(r"[0-9](?:[\s.\-_/\u00b7\u2010-\u2015\u2212\ufe0f\u20e3]{0,3}[0-9]){12,}")
_GROUP: Final = re.compile(r"[0-9]+")

_PROMPTS: Final = (
    r"(?:pass\s?(?:word|code|phrase)|passwd|pwd|pin(?:\s(?:code|number))?|otp|cvv|cvc"
    r"|(?:security|secret|one[- ]time)\s(?:code|word))"
)
_MASKED: Final = r"(?!\[(?:password|token|card))"
_USUAL_WORD: Final = (
    r"(?!(?:not|no|now|wrong|incorrect|expired|correct|safe|secure|required|reset|changed|the|too|a|an|being|still|"
    r"my|your|needed|invalid|missing|locked|blocked|what|working|there|it|in|to|for|please|forgotten|lost)"
    r"(?=[\s.,;!?]|$))"
)
_SECRET: Final = re.compile(
    rf"(?i)(\b{_PROMPTS}\b(?:(?:\s+\w+){{0,5}}?\s+(?:is|was)\s*(?:[:=]\s*|{_USUAL_WORD})|\s*['\"]?\s*[:=]\s*))"
    rf"{_MASKED}(\"[^\"]+\"|'[^']+'|[^\s\"',;]+(?:[,;][^\s\"',;]+)*)"
)
_BARE_SECRET: Final = re.compile(rf"(?i)(\b{_PROMPTS}\s+)(?=[^\s,;]*[0-9!@#$%^&*])([^\s\"',;\[]{{4,}})")
_TOKEN: Final = re.compile(
    r"(?i:\b(bearer|basic)\s+)(?!\[)[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"
    r"|\b(?:sk|pk|rk)[-_](?:[A-Za-z]{2,8}[-_])*[A-Za-z0-9_-]{16,}"
    r"|\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,})"
    r"|\b(?:xox[abeoprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{10,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)
_NAMED_TOKEN: Final = re.compile(
    r"(?i)(\b(?:api[-_ ]?(?:key|token)|(?:access|refresh|auth|session|id)[-_ ]?token|secret[-_ ]?key"
    r"|client[-_ ]?secret|authorization|token)\b['\"]?(?:\s+is)?\s*[:=]?\s*)(?=[^\s]*[0-9])"
    r"([A-Za-z0-9._~+/=-]{12,})"
)
# One of these is in every text that the patterns above match; looking for them is ten times cheaper.
_HINTS: Final = (
    "pass pwd pin otp cvv cvc code word token key secret auth bearer basic eyj sk- sk_ pk- pk_ rk- rk_ ghp_ gho_ "
    "ghr_ ghs_ ghu_ github_ glpat hf_ npm_ xox akia asia aiza ya29"
).split()


def mask(text: str) -> str:
    """`text` with card numbers, passwords and tokens replaced, and without invisible format characters.

    Masking what is masked already changes nothing. Ids, references, UUIDs, digests and dates of ours stay.
    """
    return _mask_short(text) if len(text) <= _SHORT else _mask(text)


def _mask(text: str) -> str:
    text = visible(text)
    if _may_hold_secret(text):
        text = _TOKEN.sub(_token, text)
        text = _NAMED_TOKEN.sub(_named_token, text)
        text = _SECRET.sub(rf"\1{PASSWORD}", text)
        text = _BARE_SECRET.sub(rf"\1{PASSWORD}", text)
    return _without_cards(text)


# Ids, codes and names come again and again; they cost more than half of the masking of an event.
_mask_short = lru_cache(maxsize=4_096)(_mask)


def _may_hold_secret(text: str) -> bool:
    lowered = text.lower()
    for hint in _HINTS:
        if hint in lowered:
            return True
    return False


def visible(text: str) -> str:
    """`text` without format characters (zero-width, direction, soft hyphen).

    A joiner between two characters beyond ASCII stays where neither is a digit: emoji and several scripts need it.
    """
    if text.isascii() or not any(unicodedata.category(character) == "Cf" for character in text):
        return text
    return "".join(character for place, character in enumerate(text) if _is_shown(text, place, character))


def _is_shown(text: str, place: int, character: str) -> bool:
    if unicodedata.category(character) != "Cf":
        return True
    if character not in "\u200c\u200d" or not 0 < place < len(text) - 1:
        return False
    around = text[place - 1] + text[place + 1]
    return all(not neighbour.isascii() and not neighbour.isdigit() for neighbour in around)


def _token(match: re.Match[str]) -> str:
    return f"{match[1]} {TOKEN}" if match[1] else TOKEN


def _named_token(match: re.Match[str]) -> str:
    return f"{match[1]}{TOKEN}"


def _without_cards(text: str) -> str:
    digits = _plain_digits(text)
    if _DIGIT_RUN.search(digits) is None:
        return text
    digits = _OURS.sub(lambda ours: "x" * len(ours[0]), digits)
    pieces: list[str] = []
    done = 0
    for run in _DIGIT_RUN.finditer(digits):
        for start, end in _cards_in(run):
            number = "".join(_GROUP.findall(digits[start:end]))
            pieces += [text[done:start], f"[card ending {number[-4:]}]"]
            done = end
    return "".join([*pieces, text[done:]])


def _plain_digits(text: str) -> str:
    """`text` with every decimal digit of Unicode as its ASCII digit, place by place."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _cards_in(run: re.Match[str]) -> list[tuple[int, int]]:
    """The spans of card numbers in a run of digit groups, each from a group's start to a group's end."""
    groups = list(_GROUP.finditer(run[0]))
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(groups):
        last = _card_from(groups, first)
        if last is None:
            first += 1
        else:
            found.append((run.start() + groups[first].start(), run.start() + groups[last].end()))
            first = last + 1
    return found


def _card_from(groups: list[re.Match[str]], first: int) -> int | None:
    """The last group of the longest card number that starts with group `first`."""
    number, sizes, best = "", [], None
    for last in range(first, len(groups)):
        number += groups[last][0]
        sizes.append(len(groups[last][0]))
        if len(number) > _CARD_LENGTHS[-1]:
            break
        if len(number) in _CARD_LENGTHS and _is_card(number, tuple(sizes)):
            best = last
    return best


def _is_card(number: str, sizes: tuple[int, ...]) -> bool:
    """Luhn; a number in unusual groups must also begin like a card's, or lists of amounts would be masked."""
    usual = len(sizes) == 1 or sizes in _USUAL_GROUPS
    return (usual or number[0] in "23456") and bool(luhn.is_valid(number))
