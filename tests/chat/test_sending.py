"""What a person types reaches the bank, or stays with them and is said to be lost."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from tests.chat.client import Server
from tests.support.customer import Customer

NOT_SENT = "This did not reach us. Please send it again."


async def signed_in(page: Page, server: Server) -> Customer:
    customer = Customer(page, server.url)
    await customer.sign_in()
    return customer


async def test_what_is_typed_while_the_page_gets_its_address_stays(page: Page, chat_server: Server) -> None:
    customer, listed = await signed_in(page, chat_server), asyncio.Event()

    async def late(route: Route) -> None:
        await listed.wait()
        await route.continue_()

    await page.route("**/project/threads", late)
    await customer.say("hello")
    await customer.sees("I read: hello")
    drawn = await page.get_by_text("I read: hello").first.element_handle()
    await page.keyboard.type("and my second thought")
    listed.set()
    await page.wait_for_url("**/thread/*")
    await expect(page.locator("#chat-input")).to_have_value("and my second thought")
    await page.keyboard.type("s")
    await page.keyboard.press("Enter")
    await customer.sees("I read: and my second thoughts")
    # A press on a conversation that is drawn anew falls between two buttons.
    assert await drawn.evaluate("node => node.isConnected")


async def test_what_is_typed_before_a_message_has_left_the_page_stays(page: Page, chat_server: Server) -> None:
    customer = await signed_in(page, chat_server)
    await page.evaluate(
        """() => {
            const send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (data) {
                if (!String(data).includes("client_message")) return send.call(this, data);
                window.leave = () => send.call(this, data);
            };
        }"""
    )
    await customer.say("hello")
    await page.keyboard.type("and my second thought")
    await page.evaluate("leave()")
    await page.wait_for_url("**/thread/*")
    await customer.sees("I read: hello")
    await expect(page.locator("#chat-input")).to_have_value("and my second thought")


async def test_a_message_that_was_lost_is_marked_and_its_text_stays(page: Page, chat_server: Server) -> None:
    def loses(browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()

        async def pass_on(data: str | bytes) -> None:
            if "client_message" in str(data) and "to be lost" in str(data):
                await browser.close()
                await server.close()
            else:
                server.send(data)

        browser.on_message(pass_on)

    await page.route_web_socket("**/ws/socket.io/**", loses)
    customer = await signed_in(page, chat_server)
    await customer.say("hello")
    await customer.sees("I read: hello")
    await customer.say("to be lost")
    await expect(page.get_by_role("alert").get_by_text(NOT_SENT)).to_be_visible()
    await expect(page.locator("[data-not-sent]").get_by_text("to be lost")).to_be_visible()
    await expect(page.locator("#chat-input")).to_have_value("to be lost")
    await customer.say(" or not")
    await expect(page.get_by_role("alert").get_by_text(NOT_SENT)).to_have_count(0)


async def test_a_reload_on_a_phone_brings_the_conversation_back(browser: Browser, chat_server: Server) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    customer = await signed_in(await context.new_page(), chat_server)
    await customer.say("hello")
    await customer.sees("I read: hello")
    await customer.page.wait_for_url("**/thread/*")
    await customer.page.reload()
    await customer.sees("I read: hello")
    await customer.say("once more")
    await customer.sees("I read: once more")
