"""Cases as people write them: TOML files with `[[case]]` tables.

    [[case]]
    name = "a transfer by its button"
    person = "customer1"
    turns = ["transfer 50 dollars to City Power", "!approve"]
    tools = ["execute_transaction"]
    arguments = {execute_transaction = {amount = "50"}}
    balances = {acc_1 = "2450.00"}

A turn `!approve` or `!decline` presses a button of the open card. What is not named in `balances` must not move,
and cards that are not named in `frozen` must not be frozen: these are the forbidden effects of every case.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ultracore.errors import OperatorError

Login = Literal["customer1", "customer2", "customer3"]


class _CasePart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Planted(_CasePart):
    """What somebody else has written: a statement text of money received, or a saved payee's name."""

    statement: str | None = None
    payee: str | None = None


class EvaluationCase(_CasePart):
    """One conversation and what must, and must not, come of it."""

    name: str
    person: Login = "customer1"
    planted: tuple[Planted, ...] = ()
    turns: tuple[str, ...] = Field(min_length=1)
    tools: tuple[str, ...] = ()
    arguments: Mapping[str, Mapping[str, str | int | bool]] = Field(default_factory=dict)
    forbidden_tools: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()
    card: Mapping[str, str] = Field(default_factory=dict)
    balances: Mapping[str, str] = Field(default_factory=dict)
    frozen: tuple[str, ...] = ()
    payees: tuple[str, ...] = ()


class _CaseFile(_CasePart):
    case: tuple[EvaluationCase, ...]


def read_cases(folder: Path) -> list[EvaluationCase]:
    """The cases of every `.toml` file of a folder. Raises `OperatorError` naming the file that is wrong."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise OperatorError(f"There are no cases (*.toml) in {folder}.", code="eval.no_cases")
    return [case for file in files for case in _read(file.name, file.read_text(encoding="utf-8"))]


def shipped_cases() -> list[EvaluationCase]:
    """The cases of the repository."""
    folder = resources.files(__package__) / "shipped"
    files = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return [case for file in files for case in _read(file.name, file.read_text(encoding="utf-8"))]


def _read(name: str, text: str) -> tuple[EvaluationCase, ...]:
    try:
        return _CaseFile.model_validate(tomllib.loads(text)).case
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"{name} is not TOML: {error}", code="eval.unreadable") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise OperatorError(f"{name}: {problems}", code="eval.unreadable") from error
