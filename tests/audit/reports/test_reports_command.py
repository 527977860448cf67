"""`ultracore audit report …` as a person at a terminal meets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.defaults import open_store
from ultracore.cli.main import main
from ultracore.settings import Settings, export_to_environment

Run = Callable[..., tuple[int, str, str]]
PERIOD = ("--start", "2020-01-01", "--end", "2999-01-01")
TENANT = ("--tenant", "tenant_1")


@pytest.fixture
def run(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["audit", "report", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
async def filled(settings: Settings) -> None:
    store = await open_store(settings)
    trail = AuditTrail(store=store)
    await trail.log_transaction("tenant_1", "user_1", "deposit", "txn_1", "10.50", "acc_1")
    await trail.log_access_control("tenant_1", "<b>user</b>", "account", "acc_1", "read", granted=True)
    await trail.log_fraud_detection("tenant_1", "user_1", "txn_1", 0.9, "block", [])
    await trail.log_compliance_check("tenant_1", "kyc", True)
    await trail.log_compliance_check("tenant_1", "aml", False, details={"missing": "address"})
    await store.close()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("access", "access_control"),
        ("transactions", "transactions"),
        ("security", "security"),
        ("compliance", "compliance"),
    ],
)
@pytest.mark.usefixtures("filled")
def test_each_report_is_printed_as_json(run: Run, kind: str, name: str) -> None:
    code, out, _ = run(kind, *TENANT, *PERIOD)
    report = json.loads(out)
    assert (code, report["report_type"], report["tenant_id"]) == (0, name, "tenant_1")
    # The day began in Sydney, the bank's time zone, while it was still the day before in UTC.
    assert (report["period"]["start"], report["time_zone"]) == ("2019-12-31T13:00:00.000000Z", "Australia/Sydney")
    assert sum(report["by_day"].values()) > 0


@pytest.mark.usefixtures("filled")
def test_money_is_printed_as_a_string(run: Run) -> None:
    assert json.loads(run("transactions", *TENANT, *PERIOD)[1])["summary"]["total_amount"] == "10.50"


@pytest.mark.usefixtures("filled")
def test_a_misspelt_type_is_refused_with_the_types_that_there_are(run: Run) -> None:
    code, _, errors = run("compliance", *TENANT, *PERIOD, "--type", "kcy")
    assert code != 0
    assert "there are all, aml, kyc" in errors


@pytest.mark.usefixtures("filled")
def test_one_type_of_compliance_checks(run: Run) -> None:
    report = json.loads(run("compliance", *TENANT, *PERIOD, "--type", "aml")[1])
    assert report["checks"] == {"total": 1, "passed": 0, "failed": 1}
    assert run("access", *TENANT, *PERIOD, "--type", "aml")[0] == 2


@pytest.mark.usefixtures("filled")
def test_a_page_has_a_table_needs_nothing_else_and_escapes_names(run: Run) -> None:
    code, out, _ = run("access", *TENANT, *PERIOD, "--format", "html")
    assert code == 0
    assert "<table" in out
    assert "&lt;b&gt;user" in out or "digest_" in out
    assert "<b>user" not in out
    assert "http" not in out


@pytest.mark.usefixtures("filled")
async def test_that_a_report_was_made_is_on_the_record(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["audit", "report", "access", *TENANT, *PERIOD, "--reason", "the yearly review"]
    assert await asyncio.to_thread(main, arguments) == 0
    store = await open_store(settings)
    [made] = await AuditTrail(store=store).get_recent_events("tenant_1", limit=1)
    await store.close()
    assert (made.event_type, made.resource_id) == (AuditEventType.DATA_EXPORTED, "access")
    assert made.metadata is not None
    assert made.metadata["stated_reason"] == "the yearly review"


@pytest.mark.usefixtures("filled")
def test_what_is_not_recorded_is_not_printed(run: Run, settings: Settings) -> None:
    settings.wrapping_key_file.write_text("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
    code, out, err = run("access", *TENANT, *PERIOD)
    assert (code, out) == (2, "")
    assert "master key" in err


@pytest.mark.usefixtures("filled")
def test_an_end_before_the_start_and_an_unknown_tenant_are_said(run: Run) -> None:
    code, out, err = run("access", *TENANT, "--start", "2026-02-01", "--end", "2026-01-01")
    assert (code, out, err.strip()) == (2, "", "The end is before the start.")
    code, out, err = run("access", "--tenant", "tenant_9", *PERIOD)
    assert (code, out) == (2, "")
    assert "tenant_9" in err


def test_without_a_record_nothing_is_made(run: Run, data_dir: Path) -> None:
    assert run("access", *TENANT, *PERIOD)[0] == 2
    assert not (data_dir / "audit.db").exists()


def period(run: Run, start: str, end: str) -> list[str]:
    code, out, _ = run("access", *TENANT, "--start", start, "--end", end)
    assert code == 0
    told = json.loads(out)["period"]
    return [told["start"], told["end"]]


@pytest.mark.usefixtures("filled")
def test_a_day_of_daylight_saving_has_its_own_length(run: Run) -> None:
    # Clocks go forward on 4 October 2026 and back on 5 April 2026.
    short, long = period(run, "2026-10-04", "2026-10-05"), period(run, "2026-04-05", "2026-04-06")
    assert short == ["2026-10-03T14:00:00.000000Z", "2026-10-04T13:00:00.000000Z"]
    assert long == ["2026-04-04T13:00:00.000000Z", "2026-04-05T14:00:00.000000Z"]


@pytest.mark.usefixtures("filled")
def test_the_time_zone_of_the_bank_is_a_setting_and_stands_on_the_page(run: Run) -> None:
    export_to_environment("ULTRACORE_TIME_ZONE", "America/New_York")
    assert period(run, "2026-07-01", "2026-07-02")[0] == "2026-07-01T04:00:00.000000Z"
    _, page, _ = run("access", *TENANT, *PERIOD, "--format", "html")
    assert '<th scope="row">time_zone</th><td>America/New_York</td>' in page


@pytest.mark.usefixtures("filled")
def test_a_time_with_its_offset_is_taken_as_it_is(run: Run) -> None:
    start, end = "2026-07-01T09:00:00+02:00", "2026-07-01T09:00:00Z"
    assert period(run, start, end) == ["2026-07-01T07:00:00.000000Z", "2026-07-01T09:00:00.000000Z"]


@pytest.mark.usefixtures("filled")
def test_a_report_that_was_made_is_one_for_a_regulator(
    run: Run, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    run("security", *TENANT, *PERIOD)
    capsys.readouterr()
    assert main(["audit", "export", "--all", "--tenant", "tenant_1", "--reason", "a test"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [made] = [event for event in events if event["event_type"] == AuditEventType.REGULATORY_REPORT]
    assert (made["resource_id"], made["metadata"]["kind"]) == ("security", "security")
