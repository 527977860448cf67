"""Secrets in what people and models write: card and account numbers, tax file numbers, passwords, codes, tokens.

The masked form is what the record keeps, what the screen shows and what the model is given.
"""

from __future__ import annotations

import hashlib
import html
import re
import threading
import unicodedata
from collections import OrderedDict
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from stdnum import luhn

from ultracore.audit.masking.numbers import (
    CODE,
    Replacement,
    accounts_in,
    may_hold_account,
    numbers_in,
    typed_code_in,
)
from ultracore.audit.masking.quick import holds_nothing

PASSWORD: Final = "[password]"  # noqa: S105 - what stands in a password's place
TOKEN: Final = "[token]"  # noqa: S105 - what stands in a token's place

_LONGEST_TYPED_CODE: Final = 100
_SHORT: Final = 48
"""Characters up to which a text's masked form is remembered."""

# Each pass reads the whole text: without a bound, a text made to uncover one number a pass would hold the event
# loop.
_PASSES: Final = 4

# ISO/IEC 7812 allows 19 digits; the shortest numbers that must be found, of old Visa cards, have 13.
_CARD_LENGTHS: Final = range(13, 20)
_USUAL_GROUPS: Final = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}
_SHORTEST_USUAL_GROUP: Final = 4
# Only these are in use: Mastercard has 2 or 5, American Express and Diners 3, Visa 4, others 5 or 6.
_CARD_BEGINNINGS: Final = "23456"

# What we number ourselves may look like a card number by chance: prefixed ids, UUIDs, digests, dates.
_OURS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?:acc|cust|prp|apr|pay|payee|ent|entry|rcp|txn|tenant|conv|evt|key|trn|log|usr|hld|digest)_[0-9A-Za-z]+"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?=[0-9a-f]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{32})"
    r"|ed25519:[0-9a-f]{16}"
    r"|(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?:T[0-9:.]+Z?)?"
    r")(?![0-9A-Za-z]|-[0-9])"
)
_DIGIT_RUN: Final = re.compile(r"[0-9](?:[\s.\-_/\u00b7\u2010-\u2015\u2212\ufe0f\u20e3]{0,3}[0-9]){12,}")
_GROUP: Final = re.compile(r"[0-9]+")
_SOME_NUMBER: Final = re.compile(r"[0-9](?:[\s.\-_/\u00b7\u2010-\u2015\u2212\ufe0f\u20e3]{0,3}[0-9]){3}")

