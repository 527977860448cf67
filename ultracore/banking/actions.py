"""Proposals of any kind: what a sealed tool proposes, and the effect that one press makes of it.

How to seal a change of state that is not a transfer:

1. Name a kind (`payee.add`). The sealed tool checks everything, changes nothing and returns what it would do:

       return ActionTerms(kind="payee.add", tenant_id=tenant_id, customer_id=customer_id, title="Add a payee",
                          lines=(("Name", name), ("Account", "··1234")), payload={"name": name, "number": number},
                          sentence="Add Gas Co (··1234) to the saved payees.")

   `title` and `lines` are the card; `sentence` says in one sentence what is asked for; `payload` is what `apply`
   needs, JSON only, money as strings (a float is refused). Everything is sealed into the row and compared again.
2. Write the effect in the capability's module, and export it there with `def effects() -> list[Effect]`:

       async def check(connection, proposal) -> str | None:      # a stable code if it must not happen now
       async def apply(connection, proposal, stamp) -> ActionReceipt:
           payload = payload_of(proposal)
           ...                                                   # writes on `connection`, never commits
           return ActionReceipt(result={"payee_id": payee_id}, sentence="Done: Gas Co is a saved payee.")

   `apply` runs in the transaction that marks the proposal done, after `check` has passed in it: both happen or
   neither. It may raise `ToolRefused` (nothing is written then) and must neither wait for anything else nor send:
   it runs again if another writer was in the way. `stamp` has the time, the intent and new ids, the same each run.
3. Add the list to `ultracore/banking/effects.py`. The card, the button, expiry, Stop, the second person, the
   record and the answer after a crash come by themselves. `check` is asked when the card is made, when it is
   pressed and in the transaction that carries it out.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.identifiers import Stamp
from ultracore.banking.values import TRANSFER, ActionRecord, EntryReceipt, Proposal
from ultracore.errors import ToolRefused
from ultracore.languages import Language


def _no_float(text: str) -> NoReturn:
    raise TypeError(f"{text} is a float; an action carries amounts as strings")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTerms:
    """An action with everything resolved: what the person sees on the card is what will happen."""

    kind: str
    tenant_id: str
    customer_id: str
    title: str
    lines: tuple[tuple[str, str], ...]
    payload: Mapping[str, Any]
    sentence: str
    language: Language = "en"

    def to_json(self) -> ActionRecord:
        """The form that is stored, audited and drawn. Raises `TypeError` for what is not JSON, and for a float."""
        terms = ActionRecord(
            tenant_id=self.tenant_id,
            customer_id=self.customer_id,
            title=self.title,
            lines=[[label, value] for label, value in self.lines],
            # Once through JSON: what is sealed now must be equal to what is read from the row later.
            payload=json.loads(json.dumps(dict(self.payload)), parse_float=_no_float, parse_constant=_no_float),
            sentence=self.sentence,
        )
        return terms if self.language == "en" else {**terms, "language": self.language}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReceipt:
    """A person's receipt of an action that is done. `entry_id` is set if it wrote to the journal."""

    result: Mapping[str, Any]
    sentence: str
    entry_id: str | None = None


Receipt = EntryReceipt | ActionReceipt
"""The receipt of one settled proposal: a transfer's entry, or an action's receipt."""

Check = Callable[[AsyncConnection, Proposal], Awaitable[str | None]]
Apply = Callable[[AsyncConnection, Proposal, Stamp], Awaitable[ActionReceipt]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The effect of approved proposals of one kind. See the top of this module."""

    kind: str
    check: Check
    apply: Apply


class Effects:
    """The effects by kind. Raises `ValueError` if two have one kind, or one takes the transfers'."""

    def __init__(self, effects: Iterable[Effect] = ()) -> None:
        self._effects: dict[str, Effect] = {}
        for effect in effects:
            # Found at the start: with two effects of one kind the order of a list would decide what a press does.
            if effect.kind == TRANSFER or effect.kind in self._effects:
                raise ValueError(f"the kind {effect.kind} has an effect already")
            self._effects[effect.kind] = effect

    async def objection(self, connection: AsyncConnection, proposal: Proposal) -> str | None:
        """A stable code if the action must not happen now; `action.unknown` if no effect has its kind."""
        effect = self._effects.get(proposal.kind)
        # A program of an older version meets proposals of a newer one: it refuses what it cannot carry out.
        return "action.unknown" if effect is None else await effect.check(connection, proposal)

    async def apply(self, connection: AsyncConnection, proposal: Proposal, stamp: Stamp) -> ActionReceipt:
        """Carry the action out on the caller's transaction. Raises `ToolRefused` if it refuses."""
        effect = self._effects.get(proposal.kind)
        if effect is None:
            raise action_refused("action.unknown")
        return await effect.apply(connection, proposal, stamp)


def action_refused(code: str) -> ToolRefused:
    """The refusal for a code of `Effect.check`."""
    return ToolRefused(
        f"This cannot be done now ({code}).", code=code, sentence="This cannot be done now. Nothing was changed."
    )


def payload_of(proposal: Proposal) -> Mapping[str, Any]:
    """The payload that the action's tool put into its terms. Raises `TypeError` for a transfer."""
    return proposal.action["payload"]


def receipt_json(receipt: ActionReceipt) -> str:
    """The receipt as the proposal's row keeps it."""
    return json.dumps({"result": dict(receipt.result), "sentence": receipt.sentence, "entry_id": receipt.entry_id})


def receipt_from_json(text: str) -> ActionReceipt:
    """Read what `receipt_json` wrote: an equal receipt, in this process and in any other."""
    return ActionReceipt(**json.loads(text))
