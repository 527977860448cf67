"""The queue of cases: what rules found in the record, and what people do about it.

A case is changed by one conditional update: a person who looked at an older version is refused (`CaseChanged`).
Another tenant's case looks as if it did not exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ultracore.banking.cases.values import Case, CaseChanged, Hit, Line, ReadingMove
from ultracore.banking.identifiers import Clock, new_id
from ultracore.banking.store import Database, to_change
from ultracore.banking.store.tables import desk_cases, desk_claims, desk_hits, desk_progress
from ultracore.banking.store.tables.core import tenants

_open: Final = desk_cases.c.status == "open"
_talks: Final = and_(
    desk_claims.c.conversation_id == desk_cases.c.conversation_id, desk_claims.c.held_by.is_not(None)
)


class CaseQueue:
    """The cases of every tenant of one ledger. Every method raises `LedgerUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take_in(self, hits: Sequence[Hit], move: ReadingMove | None = None) -> bool:
        """Open or extend cases; each hit counts once, however often it comes.

        With `move` the reader's progress moves in the same transaction; if another reader was first, nothing is
        written and the answer is False.
        """

        async def work(session: AsyncConnection) -> bool:
            if move is not None and not await moved(session, move):
                return False
            new = await _unknown(session, hits)
            for hit in new:
                await _take(session, hit)
            return True

        return await self._database.write(work)

    async def progress(self, name: str) -> int:
        """How far the record was read under this name."""
        async with self._database.read() as session:
            wanted = select(desk_progress.c.position).where(desk_progress.c.name == name)
            return (await session.execute(wanted)).scalar_one_or_none() or 0

    async def waiting(self, tenant_id: str, *, limit: int, offset: int = 0, snoozed: bool = False) -> list[Case]:
        """Open cases, the most urgent first, then those that are due first. Snoozed ones apart from the others."""
        mine = self._waiting(tenant_id, snoozed=snoozed)
        order = desk_cases.c.urgency, desk_cases.c.due_at, desk_cases.c.case_id
        async with self._database.read() as session:
            rows = (
                await session.execute(_cases().where(*mine).order_by(*order).limit(limit).offset(offset))
            ).all()
            return await _with_rules(session, rows)

    async def count(self, tenant_id: str, *, snoozed: bool = False) -> int:
        """How many cases are waiting."""
        async with self._database.read() as session:
            wanted = select(func.count()).select_from(desk_cases)
            return (await session.execute(wanted.where(*self._waiting(tenant_id, snoozed=snoozed)))).scalar_one()

    def _waiting(self, tenant_id: str, *, snoozed: bool) -> Sequence[ColumnElement[bool]]:
        now, until = self._clock(), desk_cases.c.snoozed_until
        state = until > now if snoozed else or_(until.is_(None), until <= now)
        return desk_cases.c.tenant_id == tenant_id, _open, state

    async def get(self, tenant_id: str, case_id: str) -> Case | None:
        """One case of this tenant."""
        return await self._one(desk_cases.c.tenant_id == tenant_id, desk_cases.c.case_id == case_id)

    async def of_conversation(self, tenant_id: str, conversation_id: str) -> Case | None:
        """The open case of a conversation of this tenant."""
        mine = desk_cases.c.tenant_id == tenant_id, desk_cases.c.conversation_id == conversation_id
        return await self._one(*mine, _open)

    async def _one(self, *conditions: ColumnElement[bool]) -> Case | None:
        async with self._database.read() as session:
            rows = (await session.execute(_cases().where(*conditions))).all()
            return next(iter(await _with_rules(session, rows)), None)

    async def line(self, tenant_id: str, conversation_id: str) -> Line | None:
        """The place of a customer who waits for a person; None if they do not."""
        waits = desk_cases.c.tenant_id == tenant_id, _open, desk_cases.c.wish_at.is_not(None)
        free = ~select(desk_claims.c.conversation_id).where(_talks).exists()
        async with self._database.read() as session:
            mine = desk_cases.c.conversation_id == conversation_id
            since = (await session.execute(select(desk_cases.c.wish_at).where(*waits, mine))).scalar_one_or_none()
            if since is None:
                return None
            before = select(func.count()).select_from(desk_cases)
            ahead = await session.execute(before.where(*waits, free, desk_cases.c.wish_at < since))
            return Line(ahead.scalar_one() + 1)

    async def attended(self, tenant_id: str, conversation_id: str) -> None:
        """A person is there: the customer waits for one no more."""
        this = desk_cases.c.tenant_id == tenant_id, desk_cases.c.conversation_id == conversation_id, _open
        change = update(desk_cases).where(*this, desk_cases.c.wish_at.is_not(None))

        async def work(session: AsyncConnection) -> None:
            await session.execute(change.values(wish_at=None))

        await self._database.write(work)

    async def assign(self, case: Case, to: str | None) -> Case:
        """Give the case to somebody, or back to all. Raises `CaseChanged`."""
        return await self._change(case, assigned_to=to, snoozed_until=None)

    async def snooze(self, case: Case, until: datetime) -> Case:
        """Hide the case until then. Raises `CaseChanged`."""
        return await self._change(case, snoozed_until=until)

    async def close(self, case: Case, by: str, outcome: str) -> Case:
        """End the case; what is found in the conversation later opens another one. Raises `CaseChanged`."""
        return await self._change(
            case, status="closed", closed_at=self._clock(), closed_by=by, outcome=outcome, snoozed_until=None
        )

    async def restore(self, case: Case, changed: Case) -> None:
        """Take a change back whose record could not be written. Raises `CaseChanged`."""
        old = {name: getattr(case, name) for name in ("assigned_to", "snoozed_until", "status", "outcome")}
        await self._change(changed, **old, closed_by=case.closed_by, closed_at=None)

    async def _change(self, case: Case, **values: Any) -> Case:
        async def work(session: AsyncConnection) -> Case:
            this = desk_cases.c.case_id == case.case_id
            as_seen = this, desk_cases.c.tenant_id == case.tenant_id, desk_cases.c.version == case.version
            change = update(desk_cases).where(*as_seen).values(version=case.version + 1, **values)
            if not (await session.execute(change)).rowcount:
                raise CaseChanged("the case has changed")
            rows = (await session.execute(_cases().where(this))).all()
            return (await _with_rules(session, rows))[0]

        return await self._database.write(work)


async def moved(session: AsyncConnection, move: ReadingMove) -> bool:
    """Move a reader's progress in the caller's transaction; False if another reader was first."""
    this = desk_progress.c.name == move.name
    stands = (await session.execute(to_change(select(desk_progress.c.position).where(this)))).scalar_one_or_none()
    if (stands or 0) != move.before:
        return False
    if stands is None:
        # Two readers that begin at once: the key refuses the second, which is run again and finds the first.
        await session.execute(insert(desk_progress).values(name=move.name, position=move.after))
    else:
        await session.execute(update(desk_progress).where(this).values(position=move.after))
    return True


async def _unknown(session: AsyncConnection, hits: Iterable[Hit]) -> list[Hit]:
    """The hits that no case has yet, of tenants that the ledger knows."""
    given = {(hit.event_id, hit.rule): hit for hit in hits}
    ids = sorted({event_id for event_id, _ in given})
    rows = await session.execute(
        select(desk_hits.c.event_id, desk_hits.c.rule).where(desk_hits.c.event_id.in_(ids))
    )
    known = {(row.event_id, row.rule) for row in rows}
    named = sorted({hit.tenant_id for hit in given.values()})
    ours = set(
        (await session.execute(select(tenants.c.tenant_id).where(tenants.c.tenant_id.in_(named)))).scalars()
    )
    return [hit for key, hit in given.items() if key not in known and hit.tenant_id in ours]


async def _take(session: AsyncConnection, hit: Hit) -> None:
    this = desk_cases.c.tenant_id == hit.tenant_id, desk_cases.c.conversation_id == hit.conversation_id, _open
    case = (await session.execute(to_change(select(desk_cases).where(*this)))).one_or_none()
    case_id = new_id("case") if case is None else case.case_id
    if case is None:
        await session.execute(insert(desk_cases).values(case_id=case_id, **_first(hit)))
    else:
        await session.execute(update(desk_cases).where(desk_cases.c.case_id == case_id).values(**_more(case, hit)))
    await session.execute(
        insert(desk_hits).values(event_id=hit.event_id, rule=hit.rule, case_id=case_id, at=hit.at)
    )


def _first(hit: Hit) -> Mapping[str, Any]:
    return {
        "tenant_id": hit.tenant_id,
        "conversation_id": hit.conversation_id,
        "user_id": hit.user_id,
        "customer_id": hit.customer_id,
        "rule": hit.rule,
        "urgency": hit.urgency,
        "status": "open",
        "opened_at": hit.at,
        "due_at": hit.due_at,
        "wish_at": hit.at if hit.wish else None,
        "version": 1,
    }


def _more(case: Row[Any], hit: Hit) -> Mapping[str, Any]:
    """What a further hit changes. It wakes a snoozed case: what was put off was something else."""
    values: dict[str, Any] = {
        "version": case.version + 1,
        "due_at": min(case.due_at, hit.due_at),
        "snoozed_until": None,
        "user_id": case.user_id or hit.user_id,
        "customer_id": case.customer_id or hit.customer_id,
    }
    if hit.urgency < case.urgency:
        values |= {"urgency": hit.urgency, "rule": hit.rule}
    if hit.wish and case.wish_at is None:
        values["wish_at"] = hit.at
    return values


def _cases() -> Select[Any]:
    talks = desk_cases.outerjoin(desk_claims, _talks)
    return select(desk_cases, desk_claims.c.held_by).select_from(talks)


async def _with_rules(session: AsyncConnection, rows: Collection[Row[Any]]) -> list[Case]:
    ids = [row.case_id for row in rows]
    wanted = select(desk_hits.c.case_id, desk_hits.c.rule).where(desk_hits.c.case_id.in_(ids))
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for hit in await session.execute(wanted.order_by(desk_hits.c.at, desk_hits.c.rule)):
        found[hit.case_id][hit.rule] = None
    return [_case(row, tuple({row.rule: None} | found[row.case_id])) for row in rows]


def _case(row: Row[Any], rules: tuple[str, ...]) -> Case:
    names = [name for name in Case.__dataclass_fields__ if name != "rules"]
    return Case(rules=rules, **{name: getattr(row, name) for name in names})
