"""Amounts as people type them: $50, 50 bucks, 1,250.50, 2k, fifty dollars, 20 dollars and 5 cents."""

from __future__ import annotations

import re
from decimal import Decimal

from ultracore.offline_model.language.text import fold

_UNITS = r"dollars?|dollers?|dolars?|bucks?|aud|quid"
_AMOUNT = re.compile(
    r"(?<![\w.,-])(?P<minus>-?)(?P<sign>(?:au?|aud ?)?\$|aud ?)?\s?(?P<minus2>-?)"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)\s?"
    rf"(?P<scale>k|grand|thousand|million|m)?\s?(?P<unit>{_UNITS})?(?![\w%]|[.,]\d)"
)
_FOREIGN = re.compile(
    r"[€£¥₹]|us\$|nz\$|\b(?:euros?|eur|usd|us dollars?|nzd|gbp|pounds?|yen|jpy|yuan|rupees?|inr|chf|bitcoins?)\b"
)
_NOT_AMOUNTS = re.compile(
    r"\b[a-z]+_\w+|\b(?:ending|ends)(?: (?:in|with))? \d+|\baccount (?:number |no\.? )?\d{3,}"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b(?:last|past) \d+\b|\b\d+ (?:days?|weeks?|months?|years?|times?)\b"
)
_DOLLARS_CENTS = re.compile(rf"\b(\d+) ?(?:{_UNITS}) ?(?:and )?(\d{{1,2}}) ?(?:cents?|c)\b")
_CENTS = re.compile(r"(?<![\d.])(\d{1,2}) ?(?:cents?|c)\b")
_SCALES = {"k": 1000, "grand": 1000, "thousand": 1000, "m": 1_000_000, "million": 1_000_000}

_ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_NUMBER_WORD = "|".join([*_ONES, *_TENS, "fourty", "hundred", "thousand", "grand"])
# A scale after digits ("5 grand") belongs to them.
_IN_WORDS = re.compile(rf"(?<!\d )\b(?:a )?(?:{_NUMBER_WORD})(?:(?: and |[ -])(?:{_NUMBER_WORD}))*\b")
# "Fifty-ish" is no amount: it is asked for.
_ROUGH = re.compile(
    rf"(?<![\w.,-])(?:\$?\d[\d.,]*|(?:{_NUMBER_WORD})(?:(?: and |[ -])(?:{_NUMBER_WORD}))*)[ -]?ish\b"
)


def find_amounts(text: str) -> list[str]:
    """The distinct amounts as decimal strings, in order; if some have a currency mark, only those."""
    found = [(bool(match["sign"] or match["unit"]), _value(match)) for match in _matches(_with_digits(text))]
    marked = [value for has_mark, value in found if has_mark]
    # With a currency on one number the others count things: "2 payments of $50".
    return list(dict.fromkeys(marked or [value for _, value in found]))


def without_amounts(text: str) -> str:
    """The folded text with its amounts taken out; ids and last digits of accounts stay."""
    plain = _with_digits(text)
    for match in reversed(_matches(plain)):
        plain = f"{plain[: match.start()]} {plain[match.end() :]}"
    return " ".join(plain.split())


def is_foreign(text: str) -> bool:
    """True if the text names a currency that is not the Australian dollar."""
    return _FOREIGN.search(fold(text)) is not None


def _with_digits(text: str) -> str:
    """The folded text with numbers in words, and dollars and cents, as digits."""
    plain = _IN_WORDS.sub(_digits, _ROUGH.sub(" ", fold(text)))
    plain = _DOLLARS_CENTS.sub(lambda match: f"${match[1]}.{int(match[2]):02d}", plain)
    return _CENTS.sub(lambda match: f"$0.{int(match[1]):02d}", plain)


def _matches(plain: str) -> list[re.Match[str]]:
    """The amounts at their places. What only looks like one is hidden behind letters of the same length."""
    # Of the same length, so that places in the hidden text are places in the real one.
    hidden = _NOT_AMOUNTS.sub(lambda match: "x" * len(match.group()), plain)
    return list(_AMOUNT.finditer(hidden))


def _value(match: re.Match[str]) -> str:
    value = Decimal(match["number"].replace(",", ""))
    if match["scale"]:
        scaled = value * _SCALES[match["scale"]]
        value = scaled.to_integral_value() if scaled == scaled.to_integral_value() else scaled
    return f"{'-' if match['minus'] or match['minus2'] else ''}{value:f}"


def _digits(match: re.Match[str]) -> str:
    """The number that the words name. A lone "one" is rarely a number, and stays a word."""
    words = match.group().replace("-", " ").split()
    # "One of my accounts", "a payment".
    if words == ["one"] or words == ["a"]:
        return match.group()
    total = part = 0
    for word in words:
        if word in _ONES or word in _TENS or word == "fourty":
            part += _ONES.get(word, _TENS.get(word, 40))
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word in ("thousand", "grand"):
            total, part = total + max(part, 1) * 1000, 0
    return str(total + part)
