"""What the chat needs of the rest of the program: a seam for its tests, which run it over an app in memory.

`ultracore.container` is the other side. Values that cross are the real classes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

from ultracore.admin import AdminParts
from ultracore.ai.approvals import ProofWanted
from ultracore.ai.screen import ConversationDesk
from ultracore.audit import Origin, Subject
from ultracore.audit.vocabulary import SystemEvent
from ultracore.banking import UserRecord
from ultracore.cache.stores import Attempt, Busy, Cursor, LogChange, LogPart, ThreadEntry, Wait
from ultracore.desk import DeskParts
from ultracore.documents import DocumentParts
from ultracore.principal import Connection, Principal
from ultracore.settings import Settings
from ultracore.widget import Widget


class Users(Protocol):
    """Who can sign in."""

    async def authenticate(self, user_id: str, password: str) -> UserRecord | None:
        """The login, or None if user and password do not match; equal work in both cases."""

    async def get(self, user_id: str) -> UserRecord | None:
        """The login of that name, or None."""

    async def note_sign_in(self, user_id: str) -> None:
        """Remember when the login was used last. Raises nothing."""


class SignInBank(Protocol):
    """The part of the bank that sign-in asks."""

    @property
    def users(self) -> Users: ...


class Logins(Protocol):
    """Server-side login sessions. All methods raise `CacheUnavailable`."""

    async def create(self, principal: Principal, connection: Connection | None = None) -> None:
        """Begin the session `principal.login_id`, in this browser."""

    async def get(self, login_id: str) -> Principal | None:
        """Who is signed in, and the idle time begins anew; None if the session has ended."""

    async def peek(self, login_id: str) -> Principal | None:
        """As `get`, but the idle time runs on."""


class Sockets(Protocol):
    """Whose a browser's session id is, and how many sockets a user has. Raises `CacheUnavailable`."""

    async def bind(self, session_id: str, login_id: str) -> bool:
        """True if the session is this login's, now or already; False if it is somebody else's."""

    async def admit(self, user_id: str, session_id: str, limit: int = 5) -> bool:
        """Take or keep one of the user's places; False if all are taken."""

    async def leave(self, user_id: str, session_id: str) -> None:
        """Give the place back. Idempotent."""


class Throttle(Protocol):
    """Counts failed sign-ins; tests have one in memory. Raises `CacheUnavailable`."""

    async def admit(self, user_id: str, address: str, device: str | None = None) -> Attempt | Wait | Busy:
        """Ask whether a password may be checked."""

    async def failed(self, attempt: Attempt) -> None:
        """The password or the code was wrong."""

    async def unfinished(self, attempt: Attempt) -> None:
        """The password was right, and a code is missing."""

    async def succeeded(self, attempt: Attempt) -> None:
        """Password and code were right."""

    async def withdrawn(self, attempt: Attempt) -> None:
        """Nothing was checked after all."""

    async def remember(self, user_id: str, device: str | None = None) -> str:
        """A signed token for the browser that the user has just signed in with."""

    def cookie_name(self, user_id: str) -> str:
        """Under which name a browser keeps that token."""


class SecondFactor(Protocol):
    """What a sign-in asks for beside the password."""

    async def demand(self, person: UserRecord, code: str, connection: Connection) -> None:
        """Raises `SignInRefused` or `SignInLimited` unless the person may come in."""


class SecondProofs(Protocol):
    """Codes before an effect."""

    @property
    def is_on(self) -> bool:
        """False if the policy asks for none."""

    async def look(self, approval_id: str, principal: Principal, connection: Connection) -> ProofWanted:
        """Whether this button wants a code."""

    async def prove(self, approval_id: str, principal: Principal, code: str, connection: Connection) -> None:
        """Take a code for one proposal."""

    async def offer(self, approval_id: str, principal: Principal) -> str | None:
        """What a browser is asked for, so that a passkey proves it; None if there is none."""

    async def prove_by_passkey(
        self, approval_id: str, principal: Principal, answer: str, connection: Connection
    ) -> None:
        """Take a passkey's answer for one proposal."""


class SignInPasskeys(Protocol):
    """Passkeys in the place of a code at a sign-in."""

    async def offer(self, name: str, purpose: Literal["sign_in"]) -> str | None:
        """What a browser is asked for, as JSON; None for a login without one."""

    async def verify(self, name: str, answer: str, purpose: Literal["sign_in"], connection: Connection) -> None:
        """Take an answer, once. Raises `SignInRefused`."""


class ConversationOwner(Protocol):
    """Whose a conversation is."""

    def belongs_to(self, principal: Principal) -> bool:
        """True for the user who began it."""