_PROMPTS: Final = (
    r"(?:p[a@4](?:ss|\$\$)\s?(?:w[o0]rd|code|phrase)|passwd|pwd|pw|pin(?:\s(?:code|number))?|otp|cvv|cvc|cvn|csc"
    r"|(?:security|secret|one[- ]time)\s(?:code|word))"
)
_MASKED: Final = r"(?!\[(?:password|token|card|account|iban|tax|code))"
_USUAL_WORD: Final = (
    r"(?!(?:not|no|now|wrong|incorrect|expired|correct|safe|secure|required|reset|changed|the|too|a|an|being|still|"
    r"my|your|fine|ok|okay|good|old|new|weak|strong|needed|invalid|missing|locked|blocked|what|working|there|it|in|to|for|please|forgotten|lost)"
    r"(?=[\s.,;!?]|$))"
)
# Possessive repeats (`++`, `*+`) never try a match a second time: backtracking would let a text of blanks hold the
# event loop.
_SECRET: Final = re.compile(
    rf"(?i)(\b{_PROMPTS}\b(?:(?:\s++\w++){{0,5}}?\s++(?:is|was)\s*+(?:[:=]\s*+|{_USUAL_WORD})"
    rf"|\s*+['\"]?\s*+[:=]\s*+))"
    rf"{_MASKED}(\"[^\"]+\"|'[^']+'|[^\s\"',;]+(?:[,;][^\s\"',;]+)*)"
)
_BARE_SECRET: Final = re.compile(rf"(?i)(\b{_PROMPTS}\s++)(?=[^\s,;]{{0,200}}?[0-9!@#$%^&*])([^\s\"',;\[]{{4,}})")
_CARD_CODE: Final = re.compile(
    r"(?i)(\b(?:cvv2?|cvc2?|cvn|csc|card security code)\b[\s:=#]{1,3})([0-9]{3,4})(?![0-9])"
)
# Several plain words after "password is" are a pass phrase, unless one of them belongs to a sentence about it.
_PHRASE: Final = re.compile(
    rf"(?i)(\b{_PROMPTS}\s+(?:is|was)\s*:?\s+)"
    r"((?:[^\W\d_]{3,14}[ -]){2,7}[^\W\d_]{3,14})(?=[\s.!?]*$|[.!?]\s)"
)
_SENTENCE_WORDS: Final = frozenset(
    "about again and any are asked because before bank but call cannot card change changed could did does don "
    "enough for forgot forgotten from get has have help how into its just know letters like long longer lost more "
    "much must need needs never not now numbers one only please really remember reset right same should some "
    "something still than that the their them then there they this too try use used using very want was what when "
    "where which why will with working would wrong you your expired invalid incorrect locked blocked safe secure "
    "strong weak".split()
)
# Four groups of four with the same marks between them. A list of years begins like no card.
_MARKED_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z])((?:[3-6][0-9]|2[2-7])[0-9]{2})"
    r"((?=[^0-9A-Za-z]{0,3}[,|:;'\"*+~\\=<>()\[\]{}])[^0-9A-Za-z]{1,4})"
    r"([0-9]{4})\2([0-9]{4})\2([0-9]{4})(?![0-9A-Za-z])"
)
_CODED_DIGIT: Final = r"(?:%3[0-9]|&#(?:x3[0-9]|4[89]|5[0-7]);)"
_CODED_DIGITS: Final = re.compile(rf"(?i){_CODED_DIGIT}(?:[\s\-]?{_CODED_DIGIT}){{12,18}}")
_TOKEN: Final = re.compile(
    r"(?i:\b(bearer|basic)\s++)(?!\[)[A-Za-z0-9._~+/=-]{8,}"
    r"|(?<![A-Za-z])eyJ[A-Za-z0-9_-]{5,1000}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"
    r"|eyJ[A-Za-z0-9_-]{5,1000}\.eyJ[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*)?"
    r"|(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?:[A-Za-z]{2,8}[-_])*[A-Za-z0-9_-]{16,}"
    # Glued to a word, as in "risk-" and "task_", only a run of letters and figures is a key.
    r"|(?:sk|pk|rk)[-_](?:[A-Za-z]{2,8}[-_]){0,3}(?=[A-Za-z]{0,64}[0-9])[A-Za-z0-9]{16,}[A-Za-z0-9_-]*"
    r"|gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{20,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"
)
_NAMED_TOKEN: Final = re.compile(
    r"(?i)(\b(?:api[-_ ]?(?:key|token)|(?:access|refresh|auth|session|id)[-_ ]?token|secret[-_ ]?key"
    r"|client[-_ ]?secret|authorization|token)\b['\"]?(?:\s++is)?\s*+[:=]?\s*+)(?=[^\s]{0,200}?[0-9])"
    r"([A-Za-z0-9._~+/=-]{12,})"
)


def mask(text: str) -> str:
    """`text` with card numbers, passwords and tokens replaced, and without invisible format characters.

    Masking what is masked already changes nothing. Ids, references, UUIDs, digests and dates of ours stay.
    """
    return _mask_short(text) if len(text) <= _SHORT else _mask(text)


def mask_recorded(text: str) -> str:
    """`mask`, and account numbers beside a BSB as well: the record needs their last digits only."""
    return text if holds_nothing(text) else mask_recorded_by_rules(text)


def mask_typed_code(text: str) -> str:
    """A message of six digits, or "my code is" and six digits, without them; every other one as it is.

    Not part of `mask`: the same digits may be an amount, if the person has no second factor.
    """
    if len(text) > _LONGEST_TYPED_CODE:
        return text
    shown = visible(text)
    found = typed_code_in(plain_digits(shown))
    return text if found is None else _replaced(shown, [found])


