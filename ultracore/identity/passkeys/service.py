"""A login's passkeys: enrolled with a password and a code, answering once for what they were asked, taken away."""

from __future__ import annotations

import logging
from enum import Enum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import FactorDisabled, FactorEnabled, FactorVerified, IdentityEvent, PasskeyFailed
from ultracore.banking import Clock, utc_now
from ultracore.banking.proposals import Proven
from ultracore.banking.store import Database
from ultracore.errors import AuditUnavailable
from ultracore.identity.book import LoginBook, unknown_login
from ultracore.identity.factor_book import Vault
from ultracore.identity.factors import SecondFactors, nothing_more
from ultracore.identity.passkeys import book, ceremony
from ultracore.identity.passkeys.values import ChallengePurpose, Passkey, PasskeyRefused, RelyingParty
from ultracore.identity.record import Act, IdentityRecord
from ultracore.identity.values import Actor, IdentityRefused, LoginView
from ultracore.principal import Connection

logger = logging.getLogger(__name__)

_CLONED: Final = (
    "This passkey is closed: its counter went back, so there seems to be a copy of it. Take a code of your app, "
    "remove the passkey on the page of your login, and call the bank."
)


class _Outcome(Enum):
    RIGHT = "right"
    WRONG = "wrong"
    CLONED = "cloned"


