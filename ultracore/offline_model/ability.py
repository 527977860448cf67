"""What an ability of the offline model is: words that mean it, the tool it needs, and how it is answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ultracore.offline_model.request import Request, spoken
from ultracore.offline_model.wire import Reply

ANYWHERE = ""
"""The tool of an ability that needs none: every agent has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One subject. `domain` is the agent whose work it is.

    `sealed` if it ends in a card, `at_once` if it changes something without one. `whole` if the rest of
    the message belongs to it, as in a report. `inherits` if the parts of one message speak of the same thing,
    such as one loan's amount.
    """

    domain: str
    tool: str
    applies: re.Pattern[str]
    answer: Callable[[Request], Reply]
    unless: re.Pattern[str] | None = None
    sealed: bool = False
    at_once: bool = False
    whole: bool = False
    inherits: bool = False

    @property
    def acts(self) -> bool:
        """True if it changes something."""
        return self.sealed or self.at_once

    def meant_by(self, text: str) -> bool:
        """True if the text asks for this."""
        plain = spoken(text)
        return bool(self.applies.search(plain)) and not (self.unless and self.unless.search(plain))
