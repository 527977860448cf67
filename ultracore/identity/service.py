"""The administration of logins: every act checked, on the record before it is done, and done once.

An administrator acts in their own tenant only; an operator at the command line in any. What makes others powerful,
or opens a customer's login, takes two persons: the first one's wish waits for a day for another administrator.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import (
    AccountConnected,
    ContactChanged,
    CustomerLinked,
    FactorDisabled,
    LoginAdded,
    LoginDisabled,
    LoginEnabled,
    PasswordReset,
    RoleAssigned,
    RoleRevoked,
    SessionsRevoked,
)
from ultracore.banking import Clock, utc_now
from ultracore.banking.store import Database
from ultracore.identity import book, factor_book, links, requests
from ultracore.identity.book import LoginBook, unknown_login
from ultracore.identity.mail import current, replace, require_address
from ultracore.identity.names import require_display_name, require_login_name
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import (
    PRIVILEGED,
    Actor,
    Granted,
    IdentityRefused,
    IdentityRequest,
    LoginView,
    NewLogin,
    Term,
)
from ultracore.principal import Role

_STAFF_AND_CUSTOMER: Final = (
    "A login is a customer's, with the role customer and a customer's id, or a member of staff's."
)


class Administration:
    """Adds, closes, opens and resets logins, gives and takes roles. Methods raise `IdentityRefused`,
    `AuditUnavailable` and `LedgerUnavailable`; then nothing was changed.

    `operators_alone` lets the command line do without a second person, as in a demo.
    """

    def __init__(
        self, database: Database, trail: AuditTrail, *, operators_alone: bool, clock: Clock = utc_now
    ) -> None:
        self.book = LoginBook(database)
        self._database = database
        self._record = IdentityRecord(trail)
        self._operators_alone = operators_alone
        self._clock = clock

    async def add(
        self, actor: Actor, new: NewLogin, also: Callable[[AsyncConnection], Awaitable[None]] | None = None
    ) -> Granted:
        """Make a login with a link to set its password. Privileged roles wait for a second person.

        `also` is done in the same transaction.
        """
        login = await self._require_fit(actor, new)
        now, token = self._clock(), links.new_token()
        alone = {role for role in new.roles if not self._wants_two(actor, role)}
        term = Term(since=now)
        waiting = [self._role_request(actor, login, role, term) for role in sorted(new.roles - alone)]

        async def work(session: AsyncConnection) -> None:
            await book.add(session, new, now)
            for role in sorted(alone):
                await book.give_role(session, new.login, role, term, actor.name)
            for request in waiting:
                await requests.file(session, request)
            await links.make(session, token, new.login, actor.name, now)
            if also is not None:
                await also(session)

        acts: list[Act] = [lambda result: LoginAdded(by=actor.name, login=new.login, result=result)]
        acts += [_assigned(actor, new.login, role, term) for role in sorted(alone)]
        await self._do(acts, actor, login, work)
        await self._note_waiting(actor, login, waiting)
        return Granted(token=token, waiting=tuple(waiting))

    async def disable(self, actor: Actor, name: str) -> Granted:
        """Close a login; its sessions end on every replica within seconds."""
        login = await self._login(actor, name)
        _refuse_oneself(actor, name)
        now = self._clock()
        acts: list[Act] = [lambda result: LoginDisabled(by=actor.name, login=name, result=result)]
        await self._do(acts, actor, login, lambda session: book.set_status(session, name, "disabled", now))
        return Granted()

    async def enable(self, actor: Actor, name: str) -> Granted:
        """Open a login that was closed."""
        login, now = await self._login(actor, name), self._clock()
        acts: list[Act] = [lambda result: LoginEnabled(by=actor.name, login=name, result=result)]
        await self._do(acts, actor, login, lambda session: book.set_status(session, name, "active", now))
        return Granted()

    async def revoke(self, actor: Actor, name: str, reason: str = "revoked") -> Granted:
        """End all sessions of a login."""
        login = await self._login(actor, name)
        acts: list[Act] = [lambda result: SessionsRevoked(by=actor.name, login=name, reason=reason, result=result)]
        await self._do(acts, actor, login, lambda session: book.end_sessions(session, name))
        return Granted()

    async def reset(self, actor: Actor, name: str) -> Granted:
        """Make a link to set a new password, and end the login's sessions. A customer's takes two persons."""
        login = await self._login(actor, name)
        if login.customer_id is not None and not self._is_alone(actor):
            return await self._file(
                actor, login, requests.new_request(login.tenant_id, name, "reset", actor.name, self._clock())
            )
        return await self._reset(actor, login)

    async def reset_factor(self, actor: Actor, name: str) -> Granted:
        """Take a lost second factor away, and end the login's sessions. Takes two persons."""
        login = await self._login(actor, name)
        if not login.has_second_factor:
            raise _refused("factor.none", "This login has no second factor.")
        request = requests.new_request(login.tenant_id, name, "factor", actor.name, self._clock())
        if not self._is_alone(actor):
            return await self._file(actor, login, request)
        return await self._carry_out(actor, login, request)

    async def give_role(self, actor: Actor, name: str, role: Role, term: Term | None = None) -> Granted:
        """Give a role, from now or for a term. A privileged one takes two persons."""
        login, now = await self._login(actor, name), self._clock()
        term = term or Term(since=now)
        _require_roles(login.customer_id, {role} | {held.role for held in login.roles})
        if term.until is not None and term.until <= max(term.since, now):
            raise IdentityRefused(
                "a term that is over",
                code="identity.term",
                sentence="The role would end before it begins: please give a day that is still to come.",
            )
        if self._wants_two(actor, role):
            return await self._file(actor, login, self._role_request(actor, login, role, term))
        await self._give(actor, login, role, term)
        return Granted()

    async def take_role(self, actor: Actor, name: str, role: Role) -> Granted:
        """Take a role away; on open pages too within seconds."""
        login, now = await self._login(actor, name), self._clock()
        acts: list[Act] = [lambda result: RoleRevoked(by=actor.name, login=name, role=role.value, result=result)]
        await self._do(acts, actor, login, lambda session: book.take_role(session, name, role, now))
        return Granted()

    async def link_customer(self, actor: Actor, name: str, customer_id: str) -> Granted:
        """Let a customer's login speak for another customer; takes two persons."""
        login = await self._login(actor, name)
        _require_roles(customer_id, {held.role for held in login.roles})
        await self._require_customer(login.tenant_id, customer_id)
        request = requests.new_request(
            login.tenant_id, name, "link", actor.name, self._clock(), new_customer_id=customer_id
        )
        if not self._is_alone(actor):
            return await self._file(actor, login, request)
        return await self._carry_out(actor, login, request)

    async def set_address(self, actor: Actor, name: str, address: str) -> Granted:
        """Give a login another mail address, which hears of it. A customer's takes two persons, as a reset does:
        links for a new password go there.
        """
        login, address = await self._login(actor, name), require_address(address)
        request = requests.new_request(
            login.tenant_id, name, "contact", actor.name, self._clock(), new_address=address
        )
        if login.customer_id is not None and not self._is_alone(actor):
            return await self._file(actor, login, request)
        return await self._carry_out(actor, login, request)

    async def address_of(self, name: str) -> str | None:
        """The mail address of a login, if it has one."""
        async with self._database.read() as session:
            return await current(session, name)

    async def disconnect(self, actor: Actor, name: str) -> Granted:
        """Take the accounts at providers away that sign a login in, and end its sessions.

        Of a login with a privileged role it takes two persons: one alone could shut the others out.
        """
        login = await self._login(actor, name)
        if not await self.book.accounts_of(name):
            raise _refused("identity.accounts", "No account at a provider signs this login in.")
        request = requests.new_request(login.tenant_id, name, "accounts", actor.name, self._clock())
        if any(self._wants_two(actor, held.role) for held in login.roles):
            return await self._file(actor, login, request)
        return await self._carry_out(actor, login, request)

    async def waiting(self, tenant_id: str) -> list[IdentityRequest]:
        """What waits for a second administrator, the oldest first."""
        return await requests.waiting(self._database, tenant_id, self._clock())

    async def confirm(self, actor: Actor, request_id: str) -> Granted:
        """Carry out what another administrator asked for."""
        request, login = await self._request(actor, request_id)
        # Neither the one who asked, nor the one who would gain: that is what two persons are for.
        if actor.name in (request.made_by, request.login):
            refusal = IdentityRefused(
                "the same person again",
                code="identity.same_person",
                sentence="Another administrator has to confirm this: you asked for it, or it is about you.",
            )
            await self._record.refused(actor, login, refusal)
            raise refusal
        return await self._carry_out(actor, login, request, decided=True)

    async def decline(self, actor: Actor, request_id: str) -> Granted:
        """Refuse what an administrator asked for, or take back one's own wish."""
        request, login = await self._request(actor, request_id)
        now = self._clock()
        await self._record.write(_event_of(request, actor)("declined"), actor, login)
        await self._database.write(lambda session: requests.decide(session, request, actor.name, "declined", now))
        return Granted()

    async def _carry_out(
        self, actor: Actor, login: LoginView, request: IdentityRequest, *, decided: bool = False
    ) -> Granted:
        now, token = self._clock(), links.new_token()

        async def work(session: AsyncConnection) -> None:
            if decided:
                await requests.decide(session, request, actor.name, "done", now)
            if request.act == "role" and request.role is not None and request.term is not None:
                await book.give_role(session, login.login, request.role, request.term, request.made_by)
            elif request.act == "link":
                await book.link_customer(session, login.login, request.new_customer_id)
            elif request.act == "factor":
                await factor_book.remove(session, login.login)
                await book.end_sessions(session, login.login)
            elif request.act == "accounts":
                await book.disconnect(session, login.login)
            elif request.act == "contact":
                await replace(session, login.login, request.new_address or "", now)
            else:
                await links.make(session, token, login.login, actor.name, now)
                await book.end_sessions(session, login.login)

        await self._do([_event_of(request, actor)], actor, login, work)
        return Granted(token=token if request.act == "reset" else None)

    async def _reset(self, actor: Actor, login: LoginView) -> Granted:
        request = requests.new_request(login.tenant_id, login.login, "reset", actor.name, self._clock())
        return await self._carry_out(actor, login, request)

    async def _give(self, actor: Actor, login: LoginView, role: Role, term: Term) -> None:
        work = partial(_give, login=login.login, role=role, term=term, by=actor.name)
        await self._do([_assigned(actor, login.login, role, term)], actor, login, work)

    async def _file(self, actor: Actor, login: LoginView, request: IdentityRequest) -> Granted:
        await self._note_waiting(actor, login, [request])
        await self._database.write(lambda session: requests.file(session, request))
        return Granted(waiting=(request,))

    async def _note_waiting(self, actor: Actor, login: LoginView, waiting: Sequence[IdentityRequest]) -> None:
        for request in waiting:
            await self._record.write(_event_of(request, actor)("requested"), actor, login)

    async def _do(
        self,
        acts: Sequence[Act],
        actor: Actor,
        login: LoginView,
        work: Callable[[AsyncConnection], Awaitable[None]],
    ) -> None:
        await self._record.around(acts, actor, login, lambda: self._database.write(work))

    async def _request(self, actor: Actor, request_id: str) -> tuple[IdentityRequest, LoginView]:
        request = await requests.find(self._database, actor.tenant_id or "", request_id, self._clock())
        return request, await self._login(actor, request.login)

    async def _login(self, actor: Actor, name: str) -> LoginView:
        """The login, if the actor may change it. Another tenant's is as unknown as one that is not there."""
        login = await self.book.find(name)
        if login is None:
            raise unknown_login()
        if not actor.is_operator and login.tenant_id != actor.tenant_id:
            await self._record.refused(actor, login, unknown_login())
            raise unknown_login()
        return login

    async def _require_fit(self, actor: Actor, new: NewLogin) -> LoginView:
        """The login that is to be, checked. Raises `IdentityRefused`."""
        require_login_name(new.login)
        require_display_name(new.name)
        if not actor.is_operator and new.tenant_id != actor.tenant_id:
            raise _refused("identity.tenant", "You can add logins of your own bank only.")
        if not await self.book.tenant_exists(new.tenant_id):
            raise _refused("identity.tenant", f"There is no tenant {new.tenant_id}.")
        if not new.roles:
            raise _refused("identity.roles", "Please choose at least one role.")
        _require_roles(new.customer_id, new.roles)
        if new.customer_id is not None:
            await self._require_customer(new.tenant_id, new.customer_id)
        await self.book.refuse_taken(new.login)
        return LoginView(
            login=new.login,
            tenant_id=new.tenant_id,
            name=new.name,
            state="invited",
            customer_id=new.customer_id,
            has_second_factor=False,
            last_sign_in_at=None,
        )

    async def _require_customer(self, tenant_id: str, customer_id: str) -> None:
        if not await self.book.customer_exists(tenant_id, customer_id):
            raise _refused("identity.customer", f"There is no customer {customer_id} in {tenant_id}.")

    def _role_request(self, actor: Actor, login: LoginView, role: Role, term: Term) -> IdentityRequest:
        return requests.new_request(
            login.tenant_id, login.login, "role", actor.name, self._clock(), role=role, term=term
        )

    def _is_alone(self, actor: Actor) -> bool:
        return actor.is_operator and self._operators_alone

    def _wants_two(self, actor: Actor, role: Role) -> bool:
        return role in PRIVILEGED and not self._is_alone(actor)


