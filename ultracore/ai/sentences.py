"""Our own sentences in a conversation. None of them comes from a model or from an exception's text."""

from __future__ import annotations

from ultracore.languages import Language, told

RECORDED = "I am an AI assistant, not a person, and this conversation is recorded."
OFFLINE = "You are talking to the offline demo model: it knows the bank's tools and little else."

CANCELLED = "All right, I have cancelled that request."
STOPPED = "Stopped. Nothing more will be written here, and no payment is waiting."
STOPPED_UNSURE = (
    "Stopped. Nothing more will be written here. I could not reach our ledger to withdraw a request that waits "
    "for your answer: if there is one, please decline it with its button, or let it expire within two minutes."
)
INTERRUPTED = "I was interrupted before I could finish. Please send your message again in a moment."
CUT_SHORT = (
    "This answer was cut off, because our system was interrupted while I wrote it. Please ask again if you still "
    "need it."
)
MODEL_DOWN = "I cannot answer right now, because the language service is not available."
MODEL_REFUSES = (
    "I cannot answer, because the language service is not set up correctly here. Trying again will not help until "
    "the bank has put it right."
)
MODEL_TOO_MUCH = "This conversation has become too long for me to answer. Please start a new one."
MODEL_WRONG = "I could not finish that answer."
RECORD_DOWN = (
    "Our record-keeping is interrupted. You can look at your own accounts, but no money can be moved "
    "until it is back."
)
UNAVAILABLE = "One moment please: a part of our system does not answer. Your accounts show what was done."
NOT_YOURS = "This conversation is not open for you. Please start a new one."


UNCLEAR = "I'd like to get you to the right place. What is this about?"
ANSWERING = "The {domain} agent is answering."
HANDED_OVER = "The {source} agent has handed you over to the {domain} agent."
TOO_MANY = "That was a lot of messages in a minute. Please wait {seconds} seconds and send it again."
PROGRAM_ASKED = "A program asked for this in your name. Nothing has been done; it is checked now, and you decide."
REQUEST_GONE = "This request does not wait any more: it was opened already, or it is older than a week."
CHOICE_GONE = "I no longer have the question that this belongs to. Please type it again."


def greeting(name: str) -> str:
    """The first sentence of a conversation."""
    first_name = name.split()[0] if name.split() else "there"
    return f"Hello {first_name}, I'm Anya, your bank's assistant."


def notice(*, offline: bool) -> str:
    """What everybody must know before they write: it stands below the greeting."""
    return f"{RECORDED} {OFFLINE}" if offline else RECORDED


def agent_line(domain: str, source: str | None, language: Language = "en") -> str:
    """The line that names who answers from here on. Agents are called by their English names."""
    if source is None:
        return told(ANSWERING, language).format(domain=domain)
    return told(HANDED_OVER, language).format(source=source, domain=domain)


def too_many(retry_after: float, language: Language = "en") -> str:
    """The sentence for somebody who writes too fast."""
    return told(TOO_MANY, language).format(seconds=max(1, round(retry_after)))
