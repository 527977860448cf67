"""Answers the questions of a message in order: own reads first, then what gets a card, then other agents' work."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ultracore.offline_model import refusals, wording
from ultracore.offline_model.ability import ANYWHERE
from ultracore.offline_model.domains.spending import SEARCH, SPENDING
from ultracore.offline_model.facts import BALANCE, CUSTOMER, TRANSFER, results_of
from ultracore.offline_model.language import Intent
from ultracore.offline_model.parts import Part
from ultracore.offline_model.request import Request
from ultracore.offline_model.staff import told_to
from ultracore.offline_model.wire import Reply, ToolRequest, WireConversation

HAND_OVER = "hand_over"
MOST_REASON = 200

_HOMES = {
    Intent.BALANCE: ("Accounts", (BALANCE, CUSTOMER)),
    Intent.TRANSFER: ("Payments", (TRANSFER,)),
    Intent.PAYEES: ("Payments", (CUSTOMER,)),
}
General = Callable[[str], Reply]


def handed_text(conversation: WireConversation) -> str | None:
    """What another agent has handed over in this exchange: the words that still wait for an answer."""
    done = [one for one in results_of(conversation, HAND_OVER) if one.error_code is None]
    return str(done[-1].arguments.get("reason") or "") or None if done else None


def answer_parts(conversation: WireConversation, parts: Sequence[Part], general: General) -> Reply:
    """The reply to all parts. `general` answers the parts that no ability has."""
    ours = [part for part in parts if _home_of(conversation, part) is None]
    others = [part for part in parts if _home_of(conversation, part) is not None]
    said: list[str] = []
    # Reads first, because a card ends the turn and what comes after it would stay unanswered.
    for part in sorted(ours, key=_ends_in_a_card):
        reply = _answered(conversation, part, general)
        if reply.calls and _ends_in_a_card(part) and any(one.tool not in (CUSTOMER,) for one in reply.calls):
            rest = [other for other in (*ours, *others) if other is not part and _waits(other, ours)]
            return Reply(_joined(conversation, [*said, *_afterwards(rest)]), reply.calls)
        if reply.calls:
            return reply
        said.append(reply.text)
    if not others:
        return Reply("\n\n".join(said))
    return _hand_over(conversation, others, said)


def _answered(conversation: WireConversation, part: Part, general: General) -> Reply:
    ability = part.ability
    if ability is not None and (ability.tool == ANYWHERE or ability.tool in conversation.tools):
        return ability.answer(Request(part.texts, conversation))
    return general(part.text)


def _home_of(conversation: WireConversation, part: Part) -> str | None:
    """The other agent whose work a part is; None if it is answered here."""
    if part.ability is not None:
        if part.ability.tool in (ANYWHERE, *conversation.tools) or _general_will_do(conversation, part):
            return None
        return part.ability.domain
    domain, tools = _HOMES.get(part.intent, ("", ()))
    elsewhere = bool(domain) and HAND_OVER in conversation.tools and not conversation.tools & set(tools)
    return domain if elsewhere else None


def _general_will_do(conversation: WireConversation, part: Part) -> bool:
    """Without the tool for it, questions about the past can be answered from the customer's overview."""
    listed = part.ability is None or part.ability.tool in (SEARCH, SPENDING)
    return listed and part.intent is Intent.TRANSACTIONS and CUSTOMER in conversation.tools


def _ends_in_a_card(part: Part) -> bool:
    return part.ability.sealed if part.ability else part.intent is Intent.TRANSFER


def _waits(part: Part, ours: Sequence[Part]) -> bool:
    return part not in ours or _ends_in_a_card(part)


def _afterwards(rest: Sequence[Part]) -> list[str]:
    """A card ends the turn: what could not be answered before it is to be asked again."""
    return [f"{wording.AFTERWARDS} “{wording.plain_text(part.text)}”." for part in rest]


def _hand_over(conversation: WireConversation, others: Sequence[Part], said: Sequence[str]) -> Reply:
    """Hand the rest to the first of the other agents; if that cannot be, say whose work it is."""
    domain = _home_of(conversation, others[0])
    tried = results_of(conversation, HAND_OVER)
    refused = [one for one in tried if one.error_code is not None]
    # The same agent twice in one exchange would send the message round in a circle.
    again = any(one.arguments.get("agent") == domain for one in tried)
    if HAND_OVER in conversation.tools and not refused and not again:
        reason = " and ".join(part.text.rstrip("?.! ") for part in others)[:MOST_REASON]
        call = ToolRequest(HAND_OVER, {"agent": domain, "reason": reason})
        return Reply(_joined(conversation, said), (call,))
    told = refusals.told(refused[-1]) if refused else wording.not_here(domain or "", conversation.tools)
    return Reply(_joined(conversation, [*said, told]))


def _joined(conversation: WireConversation, said: Sequence[str]) -> str:
    """The texts that have not been shown in this exchange already."""
    # After a tool call the model is asked anew and says everything again that it has shown before.
    shown = conversation.current.assistant
    return "\n\n".join(text for text in said if told_to(conversation.customer, text) not in shown)