async def _give(session: AsyncConnection, *, login: str, role: Role, term: Term, by: str) -> None:
    await book.give_role(session, login, role, term, by)


def _assigned(actor: Actor, login: str, role: Role, term: Term) -> Act:
    told = {"since": term.since.isoformat(), "until": None if term.until is None else term.until.isoformat()}
    return lambda result: RoleAssigned(by=actor.name, login=login, role=role.value, term=told, result=result)


def _event_of(request: IdentityRequest, actor: Actor) -> Act:
    """The event of a request's act: asked for, done or declined, by its result."""
    if request.act == "role" and request.role is not None and request.term is not None:
        return _assigned(actor, request.login, request.role, request.term)
    if request.act == "link":
        change = {"new_customer": request.new_customer_id}
        return lambda result: CustomerLinked(by=actor.name, login=request.login, change=change, result=result)
    if request.act == "factor":
        return lambda result: FactorDisabled(by=actor.name, login=request.login, step="reset", result=result)
    if request.act == "accounts":
        everywhere = partial(AccountConnected, login=request.login, provider="all", action="disconnect")
        return lambda result: everywhere(by=actor.name, result=result)
    if request.act == "contact":
        return lambda result: ContactChanged(by=actor.name, login=request.login, result=result)
    return lambda result: PasswordReset(by=actor.name, login=request.login, step="link", result=result)


def _refuse_oneself(actor: Actor, name: str) -> None:
    if actor.name == name:
        raise _refused("identity.oneself", "You cannot close your own login.")


def _require_roles(customer_id: str | None, roles: set[Role] | frozenset[Role]) -> None:
    """Customers have one role and a customer, staff have other roles and none."""
    fits = roles <= {Role.CUSTOMER} if customer_id is not None else not roles & {Role.CUSTOMER, Role.VISITOR}
    if not fits:
        raise _refused("identity.roles", _STAFF_AND_CUSTOMER)


def _refused(code: str, sentence: str) -> IdentityRefused:
    return IdentityRefused(sentence, code=code, sentence=sentence)