def mask_by_rules(text: str) -> str:
    """`mask` without the shortcut for texts that hold nothing."""
    # Format characters go first: a zero-width space inside a word would hide it from every rule below.
    text = visible(text)
    text = _TOKEN.sub(_token, text)
    text = _NAMED_TOKEN.sub(_named_token, text)
    # Before `_SECRET`, which would mask the first word of a pass phrase and leave the others.
    text = _PHRASE.sub(_phrase, text)
    text = _SECRET.sub(rf"\1{PASSWORD}", text)
    text = _BARE_SECRET.sub(rf"\1{PASSWORD}", text)
    text = _CARD_CODE.sub(rf"\1{CODE}", text)
    # Numbers come after the words: a password of digits goes whole, while of a card number the last four stay.
    return _without_numbers(_without_coded_cards(text))


def mask_recorded_by_rules(text: str) -> str:
    """`mask_recorded` without the shortcut for texts that hold nothing."""
    text = mask_by_rules(text) if len(text) <= _LONG else _mask_long(text)
    if not may_hold_account(text):
        return text
    return _replaced(text, accounts_in(_without_ours(plain_digits(text))))


def _mask(text: str) -> str:
    if holds_nothing(text):
        return text
    return mask_by_rules(text) if len(text) <= _LONG else _mask_long(text)


def _mask_long(text: str) -> str:
    """As `mask_by_rules`, once for a text that comes by again: at the page, the record, the history.

    Remembered is only that a text is masked, by its digest: a text with a secret in it is kept nowhere.
    """
    # `surrogatepass`, because a model's text may hold half of a surrogate pair, which strict UTF-8 refuses.
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=32).digest()
    if digest in _masked_long:
        return text
    shown = mask_by_rules(text)
    known = (
        digest if shown == text else hashlib.blake2b(shown.encode(errors="surrogatepass"), digest_size=32).digest()
    )
    # Locked, because texts are masked in the event loop and in the record's writing thread.
    with _masked_lock:
        _masked_long[known] = None
        if len(_masked_long) > _REMEMBERED_LONG:
            _masked_long.popitem(last=False)
    return shown


_LONG: Final = 1024
_REMEMBERED_LONG: Final = 512
_masked_long: OrderedDict[bytes, None] = OrderedDict()
_masked_lock = threading.Lock()


_mask_short = lru_cache(maxsize=4_096)(_mask)


def forget_short() -> None:
    """Let go of the short texts whose masked form is remembered."""
    _mask_short.cache_clear()
    with _masked_lock:
        _masked_long.clear()


