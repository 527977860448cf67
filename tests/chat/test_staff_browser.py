"""A teller, a supervisor with `/replay` and `/requests`, a customer, over the whole app in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, expect

from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer

REASON = "Complaint of the customer about a payment"


async def signed_in(browser: Browser, app: RunningApp, user: str) -> Customer:
    """Somebody with cookies of their own."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    person = Customer(await context.new_page(), app.url)
    await person.sign_in(user)
    return person


async def test_a_teller_proposes_and_a_supervisor_replays_and_decides(browser: Browser, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        teller = await signed_in(browser, app, "teller1")
        await teller.sees("This is the teller's desk")
        await teller.say("What's the balance of cust_1?")
        await teller.sees("You are working for Alex Morgan (cust_1).")
        await teller.sees("2,500.00")
        await teller.page.screenshot(path=tmp_path / "teller.png")
        await teller.say("transfer 50 dollars to City Power")
        await teller.button("Confirm").click()
        await expect(teller.button("Confirm")).to_have_count(0)
        await teller.page.screenshot(path=tmp_path / "teller_asks.png")
        supervisor = await signed_in(browser, app, "supervisor1")
        await supervisor.page.screenshot(path=tmp_path / "supervisor.png")
        await supervisor.say("/replay")
        await supervisor.button("teller1", exact=False).first.click()
        await supervisor.sees("Why do you need to see it?")
        await supervisor.page.screenshot(path=tmp_path / "reason.png")
        await supervisor.say(REASON)
        await supervisor.sees("That was conversation")
        await supervisor.sees("What's the balance of cust_1?")
        await supervisor.page.screenshot(path=tmp_path / "replay.png")
        await supervisor.say("/requests")
        await supervisor.button("Approve").click()
        await supervisor.sees("Receipt")
        await supervisor.page.screenshot(path=tmp_path / "decided.png")
        assert app.balance("acc_1") == "2450.00"
