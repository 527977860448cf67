"""The checks: each compares the books with the record, or either with a deadline. They change nothing."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

from ultracore.audit import AuditEventType
from ultracore.audit.erasure import unfinished
from ultracore.audit.store import RecordReader
from ultracore.banking.ledger import operator_view, oversight
from ultracore.compliance.values import Examined, RuleViolation, Scope

UNKNOWN_FOR: Final = timedelta(hours=1)
"""How long an outcome may stay unknown."""
ERASED_WITHIN: Final = timedelta(hours=24)
"""How long an erasure that was confirmed may take."""

_PAGE: Final = 500


async def entries_have_intents(scope: Scope) -> Examined:
    """Every entry of a person has its allowed decision on the record."""
    found = await oversight.entry_intents(scope.bank.database, scope.since)
    allowed = await scope.store.read(partial(_allowed, intents=[entry.intent for entry in found]))
    missing = [
        RuleViolation(entry.tenant_id, entry.entry_id, {"intent": entry.intent})
        for entry in found
        if entry.intent not in allowed
    ]
    return Examined(_by_tenant(entry.tenant_id for entry in found), missing)


async def two_persons_approved(scope: Scope) -> Examined:
    """What takes two persons was approved by two, in the books and on the record."""
    found = await oversight.second_persons(scope.bank.database, scope.since)
    approved = await scope.store.read(partial(_approvers, streams=[one.conversation_id for one in found]))
    broken = [
        RuleViolation(one.tenant_id, one.proposal_id, {"approvals": len(approved[one.proposal_id])})
        for one in found
        if one.checker in (None, one.maker) or len(approved[one.proposal_id]) < 2
    ]
    return Examined(_by_tenant(one.tenant_id for one in found), broken)


async def outcomes_are_known(scope: Scope) -> Examined:
    """No outcome stays unknown for longer than an hour."""
    intents = await scope.store.open_intents()
    late = [
        RuleViolation(intent.tenant_id, intent.event_id, {"tool": intent.tool or "unknown"})
        for intent in intents
        if intent.time < scope.now - UNKNOWN_FOR
    ]
    return Examined(_by_tenant(intent.tenant_id for intent in intents), late)


async def money_moves_with_kyc(scope: Scope) -> Examined:
    """No money of a customer moves whose identity is not verified."""
    moved = await oversight.unverified_movements(scope.bank.database, scope.since)
    findings = [
        RuleViolation(one.tenant_id, one.entry_id, {"customer": one.customer_id, "kyc": one.kyc_status})
        for one in moved
    ]
    return Examined(_by_tenant(one.tenant_id for one in moved), findings)


async def erasures_are_done(scope: Scope) -> Examined:
    """An erasure that was confirmed is done within a day."""
    rows = await scope.store.run(unfinished)
    late = [
        RuleViolation(row.subject.tenant_id, row.erasure_id, {"state": row.state})
        for row in rows
        if row.requested_at < scope.now - ERASED_WITHIN
    ]
    return Examined(_by_tenant(row.subject.tenant_id for row in rows), late)


async def books_balance(scope: Scope) -> Examined:
    """The books hold, as `ultracore bank check` says. They are the installation's, so each tenant is told."""
    result = await operator_view.check(scope.bank.database)
    tenants = await oversight.all_tenants(scope.bank.database)
    problems = [(problem.subject, problem.code) for problem in result.problems]
    problems += [(total.currency, "books.unbalanced") for total in result.totals if total.difference.minor]
    findings = [RuleViolation(tenant, subject, {"code": code}) for tenant in tenants for subject, code in problems]
    return Examined(Counter(dict.fromkeys(tenants, sum(total.entries for total in result.totals))), findings)


def _by_tenant(tenants: Iterable[str]) -> Counter[str]:
    return Counter(tenants)


def _allowed(reader: RecordReader, intents: Sequence[str]) -> set[str]:
    """Which of these events are decisions that allowed something."""
    found: set[str] = set()
    for first in range(0, len(intents), _PAGE):
        some = tuple(intents[first : first + _PAGE])
        for row in reader.stored(f"event_id IN ({', '.join('?' * len(some))})", some, "position"):
            is_decision = row.event_type == AuditEventType.TOOL_DECIDED
            if is_decision and json.loads(row.body)["result"] == "allowed":
                found.add(row.event_id)
    return found


def _approvers(reader: RecordReader, streams: Sequence[str]) -> dict[str, set[str | None]]:
    """Who approved, by proposal."""
    found: dict[str, set[str | None]] = defaultdict(set)
    given = frozenset({AuditEventType.APPROVAL_GIVEN})
    for row in reader.of_streams(sorted(set(streams)), given):
        found[(json.loads(row.body)["metadata"] or {}).get("proposal", "")].add(row.user_id)
    return found
