"""The bank's books: the trial balance of a day, totals over a year, and both as CSV, for finance alone."""

from __future__ import annotations

import csv
import io
import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.workbench.conftest import WorkbenchWorld
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.banking.ledger import TrialBalance
from ultracore.container import core
from ultracore.settings import Settings
from ultracore.wording import money_text

PAGE = "/desk/finance"


async def rows(bench: WorkbenchWorld, books: TrialBalance, who: str = "finance1") -> list[dict[str, str]]:
    """The file as of the same day as `books`, also if a day ends meanwhile."""
    answer = await bench.get(who, f"{PAGE}.csv?day={books.as_of}")
    return list(csv.DictReader(io.StringIO(answer.text)))


async def test_the_page_shows_the_trial_balance_and_its_totals(bench: WorkbenchWorld) -> None:
    books = await bench.bank.trial_balance.at("tenant_1")
    page = (await bench.get("finance1", f"{PAGE}?day={books.as_of}")).text
    (total,) = books.totals
    assert page.count(money_text(total.debits.amount, "AUD")) >= 2
    assert all(line.name.replace("'", "&#39;") in page for line in books.lines)
    assert "The books balance on each of the days below." in page
    assert len(re.findall(r"\?day=\d{4}-\d\d-\d\d\">\d", page)) == 12


async def test_the_file_has_every_line_of_every_day_and_each_day_balances(bench: WorkbenchWorld) -> None:
    books = await bench.bank.trial_balance.at("tenant_1")
    found = await rows(bench, books)
    days = sorted({one["day"] for one in found})
    assert len(days) > 1
    for day in days:
        lines = [one for one in found if one["day"] == day]
        assert sum(Decimal(one["debit"]) - Decimal(one["credit"]) for one in lines) == 0
    assert [one["code"] for one in found if one["day"] == days[-1]] == [line.code for line in books.lines]


async def test_looking_and_taking_the_file_are_on_the_record(bench: WorkbenchWorld) -> None:
    await bench.get("finance1", PAGE)
    await bench.get("finance1", f"{PAGE}.csv")
    (look,), (file,) = await bench.events("read_report"), await bench.events("export")
    for event in (look, file):
        assert (event.user_id, (event.metadata or {})["kind"]) == ("finance1", "trial_balance")
    assert file.event_type == "data_exported"


@pytest.mark.parametrize("day", ["tomorrow", "2999-01-01", "0001-01-01", "2026-02-30", "%00"])
async def test_a_day_that_the_books_do_not_have_is_refused(bench: WorkbenchWorld, day: str) -> None:
    answer = await bench.get("finance1", f"{PAGE}?day={day}")
    assert (answer.status_code, "Please choose a day until today." in answer.text) == (400, True)
    assert await bench.events("read_report") == []


async def test_another_bank_sees_its_own_books(bench: WorkbenchWorld) -> None:
    books = await bench.bank.trial_balance.at("tenant_2")
    ours, theirs = await rows(bench, books), await rows(bench, books, "finance9")
    assert ours != theirs
    today = [one["debit"] for one in theirs if one["day"] == theirs[0]["day"]]
    assert today == [str(one.debit) for one in books.lines]


async def test_finance_without_the_right_in_the_policy_reads_no_books(seeded_data: Path, tmp_path: Path) -> None:
    shutil.copytree(seeded_data, tmp_path / "data")
    policy = tmp_path / "policy.toml"
    withheld = '[roles.finance]\nwithhold_tools = ["get_trial_balance"]'
    without = DEFAULT_POLICY.read_text().replace("[roles.finance]", withheld)
    policy.write_text(without)
    async with core(Settings(data_dir=tmp_path / "data", policy_file=policy)) as opened:
        bench = WorkbenchWorld(opened)
        for path in (PAGE, f"{PAGE}.csv"):
            assert (await bench.get("finance1", path)).status_code == 403
