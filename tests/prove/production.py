"""Production as `deploy/production.py` starts it: used, and used again after the loss of each of its parts.

A run is one installation with a broker of its own. The administrator is made with the set-up code, a link for a
teller is followed in a browser, and a question is answered after each part was killed with `kill -9`.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Page, expect

from deploy.production import Ports
from tests.prove.seeds import Failed, each
from tests.support.browser import open_browser
from tests.support.deadlines import PATIENCE
from tests.support.environment import without_configuration
from tests.support.kafka import KafkaBroker
from tests.support.nginx import listens
from tests.support.ports import free_ports
from tests.support.preloaded import ULTRACORE
from tests.support.preloaded import run as run_command
from tests.support.processes import ManagedProcess, wait_until
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, say

CHECKOUT = Path(__file__).parents[2]
PASSWORD = "correct horse battery staple"
PORTS = 8
FULL_RUNS = 3
PARTS = ("replica1", "postgres", "redis", "nginx", "replica2")


@dataclass
class Installation:
    """What was started, and the folder in which it lies."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where nginx takes connections."""
        return f"https://localhost:{self.port}"

    def command(self, *arguments: str) -> str:
        """The output of an operator's command."""
        lines = (self.folder / "secrets" / "environment").read_text().splitlines()
        told = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        done = run_command(
            [str(ULTRACORE), *arguments], env={**without_configuration(os.environ), **told}, seconds=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lose(self, part: str) -> None:
        """Kill a part, and return when another process takes connections in its place."""
        file = self.folder / f"{part}.pid"
        before = file.read_text()
        os.kill(int(before), signal.SIGKILL)
        port = Ports(self.port, 2).all["https" if part == "nginx" else part]

        def is_back() -> bool:
            return file.read_text() not in ("", before) and listens(port)

        wait_until(is_back, seconds=PATIENCE, what=f"{part} to be started again")


def model(request: ScriptedRequest) -> Step:
    """Repeats what the person said last."""
    said = [str(message["content"]) for message in request.messages if message["role"] == "user"][-1]
    return say(f"You said: {said}")


def consecutive_ports() -> int:
    """The first of `PORTS` ports that nobody uses."""
    while True:
        ports = free_ports(PORTS)
        if ports[-1] - ports[0] == PORTS - 1:
            return ports[0]


@contextmanager
def started(folder: Path, log: Path, kafka: str) -> Iterator[Installation]:
    """The installation once it is up."""
    port = consecutive_ports()
    with ScriptedModel() as scripted:
        scripted.answer_with(model)
        env = {
            **without_configuration(os.environ),
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "ULTRACORE_AUDIT_TOPIC": f"production-{port}",
            "OPENAI_BASE_URL": scripted.base_url,
            "ULTRACORE_SUPPORT_PHONE": "13 00 00 00",
            "ULTRACORE_REDIS_CALL_SECONDS": "5",
        }
        argv = [sys.executable, "-m", "deploy.production", str(folder), "--port", str(port)]
        with ManagedProcess(argv, log=log, env=env, cwd=CHECKOUT) as process:
            up = lambda: "Anya is at" in log.read_text()  # noqa: E731
            process.wait_until(up, seconds=4 * PATIENCE, what="production to be up")
            yield Installation(folder, port)


async def set_up(page: Page, installation: Installation) -> None:
    """Make the first administrator, with the code of the replica that has started last."""
    code = (installation.folder / "replica2" / "set-up.code").read_text().strip()
    await page.goto(f"{installation.url}/set-up")
    fields = {"Set-up code": code, "Id of the bank": "bank", "Your login": "ada", "Password": PASSWORD}
    for label, text in {**fields, "Password, again": PASSWORD}.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Make the first administrator").click()
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()


async def set_password(page: Page, link: str) -> None:
    """Follow the link that an operator hands over."""
    await page.goto(link)
    await page.get_by_label("New password", exact=True).fill(PASSWORD)
    await page.get_by_label("New password, again").fill(PASSWORD)
    await page.get_by_role("button", name="Set the password").click()
    await page.get_by_role("link", name="Sign in").click()


async def sign_in(page: Page) -> None:
    await page.fill("#email", "pat")
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await expect(page.locator("#chat-input")).to_be_visible()


async def is_answered(page: Page, text: str) -> None:
    await page.locator("#chat-input").click()
    await page.keyboard.type(text)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"You said: {text}").first).to_be_visible()


async def play(page: Page, installation: Installation) -> None:
    """Set up, sign in, ask; then lose each part and ask again."""
    await set_up(page, installation)
    who = ("pat", "--tenant", "bank", "--role", "teller", "--name", "Pat")
    link = await asyncio.to_thread(installation.command, "users", "add", *who)
    await set_password(page, link.strip())
    await sign_in(page)
    await is_answered(page, "Show my balance please, hello")
    for part in PARTS:
        await asyncio.to_thread(installation.lose, part)
        # A fresh load is what a person would do; sign-ins outlive Redis in its file.
        await page.goto(installation.url)
        await expect(page.locator("#chat-input")).to_be_visible()
        await is_answered(page, f"Show my balance please, after {part}")
    assert "holds" in await asyncio.to_thread(installation.command, "audit", "verify")


async def run(runs: int, seed: int) -> str:
    """The proof."""
    for one in each(runs, seed):
        with TemporaryDirectory(prefix="ultracore-production-") as name, KafkaBroker() as broker:
            folder = Path(name)
            # Servers that root starts as another user have to pass through it.
            await asyncio.to_thread(folder.chmod, 0o711)
            try:
                with started(folder / "anya", folder / "production.log", broker.bootstrap) as installation:
                    async with open_browser() as browser:
                        context = await browser.new_context(ignore_https_errors=True)
                        context.set_default_timeout(PATIENCE * 1000)
                        await play(await context.new_page(), installation)
            except AssertionError as error:
                raise Failed(f"production: {error!r}", one) from error
    return f"{runs} installations set up and used; {', '.join(PARTS)} lost in turn, and used again after each"
