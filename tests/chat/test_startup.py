"""What stops the app from starting: one sentence, exit code 1; and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from pathlib import Path

import pytest

from tests.chat.client import CHECKOUT, browser_of, serving
from tests.chat.doubles import GREETING
from tests.support.environment import without_configuration
from tests.support.ports import free_port
from tests.support.processes import ManagedProcess
from ultracore.chat.startup import auth_secret, check_encryption, check_python, claim_data_directory
from ultracore.errors import OperatorError


def attempt(folder: Path, port: int, data: Path, **settings: str) -> tuple[int, str]:
    """Exit code and output of a start that fails."""
    env = without_configuration(os.environ) | {
        "ULTRACORE_DATA_DIR": str(data),
        "CHAINLIT_APP_ROOT": str(folder),
        "PYTHONPATH": str(CHECKOUT),
        **settings,
    }
    argv = [sys.executable, "-m", "chainlit", "run", "tests/chat/memory_app.py", "--headless", "--port", str(port)]
    with ManagedProcess(argv, log=folder / "attempt.log", env=env, cwd=CHECKOUT) as process:
        return process.wait(), process.output()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ULTRACORE_ROOT_PATH", "/chat", "sub path /chat"),
        ("CHAINLIT_ROOT_PATH", "/chat", "sub path /chat"),
        ("ULTRACORE_TRUSTED_PROXIES", "nginx", "ULTRACORE_TRUSTED_PROXIES must be networks"),
    ],
)
def test_what_would_not_work_is_refused_with_a_sentence(tmp_path: Path, name: str, value: str, told: str) -> None:
    code, output = attempt(tmp_path, free_port(), tmp_path / "data", **{name: value})
    assert code == 1
    assert told in output
    assert "Traceback" not in output


def test_passwords_do_not_travel_in_clear_in_production() -> None:
    check_encryption("demo", tls=False)
    check_encryption("production", tls=True)
    with pytest.raises(OperatorError, match="certificate"):
        check_encryption("production", tls=False)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        code, output = attempt(tmp_path, port, tmp_path / "data")
    assert code == 1
    assert output.splitlines()[-1].startswith(f"Port {port} on 127.0.0.1 cannot be used")
    assert "Traceback" not in output


def test_a_second_app_on_the_same_data_directory_is_one_sentence(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        (tmp_path / "second").mkdir()
        code, output = attempt(tmp_path / "second", free_port(), server.data)
        assert code == 1
        assert output.splitlines()[-1].startswith("Another UltraCore app is using the data directory")
        assert "Traceback" not in output


def test_a_data_directory_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, output = attempt(tmp_path, free_port(), tmp_path / "file" / "data")
    assert code == 1
    assert "cannot be written" in output.splitlines()[-1] and "ULTRACORE_DATA_DIR" in output.splitlines()[-1]
    assert "Traceback" not in output


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (4, 0)])
def test_an_unfit_python_is_refused(version: tuple[int, int]) -> None:
    with pytest.raises(OperatorError, match=r"please use Python 3\.11, 3\.12 or 3\.13"):
        check_python(version)


def test_the_lock_is_free_again_once_its_holder_is_gone(tmp_path: Path) -> None:
    claim_data_directory(tmp_path).close()
    with claim_data_directory(tmp_path), pytest.raises(OperatorError, match="Another UltraCore app"):
        claim_data_directory(tmp_path)


def test_the_cookies_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "cookie.secret"
    assert auth_secret(file) == auth_secret(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("short")
    with pytest.raises(OperatorError, match="delete it"):
        auth_secret(file)


async def test_a_stop_lets_the_running_turn_end_and_closes_the_app(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server) as browser, browser.page() as page:
            await page.shows(GREETING)
            server.process.signal(signal.SIGTERM)
            await page.closed()
        assert server.process.wait() == 0
        assert (server.data / "closed").exists()


async def test_nothing_is_written_beside_the_app(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server) as browser, browser.page() as page:
            await page.shows(GREETING)
        assert not (tmp_path / "root" / ".files").exists()
        assert (server.data / "chainlit" / "files").is_dir()


async def test_readiness_names_the_part_that_is_missing(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with browser_of(server, None) as browser:
            assert (await browser.http.get("/health")).json() == {"status": "ok"}
            fit = await browser.http.get("/ready")
            assert fit.json() == {"status": "ready", "dependencies": {"ledger": "ok", "redis": "ok"}}
            (server.data / "down").touch()
            unfit = await browser.http.get("/ready")
            assert (unfit.status_code, unfit.json()["dependencies"]["ledger"]) == (503, "ledger.unavailable")
            metrics = await browser.http.get("/metrics")
            assert metrics.headers["content-type"].startswith("text/plain")
            assert "ultracore_chat_turn_seconds_count 0.0" in metrics.text and "python_info" in metrics.text


def test_the_way_of_ultracore_serve_copies_the_look_and_serves(tmp_path: Path) -> None:
    port, data = free_port(), tmp_path / "data"
    program = (
        "from tests.chat.doubles import open_memory_app\n"
        "from ultracore import container\n"
        "container.open_app = open_memory_app\n"
        "from ultracore.chat.launch import serve\n"
        "from ultracore.settings import load_settings\n"
        "serve(load_settings())\n"
    )
    env = without_configuration(os.environ) | {
        "ULTRACORE_DATA_DIR": str(data),
        "PORT": str(port),
        "PYTHONPATH": str(CHECKOUT),
    }
    argv = [sys.executable, "-c", program]
    with ManagedProcess(argv, log=tmp_path / "serve.log", env=env, cwd=tmp_path) as process:
        process.wait_for_http(f"http://127.0.0.1:{port}/ready")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "serve.log"]
        assert (data / "chainlit" / "public" / "anya.css").is_file()
        assert data.stat().st_mode & 0o777 == 0o700
