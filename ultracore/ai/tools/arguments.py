"""The types that tool arguments are made of, and their validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, LiteralString

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

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


_ID = StringConstraints(strip_whitespace=True, min_length=1, max_length=64)

TenantId = Annotated[str, _ID, Identity("tenant_id"), Field(description="Filled in by the bank; leave it out.")]
CustomerId = Annotated[
    str, _ID, Identity("customer_id"), Field(description="Filled in by the bank for a customer; leave it out.")
]
UserId = Annotated[
    str, _ID, Identity("user_id"), Field(description="Filled in by the bank for a customer; leave it out.")
]
AccountId = Annotated[str, _ID, Resource("account"), Field(description="As another tool gave it, such as acc_1.")]


def _amount(value: object) -> Decimal:
    """Read an amount by the ledger's own rules; a refusal keeps the ledger's code."""
    if not isinstance(value, str | int | float | Decimal):
        raise PydanticCustomError("amount.not_a_number", "must be a decimal string such as 50.00")
    try:
        # The ledger's own reader: a second set of rules here would sooner or later accept another amount.
        return Money.parse(value).require_positive().amount
    except ToolRefused as error:
        # The code is one of ours, a constant; pydantic types it as a literal, which our errors are not.
        code: LiteralString = error.code
        raise PydanticCustomError(code, "{fact}", {"fact": error.message}) from error


Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "string", "description": 'Decimal string, such as "50.00".'}),
]


def validate(model: type[BaseModel], values: Mapping[str, Any]) -> BaseModel:
    """Check the values against the tool's types.

    Raises `ToolRefused` with the code of the first problem: `arguments.unknown`, `arguments.missing`,
    `arguments.invalid` or an `amount.*` code. The message names all fields at fault and quotes no value.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        # Without the input, which may be what a customer typed: this text goes to the model and on the record.
        details = error.errors(include_input=False, include_url=False, include_context=False)
        message = "; ".join(f"{_where(item)}: {item['msg']}" for item in details)
        raise ToolRefused(message[:500], code=_code(details[0])) from error


def _where(item: ErrorDetails) -> str:
    # A model may make up a field's name, of any length.
    return ".".join(str(part)[:40] for part in item["loc"]) or "arguments"


def _code(item: ErrorDetails) -> str:
    kind = item["type"]
    if kind.startswith("amount."):
        return kind
    return {"extra_forbidden": "arguments.unknown", "missing": "arguments.missing"}.get(kind, "arguments.invalid")
