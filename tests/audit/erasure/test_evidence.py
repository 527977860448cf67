"""What transaction evidence keeps, and that no tool's free text gets into it unseen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ultracore.ai.tools.toolset import TOOLS
from ultracore.audit import FREE_ARGUMENTS, Subject
from ultracore.audit.evidence import (
    WORDS,
    card_text,
    card_without_words,
    evidence_of,
    retained_until,
    without_words,
)

MIA = Subject("customer", "tenant_1", "cust_1")
# Texts that tell what was to be done: names and numbers of accounts and payees, amounts, closed choices.
TELLING = frozenset(
    "tenant_id customer_id amount loan_amount from_account_id to_account_id account_id name bsb account_number "
    "transaction_type kind card reference".split()
)


def texts_of(schema: dict[str, Any]) -> set[str]:
    """The arguments that may be a text."""
    return {name for name, part in schema["properties"].items() if "string" in str(part)}


@pytest.mark.parametrize(
    "tool", [tool for tool in TOOLS if tool.tool_class.needs_approval], ids=lambda tool: tool.name
)
def test_each_text_of_a_sealed_tool_is_evidence_or_free_words(tool: Any) -> None:
    texts = texts_of(tool.parameters(identity_required=True))
    assert texts <= TELLING | FREE_ARGUMENTS, "add the argument to FREE_ARGUMENTS, or here where it tells no story"


def test_a_years_evidence_has_a_key_of_its_own_and_a_retention() -> None:
    subject = evidence_of(MIA, datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert (subject.kind, subject.id, subject.customer_id) == ("evidence", "cust_1/2026", "cust_1")
    assert retained_until(subject, 7) == datetime(2034, 1, 1, tzinfo=UTC)
    assert evidence_of(MIA, datetime(2027, 1, 1, tzinfo=UTC)) != subject


def test_only_a_customer_has_evidence_and_only_evidence_a_retention() -> None:
    teller = Subject("staff", "tenant_1", "teller1")
    assert evidence_of(teller, datetime(2026, 1, 1, tzinfo=UTC)) is teller
    assert teller.customer_id is None
    with pytest.raises(ValueError, match="retention"):
        retained_until(MIA, 7)


def test_free_words_are_replaced_and_everything_else_stays() -> None:
    arguments = {"amount": "50.00", "description": "for the garden", "loan_purpose": ""}
    assert without_words(arguments) == {"amount": "50.00", "description": WORDS, "loan_purpose": ""}
    assert without_words("{not json") == WORDS


def test_a_card_without_free_words_is_kept_as_it_was() -> None:
    card = {"title": "Please check", "lines": [["Pay to", "City Power"], ["Amount", "AUD 50.00"]]}
    assert card_without_words(card) == card
    told = {"title": "Please check", "lines": [*card["lines"], ["Statement text", "for the garden"]]}
    assert card_without_words(told) == {**card, "lines": [*card["lines"], ["Statement text", WORDS]]}
    assert card_text(told).splitlines()[-1] == "Statement text: for the garden"
    assert card_text({"payee_name": "City Power"}) == "payee name: City Power"


def test_free_words_are_replaced_on_a_card_that_was_shown_in_another_language() -> None:
    card = {
        "title": "Comprueba este pago",
        "lines": [["Importe", "AUD\u00a050.00"], ["Concepto del extracto", "jardín"]],
    }
    assert card_without_words(card)["lines"] == [card["lines"][0], ["Concepto del extracto", WORDS]]
