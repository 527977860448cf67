"""The second factor of a login: enrolled with a fresh password and a code, asked for, renewed and taken away."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import (
    FactorAbsent,
    FactorDisabled,
    FactorEnabled,
    FactorFailed,
    FactorLocked,
    FactorVerified,
)
from ultracore.banking import Clock, UserRecord, utc_now
from ultracore.banking.access import FactorPolicy, UsersService
from ultracore.banking.proposals import Proven
from ultracore.banking.store import Database
from ultracore.errors import AuditUnavailable, SignInRefused
from ultracore.identity import factor_book as kept
from ultracore.identity import totp
from ultracore.identity.book import LoginBook, unknown_login
from ultracore.identity.factor_book import BLOCKED, Checked, Vault
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import (
    Actor,
    CodeWanted,
    Enrolment,
    EnrolmentGone,
    FactorBlocked,
    FactorPurpose,
    FactorRefused,
    FactorRequired,
    FactorState,
    IdentityRefused,
    LoginView,
)
from ultracore.principal import Connection

logger = logging.getLogger(__name__)


async def nothing_more(session: AsyncConnection) -> None:
    """For a code that is taken and leaves nothing else behind."""


class SecondFactors:
    """One-time codes by time. Every method raises `LedgerUnavailable`, and those that change something
    `AuditUnavailable`: then nothing was changed.
    """

    def __init__(
        self,
        database: Database,
        users: UsersService,
        trail: AuditTrail,
        vault: Vault,
        policy: FactorPolicy,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._book = LoginBook(database)
        self._users = users
        self._record = IdentityRecord(trail)
        self._vault = vault
        self._policy = policy
        self._clock = clock

    @property
    def limits_payments(self) -> bool:
        """True if a login with a new factor pays other people little for a day."""
        return self._policy.step_up

    async def state(self, login: str) -> FactorState:
        """Whether the login has a factor."""
        async with self._database.read() as session:
            return await kept.state(session, login)

    async def demand(self, person: UserRecord, code: str, connection: Connection) -> None:
        """What a sign-in asks for beside the right password.

        Raises `CodeWanted` without a code of a login that has a factor, `FactorRequired` for one that must have
        one and has none, and as `verify` does.
        """
        if person.has_second_factor:
            if not code:
                await self._note_missing(person, connection)
                raise CodeWanted("the login has a factor")
            await self.verify(person.user_id, code, "sign_in", connection)
        elif self._policy.must_have(person.roles):
            await self._note_missing(person, connection)
            raise FactorRequired("the role wants a factor")

    def accepts(self, person: UserRecord, *, proved_elsewhere: bool) -> bool:
        """Whether a sign-in by a provider of the bank may do: it must have checked a second factor of a person who
        has one here, or whose role wants one.
        """
        return proved_elsewhere or not (person.has_second_factor or self._policy.must_have(person.roles))

    async def begin_at_the_door(self, name: str, password: str) -> Enrolment:
        """As `begin`, for somebody who cannot sign in because their role wants a factor.

        Everybody else is refused as with a wrong password: they set one up when they have signed in.
        """
        person = await self._users.get(name)
        if person is not None and not self._policy.must_have(person.roles):
            raise SignInRefused("the role wants no factor")
        return await self.begin(name, password)

    async def begin(self, name: str, password: str) -> Enrolment:
        """A new key, which counts once a code of it has confirmed it. The key is shown this once.

        Raises `SignInRefused` for a wrong password, and `IdentityRefused` if there is a factor already.
        """
        await self._require_password(name, password)
        secret, now = totp.new_secret(), self._clock()
        sealed = self._vault.seal(secret, name)
        if not await self._database.write(lambda session: kept.begin(session, name, sealed, now)):
            raise IdentityRefused(
                "there is a factor",
                code="factor.enrolled",
                sentence="There is a second factor already. Remove it first if you want another one.",
            )
        address = totp.address_of(secret, name)
        return Enrolment(key=totp.in_groups(secret), address=address, picture=totp.picture_of(address))

    async def confirm(self, name: str, code: str, connection: Connection) -> tuple[str, ...]:
        """Enrol the key that was begun in the last ten minutes; gives the recovery codes, kept as digests alone.

        Raises `FactorRefused` for a wrong code, `EnrolmentGone` if none waits: five wrong codes end one.
        """
        login, now = await self._book.find(name), self._clock()
        if login is None:
            raise EnrolmentGone("no such login")
        step = await self._database.write(lambda session: kept.check_new(session, name, code, self._vault, now))
        if step is None:
            raise FactorRefused("a wrong code")
        codes, digests = self._new_codes(name)
        act: Act = lambda result: FactorEnabled(login=name, result=result)  # noqa: E731
        await self._change(act, login, connection, lambda session: kept.enable(session, name, step, digests, now))
        return codes

    async def prove(self, name: str, password: str, code: str, connection: Connection) -> None:
        """What a sign-in asks for, once more. Raises `SignInRefused`, and for the code as `demand` does."""
        person = await self._users.authenticate(name, password)
        if person is None:
            raise SignInRefused("wrong password", sentence="The password is not right. Please try again.")
        await self.demand(person, code, connection)

    async def verify(
        self,
        name: str,
        code: str,
        purpose: FactorPurpose,
        connection: Connection,
        *,
        recovery: bool = True,
        proven: Proven = nothing_more,
    ) -> None:
        """Take a code of the login's factor, or with `recovery` one of its recovery codes; each is taken once.

        Raises `FactorRefused`, and `FactorBlocked` from the fifth wrong one in a row on.
        """
        login, now = await self._login(name), self._clock()

        async def work(session: AsyncConnection) -> Checked:
            checked = await kept.check(session, name, code, self._vault, now, recovery=recovery)
            if checked.is_right:
                await proven(session)
            return checked

        checked = await self._database.write(work)
        await self._note(checked, login, purpose, connection)
        _require_right(checked)

    async def remove(self, name: str, password: str, code: str, connection: Connection) -> None:
        """Take one's own factor away, with the password and a code.

        Raises `SignInRefused` for a wrong password, and for the code as `verify` does.
        """
        await self._require_password(name, password)
        await self.verify(name, code, "removal", connection)
        login = await self._login(name)
        act: Act = lambda result: FactorDisabled(by=name, login=name, step="remove", result=result)  # noqa: E731
        await self._change(act, login, connection, lambda session: kept.remove(session, name))

    async def renew_codes(self, name: str, password: str, code: str, connection: Connection) -> tuple[str, ...]:
        """New recovery codes in place of the old ones. Raises as `remove` does."""
        await self._require_password(name, password)
        await self.verify(name, code, "recovery_codes", connection, recovery=False)
        login, (codes, digests) = await self._login(name), self._new_codes(name)
        act: Act = lambda result: FactorEnabled(login=name, step="recovery_codes", result=result)  # noqa: E731
        await self._change(act, login, connection, lambda session: kept.replace_codes(session, name, digests))
        return codes

    async def _change(
        self,
        act: Act,
        login: LoginView,
        connection: Connection,
        work: Callable[[AsyncConnection], Awaitable[object]],
    ) -> None:
        await self._record.around([act], _oneself(login, connection), login, lambda: self._database.write(work))

    async def _note(
        self, checked: Checked, login: LoginView, purpose: FactorPurpose, connection: Connection
    ) -> None:
        """Put the outcome on the record. Best effort, as for sign-ins: what was counted stands in the ledger."""
        name, actor = login.login, _oneself(login, connection)
        try:
            if checked.is_right:
                event = FactorVerified(login=name, purpose=purpose, means=checked.value)
                await self._record.write(event, actor, login)
            elif checked is Checked.BLOCKED:
                await self._record.write(FactorLocked(login=name, purpose=purpose), actor, login)
            else:
                await self._record.write(FactorFailed(login=name, purpose=purpose), actor, login)
            if checked is Checked.NOW_BLOCKED:
                await self._record.write(FactorLocked(login=name, purpose=purpose), actor, login)
        except AuditUnavailable as error:
            logger.error("a check of a second factor is not on the record: %s", error.message)

    async def _note_missing(self, person: UserRecord, connection: Connection) -> None:
        """Put on the record that somebody knew the password and stopped, or was stopped, there. Best effort."""
        login = await self._login(person.user_id)
        event = FactorAbsent(login=login.login, purpose="sign_in", enrolled=person.has_second_factor)
        try:
            await self._record.write(event, _oneself(login, connection), login)
        except AuditUnavailable as error:
            logger.error("a sign-in without a code is not on the record: %s", error.message)

    def _new_codes(self, name: str) -> tuple[tuple[str, ...], list[str]]:
        codes = totp.new_recovery_codes()
        return codes, [self._vault.digest(totp.recovery_of(code) or "", name) for code in codes]

    async def _require_password(self, name: str, password: str) -> None:
        if await self._users.authenticate(name, password) is None:
            raise SignInRefused("wrong password")

    async def _login(self, name: str) -> LoginView:
        login = await self._book.find(name)
        if login is None:
            raise unknown_login()
        return login


def _require_right(checked: Checked) -> None:
    if checked in (Checked.BLOCKED, Checked.NOW_BLOCKED):
        raise FactorBlocked("too many wrong codes", retry_after=BLOCKED.total_seconds())
    if not checked.is_right:
        raise FactorRefused("a wrong code")


def _oneself(login: LoginView, connection: Connection) -> Actor:
    return Actor(name=login.login, tenant_id=login.tenant_id, connection=connection)
