"""The bank as one value: its services over one open database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ultracore.banking.access import DEFAULT_POLICY, AccessService
from ultracore.banking.accounts import AccountsService
from ultracore.banking.customers import CustomersService
from ultracore.banking.database import Database
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import LedgerService
from ultracore.banking.payees import PayeesService
from ultracore.banking.proposals import ProposalsService
from ultracore.banking.risk import RiskService
from ultracore.banking.users import UsersService


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Services that take tenant and customer explicitly and never tell of anybody else's things."""

    database: Database
    customers: CustomersService
    accounts: AccountsService
    ledger: LedgerService
    payees: PayeesService
    proposals: ProposalsService
    users: UsersService
    access: AccessService
    risk: RiskService

    @classmethod
    async def open(cls, url: str, *, policy: Path = DEFAULT_POLICY, clock: Clock = utc_now) -> Bank:
        """Open the ledger at a SQLAlchemy URL (`sqlite:///path`), creating or migrating it where needed.

        Seeds nothing. Raises `OperatorError` where the URL, the folder, the file or the policy cannot be used.
        """
        access = AccessService.load(policy)
        database = await Database.open(url)
        customers = CustomersService(database)
        return cls(
            database=database,
            customers=customers,
            accounts=AccountsService(database),
            ledger=LedgerService(database),
            payees=PayeesService(database),
            proposals=ProposalsService(database, policy_version=access.policy_version, clock=clock),
            users=UsersService(database),
            access=access,
            risk=RiskService(database, customers, clock),
        )

    async def ping(self) -> None:
        """Raises `LedgerUnavailable` where the database does not answer."""
        await self.database.ping()

    async def close(self) -> None:
        """Close the database. Nothing may use the services afterwards."""
        await self.database.close()
