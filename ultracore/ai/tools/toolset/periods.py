"""Days as arguments of tools, written as Australians write them; a refusal says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from ultracore.dates import Period, read_period, today_at_the_bank
from ultracore.errors import ToolRefused


def _reader(pick: Callable[[Period], date]) -> Callable[[object], date]:
    def read(value: object) -> date:
        if not isinstance(value, str):
            raise PydanticCustomError("date_invalid", "write a day as 31/12/2026, 31 Dec or last month")
        try:
            return pick(read_period(value, today_at_the_bank()))
        except ToolRefused as error:
            raise PydanticCustomError("date_invalid", "{fact}", {"fact": error.message}) from error

    return read


Since = Annotated[
    date,
    BeforeValidator(_reader(lambda period: period.first)),
    WithJsonSchema(
        {"type": "string", "description": "First day: 2026-12-31, 31 Dec, or a period such as last month."}
    ),
]
Until = Annotated[
    date,
    BeforeValidator(_reader(lambda period: period.last)),
    WithJsonSchema({"type": "string", "description": "Last day, written alike."}),
]
