"""The error tree, divided by who must act.

    UltracoreError
    ├── CustomerError            the person in the chat: change the input, wait, sign in again
    │   ├── InvalidInput
    │   ├── RateLimited          has retry_after, in seconds
    │   │   └── SignInLimited
    │   ├── SignInRefused
    │   ├── SessionEnded
    │   └── ApprovalRefused      a button was pressed that can no longer, or never could, approve
    ├── ToolRefused              the model: it asked for something that it may not have, or asked wrongly
    ├── OperatorError            the operator of the program: settings, ports, files
    └── Unavailable              a part that we call is down, slow or full
        ├── AuditUnavailable
        ├── IndexUnavailable
        ├── CacheUnavailable
        ├── LedgerUnavailable
        └── ModelUnavailable
            └── ModelAnswerInvalid   the model answered, but with something that must not be used

Each error has a stable `code` (`[a-z0-9_.]+`), a `message` for operators and logs, and a `sentence` that may be
shown to a customer. `str(error)` is the operator's message and is never shown to anybody in the chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar


class UltracoreError(Exception):
    """Base of every error that this program raises on purpose."""

    default_code: ClassVar[str] = "internal.error"
    default_sentence: ClassVar[str] = "Something went wrong on our side. Your accounts show what was done."

    def __init__(self, message: str, *, code: str | None = None, sentence: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.sentence = sentence or self.default_sentence


class CustomerError(UltracoreError):
    """The person in the chat can put this right; `sentence` says how.

    `is_dead_end` is True if they can do so by waiting or signing in alone: who cannot is told the bank's phone.
    """

    default_code = "customer.error"
    is_dead_end: ClassVar[bool] = False


class InvalidInput(CustomerError):
    """The input cannot be used as it is."""

    default_code = "input.invalid"
    default_sentence = "I could not read that. Please write it in another way."


class RateLimited(CustomerError):
    """Too many attempts. `retry_after` is in seconds."""

    default_code = "rate.limited"
    is_dead_end = True
    default_sentence = "That was too many messages in a short time. Please wait a moment."

    def __init__(
        self, message: str, *, retry_after: float, code: str | None = None, sentence: str | None = None
    ) -> None:
        super().__init__(message, code=code, sentence=sentence)
        self.retry_after = retry_after


class SignInLimited(RateLimited):
    """Too many attempts to sign in. The page for it names the phone already."""

    default_code = "sign_in.throttled"
    is_dead_end = False


class SignInRefused(CustomerError):
    """User name and password do not match, or the login is disabled. Which one is never said."""

    default_code = "sign_in.refused"
    default_sentence = "The user name or the password is not right. Please try again."


class SessionEnded(CustomerError):
    """The login session is unknown, expired or signed out."""

    default_code = "session.ended"
    is_dead_end = True
    default_sentence = "Your session has ended. Please sign in again."


class ApprovalRefused(CustomerError):
    """The approval is used, expired, void, or belongs to somebody else."""

    default_code = "approval.refused"
    default_sentence = (
        "This request can no longer be decided. Your accounts show what was done; ask again if you still want it."
    )


class ToolRefused(UltracoreError):
    """A tool call is refused. `code` is the stable reason on the record; `message` is told to the model.

    `facts` are the figures behind the refusal, such as a limit and when it ends, all strings. `explained` is True
    if the sentence was made for this refusal, and False if it is the one for all.
    """

    default_code = "tool.refused"
    default_sentence = "I am not able to do that."

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        sentence: str | None = None,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code, sentence=sentence)
        # Only a sentence that was made for this refusal may be shown with it; the general one would explain
        # nothing.
        self.explained = sentence is not None
        self.facts: Mapping[str, str] = facts or {}


class OperatorError(UltracoreError):
    """Set-up is wrong. `message` is one sentence that says what to do; the process exits with a code ≠ 0."""

    default_code = "operator.error"


class Unavailable(UltracoreError):
    """A part that we depend on did not do its work in time."""

    default_code = "service.unavailable"
    default_sentence = "One of our systems is not available right now. Please try again in a few minutes."


class AuditUnavailable(Unavailable):
    """The audit store cannot be written: no effect may happen, and staff may read nothing."""

    default_code = "audit.unavailable"


class IndexUnavailable(Unavailable):
    """The audit index did not answer. The record, chat and money do not depend on it."""

    default_code = "index.unavailable"
    default_sentence = "The index of conversations is not available right now."


class CacheUnavailable(Unavailable):
    """Redis did not answer within its deadline."""

    default_code = "cache.unavailable"


class LedgerUnavailable(Unavailable):
    """The ledger's database did not answer, or refused to write."""

    default_code = "ledger.unavailable"


class ModelUnavailable(Unavailable):
    """The model endpoint is unreachable, slow, refusing us or failing. `code` says which."""

    default_code = "model.unavailable"


class ModelAnswerInvalid(ModelUnavailable):
    """The answer was cut, filtered or malformed. None of it may lead to an effect."""

    default_code = "model.answer_invalid"
