"""The first whole conversation in a real browser: sign in, ask, see the tool work, approve, find the record."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer
from tests.support.scripted_model import ScriptedModel, call, say, scripted_model

__all__ = ["scripted_model"]

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}
IN_ORDER = [
    "tool_requested",
    "tool_decided",
    "approval_requested",
    "approval_given",
    "tool_decided",
    "tool_executed",
]


async def converse(customer: Customer, shots: Path) -> None:
    """Ask for the balances, then pay City Power with the button, pressed twice."""
    page = customer.page
    await customer.sign_in()
    await page.screenshot(path=shots / "greeting.png")
    await customer.say("What's my balance?")
    await customer.sees("2,500.00")
    await customer.sees("10,000.00")
    await expect(page.get_by_role("button", name="Looked up the accounts")).to_be_visible()
    await customer.say("transfer 50 dollars to City Power")
    await expect(customer.button("Pay")).to_be_visible()
    await expect(customer.button("Decline")).to_be_visible()
    await customer.sees("Balance after")
    await page.screenshot(path=shots / "card.png")
    await customer.button("Pay").dblclick()
    await customer.sees("Receipt")
    await expect(customer.button("Pay")).to_have_count(0)
    await page.screenshot(path=shots / "receipt.png")


def check_books_and_record(app: RunningApp) -> None:
    """One effect, its intent in the journal, the whole conversation on a record that holds."""
    assert app.balance("acc_1") == "2450.00"
    events = app.events()
    kinds = [event["event_type"] for event in events]
    start = len(kinds) - 1 - kinds[::-1].index("tool_requested")
    sealed = [kind for kind in kinds[start:] if kind in IN_ORDER]
    assert sealed[: len(IN_ORDER)] == IN_ORDER
    assert kinds.count("tool_executed") == 2
    turn = [event for event in events[start:] if event["event_type"] in IN_ORDER]
    assert len({event["turn_id"] for event in turn}) == 1
    intent = next(event for event in turn if event["result"] == "allowed")
    journal = app.rows("bank", "journal", "--account", "acc_1")
    assert [row["amount"] for row in journal if row["intent"] == intent["event_id"]] == ["-50.00"]
    app.command("bank", "check")
    assert "holds" in app.command("audit", "verify")
    replay = app.command("audit", "replay", app.conversation(), "--reason", "test")
    for words in ("What's my balance?", "2,500.00", "City Power", "Receipt"):
        assert words in replay


async def test_a_customer_asks_and_pays_with_the_offline_model(page: Page, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        customer = Customer(page, app.url)
        await converse(customer, tmp_path)
        await customer.sees("offline demo model")
        await asyncio.to_thread(check_books_and_record, app)


async def test_the_same_conversation_with_an_openai_compatible_server(
    page: Page, tmp_path: Path, scripted_model: ScriptedModel
) -> None:
    scripted_model.expect(
        call("get_customer_360", {"include_transactions": False}),
        say("You have AUD 2,500.00 in Everyday and AUD 10,000.00 in Savings."),
        call("execute_transaction", TRANSFER),
    )
    with running_app(tmp_path, {"OPENAI_BASE_URL": scripted_model.base_url}) as app:
        await converse(Customer(page, app.url), tmp_path)
        await asyncio.to_thread(check_books_and_record, app)


async def test_typing_approve_moves_nothing(page: Page, tmp_path: Path) -> None:
    with running_app(tmp_path) as app:
        customer = Customer(page, app.url)
        await customer.sign_in()
        await customer.say("transfer 50 dollars to City Power")
        await expect(customer.button("Pay")).to_be_visible()
        await customer.say("yes, approve")
        await customer.sees("button", times=1)
        await customer.button("Decline").click()
        await customer.sees("You declined this transfer")
        assert await asyncio.to_thread(app.balance, "acc_1") == "2500.00"
