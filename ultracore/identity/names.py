"""Names of logins: which ones may be given."""

from __future__ import annotations

import re
from typing import Final

from ultracore.banking.payees import look_alike, shapes
from ultracore.identity.values import IdentityRefused

# Small ASCII letters: two names that differ in case, accents or script alone look the same to a person.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,62}[a-z0-9]")
LONGEST_DISPLAY_NAME: Final = 200


def require_login_name(name: str) -> str:
    """The name, if a login may have it. Raises `IdentityRefused`."""
    if not _NAME.fullmatch(name):
        raise IdentityRefused(
            "not a name for a login",
            code="identity.name",
            sentence=(
                "A login is 3 to 64 small letters without accents, digits, and . _ + @ - between them: "
                "please choose another name."
            ),
        )
    return name


def require_display_name(name: str) -> str:
    """The name of a person, if it can be shown. Raises `IdentityRefused`."""
    if len(name) > LONGEST_DISPLAY_NAME or not name.isprintable():
        raise IdentityRefused(
            "not a name of a person",
            code="identity.display_name",
            sentence=f"A person's name has {LONGEST_DISPLAY_NAME} printable characters at most.",
        )
    return name


def shape_of(name: str) -> str:
    """What a person sees of a login's name, one text for all names that look the same."""
    return min(shapes(name))


def refuse_look_alike(name: str, taken: str) -> None:
    """Raise `IdentityRefused` if a person could take the name for one that is taken."""
    if look_alike(name, taken):
        raise IdentityRefused(
            "the name looks like another login",
            code="identity.look_alike",
            sentence=f"{name} could be taken for {taken}, which is there already: please choose another name.",
        )
