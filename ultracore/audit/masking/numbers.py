"""Numbers that name a person or an account elsewhere: IBANs, tax file numbers, account numbers, one-time codes.

If a number could also be a receipt, an amount or a telephone number, the words around it decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from stdnum import iban
from stdnum.au import tfn

CODE: Final = "[code]"
TAX_NUMBER: Final = "[tax file number]"


class Replacement(NamedTuple):
    """The text `shown` replaces the characters from `start` up to `end`."""

    start: int
    end: int
    shown: str


# Not if letters or decimals follow, which make the digits a reference or an amount.
_NOT_MORE: Final = r"(?![0-9A-Za-z]|[.,][0-9])"
_NUMBER: Final = rf"(?P<n>(?:[0-9]{{5,12}}|[0-9]{{2,4}}(?:[ -][0-9]{{2,4}}){{1,3}}){_NOT_MORE})"
_ACCOUNT: Final = re.compile(
    r"(?i)\b(?:account|acct?|a/c)\.?\s{0,3}(?:number|num\b|nr\b|no\b\.?|\#)"
    rf"(?:(?:\s{{1,3}}[^\W\d][\w']{{0,20}}){{0,4}}?\s{{1,3}}(?:is|was)\b)?\s{{0,3}}[:=\#]?\s{{0,3}}{_NUMBER}"
)
_BSB: Final = re.compile(
    r"(?i)\bbsb\b[^0-9\n]{0,20}[0-9]{3}[ -]?[0-9]{3}[\s,;/]{1,3}"
    rf"(?:(?:and|account|acct|acc|a/c|number|no|num|is)\b[\s:.\#]{{0,3}}){{0,5}}{_NUMBER}"
    r"|(?<![\w-])[0-9]{3}-[0-9]{3}[ ,/]{1,2}(?P<bare>[0-9]{6,10})" + _NOT_MORE
)
_BSB_HINT: Final = re.compile(r"(?i)\bbsb|(?<!\d)\d{3}-\d{3}(?!\d)")
_TAX: Final = re.compile(
    r"(?i)\b(?:tfn|tax\s{1,3}(?:file\s{1,3})?(?:number|no\b\.?))[^0-9\n]{0,30}"
    r"(?P<n>[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{2,3})(?![0-9])"
    # By itself only in the groups in which it is printed, and not as a mobile number's or an amount's.
    r"|(?<![0-9A-Za-z.,$€£+/_-])(?<![0-9] )(?<!\$ )(?<![A-Z]{3} )(?P<bare>[1-35-9][0-9]{2}\ [0-9]{3}\ [0-9]{3})"
    r"(?![0-9A-Za-z]|[.,:/-][0-9]|\ [0-9]|\s(?:dollars|aud\b))"
)
_CODE_NUMBER: Final = r"(?P<n>(?:[a-z]-)?[0-9]{4,8}|[0-9]{3}[ -][0-9]{3})(?![0-9A-Za-z]|[-/.,:][0-9])"
_CODE: Final = re.compile(
    r"(?i)(?:\b(?P<kind>[a-z]{1,20})[ -])?\bcode\b"
    rf"(?:(?:\s{{1,3}}[^\W\d][\w']{{0,20}}){{0,5}}?\s{{1,3}}(?:is|was)\b)?\s{{0,3}}[:=]?\s{{0,3}}{_CODE_NUMBER}"
)
_CODE_AFTER: Final = re.compile(
    r"(?i)(?<![0-9A-Za-z.,$-])(?P<n>[0-9]{4,8})\s{1,3}is\s{1,3}(?:my|the|your)\s{1,3}(?P<kind>[a-z]{1,20}\s{1,3})?code\b"
)
# A whole message that is a code of an authenticator app, with a blank in the middle as the app shows it or without
# one. A hyphen there is a BSB's, a comma an amount's.
_TYPED_CODE: Final = re.compile(
    r"(?i)\s*(?:(?:[a-z' ]|2(?=fa)){0,40}\b(?:codes?|totp|2fa|mfa|authenticator|verification)\b"
    r"(?:\s(?:app|is|says|shows|now|from my app)){0,3}\s{0,2}[:=]?\s{0,2})?"
    r"(?P<n>[0-9]{3}\s?[0-9]{3})\s*[.!]?\s*"
)
# Codes that are no secret. Without this list a branch's code or a discount code would be masked.
_PUBLIC_CODES: Final = frozenset(
    "area bank bar barcode bic biller booking branch category country currency customer discount dress error http "
    "location merchant order payment post product promo promotion purpose qr reason receipt reference routing "
    "sort source state status swift tax voucher zip".split()
)
_IBAN_HEAD: Final = re.compile(r"(?i)(?<![0-9a-z_-])[a-z]{2}[0-9]{2}(?=[ -]?[0-9a-z])")
_IBAN_REST: Final = re.compile(r"(?:[ -]?[0-9A-Za-z]{1,34}){1,12}")
_IBAN_PART: Final = re.compile(r"[0-9A-Za-z]+")
_ACCOUNT_LENGTHS: Final = range(5, 13)
_IBAN_LENGTHS: Final = range(15, 35)


def numbers_in(text: str) -> list[Replacement]:
    """The replacements in `text` (digits in ASCII), in order and without overlap.

    Beside a BSB an account number stays: these are a payee's details, and the tool that saves a payee needs them.
    """
    found = [*_ibans(text), *_tax_numbers(text)]
    if _BSB_HINT.search(text) is None:
        found += _accounts(text, (_ACCOUNT,))
    if "code" in text.lower():
        found += _codes(text)
    return list(_apart(sorted(found)))


def accounts_in(text: str) -> list[Replacement]:
    """Account numbers to replace in `text` (digits in ASCII), also those beside a BSB."""
    return list(_apart(sorted(_accounts(text, (_ACCOUNT, _BSB)))))


def may_hold_account(text: str) -> bool:
    """False if `accounts_in` finds nothing; cheaper."""
    lowered = text.lower()
    return "acc" in lowered or "a/c" in lowered or _BSB_HINT.search(text) is not None


def shown_account(digits: str) -> str | None:
    """An account number as its last digits; `None` if it is too short or too long to be one."""
    if len(digits) not in _ACCOUNT_LENGTHS:
        return None
    # Of a short number four digits would be more than half.
    return f"[account ending {digits[-4 if len(digits) > 7 else -2 :]}]"


def shown_iban(number: str) -> str:
    """An IBAN as its last digits."""
    return f"[iban ending {number[-4:]}]"


def _apart(found: list[Replacement]) -> Iterator[Replacement]:
    done = 0
    for one in found:
        if one.start >= done:
            yield one
            done = one.end


def _ibans(text: str) -> Iterator[Replacement]:
    for head in _IBAN_HEAD.finditer(text):
        # 70: an IBAN has at most 34 characters, each of which may have a space or hyphen behind it.
        rest = _IBAN_REST.match(text, head.end(), head.start() + 70)
        if rest is None:
            continue
        number, ended = head[0], None
        for part in _IBAN_PART.finditer(text, rest.start(), rest.end()):
            number += part[0]
            if len(number) >= _IBAN_LENGTHS.stop:
                break
            # The search goes on after a hit: a beginning of the number may pass modulo 97 by chance, and its rest
            # would stay readable.
            if len(number) in _IBAN_LENGTHS and _is_iban(number):
                ended = part.end(), number
        if ended is not None:
            yield Replacement(head.start(), ended[0], shown_iban(ended[1]))


def _is_iban(number: str) -> bool:
    """Modulo 97 first: it is quick, and most that look like an IBAN fail it."""
    turned = number[4:] + number[:4]
    digits = "".join(str(int(character, 36)) for character in turned)
    return int(digits) % 97 == 1 and bool(iban.is_valid(number))


def _tax_numbers(text: str) -> Iterator[Replacement]:
    for match in _TAX.finditer(text):
        name = "n" if match["n"] else "bare"
        if tfn.is_valid(match[name].replace("-", "").replace(".", "")):
            yield Replacement(*match.span(name), TAX_NUMBER)


def _accounts(text: str, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Replacement]:
    for pattern in patterns:
        for match in pattern.finditer(text):
            name = "n" if match["n"] else "bare"  # only the BSB's pattern has both
            digits = "".join(_IBAN_PART.findall(match[name]))
            shown = shown_account(digits)
            if shown is not None:
                yield Replacement(*match.span(name), shown)


def typed_code_in(text: str) -> Replacement | None:
    """The six digits of a message that is nothing else, or that says in a few words that they are a code.

    For a person who may be asked for one: to everybody else six digits alone are an amount or an account.
    """
    match = _TYPED_CODE.fullmatch(text)
    if match is None or any(word in _PUBLIC_CODES for word in text.lower().split()):
        return None
    return Replacement(*match.span("n"), CODE)


def _codes(text: str) -> Iterator[Replacement]:
    for pattern in (_CODE, _CODE_AFTER):
        for match in pattern.finditer(text):
            if (match["kind"] or "").strip().lower() not in _PUBLIC_CODES:
                yield Replacement(*match.span("n"), CODE)
