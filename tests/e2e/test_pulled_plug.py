"""The app is killed between approval and outcome: afterwards the ledger is asked, once, and the customer told."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer

ROOT = Path(__file__).resolve().parents[2]


async def test_a_killed_app_tells_the_customer_what_became_of_the_transfer(page: Page, tmp_path: Path) -> None:
    crashing = {"PYTHONPATH": str(ROOT)}
    with running_app(tmp_path, crashing, argv=(sys.executable, "-m", "tests.e2e.crashing_app")) as app:
        customer = Customer(page, app.url)
        await customer.sign_in()
        await customer.say("transfer 50 dollars to City Power")
        await expect(customer.button("Pay")).to_be_visible()
        await customer.button("Pay").click()
        assert await asyncio.to_thread(lambda: app.process.wait(seconds=30.0)) == -9
    with running_app(tmp_path) as app:
        # The login session has survived in Redis, and cookies know no ports: nobody has to sign in again.
        await page.goto(app.url)
        await expect(page.get_by_text("About the transfer that was interrupted").first).to_be_visible()
        await page.screenshot(path=tmp_path / "told.png")
        await asyncio.to_thread(check_one_effect, app)
    with running_app(tmp_path) as app:
        await asyncio.to_thread(check_one_effect, app)


def check_one_effect(app: RunningApp) -> None:
    """The money moved once, the intent was resolved once, and the record holds."""
    assert app.balance("acc_1") == "2450.00"
    assert app.command("audit", "open") == ""
    resolved = [event for event in app.events() if event["event_type"] == "outcome_resolved"]
    assert [event["result"] for event in resolved] == ["success"]
    assert "holds" in app.command("audit", "verify")
