"""The widget in a real browser, on the sample page of a bank and on a site that nobody has listed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import FrameLocator, Page, expect

from tests.widget.bank_site import Sites, bank_sites

BALANCE = "What is my balance?"


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    with bank_sites(tmp_path_factory.mktemp("sites")) as opened:
        yield opened


async def sign_in(page: Page, name: str) -> None:
    await page.get_by_label("Sign in as").select_option(label=name)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_text(f"You are signed in as {name}.")).to_be_visible()


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


async def nobody_is_known(window: FrameLocator) -> None:
    """An invitation, and what everybody may know."""
    await expect(window.get_by_role("button", name="Sign in")).to_be_visible()
    await window.get_by_role("button", name="When can I call you?").click()
    await expect(window.get_by_text("To reach a person, call us on 13 00 00 00").first).to_be_visible()


async def the_receipt_is_given_out(page: Page) -> None:
    async with page.expect_download() as file:
        await frame_of(page).get_by_role("link", name="Receipt as PDF").first.click()
    assert (await (await file.value).path()).read_bytes().startswith(b"%PDF-")


async def test_a_conversation_goes_along_and_the_next_person_finds_nothing(page: Page, sites: Sites) -> None:
    await page.goto(sites.bank)
    launcher = page.get_by_role("button", name="Chat with Anya")
    await launcher.press("Enter")
    window = frame_of(page)
    await nobody_is_known(window)
    await page.keyboard.press("Escape")
    await expect(launcher).to_be_focused()

    await sign_in(page, "Alex")
    await page.get_by_role("button", name="Ask Anya about my balance").click()
    composer = window.locator("#chat-input")
    await expect(composer).to_have_value(BALANCE)
    await expect(composer).to_be_focused()
    assert not any("/thread/" in frame.url for frame in page.frames), "it is written, and nothing is sent"
    await composer.press("ControlOrMeta+a")
    await page.keyboard.type("Pay 50 to City Power")
    await page.keyboard.press("Enter")
    pay = window.get_by_role("button", name="Pay", exact=True)
    await expect(pay).to_be_visible()

    # Another page of the bank: open as before, with the card that waits.
    await page.goto(f"{sites.bank}/accounts")
    await expect(pay).to_be_enabled()
    await expect(pay).not_to_have_attribute("aria-disabled", "true")
    await pay.click()
    await expect(window.get_by_text("Receipt").first).to_be_visible()
    await the_receipt_is_given_out(page)
    tab = await page.context.new_page()
    await tab.goto(sites.bank)
    await tab.get_by_role("button", name="Chat with Anya").click()
    await expect(frame_of(tab).get_by_text("Receipt").first).to_be_visible()

    # Signed out at the bank in one tab: both windows have forgotten Alex.
    await page.get_by_role("button", name="Sign out").click()
    for each in (page, tab):
        await expect(frame_of(each).get_by_role("heading", name="Hello, I'm Anya")).to_be_visible()
    await sign_in(page, "Sam")
    await expect(window.get_by_text("Hello Sam").first).to_be_visible()
    assert await window.get_by_text("Receipt").count() == 0


async def test_a_strangers_site_shows_nothing_and_learns_nothing(page: Page, sites: Sites) -> None:
    await page.goto(sites.bank)
    await sign_in(page, "Alex")
    await page.get_by_role("button", name="Chat with Anya").click()
    await expect(frame_of(page).locator("#chat-input")).to_be_visible()
    cookies = [one for one in await page.context.cookies(f"{sites.anya}/widget") if one["name"] == "anya_widget"]
    assert len(cookies) == 1 and cookies[0]["httpOnly"]
    # The host's own page may say what it likes to the frame: nothing is sent in the person's name.
    await page.evaluate(
        """() => {
            const frame = document.querySelector("anya-widget").shadowRoot.querySelector("iframe").contentWindow;
            const forged = [null, 1, "ask", [], {}, {type: "ask", text: "x"}, {anya: 2, type: "ask", text: "x"},
                {anya: 1}, {anya: 1, type: "send", text: "x"}, {anya: 1, type: "ask"},
                {anya: 1, type: "code", code: "a.b.c"}, {anya: 1, type: "approve"}, {anya: 1, type: "__proto__"}];
            for (let round = 0; round < 20; round += 1) forged.forEach((one) => frame.postMessage(one, "*"));
        }"""
    )
    await page.evaluate("window.Anya.ask('Pay 1 to City Power')")
    await expect(frame_of(page).locator("#chat-input")).to_have_value("Pay 1 to City Power")
    assert await frame_of(page).get_by_role("button", name="Pay", exact=True).count() == 0

    # The same line on a site that is not listed: the browser shows no frame of it.
    stranger = await page.context.new_page()
    await stranger.goto(sites.stranger)
    async with stranger.expect_console_message(lambda message: "frame-ancestors" in message.text):
        await stranger.get_by_role("button", name="Chat with Anya").click()
    assert [frame.url for frame in stranger.frames if frame.url.startswith(sites.anya)] == []
