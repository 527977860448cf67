"""The processes of a run share files and services; nothing of it outlives the run's first process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.ports import free_ports
from tests.support.postgres import PostgresAddress, binaries
from tests.support.processes import wait_until
from tests.support.shared_run import ROOT, ServiceUnavailable, SharedRun

KILLED = """
import os, signal
from tests.support.shared_run import SharedRun
run = SharedRun.begin()
print(run.folder, run.service("postgres"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def run() -> Iterator[SharedRun]:
    begun = SharedRun.begin()
    yield begun
    begun.end()


def answers(port: int) -> bool:
    command = [str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, check=False).returncode == 0


def test_what_is_made_once_is_made_by_the_first_who_asks(run: SharedRun) -> None:
    made: list[Path] = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("x")

    with ThreadPoolExecutor(8) as pool:
        paths = {pool.submit(SharedRun(run.folder).once, "thing", make).result() for _ in range(8)}
    assert len(made) == 1
    assert [path.read_text() for path in paths] == ["x"]


def test_what_could_not_be_made_is_made_by_the_next(run: SharedRun) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise ValueError

    with pytest.raises(ValueError):
        run.once("thing", fail)
    assert run.once("thing", lambda path: path.write_text("whole")).read_text() == "whole"


def test_workers_get_one_server_which_ends_with_the_run() -> None:
    run = SharedRun.begin()
    port = int(run.service("postgres"))
    assert SharedRun(run.folder).service("postgres") == str(port)
    assert PostgresAddress(port).execute("SELECT 1") == [(1,)]
    run.end()
    assert not answers(port)
    assert not run.folder.exists()


def test_a_killed_run_leaves_no_server() -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, text=True, check=False)
    folder, port = done.stdout.split()
    wait_until(lambda: not answers(int(port)), seconds=30, what="the end of the server")
    wait_until(lambda: not Path(folder).exists(), seconds=30, what="the end of the folder")


def test_a_service_that_this_machine_cannot_run_says_what_is_missing(
    run: SharedRun, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceUnavailable, match="java"):
        run.service("kafka")


def test_a_port_is_not_given_twice() -> None:
    given = [*free_ports(3), *free_ports(3)]
    assert len(set(given)) == 6
