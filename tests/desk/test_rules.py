"""The file of the queue's rules: what they find, and what is wrong with a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ultracore.ai.persons import Hours
from ultracore.desk import read_queue_rules
from ultracore.desk.rules import QueueFact
from ultracore.errors import OperatorError

DENIED = QueueFact(
    "e-1", "tool_decided", "s-1", "denied", "execute_transaction", None, "access.other_customer", "p"
)
RULE = '[[rules]]\nname = "{}"\nsays = "x"\nurgency = 1\nminutes = 5\nevents = ["handoff_requested"]\n'
PERSON = RULE.format("person")


def found(fact: QueueFact) -> list[str]:
    return [rule.name for rule in read_queue_rules(None).that_fit(fact) if rule.share is None]


@pytest.mark.parametrize(
    ("fact", "names"),
    [
        (DENIED, ["denied_money"]),
        (replace(DENIED, reason=None), ["denied_money"]),
        (replace(DENIED, reason="arguments.invalid"), []),
        (replace(DENIED, tool="get_statement"), []),
        (replace(DENIED, result="allowed"), []),
        (replace(DENIED, event_type="handoff_requested", target="person"), ["person"]),
        (replace(DENIED, event_type="handoff_requested", target="Lending"), []),
        (replace(DENIED, event_type="guardrail_triggered", reason="care"), ["care"]),
        (replace(DENIED, event_type="guardrail_triggered", reason="careless"), []),
        (replace(DENIED, event_type="tool_executed", result="success", proposal=None), []),
        (replace(DENIED, event_type="tool_executed", result="unknown"), ["unknown_outcome"]),
        (replace(DENIED, event_type="approval_expired", result=None), ["expired_card"]),
        (replace(DENIED, event_type="turn_failed", result="failure"), ["failed_turn"]),
        (replace(DENIED, event_type="feedback_given", result="bad"), ["low_rating"]),
        (replace(DENIED, event_type="feedback_given", result="good"), []),
    ],
)
def test_the_shipped_rules_find_what_needs_a_person(fact: QueueFact, names: list[str]) -> None:
    assert found(fact) == names


def test_a_sample_is_the_same_on_every_machine_and_about_as_large_as_it_says() -> None:
    rules = read_queue_rules(None)
    begun = [replace(DENIED, event_type="session_started", stream_id=f"s-{number}") for number in range(5_000)]
    picked = [fact.stream_id for fact in begun if rules.that_fit(fact)]
    assert 60 < len(picked) < 140
    assert picked == [fact.stream_id for fact in begun if read_queue_rules(None).that_fit(fact)]


def test_a_folders_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "queue.toml").write_text(f'days = 3\n[hours]\nmonday = "09:00-12:30"\n{PERSON}')
    rules = read_queue_rules(tmp_path)
    assert (rules.days, [rule.name for rule in rules.rules]) == (3, ["person"])
    assert rules.hours.text() == "Monday 9 am to 12:30 pm"
    assert read_queue_rules(_empty(tmp_path)).days == 7


def _empty(folder: Path) -> Path:
    (folder / "queue.toml").unlink()
    return folder


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("days = 3", "hours"),
        (f"days = 3\n[hours]\n{PERSON}{PERSON}", "two rules have one name"),
        (f"days = 3\n[hours]\n{RULE.format('other')}", "person"),
        (f'days = 3\n[hours]\nmonday = "12:00-09:00"\n{PERSON}', "ends before it begins"),
        (f'days = 3\n[hours]\nmonday = "noon"\n{PERSON}', "monday"),
        (f"days = 3\n[hours]\n{PERSON}colour = 1", "colour"),
        ("days = ", "Invalid value"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "queue.toml").write_text(text)
    with pytest.raises(OperatorError, match=said):
        read_queue_rules(tmp_path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="ULTRACORE_DESK_DIR"):
        read_queue_rules(tmp_path / "none")


def hours() -> Hours:
    return read_queue_rules(None).hours


def test_hours_are_by_the_banks_clock() -> None:
    assert hours().text() == "Monday to Friday 8 am to 8 pm, Saturday and Sunday 9 am to 5 pm"
    assert hours().open_at(datetime(2026, 11, 29, 21, 30, tzinfo=UTC))  # Monday, 8:30 am in Sydney
    assert not hours().open_at(datetime(2026, 11, 29, 12, 0, tzinfo=UTC))  # Sunday, 11 pm
