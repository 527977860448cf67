"""Our own sentences around a recorded conversation and a request that waits for a second person."""

from __future__ import annotations

from ultracore.audit import StreamInfo
from ultracore.wording import when_text

WHICH = "Which conversation would you like to see? You can also type /replay and its id."
NO_CONVERSATIONS = "There are no conversations to show. Type /replay for all conversations of your bank."
NO_SUCH_CONVERSATION = "I can't find a conversation of that id at your bank. Type /replay to see the list."
WHY = (
    "Why do you need to see it? Please type the reason (5 to 200 characters), which goes on the record, or cancel."
)
CANCELLED = "All right, nothing was opened. Type /replay to see the list."
REASON_LENGTH = "Please type the reason in 5 to 200 characters, or /replay to see the list again."
NOTHING_OPEN = "No conversation is open here. Type /replay to see the list."
NOTHING_FOUND = "No conversation fits that search. Type /replay for all conversations of your bank."
HOW_TO_SEARCH = (
    "Type /replay find and what you look for: words, customer:cust_1, user:customer1, agent:payments, "
    "tool:execute_transaction, decision:denied, severity:error, care:self_harm, since:2026-11-01 or "
    "until:2026-11-30, together or alone."
)
LAG_UNKNOWN = "How far behind the search is cannot be said at the moment: the newest conversations may be missing."

NO_REQUESTS_WAIT = "Nothing waits for a second person at the moment. Type /requests to look again."
WHICH_REQUEST = "These requests wait for a second person. Which one would you like to decide on?"
NO_SUCH_REQUEST = "That request does not wait any more. Type /requests to see those that do."


def opened(stream: StreamInfo) -> str:
    """The line above a conversation."""
    return (
        f"Conversation {stream.stream_id}: {when_text(stream.first_at)} to {when_text(stream.last_at)}, "
        f"{stream.events} events. Your viewing and its reason are on the record."
    )


def shown(conversation_id: str, first: int, last: int) -> str:
    """The line below a page of it: what the viewer's own record keeps."""
    return f"That was conversation {conversation_id}, events {first} to {last}."


def left(events: int) -> str:
    """The question below a page that is not the last."""
    return f"There is more: {events} events."


def behind(events: int, seconds: float) -> str:
    """A search that does not know everything yet."""
    age = max(round(seconds), 1)
    return f"The search is {events} events ({age} s) behind the record: the newest ones may be missing."


def without_index(customer_id: str | None) -> str:
    """The search is gone; what the record itself can list is shown instead."""
    of_whom = f"conversations of {customer_id}" if customer_id else "newest conversations of your bank"
    return f"The search is not available right now, so what you asked for could not be looked up. The {of_whom}:"
