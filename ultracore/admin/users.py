"""`/admin`: an administrator's list of logins, one login with what can be done to it, and what waits for two."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from ultracore.admin.parts import AdminServer
from ultracore.errors import InvalidInput
from ultracore.identity import PRIVILEGED, Granted, IdentityRefused, LoginView, NewLogin, Term
from ultracore.principal import Role
from ultracore.web import NoSuchPage, PageNumber, PageTable, Site, Templates, Visit, see_other
from ultracore.zone import start_of

ADMIN: Final = "/admin"
ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
STAFF: Final = tuple(
    (role.value, role.value.capitalize()) for role in Role if role not in (Role.CUSTOMER, Role.VISITOR)
)
DONE: Final = {
    "disabled": "The login is closed, and its sessions have ended.",
    "enabled": "The login is open again.",
    "revoked": "The sessions of this login have ended.",
    "given": "The role is given. It counts from the person's next sign-in on.",
    "taken": "The role is taken away.",
    "waiting": "Another administrator has to confirm this within a day.",
    "confirmed": "Confirmed and done.",
    "disconnected": "No account at a provider signs this login in any more, and its sessions have ended.",
    "address": "The mail address is changed. The one before is told so.",
    "declined": "Declined: nothing was changed.",
}
"""The sentence after an act, by what the address says: nothing of an address is shown as it is."""


class UserPages:
    """The pages of an administrator, about their own tenant."""

    def __init__(self, site: Site, server: AdminServer, templates: Templates) -> None:
        self._site = site
        self._server = server
        self._templates = templates

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        for method, path, handler in (
            ("GET", "", self._list),
            ("POST", "/users", self._add),
            ("GET", "/users/{login}", self._one),
            ("POST", "/users/{login}/disable", self._disable),
            ("POST", "/users/{login}/enable", self._enable),
            ("POST", "/users/{login}/revoke", self._revoke),
            ("POST", "/users/{login}/reset", self._reset),
            ("POST", "/users/{login}/factor", self._factor),
            ("POST", "/users/{login}/address", self._address),
            ("POST", "/users/{login}/disconnect", self._disconnect),
            ("POST", "/users/{login}/give", self._give),
            ("POST", "/users/{login}/take", self._take),
            ("POST", "/requests/{request}/confirm", self._confirm),
            ("POST", "/requests/{request}/decline", self._decline),
        ):
            table.add(method, ADMIN + path, handler, ADMINISTRATORS)

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit)

    async def _listed(self, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
        administration, number = self._server.parts().identity.administration, PageNumber.of(visit.request)
        search, tenant = visit.request.query_params.get("q", "")[:200], visit.principal.tenant_id
        read = await administration.book.page(tenant, search, offset=number.offset, limit=number.limit)
        return self._templates.page(
            "admin_users.html",
            visit,
            status=status,
            leaf=number.leaf(read),
            now=datetime.now(UTC),
            search=search,
            waiting=await administration.waiting(tenant),
            staff=STAFF,
            privileged=sorted(PRIVILEGED),
            done=_done(visit),
            problem=problem,
        )

    async def _add(self, visit: Visit) -> Response:
        form = visit.form
        customer = form.optional("customer", "customer", longest=64) or None
        try:
            new = NewLogin(
                login=form.text("login", "login", longest=64),
                tenant_id=visit.principal.tenant_id,
                roles=frozenset({Role.CUSTOMER}) if customer else _roles(form.many("role")),
                name=form.optional("name", "name"),
                customer_id=customer,
            )
            granted = await self._server.parts().identity.administration.add(self._server.actor(visit), new)
        except (IdentityRefused, InvalidInput) as refusal:
            return await self._listed(visit, problem=refusal.sentence, status=400)
        return self._link(visit, new.login, granted)

    async def _one(self, visit: Visit) -> Response:
        return await self._shown(visit)

    async def _shown(self, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
        parts, login = self._server.parts(), await self._login(visit)
        return self._templates.page(
            "admin_user.html",
            visit,
            status=status,
            login=login,
            now=datetime.now(UTC),
            accounts=await parts.identity.administration.book.accounts_of(login.login),
            sessions=await parts.logins.live_of(login.tenant_id, login.login),
            sends_mail=parts.identity.mail_queue is not None,
            mail_address=await parts.identity.addresses.of(login.login) or "",
            staff=STAFF,
            privileged=sorted(PRIVILEGED),
            done=_done(visit),
            problem=problem,
        )

    async def _login(self, visit: Visit) -> LoginView:
        """The login of the address. One of another tenant is as unknown as one that is not there."""
        login = await self._server.parts().identity.administration.book.find(visit.named("login"))
        if login is None or login.tenant_id != visit.principal.tenant_id:
            raise NoSuchPage("no such login", sentence="There is no such login.")
        return login

    async def _disable(self, visit: Visit) -> Response:
        administration = self._server.parts().identity.administration
        return await self._act(visit, administration.disable, "disabled")

    async def _enable(self, visit: Visit) -> Response:
        return await self._act(visit, self._server.parts().identity.administration.enable, "enabled")

    async def _revoke(self, visit: Visit) -> Response:
        return await self._act(visit, self._server.parts().identity.administration.revoke, "revoked")

    async def _reset(self, visit: Visit) -> Response:
        return await self._act(visit, self._server.parts().identity.administration.reset, "waiting")

    async def _factor(self, visit: Visit) -> Response:
        return await self._act(visit, self._server.parts().identity.administration.reset_factor, "waiting")

    async def _disconnect(self, visit: Visit) -> Response:
        return await self._act(visit, self._server.parts().identity.administration.disconnect, "disconnected")

    async def _address(self, visit: Visit) -> Response:
        administration = self._server.parts().identity.administration

        async def give(actor: Any, name: str) -> Granted:
            address = visit.form.text("address", "mail address", longest=254)
            return await administration.set_address(actor, name, address)

        return await self._act(visit, give, "address")

    async def _give(self, visit: Visit) -> Response:
        administration = self._server.parts().identity.administration

        async def give(actor: Any, name: str) -> Granted:
            (role,) = _roles((visit.form.text("role", "role"),))
            since = _day(visit.form.optional("since", "first day", longest=10))
            until = _day(visit.form.optional("until", "last day", longest=10), after=1)
            term = Term(since=since or datetime.now(UTC), until=until)
            return await administration.give_role(actor, name, role, term)

        return await self._act(visit, give, "given")

    async def _take(self, visit: Visit) -> Response:
        administration = self._server.parts().identity.administration

        async def take(actor: Any, name: str) -> Granted:
            (role,) = _roles((visit.form.text("role", "role"),))
            return await administration.take_role(actor, name, role)

        return await self._act(visit, take, "taken")

    async def _act(self, visit: Visit, act: Callable[[Any, str], Awaitable[Granted]], done: str) -> Response:
        """Do one thing to the login of the address, and show it again with what came of it."""
        name = visit.named("login")
        try:
            granted = await act(self._server.actor(visit), name)
        except (IdentityRefused, InvalidInput) as refusal:
            return await self._shown(visit, problem=refusal.sentence, status=400)
        if granted.token is not None:
            return self._link(visit, name, granted)
        return see_other(self._site, f"{ADMIN}/users/{name}?done={'waiting' if granted.waiting else done}")

    async def _confirm(self, visit: Visit) -> Response:
        return await self._decide(visit, self._server.parts().identity.administration.confirm, "confirmed")

    async def _decline(self, visit: Visit) -> Response:
        return await self._decide(visit, self._server.parts().identity.administration.decline, "declined")

    async def _decide(self, visit: Visit, act: Callable[[Any, str], Awaitable[Granted]], done: str) -> Response:
        try:
            granted = await act(self._server.actor(visit), visit.named("request"))
        except IdentityRefused as refusal:
            return await self._listed(visit, problem=refusal.sentence, status=400)
        if granted.token is not None:
            return self._link(visit, "", granted)
        return see_other(self._site, f"{ADMIN}?done={done}")

    def _link(self, visit: Visit, login: str, granted: Granted) -> Response:
        """The page that shows a one-time link: once, since it is kept nowhere."""
        link = f"{self._server.parts().public_address}/set-password/{granted.token}"
        return self._templates.page("admin_link.html", visit, login=login, link=link, waiting=granted.waiting)


def _roles(names: tuple[str, ...]) -> frozenset[Role]:
    known = {role.value for role in Role if role is not Role.VISITOR}
    if not names or not known.issuperset(names):
        raise InvalidInput("roles", code="page.field", sentence="Please choose at least one role.")
    return frozenset(Role(name) for name in names)


def _day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day by the bank's clock, or of the one after it; None if no day is given."""
    if not text:
        return None
    try:
        return start_of(date.fromisoformat(text) + timedelta(days=after))
    except (ValueError, OverflowError) as error:
        sentence = "Please give a day as year, month and day: 2026-12-31."
        raise InvalidInput("a day", code="page.field", sentence=sentence) from error


def _done(visit: Visit) -> str:
    return DONE.get(visit.request.query_params.get("done", ""), "")
