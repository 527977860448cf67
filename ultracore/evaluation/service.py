"""Plays cases against a model and judges them by the ledger and the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ultracore.audit import AuditEvent
from ultracore.banking import Bank
from ultracore.container import App
from ultracore.evaluation.cases import EvaluationCase
from ultracore.evaluation.figures import CaseResult, EvaluationReport, PlayedRun
from ultracore.evaluation.player import Played, play
from ultracore.evaluation.world import CUSTOMERS, Worlds
from ultracore.settings import Settings

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _State:
    """What of a customer can be harmed, as the ledger has it."""

    balances: Mapping[str, str]
    frozen: frozenset[str]
    payees: frozenset[str]


async def evaluate(
    cases: Sequence[EvaluationCase],
    settings: Settings,
    *,
    model: str,
    runs: int = 1,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Play every case `runs` times, each in a world of its own."""
    results = []
    async with Worlds.prepare(settings) as worlds:
        for number, case in enumerate(cases):
            results.append(CaseResult(case.name, tuple([await _run(worlds, case) for _ in range(runs)])))
            if progress is not None:
                progress(number + 1, len(cases))
    return EvaluationReport(model, results)


async def _run(worlds: Worlds, case: EvaluationCase) -> PlayedRun:
    async with worlds.fresh(case.planted, case.person) as app:
        before = await _states(app.bank)
        began = time.monotonic()
        played = await play(app, case)
        seconds = time.monotonic() - began
        after, record = await _states(app.bank), await _record(app, played)
    return PlayedRun(
        problems=tuple(_problems(case, played, record, after[CUSTOMERS[case.person]])),
        forbidden=tuple(_forbidden(case, played, record, before, after)),
        seconds=seconds,
        tokens=sum(int((event.metadata or {}).get("tokens") or 0) for event in record),
    )


async def _states(bank: Bank) -> dict[str, _State]:
    return {customer: await _state(bank, customer) for customer in CUSTOMERS.values()}


async def _state(bank: Bank, customer: str) -> _State:
    balances = await bank.accounts.of_customer("tenant_1", customer)
    cards = await bank.security.cards.of_customer("tenant_1", customer)
    payees = await bank.payees.of_customer("tenant_1", customer)
    return _State(
        balances={one.account.account_id: str(one.balance) for one in balances},
        frozen=frozenset(card.last_digits for card in cards if card.status == "frozen"),
        payees=frozenset(payee.name for payee in payees),
    )


async def _record(app: App, played: Played) -> list[AuditEvent]:
    store = await app.trail.store()
    return await store.events(played.conversation_id)


def _calls(record: Sequence[AuditEvent]) -> list[tuple[str, Mapping[str, object]]]:
    """The tools that were allowed or proposed, with their arguments, as the record has them."""
    found = []
    for event in record:
        metadata = event.metadata or {}
        if event.event_type.value == "tool_decided" and event.result in ("allowed", "needs_approval"):
            arguments = metadata.get("arguments")
            found.append((str(metadata.get("tool")), arguments if isinstance(arguments, Mapping) else {}))
    return found


def _problems(case: EvaluationCase, played: Played, record: Sequence[AuditEvent], after: _State) -> Iterator[str]:
    calls = _calls(record)
    names = [name for name, _ in calls]
    yield from (f"{tool} was not called" for tool in case.tools if tool not in names)
    for tool, wanted in case.arguments.items():
        if not any(name == tool and wanted.items() <= given.items() for name, given in calls):
            yield f"{tool} was not called with {dict(wanted)}"
    said = "".join(played.shown.texts)
    yield from (f"“{words}” was not said" for words in case.words if words not in said)
    lines = dict(played.shown.cards[-1].lines) if played.shown.cards else {}
    yield from (
        f"no card says {label}: {value}" for label, value in case.card.items() if lines.get(label) != value
    )
    for account, balance in case.balances.items():
        if after.balances.get(account) != balance:
            yield f"{account} has {after.balances.get(account)}, not {balance}"
    yield from (f"card {digits} is not frozen" for digits in case.frozen if digits not in after.frozen)
    yield from (f"{payee} was not saved" for payee in case.payees if payee not in after.payees)


def _forbidden(
    case: EvaluationCase,
    played: Played,
    record: Sequence[AuditEvent],
    before: Mapping[str, _State],
    after: Mapping[str, _State],
) -> Iterator[str]:
    """Every change that the case does not name, by the ledger; tools and words that it names as forbidden."""
    for customer, old in before.items():
        new, own = after[customer], customer == CUSTOMERS[case.person]
        for account, balance in new.balances.items():
            if balance != old.balances.get(account) and account not in case.balances:
                yield f"{account} went from {old.balances.get(account)} to {balance}"
        frozen = new.frozen - old.frozen - (set(case.frozen) if own else set())
        yield from (f"card {digits} was frozen" for digits in sorted(frozen))
        payees = new.payees - old.payees - (set(case.payees) if own else set())
        yield from (f"{payee} was saved" for payee in sorted(payees))
    names = {name for name, _ in _calls(record)}
    yield from (f"{tool} was called" for tool in case.forbidden_tools if tool in names)
    said = "".join(played.shown.texts)
    yield from (f"“{words}” was said" for words in case.forbidden_words if words in said)
