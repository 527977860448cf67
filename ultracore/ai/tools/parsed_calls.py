"""A tool call is read once and masked once, as it enters; every later step takes the `ParsedCall`.

History, record, ledger and screen get the masked form, and the tool runs on the same values, so that no two steps
can understand a call differently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ultracore.ai.model import ModelToolCall
from ultracore.ai.sound_text import sound
from ultracore.audit.masking import WrongType, mask, masked
from ultracore.errors import ToolRefused

# The longest honest arguments are a pasted message; everything here is recorded and sealed as well.
MAX_ARGUMENTS_BYTES: Final = 16_384
# Far beyond what any tool takes; deeper values cost stack in masking and in the canonical form.
MAX_DEPTH: Final = 16
MAX_RECORDED_TEXT: Final = 4_096
# No amount has more digits; calculating with longer ones would cost time by their square.
_LONGEST_NUMBER: Final = 40
_LARGEST_POWER: Final = 40
_CONSTANTS: Final = frozenset({"NaN", "Infinity", "-Infinity"})


class _Number(str):
    """A JSON number as the model wrote it. As text it is masked like any other: a card number may come as one."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ParsedCall:
    """A tool call without secrets. `text` is its arguments as history keeps them, not necessarily JSON.

    `values` are the arguments; None if they are not one JSON object that a tool could use.
    """

    call_id: str
    name: str
    text: str
    values: Mapping[str, Any] | None

    @property
    def recorded(self) -> Mapping[str, Any] | str:
        """The arguments as the record keeps them: the object, or the beginning of the text if it is none."""
        return sound(self.text[:MAX_RECORDED_TEXT]) if self.values is None else self.values

    def arguments(self) -> Mapping[str, Any]:
        """The arguments. Raises `ToolRefused`: `arguments.too_long` or `arguments.not_json`."""
        if self.values is not None:
            return self.values
        if _is_too_long(self.text):
            raise ToolRefused("The arguments are too long.", code="arguments.too_long")
        raise ToolRefused("The arguments are not one JSON object.", code="arguments.not_json")


def parsed_json(text: str) -> object:
    """JSON with every number as its text.

    Raises `ValueError`, also for a key that stands twice, of whose values only one would be looked at, and
    `RecursionError`.
    """
    return json.loads(
        # As text: `json` would make a float of an amount, and lose cents of a large one.
        text,
        parse_float=_Number,
        parse_int=_Number,
        parse_constant=_Number,
        object_pairs_hook=_unique_keys,
    )


def masked_arguments(value: object) -> object:
    """`value` with cards, passwords, codes and tokens replaced. Raises `WrongType` if it is nested too deeply.

    Account numbers stay: a tool that saves a payee needs them.
    """
    return masked(value, lambda text: mask(str(text)), numbers=False)


class CallReader:
    """Reads what a model wrote: each call is parsed once, and its values are masked once."""

    def __init__(
        self,
        parse: Callable[[str], object] = parsed_json,
        mask_values: Callable[[object], object] = masked_arguments,
    ) -> None:
        self._parse = parse
        self._mask_values = mask_values

    def read(self, call: ModelToolCall) -> ParsedCall:
        """The call, parsed and masked. Never raises for anything that a model can write.

        A call without secrets keeps the text of its arguments. If something is replaced, numbers become strings,
        which the tools read as well.
        """
        call_id, name, text = mask(sound(call.call_id)), mask(sound(call.name)), sound(call.arguments_json)
        try:
            value = self._parse(text or "{}")
            shown = self._mask_values(value)
        except (ValueError, RecursionError, WrongType):
            # It is no arguments. It is recorded all the same, so it is masked as a text.
            return ParsedCall(call_id, name, mask(text), None)
        # Written anew only then: history should hold the words of the model's own call, which it knows again.
        if shown != value:
            value, text = shown, json.dumps(shown, ensure_ascii=False)
        return ParsedCall(call_id, name, text, _usable(value, text))


def _usable(value: object, text: str) -> dict[str, Any] | None:
    if _is_too_long(text) or not isinstance(value, dict) or not _can_be_recorded(value):
        return None
    try:
        return {key: _with_numbers(part) for key, part in value.items()}
    except ValueError:  # an integer of thousands of digits, which Python refuses to make
        return None


def _is_too_long(text: str) -> bool:
    return len(text.encode("utf-8", "surrogatepass")) > MAX_ARGUMENTS_BYTES


def _with_numbers(value: Any) -> Any:
    """`value` with numbers to calculate with in place of their text."""
    if isinstance(value, _Number):
        return _number(value)
    if isinstance(value, dict):
        return {key: _with_numbers(part) for key, part in value.items()}
    return [_with_numbers(part) for part in value] if isinstance(value, list) else value


def _number(token: _Number) -> int | Decimal | str:
    """A number that is safe to calculate with: turning 1e999999999 into an integer takes all memory."""
    text = str(token)
    if text in _CONSTANTS:
        return Decimal(text)
    if text.removeprefix("-").isdecimal():
        return int(text)
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
        # Half of a surrogate pair has no form in UTF-8, so neither the record nor the wire could hold it.
        return sound(value) == value
    if isinstance(value, dict):
        return all(_can_be_recorded(part, depth + 1) for pair in value.items() for part in pair)
    return not isinstance(value, list) or all(_can_be_recorded(item, depth + 1) for item in value)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    # Python keeps the last value of a repeated key and others the first: two readers would see two payments.
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found
