"""Role by tool by whose: every cell over the registry, allowed or refused with its code.

The table is written by hand, from the contract's roles and the tools' names; nothing of it is read from the policy
file. A tool that is not in it gets the row that follows from its own file.
"""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any, Final, Literal, cast
from uuid import uuid4

import pytest

from tests.support.shared_run import SharedRun
from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.ai.tools import CallContext, CallReader, Tool
from ultracore.ai.tools.toolset import TOOLS
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, ConversationRecord, Origin, Subject
from ultracore.audit.vocabulary import Details
from ultracore.container import Core, core
from ultracore.principal import Connection, Principal, Role
from ultracore.settings import Settings

Whose = Literal["own", "nobody", "other_customer", "other_tenant", "foreign_customer"]
WHOSE: Final[tuple[Whose, ...]] = ("own", "nobody", "other_customer", "other_tenant", "foreign_customer")
"""own: the customer's, or the named customer's. nobody: identity left out, and staff have named nobody.
other_customer: the arguments name another customer of the tenant. other_tenant: they name another tenant.
foreign_customer: a customer of another tenant, also where staff could have got the conversation to name one."""

CODES: Final = {"customer_id": "customer.mismatch", "account_id": "account.not_found", "user_id": "user.mismatch"}
ANOTHERS: Final[Mapping[str, tuple[str, str]]] = {
    "customer_id": ("cust_2", "cust_9"),
    "account_id": ("acc_3", "acc_9"),
    "from_account_id": ("acc_3", "acc_9"),
    "user_id": ("customer2", "customer9"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Who may use a tool, the argument by which it can name another's things, and the other arguments."""

    roles: str
    names: str
    arguments: Mapping[str, Any]
    own: str = "allowed"


_LOAN: Final = {"loan_amount": "20000", "loan_purpose": "car"}
_TRANSFER: Final = {"transaction_type": "transfer", "amount": "1", "to_account_id": "City Power"}
_DAYS: Final = {"since": "2026-01-01", "until": "2026-01-31"}
_COMPARED: Final = {
    "first_since": "2026-01-01",
    "first_until": "2026-01-31",
    "second_since": "2026-02-01",
    "second_until": "2026-02-28",
}
_QUOTE: Final = {"destination": "City Power", "amount": "10"}
_PAYEE: Final = {"name": "Gas Co", "bsb": "733110", "account_number": "12345678"}
_FRAUD: Final = {"transaction_id": "txn_1", "amount": "10"}
_ASKED: Final = {"resource_id": "acc_1", "resource_type": "account", "action_requested": "read"}

TABLE: Final[Mapping[str, Row]] = {
    "hand_over": Row("customer teller lender finance security", "", {}),
    "get_customer_360": Row("customer teller lender", "customer_id", {}),
    "get_account_balance": Row("customer teller", "account_id", {"account_id": "acc_1"}),
    "search_transactions": Row("customer teller", "customer_id", {}),
    "summarise_spending": Row("customer teller", "customer_id", {}),
    "get_statement": Row("customer teller", "account_id", {"account_id": "acc_1", **_DAYS}),
    "get_interest_to_date": Row("customer teller", "account_id", {"account_id": "acc_2"}),
    "open_account": Row("customer", "customer_id", {"kind": "savings"}),
    "close_account": Row("customer", "account_id", {"account_id": "acc_1"}, own="account.cannot_close"),
    "quote_payment": Row("customer teller", "customer_id", _QUOTE),
    "add_payee": Row("customer", "customer_id", _PAYEE),
    "execute_transaction": Row("customer teller", "from_account_id", {"from_account_id": "acc_1", **_TRANSFER}),
    "check_loan_eligibility": Row("customer lender", "customer_id", _LOAN),
    "analyze_credit_risk": Row("customer lender", "customer_id", {}),
    "get_repayment_schedule": Row("customer lender", "customer_id", {"loan_amount": "20000", "term_months": 60}),
    "get_loan_details": Row("customer lender", "customer_id", {}),
    "apply_for_loan": Row("customer", "customer_id", _LOAN),
    "get_trial_balance": Row("finance", "", {}),
    "get_holdings": Row("customer", "customer_id", {}),
    "get_allocation": Row("customer", "customer_id", {}),
    "get_performance": Row("customer", "customer_id", {}),
    "get_general_information": Row("customer", "", {"topic": "diversification"}),
    "detect_fraud": Row("customer security", "user_id", _FRAUD),
    "check_access_control": Row("customer security", "user_id", _ASKED),
    "list_unusual_activity": Row("customer security", "customer_id", {}),
    "freeze_card": Row("customer security", "customer_id", {}),
    "unfreeze_card": Row("customer", "customer_id", {}),
    "withdraw_report": Row("customer", "customer_id", {"reference": "I-BCDFG-HJKLM"}, own="incident.not_found"),
    "report_incident": Row("customer", "customer_id", {"description": "A stranger called me."}),
    "list_data_access": Row("customer", "customer_id", {}),
    "get_data_download": Row("customer", "customer_id", {}),
    "get_documents": Row("customer", "customer_id", {}),
    "protect_customer": Row("customer", "customer_id", {"what_happened": "A stranger called me."}),
    "offer_protection": Row("customer", "customer_id", {"description": "A stranger called my mother."}),
    "check_affordability": Row("customer teller", "customer_id", {"amount": "100"}),
    "compare_spending": Row("customer teller", "customer_id", _COMPARED),
    "get_account_numbers": Row("customer", "customer_id", {}),
    "list_regular_payments": Row("customer teller", "customer_id", {}),
    "summarise_income": Row("customer teller", "customer_id", {}),
    "get_borrowing_limit": Row("customer lender", "customer_id", {"loan_purpose": "car"}),
    "get_payment_status": Row("customer", "customer_id", {}),
    "check_message": Row("customer security", "customer_id", {"text": "Your parcel waits: pay here."}),
}

DESKS: Final = {
    Role.CUSTOMER: "Accounts",
    Role.TELLER: "Payments",
    Role.LENDER: "Lending",
    Role.FINANCE: "Accounts",
    Role.SECURITY: "Security",
}
"""An agent of each role's own desk: who speaks."""

HANDS_TO: Final = {**DESKS, Role.CUSTOMER: "Payments", Role.TELLER: "Accounts"}
"""Another agent of the desk, to hand over to; a desk with one agent has nobody else."""

NOBODYS: Final = frozenset({"hand_over", "get_trial_balance"})
"""Tools about nobody: naming a customer is an unknown argument."""


def _derived(tool: Tool) -> Row:
    """The row of a tool that is in no contract: its roles, and the argument by which it can name another's."""
    names = [name for name, marker in tool.identity.items() if marker.field != "tenant_id"]
    names += [name for name, marker in tool.resources.items() if marker.kind == "account"]
    needed = set(tool.parameters(identity_required=False)["required"]) - set(tool.identity)
    assert not needed, f"{tool.name} needs {needed}: give it a row of its own"
    return Row(" ".join(role.value for role in tool.roles), names[0] if names else "", {})


ROWS: Final[Mapping[str, Row]] = {
    tool.name: TABLE[tool.name] if tool.name in TABLE else _derived(tool) for tool in TOOLS
}
Cell = tuple[Role, str, Whose]
CELLS: Final[tuple[Cell, ...]] = tuple((role, tool, whose) for role in Role for tool in ROWS for whose in WHOSE)


def expected(role: Role, tool: str, whose: Whose) -> str:
    """The code of a cell."""
    row = ROWS[tool]
    if role.value not in row.roles.split():
        return "access.tool_not_allowed"
    if role is not Role.CUSTOMER and tool not in NOBODYS and whose in ("nobody", "foreign_customer"):
        return "customer.missing" if whose == "nobody" else "customer.not_found"
    if tool == "hand_over" and whose in ("own", "nobody") and HANDS_TO[role] == DESKS[role]:
        return "handoff.same_agent"
    if whose in ("own", "nobody"):
        return row.own
    if whose == "other_tenant":
        return "arguments.unknown" if tool in ("hand_over", "get_general_information") else "tenant.mismatch"
    return CODES.get(row.names.removeprefix("from_") if row.names else "", "arguments.unknown")


def _arguments(role: Role, tool: str, whose: Whose) -> dict[str, Any]:
    row = ROWS[tool]
    given = {**row.arguments, **({"agent": HANDS_TO.get(role, "Accounts")} if tool == "hand_over" else {})}
    if whose == "other_tenant":
        return {**given, "tenant_id": "tenant_2"}
    name = row.names or "customer_id"
    if whose == "own" and name in ("customer_id", "user_id") and row.names:
        return {**given, name: "cust_1" if name == "customer_id" else "customer1"}
    if whose in ("other_customer", "foreign_customer"):
        return {**given, name: ANOTHERS[name][whose == "foreign_customer"]}
    return given


class _Trail:
    """A trail in memory: the cells ask for decisions, and the store has its own tests."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []

    def digest(self, value: object) -> str:
        return "0" * 64

    async def append(
        self,
        event_type: AuditEventType,
        details: Details,
        origin: Origin,
        subject: Subject,
        *,
        beside: Sequence[object] = (),
    ) -> AuditEvent:
        event = AuditEvent(
            str(uuid4()),
            event_type,
            datetime.now(UTC),
            origin.tenant_id or "none",
            user_id=origin.user_id,
            action=details.action,
            result=details.result,
            resource_id=details.resource_id,
            metadata=dict(details.metadata or {}),
        )
        self.events.append(event)
        return event


def _who(role: Role) -> Principal:
    name = "admin" if role is Role.ADMINISTRATOR else role.value
    customer = "cust_1" if role is Role.CUSTOMER else None
    return Principal(
        tenant_id="tenant_1",
        user_id=f"{name}1",
        login_id=uuid4().hex,
        roles=frozenset({role}),
        customer_id=customer,
    )


async def _ask(opened: Core, cell: Cell) -> tuple[str, list[AuditEvent]]:
    """One call in a conversation of its own: its code, and its events."""
    role, tool, whose = cell
    who, trail, conversation_id = _who(role), _Trail(), str(uuid4())
    record = ConversationRecord(cast("AuditTrail", trail), who, conversation_id).turn(str(uuid4()), "0000-0000")
    named: dict[Whose, str | None] = {"nobody": None, "foreign_customer": "cust_9"}

    async def principal() -> Principal:
        return who

    context = CallContext(
        principal=principal,
        agent=_agent(opened, role, tool),
        conversation_id=conversation_id,
        log=TurnLog(record, tolerant=False),
        connection=Connection(),
        working_for=None if role is Role.CUSTOMER else named.get(whose, "cust_1"),
    )
    arguments = json.dumps(_arguments(role, tool, whose))
    outcome = await opened.registry.call(CallReader().read(ModelToolCall("call_1", tool, arguments)), context)
    error = outcome.content.get("error")
    return (error["code"] if isinstance(error, Mapping) else "allowed"), trail.events


def _agent(opened: Core, role: Role, tool: str) -> str:
    agents = next(one.agents for one in opened.registry.tools if one.name == tool)
    desk = DESKS.get(role, "Accounts")
    return desk if desk in agents else min(agents)


async def _ask_all(data: Path) -> tuple[set[str], dict[Cell, tuple[str, list[AuditEvent]]]]:
    """What is allowed is asked first: many refusals in a row make the adaptive rules refuse the rest."""
    async with core(Settings(data_dir=data)) as opened:
        names = {tool.name for tool in opened.registry.tools}
        known = [cell for cell in CELLS if cell[1] in names]
        ordered = sorted(known, key=lambda cell: expected(*cell) != "allowed")
        return names, {cell: await _ask(opened, cell) for cell in ordered}


Asked = tuple[set[str], dict[Cell, tuple[str, list[AuditEvent]]]]


@pytest.fixture(scope="module")
def asked(seeded_data: Path, shared_run: SharedRun, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Every cell, asked once of one bank, however many workers share the cells."""

    def make(path: Path) -> None:
        data = tmp_path_factory.mktemp("matrix") / "data"
        copytree(seeded_data, data)
        path.write_bytes(pickle.dumps(asyncio.run(_ask_all(data))))

    found: Asked = pickle.loads(shared_run.once("role-matrix", make).read_bytes())  # noqa: S301 - our own, just written
    return found


def test_every_tool_of_the_registry_has_a_row_and_the_contracts_are_all_there(asked: Asked) -> None:
    assert asked[0] == set(ROWS)
    assert set(TABLE) <= set(ROWS)


def test_a_role_without_a_desk_has_no_tool_of_any_file() -> None:
    assert not [tool.name for tool in TOOLS if tool.roles - set(DESKS)]
    sealed = [tool.name for tool in TOOLS if tool.tool_class.needs_approval and tool.roles - {Role.CUSTOMER}]
    assert sealed == ["execute_transaction"]


@pytest.mark.parametrize(("role", "tool", "whose"), CELLS, ids=lambda part: str(part))
def test_each_role_has_what_the_contract_gives_it(asked: Asked, role: Role, tool: str, whose: Whose) -> None:
    code, events = asked[1][role, tool, whose]
    assert code == expected(role, tool, whose)
    decided = [event for event in events if event.event_type is AuditEventType.TOOL_DECIDED]
    assert [event.result == "denied" for event in decided] == [code != "allowed"]
    assert code == "allowed" or (decided[0].metadata or {})["reason"] == code
    read = [event.resource_id for event in events if event.event_type is AuditEventType.DATA_ACCESSED]
    # The account to pay from is found by the ledger, when the terms are prepared: that is a read already.
    reached = code == "allowed" or (ROWS[tool].names == "from_account_id" and code == "account.not_found")
    assert read == (["cust_1"] if reached and role is not Role.CUSTOMER and tool not in NOBODYS else [])
