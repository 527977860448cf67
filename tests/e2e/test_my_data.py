"""A customer in a real browser: who looked at my data, and the copy of all of it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.app import running_app
from tests.support.customer import Customer


async def test_a_customer_sees_who_looked_and_opens_the_copy(page: Page, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        customer = Customer(page, app.url)
        await customer.sign_in()
        await customer.say("What's my balance?")
        await customer.sees("2,500.00")
        app.command("audit", "replay", app.conversation(), "--reason", "complaint 4711")
        await customer.say("who looked at my data?")
        await customer.sees("complaint 4711")
        await customer.say("I want to download my data")
        link = page.get_by_role("link", name="Open the page")
        await expect(link).to_have_attribute("href", "/my-data")
        await page.screenshot(path=tmp_path / "asked.png")
        await page.goto(f"{app.url}/my-data")
        await expect(page.get_by_role("heading", name="My data")).to_be_visible()
        await expect(page.get_by_role("cell", name="complaint 4711")).to_be_visible()
        await page.screenshot(path=tmp_path / "my-data.png", full_page=True)
        answer = await page.request.get(f"{app.url}/my-data.json")
        copy = json.loads(await answer.body())
        assert copy["customer_id"] == "cust_1"
        assert "attachment" in answer.headers["content-disposition"]


async def test_the_copy_wants_a_signed_in_person(page: Page, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        await page.goto(f"{app.url}/my-data")
        await expect(page.get_by_label("User name")).to_be_visible()
        assert (await page.request.get(f"{app.url}/my-data.json")).status == 401
        await Customer(page, app.url).sign_in("teller1")
        refused = await page.request.get(f"{app.url}/my-data.json")
        assert (refused.status, "for customers" in (await refused.json())["detail"]) == (400, True)
