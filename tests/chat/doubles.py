"""In-memory stand-ins for what the chat layer stands on. `ScriptedDesk` answers by the text that it is sent."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chat.hostile import draw_hostile, draw_hostile_card
from tests.chat.memory_logs import MemoryLogs, MemoryPages
from tests.chat.memory_threads import MemoryThreads, MemoryWords
from ultracore.admin import AdminParts
from ultracore.ai.approvals import ProofWanted
from ultracore.ai.screen import (
    AnswerFeedback,
    ApprovalCard,
    CardShown,
    Choice,
    Greeting,
    Inbound,
    Press,
    Screens,
    TalkBoard,
    ToolStep,
    TurnView,
    WaitingRequest,
)
from ultracore.audit import Origin, ReplayItem, Subject
from ultracore.audit.vocabulary import SystemEvent
from ultracore.banking import UserRecord
from ultracore.cache.stores import Attempt, Busy, Wait
from ultracore.chat.interfaces import SecondProofs
from ultracore.desk import DeskParts
from ultracore.documents import DocumentParts
from ultracore.errors import AuditUnavailable, SessionEnded, Unavailable
from ultracore.identity import CodeWanted, FactorRefused
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings

GREETING = "Hello Sam, I'm Anya, your bank's assistant."
NOTICE = "Anya is an AI. This conversation is recorded."
STARTERS = ("What's my balance?", "Pay my power bill")
MEMORY_CODE = "482913"
CARD_LINES = (("To", "City Power"), ("Account", "··4821"), ("Amount", "AUD 50.00"))


class MemoryLogins:
    """Login sessions that end by `revoke` or after `idle_seconds`."""

    def __init__(self, idle_seconds: float = 900) -> None:
        self._idle = idle_seconds
        self._held: dict[str, tuple[Principal, float]] = {}

    async def create(self, principal: Principal, connection: Connection | None = None) -> None:
        self._held[principal.login_id] = (principal, time.monotonic())

    async def get(self, login_id: str) -> Principal | None:
        principal = await self.peek(login_id)
        if principal is not None:
            self._held[login_id] = (principal, time.monotonic())
        return principal

    async def peek(self, login_id: str) -> Principal | None:
        principal, touched = self._held.get(login_id, (None, 0.0))
        return principal if time.monotonic() - touched < self._idle else None

    async def revoke(self, login_id: str) -> None:
        self._held.pop(login_id, None)


class MemorySockets:
    """Session ids and places."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._places: dict[str, set[str]] = {}

    async def bind(self, session_id: str, login_id: str) -> bool:
        return self._owners.setdefault(session_id, login_id) == login_id

    async def admit(self, user_id: str, session_id: str, limit: int = 5) -> bool:
        places = self._places.setdefault(user_id, set())
        if session_id not in places and len(places) >= limit:
            return False
        places.add(session_id)
        return True

    async def leave(self, user_id: str, session_id: str) -> None:
        self._places.get(user_id, set()).discard(session_id)


class MemoryThrottle:
    """Five attempts for a user name; a right password forgives them. No browser is known."""

    def __init__(self) -> None:
        self._attempts: dict[str, int] = {}

    async def admit(self, user_id: str, address: str, device: str | None = None) -> Attempt | Wait | Busy:
        if self._attempts.get(user_id, 0) >= 5:
            return Wait(14 * 60)
        self._attempts[user_id] = self._attempts.get(user_id, 0) + 1
        return Attempt(name="", user=user_id, address=address, device=None)

    async def failed(self, attempt: Attempt) -> None:
        pass

    async def unfinished(self, attempt: Attempt) -> None:
        pass

    async def succeeded(self, attempt: Attempt) -> None:
        self._attempts.pop(attempt.user, None)

    async def withdrawn(self, attempt: Attempt) -> None:
        self._attempts[attempt.user] -= 1

    async def remember(self, user_id: str, device: str | None = None) -> str:
        return "known"

    def cookie_name(self, user_id: str) -> str:
        return "anya_device"


