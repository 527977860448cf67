"""A conversation after a restart of the whole app, in a real browser, with a real Redis below it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer


async def talk(customer: Customer, shots: Path) -> str:
    """Ask for the balances, then leave a payment undecided; the conversation's address."""
    await customer.sign_in()
    await customer.say("What's my balance?")
    await expect(customer.page.get_by_role("cell", name="AUD 10,000.00").first).to_be_visible()
    await customer.say("transfer 50 dollars to City Power")
    await expect(customer.button("Pay")).to_be_visible()
    await expect(customer.page.locator("#thread-history").get_by_text("50.00 to City Power")).to_be_visible()
    await customer.page.screenshot(path=shots / "before.png")
    return customer.page.url


def restart(app: RunningApp) -> None:
    app.process.stop()
    app.process.start()
    app.wait_until_ready()


async def find_again(customer: Customer, address: str, shots: Path) -> None:
    """Open it from the list, on a page of its own; approve what was left; go on."""
    page = customer.page
    await page.goto(address.partition("/thread/")[0])
    await page.locator("#thread-history").get_by_text("50.00 to City Power").click()
    await expect(page).to_have_url(address)
    await customer.sees("What's my balance?")
    await expect(page.get_by_role("cell", name="AUD 10,000.00").first).to_be_visible()
    await expect(customer.button("Pay")).to_have_count(1)
    await page.screenshot(path=shots / "after.png")
    await customer.button("Pay").click()
    await customer.sees("Receipt")
    await page.screenshot(path=shots / "approved.png")


async def take_it_off_the_list(page: Page) -> None:
    """By the menu, as a person does it; the dialogue says what stays."""
    await page.locator("#thread-history li").first.hover()
    await page.locator("#thread-options").first.click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.get_by_text("own record of the conversation stays")).to_be_visible()
    await page.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("No earlier conversations yet.")).to_be_visible()


async def say_that_it_is_gone(old: Page, address: str) -> None:
    # A page of its own: the old one goes to its first page by itself. This one may send itself on while it loads.
    page = await old.context.new_page()
    await page.goto(address, wait_until="commit")
    await expect(page.get_by_role("status").get_by_text("could not be opened")).to_be_visible()
    await expect(page.get_by_text("this conversation is recorded").first).to_be_visible()


def check_the_record(app: RunningApp) -> None:
    """It has the whole conversation, of which the person's list has nothing any more."""
    kinds = [event["event_type"] for event in app.events()]
    assert kinds.count("user_message") == 2 and "approval_given" in kinds
    assert kinds.count("session_started") == 1


async def test_a_conversation_with_an_open_payment_is_found_again_after_a_restart(
    page: Page, tmp_path: Path
) -> None:
    await page.set_viewport_size({"width": 1280, "height": 900})
    with running_app(tmp_path) as app:
        customer = Customer(page, app.url)
        address = await talk(customer, tmp_path)
        await asyncio.to_thread(restart, app)
        await find_again(customer, address, tmp_path)
        await take_it_off_the_list(page)
        await say_that_it_is_gone(page, address)
        assert await asyncio.to_thread(app.balance, "acc_1") == "2450.00"
        await asyncio.to_thread(check_the_record, app)
        await page.screenshot(path=tmp_path / "gone.png")
