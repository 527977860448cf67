"""One question of a customer, with what was said about it before, and how it is put to a tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from ultracore.offline_model import refusals, wording
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.facts import CUSTOMER, CustomerFacts, facts_of, results_of
from ultracore.offline_model.language import (
    Span,
    UnclearDays,
    accounts_named,
    corrected,
    fold,
    span_of,
    unslang,
    words_of,
)
from ultracore.offline_model.wire import Reply, ToolRequest, ToolResult, WireConversation

T = TypeVar("T")

_VOCABULARY = frozenset(
    "eligible eligibility qualify borrow mortgage repayment repayments instalment instalments portfolio shares "
    "holdings investments investment allocation performance performing freeze unfreeze stolen unusual suspicious "
    "activity scam scammed fraud statement statements interest transactions spend spent spending groceries "
    "grocery payee recommend diversification superannuation credit score apply application account accounts "
    "savings everyday payment payments overseas recognise incident message card cards report".split()
)
# Words that lie a slip away from one of these and mean what they say.
_AS_THEY_ARE = frozenset(
    "send sent scope stole stored counted amount paid scammer scammers scamming scams".split()
)


@lru_cache(maxsize=1024)
def spoken(text: str) -> str:
    """The folded words with slips against the subjects' own words put right, joined by single blanks."""
    return " ".join(corrected(unslang(words_of(text)), _VOCABULARY | _AS_THEY_ARE))


@dataclass(frozen=True, slots=True)
class Request:
    """What a customer asks. `texts` are the messages that say it, oldest first; later ones win."""

    texts: tuple[str, ...]
    conversation: WireConversation

    @property
    def text(self) -> str:
        """The newest words."""
        return self.texts[-1]

    @property
    def plain(self) -> str:
        """The newest words, folded, slips put right."""
        return spoken(self.text)

    def newest(self, read: Callable[[str], T | None]) -> T | None:
        """What the newest text says of something, if one does."""
        return next((found for text in reversed(self.texts) if (found := read(text)) is not None), None)

    def span(self) -> Span | Reply | None:
        """The days that were asked for. A question back if they cannot be read: other days would look right."""
        found = span_of(self.texts)
        if isinstance(found, UnclearDays):
            return Reply(
                f"I can't tell which days “{wording.plain_text(found.words)}” are. {Ask.PERIOD}? Write them, for "
                "example, as “last month”, “October” or “from 1/10 to 15/10”."
            )
        return found

    def earlier_results(self, *tools: str) -> list[ToolResult]:
        """What these tools answered to earlier messages, the newest first; refusals are left out."""
        return [
            result
            for exchange in reversed(self.conversation.earlier)
            for result in reversed(exchange.results)
            if result.tool in tools and result.error_code is None
        ]

    def offers(self, tool: str) -> bool:
        """True if the agent has this tool."""
        return tool in self.conversation.tools

    def result(self, tool: str, arguments: Mapping[str, Any]) -> ToolResult | None:
        """What the tool answered to these arguments since the current message."""
        # By arguments too: one message may need the same tool twice, for two accounts.
        found = (one for one in results_of(self.conversation, tool) if dict(one.arguments) == dict(arguments))
        return next(found, None)

    def ask(
        self, tool: str, arguments: Mapping[str, Any], word: Callable[[Mapping[str, Any]], str] | None = None
    ) -> Reply:
        """Call the tool; once it has answered, say what it said. A proposal or a refusal is said as such."""
        result = self.result(tool, arguments)
        if result is None:
            return Reply(calls=(ToolRequest(tool, arguments),))
        if result.error_code is not None:
            return Reply(refusals.told(result))
        if result.data.get("status") == "pending_approval":
            return Reply(wording.PREPARED)
        try:
            return Reply((word or message_of)(result.data))
        # A program may bring tools of its own, whose results have another shape.
        except (KeyError, TypeError, ValueError):
            return Reply(wording.UNREADABLE)

    def facts(self) -> CustomerFacts | Reply:
        """The customer's accounts and payees, or the reply that has to come first."""
        known = facts_of(self.conversation)
        if known is not None:
            return known
        if not self.offers(CUSTOMER):
            return Reply(wording.NO_TOOLS)
        return self.ask(CUSTOMER, {"include_transactions": False})

    def named_account(self, facts: CustomerFacts) -> str | None:
        """The id of the one own account that the newest text names."""
        found = self.newest(lambda text: accounts_named(fold(text), facts) or None)
        return found[0].account_id if found and len(found) == 1 else None


def message_of(data: Mapping[str, Any]) -> str:
    """The sentence that the tool itself gives."""
    message = data["message"]
    if not isinstance(message, str) or not message:
        raise ValueError("no message")
    return message
