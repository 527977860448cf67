"""`{= accounts.0.balance}`: a model names a figure of a tool's result, and the bank prints it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from ultracore.ai.answers.sources import Sources
from ultracore.ai.answers.writing import WITHHELD
from ultracore.markdown import inert
from ultracore.wording import money_text

EXPLAINED: Final = (
    "To give a figure, name its place in the latest result that has it, as {= accounts.0.balance}: the bank "
    "prints it there."
)
"""What the prompt says about it."""

_CITATION: Final = re.compile(r"\{=\s*([\w.]{1,120}?)\s*\}")
_MONEY: Final = re.compile(r"-?\d+\.\d{2}")
_SHARES: Final = re.compile(r"rate|percent|share")
_MISSING: Final = object()


def printed(text: str, sources: Sources) -> str:
    """The text with each citation replaced by its figure; one that leads nowhere is a figure withheld."""
    if "{=" not in text:
        return text
    return _CITATION.sub(lambda match: _figure(match[1], sources), text)


def _figure(path: str, sources: Sources) -> str:
    names = path.strip(".").split(".")
    # The latest first: what a payment has changed since is not printed as it was before.
    for tool, content in reversed(sources.results):
        value, holder = _found(content, names[1:] if names[0] == tool else names)
        # A citation prints one figure; an object would put a part of the tool's result on the page unread.
        if value is not _MISSING and not isinstance(value, (Mapping, list, bool)) and value is not None:
            return inert(_told(names[-1], str(value), holder or str(content.get("currency", "AUD"))))
    return WITHHELD


def _found(content: object, names: Sequence[str]) -> tuple[object, str]:
    """The value at the end of the path, and the currency that stands nearest to it."""
    currency = ""
    for name in names:
        if isinstance(content, Mapping):
            currency = str(content.get("currency", currency))
            content = content.get(name, _MISSING)
        elif (
            isinstance(content, Sequence)
            and not isinstance(content, str)
            and name.isdigit()
            and int(name) < len(content)
        ):
            content = content[int(name)]
        else:
            return _MISSING, ""
    return content, currency


def _told(name: str, value: str, currency: str) -> str:
    if _SHARES.search(name):
        return f"{value}%"
    if not _MONEY.fullmatch(value):
        return value
    try:
        return money_text(Decimal(value), currency)
    except InvalidOperation:
        return WITHHELD
