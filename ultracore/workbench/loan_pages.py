"""`/desk/loans`: applications that wait for a lender, the file of one, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from starlette.responses import Response

from ultracore.banking import Money, day_text
from ultracore.banking.lending import (
    REASONS,
    ApplicationChanged,
    ApplicationFile,
    Eligibility,
    Finances,
    LoanWish,
    Outcome,
    Shown,
    percent_text,
    reason_says,
)
from ultracore.errors import InvalidInput
from ultracore.principal import Role
from ultracore.web import PageNumber, PageTable, Site, Visit, see_other
from ultracore.wording import money_text
from ultracore.workbench.loan_work import LONGEST_LETTER, LoanWork
from ultracore.workbench.parts import WorkbenchLook, WorkbenchServer

READERS: Final = (Role.LENDER, Role.SUPERVISOR)
LOANS: Final = "/desk/loans"
LISTS: Final[Mapping[Shown, str]] = {
    "open": "To decide",
    "waiting": "For a second person",
    "decided": "Decided",
}
OUTCOMES: Final = (("approved", "Approve"), ("declined", "Decline"))

Lines = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the rules and the ledger say today of an application that is not decided."""

    finances: Lines
    found: Eligibility
    figures: Lines


class LoanPages:
    """The lists of applications and a page for each."""

    def __init__(self, site: Site, server: WorkbenchServer, look: WorkbenchLook) -> None:
        self._site = site
        self._server = server
        self._look = look

    def add_to(self, table: PageTable) -> None:
        """Put the routes into a table of pages."""
        table.add("GET", LOANS, self._list, READERS)
        table.add("GET", LOANS + "/{reference}", self._one, READERS)
        table.add("POST", LOANS + "/{reference}", self._act, READERS)

    async def _list(self, visit: Visit) -> Response:
        work, page = LoanWork(self._server.clerk(visit)), PageNumber.of(visit.request)
        lists, asked = work.lists(), visit.request.query_params.get("show")
        shown = next((one for one in lists if one == asked), lists[0])
        decisions, tenant = work.clerk.bank.loan_decisions, work.clerk.tenant_id
        found = await decisions.files(tenant, shown, limit=page.limit, offset=page.offset)
        return self._look.page(
            "loans.html",
            visit,
            leaf=page.leaf(found),
            shown=shown,
            lists=[(one, LISTS[one], await decisions.count(tenant, one)) for one in lists],
            amount=_amount,
        )

    async def _one(self, visit: Visit) -> Response:
        return await self._file(visit, LoanWork(self._server.clerk(visit)))

    async def _act(self, visit: Visit) -> Response:
        work, reference = LoanWork(self._server.clerk(visit)), visit.named("reference")
        try:
            match visit.form.text("act", "what to do", longest=20):
                case "decide":
                    letter = visit.form.text("letter", "letter", longest=LONGEST_LETTER)
                    # The browser sends lines as CR LF; the customer reads them with a plain line end.
                    words = "\n".join(letter.splitlines())
                    await work.decide(reference, _outcome(visit), visit.form.many("reasons"), words)
                case "agree" | "give_back" as act:
                    seen = visit.form.text("seen", "decision", longest=64)
                    await work.second(reference, seen, agrees=act == "agree")
                case "tie":
                    await work.declare_tie(reference)
                    return see_other(self._site, LOANS)
                case _:
                    raise InvalidInput("unknown act", code="page.field", sentence="This cannot be done with it.")
        except ApplicationChanged as error:
            return await self._file(visit, work, error.sentence)
        return see_other(self._site, f"{LOANS}/{reference}")

    async def _file(self, visit: Visit, work: LoanWork, problem: str = "") -> Response:
        file = await work.open(visit.named("reference"))
        bank, tenant = work.clerk.bank, work.clerk.tenant_id
        customer = await bank.customers.get(tenant, file.customer_id)
        waits = file.decision is not None and file.decision.state == "waiting"
        two = (
            file.decision.two_persons if file.decision else bank.loan_decisions.wants_two(file.application.amount)
        )
        return self._look.page(
            "loan.html",
            visit,
            status=409 if problem else 200,
            problem=problem,
            file=file,
            customer=customer,
            since=day_text(customer.since),
            asked=_asked(file),
            says=reason_says,
            assessment=await self._assessment(work, file) if file.application.status == "submitted" else None,
            others=[
                one
                for one in await bank.lending.applications(tenant, file.customer_id)
                if one.reference != file.application.reference
            ],
            amount=_amount,
            two=two,
            decides=work.decides and file.decision is None and file.application.status == "submitted",
            seconds=waits
            and work.seconds
            and file.decision is not None
            and file.decision.made_by != visit.principal.user_id,
            outcomes=OUTCOMES,
            reasons=REASONS,
            longest=LONGEST_LETTER,
        )

    async def _assessment(self, work: LoanWork, file: ApplicationFile) -> Assessment:
        lending, wanted = work.clerk.bank.lending, file.application
        wish = LoanWish(amount=wanted.amount, purpose=wanted.purpose, term_months=wanted.term_months)
        found = await lending.eligibility(file.tenant_id, file.customer_id, wish)
        finances = await lending.finances(file.tenant_id, file.customer_id)
        return Assessment(_finances(finances), found, _figures(found))


def _outcome(visit: Visit) -> Outcome:
    value = visit.form.text("outcome", "decision", longest=20)
    if value not in dict(OUTCOMES):
        raise InvalidInput("no such outcome", code="page.field", sentence="Please choose: approve or decline.")
    return cast("Outcome", value)


def _amount(amount: Money) -> str:
    return money_text(amount.amount, amount.currency)


def _asked(file: ApplicationFile) -> Lines:
    wanted = file.application
    return (
        ("Amount", _amount(wanted.amount)),
        ("Purpose", f"{wanted.purpose} ({wanted.stated_purpose})"),
        ("Term", f"{wanted.term_months} months"),
        ("Indicative rate", f"{percent_text(wanted.annual_rate)}% a year"),
        ("Instalment", f"{_amount(wanted.instalment)} a month"),
        ("Rules when it was made", "all met" if file.met_rules else "not all met"),
    )


def _finances(found: Finances) -> Lines:
    return (
        ("Income a month", f"{_amount(found.income)}, seen in {found.months_with_income} months"),
        ("Spending a month", f"{_amount(found.spending)}, of it rent {_amount(found.rent)}"),
        ("Instalments a month", _amount(found.repayments)),
        ("Left a month", _amount(found.surplus)),
        ("Loans owed", _amount(found.owed)),
        ("Instalments paid", f"{_amount(found.repaid)} of {_amount(found.due)} due"),
        ("In accounts", _amount(found.liquid)),
        ("With us", f"{found.years_with_us} years"),
    )


def _figures(found: Eligibility) -> Lines:
    return (
        ("Rate today", f"{percent_text(found.quote.annual_rate)}% a year"),
        ("Instalment", f"{_amount(found.instalment)} a month"),
        ("Assessed at", f"{_amount(found.assessed_instalment)} a month"),
        ("Affordable", f"{_amount(found.affordable)} a month"),
        ("Largest at this term", _amount(found.largest)),
    )
