"""The services of this package, as the open program holds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ultracore.audit import AuditTrail
from ultracore.audit.sealing import MasterKey
from ultracore.banking import Bank, Clock, utc_now
from ultracore.identity.credentials import Credentials
from ultracore.identity.factor_book import Vault
from ultracore.identity.factors import SecondFactors
from ultracore.identity.first import FirstAdministrator
from ultracore.identity.mail import MailAddresses, MailQueue
from ultracore.identity.passkeys import Passkeys, RelyingParty
from ultracore.identity.service import Administration


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityServices:
    """Everything that is done to logins."""

    administration: Administration
    addresses: MailAddresses
    credentials: Credentials
    factors: SecondFactors
    first: FirstAdministrator
    mail_queue: MailQueue | None
    passkeys: Passkeys

    @classmethod
    def over(
        cls,
        bank: Bank,
        trail: AuditTrail,
        folder: Path,
        master: MasterKey,
        *,
        operators_alone: bool,
        sends_mail: bool = False,
        party: RelyingParty | None = None,
        clock: Clock = utc_now,
    ) -> IdentityServices:
        """The services over a bank and its record. A set-up code would lie in `folder`; `master` seals the
        keys of second factors.

        `operators_alone` lets the command line do without a second person what otherwise takes two; `party` is the
        site for which passkeys count. With `sends_mail` somebody is there who sends what waits.
        """
        vault = Vault(master)
        factors = SecondFactors(bank.database, bank.users, trail, vault, bank.access.second_factor, clock=clock)
        return cls(
            administration=Administration(bank.database, trail, operators_alone=operators_alone, clock=clock),
            addresses=MailAddresses(bank.database, trail, clock=clock),
            credentials=Credentials(bank.database, bank.users, trail, clock=clock),
            factors=factors,
            first=FirstAdministrator(bank.database, trail, folder / "set-up.code", clock=clock),
            mail_queue=MailQueue(bank.database, clock) if sends_mail else None,
            passkeys=Passkeys(bank.database, trail, vault, factors, party, clock=clock),
        )