class MemoryFactors:
    """The code of a login that has a factor is always the same."""

    async def demand(self, person: UserRecord, code: str, connection: Connection) -> None:
        if person.has_second_factor and not code:
            raise CodeWanted("the login has a factor")
        if person.has_second_factor and code != MEMORY_CODE:
            raise FactorRefused("a wrong code")


class MemoryPasskeys:
    """No login has one."""

    async def offer(self, name: str, purpose: str) -> str | None:
        return None

    async def verify(self, name: str, answer: str, purpose: str, connection: Connection) -> None:
        raise FactorRefused("there are no passkeys in memory")


class MemoryProofs:
    """No button wants a code."""

    is_on = False

    async def look(self, approval_id: str, principal: Principal, connection: Connection) -> ProofWanted:
        return ProofWanted(wanted=False, enrolled=False)

    async def prove(self, approval_id: str, principal: Principal, code: str, connection: Connection) -> None:
        pass

    async def offer(self, approval_id: str, principal: Principal) -> str | None:
        return None

    async def prove_by_passkey(
        self, approval_id: str, principal: Principal, answer: str, connection: Connection
    ) -> None:
        pass


class MemorySubjectAccess:
    """A copy of nothing."""

    async def copy_for(self, principal: Principal, connection: Connection, *, form: str) -> dict[str, Any]:
        return {
            "made_at": "2026-11-23T00:00:00.000000Z",
            "customer_id": principal.customer_id,
            "bank": {"transactions": []},
            "conversations": [],
            "sign_ins": [],
            "viewings": [],
        }


def memory_user(
    user_id: str, *, role: Role = Role.CUSTOMER, customer_id: str | None = None, display_name: str = "Sam Example"
) -> UserRecord:
    """A login of the demo world."""
    return UserRecord(
        user_id=user_id,
        tenant_id="tenant_1",
        display_name=display_name,
        roles=frozenset({role}),
        customer_id=customer_id,
    )


class MemoryUsers:
    """Everybody's password is `demo`."""

    def __init__(self, users: Sequence[UserRecord]) -> None:
        self._users = {user.user_id: user for user in users}

    async def authenticate(self, user_id: str, password: str) -> UserRecord | None:
        return self._users.get(user_id) if password == "demo" else None

    async def get(self, user_id: str) -> UserRecord | None:
        return self._users.get(user_id)

    async def note_sign_in(self, user_id: str) -> None:
        """Not kept: no test asks for it."""


@dataclass(frozen=True, slots=True)
class MemoryBank:
    """Only its users."""

    users: MemoryUsers


class MemoryTrail:
    """Appends one line an event to a file, where a test in another process can read it."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.data_path / "events.txt"

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
        return self._write("login" if success else "login_failed", tenant_id, user_id)

    async def write(self, event: SystemEvent, origin: Origin, subject: Subject | None = None) -> object:
        return self._write(event.type.value, origin.tenant_id, origin.user_id)

    def _write(self, *parts: object) -> int:
        try:
            with self._file.open("a") as file:
                return file.write(" ".join(str(part) for part in parts) + "\n")
        except OSError as error:
            raise AuditUnavailable("the file of events cannot be written") from error


@dataclass(frozen=True, slots=True)
class MemoryOwner:
    """A conversation's owner."""

    user_id: str

    def belongs_to(self, principal: Principal) -> bool:
        return principal.user_id == self.user_id


