"""What counts as a changed decision, and what does not."""

from __future__ import annotations

from tests.ai.screen import principal
from ultracore.whatif.comparing import changes_of, compared_arguments
from ultracore.whatif.values import Decision

READ = Decision("Accounts", "get_customer_360", {}, "allowed")
BALANCE = Decision("Accounts", "get_account_balance", {"account_id": "acc_1"}, "allowed")


def test_the_order_of_calls_is_no_change() -> None:
    assert changes_of([READ, BALANCE], [BALANCE, READ], whole=True) == ()


def test_a_call_stands_beside_the_one_that_it_most_likely_replaces() -> None:
    other = Decision("Accounts", "get_account_balance", {"account_id": "acc_2"}, "no recorded result")
    (change,) = changes_of([READ, BALANCE], [other, READ], whole=True)
    assert (change.kind, change.before, change.after) == ("arguments", BALANCE, other)


def test_another_agent_or_decision_for_the_same_call_is_a_change() -> None:
    handed = Decision("Payments", "get_customer_360", {}, "allowed")
    denied = Decision("Accounts", "get_customer_360", {}, "denied", "access.tool_not_allowed")
    assert [one.kind for one in changes_of([READ], [handed], whole=True)] == ["agent"]
    assert [one.kind for one in changes_of([READ], [denied], whole=True)] == ["decision"]


def test_what_a_turn_that_ended_early_did_not_reach_is_no_change() -> None:
    assert changes_of([READ, BALANCE], [READ], whole=False) == ()
    assert [one.kind for one in changes_of([READ, BALANCE], [READ], whole=True)] == ["not made now"]


def test_arguments_are_compared_by_what_they_mean() -> None:
    who = principal()
    short = {"transaction_type": "transfer", "amount": "50", "to_account_id": "City Power"}
    long = {**short, "amount": 50, "tenant_id": "tenant_1", "requires_approval": False}
    assert compared_arguments("execute_transaction", short, who) == compared_arguments(
        "execute_transaction", long, who
    )


def test_a_call_about_somebody_else_is_another_call() -> None:
    own, others = {"customer_id": "cust_1"}, {"customer_id": "cust_2"}
    who = principal()
    assert compared_arguments("get_customer_360", own, who) == compared_arguments("get_customer_360", {}, who)
    assert compared_arguments("get_customer_360", others, who) != compared_arguments("get_customer_360", {}, who)
