"""Erasing a customer: the key first, then everything else that quotes them, each step until it is done.

An erasure is a row that goes through `requested`, `confirmed`, `begun`, `destroyed`, `done`; if a crash ends the
process in the middle, carrying it out again goes on from there. The ids of the keys are on the list of
erased keys before the keys are destroyed, so that a crash in between, or a restored database, changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, NoReturn, Protocol
from uuid import uuid4

from ultracore.audit.database import SqlConnection
from ultracore.audit.erasure import rows as rows
from ultracore.audit.erasure.erased_keys import ErasedList
from ultracore.audit.erasure.record import ErasureRecord
from ultracore.audit.erasure.rows import ErasureRow, Step
from ultracore.audit.operator import SYSTEM, Operator
from ultracore.audit.store import AuditStore
from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Subject
from ultracore.errors import OperatorError, UltracoreError

_log = logging.getLogger(__name__)

# A request that was forgotten must not be confirmed weeks later, when its reason may be gone.
REQUEST_HOURS: Final = 24.0
_AGAIN: Final = "again"
_FILES: Final = "files"


class Forgetful(Protocol):
    """Something that holds what was said by or of a subject."""

    async def forget(self, subject: Subject) -> int:
        """Delete it; how many things went. Twice is the same. Raises an `UltracoreError` if it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureParts:
    """The collaborators of an erasure.

    `forgetful` are asked in order, by the names of their steps. `sign_out` ends the subject's sessions.
    """

    store: AuditStore
    erased: ErasedList
    forgetful: Mapping[str, Forgetful]
    sign_out: Callable[[Subject], Awaitable[int]]
    two_persons: bool = False
    request_hours: float = REQUEST_HOURS


@dataclass(frozen=True, slots=True)
class Report:
    """How an erasure stands after it was carried out."""

    row: ErasureRow
    steps: tuple[Step, ...]

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.row.state == "done"


