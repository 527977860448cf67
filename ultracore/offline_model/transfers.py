"""Transfers and payments: gathers what several messages said, asks for what is missing, calls the tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ultracore.offline_model import wording
from ultracore.offline_model.elsewhere import asks_of_its_own
from ultracore.offline_model.facts import (
    CUSTOMER,
    NOTHING_KNOWN,
    TRANSFER,
    CustomerFacts,
    KnownAccount,
    facts_of,
    results_of,
)
from ultracore.offline_model.language import (
    Intent,
    Mention,
    NamedDestination,
    Slots,
    find_amounts,
    intent_of,
    is_correction,
    names_a_destination,
    read_destination,
    read_slots,
    read_source,
)
from ultracore.offline_model.wire import Exchange, Reply, ToolRequest, WireConversation
from ultracore.offline_model.wording import Question

_PASSING = (Intent.APPROVAL, Intent.THANKS, Intent.IDENTITY)
ADD_PAYEE = "add_payee"
_NOWHERE = Mention((), "")


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the customer that belongs to a transfer, and the question that it answers, if it does."""

    text: str
    question: Question | None = None


def open_frame(
    exchanges: Sequence[Exchange], words: Sequence[str | None], facts: CustomerFacts | None
) -> tuple[Said, ...]:
    """The messages, oldest first, that say what the last one asks to transfer; empty if it asks for none.

    `words` are what of each message may be about a transfer; None if all of it is about another subject.
    `facts` is what is known of the customer, None if nothing is.
    """
    frame: tuple[Said, ...] = ()
    belongs = False
    before = ""
    for exchange, text in zip(exchanges, words, strict=True):
        question = wording.asked(before)
        said, intent = Said(text or "", question if frame else None), intent_of(text or "")
        belongs = text is not None
        if text is None:
            frame = ()
        elif intent is Intent.TRANSFER and not _continues(said, frame):
            frame = (Said(text),)
        elif frame and _adds(said, intent, facts):
            frame = (*frame, said)
        else:
            belongs = False
            frame = frame if intent in _PASSING else ()
        before = exchange.assistant
    return frame if belongs else ()


def answer_transfer(conversation: WireConversation, frame: Sequence[Said]) -> Reply:
    """The next step of the transfer that the frame describes."""
    if TRANSFER not in conversation.tools:
        return Reply(wording.OTHER_AGENT)
    done = results_of(conversation, TRANSFER)
    if done:
        code = done[-1].error_code
        return Reply(wording.refusal(code) if code else wording.PREPARED)
    facts = facts_of(conversation)
    looked = results_of(conversation, CUSTOMER)
    if facts is None and looked:
        return Reply(wording.refusal(looked[-1].error_code or ""))
    if facts is None:
        return _look_up(conversation)
    reply = _next_step(_merged(frame, facts), facts)
    if not reply.calls and (waiting := _payee_waits(conversation, frame, facts)):
        return Reply(waiting)
    if not reply.calls and not facts.fresh and not looked:
        return _look_up(conversation)  # before asking, make sure that what is known is not out of date
    return reply


def _payee_waits(conversation: WireConversation, frame: Sequence[Said], facts: CustomerFacts) -> str | None:
    """The sentence for somebody who pays a payee whose own card is still open."""
    said = " ".join(one.text.casefold() for one in frame)
    for exchange in reversed(conversation.earlier):
        for result in exchange.results:
            name = str(result.arguments.get("name") or "")
            waits = result.tool == ADD_PAYEE and result.data.get("status") == "pending_approval"
            if waits and name and name.casefold() in said and name not in {one.name for one in facts.payees}:
                return wording.payee_waits(name)
    return None


def _look_up(conversation: WireConversation) -> Reply:
    if CUSTOMER not in conversation.tools:
        return Reply(wording.NO_TOOLS)
    return Reply(calls=(ToolRequest(CUSTOMER, {"include_transactions": False}),))


def _continues(said: Said, frame: Sequence[Said]) -> bool:
    """True if a message with a verb of paying still belongs to the transfer that is being talked about."""
    if not frame:
        return False
    whole = bool(find_amounts(said.text)) and names_a_destination(said.text)
    return (said.question is not None and not whole) or (is_correction(said.text) and not whole)


