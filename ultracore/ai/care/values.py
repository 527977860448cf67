"""What a message can need, and in which language it says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ultracore.languages import LANGUAGES, Language

__all__ = ["LANGUAGES", "CareKind", "Language", "Need"]


class CareKind(StrEnum):
    """The most urgent first: a message that says two things gets the text of the first."""

    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    PRESSURE = "pressure"
    BEREAVEMENT = "bereavement"
    HARDSHIP = "hardship"

    @property
    def ends_turn(self) -> bool:
        """True when nothing but the text is said: no model answers somebody whose life is in danger."""
        return self in (CareKind.SELF_HARM, CareKind.ABUSE)


@dataclass(frozen=True, slots=True)
class Need:
    """What a message says about its writer: one kind or more, the most urgent first."""

    kinds: tuple[CareKind, ...]
    language: Language

    @property
    def kind(self) -> CareKind:
        """The kind whose text is shown."""
        return self.kinds[0]