class Erasure:
    """Erases subjects. What is refused raises `OperatorError` with a code `erasure.…`, and is on the record."""

    def __init__(self, parts: ErasureParts) -> None:
        self._parts = parts
        self._store = parts.store
        self._record = ErasureRecord(AuditTrail(store=parts.store))

    async def request(self, subject: Subject, reason: str, by: Operator, *, by_policy: bool = False) -> ErasureRow:
        """Ask for an erasure. One that is under way is given back. Refused while a legal hold stands.

        It is confirmed at once if no second person is wanted, or if it is the policy that asks.
        """
        known = await self._store.run(partial(rows.unfinished_of, subject=subject))
        if known is not None and not _is_late(known):
            return known
        if known is not None:
            await self._store.run(
                partial(rows.move, erasure_id=known.erasure_id, expected="requested", state="expired")
            )
        await self._refuse_held(subject, by)
        row = self._new(subject, reason, by, confirmed=by_policy or not self._parts.two_persons)
        # On the record first, so that no erasure exists whose request is not there.
        await self._record.requested(row, by)
        await self._store.run(partial(rows.insert, row=row))
        return row

    async def confirm(self, erasure_id: str, by: Operator) -> ErasureRow:
        """The second person's yes. Refused for the person who asked, too late, and while a legal hold stands."""
        row = await self._get(erasure_id)
        if row.state != "requested":
            raise OperatorError(
                f"Erasure {erasure_id} does not wait for anybody: it is {row.state}.", code="erasure.state"
            )
        if _is_late(row):
            await self._store.run(partial(rows.move, erasure_id=erasure_id, expected="requested", state="expired"))
            await self._refuse(
                row.subject, by, "erasure.expired", "The request has expired: ask for the erasure again."
            )
        if row.requested_by == by.person:
            sentence = f"{by.person} asked for this erasure: a different person has to confirm it."
            await self._refuse(row.subject, by, "erasure.same_person", sentence)
        await self._refuse_held(row.subject, by)
        await self._record.confirmed(row, by)
        await self._store.run(
            partial(
                rows.move, erasure_id=erasure_id, expected="requested", state="confirmed", confirmed_by=by.person
            )
        )
        return await self._get(erasure_id)

    async def carry_out(self, erasure_id: str, by: Operator = SYSTEM) -> Report:
        """Do what is left of a confirmed erasure. A step that fails is noted, and the others go on."""
        row = await self._get(erasure_id)
        if row.state == "confirmed":
            row = await self._begin(row, by)
        if row.state == "begun":
            await self._sign_out(row)
            row = await self._destroy(row, by)
        if row.state == "destroyed":
            row = await self._forget_all(row, by)
        steps = await self._store.run(partial(rows.steps_of, erasure_id=erasure_id))
        return Report(row, tuple(steps.values()))

    async def resume(self, by: Operator = SYSTEM) -> list[Report]:
        """Go on with every erasure that was confirmed and is not done. One that is held stays as it is."""
        return [await self._resumed(row, by) for row in await self._store.run(rows.unfinished)]

    async def _resumed(self, row: ErasureRow, by: Operator) -> Report:
        try:
            return await self.carry_out(row.erasure_id, by)
        # A hold that came after the confirmation stops this erasure, not those behind it.
        except OperatorError as refusal:
            if refusal.code != "erasure.held":
                raise
            return Report(row, (Step("key", 0, False, refusal.code),))

    def _new(self, subject: Subject, reason: str, by: Operator, *, confirmed: bool) -> ErasureRow:
        now = datetime.now(UTC)
        return ErasureRow(
            erasure_id=f"era_{uuid4().hex[:12]}",
            subject=subject,
            reason=reason,
            state="confirmed" if confirmed else "requested",
            key_ids=(),
            requested_by=by.person,
            requested_at=now,
            expires_at=now + timedelta(hours=self._parts.request_hours),
        )

    async def _get(self, erasure_id: str) -> ErasureRow:
        row = await self._store.run(partial(rows.get, erasure_id=erasure_id))
        if row is None:
            raise OperatorError(f"There is no erasure {erasure_id}.", code="erasure.unknown")
        return row

    async def _begin(self, row: ErasureRow, by: Operator) -> ErasureRow:
        """From here on a legal hold comes too late: it is looked for in the transaction that begins."""
        if not await self._store.run(partial(_begin, row=row)):
            await self._refuse_held(row.subject, by)
        return await self._get(row.erasure_id)

    async def _sign_out(self, row: ErasureRow) -> None:
        """Before the key, so that their sessions write nothing more; if that fails the key goes all the same."""
        try:
            await self._parts.sign_out(row.subject)
        except UltracoreError as exc:
            _log.warning("the customer was not signed out before erasure %s: %s", row.erasure_id, exc.code)

    async def _destroy(self, row: ErasureRow, by: Operator) -> ErasureRow:
        # The list first: a key that a crash left destroyed but unlisted would come back with last night's backup.
        await asyncio.to_thread(self._parts.erased.add, row.erasure_id, row.key_ids)
        await self._store.run(partial(_destroy, row=row))
        await self._record.destroyed(row, by)
        return await self._get(row.erasure_id)

    async def _forget_all(self, row: ErasureRow, by: Operator) -> ErasureRow:
        await self._step(row, _FILES, self._scrub)
        for name, part in self._parts.forgetful.items():
            await self._step(row, name, partial(part.forget, row.subject))
        steps = await self._store.run(partial(rows.steps_of, erasure_id=row.erasure_id))
        if all(step.done for step in steps.values()):
            await self._step(row, _AGAIN, partial(self._again, row))
            steps = await self._store.run(partial(rows.steps_of, erasure_id=row.erasure_id))
        if all(step.done for step in steps.values()):
            row = await self._get(row.erasure_id)
            await self._record.done(row, by, {step.name: step.things for step in steps.values()})
            await self._store.run(
                partial(rows.move, erasure_id=row.erasure_id, expected="destroyed", state="done")
            )
        return await self._get(row.erasure_id)

    async def _step(self, row: ErasureRow, name: str, work: Callable[[], Awaitable[int]]) -> None:
        steps = await self._store.run(partial(rows.steps_of, erasure_id=row.erasure_id))
        # A step that is done is not repeated: the little that a second run finds would overwrite its count.
        if name in steps and steps[name].done:
            return
        try:
            await self._note(row, name, await work(), None)
        except UltracoreError as exc:
            await self._note(row, name, 0, exc.code)

    async def _note(self, row: ErasureRow, name: str, things: int, failure: str | None) -> None:
        await self._store.run(
            partial(rows.note_step, erasure_id=row.erasure_id, name=name, things=things, failure=failure)
        )

    async def _scrub(self) -> int:
        await self._store.scrub()
        return 0

    async def _again(self, row: ErasureRow) -> int:
        """A turn that ran while the key went made a new one for what it had still to say: that goes too."""
        late = await self._store.run(partial(rows.live_keys, subject=row.subject))
        if not late:
            return 0
        await asyncio.to_thread(self._parts.erased.add, row.erasure_id, late)
        await self._store.run(partial(_destroy_late, row=row, key_ids=late))
        await self._store.scrub()
        for part in self._parts.forgetful.values():
            await part.forget(row.subject)
        return len(late)

    async def _refuse_held(self, subject: Subject, by: Operator) -> None:
        hold = await self._store.run(
            partial(rows.standing_hold, tenant_id=subject.tenant_id, customer_id=subject.customer_id)
        )
        if hold is not None:
            sentence = (
                f"A legal hold stands on {hold.customer_id} since {hold.placed_at:%Y-%m-%d}: nothing is erased. "
                "Release it first (ultracore audit hold --release)."
            )
            await self._refuse(subject, by, "erasure.held", sentence)

    async def _refuse(self, subject: Subject, by: Operator, code: str, sentence: str) -> NoReturn:
        await self._record.refused(subject, by, "erase", code)
        raise OperatorError(sentence, code=code)


def _is_late(row: ErasureRow) -> bool:
    return row.state == "requested" and datetime.now(UTC) >= row.expires_at


def _begin(db: SqlConnection, row: ErasureRow) -> bool:
    if rows.standing_hold(db, row.subject.tenant_id, row.subject.customer_id) is not None:
        return False
    keys = json.dumps(rows.live_keys(db, row.subject))
    return rows.move(db, row.erasure_id, "confirmed", "begun", key_ids=keys)


def _destroy(db: SqlConnection, row: ErasureRow) -> None:
    rows.destroy_keys(db, row.key_ids)
    rows.move(db, row.erasure_id, "begun", "destroyed")


def _destroy_late(db: SqlConnection, row: ErasureRow, key_ids: tuple[str, ...]) -> None:
    rows.destroy_keys(db, key_ids)
    rows.move(db, row.erasure_id, "destroyed", "destroyed", key_ids=json.dumps([*row.key_ids, *key_ids]))
