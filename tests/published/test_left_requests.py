"""A program asks for money to move; its customer finds the request in the chat, and decides there."""

from __future__ import annotations

import asyncio

from tests.ai.screen import BROWSER, Desk, Screen, principal
from tests.ai.sqlite_files import script
from ultracore.ai.mcp import MCPToolExecutor
from ultracore.ai.screen import Choice
from ultracore.container import Core

WISH = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
    "description": None,
}


async def left(desk: Desk, program: Core) -> tuple[Choice, ...]:
    """What the greeting of a new conversation offers after a program has asked."""
    executor = MCPToolExecutor(principal=desk.who, backend=program)
    result = await executor.execute_tool("execute_transaction", WISH)
    assert "the customer finds it in their next chat" in result["message"]
    return await offered(desk)


async def offered(desk: Desk) -> tuple[Choice, ...]:
    return (await desk.app.desk.begin(desk.who.login_id, BROWSER)).requests


async def press_on(desk: Desk, key: str) -> Screen:
    screen = Screen()
    await desk.app.desk.choose(desk.who.login_id, desk.conversation_id, key, BROWSER, screen)
    desk.screen = screen
    return screen


async def test_a_request_of_a_program_is_opened_in_the_chat_as_a_card_and_pays_once(
    desk: Desk, opened: Core
) -> None:
    (request,) = await left(desk, opened)
    assert request.label.startswith("A program asks: AUD 50.00 to “City Power”")
    screen = await press_on(desk, request.key)
    ((title, payee),) = [(card.title, dict(card.lines)["Pay to"]) for card in screen.cards]
    assert (title, "City Power" in payee) == ("Please check this payment", True)
    assert await desk.balance() == "2500.00"
    assert (await desk.press(approve=True)).closed[-1][0] == "done"
    assert await desk.balance() == "2450.00"
    assert await offered(desk) == ()
    assert (await press_on(desk, request.key)).cards == []


async def test_two_presses_at_once_open_one_card(desk: Desk, opened: Core) -> None:
    (request,) = await left(desk, opened)
    other = await Desk.sign_in(desk.app, desk.model, desk.who)
    screens = await asyncio.gather(press_on(desk, request.key), press_on(other, request.key))
    assert sorted(len(screen.cards) for screen in screens) == [0, 1]
    assert sum("does not wait any more" in str(screen.messages) for screen in screens) == 1


async def test_what_is_not_allowed_any_more_is_refused_when_it_is_opened(desk: Desk, opened: Core) -> None:
    (request,) = await left(desk, opened)
    frozen = "UPDATE accounts SET status = 'frozen' WHERE account_id = 'acc_1'"
    await script(desk.app.settings.data_path / "ledger.db", frozen)
    screen = await press_on(desk, request.key)
    assert (screen.cards, screen.steps[-1].status) == ([], "refused")
    assert await offered(desk) == ()


async def test_nobody_else_is_offered_it_or_opens_it(desk: Desk, opened: Core) -> None:
    (request,) = await left(desk, opened)
    stranger = await Desk.sign_in(desk.app, desk.model, principal("customer2", "cust_2"))
    assert await offered(stranger) == ()
    assert (await press_on(stranger, request.key)).cards == []
    assert await offered(desk) == (request,)
