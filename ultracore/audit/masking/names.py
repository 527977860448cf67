"""Masking by the name under which a value stands: a tool's argument, a form's field."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ultracore.audit.masking.numbers import CODE, TAX_NUMBER, shown_account, shown_iban
from ultracore.audit.masking.text import PASSWORD

_KINDS: Final = {
    "password": "password passwd pwd passcode passphrase pin secret clientsecret apikey accesstoken refreshtoken "
    "idtoken token authorization cvv cvc otp onetimecode cookie",
    "code": "code verificationcode securitycode smscode mfacode loginotp otpcode authcode",
    "card": "card cardnumber cardno pan primaryaccountnumber creditcard debitcard creditcardnumber "
    "debitcardnumber",
    "account": "accountnumber accountno acctnumber acctno bankaccount bankaccountnumber payeeaccount "
    "payeeaccountnumber",
    "iban": "iban ibannumber",
    "tax": "tfn taxfilenumber taxfileno taxnumber",
}
_KIND_OF: Final = {name: kind for kind, names in _KINDS.items() for name in names.split()}

_LONGEST_NAME: Final = 256
"""Characters. A model chooses the names of its arguments: longer ones are none of these, nor remembered."""
# Fewer digits are not masked: they are a card's last ones, by which people and tools name it.
_FEWEST_OF_A_CARD: Final = 8
_FEWEST_OF_A_TAX_NUMBER: Final = 8
# The shape must fit as well, because a field named `code` also holds codes that are no secret (`AUD`).
_CODE_SHAPE: Final = re.compile(r"(?:[A-Za-z]-?)?[0-9]{4,8}|[0-9]{3}[ -][0-9]{3}")
_NUMBER_SHAPE: Final = re.compile(r"[0-9][0-9 .\-]*")
_IBAN_SHAPE: Final = re.compile(r"[A-Za-z]{2}[0-9]{2}[0-9A-Za-z \-]{8,}")


def kind_of(name: str) -> str | None:
    """The kind of a value under this name: a `password`, `code`, `card`, `account`, `iban` or `tax` number."""
    return _kind_of_short(name) if len(name) <= _LONGEST_NAME else None


# Bounded, because a model makes up names of arguments and would fill a cache without an end.
@lru_cache(maxsize=4_096)
def _kind_of_short(name: str) -> str | None:
    return _KIND_OF.get(name.lower().replace("_", "").replace("-", "").replace(" ", ""))


def shown_as(kind: str, value: object) -> str | None:
    """The text that replaces a value of this kind; `None` if it is no such value.

    Last digits by themselves (`4821`), ids of ours (`acc_1`) and stable codes (`payee.unknown`) are none.
    """
    # A bool is an int in Python, and a flag such as `"card": true` gives nothing away.
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    # A password has no shape by which it could be told from something harmless: everything under its name goes.
    return PASSWORD if kind == "password" else _shown_number(kind, str(value).strip())


def _shown_number(kind: str, text: str) -> str | None:
    if kind == "code":
        return CODE if _CODE_SHAPE.fullmatch(text) else None
    if kind == "iban":
        return shown_iban(text.replace(" ", "").replace("-", "")) if _IBAN_SHAPE.fullmatch(text) else None
    if not _NUMBER_SHAPE.fullmatch(text):
        return None
    digits = "".join(character for character in text if character.isdecimal())
    if kind == "tax":
        return TAX_NUMBER if len(digits) >= _FEWEST_OF_A_TAX_NUMBER else None
    if kind == "card":
        return f"[card ending {digits[-4:]}]" if len(digits) >= _FEWEST_OF_A_CARD else None
    return shown_account(digits)
