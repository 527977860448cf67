"""The types that tool arguments are made of, and the reading of what a model sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, LiteralString

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from ultracore.ai.sound_text import sound
from ultracore.banking import Money
from ultracore.errors import ToolRefused


@dataclass(frozen=True, slots=True)
class Identity:
    """Marks a parameter whose value is a fact about the principal."""

    field: Literal["tenant_id", "customer_id", "user_id"]


@dataclass(frozen=True, slots=True)
class Resource:
    """Marks a parameter that names something; the registry checks before it decides.

    `account`: one of the customer's. `agent`: one that the person may talk to.
    """

    kind: Literal["account", "agent"]


MAX_ARGUMENTS_BYTES = 16_384
MAX_DEPTH = 16
_LONGEST_NUMBER = 40
_LARGEST_POWER = 40

_ID = StringConstraints(strip_whitespace=True, min_length=1, max_length=64)

TenantId = Annotated[str, _ID, Identity("tenant_id"), Field(description="Filled in by the bank; leave it out.")]
CustomerId = Annotated[
    str, _ID, Identity("customer_id"), Field(description="Filled in by the bank for a customer; leave it out.")
]
UserId = Annotated[
    str, _ID, Identity("user_id"), Field(description="Filled in by the bank for a customer; leave it out.")
]
AccountId = Annotated[
    str, _ID, Resource("account"), Field(description="An account id as another tool gave it, such as acc_1.")
]


def _amount(value: object) -> Decimal:
    """Read an amount by the ledger's own rules; a refusal keeps the ledger's code."""
    if not isinstance(value, str | int | float | Decimal):
        raise PydanticCustomError("amount.not_a_number", "must be a decimal string such as 50.00")
    try:
        return Money.parse(value).require_positive().amount
    except ToolRefused as error:
        # The code is one of ours, a constant; pydantic types it as a literal, which our errors are not.
        code: LiteralString = error.code
        raise PydanticCustomError(code, "{fact}", {"fact": error.message}) from error


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "string", "description": 'A positive decimal string, such as "50.00".'}),
]


def read_arguments(arguments: str | Mapping[str, Any]) -> dict[str, Any]:
    """Read the arguments of a call as JSON, numbers as `Decimal`; one beyond any use stays the text that it is.

    Raises `ToolRefused`: `arguments.too_long`, or `arguments.not_json` for anything but one JSON object without
    repeated keys.
    """
    if not isinstance(arguments, str):
        return dict(arguments)
    if len(arguments.encode("utf-8", "surrogatepass")) > MAX_ARGUMENTS_BYTES:
        raise ToolRefused("The arguments are too long.", code="arguments.too_long")
    try:
        value = json.loads(
            arguments or "{}", parse_float=_number, parse_constant=Decimal, object_pairs_hook=_unique_keys
        )
    except (ValueError, RecursionError) as error:
        raise ToolRefused("The arguments are not one JSON object.", code="arguments.not_json") from error
    if not isinstance(value, dict) or not _can_be_recorded(value):
        raise ToolRefused("The arguments are not one JSON object.", code="arguments.not_json")
    return value


def _number(text: str) -> Decimal | str:
    """A `Decimal` that is safe to calculate with: turning 1e999999999 into an integer takes all memory."""
    if len(text) > _LONGEST_NUMBER:
        return text
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    exponent = value.as_tuple().exponent
    return value if isinstance(exponent, int) and abs(exponent) <= _LARGEST_POWER else text


def _can_be_recorded(value: object, depth: int = 0) -> bool:
    """False for halves of surrogate pairs, which are no text, and for what is nested beyond any use."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, str):
        return sound(value) == value
    if isinstance(value, dict):
        return all(_can_be_recorded(part, depth + 1) for pair in value.items() for part in pair)
    return not isinstance(value, list) or all(_can_be_recorded(item, depth + 1) for item in value)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def validate(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Check the values against the tool's types.

    Raises `ToolRefused` with the code of the first problem: `arguments.unknown`, `arguments.missing`,
    `arguments.invalid` or an `amount.*` code. The message names all fields at fault and quotes no value.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        message = "; ".join(f"{_where(item)}: {item['msg']}" for item in details)
        raise ToolRefused(message[:500], code=_code(details[0])) from error


def _where(item: ErrorDetails) -> str:
    return ".".join(str(part)[:40] for part in item["loc"]) or "arguments"


def _code(item: ErrorDetails) -> str:
    kind = item["type"]
    if kind.startswith("amount."):
        return kind
    return {"extra_forbidden": "arguments.unknown", "missing": "arguments.missing"}.get(kind, "arguments.invalid")
