"""What the pages of the workbench are over, and how they look."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from ultracore.ai.staff import CaseBook
from ultracore.audit import AuditEvent, AuditTrail, Origin, Subject
from ultracore.audit.vocabulary import CustomerFileOpened, SystemEvent
from ultracore.banking import Bank
from ultracore.errors import AuditUnavailable, InvalidInput
from ultracore.observability import current_reference
from ultracore.principal import Connection, Principal
from ultracore.web import Templates, Visit

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkbenchParts:
    """The open program, as the workbench sees it."""

    bank: Bank
    trail: AuditTrail


@dataclass(frozen=True, slots=True)
class WorkbenchServer:
    """What the workbench asks of the server that its pages are part of."""

    parts: Callable[[], WorkbenchParts]
    """Raises `Unavailable` while the program is not open."""
    connection: Callable[[Request], Connection]

    def clerk(self, visit: Visit) -> Clerk:
        """The visitor, with what they work on."""
        parts = self.parts()
        return Clerk(visit.principal, self.connection(visit.request), parts.bank, parts.trail)


@dataclass(frozen=True, slots=True)
class Clerk:
    """A member of staff at work: who they are, and what their work is done with."""

    principal: Principal
    connection: Connection
    bank: Bank
    trail: AuditTrail

    @property
    def tenant_id(self) -> str:
        """Their tenant: they see nothing of another one."""
        return self.principal.tenant_id

    @property
    def user_id(self) -> str:
        """As the record names them."""
        return self.principal.user_id

    @property
    def origin(self) -> Origin:
        """Who acts, and over which connection."""
        return Origin(
            self.tenant_id,
            self.user_id,
            ip_address=self.connection.ip_address,
            user_agent=self.connection.user_agent,
            request_id=current_reference(),
        )

    @property
    def book(self) -> CaseBook:
        """The cases under which customers are looked at."""
        return CaseBook(self.bank, self.trail)

    async def opens(self, customer_id: str, *, action: str, reference: str) -> None:
        """Put a look at a file of a customer on the record, with the case that is open for them, before it.

        Raises `InvalidInput` (`case.required`) if the policy wants one, and `AuditUnavailable`.
        """
        case = await self.book.used(self.principal, self.origin, customer_id)
        opened = CustomerFileOpened(
            by=self.user_id,
            customer_id=customer_id,
            action=action,
            reference=reference,
            case=None if case is None else case.case_id,
            told=None if case is None else case.reason.told,
        )
        await self.tell(opened, customer_id)

    async def tell(self, event: SystemEvent, customer_id: str | None = None) -> AuditEvent:
        """Put an event on the record, sealed under the customer's key if it is about one. Raises
        `AuditUnavailable`: what it tells of must not happen then.
        """
        subject = Subject.of(self.principal)
        if customer_id is not None:
            subject = Subject.of_user(self.tenant_id, self.user_id, customer_id)
        return await self.trail.write(event, self.origin, subject)

    async def recorded(
        self, work: Callable[[str], Awaitable[T]], told: Callable[..., SystemEvent], customer_id: str
    ) -> T:
        """Do something under an intent that is on the record, and record what came of it.

        `told` makes the event of a `result`; `work` gets the id of the intent. Raises what `work` raises, and
        `AuditUnavailable` before anything is done.
        """
        intent = (await self.tell(told(result="pending"), customer_id)).event_id
        try:
            done = await work(intent)
        except InvalidInput:
            await self.tell(told(result="failure", intent=intent), customer_id)
            raise
        try:
            await self.tell(told(result="success", intent=intent), customer_id)
        except AuditUnavailable as error:
            # It is done, under an intent that the record has: to say now that it was not would be wrong.
            logger.error("the outcome of a change is not on the record: %s", error.message)
        return done


@dataclass(frozen=True, slots=True)
class WorkbenchLook:
    """The templates of the workbench and the address of its stylesheet."""

    templates: Templates
    style: str

    def page(self, name: str, visit: Visit, *, status: int = 200, **values: Any) -> Response:
        """A page of the workbench."""
        return self.templates.page(name, visit, status=status, workbench_style=self.style, **values)
