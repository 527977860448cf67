"""The bank as one value: its services over one open database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ultracore.banking.access import DEFAULT_POLICY, AccessService, AdaptiveAccessService, Grants, UsersService
from ultracore.banking.account_life import InterestService, LifecycleService
from ultracore.banking.actions import Effect, Effects
from ultracore.banking.cases import AlertBook, CaseQueue, Claims, SavedSearches
from ultracore.banking.customers import CustomersService
from ultracore.banking.derived import DerivedResults
from ultracore.banking.effects import capability_effects
from ultracore.banking.fraud import RiskService
from ultracore.banking.identifiers import Clock, utc_now
from ultracore.banking.ledger import AccountsService, LedgerService, TrialBalanceService, day_limits
from ultracore.banking.lending import LendingService, LoanDecisions
from ultracore.banking.outlook import OutlookService, PaymentFactsService
from ultracore.banking.payees import PayeeProposals, PayeesService
from ultracore.banking.payments import DEFAULT_TABLE, RoutesService, RouteTable
from ultracore.banking.proposals import ProposalChecks, ProposalsService, TwoPersonsService
from ultracore.banking.seals import Digest, plain_digest
from ultracore.banking.security import SecurityServices
from ultracore.banking.statements import SearchService, SpendingService, StatementsService
from ultracore.banking.store import Database
from ultracore.banking.wealth import WealthService


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """Services that take tenant and customer explicitly and never tell of another customer's things."""

    database: Database
    customers: CustomersService
    accounts: AccountsService
    ledger: LedgerService
    payees: PayeesService
    proposals: ProposalsService
    two_persons: TwoPersonsService
    users: UsersService
    access: AccessService
    risk: RiskService
    security: SecurityServices
    wealth: WealthService
    search: SearchService
    spending: SpendingService
    outlook: OutlookService
    payment_facts: PaymentFactsService
    statements: StatementsService
    interest: InterestService
    lifecycle: LifecycleService
    payee_adding: PayeeProposals
    routes: RoutesService
    lending: LendingService
    loan_decisions: LoanDecisions
    trial_balance: TrialBalanceService
    derived: DerivedResults
    cases: CaseQueue
    claims: Claims
    alerts: AlertBook

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        policy: Path = DEFAULT_POLICY,
        routes: Path = DEFAULT_TABLE,
        grants: Grants | None = None,
        clock: Clock = utc_now,
        effects: Iterable[Effect] | None = None,
        digest: Digest = plain_digest,
        support_phone: str = "13 00 00 00",
        step_up: bool | None = None,
    ) -> Bank:
        """Open the ledger at a SQLAlchemy URL (`sqlite:///path`), creating or migrating it if needed.

        `grants` is what roles may use by default; without it no role may use anything. `effects` are what approved
        actions do, without it those of every capability; `digest` seals proposals, and is the record's keyed one
        in every program that approves them; `step_up` goes before what the policy says of it. Seeds nothing.
        Raises `OperatorError` if the URL, the folder, the file, the policy or the table of routes cannot be used.
        """
        # Files before the database: a mistake in one of them is told without a ledger being made or migrated.
        access, table = AccessService.load(policy, grants, step_up=step_up), RouteTable.load(routes)
        known = Effects(capability_effects() if effects is None else effects)
        standing = ProposalChecks(
            access.policy_version,
            known,
            digest,
            clock,
            day_limits.DayLimits.of(access.limits),
            new_factors=access.second_factor.step_up,
        )
        database = await Database.open(url)
        security = SecurityServices.over(database, CustomersService(database), digest, clock, support_phone)
        return cls._over(database, access, standing, security, table)

    @classmethod
    def _over(
        cls,
        database: Database,
        access: AccessService,
        standing: ProposalChecks,
        security: SecurityServices,
        table: RouteTable,
    ) -> Bank:
        customers, clock = CustomersService(database), standing.clock
        derived = DerivedResults(database, access.policy_version, clock)
        return cls(
            database=database,
            customers=customers,
            accounts=AccountsService(database),
            ledger=LedgerService(database, table.price, clock, standing.limits, new_factors=standing.new_factors),
            payees=PayeesService(database),
            proposals=ProposalsService(database, standing),
            two_persons=TwoPersonsService(database, standing),
            users=UsersService(database, security.marks, clock),
            access=access,
            risk=RiskService(database, customers, security.surroundings, derived, clock),
            security=security,
            wealth=WealthService(database, customers, AccountsService(database), clock),
            search=SearchService(database),
            spending=SpendingService(database),
            outlook=OutlookService(database, clock),
            payment_facts=PaymentFactsService(database, clock),
            statements=StatementsService(database, clock),
            interest=InterestService(database, clock),
            lifecycle=LifecycleService(database, InterestService(database, clock), clock),
            payee_adding=PayeeProposals(database),
            routes=RoutesService(database, table, clock),
            lending=LendingService(database, customers, AccountsService(database), derived, clock),
            loan_decisions=LoanDecisions(database, access.limits, clock),
            trial_balance=TrialBalanceService(database, clock),
            derived=derived,
            cases=CaseQueue(database, clock),
            claims=Claims(database, clock),
            alerts=AlertBook(database, clock),
        )

    @property
    def adaptive(self) -> AdaptiveAccessService:
        """The second access question, asked after the policy and before every effect."""
        return self.security.adaptive

    @property
    def saved_searches(self) -> SavedSearches:
        """Filters that staff keep under a name."""
        return SavedSearches(self.database)

    async def ping(self) -> None:
        """Raises `LedgerUnavailable` if the database does not answer."""
        await self.database.ping()

    async def close(self) -> None:
        """Close the database. Nothing may use the services afterwards."""
        await self.database.close()
