"""Decides what to answer: a function of the request alone."""

from __future__ import annotations

from dataclasses import replace

from ultracore.ai.offline import wording
from ultracore.ai.offline.facts import BALANCE, CUSTOMER
from ultracore.ai.offline.intents import Intent, intent_of, is_follow_up
from ultracore.ai.offline.names import account_ids_in
from ultracore.ai.offline.readings import answer_balance, answer_payees, answer_transactions
from ultracore.ai.offline.transfers import answer_transfer, open_frame
from ultracore.ai.offline.wire import Conversation, Reply, ToolRequest

_SENTENCES = {
    Intent.CANCEL: wording.CANCELLED,
    Intent.CASH: wording.CASH,
    Intent.GREETING: wording.HELLO,
    Intent.THANKS: wording.WELCOME,
    Intent.HELP: wording.CAPABILITIES,
    Intent.IDENTITY: wording.IDENTITY,
    Intent.UNKNOWN: wording.OUT_OF_SCOPE,
}


def answer(conversation: Conversation) -> Reply:
    """The reply to the current exchange. Calls only tools that the request offers; each at most once a message.

    Until it has been said in the conversation, a text ends with the notice that this is the offline demo model.
    """
    reply = _forced(conversation) or _reply(conversation)
    known = any(wording.NOTICE_MARK in exchange.assistant for exchange in conversation.exchanges)
    if not reply.text or known or wording.NOTICE_MARK in reply.text:
        return reply
    return replace(reply, text=f"{reply.text}\n\n{wording.NOTICE}")


def _reply(conversation: Conversation) -> Reply:
    text = conversation.current.user
    frame = open_frame(conversation.exchanges)
    if frame:
        return answer_transfer(conversation, frame)
    match _subject(conversation):
        case Intent.BALANCE:
            return answer_balance(conversation, text)
        case Intent.TRANSACTIONS:
            return answer_transactions(conversation, text)
        case Intent.PAYEES:
            return answer_payees(conversation)
        case Intent.APPROVAL:
            return Reply(_typed_approval(conversation))
        case intent:
            return Reply(_SENTENCES.get(intent, wording.OUT_OF_SCOPE))


def _subject(conversation: Conversation) -> Intent:
    """The intent of the message, or for "and savings?" that of the one before."""
    intent = intent_of(conversation.current.user)
    if intent is not Intent.UNKNOWN or not conversation.earlier or not is_follow_up(conversation.current.user):
        return intent
    before = intent_of(conversation.earlier[-1].user)
    return before if before in (Intent.BALANCE, Intent.TRANSACTIONS) else intent


def _typed_approval(conversation: Conversation) -> str:
    """Text never approves. An open question is asked again."""
    question = wording.asked(conversation.earlier[-1].assistant) if conversation.earlier else None
    if question is not None:
        return f"{question.value}?"
    proposed = any(result.tool == "execute_transaction" for one in conversation.earlier for result in one.results)
    return wording.TYPED_APPROVAL if proposed else wording.NO_APPROVAL_NEEDED


def _forced(conversation: Conversation) -> Reply | None:
    """A request may force one tool; the arguments are then what the message itself holds."""
    name = conversation.forced_tool
    if name not in conversation.tools or conversation.current.results:
        return None
    arguments: dict[str, object] = {}
    typed = account_ids_in(conversation.current.user)
    if name == BALANCE and typed:
        arguments = {"account_id": typed[0]}
    elif name == CUSTOMER:
        arguments = {"include_transactions": False}
    return Reply(calls=(ToolRequest(name, arguments),))
