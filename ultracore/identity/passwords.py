"""Which passwords are taken: long ones that are on no list of common ones. There are no other rules."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final

from ultracore.banking.access import hash_password
from ultracore.identity.values import IdentityRefused

SHORTEST: Final = 15
SHORTEST_WITH_FACTOR: Final = 8
LONGEST: Final = 1024


async def hashed(password: str, *, has_second_factor: bool) -> str:
    """The hash of a password that is fit to be used. Raises `IdentityRefused` with the reason."""
    require_fit(password, has_second_factor=has_second_factor)
    # Beside the loop: looking into the list takes a moment the first time, hashing 20 ms of a core every time.
    if await asyncio.to_thread(is_common, password):
        raise _refused(
            "password.common", "This password is among those that are guessed first. Please take another."
        )
    return await asyncio.to_thread(hash_password, password)


def require_fit(password: str, *, has_second_factor: bool) -> None:
    """Raises `IdentityRefused` for a password that is too short, too long or no text."""
    shortest = SHORTEST_WITH_FACTOR if has_second_factor else SHORTEST
    if len(password) < shortest:
        raise _refused(
            "password.short", f"A password has at least {shortest} characters; a sentence makes a good one."
        )
    if len(password) > LONGEST or any("\ud800" <= character <= "\udfff" for character in password):
        raise _refused("password.unusable", f"A password is text of {LONGEST} characters at most.")


def is_common(password: str) -> bool:
    """True for a password of the list, in any case, or for one that is such a password written again and again."""
    folded = password.casefold()
    return any(unit in _common() or len(set(unit)) == 1 for unit in _repeated(folded))


def _repeated(text: str) -> set[str]:
    """The text, and what it consists of if it is one piece written again and again."""
    lengths = [size for size in range(1, len(text) // 2 + 1) if len(text) % size == 0]
    return {text, *(text[:size] for size in lengths if text[:size] * (len(text) // size) == text)}


@cache
def _common() -> frozenset[str]:
    # Imported here: 30,000 passwords, which no start of the program needs.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


def _refused(code: str, sentence: str) -> IdentityRefused:
    return IdentityRefused("a password that cannot be taken", code=code, sentence=sentence)
