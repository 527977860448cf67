"""`ultracore audit report`: one of the four reports over a tenant's record, as JSON or as a page."""

from __future__ import annotations

import argparse
import asyncio
import html
import json
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any, Final

from ultracore.audit import AuditTrail, Origin, operator_of
from ultracore.audit.defaults import open_reader, open_store
from ultracore.audit.reports import ComplianceReporter
from ultracore.audit.vocabulary import OnCommandLine, RegulatoryReport, ReportMade
from ultracore.cli.audit.times import moment
from ultracore.errors import InvalidInput, OperatorError
from ultracore.settings import Settings

# Known to every bank: a report on one that was never logged is empty rather than refused.
USUAL_TYPES: Final = ("aml", "kyc")
KINDS: Final = ("access", "transactions", "security", "compliance")

_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}
</style></head><body><h1>$title</h1><table>
<thead><tr><th scope="col">What</th><th scope="col">Value</th></tr></thead>
<tbody>
$rows
</tbody></table></body></html>
""")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit report`."""
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--tenant", required=True, metavar="T")
    parser.add_argument(
        "--start",
        required=True,
        type=moment,
        metavar="ISO",
        help="from this time on; a date is a day of the bank's time zone",
    )
    parser.add_argument("--end", required=True, type=moment, metavar="ISO", help="up to before this time")
    parser.add_argument(
        "--type",
        default="all",
        metavar="TYPE",
        help="only compliance checks logged under this type, such as kyc",
    )
    parser.add_argument("--format", choices=("json", "html"), default="json")
    parser.add_argument("--reason", default="", help="why; it goes on the record")


def report(args: argparse.Namespace, settings: Settings) -> int:
    """Print a report; that it was made is on the record before. Raises `OperatorError`, `AuditUnavailable`."""
    if args.type != "all" and args.kind != "compliance":
        raise OperatorError("--type belongs to the compliance report.")
    with open_reader(settings) as reader:
        reader.require_tenant(args.tenant)
    made = asyncio.run(_made(args, settings))
    # `default=str`, because sums are `Decimal`, which JSON would only take as a float.
    print(page(made) if args.format == "html" else json.dumps(made, indent=2, default=str, ensure_ascii=False))
    return 0


async def _made(args: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    store = await open_store(settings)
    try:
        trail = AuditTrail(store=store)
        # Made first, because a report that fails was never seen; it is on the record before it is printed.
        made = await _generated(ComplianceReporter(trail), args)
        by = OnCommandLine(operator_of(settings.sudo_user).person, args.reason)
        digest = store.digest(json.loads(json.dumps(made, default=str)))
        report = RegulatoryReport(kind=made["report_type"], period=made["period"], digest=digest)
        await trail.write(report, Origin(args.tenant))
        await trail.write(ReportMade(by=by, kind=args.kind, period=made["period"]), Origin(args.tenant))
    finally:
        await store.close()
    return made


async def _generated(reporter: ComplianceReporter, args: argparse.Namespace) -> dict[str, Any]:
    asked = (args.tenant, args.start, args.end)
    try:
        match args.kind:
            case "access":
                return await reporter.generate_access_report(*asked)
            case "transactions":
                return await reporter.generate_transaction_report(*asked)
            case "security":
                return await reporter.generate_security_report(*asked)
            case _:
                await _require_type(reporter, args.tenant, args.type)
                return await reporter.generate_compliance_report(*asked, compliance_type=args.type)
    except InvalidInput as exc:
        raise OperatorError(exc.sentence) from exc


async def _require_type(reporter: ComplianceReporter, tenant_id: str, wanted: str) -> None:
    """Refuse a type that no check was ever logged under: a report of zeros for a slip would pass for good news."""
    known = sorted({*USUAL_TYPES, *await reporter.compliance_types(tenant_id)})
    if wanted != "all" and wanted not in known:
        raise OperatorError(f"There is no compliance type {wanted!r}; there are all, {', '.join(known)}.")


def page(made: Mapping[str, Any]) -> str:
    """A report as a page that needs nothing else: a table with a row for each figure."""
    rows = "\n".join(
        f'<tr><th scope="row">{html.escape(name)}</th><td>{html.escape(value)}</td></tr>'
        for name, value in _rows(made)
    )
    title = f"Report {made['report_type']} of {made['tenant_id']}"
    return _PAGE.substitute(title=html.escape(title), rows=rows)


def _rows(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """A row for each figure; what is empty says so."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _rows(item, f"{name} · {key}" if name else str(key))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value, 1):
            yield from _rows(item, f"{name} {place}")
    else:
        yield name, "none" if value in ({}, [], None) else str(value)