class IssuedConversations(Protocol):
    """Whose each conversation is. An id that we did not issue has no owner."""

    async def owner(self, conversation_id: str) -> ConversationOwner | None:
        """None if the id is unknown or forgotten."""

    async def forget(self, conversation_id: str) -> None:
        """Delete the owner and the model's history. The bank's record stays."""


class KeptThreads(Protocol):
    """What each person finds again. Somebody else's thread is an unknown one. Raises `CacheUnavailable`."""

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        """Begin a thread. Idempotent."""

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        """False if the thread is unknown, or if ours would replace the person's own title."""

    async def touch(self, owner: Principal, thread_id: str) -> None:
        """Somebody has written in it. Nothing for an unknown thread."""

    async def get(self, owner: Principal, thread_id: str) -> ThreadEntry | None:
        """One thread; None if this person has none of that id."""

    async def page(self, owner: Principal, count: int, after: str = "") -> Sequence[ThreadEntry]:
        """`count` of the person's threads, the latest activity first; those behind `after`, if that is given."""

    async def forget(self, owner: Principal, thread_id: str) -> bool:
        """Delete a thread. False if there was none."""


class WordSearch(Protocol):
    """A person's search over what they wrote. Raises `AuditUnavailable`."""

    async def find(self, owner: Principal, search: str) -> Mapping[str, str]:
        """Their newest conversations with all of the words, each with what stands around one of them."""


class Logs(Protocol):
    """What every conversation shows, for every process that has a page of it. Raises `CacheUnavailable`."""

    @property
    def name(self) -> str:
        """This process's own name in what it writes."""

    async def read(self, conversation_id: str, after: Cursor) -> LogPart | None:
        """What came after the cursor; None if there is no log."""

    async def append(self, conversation_id: str, at: Cursor, changes: Sequence[LogChange]) -> Cursor | None:
        """Write after `at`. None if the log does not end there."""

    async def begin(self, conversation_id: str, changes: Sequence[LogChange]) -> Cursor | None:
        """Make a log of a new epoch. None if there is one already."""

    async def delete(self, conversation_id: str) -> None:
        """Leave nothing but that it was deleted."""

    async def writing(self, conversation_id: str) -> str:
        """So much of the answer that is being written is kept by now."""

    def wakes(self) -> AsyncIterator[str]:
        """The ids of conversations whose logs other processes have changed, as long as the connection lasts."""

    async def beat(self) -> None:
        """Say that this process is alive."""

    async def alive(self, name: str) -> bool:
        """False once the process of that name has not said so for some seconds."""


class OpenPages(Protocol):
    """Which conversation a page shows, for every process that may get a press of it. Raises `CacheUnavailable`."""

    async def show(self, session_id: str, conversation_id: str) -> None:
        """The page with this session id shows the conversation."""

    async def shown(self, session_id: str) -> str | None:
        """What the page shows; None if it is unknown. Whose it is must be asked elsewhere."""


class DataCopies(Protocol):
    """A customer's copy of what is held about them."""

    async def copy_for(self, principal: Principal, connection: Connection, *, form: str) -> dict[str, Any]:
        """The whole copy, on the record before it is read. Raises an `UltracoreError` with a fit sentence."""


class SignInTrail(Protocol):
    """The record of sign-ins. Raises `AuditUnavailable`."""

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

    async def write(self, event: SystemEvent, origin: Origin, subject: Subject | None = None) -> object:
        """Record anything else on the tenant's system stream."""


class ChatApp(Protocol):
    """The open program, as the chat sees it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def desk(self) -> ConversationDesk: ...
    @property
    def bank(self) -> SignInBank: ...
    @property
    def logins(self) -> Logins: ...
    @property
    def sockets(self) -> Sockets: ...
    @property
    def throttle(self) -> Throttle: ...
    @property
    def conversations(self) -> IssuedConversations: ...
    @property
    def threads(self) -> KeptThreads: ...
    @property
    def own_words(self) -> WordSearch: ...
    @property
    def logs(self) -> Logs: ...
    @property
    def pages(self) -> OpenPages: ...
    @property
    def subject_access(self) -> DataCopies: ...
    @property
    def trail(self) -> SignInTrail: ...
    @property
    def widget(self) -> Widget | None: ...
    @property
    def desk_parts(self) -> DeskParts: ...
    @property
    def admin_parts(self) -> AdminParts: ...
    @property
    def document_parts(self) -> DocumentParts: ...
    @property
    def factors(self) -> SecondFactor: ...
    @property
    def passkeys(self) -> SignInPasskeys: ...
    @property
    def step_ups(self) -> SecondProofs: ...

    async def health(self) -> Mapping[str, str]:
        """Each dependency with `ok`, or with a short reason that is fit for the public."""


OpenApp = Callable[[Settings], AbstractAsyncContextManager[ChatApp]]
