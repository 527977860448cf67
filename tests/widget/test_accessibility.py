"""Every page with axe-core: it has no serious fault for people with a screen reader, a keyboard or poor sight."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.oidc.desk import file_of
from tests.oidc.provider_server import running_provider
from tests.support.customer import Customer
from tests.support.deadlines import PATIENCE
from tests.widget.axe import serious_findings
from tests.widget.bank_site import Sites, bank_sites
from tests.widget.desk_work import Work, work_in

REASON = "Complaint of the customer about a payment"


async def in_order(page: Page, *paths: str) -> None:
    """Open each path of the page's host, and look at it."""
    for path in paths:
        answer = await page.goto(path)
        # A link that is good no more, and the set-up of a bank that has an administrator, have a page too.
        assert answer is not None and answer.status in (200, 404), path
        assert await serious_findings(page) == [], path


async def newcomer(browser: Browser, anya: str, login: str | None = None) -> Page:
    """A patient page with cookies of its own; if a login is given, signed in without having been drawn."""
    context = await browser.new_context(base_url=anya, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    if login is not None:
        told = await context.request.post("/login", form={"username": login, "password": "demo"})
        assert told.ok
    return await context.new_page()


async def the_last_message_comes_back(page: Page) -> None:
    """By the arrow, into an empty composer; an Enter that only ends a composition sends nothing of it."""
    composer = page.locator("#chat-input")
    await composer.press("ArrowUp")
    await expect(composer).to_have_value("What's my balance?")
    await expect(page.locator("#chat-submit")).to_be_enabled()
    await composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    await expect(composer).to_have_value("What's my balance?")
    await composer.fill("")


async def a_customer_pays(customer: Customer) -> None:
    page = customer.page
    await in_order(page, "/login", "/forgot-password", "/set-up", "/set-password")
    await customer.sign_in()
    await customer.say("What's my balance?")
    await customer.sees("10,000.00")
    await the_last_message_comes_back(page)
    await customer.say("transfer 50 dollars to City Power")
    await expect(page.get_by_role("alertdialog", name="Please check this payment.")).to_be_visible()
    assert await serious_findings(page) == [], "a conversation with a card"
    # A conversation's menu in the list hangs on a place that takes no focus.
    await page.get_by_role("button", name="Options of").first.press("Enter")
    await expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()
    assert await serious_findings(page) == [], "an open menu"
    figures = await page.locator("a.figures-link").first.get_attribute("href")
    await in_order(page, "/my-data", str(figures))


async def pressed(page: Page, button: str, what: str) -> None:
    """Press, and look at the page that it leads to."""
    async with page.expect_navigation():
        await page.get_by_role("button", name=button, exact=True).first.click()
    assert await serious_findings(page) == [], what


async def the_customer_looks_after_the_login(page: Page) -> None:
    """Documents, and the login's own pages; signed in already, at a bank with a provider."""
    await in_order(page, "/documents", "/account")
    await page.locator("[name=password_for_staff]").fill("demo")
    await pressed(page, "Connect", "the way to a provider")
    await page.goto("/account")
    await page.locator("[name=factor_password]").fill("demo")
    await pressed(page, "Set up a second factor", "a new key")


async def the_administrator_adds_a_login(page: Page, newcomer: Page) -> None:
    await in_order(page, "/admin", "/admin/users/customer1", "/account")
    await page.goto("/admin")
    await page.get_by_label("Login", exact=True).fill("teller2")
    await page.locator("[name=role][value=teller]").check()
    await pressed(page, "Add", "the link of a new login")
    await in_order(newcomer, "/second-factor", await page.locator("#link").inner_text())


async def the_supervisors_desk(supervisor: Page, work: Work) -> None:
    await in_order(supervisor, "/desk/alerts", "/desk/judgements", "/desk/reports", f"/desk/queue/{work.case}")
    await pressed(supervisor, "Talk with the customer", "a talk")


async def a_supervisor_looks_back(supervisor: Page) -> None:
    await in_order(supervisor, "/desk/queue", "/desk/searches", "/desk/conversations")
    await supervisor.locator("main table a").first.click()
    await supervisor.get_by_role("textbox", name="Reason").fill(REASON)
    await supervisor.locator("main button").first.click()
    await expect(supervisor.get_by_text("transfer 50 dollars to City Power").first).to_be_visible()
    assert await serious_findings(supervisor) == [], "a replay"


async def the_widget_shows_it(page: Page, sites: Sites) -> None:
    await page.goto(sites.bank)
    assert await serious_findings(page) == [], "the sample page of a bank"
    await page.get_by_role("button", name="Chat with Anya").click()
    window = page.frame_locator("iframe")
    await expect(window.get_by_role("button", name="Sign in")).to_be_visible()
    assert await serious_findings(page.frames[1]) == [], "the frame without a person"
    await page.get_by_label("Sign in as").select_option(label="Alex")
    await page.get_by_role("button", name="Sign in").click()
    await expect(window.locator("#chat-input")).to_be_visible()
    assert await serious_findings(page.frames[1]) == [], "the frame with a conversation"


@pytest.mark.timeout(900)
async def test_axe_finds_nothing_serious_on_any_page(browser: Browser, seeded_data: Path, tmp_path: Path) -> None:
    work = await work_in(seeded_data, tmp_path / "data")
    with running_provider() as provider:
        # With a mail server, which nothing is sent to, there are the pages of letters too.
        settings = {"ULTRACORE_OIDC_FILE": str(file_of(tmp_path, provider)), "SMTP_URL": "smtp://127.0.0.1:9"}
        with bank_sites(tmp_path, settings) as sites:

            async def signed_in(login: str) -> Page:
                return await newcomer(browser, sites.anya, login)

            customer = Customer(await newcomer(browser, sites.anya), sites.anya)
            await a_customer_pays(customer)
            supervisor = await signed_in("supervisor1")
            await a_supervisor_looks_back(supervisor)
            await the_supervisors_desk(supervisor, work)
            incident = f"/desk/incidents/{work.incident}"
            await in_order(await signed_in("lender1"), "/desk/loans", f"/desk/loans/{work.application}")
            await in_order(await signed_in("finance1"), "/desk/finance")
            await in_order(
                await signed_in("security1"), "/desk/incidents", incident, "/desk/requests", "/desk/case"
            )
            await the_administrator_adds_a_login(await signed_in("admin1"), await newcomer(browser, sites.anya))
            await the_widget_shows_it(await newcomer(browser, sites.anya), sites)
            await the_customer_looks_after_the_login(customer.page)
