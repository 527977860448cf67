"""The page in a real browser: by keyboard, for a screen reader, and without another host."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.chat.client import PASSWORD, Server
from tests.chat.doubles import CARD_LINES, NOTICE, STARTERS
from tests.support.customer import Customer

QUESTION_AT_TOP = """() => {
  const question = [...document.querySelectorAll("[data-step-type=user_message]")].pop();
  const view = question?.closest(".overflow-y-auto");
  return view && Math.abs(question.getBoundingClientRect().top - view.getBoundingClientRect().top - 16) <= 2;
}"""


@pytest.fixture
async def chat_page(page: Page, chat_server: Server) -> Page:
    """A page that `customer1` has signed into, by keyboard alone."""
    await page.goto(chat_server.url)
    await page.wait_for_url("**/login")
    # The browser gives the focus some time after the page is loaded.
    await expect(page.locator("#email")).to_be_focused()
    await page.keyboard.type("customer1")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(NOTICE).first).to_be_visible()
    return page


async def test_a_refused_sign_in_is_said_and_keeps_the_user_name(page: Page, chat_server: Server) -> None:
    await page.goto(f"{chat_server.url}/login")
    await page.fill("#email", "somebody")
    await page.fill("#password", "wrong")
    await page.click("button[type=submit]")
    await expect(page.get_by_role("alert")).to_have_text(
        "The user name or the password is not right. Please try again."
    )
    assert (await page.input_value("#email"), await page.input_value("#password")) == ("somebody", "")


async def test_a_payment_is_approved_by_keyboard(chat_page: Page) -> None:
    await chat_page.keyboard.type("pay")
    await chat_page.keyboard.press("Enter")
    card = chat_page.get_by_role("alertdialog", name="Pay City Power. Waits for your decision.")
    await expect(card).to_be_focused()
    for label, value in CARD_LINES:
        await expect(card.get_by_role("row", name=f"{label} {value}")).to_be_visible()
    await expect(card.get_by_text("Time left to decide: 1:2")).to_be_visible()
    await expect(card.get_by_role("button", name="Decline")).to_be_in_viewport()
    await chat_page.keyboard.press("Tab")
    await expect(card.get_by_role("button", name="Pay", exact=True)).to_be_focused()
    await expect(card.get_by_role("button", name="Pay", exact=True)).to_be_enabled()
    await chat_page.keyboard.press("Enter")
    await expect(chat_page.get_by_text("Receipt R-1001.").first).to_be_visible()
    await expect(chat_page.get_by_role("button", name="Pay", exact=True)).to_have_count(0)
    await expect(chat_page.get_by_role("alertdialog")).to_have_count(0)
    await expect(chat_page.locator("#chat-input")).to_be_focused()


async def test_a_step_is_named_by_what_was_done_and_not_by_its_tool(chat_page: Page) -> None:
    await chat_page.keyboard.type("balance")
    await chat_page.keyboard.press("Enter")
    step = chat_page.locator("[id='step-get_account_balance']").last
    await expect(step).to_have_text("Looked up the balance")
    await chat_page.wait_for_url("**/thread/*")
    await chat_page.reload()
    await expect(step).to_have_text("Looked up the balance")
    await expect(chat_page.get_by_text("get_account_balance")).to_have_count(0)


async def test_an_answer_is_rated_with_a_thumb_that_a_screen_reader_can_name(chat_page: Page) -> None:
    thumb = chat_page.get_by_role("button", name="Not helpful")
    await expect(thumb).to_have_count(0)  # the greeting is the bank's own
    await chat_page.keyboard.type("hello there")
    await chat_page.keyboard.press("Enter")
    await thumb.click()
    await chat_page.get_by_placeholder("Your words").fill("no")
    await chat_page.get_by_role("button", name="Send", exact=True).click()
    await expect(thumb).to_have_attribute("aria-pressed", "true")
    await expect(chat_page.get_by_role("button", name="Helpful", exact=True)).to_be_visible()


async def test_a_card_does_not_take_the_focus_from_a_person_who_is_typing(chat_page: Page) -> None:
    await chat_page.keyboard.type("wait, then pay")
    await chat_page.keyboard.press("Enter")
    await expect(chat_page.get_by_text("Waiting", exact=True)).to_be_visible()
    await chat_page.keyboard.type("and then")
    await expect(chat_page.locator("#chat-input")).to_have_value("and then")
    # The card comes now, and not before the person types; a click of the mouse would take the focus.
    await chat_page.locator("#stop-button").dispatch_event("click")
    await expect(chat_page.get_by_role("alertdialog")).to_be_visible()
    await expect(chat_page.locator("#chat-input")).to_be_focused()
    await chat_page.keyboard.type(" what?")
    await expect(chat_page.locator("#chat-input")).to_have_value("and then what?")


async def test_answers_are_spoken_once_they_are_whole(chat_page: Page) -> None:
    await chat_page.evaluate(
        """() => {
            window.spoken = [];
            const live = document.querySelector('[role=log][aria-live=polite]');
            new MutationObserver((changes) => changes.forEach((change) =>
                change.addedNodes.forEach((node) => window.spoken.push(node.textContent))
            )).observe(live, { childList: true });
        }"""
    )
    await chat_page.keyboard.type("hello")
    await chat_page.keyboard.press("Enter")
    await expect(chat_page.get_by_role("log").get_by_text("I read: hello")).to_have_count(1)
    spoken = await chat_page.evaluate("window.spoken")
    assert [text for text in spoken if text.startswith("I read")] == ["I read: hello"]


async def test_a_suggestion_is_asked_by_pressing_it(chat_page: Page) -> None:
    await chat_page.get_by_role("button", name=STARTERS[0]).click()
    await expect(chat_page.get_by_role("button", name="Looked up the balance")).to_be_visible()
    await expect(chat_page.get_by_text("AUD 10,000.00").first).to_be_visible()
    await expect(chat_page.get_by_role("button", name=STARTERS[1])).to_have_count(0)
    # The question stands at the top of the conversation, however long its answer is.
    await chat_page.wait_for_function(QUESTION_AT_TOP)
    customer = Customer(chat_page, "")
    await customer.say("hello")
    await customer.sees("I read: hello")
    await chat_page.wait_for_function(QUESTION_AT_TOP)


async def test_waiting_says_what_for_and_a_message_that_came_too_soon_is_sent_by_itself(chat_page: Page) -> None:
    customer = Customer(chat_page, "")
    await customer.say("wait")
    await expect(chat_page.locator("#waiting")).to_contain_text("Writing the answer…")
    await chat_page.locator("#stop-button").click()
    await customer.sees("You stopped this answer.")
    await expect(chat_page.locator("#waiting")).to_have_text("")
    await customer.say("too fast")
    await expect(chat_page.locator("#held")).to_contain_text("sent by itself")
    await expect(chat_page.locator("#chat-input")).to_have_value("too fast")
    await customer.sees("I read: too fast")
    await expect(chat_page.locator("#held")).to_have_count(0)


async def test_the_author_of_an_answer_can_be_read(chat_page: Page) -> None:
    await chat_page.keyboard.type("hello")
    await chat_page.keyboard.press("Enter")
    await expect(chat_page.locator("[data-author=Accounts]")).to_be_visible()


async def test_no_other_host_is_asked_and_no_policy_is_broken(page: Page, chat_server: Server) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: complaints.append(line.text))
    await page.goto(f"{chat_server.url}/login")
    await page.fill("#email", "customer1")
    await page.fill("#password", PASSWORD)
    await page.click("button[type=submit]")
    await expect(page.get_by_text(NOTICE).first).to_be_visible()
    foreign = [url for url in asked if not url.startswith((chat_server.url, "data:", "blob:"))]
    assert not foreign
    assert not [line for line in complaints if "Content Security Policy" in line]


async def test_the_page_is_as_dark_as_the_device_until_a_person_chooses(chat_page: Page) -> None:
    root = chat_page.locator("html")
    await expect(root).to_have_class("light")
    await chat_page.emulate_media(color_scheme="dark")
    await chat_page.reload()
    await expect(root).to_have_class("dark")


async def test_sign_out_leads_to_the_sign_in_page(chat_page: Page) -> None:
    await chat_page.click("#user-nav-button")
    await chat_page.get_by_role("menuitem", name="Sign out").click()
    # The page may be on its way to itself when it is sent to the sign-in.
    await expect(chat_page).to_have_url(re.compile("/login$"))
    assert not [cookie for cookie in await chat_page.context.cookies() if cookie["name"] == "access_token"]


async def test_below_an_answer_with_figures_a_link_leads_to_where_they_come_from(chat_page: Page) -> None:
    await chat_page.keyboard.type("balance")
    await chat_page.keyboard.press("Enter")
    link = chat_page.get_by_role("link", name="Where these figures come from")
    await expect(link).to_have_attribute("href", re.compile(r"^/figures/[\w-]{36}/\d{13}$"))
    await link.focus()
    await expect(link).to_be_focused()