def visible(text: str) -> str:
    """`text` without format characters (zero-width, direction, soft hyphen).

    A joiner between two characters beyond ASCII stays if neither is a digit: emoji and several scripts need it.
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


def _phrase(match: re.Match[str]) -> str:
    words = re.split(r"[ -]", match[2].lower())
    return match[0] if _SENTENCE_WORDS & set(words) else f"{match[1]}{PASSWORD}"


def _without_coded_cards(text: str) -> str:
    """Card numbers whose digits are written as codes of a web address or a page."""
    return _CODED_DIGITS.sub(_coded_card, text)


def _coded_card(match: re.Match[str]) -> str:
    digits = unquote(html.unescape(match[0])).replace(" ", "").replace("-", "")
    return f"[card ending {digits[-4:]}]" if digits.isdecimal() and luhn.is_valid(digits) else match[0]


def _marked_cards(digits: str) -> list[Replacement]:
    """Cards in four groups of four with commas, bars, colons or quotes between them."""
    return [
        Replacement(found.start(), found.end(), f"[card ending {found[5]}]")
        for found in _MARKED_CARD.finditer(digits)
        if luhn.is_valid(found[1] + found[3] + found[4] + found[5])
    ]


def _without_numbers(text: str) -> str:
    """Again after a find: what stood beside a number that is masked now may be seen to be one by itself."""
    for _ in range(_PASSES):
        shown = _numbers_once(text)
        if shown == text:
            break
        text = shown
    return text


def _numbers_once(text: str) -> str:
    """Card numbers are looked for in what the other numbers leave."""
    digits = plain_digits(text)
    if _SOME_NUMBER.search(digits) is None:
        return text
    text = _replaced(text, numbers_in(_without_ours(digits)))
    digits = plain_digits(text)
    text = _replaced(text, _marked_cards(_without_ours(digits)))
    digits = plain_digits(text)
    if _DIGIT_RUN.search(digits) is None:
        return text
    digits = _without_ours(digits)
    return _replaced(text, [card for run in _DIGIT_RUN.finditer(digits) for card in _cards_in(run)])


def _without_ours(digits: str) -> str:
    # Replaced by as many letters, so that places found in the result are places in the text.
    return _OURS.sub(lambda ours: "x" * len(ours[0]), digits)


def _replaced(text: str, found: list[Replacement]) -> str:
    pieces: list[str] = []
    done = 0
    for one in found:
        pieces += [text[done : one.start], one.shown]
        done = one.end
    return "".join([*pieces, text[done:]]) if found else text


def plain_digits(text: str) -> str:
    """`text` with every decimal digit of Unicode as its ASCII digit, place by place."""
    if text.isascii():
        return text
    # Circled and raised digits are read as digits too, though no number is written with them.
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)


def _cards_in(run: re.Match[str]) -> list[Replacement]:
    """The card numbers in a run of digit groups, each from a group's start to a group's end."""
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(run[0])]
    digits = "".join(_GROUP.findall(run[0]))
    sums = _luhn_sums(digits)
    ends = _ends_of(groups)
    found: list[Replacement] = []
    first = at = 0
    while first < len(groups):
        last, end = _card_from(groups, first, at, digits, sums, ends)
        if last is None:
            at += groups[first][1] - groups[first][0]
            first += 1
            continue
        shown = f"[card ending {digits[end - 4 : end]}]"
        found.append(Replacement(run.start() + groups[first][0], run.start() + groups[last][1], shown))
        first, at = last + 1, end
    return found


def _ends_of(groups: list[tuple[int, int]]) -> dict[int, int]:
    """After how many digits each group ends."""
    ends, place = {}, 0
    for number, (start, end) in enumerate(groups):
        place += end - start
        ends[place] = number
    return ends


def _card_from(
    groups: list[tuple[int, int]],
    first: int,
    at: int,
    digits: str,
    sums: tuple[list[int], list[int]],
    ends: dict[int, int],
) -> tuple[int | None, int]:
    """The last group, and the end in `digits`, of the longest card number from group `first` (at `at`) on.

    What can be known from the first group alone is asked first: eight thousand single digits are a message too.
    """
    start = groups[first]
    if digits[at] not in _CARD_BEGINNINGS and start[1] - start[0] < _SHORTEST_USUAL_GROUP:
        return None, at
    for length in reversed(_CARD_LENGTHS):
        last = ends.get(at + length)
        if last is None or not _luhn_holds(sums, at, at + length):
            continue
        sizes = tuple(end - begin for begin, end in groups[first : last + 1])
        if _is_cards(digits[at], sizes):
            return last, at + length
    return None, at


def _is_cards(first_digit: str, sizes: tuple[int, ...]) -> bool:
    """A number in unusual groups must also begin like a card's, or lists of amounts would be masked."""
    return len(sizes) == 1 or sizes in _USUAL_GROUPS or first_digit in _CARD_BEGINNINGS


def _luhn_sums(digits: str) -> tuple[list[int], list[int]]:
    """Running sums with the digits at even, and at odd, places doubled: any stretch is then checked at once."""
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(digits):
        value = int(digit)
        doubled = 2 * value - 9 if value > 4 else 2 * value
        sums[place % 2].append(sums[place % 2][-1] + doubled)
        sums[1 - place % 2].append(sums[1 - place % 2][-1] + value)
    return sums


def _luhn_holds(sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    running = sums[end % 2]
    return (running[end] - running[start]) % 10 == 0
