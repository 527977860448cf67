"""Children of the tests are waited for with a deadline and never outlive the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import ManagedProcess, ProcessFailed, http_status, wait_until

SLEEPER = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"]
PARENT = """
import sys, time
from pathlib import Path
from tests.support.processes import ManagedProcess
child = ManagedProcess([sys.executable, "-c", "import time; time.sleep(600)"], log=Path(sys.argv[1])).start()
print(child.pid, flush=True)
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_a_line_is_waited_for_and_the_child_is_reaped(tmp_path: Path) -> None:
    with ManagedProcess(SLEEPER, log=tmp_path / "log") as child:
        assert child.wait_for_line("^read(y)$", seconds=10).group(1) == "y"
    assert child.returncode == -signal.SIGTERM
    assert not alive(child.pid)


def test_a_child_that_ends_early_fails_the_wait_with_its_output(tmp_path: Path) -> None:
    child = ManagedProcess([sys.executable, "-c", "print('the reason')"], log=tmp_path / "log").start()
    with pytest.raises(ProcessFailed, match="the reason"):
        child.wait_for_line("never written", seconds=10)
    assert child.wait() == 0


def test_a_wait_gives_up_at_its_deadline(tmp_path: Path) -> None:
    with ManagedProcess(SLEEPER, log=tmp_path / "log") as child, pytest.raises(ProcessFailed, match="in vain"):
        child.wait_for_line("never written", seconds=0.1)


def test_an_http_answer_is_waited_for(tmp_path: Path) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with ManagedProcess(argv, log=tmp_path / "log") as server:
        server.wait_for_http(f"http://127.0.0.1:{port}/", seconds=15)
        assert http_status(f"http://127.0.0.1:{port}/missing") == 404
    assert http_status(f"http://127.0.0.1:{port}/") is None


def test_grandchildren_end_with_the_child(tmp_path: Path) -> None:
    script = (
        f"import subprocess; p = subprocess.Popen({SLEEPER!r}); print('grandchild', p.pid, flush=True); p.wait()"
    )
    with ManagedProcess([sys.executable, "-c", script], log=tmp_path / "log") as child:
        grandchild = int(child.wait_for_line(r"grandchild (\d+)", seconds=10).group(1))
    wait_until(lambda: not alive(grandchild), seconds=5, what="the grandchild's end")


def test_a_child_does_not_outlive_a_killed_test_run(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
    wait_until(lambda: not alive(child), seconds=5, what="the child's end")
