"""Each rule about packages finds the snippet that breaks it, and leaves alone what keeps it."""

from __future__ import annotations

import pytest

from tests.support import import_graph as graphs
from tests.support.architecture import Module
from tests.support.import_graph import Exceptions, ImportGraph

AUDIT = ("audit", "audit.store", "audit.erasure")


def modules(**texts: str) -> list[Module]:
    """Modules of a small `ultracore`: `audit__store` stands for `ultracore.audit.store`; `AUDIT` are packages."""
    named = {name.replace("__", "."): text for name, text in texts.items()}
    every = {**dict.fromkeys(AUDIT, ""), **named}
    root = Module.parse("ultracore", "", is_package=True)
    return [
        root,
        *(Module.parse(f"ultracore.{name}", text, is_package=name in AUDIT) for name, text in every.items()),
    ]


def graph(excepted: Exceptions | None = None, /, **texts: str) -> ImportGraph:
    return ImportGraph(modules(**texts), excepted)


@pytest.mark.parametrize(
    "back",
    [
        "from ultracore.audit.values import Draft",
        "from ultracore.audit import values",
        "from . import values",
        "def late():\n    from ultracore.audit.values import Draft",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .values import Draft",
        "import importlib\nimportlib.import_module('ultracore.audit.values')",
    ],
)
def test_two_files_that_import_each_other_are_found(back: str) -> None:
    found = graphs.file_cycles(
        graph(audit__values="from ultracore.audit.trail import AuditTrail", audit__trail=back)
    )
    assert found == ["these modules import each other: ultracore.audit.trail, ultracore.audit.values"]


def test_a_module_that_imports_its_own_face_is_found() -> None:
    face = graph(
        audit="from ultracore.audit.trail import AuditTrail", audit__trail="from ultracore.audit import Draft"
    )
    assert len(graphs.file_cycles(face)) == 1


def test_a_cycle_over_three_files_is_one_finding() -> None:
    ring = graph(audit__a="from . import b", audit__b="from . import c", audit__c="from . import a")
    assert len(graphs.file_cycles(ring)) == 1


def test_a_chain_is_no_cycle_and_an_excepted_import_closes_none() -> None:
    assert graphs.file_cycles(graph(audit__a="from . import b", audit__b="from . import c", audit__c="")) == []
    excepted = {"ultracore.audit.b": {"ultracore.audit.a": "loaded when it is first used"}}
    assert graphs.file_cycles(graph(excepted, audit__a="from . import b", audit__b="from . import a")) == []


def test_sub_packages_that_import_each_other_are_found_although_no_files_do() -> None:
    knot = graph(
        audit__store__writer="from ultracore.audit.erasure.rows import row",
        audit__erasure__rows="",
        audit__erasure__service="from ultracore.audit.store.reader import RecordReader",
        audit__store__reader="",
    )
    assert graphs.file_cycles(knot) == []
    assert len(graphs.package_cycles(knot)) == 1


def test_a_sub_package_may_stand_between_two_modules_of_its_package() -> None:
    between = graph(
        audit__trail="from ultracore.audit.store import RecordReader",
        audit__store__reader="from ultracore.audit.values import Draft",
        audit__values="",
    )
    assert graphs.package_cycles(between) == []


def test_a_direction_that_the_table_does_not_list_is_found() -> None:
    found = graph(audit__store__reader="from ultracore.audit.erasure import Erasure")
    assert len(graphs.wrong_inner_directions(found, "ultracore.audit", {"erasure": "", "store": ""})) == 1
    assert graphs.wrong_inner_directions(found, "ultracore.audit", {"erasure": "", "store": "erasure"}) == []


@pytest.mark.parametrize("table", [{"store": "erasure", "erasure": ""}, {"store": "", "erasure": "", "gone": ""}])
def test_a_table_that_points_down_or_names_what_is_not_there_is_found(table: dict[str, str]) -> None:
    assert len(graphs.wrong_inner_directions(graph(), "ultracore.audit", table)) == 1


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("banking", "from ultracore.audit.trail import AuditTrail"),
        ("banking", "def late():\n    import ultracore.audit.store.writer"),
        ("audit__trail", "from ultracore.audit.store.writer import Writer"),
        ("audit__erasure__service", "from ultracore.audit.store import writer"),
        ("container", "from ultracore.audit.trail import AuditTrail"),
        ("banking", "from ultracore.audit.store.sqlite import open_sqlite"),
    ],
)
def test_an_import_past_a_face_is_found(importer: str, text: str) -> None:
    known = {"audit__trail": "", "audit__store__writer": "", "audit__store__sqlite": ""}
    found = graph(**known | {importer: text})
    assert len(graphs.past_faces(found, ("ultracore.container",), ("ultracore.audit.store.sqlite",))) == 1


@pytest.mark.parametrize(
    ("importer", "text"),
    [
        ("banking", "from ultracore.audit import AuditTrail"),
        ("banking", "from ultracore.audit.store import RecordReader, leases"),
        ("banking", "from ultracore import errors"),
        ("audit__store__reader", "from ultracore.audit.values import Draft\nfrom .writer import Writer"),
        ("container", "from ultracore.audit.store.sqlite import open_sqlite"),
    ],
)
def test_an_import_from_a_face_or_from_a_package_around_is_left_alone(importer: str, text: str) -> None:
    known = {"errors": "", "audit__values": "", "audit__store__writer": "", "audit__store__sqlite": ""}
    known |= {"audit__store": "__all__ = ['RecordReader', 'leases']", "audit__store__leases": ""}
    found = graph(**known | {importer: text})
    assert graphs.past_faces(found, ("ultracore.container",), ("ultracore.audit.store.sqlite",)) == []


def test_a_test_of_another_area_takes_the_face_if_it_exports_the_name() -> None:
    known = graph(audit="__all__ = ['Draft']", audit__values="")
    text = "from ultracore.audit.values import Draft"
    assert len(graphs.unused_faces(known, [Module.parse("tests.banking.test_bank", text)])) == 1
    assert len(graphs.unused_faces(known, [Module.parse("benchmarks.bench_parts", text)])) == 1
    assert graphs.unused_faces(known, [Module.parse("tests.audit.store.test_reader", text)]) == []
    inside = "from ultracore.audit.values import inner_name"
    assert graphs.unused_faces(known, [Module.parse("tests.banking.test_bank", inside)]) == []


def test_a_folder_of_more_modules_than_allowed_is_found() -> None:
    three = modules(audit__store__a="", audit__store__b="")
    assert graphs.crowded_folders(three, 5) == []
    assert graphs.crowded_folders(three, 2) == ["ultracore.audit.store holds 3 modules, over 2"]


def test_exceptions_that_nothing_uses_are_found() -> None:
    ours = modules(audit__trail="from ultracore.settings import Settings\nimport redis")
    used = {"ultracore.audit.trail": {"ultracore.settings": "a reason"}}
    assert graphs.stale_exceptions(ours, used) == []
    assert len(graphs.stale_exceptions(ours, {"ultracore.audit.trail": {"ultracore.container": "a reason"}})) == 1
    assert len(graphs.stale_exceptions(ours, {"ultracore.gone": {"ultracore.settings": "a reason"}})) == 1
    assert graphs.stale_owners(ours, {"redis": ("ultracore.audit",), "openai": ()}) == []
    assert len(graphs.stale_owners(ours, {"redis": ("ultracore.audit", "ultracore.cache")})) == 1
    assert len(graphs.stale_names(ours, ["ultracore.audit.trail", "ultracore.audit.gone"])) == 1
