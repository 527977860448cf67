"""A whole conversation with the ledger on PostgreSQL: the balance asked, a transfer, its button."""

from __future__ import annotations

from pydantic import SecretStr

from tests.ai.screen import Desk
from tests.support.postgres import PostgresAddress
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.settings import Settings

TRANSFER = {
    "transaction_type": "transfer",
    "amount": "50",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def test_a_customer_asks_and_pays(
    settings: Settings, scripted_model: ScriptedModel, postgres: PostgresAddress
) -> None:
    url = postgres.make_database()
    changes = {"openai_base_url": scripted_model.base_url, "database_url": SecretStr(url)}
    scripted_model.expect(
        call("get_customer_360", {"include_transactions": False}),
        say("You have AUD 2,500.00 in Everyday."),
        call("execute_transaction", TRANSFER),
    )
    async with Desk.open(settings.model_copy(update=changes), scripted_model) as desk:
        await desk.say("What's my balance?")
        await desk.say("pay City Power 50 dollars")
        screen = await desk.press(approve=True)
        assert "Receipt" in screen.closed[0][1]
        assert await desk.balance() == "2450.00"
    moved = "SELECT balance_minor FROM balances WHERE account_id = 'acc_1'"
    assert postgres.execute(moved, url) == [(245_000,)]
    postgres.drop_database(url)
