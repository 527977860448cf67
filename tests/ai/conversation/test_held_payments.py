"""A customer whose password was reset: told at the greeting, and refused by the tool."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from tests.ai.screen import BROWSER, Desk
from tests.banking.support import change_rows
from tests.support.scripted_model import call, say
from ultracore.banking.store.tables import users

PAYMENT = {
    "transaction_type": "transfer",
    "amount": "10.00",
    "from_account_id": "acc_1",
    "to_account_id": "City Power",
}


async def test_after_a_reset_payments_to_others_wait_and_the_customer_is_told(desk: Desk) -> None:
    reset = update(users).where(users.c.user_id == "customer1").values(password_reset_at=datetime.now(UTC))
    await change_rows(desk.app.bank.database, reset)
    (notice,) = (await desk.app.desk.begin(desk.who.login_id, BROWSER)).notices
    assert "The password of this login was reset" in notice and "call the bank" in notice
    desk.model.expect(call("execute_transaction", PAYMENT), say("It cannot be paid yet."))
    screen = await desk.say("pay 10 to City Power")
    assert screen.cards == [] and screen.ended("execute_transaction") == ["refused"]
    own = {**PAYMENT, "to_account_id": "acc_2"}
    desk.model.expect(call("execute_transaction", own))
    assert len((await desk.say("transfer 10 from everyday to savings")).cards) == 1
