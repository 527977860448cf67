"""Messages that mean something only after what was said before: "next", "the other one", "why?"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ultracore.offline_model import refusals, wording
from ultracore.offline_model.language import fold, kinds_named
from ultracore.offline_model.wire import Exchange, Reply, ToolResult, WireConversation

_NEXT = re.compile(
    r"^(?:ok |okay |yes |and |now |then |please |done |do )*(?:next|next one|go on|the rest|the next(?: one)?|"
    r"the (?:other|second) (?:one|payment|transfer)|continue|carry on)(?: please| now)?\W*$"
)
_OTHER = re.compile(r"\b(?:the )?other (?:one|account)\b")
_WHY = re.compile(
    r"^(?:but |and |so )*(?:why|how come|why is that|why not|why so|whys that|what for|for what reason)\W*$"
)
_TWO_KINDS = frozenset({"everyday", "savings"})


def resolved(exchanges: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """The exchanges with what such a message stands for in its place."""
    found: list[Exchange] = []
    for exchange in exchanges:
        found.append(replace(exchange, user=_meant(exchange.user, found)))
    return tuple(found)


def _meant(text: str, earlier: Sequence[Exchange]) -> str:
    plain = fold(text)
    if not earlier:
        return text
    if _NEXT.match(plain):
        rest = _left(earlier)
        return rest or text
    if _OTHER.search(plain):
        kind = _other_kind(earlier)
        return _OTHER.sub(f"{kind} account", plain) if kind else text
    return text


def _left(earlier: Sequence[Exchange]) -> str | None:
    """What the last answer that put something off has put off."""
    for exchange in reversed(earlier):
        put_off = [one for text in exchange.said for one in wording.left_over(text)]
        if put_off:
            done = {other.user for other in earlier}
            return next((one for one in put_off if one not in done), None)
    return None


def _other_kind(earlier: Sequence[Exchange]) -> str | None:
    """The one of the two usual accounts that was not spoken of last."""
    for exchange in reversed(earlier):
        named = kinds_named(fold(exchange.user)) & _TWO_KINDS or kinds_named(fold(exchange.assistant)) & _TWO_KINDS
        if len(named) == 1:
            return next(iter(_TWO_KINDS - named))
    return None


def answer_why(conversation: WireConversation) -> Reply | None:
    """The reasons of the last answer, as the tool gave them; None if the message does not ask for them."""
    if not _WHY.match(fold(conversation.current.user)):
        return None
    for exchange in reversed(conversation.earlier):
        if exchange.results:
            return Reply(_reasons(exchange.results[-1]))
    return Reply(
        "I have not looked anything up yet, so there is nothing to give a reason for. What would you like to know?"
    )


def _reasons(result: ToolResult) -> str:
    if result.error_code is not None:
        return refusals.told(result)
    for name in ("reasons", "factors", "assumptions", "signs"):
        found = [_reason(one) for one in result.data.get(name) or ()]
        if found:
            return "\n".join(["These are the reasons:", *(f"- {one}" for one in found)])
    return (
        "I only tell what the bank's own records say, and they give no reason. The step above shows the lines "
        f"behind it. If something looks wrong, please {wording.CALL_US}."
    )


def _reason(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    for name in ("reason", "finding", "meaning"):
        if one.get(name):
            met = {True: "Met: ", False: "Not met: "}.get(one.get("met"), "")  # type: ignore[arg-type]
            return f"{met}{one[name]}"
    return ""
