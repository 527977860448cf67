"""`ultracore audit erase` and `audit hold`: erasing a customer, confirming, going on; legal holds.

Exit codes: 0 done, 1 refused, 2 something cannot be read, 3 begun and not done: a second person has to confirm,
or a step failed and the command has to be run again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from ultracore.audit import Operator, operator_of
from ultracore.audit.defaults import open_store
from ultracore.audit.erasure import ErasureRow, LegalHolds, Report, expire_evidence
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.privacy import OpenErasure, open_erasure
from ultracore.settings import Settings

REFUSED: Final = 1
# Neither success nor refusal: a script has to come back for it.
NOT_DONE: Final = 3

Work = Callable[[OpenErasure, argparse.Namespace, Operator], Awaitable[int]]


def add_erase_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `audit erase`."""
    parser.add_argument("--customer", metavar="C", help="erase this customer; without it, what was begun goes on")
    parser.add_argument("--tenant", metavar="T", help="the customer's tenant, if several have one of that id")
    parser.add_argument("--reason", default="", help="why; it stays on the record and must not name the customer")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--confirm", metavar="ID", help="confirm another person's request and carry it out")
    which.add_argument("--expired-evidence", action="store_true", help="transaction evidence past its retention")


def add_hold_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `audit hold`."""
    parser.add_argument("--customer", metavar="C", help="whom; without it the holds that stand are listed")
    parser.add_argument("--tenant", metavar="T", help="the customer's tenant, if several have one of that id")
    parser.add_argument("--reason", default="", help="why; it stays on the record and must not name the customer")
    parser.add_argument("--release", action="store_true", help="let the hold go")


def erase(args: argparse.Namespace, settings: Settings) -> int:
    """Erase; without a customer go on with what was begun. Raises `OperatorError` for arguments that clash."""
    if args.customer and (args.confirm or args.expired_evidence):
        raise OperatorError("--customer goes with neither --confirm nor --expired-evidence.")
    # A forgotten --customer must not turn into going on with another person's erasure.
    if not (args.customer or args.confirm or args.expired_evidence) and (args.reason or args.tenant):
        raise OperatorError("Whom? Give --customer, or nothing at all to go on with what was begun.")
    work: Work = _erase_customer
    if args.confirm:
        work = _confirm
    elif args.expired_evidence:
        work = _expire_evidence
    elif not args.customer:
        work = _go_on
    return asyncio.run(_in_the_open(work, args, settings))


def apply_list(settings: Settings) -> None:
    """Before a record is looked at that may have been restored: what was erased is erased again.

    A record that cannot be written is left as it is: then nothing of it is shown.
    """
    # Nothing was ever erased here, so a record that can only be read need not be opened for writing.
    if not settings.erased_list_file.exists():
        return
    try:
        asyncio.run(_open_and_close(settings))
    except AuditUnavailable as exc:
        print(f"The list of erased keys was not applied: {exc}", file=sys.stderr)


def hold(args: argparse.Namespace, settings: Settings) -> int:
    """Place, release or list legal holds. Raises `OperatorError` if a customer is missing."""
    if not args.customer and (args.release or args.reason or args.tenant):
        raise OperatorError("Whom? Give --customer, or nothing at all to list the holds that stand.")
    if args.customer:
        return asyncio.run(_in_the_open(_hold, args, settings))
    return asyncio.run(_list_holds(settings))


async def _in_the_open(work: Work, args: argparse.Namespace, settings: Settings) -> int:
    async with open_erasure(settings) as erasing:
        try:
            return await work(erasing, args, operator_of(settings.sudo_user))
        except OperatorError as refusal:
            # A refusal is this command's answer; any other error is about the set-up and is told by the caller.
            if not refusal.code.startswith(("erasure.", "hold.")):
                raise
            print(refusal.message, file=sys.stderr)
            return REFUSED


async def _erase_customer(erasing: OpenErasure, args: argparse.Namespace, by: Operator) -> int:
    subject = await erasing.subject_of(args.customer, args.tenant)
    reason = await erasing.require_reason(subject, args.reason)
    row = await erasing.erasure.request(subject, reason, by)
    if row.state == "requested":
        _tell_request(row)
        return NOT_DONE
    return _told([await erasing.erasure.carry_out(row.erasure_id, by)])


async def _confirm(erasing: OpenErasure, args: argparse.Namespace, by: Operator) -> int:
    row = await erasing.erasure.confirm(args.confirm, by)
    return _told([await erasing.erasure.carry_out(row.erasure_id, by)])


async def _go_on(erasing: OpenErasure, args: argparse.Namespace, by: Operator) -> int:
    return _told(await erasing.erasure.resume(by))


async def _expire_evidence(erasing: OpenErasure, args: argparse.Namespace, by: Operator) -> int:
    years = erasing.settings.evidence_years
    expired = await expire_evidence(erasing.store, erasing.erasure, years, by, tenant_id=args.tenant)
    for subject in expired.held:
        print(f"{subject.tenant_id}\t{subject.id}\tkept: a legal hold stands")
    return _told(expired.reports)


async def _hold(erasing: OpenErasure, args: argparse.Namespace, by: Operator) -> int:
    subject = await erasing.subject_of(args.customer, args.tenant)
    reason = await erasing.require_reason(subject, args.reason)
    holds = LegalHolds(erasing.store)
    work = partial(holds.release if args.release else holds.place, subject.tenant_id, subject.id, reason, by)
    print(await work(), subject.tenant_id, subject.id, "released" if args.release else "stands", sep="\t")
    return 0


async def _open_and_close(settings: Settings) -> None:
    store = await open_store(settings)
    await store.close()


async def _list_holds(settings: Settings) -> int:
    store = await open_store(settings)
    try:
        for row in await LegalHolds(store).standing():
            print(row.hold_id, row.tenant_id, row.customer_id, f"{row.placed_at:%Y-%m-%d}", row.reason, sep="\t")
    finally:
        await store.close()
    return 0


def _tell_request(row: ErasureRow) -> None:
    print(f"{row.erasure_id}\t{row.subject.tenant_id}\t{row.subject.id}\trequested")
    print(
        f"A second person has to confirm it by {row.expires_at:%Y-%m-%d %H:%M} UTC: "
        f"ultracore audit erase --confirm {row.erasure_id}",
        file=sys.stderr,
    )


def _told(reports: list[Report]) -> int:
    """One line an erasure and one a step; what is left to do goes to standard error."""
    for report in reports:
        row = report.row
        print(f"{row.erasure_id}\t{row.subject.tenant_id}\t{row.subject.id}\t{row.state}")
        for step in report.steps:
            print(f"\t{step.name}\t{step.things if step.done else step.failure}")
    if all(report.done for report in reports):
        return 0
    print("Not everything is done: run ultracore audit erase again.", file=sys.stderr)
    return NOT_DONE
