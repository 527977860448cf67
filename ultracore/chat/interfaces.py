"""What the chat needs of the rest of the program. `ultracore.container` provides it; tests have small doubles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from ultracore.ai.screen import ConversationDesk
from ultracore.audit import AuditEventType, AuditSeverity, Subject
from ultracore.cache.stores import Attempt, Busy, Wait
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings


class UserRecord(Protocol):
    """A login whose password was right."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def roles(self) -> frozenset[Role]: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def display_name(self) -> str: ...


class Users(Protocol):
    """Who can sign in."""

    async def authenticate(self, user_id: str, password: str) -> UserRecord | None:
        """The login, or None where user and password do not match; equal work in both cases."""

    async def get(self, user_id: str) -> UserRecord | None:
        """The login of that name, or None."""


class Bank(Protocol):
    """The part of the bank that sign-in asks."""

    @property
    def users(self) -> Users: ...


class Logins(Protocol):
    """Server-side login sessions. All methods raise `CacheUnavailable`."""

    async def create(self, principal: Principal) -> None:
        """Begin the session `principal.login_id`."""

    async def get(self, login_id: str) -> Principal | None:
        """Who is signed in, and the idle time begins anew; None where the session has ended."""

    async def peek(self, login_id: str) -> Principal | None:
        """As `get`, but the idle time runs on."""


class Sockets(Protocol):
    """Whose a browser's session id is, and how many sockets a user has. Raises `CacheUnavailable`."""

    async def bind(self, session_id: str, login_id: str) -> bool:
        """True where the session is this login's, now or already; False where it is somebody else's."""

    async def admit(self, user_id: str, session_id: str, limit: int = 5) -> bool:
        """Take or keep one of the user's places; False where all are taken."""

    async def leave(self, user_id: str, session_id: str) -> None:
        """Give the place back. Idempotent."""


class Throttle(Protocol):
    """Counts failed sign-ins; tests have one in memory. Raises `CacheUnavailable`."""

    async def admit(self, user_id: str, address: str, device: str | None = None) -> Attempt | Wait | Busy:
        """Ask whether a password may be checked."""

    async def failed(self, attempt: Attempt) -> None:
        """The password was wrong."""

    async def succeeded(self, attempt: Attempt) -> None:
        """The password was right."""

    async def withdrawn(self, attempt: Attempt) -> None:
        """Nothing was checked after all."""

    async def remember(self, user_id: str, device: str | None = None) -> str:
        """A signed token for the browser that the user has just signed in with."""

    def cookie_name(self, user_id: str) -> str:
        """Under which name a browser keeps that token."""


class ConversationOwner(Protocol):
    """Whose a conversation is."""

    def belongs_to(self, principal: Principal) -> bool:
        """True for the user who began it."""


class Conversations(Protocol):
    """Conversations that we issued."""

    async def owner(self, conversation_id: str) -> ConversationOwner | None:
        """None where the id is unknown or forgotten."""

    async def forget(self, conversation_id: str) -> None:
        """Delete the owner and the model's history. The bank's record stays."""


class ThreadEntry(Protocol):
    """One line of a person's list of conversations. Times are aware UTC."""

    @property
    def thread_id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def active_at(self) -> datetime: ...


class Threads(Protocol):
    """What each person finds again. Somebody else's thread is an unknown one. Raises `CacheUnavailable`."""

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        """Begin a thread. Idempotent."""

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        """False where the thread is unknown, or where ours would replace the person's own title."""

    async def keep(
        self, owner: Principal, thread_id: str, entries: Sequence[Mapping[str, Any]], removed: Sequence[str] = ()
    ) -> bool:
        """Write entries over those of the same id, take others away. False for an unknown thread."""

    async def entries(self, owner: Principal, thread_id: str) -> list[dict[str, Any]]:
        """What was kept, in order."""

    async def get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        """One thread; None where this person has none of that id."""

    async def all(self, owner: Principal) -> Sequence[ThreadEntry]:
        """The person's threads, bounded, the latest activity first."""

    async def forget(self, owner: Principal, thread_id: str) -> bool:
        """Delete a thread. False where there was none."""


class SubjectAccess(Protocol):
    """A customer's copy of what is held about them."""

    async def copy_for(self, principal: Principal, connection: Connection, *, form: str) -> dict[str, Any]:
        """The whole copy, on the record before it is read. Raises an `UltracoreError` with a fit sentence."""


class SignInTrail(Protocol):
    """Where sign-ins are recorded. Raises `AuditUnavailable`."""

    async def log_login(
        self,
        tenant_id: str,
        user_id: str,
        success: bool,
        ip_address: str | None = None,
        user_agent: str | None = None,
        *,
        subject: Subject | None = None,
    ) -> object:
        """Record a sign-in, or a failed one, of a person who exists."""

    async def log_event(
        self,
        event_type: AuditEventType,
        tenant_id: str | None,
        description: str,
        user_id: str | None = None,
        *,
        severity: AuditSeverity = ...,
        action: str | None = None,
        result: str | None = None,
        ip_address: str | None = None,
        user_agent: str | None = None,
        compliance_tags: Sequence[str] | None = None,
        subject: Subject | None = None,
    ) -> object:
        """Record anything else on the tenant's system stream."""


class App(Protocol):
    """The open program, as the chat sees it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def desk(self) -> ConversationDesk: ...
    @property
    def bank(self) -> Bank: ...
    @property
    def logins(self) -> Logins: ...
    @property
    def sockets(self) -> Sockets: ...
    @property
    def throttle(self) -> Throttle: ...
    @property
    def conversations(self) -> Conversations: ...
    @property
    def threads(self) -> Threads: ...
    @property
    def subject_access(self) -> SubjectAccess: ...
    @property
    def trail(self) -> SignInTrail: ...

    async def health(self) -> Mapping[str, str]:
        """Each dependency with `ok`, or with a short reason that is fit for the public."""


OpenApp = Callable[[Settings], AbstractAsyncContextManager[App]]