class ScriptedDesk:
    """A desk whose answers show what it was given. Everything else is as `ConversationDesk` promises."""

    def __init__(self, logins: MemoryLogins) -> None:
        self._logins = logins
        self.owners: dict[str, MemoryOwner] = {}
        self.ratings: list[AnswerFeedback] = []
        self._pending: dict[str, dict[str, str]] = {}
        self._stopped: dict[str, asyncio.Event] = {}
        self._held: set[str] = set()

    async def owner(self, conversation_id: str) -> MemoryOwner | None:
        return self.owners.get(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        self.owners.pop(conversation_id, None)

    async def begin(self, login_id: str, connection: Connection) -> Greeting:
        principal = await self._logins.get(login_id)
        if principal is None:
            raise SessionEnded("ended")
        conversation_id = str(uuid.uuid4())
        self.owners[conversation_id] = MemoryOwner(principal.user_id)
        return Greeting(conversation_id, GREETING, NOTICE, (), STARTERS)

    async def message(self, inbound: Inbound, view: TurnView) -> None:
        if inbound.text == "boom":
            raise RuntimeError("canary 4111111111111111")
        await view.agent("Payments" if "pay" in inbound.text.lower() else "Accounts")
        if inbound.text == "wait, then pay":
            await self._wait(inbound.conversation_id, view)
        if "pay" in inbound.text.lower():
            self._pending[inbound.conversation_id] = {}
            await self._propose(inbound.login_id, inbound.conversation_id, view)
        elif inbound.text == "wait":
            await self._wait(inbound.conversation_id, view)
        elif inbound.text == "out of luck":
            await view.message("I could not finish that answer.", kind="error")
            await view.offer_again()
        elif inbound.text == "which":
            await view.choose("Which one?", [Choice("accounts", "Accounts"), Choice("payments", "Payments")])
        elif inbound.text == "draw":
            await draw_hostile(view)
        elif inbound.text == "draw a card":
            await draw_hostile_card(view)
        elif "balance" in inbound.text.lower():
            await self._balance(view)
        else:
            await self._read(inbound, view)

    async def _read(self, inbound: Inbound, view: TurnView) -> None:
        if inbound.text == "too fast" and inbound.conversation_id not in self._held:
            self._held.add(inbound.conversation_id)
            return await view.hold("Please wait 2 seconds.", 2)
        for piece in ("I read: ", inbound.text):
            await view.text(piece)
        await view.text_done()

    def words_in_need(self, text: str) -> str | None:
        return "Numbers to call." if "kill myself" in text else None

    async def choose(
        self, login_id: str, conversation_id: str, key: str, connection: Connection, view: TurnView
    ) -> None:
        await view.text(f"You chose {key}.")
        await view.text_done()

    async def waiting_requests(
        self, login_id: str, conversation_id: str, connection: Connection
    ) -> Sequence[WaitingRequest]:
        return ()

    async def decide_request(self, press: Press, view: TurnView) -> None:
        await self.press(press, view)

    async def press(self, press: Press, view: TurnView) -> None:
        if self._pending.get(press.conversation_id, {}).get(press.login_id) != press.approval_id:
            return await view.message("This request can no longer be approved.", kind="notice")
        del self._pending[press.conversation_id]
        if press.approve:
            await view.card_closed("done", "AUD 50.00 was paid to City Power.")
            await view.message("Receipt R-1001.", kind="receipt")
        else:
            await view.card_closed("declined", "Nothing was paid.")

    async def rate(self, rating: AnswerFeedback) -> str | None:
        self.ratings.append(rating)
        return self.words_in_need(rating.comment)

    async def stop(self, login_id: str, conversation_id: str) -> None:
        self._stopped.setdefault(conversation_id, asyncio.Event()).set()

    async def sign_out(self, login_id: str, connection: Connection) -> None:
        await self._logins.revoke(login_id)

    async def resume(
        self, login_id: str, conversation_id: str, view: TurnView, *, card: CardShown | None = None
    ) -> bool:
        if conversation_id not in self._pending:
            return False
        if not (card is not None and card.pressable):
            await self._propose(login_id, conversation_id, view)
        return True

    def stop_here(self, conversation_id: str) -> None:
        self._stopped.setdefault(conversation_id, asyncio.Event()).set()

    def show_on(self, screens: Screens) -> None:
        pass

    def show_persons_on(self, board: TalkBoard) -> None:
        """No member of staff writes in memory."""

    async def recorded(self, conversation_id: str) -> Sequence[ReplayItem]:
        return ()

    async def turn_is_free(self, conversation_id: str) -> bool:
        return True

    async def tell_of_cut(self, login_id: str, conversation_id: str, view: TurnView, *, turn: bool) -> None:
        await view.message("This answer was cut off.", kind="notice")

    async def _balance(self, view: TurnView) -> None:
        call = ToolStep("call-1", "get_account_balance", "running", "Looking up your accounts.")
        await view.step(call)
        rows = (("Account", "Balance"), ("Everyday ··4821", "AUD 2,500.00"), ("Savings ··7730", "AUD 10,000.00"))
        await view.step(ToolStep("call-1", call.tool, "done", "Two accounts were read.", rows))
        for piece in ("Your everyday account holds ", "**AUD 2,500.00** and your savings ", "**AUD 10,000.00**."):
            await view.text(piece)
        await view.text_done()

    async def _propose(self, login_id: str, conversation_id: str, view: TurnView) -> None:
        approval_id = self._pending[conversation_id][login_id] = uuid.uuid4().hex
        expires = datetime.now(UTC) + timedelta(seconds=90)
        number = f"prp-{id(self._pending[conversation_id])}"
        await view.card(
            ApprovalCard(approval_id, "Pay City Power", CARD_LINES, expires, 90, "Pay", "Paid", number)
        )

    async def _wait(self, conversation_id: str, view: TurnView) -> None:
        stopped = self._stopped.setdefault(conversation_id, asyncio.Event())
        stopped.clear()
        await view.text("Waiting")
        await stopped.wait()
        await view.text_done()
        await view.message("You stopped this answer.", kind="notice")


@dataclass(frozen=True)
class MemoryApp:
    """An open program without anything behind it."""

    settings: Settings
    logins: MemoryLogins
    desk: ScriptedDesk
    trail: MemoryTrail
    conversations: ScriptedDesk
    bank: MemoryBank
    sockets: MemorySockets = field(default_factory=MemorySockets)
    throttle: MemoryThrottle = field(default_factory=MemoryThrottle)
    threads: MemoryThreads = field(default_factory=MemoryThreads)
    own_words: MemoryWords = field(default_factory=MemoryWords)
    logs: MemoryLogs = field(default_factory=MemoryLogs)
    pages: MemoryPages = field(default_factory=MemoryPages)
    subject_access: MemorySubjectAccess = field(default_factory=MemorySubjectAccess)
    factors: MemoryFactors = field(default_factory=MemoryFactors)
    passkeys: MemoryPasskeys = field(default_factory=MemoryPasskeys)
    step_ups: SecondProofs = field(default_factory=MemoryProofs)
    widget: None = None

    @property
    def desk_parts(self) -> DeskParts:
        raise Unavailable("there is no desk in memory")

    @property
    def admin_parts(self) -> AdminParts:
        raise Unavailable("there is no administration in memory")

    @property
    def document_parts(self) -> DocumentParts:
        raise Unavailable("there are no documents in memory")

    async def health(self) -> dict[str, str]:
        down = (self.settings.data_path / "down").exists()
        return {"ledger": "ledger.unavailable" if down else "ok", "redis": "ok"}


USERS = (
    memory_user("customer1", customer_id="cust_1"),
    memory_user("customer2", customer_id="cust_2", display_name="Kim Sample"),
    memory_user("customer3", customer_id="cust_3"),
    memory_user("teller1", role=Role.TELLER),
    replace(memory_user("customer4", customer_id="cust_4"), has_second_factor=True),
)


@asynccontextmanager
async def open_memory_app(settings: Settings, *, idle_seconds: float = 900) -> AsyncIterator[MemoryApp]:
    """The double of `ultracore.container.open_app`."""
    logins = MemoryLogins(idle_seconds)
    desk = ScriptedDesk(logins)
    yield MemoryApp(settings, logins, desk, MemoryTrail(settings), desk, MemoryBank(MemoryUsers(USERS)))
    (settings.data_path / "closed").touch()
