"""The file of numbers and texts that the bank keeps for people in need, and how a text is put together from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ultracore.ai.care.phrases import shipped
from ultracore.ai.care.values import LANGUAGES, CareKind, Language
from ultracore.errors import OperatorError
from ultracore.wording import call_link

# No character of Markdown: a name from the file must not become a link or hide a number.
_PLAIN = r"^[^\[\]<>*_`|~#\\\r\n]+$"
Number = Annotated[str, StringConstraints(pattern=r"^\+?\d[\d ]{1,22}$")]
Name = Annotated[str, StringConstraints(pattern=_PLAIN, max_length=60)]
Text = Annotated[str, StringConstraints(max_length=1_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PhoneLine(_Part):
    """Who answers, and when."""

    name: Name
    number: Number
    hours: Name | None = None


class Helpline(PhoneLine):
    """A line for people in need of these kinds."""

    kinds: tuple[CareKind, ...] = Field(min_length=1)


class Emergency(_Part):
    """The number that is called when somebody is in danger."""

    number: Number


class Support(_Part):
    """When the bank's own people answer."""

    hours: Name


class Texts(_Part):
    """The texts of one language; `{emergency}`, `{interpreter}` and `{support}` stand for numbers."""

    self_harm: Text
    abuse: Text
    abuse_more: Text
    pressure: Text
    pressure_more: Text
    hardship: Text
    bereavement: Text
    emergency: Text
    interpreter: Text
    again: Text


class _CareFile(_Part):
    emergency: Emergency
    support: Support | None = None
    interpreter: PhoneLine | None = None
    complaints: PhoneLine | None = None
    helplines: tuple[Helpline, ...]
    texts: dict[Language, dict[str, Text]] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CareBook:
    """What is said to people in need. `support` is the bank's own number."""

    file: _CareFile
    texts: dict[Language, Texts]
    support: str

    @property
    def numbers(self) -> frozenset[str]:
        """All numbers that may be told to customers, as they are written."""
        lines = (*self.file.helplines, self.file.interpreter, self.file.complaints)
        told = [line.number for line in lines if line is not None]
        return frozenset([*told, self.file.emergency.number, self.support])

    @property
    def hours(self) -> str | None:
        """When the bank's own people answer, if the file says so."""
        return self.file.support.hours if self.file.support else None

    @property
    def people(self) -> str:
        """How somebody reaches the bank's own people."""
        hours = f" ({self.file.support.hours})" if self.file.support else ""
        return f"call us on {call_link(self.support)}{hours}"

    @property
    def complaints(self) -> str | None:
        """Who hears complaints about the bank, as a line with a link."""
        return None if self.file.complaints is None else _line(self.file.complaints)

    def text(self, kind: CareKind, language: Language) -> str:
        """The whole text for a need, as Markdown with `tel:` links.

        If a life may be in danger, the emergency number is the first line: it must be seen by somebody who reads
        no further. Everybody else is spoken to first, and has it at the end.
        """
        texts = self.texts[language]
        lines = [f"- {_line(one)}" for one in self.file.helplines if kind in one.kinds]
        parts = [texts.emergency, getattr(texts, kind)] if kind.ends_turn else [getattr(texts, kind)]
        if kind is CareKind.PRESSURE and lines:
            parts.append(texts.pressure_more)
        parts.append("\n".join(lines))
        if not kind.ends_turn:
            parts.append(texts.emergency)
        if kind is CareKind.ABUSE:
            parts.append(texts.abuse_more)
        if self.file.interpreter is not None:
            parts.append(texts.interpreter)
        return self._filled("\n\n".join(part for part in parts if part))

    def again(self, language: Language) -> str:
        """What is said instead when the text was given a few messages ago."""
        return self._filled(self.texts[language].again)

    def _filled(self, text: str) -> str:
        interpreter = self.file.interpreter
        numbers = {
            "emergency": call_link(self.file.emergency.number),
            "interpreter": "" if interpreter is None else f"{interpreter.name} {call_link(interpreter.number)}",
            "support": call_link(self.support),
        }
        for name, number in numbers.items():
            text = text.replace(f"{{{name}}}", number)
        return text


def read_care_file(path: Path | None, support: str) -> CareBook:
    """The bank's file, or the demo's if there is none.

    Raises `OperatorError` that names what in the file cannot be used, without quoting it.
    """
    try:
        written = shipped("australia.toml") if path is None else path.read_text(encoding="utf-8")
        return _book(_CareFile.model_validate(tomllib.loads(written)), support)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise _unusable(problems) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unusable("it cannot be read as TOML") from error


def _book(file: _CareFile, support: str) -> CareBook:
    missing = [kind for kind in CareKind if not any(kind in line.kinds for line in file.helplines)]
    # At the start and not at the first message in need, which would get a text without a number.
    if missing:
        raise _unusable(f"no helpline for {', '.join(missing)}")
    ours = tomllib.loads(shipped("texts.toml"))
    # Over ours, so that a bank may reword one text and still has all the others.
    texts = {one: Texts.model_validate(ours[one] | file.texts.get(one, {})) for one in LANGUAGES}
    return CareBook(file, texts, support)


def _unusable(problems: str) -> OperatorError:
    return OperatorError(f"Please correct ULTRACORE_CARE_FILE: {problems}.", code="settings.care_file")


def _line(line: PhoneLine) -> str:
    hours = f" ({line.hours})" if line.hours else ""
    return f"**{line.name}** {call_link(line.number)}{hours}"