def _adds(said: Said, intent: Intent, facts: CustomerFacts | None) -> bool:
    """True if a message answers a question about the transfer, or corrects something of it that it names."""
    if intent not in (Intent.UNKNOWN, Intent.TRANSFER):
        return False
    slots = read_slots(said.text, facts or NOTHING_KNOWN)
    if said.question is not None:
        places = [*(slots.source or _NOWHERE).candidates, *(slots.destination or _NOWHERE).candidates]
        return bool(places or slots.amounts or intent is Intent.TRANSFER) or not asks_of_its_own(said.text)
    named = slots.amounts or slots.source or slots.destination or slots.foreign or slots.later
    return bool(named) and is_correction(said.text)


def _merged(frame: Sequence[Said], facts: CustomerFacts) -> Slots:
    """What all messages say together; the later one wins."""
    merged = Slots()
    for said in frame:
        slots = _slots_of(said, facts)
        merged = Slots(
            amounts=slots.amounts or merged.amounts,
            # A new amount without a mark is in Australian dollars: it answers the refusal of the foreign one.
            foreign=slots.foreign or (merged.foreign and not slots.amounts),
            source=slots.source or merged.source,
            destination=slots.destination or merged.destination,
            purpose=slots.purpose or merged.purpose,
            later=slots.later or merged.later,
        )
    return merged


def _slots_of(said: Said, facts: CustomerFacts) -> Slots:
    """Read a message in the light of the question that it answers."""
    slots = read_slots(said.text, facts)
    if said.question is Question.SOURCE and slots.source is None:
        return replace(slots, source=read_source(said.text, facts), destination=None)
    if said.question is Question.DESTINATION and slots.destination is None:
        return replace(slots, destination=read_destination(said.text, facts))
    bare_correction = said.question is None and is_correction(said.text) and slots.source is None
    if bare_correction and not names_a_destination(said.text) and _is_own(slots.destination, facts):
        return replace(slots, source=slots.destination, destination=None)
    return slots


def _is_own(mention: Mention | None, facts: CustomerFacts) -> bool:
    return mention is not None and any(facts.account(one.target_id) for one in mention.candidates)


def _next_step(slots: Slots, facts: CustomerFacts) -> Reply:
    """Ask for the first thing that is missing, else call the tool."""
    # First of all: a payment that goes out today although a later day was asked for cannot be taken back.
    if slots.later:
        return Reply(wording.NOT_LATER)
    place = slots.destination
    if place is None:
        return Reply(wording.ask_destination(facts))
    if not place.candidates:
        return Reply(wording.ask_destination(facts, place.words))
    if len(place.candidates) > 1:
        return Reply(wording.ask_which_destination(place.candidates))
    destination = place.candidates[0]
    if slots.foreign:
        return Reply(wording.ask_amount(destination.name, wording.FOREIGN))
    # Two amounts are never chosen between: which one was meant is asked.
    if len(slots.amounts) != 1:
        reason = wording.SEVERAL_AMOUNTS if slots.amounts else ""
        return Reply(wording.ask_amount(destination.name, reason))
    source = _source_of(slots.source, destination, facts)
    if isinstance(source, Reply):
        return source
    arguments = {
        "transaction_type": "transfer",
        "amount": slots.amounts[0],
        "from_account_id": source,
        "to_account_id": destination.target_id,
    }
    if slots.purpose:
        arguments["description"] = slots.purpose
    return Reply(calls=(ToolRequest(TRANSFER, arguments),))


def _source_of(mention: Mention | None, destination: NamedDestination, facts: CustomerFacts) -> str | Reply:
    """The id of the account to take from: the one that was named, else the everyday account, else a question."""
    others = [one for one in facts.accounts if one.account_id != destination.target_id]
    if mention is not None and len(mention.candidates) == 1:
        return mention.candidates[0].target_id
    if mention is not None:
        return Reply(
            wording.ask_source(facts.accounts, destination.name, "" if mention.candidates else mention.words)
        )
    default = _default(others)
    if default is None:
        return Reply(wording.ask_source(others or facts.accounts, destination.name))
    return default.account_id


def _default(accounts: Sequence[KnownAccount]) -> KnownAccount | None:
    if len(accounts) == 1:
        return accounts[0]
    # Everyday money is for paying; savings are touched only if they are named.
    everyday = [one for one in accounts if one.kind == "everyday"]
    return everyday[0] if len(everyday) == 1 else None
