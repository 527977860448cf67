"""`ultracore audit whatif`: which decisions another model, prompt or policy changes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, call, say
from tests.whatif.conftest import HANDED, REASON, Run
from ultracore.audit import AuditEventType, EventFilter
from ultracore.audit.defaults import open_reader
from ultracore.banking.access import DEFAULT_POLICY
from ultracore.cli.audit.whatif import bar
from ultracore.settings import Settings

EVERYTHING = ("--newest", "20", "--tenant", "tenant_1")
TRANSFER = {"transaction_type": "transfer", "from_account_id": "acc_1", "to_account_id": "pay_1"}


def changes(out: str) -> list[dict[str, Any]]:
    found = json.loads(out)["conversations_played"]
    return [change for one in found for turn in one["turns"] for change in turn["changes"]]


def scripted(model: ScriptedModel) -> tuple[str, ...]:
    return ("--model", "another", "--base-url", model.base_url)


def viewings(data: Path) -> list[tuple[str | None, dict[str, Any]]]:
    with open_reader(Settings(data_dir=data), keys=True) as reader:
        wanted = EventFilter(types=frozenset({AuditEventType.CONVERSATION_VIEWED}))
        events = [reader.opened(stored) for stored in reader.select(wanted)]
    return [(event.resource_id, event.metadata or {}) for event in events]


def test_the_same_model_decides_the_same_again(run: Run, ids: dict[str, str]) -> None:
    code, out, _ = run(ids["payment"], ids["card"], ids["other"], "--model", "demo", "--json")
    found = json.loads(out)
    assert (code, changes(out)) == (0, [])
    assert {name: found[name] for name in ("conversations", "turns", "turns_not_comparable")} == {
        "conversations": 3,
        "turns": 5,
        "turns_not_comparable": 0,
    }


def another(request: ScriptedRequest) -> Step:
    """Looks as the recorded model did, pays ten times as much, and looks up no balance."""
    if request.messages[-1]["role"] == "tool":
        return call("execute_transaction", {**TRANSFER, "amount": "500.00"})
    if "transfer" in request.messages[-1]["content"]:
        return call("get_customer_360", {"include_transactions": False, "transaction_days": 30})
    return say("I would rather not.")


def test_another_model_shows_exactly_what_it_decides_otherwise(
    run: Run, ids: dict[str, str], other_model: ScriptedModel
) -> None:
    other_model.answer_with(another)
    code, out, _ = run(ids["payment"], *scripted(other_model), "--json")
    paid, looked = changes(out)
    assert code == 1
    assert (paid["kind"], paid["before"]["arguments"]["amount"], paid["after"]["arguments"]["amount"]) == (
        "arguments",
        "50",
        "500",
    )
    assert (paid["before"]["decision"], paid["after"]["decision"]) == ("needs_approval", "no recorded result")
    assert (looked["kind"], looked["before"]["tool"], looked["after"]) == (
        "not made now",
        "get_customer_360",
        None,
    )
    assert json.loads(out)["turns_not_comparable"] == 1


def test_a_changed_decision_is_a_line_with_its_diff(
    run: Run, ids: dict[str, str], other_model: ScriptedModel
) -> None:
    other_model.answer_with(another)
    code, out, _ = run(ids["payment"], *scripted(other_model))
    first, *lines = out.splitlines()
    assert code == 1
    assert first.startswith(f"{ids['payment']}  message 1  Ref ")
    assert first.endswith(
        "arguments: Payments execute_transaction (needs_approval) → "
        "Payments execute_transaction (no recorded result)"
    )
    assert '    - arguments.amount: "50"' in lines and '    + arguments.amount: "500"' in lines
    assert lines[-2].startswith("1 conversations with 2 turns of a model were played again: 2 changed decisions")


def test_each_turn_starts_from_its_recorded_history(
    run: Run, ids: dict[str, str], other_model: ScriptedModel
) -> None:
    other_model.answer_with(another)
    run(ids["payment"], *scripted(other_model), "--json")
    told = other_model.requests[-1].messages
    # The recorded payment of 50 and its receipt, and nothing of the 500 that this model has asked for before.
    assert "Receipt R-" in json.dumps(told) and "500" not in [word.strip('".,') for word in str(told).split()]
    assert told[-1]["content"] == "What is my balance?"


def test_nothing_but_the_record_is_written(run: Run, data: Path, other_model: ScriptedModel) -> None:
    def others() -> dict[str, str]:
        files = [one for one in data.rglob("*") if one.is_file() and not one.name.startswith("audit.db")]
        return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}

    before = others()
    other_model.answer_with(another)
    assert run(*EVERYTHING, *scripted(other_model))[0] == 1
    assert others() == before


def test_recorded_hand_overs_are_followed(run: Run, ids: dict[str, str], other_model: ScriptedModel) -> None:
    other_model.expect(
        call("hand_over", {**HANDED, "reason": "in other words"}), call("get_loan_details", {}), say("Two loans.")
    )
    code, out, _ = run(ids["handed"], *scripted(other_model), "--json")
    assert (code, changes(out)) == (0, [])
    # The turn whose model had failed has no decisions to compare.
    assert json.loads(out)["turns_not_comparable"] == 1
    assert other_model.requests[-1].tool_results[-1].keys() > {"message"}


def test_a_hand_over_to_another_agent_is_a_change_and_ends_the_turn(
    run: Run, ids: dict[str, str], other_model: ScriptedModel
) -> None:
    other_model.expect(call("hand_over", {"agent": "Wealth"}))
    code, out, _ = run(ids["handed"], *scripted(other_model), "--json")
    (change,) = changes(out)
    assert code == 1
    assert (change["kind"], change["after"]["arguments"]) == ("arguments", {"agent": "Wealth"})


def test_another_policy_refuses_what_was_allowed(run: Run, ids: dict[str, str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    text = DEFAULT_POLICY.read_text()
    withheld = '[roles.customer]\nwithhold_tools = ["freeze_card"]'
    policy.write_text(text.replace("[roles.customer]", withheld))
    code, out, _ = run(ids["card"], ids["other"], "--model", "demo", "--policy", str(policy), "--json")
    frozen = next(change for change in changes(out) if change["before"])
    assert code == 1
    assert (frozen["before"]["tool"], frozen["before"]["decision"]) == ("freeze_card", "allowed")


def test_a_lower_limit_denies_a_payment(run: Run, ids: dict[str, str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    lines = DEFAULT_POLICY.read_text().splitlines()
    policy.write_text(
        "\n".join('customer_transfer = "20"' if line.startswith("customer_transfer") else line for line in lines)
    )
    _, out, _ = run(ids["payment"], "--model", "demo", "--policy", str(policy), "--json")
    denied = changes(out)[0]
    assert (denied["kind"], denied["after"]["decision"]) == ("decision", "denied: access.limit_exceeded")


def test_another_prompt_is_what_the_model_reads(
    run: Run, ids: dict[str, str], other_model: ScriptedModel, tmp_path: Path
) -> None:
    prompt = tmp_path / "prompt.toml"
    prompt.write_text('rules = "Answer in rhymes. {prompt} {phone} {role} {citing}"\n[agents]\nAccounts = "Odd."')
    other_model.answer_with(lambda request: say("Two thousand."))
    run(ids["other"], *scripted(other_model), "--prompt", str(prompt))
    assert other_model.requests[0].messages[0]["content"].startswith("Answer in rhymes. Odd. ")


def test_the_printed_prompts_are_a_file_that_changes_nothing(
    run: Run, ids: dict[str, str], tmp_path: Path
) -> None:
    prompt = tmp_path / "prompt.toml"
    code, out, _ = run("--print-prompt")
    prompt.write_text(out)
    assert code == 0
    assert run(ids["other"], "--model", "demo", "--prompt", str(prompt))[0] == 0


def test_a_model_that_is_not_there_ends_the_run_with_a_sentence(run: Run, ids: dict[str, str]) -> None:
    address = f"http://127.0.0.1:{free_port()}/v1"
    code, out, err = run(ids["other"], "--model", "another", "--base-url", address)
    assert (code, out) == (2, "")
    assert "The model another cannot be asked (model.unreachable)" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name conversations by their ids"),
        (("one", "--newest", "3", "--tenant", "tenant_1"), "Name conversations by their ids"),
        (("--newest", "3"), "belong together"),
        (("--newest", "0", "--tenant", "tenant_1"), "from 1 to"),
        (("--newest", "3", "--tenant", "nowhere"), "nothing of a tenant nowhere"),
        (("no-such-conversation",), "There is no conversation no-such-conversation"),
        (("--newest", "3", "--tenant", "tenant_1", "--base-url", "http://x"), "belongs to --model"),
        ((*EVERYTHING, "--model", "demo", "--policy", "/nowhere.toml"), "/nowhere.toml"),
        ((*EVERYTHING, "--model", "demo", "--prompt", "/nowhere.toml"), "/nowhere.toml"),
    ],
)
def test_wrong_arguments_end_with_a_sentence_and_read_nothing(
    run: Run, data: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert viewings(data) == []


def test_without_a_reason_nothing_is_read(run: Run, data: Path) -> None:
    code, _, err = run(*EVERYTHING, "--model", "demo", reason="")
    assert (code, viewings(data)) == (2, [])
    assert "--reason" in err


def test_every_conversation_that_is_read_is_on_the_record_with_reason_and_model(
    run: Run, data: Path, ids: dict[str, str]
) -> None:
    run(ids["other"], ids["card"], "--model", "demo")
    found = dict(viewings(data))
    assert set(found) == {ids["other"], ids["card"]}
    assert {(one["stated_reason"], one["model"]) for one in found.values()} == {(REASON, "demo")}


def test_an_erased_and_a_broken_conversation_are_named_with_their_place_and_the_rest_goes_on(
    run: Run, data: Path, ids: dict[str, str]
) -> None:
    with sqlite3.connect(data / "audit.db") as db:
        db.execute(
            "UPDATE sealing_keys SET wrapped = NULL, destroyed_at = '2026-01-01' "
            "WHERE kind = 'customer' AND subject_id = 'cust_2'"
        )
        db.execute("DROP TRIGGER events_refuse_update")
        db.execute(
            "UPDATE events SET body = replace(body, 'freeze_card', 'freeze_cart') "
            "WHERE stream_id = ? AND event_type = 'tool_decided'",
            (ids["card"],),
        )
    code, out, _ = run(ids["other"], ids["card"], ids["payment"], "--model", "demo", "--json")
    found = {one["conversation_id"]: one["not_played"] for one in json.loads(out)["conversations_played"]}
    assert code == 0
    assert found[ids["other"]] == "what was said is erased, from event 1 on"
    assert found[ids["card"]].startswith("the record does not hold at event ")
    assert found[ids["payment"]] is None


def test_the_ids_may_come_from_a_file_of_the_list(run: Run, ids: dict[str, str], tmp_path: Path) -> None:
    listed = tmp_path / "sessions.txt"
    listed.write_text(f"{ids['other']}\ttenant_1\tcustomer2\n\n{ids['card']}\n")
    _, out, _ = run("--sessions", str(listed), "--model", "demo", "--json")
    assert json.loads(out)["conversations"] == 2


def test_the_bar_says_how_far_it_is() -> None:
    assert bar(1, 3) == f"[{'#' * 10}{'.' * 20}] 1/3 conversations"
    assert bar(3, 3) == f"[{'#' * 30}] 3/3 conversations"
