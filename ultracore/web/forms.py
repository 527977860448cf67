"""Forms: the token that proves that one came from our page, and the fields that a person filled in."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from ultracore.errors import InvalidInput

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
_MOST_FIELDS: Final = 200
_LONGEST_FIELD: Final = 16 * 1024


class FormTokens:
    """Tokens of forms, one a login session: another site knows none, and one of another session does not fit."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, login_id: str) -> str:
        """The token that the forms of this login session carry."""
        return hmac.new(self._key, f"form:{login_id}".encode(), hashlib.sha256).hexdigest()

    def fits(self, login_id: str, token: str) -> bool:
        """True for the token that `of` gives."""
        return hmac.compare_digest(self.of(login_id).encode(), token.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form that was sent. Each reader raises `InvalidInput` with a sentence."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, name: str, label: str, *, longest: int = 200) -> str:
        """The field's text without blanks around it; it must be filled in. `label` names it to the person."""
        value = self.optional(name, label, longest=longest)
        if not value:
            raise _refused(name, f"Please fill in: {label}.")
        return value

    def optional(self, name: str, label: str, *, longest: int = 200) -> str:
        """As `text`, but empty if nothing was filled in."""
        value = next(iter(self.fields.get(name, ())), "").strip()
        if len(value) > longest or not _is_text(value):
            raise _refused(name, f"This cannot be used: {label}. It may have {longest} characters at most.")
        return value

    def secret(self, name: str, label: str, *, longest: int = 1024) -> str:
        """A password, exactly as it was typed."""
        value = next(iter(self.fields.get(name, ())), "")
        if not value or len(value) > longest:
            raise _refused(name, f"Please fill in: {label}.")
        return value

    def many(self, name: str) -> tuple[str, ...]:
        """All values of a field that may be ticked more than once."""
        return self.fields.get(name, ())


def _is_text(value: str) -> bool:
    """False for a NUL or half of a surrogate pair, which not every store can hold."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _refused(name: str, sentence: str) -> InvalidInput:
    return InvalidInput(f"field {name}", code="page.field", sentence=sentence)


async def read_form(request: Request) -> Form:
    """The fields of a form's body. Files are not taken. Raises `InvalidInput`."""
    try:
        async with request.form(max_files=0, max_fields=_MOST_FIELDS, max_part_size=_LONGEST_FIELD) as sent:
            names = dict.fromkeys(sent)
            return Form({name: tuple(one for one in sent.getlist(name) if isinstance(one, str)) for name in names})
    except (MultiPartException, HTTPException) as error:
        raise InvalidInput("malformed form", code="page.form", sentence="This form could not be read.") from error
