"""A customer asks for a person, and a supervisor talks with them: two browsers, each at a replica of its own."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.e2e.replicas import running_replicas
from tests.support.app import RunningApp
from tests.support.customer import Customer

PATIENCE = 60_000


async def signed_in(browser: Browser, app: RunningApp, user: str) -> Customer:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    person = Customer(await context.new_page(), app.url)
    await person.sign_in(user)
    return person


async def wait_in_the_queue(page: Page, url: str) -> None:
    """The desk is open before the wish; it appears there without a reload."""
    await page.goto(f"{url}/desk/queue")
    await expect(page.get_by_text("Nothing needs a person at the moment.")).to_be_visible(timeout=PATIENCE)


async def test_a_wish_a_take_over_talk_on_both_pages_and_a_hand_back(browser: Browser, tmp_path: Path) -> None:
    with running_replicas(tmp_path) as (first, second):
        customer = await signed_in(browser, first, "customer1")
        desk = (await signed_in(browser, second, "supervisor1")).page
        await wait_in_the_queue(desk, second.url)
        await customer.say("I want to talk to a real person")
        await customer.sees("number 1 in line")
        wish = desk.get_by_role("link", name="Asked for a person")
        await expect(wish).to_be_visible(timeout=PATIENCE)
        await expect(desk).to_have_title("(1) Queue · UltraCore Bank", timeout=PATIENCE)
        await wish.click()
        await desk.get_by_role("button", name="Talk with the customer").click()
        await expect(desk.get_by_role("heading", name="Talking with customer1")).to_be_visible(timeout=PATIENCE)
        await customer.sees("is here now and answers in my place")
        await desk.get_by_label("Your message").fill("Good day, **what** happened? <b>bold</b>")
        await desk.get_by_role("button", name="Send").click()
        await customer.sees("Good day, **what** happened? <b>bold</b>")
        await customer.say("my card was stolen, transfer 50 dollars to City Power")
        await expect(desk.locator("#lines")).to_contain_text("my card was stolen", timeout=PATIENCE)
        await customer.page.screenshot(path=tmp_path / "customer.png")
        await desk.screenshot(path=tmp_path / "talk.png", full_page=True)
        await desk.get_by_role("button", name="Give the conversation back to Anya").click()
        await customer.sees("I am Anya, the bank's assistant")
        await customer.say("What's my balance?")
        await customer.sees("2,500.00")
        assert first.balance("acc_1") == "2500.00"
        types = [event["event_type"] for event in first.events()]
        assert [one for one in types if one.startswith("person_")] == [
            "person_joined",
            "person_message",
            "person_left",
        ]
        between = types[types.index("person_joined") : types.index("person_left")]
        assert "tool_requested" not in between
