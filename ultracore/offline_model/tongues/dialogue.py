"""Decides what to answer in a language other than English.

Balances and a frozen card; everything else gets the sentence that says so. Nothing is guessed: a balance is told
only if no other days and no figure stand in the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ultracore.offline_model.facts import CUSTOMER, facts_of, results_of
from ultracore.offline_model.serving import HAND_OVER, MOST_REASON, handed_text
from ultracore.offline_model.tongues.phrasebook import Phrasebook, phrasebook
from ultracore.offline_model.wire import Reply, ToolRequest, ToolResult, WireConversation
from ultracore.offline_model.wording import plain_text
from ultracore.wording import money_text

FREEZE: Final = "freeze_card"
_MOST_LINES: Final = 5
_UNBROKEN: Final = "\u00a0"
_KINDS: Final = ("savings", "everyday", "loan")
_SMALL_TALK: Final = (("yes", "no_words"), ("greeting", "hello"), ("thanks", "welcome"))


def answer_foreign(conversation: WireConversation) -> Reply:
    """The reply in the conversation's language. As in English, a tool is called at most once a message."""
    book = phrasebook(conversation.language)
    text = handed_text(conversation) or conversation.current.user
    if book.means(text, "freeze"):
        return _freeze(conversation, book, text)
    if book.means(text, "balance") and not any(one.isdigit() for one in text):
        return _balances(conversation, book, text)
    for meaning, sentence in _SMALL_TALK:
        if book.means(text, meaning):
            return Reply(_said(conversation, book, sentence))
    return Reply(_said(conversation, book, "only"))


def _freeze(conversation: WireConversation, book: Phrasebook, text: str) -> Reply:
    if FREEZE not in conversation.tools:
        return _handed_over(conversation, book, "Security", text)
    results = results_of(conversation, FREEZE)
    if not results:
        return Reply(calls=(ToolRequest(FREEZE, {}),))
    result = results[-1]
    if result.error_code is not None:
        return Reply(_said(conversation, book, _refusal(result)))
    frozen = _said(conversation, book, "frozen", card=str(result.data.get("last_digits", "")))
    return Reply("\n".join([frozen, *_payments(book, result.data.get("recent_payments") or ())]))


def _refusal(result: ToolResult) -> str:
    return "which_card" if result.error_code in ("card.not_found", "card.several") else "refused"


def _payments(book: Phrasebook, payments: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        f"- {one['date']}: {plain_text(str(one['description']))}, {money_text(one['amount'])}"
        for one in payments[:_MOST_LINES]
    ]
    return [book.sentences["payments"], *lines] if lines else []


def _balances(conversation: WireConversation, book: Phrasebook, text: str) -> Reply:
    if CUSTOMER not in conversation.tools:
        return _handed_over(conversation, book, "Accounts", text)
    results = results_of(conversation, CUSTOMER)
    if not results:
        return Reply(calls=(ToolRequest(CUSTOMER, {"include_transactions": False}),))
    if results[-1].error_code is not None:
        return Reply(_said(conversation, book, "refused"))
    facts = facts_of(conversation)
    named = {kind for kind in _KINDS if book.means(text, kind)}
    shown = [one for one in (facts.balances if facts else ()) if not named or one.get("kind") in named]
    return Reply("\n".join(_balance(book, one) for one in shown) or _said(conversation, book, "no_account"))


def _balance(book: Phrasebook, account: Mapping[str, Any]) -> str:
    currency = str(account.get("currency") or "AUD")
    balance = str(account["balance"])
    available = str(account.get("available_balance") or balance)
    sentence = "balance" if available == balance else "available"
    if account.get("kind") == "loan":
        sentence, balance = "owed", balance.removeprefix("-")
    return book.sentences[sentence].format(
        name=plain_text(str(account.get("name") or "")),
        ending=account.get("number_last_digits", ""),
        amount=money_text(balance, currency),
        available=money_text(available, currency),
    )


def _handed_over(conversation: WireConversation, book: Phrasebook, agent: str, text: str) -> Reply:
    # The same agent twice in one exchange would send the message round in a circle.
    if HAND_OVER not in conversation.tools or results_of(conversation, HAND_OVER):
        return Reply(_said(conversation, book, "only"))
    return Reply(calls=(ToolRequest(HAND_OVER, {"agent": agent, "reason": text[:MOST_REASON]}),))


def _said(conversation: WireConversation, book: Phrasebook, sentence: str, **places: str) -> str:
    # Within Arabic a page turns groups round that ordinary blanks part: 13 00 would be read as 00 13.
    phone = (conversation.phone or "").replace(" ", _UNBROKEN)
    calling = book.sentences["call"].format(phone=phone) if phone else ""
    return " ".join(book.sentences[sentence].format(call=calling, **places).split(" ")).strip()
