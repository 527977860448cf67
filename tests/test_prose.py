"""Each rule about English finds the line that breaks it, and leaves alone what keeps it."""

from __future__ import annotations

import pytest

from tests.support import prose
from tests.support.architecture import Module


def module(text: str, name: str = "ultracore.a") -> Module:
    return Module.parse(name, text)


@pytest.mark.parametrize(
    "line",
    [
        "stays for a while (library-facts, row 19)",
        "the variables of `contract.md`",
        "a deadline of ours (row 34)",
        "trusted with nothing (rule 1)",
        "# Rules 6 and 8: Stop ends the talking",
        "as issue 8 asks",
    ],
)
def test_a_citation_of_a_document_that_is_not_here_is_found(line: str) -> None:
    assert prose.citations({"ultracore/a.py": f"x = 1\n{line}\n"}) == [
        f"ultracore/a.py:2 cites {prose.CITATION.search(line).group()!r}"  # type: ignore[union-attr]
    ]


def test_a_document_of_the_repository_may_be_cited() -> None:
    kept = "docs/architecture.md says why; subcontract.md; the first row 3 of the table; see docs/record-format.md"
    assert prose.citations({"ultracore/a.py": kept}) == []


@pytest.mark.parametrize("opening", ["Nobody is told", "Whoever asks", "Whatever cannot be read"])
@pytest.mark.parametrize(
    "place", ['"""{}."""', 'class A:\n    """{}."""', 'class A:\n  def f(self):\n    """{}."""']
)
def test_a_docstring_that_names_no_actor_is_found(opening: str, place: str) -> None:
    assert len(prose.vague_openings([module(place.format(opening))])) == 1


def test_a_docstring_with_an_actor_is_left_alone() -> None:
    assert prose.vague_openings([module('"""The gate tells nobody why. Whoever asks gets a 404."""')]) == []


@pytest.mark.parametrize(
    "text",
    [
        'def get_cached_account(): "The account."',
        'class AuditTrail:\n    "An audit trail."',
        'class A:\n    async def ask_amount(self): "Ask for the amount."',
    ],
)
def test_a_docstring_that_only_repeats_its_name_is_found(text: str) -> None:
    assert len(prose.echoes([module(text)])) == 1


def test_a_docstring_that_adds_something_is_left_alone() -> None:
    text = 'def get_account(): "The account, or None."\ndef f(): ...\nclass Lock: "Held by one task at a time."'
    assert prose.echoes([module(text)]) == []


def test_comments_that_run_on_are_one_and_marks_for_tools_are_none() -> None:
    text = (
        "# One that runs on,\n# since it is long.\nx = 1  # noqa: E501\ny = 2  # beside the line\n# type: ignore\n"
    )
    assert list(prose.comments(text)) == [(1, "One that runs on, since it is long."), (4, "beside the line")]


def test_a_class_name_with_two_meanings_is_found_and_a_stale_reason_too() -> None:
    twice = [module("class Found: ...", "ultracore.a"), module("class B:\n    class Found: ...", "ultracore.b")]
    assert len(prose.repeated_classes(twice, {})) == 1
    assert prose.repeated_classes(twice, {"Found": "a reason"}) == []
    assert len(prose.repeated_classes(twice[:1], {"Found": "a reason"})) == 1


def test_classes_named_by_an_activity_are_found() -> None:
    text = "class Asking: ...\nclass _Making: ...\nclass Thing: ...\nclass Ring: ...\nclass Asked: ..."
    assert prose.gerunds([module(text)], ("Thing", "Ring")) == ["ultracore.a:1 Asking", "ultracore.a:2 _Making"]


def test_protocols_are_named_generic_ones_too() -> None:
    text = "class A(Protocol): ...\nclass B(Protocol[T]): ...\nclass C(typing.Protocol): ...\nclass D(A): ..."
    assert prose.protocols([module(text)]) == ["ultracore.a.A", "ultracore.a.B", "ultracore.a.C"]
