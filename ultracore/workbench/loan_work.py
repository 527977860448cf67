"""What lenders do with applications. Each look and each decision is on the record before it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from ultracore.audit.vocabulary import (
    LoanDecided,
    LoanStep,
    TieDeclared,
)
from ultracore.banking.lending import (
    ApplicationChanged,
    ApplicationFile,
    LoanDecision,
    LoanVerdict,
    Outcome,
    Shown,
    gives_reasons,
)
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import NoSuchPage
from ultracore.workbench.parts import Clerk
from ultracore.workbench.ties import require_no_tie, took_part

ACTION: Final = "loan_application"
SHORTEST_LETTER: Final = 20
LONGEST_LETTER: Final = 2_000
NO_LETTER: Final = (
    f"Please write to the customer, in {SHORTEST_LETTER} to {LONGEST_LETTER:,} characters. Nothing was decided."
)
NO_REASON: Final = "Please choose at least one reason that goes with the decision. Nothing was decided."
SAME_PERSON: Final = "You have made this decision yourself; another person agrees to it or gives it back."
TOOK_PART: Final = "You have talked with this customer lately, so another person decides. Nothing was changed."
NOT_ALONE: Final = "Only lenders decide on applications. You can agree to their decisions, or give them back."


@dataclass(frozen=True, slots=True)
class LoanWork:
    """Lenders open and decide; supervisors see what takes two persons, and are the second one."""

    clerk: Clerk

    @property
    def decides(self) -> bool:
        """True for a lender. An auditor decides nothing, also with another role."""
        return Role.LENDER in self.clerk.principal.roles and self.seconds

    @property
    def seconds(self) -> bool:
        """True for people who may be the second person."""
        return Role.AUDITOR not in self.clerk.principal.roles

    def lists(self) -> tuple[Shown, ...]:
        """The lists that this person sees."""
        return ("open", "waiting", "decided") if self.decides else ("waiting",)

    async def open(self, reference: str) -> ApplicationFile:
        """A file of the clerk's tenant, for their eyes. Raises `NoSuchPage`, `Forbidden`, `AuditUnavailable`."""
        file = await self._file(reference)
        await self.clerk.opens(file.customer_id, action=ACTION, reference=file.application.reference)
        return file

    async def decide(
        self, reference: str, outcome: Outcome, reasons: tuple[str, ...], letter: str
    ) -> ApplicationFile:
        """A lender's decision, or above the limit their proposal of one.

        Raises `ApplicationChanged` if somebody was faster, `InvalidInput` for reasons or a letter that cannot be
        used, and what `open` raises.
        """
        file = await self._file(reference)
        if not self.decides:
            raise InvalidInput("not a lender", code="loan.not_a_lender", sentence=NOT_ALONE)
        if not gives_reasons(outcome, reasons):
            raise InvalidInput("no reason", code="loan.reason", sentence=NO_REASON)
        if not SHORTEST_LETTER <= len(letter) <= LONGEST_LETTER:
            raise InvalidInput("no letter", code="loan.letter", sentence=NO_LETTER)
        decisions = self.clerk.bank.loan_decisions
        step: LoanStep = "proposed" if decisions.wants_two(file.application.amount) else "decided"
        verdict = LoanVerdict(by=self.clerk.user_id, outcome=outcome, reasons=reasons, letter=letter)
        told = self._told(file, step, verdict)
        return await self.clerk.recorded(
            lambda intent: decisions.decide(file, verdict, intent), told, file.customer_id
        )

    async def second(self, reference: str, seen: str, *, agrees: bool) -> ApplicationFile:
        """A second person's word on the decision `seen`. Raises as `decide`."""
        file = await self._file(reference)
        decision = file.decision
        if decision is None or decision.state != "waiting" or decision.decision_id != seen:
            raise ApplicationChanged("the decision does not wait any more")
        if decision.made_by == self.clerk.user_id:
            raise InvalidInput("same person", code="loan.same_person", sentence=SAME_PERSON)
        if await took_part(self.clerk, file.customer_id):
            raise InvalidInput("took part", code="loan.took_part", sentence=TOOK_PART)
        told = self._told(file, "agreed" if agrees else "given_back", decision)
        decisions, me = self.clerk.bank.loan_decisions, self.clerk.user_id
        answer = decisions.agree if agrees else decisions.give_back
        return await self.clerk.recorded(lambda _: answer(file, me), told, file.customer_id)

    async def declare_tie(self, reference: str) -> None:
        """The clerk says that they may not decide here; from then on they cannot."""
        file = await self._file(reference)
        await self.clerk.tell(TieDeclared(by=self.clerk.user_id, customer_id=file.customer_id), file.customer_id)
        await self.clerk.bank.loan_decisions.declare_tie(
            self.clerk.tenant_id, self.clerk.user_id, file.customer_id
        )

    async def _file(self, reference: str) -> ApplicationFile:
        file = await self.clerk.bank.loan_decisions.get(self.clerk.tenant_id, reference)
        takes_two = file is not None and file.decision is not None and file.decision.two_persons
        if file is None or not self.seconds or not (self.decides or takes_two):
            raise NoSuchPage("no such application")
        await require_no_tie(
            self.clerk, file.customer_id, file.made_by, action=ACTION, reference=file.application.reference
        )
        return file

    def _told(
        self, file: ApplicationFile, step: LoanStep, said: LoanVerdict | LoanDecision
    ) -> Callable[..., LoanDecided]:
        return partial(
            LoanDecided,
            by=self.clerk.user_id,
            reference=file.application.reference,
            step=step,
            outcome=said.outcome,
            reasons=said.reasons,
            letter=said.letter,
        )