class Passkeys:
    """Passkeys of logins that have codes of an app, which go on working. Every method raises `LedgerUnavailable`,
    and those that change something `AuditUnavailable`: then nothing was changed. Without a `party` there are none.
    """

    def __init__(
        self,
        database: Database,
        trail: AuditTrail,
        vault: Vault,
        factors: SecondFactors,
        party: RelyingParty | None,
        *,
        clock: Clock = utc_now,
    ) -> None:
        self.party = party
        self._database = database
        self._book = LoginBook(database)
        self._record = IdentityRecord(trail)
        self._vault = vault
        self._factors = factors
        self._clock = clock

    async def of(self, name: str) -> tuple[Passkey, ...]:
        """A login's passkeys, the oldest first."""
        async with self._database.read() as session:
            return await book.listed(session, name)

    async def begin(self, name: str, login_id: str, password: str, code: str, connection: Connection) -> str:
        """What the browser is asked for, as JSON; the answer is taken once, from this session, for 120 seconds.

        Raises `SignInRefused` for a wrong password or code, and `IdentityRefused` for a login without codes.
        """
        party = self._require_party()
        if not (await self._factors.state(name)).is_enrolled:
            raise book.no_codes()
        await self._factors.prove(name, password, code, connection)
        challenge = await self._asked(name, "passkey", login_id)
        async with self._database.read() as session:
            known = await book.credentials(session, name, closed=True)
        return ceremony.creation_options(party, name, book.handle_of(self._vault, name), challenge, known)

    async def confirm(self, name: str, login_id: str, title: str, answer: str, connection: Connection) -> None:
        """Enrol the passkey that the browser has made. Raises `PasskeyRefused`, or `IdentityRefused`."""
        party, login, now = self._require_party(), await self._login(name), self._clock()
        named = ceremony.challenge_in(answer)

        async def used(session: AsyncConnection) -> bytes | None:
            return await book.take(session, self._vault, name, "passkey", login_id, named, now)

        challenge = await self._database.write(used)
        if challenge is None:
            raise PasskeyRefused("no such challenge")
        key = ceremony.created(party, answer, challenge)
        act: Act = lambda result: FactorEnabled(login=name, step="passkey", result=result)  # noqa: E731

        async def work(session: AsyncConnection) -> None:
            await book.add(session, self._vault, name, title, key, now)

        await self._record.around([act], _oneself(login, connection), login, lambda: self._database.write(work))

    async def remove(self, name: str, passkey_id: str, password: str, code: str, connection: Connection) -> None:
        """Take one away, with the password and a code. Raises as `begin` does, and for one that is not there."""
        await self._factors.prove(name, password, code, connection)
        login = await self._login(name)
        act: Act = lambda result: FactorDisabled(by=name, login=name, step="passkey", result=result)  # noqa: E731

        async def work(session: AsyncConnection) -> None:
            await book.remove(session, name, passkey_id)

        await self._record.around([act], _oneself(login, connection), login, lambda: self._database.write(work))

    async def offer(self, name: str, purpose: ChallengePurpose, bound: str = "") -> str | None:
        """What the browser is asked for, as JSON; None if the login has no passkey that could answer.

        `bound` is what the answer counts for alone: the seal of a proposal.
        """
        if self.party is None:
            return None
        async with self._database.read() as session:
            known = await book.credentials(session, name, closed=False)
        if not known:
            return None
        return ceremony.request_options(self.party, await self._asked(name, purpose, bound), known)

    async def verify(
        self,
        name: str,
        answer: str,
        purpose: ChallengePurpose,
        connection: Connection,
        *,
        bound: str = "",
        proven: Proven = nothing_more,
    ) -> None:
        """Take the answer to a challenge, once; `proven` is written in the same transaction.

        Raises `PasskeyRefused`; a passkey whose counter went back is closed from then on.
        """
        login = await self._login(name)

        async def work(session: AsyncConnection) -> _Outcome:
            checked = await self._check(session, name, answer, purpose, bound)
            if checked is _Outcome.RIGHT:
                await proven(session)
            return checked

        checked = await self._database.write(work) if self.party is not None else _Outcome.WRONG
        await self._note(checked, login, purpose, connection)
        if checked is _Outcome.CLONED:
            raise PasskeyRefused("a copy was used", code="factor.cloned", sentence=_CLONED)
        if checked is _Outcome.WRONG:
            raise PasskeyRefused("a wrong answer")

    async def _check(
        self, session: AsyncConnection, name: str, answer: str, purpose: ChallengePurpose, bound: str
    ) -> _Outcome:
        party, now = self._require_party(), self._clock()
        try:
            named, credential_id = ceremony.challenge_in(answer), ceremony.credential_in(answer)
            challenge = await book.take(session, self._vault, name, purpose, bound, named, now)
            row = await book.usable(session, self._vault, name, credential_id)
            if challenge is None or row is None:
                return _Outcome.WRONG
            count = ceremony.counted(party, answer, challenge, row.public_key)
        except PasskeyRefused:
            return _Outcome.WRONG
        # Passkeys that phones share between themselves do not count at all: theirs stays at zero.
        if (count or row.sign_count) and count <= row.sign_count:
            await book.close(session, row.passkey_id, now)
            return _Outcome.CLONED
        await book.use(session, row.passkey_id, count, now)
        return _Outcome.RIGHT

    async def _asked(self, name: str, purpose: ChallengePurpose, bound: str) -> bytes:
        now = self._clock()

        async def work(session: AsyncConnection) -> bytes:
            return await book.ask(session, self._vault, name, purpose, bound, now)

        return await self._database.write(work)

    async def _note(
        self, checked: _Outcome, login: LoginView, purpose: ChallengePurpose, connection: Connection
    ) -> None:
        """Put the outcome on the record. Best effort, as for codes: what was used up stands in the ledger."""
        name = login.login
        event: IdentityEvent = PasskeyFailed(login=name, purpose=purpose, cloned=checked is _Outcome.CLONED)
        if checked is _Outcome.RIGHT:
            event = FactorVerified(login=name, purpose=purpose, means="passkey")
        try:
            await self._record.write(event, _oneself(login, connection), login)
        except AuditUnavailable as error:
            logger.error("an answer of a passkey is not on the record: %s", error.message)

    def _require_party(self) -> RelyingParty:
        if self.party is None:
            raise IdentityRefused(
                "no site", code="factor.no_site", sentence="Passkeys need an address with a name, by https."
            )
        return self.party

    async def _login(self, name: str) -> LoginView:
        login = await self._book.find(name)
        if login is None:
            raise unknown_login()
        return login


def _oneself(login: LoginView, connection: Connection) -> Actor:
    return Actor(name=login.login, tenant_id=login.tenant_id, connection=connection)
