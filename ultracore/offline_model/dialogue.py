"""Decides what to answer: a function of the request alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ultracore.offline_model import wording
from ultracore.offline_model.asking import asked_for
from ultracore.offline_model.facts import BALANCE, CUSTOMER, facts_of
from ultracore.offline_model.follow_ups import answer_why, resolved
from ultracore.offline_model.language import Intent, account_ids_in, intent_of, is_follow_up
from ultracore.offline_model.parts import Part, frames_of, parts_of, transfer_words
from ultracore.offline_model.readings import answer_balance, answer_payees, answer_transactions
from ultracore.offline_model.serving import answer_parts, handed_text
from ultracore.offline_model.staff import told_to
from ultracore.offline_model.tongues import answer_foreign, phrasebook
from ultracore.offline_model.transfers import Said, answer_transfer, open_frame
from ultracore.offline_model.wire import Reply, ToolRequest, WireConversation

_SENTENCES = {
    Intent.CANCEL: wording.CANCELLED,
    Intent.CASH: wording.CASH,
    Intent.GREETING: wording.HELLO,
    Intent.THANKS: wording.WELCOME,
    Intent.HELP: wording.CAPABILITIES,
    Intent.IDENTITY: wording.IDENTITY,
    Intent.UNKNOWN: wording.OUT_OF_SCOPE,
}


def answer(conversation: WireConversation) -> Reply:
    """The reply to the current exchange. Calls only tools that the request offers; each at most once a message.

    Until it has been said in the conversation, a text ends with the notice that this is the offline demo model.
    To staff it speaks of the customer.
    """
    foreign = conversation.language != "en" and conversation.customer is None
    if foreign and conversation.forced_tool is None:
        notice = phrasebook(conversation.language).sentences["notice"]
        return _noticed(conversation, answer_foreign(conversation), notice)
    conversation = replace(conversation, exchanges=resolved(conversation.exchanges))
    # A program may force a tool; then the customer's words decide nothing.
    reply = _forced(conversation) or _reply(conversation)
    told = told_to(conversation.customer, reply.text)
    reply = replace(reply, text=wording.with_phone(told, conversation.phone))
    return _noticed(conversation, reply, wording.NOTICE)


def _noticed(conversation: WireConversation, reply: Reply, notice: str) -> Reply:
    known = any(wording.NOTICE_MARK in exchange.assistant for exchange in conversation.exchanges)
    if not reply.text or known or wording.NOTICE_MARK in reply.text:
        return reply
    return replace(reply, text=f"{reply.text}\n\n{notice}")


def _reply(conversation: WireConversation) -> Reply:
    # After a hand-over only the part that was handed on is ours; the rest has been answered.
    text = handed_text(conversation) or conversation.current.user
    why = answer_why(conversation)
    if why is not None:
        return why
    frames = frames_of(conversation.exchanges)
    general = partial(_general, conversation)
    if frames[-1] is not None and len(frames[-1].texts) > 1 and text == conversation.current.user:
        return answer_parts(conversation, [frames[-1]], general)
    parts = parts_of(text)
    words = [transfer_words(one.user, frame) for one, frame in zip(conversation.exchanges, frames, strict=True)]
    frame = open_frame(conversation.exchanges, words, facts_of(conversation))
    # A transfer that goes on over several messages is read as one, but only while nothing else is asked.
    if frame and len(parts) == 1:
        return answer_parts(conversation, [Part((text,), None)], lambda _: answer_transfer(conversation, frame))
    return answer_parts(conversation, parts, general)


def _general(conversation: WireConversation, text: str) -> Reply:
    """Balances, transfers, payees and small talk."""
    match _subject(conversation, text):
        case Intent.TRANSFER:
            return answer_transfer(conversation, (Said(text),))
        case Intent.BALANCE:
            return answer_balance(conversation, text)
        case Intent.TRANSACTIONS:
            return answer_transactions(conversation, text)
        case Intent.PAYEES:
            return answer_payees(conversation)
        # Never a tool call: words do not approve, not even in a demonstration.
        case Intent.APPROVAL:
            return Reply(_typed_approval(conversation))
        case Intent.UNKNOWN if wording.is_rude(text):
            return Reply(wording.sorry(conversation.tools))
        case intent:
            sentence = _SENTENCES.get(intent, wording.OUT_OF_SCOPE)
            return Reply(sentence.replace(wording.CAPABILITIES, wording.capabilities(conversation.tools)))


def _subject(conversation: WireConversation, text: str) -> Intent:
    """The intent of the message, or for "and savings?" that of the one before."""
    intent = intent_of(text)
    if intent is not Intent.UNKNOWN or not conversation.earlier or not is_follow_up(text):
        return intent
    earlier = (one.user for one in reversed(conversation.earlier))
    # Over several follow-ups: "and savings?", "and the other one?".
    before = next((intent_of(one) for one in earlier if not is_follow_up(one)), Intent.UNKNOWN)
    return before if before in (Intent.BALANCE, Intent.TRANSACTIONS) else intent


def _typed_approval(conversation: WireConversation) -> str:
    """Text never approves. An open question is asked again."""
    before = conversation.earlier[-1].assistant if conversation.earlier else ""
    question = wording.asked(before) or asked_for(before)
    if question is not None:
        return f"{question.value}?"
    proposed = any(
        result.data.get("status") == "pending_approval" for one in conversation.earlier for result in one.results
    )
    return wording.TYPED_APPROVAL if proposed else wording.NO_APPROVAL_NEEDED


def _forced(conversation: WireConversation) -> Reply | None:
    """A request may force one tool; the arguments are then what the message itself holds."""
    name = conversation.forced_tool
    # Forced once. After the result the same request would call it for ever.
    if name not in conversation.tools or conversation.current.results:
        return None
    arguments: dict[str, object] = {}
    typed = account_ids_in(conversation.current.user)
    if name == BALANCE and typed:
        arguments = {"account_id": typed[0]}
    elif name == CUSTOMER:
        arguments = {"include_transactions": False}
    return Reply(calls=(ToolRequest(name, arguments),))
