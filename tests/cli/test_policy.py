"""`ultracore policy`: what each role may, read by an auditor on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from ultracore.banking.access import DEFAULT_POLICY
from ultracore.cli.main import main
from ultracore.settings import export_to_environment


@pytest.fixture
def another(tmp_path: Path) -> Path:
    """A policy file that starts as ours."""
    path = tmp_path / "policy.toml"
    path.write_text(DEFAULT_POLICY.read_text())
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_show_says_what_each_role_may(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("policy ") and len(lines[0]) == len("policy ") + 16
    assert "customer: acts for their own customer" in lines
    assert "customer: uses execute_transaction" in lines
    assert "supervisor: reads the record as staff" in lines
    assert not [line for line in lines if line.startswith("administrator: uses")]


def test_our_own_policy_is_sound_and_differs_from_itself_in_nothing(
    another: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "check"]) == 0
    assert "is sound" in capsys.readouterr().out
    assert main(["policy", "diff", str(another)]) == 0
    assert capsys.readouterr().out == ""


def test_diff_names_what_is_taken_and_what_is_given(another: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(another, 'customer_transfer = "250000.00"', 'customer_transfer = "1000.00"')
    change(
        another,
        '[roles.lender]\nscope = "named"',
        '[roles.lender]\nscope = "named"\nwithhold_tools = ["get_loan_details"]',
    )
    assert main(["policy", "diff", str(another)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "- limit customer_transfer: 250000.00",
        "- lender: uses get_loan_details",
        "+ limit customer_transfer: 1000.00",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('record = "staff"', 'record = "staff"\nadd_agents = ["Accounts"]', ""),
        (
            '[roles.administrator]\nscope = "tenant"',
            '[roles.administrator]\nscope = "tenant"\nrecord = "staff"',
            "administrator",
        ),
        (
            'scope = "tenant"\nrecord = "auditor"',
            'scope = "named"\nrecord = "auditor"\nadd_tools = ["get_statement"]',
            "auditor reads",
        ),
        ('teller_transfer = "250000.00"', "", "teller uses execute_transaction without a limit"),
        ('teller_transfer = "250000.00"', 'teler_transfer = "1.00"', "The limit teler_transfer"),
    ],
)
def test_check_says_why_a_policy_is_not_sound(
    another: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    change(another, old, new)
    assert main(["policy", "check", str(another)]) == (1 if said else 0)
    assert said in capsys.readouterr().err


def test_a_file_that_is_no_policy_is_a_sentence(another: Path, capsys: pytest.CaptureFixture[str]) -> None:
    another.write_text("[roles.customer]\nscope = 'everything'\n")
    assert main(["policy", "check", str(another)]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_the_policy_in_force_is_the_one_of_the_settings(another: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(another, 'customer_transfer = "250000.00"', 'customer_transfer = "77.00"')
    export_to_environment("ULTRACORE_POLICY_FILE", str(another))
    assert main(["policy", "show"]) == 0
    assert "limit customer_transfer: 77.00" in capsys.readouterr().out
