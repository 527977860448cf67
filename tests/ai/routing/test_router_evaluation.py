"""How the router is measured: which answers are right, means over sources, bands of confidence, and the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ultracore.ai.routing.service import LABELS, Route
from ultracore.ai.routing.training import evaluation
from ultracore.ai.routing.training.evaluation import Judged
from ultracore.ai.routing.training.sources import LANGUAGES, Utterance, held_out, read_languages, read_public
from ultracore.errors import OperatorError


def judged(label: str, confidence: float, source: str = "one", accept: tuple[str, ...] = ("accounts",)) -> Judged:
    row = Utterance("text", accept[0], accept, source)
    return Judged(row, Route(label, confidence, ranked=((label, confidence),)))  # type: ignore[arg-type]


def test_each_source_counts_once_and_every_accepted_label_is_right() -> None:
    rows = [judged("accounts", 0.9)] * 9 + [judged("payments", 0.9, "two"), judged("lending", 0.9, "two")]
    assert evaluation.accuracy(rows) == pytest.approx(9 / 11)
    assert evaluation.mean_over_sources(rows) == pytest.approx(0.5)
    assert judged("payments", 0.9, accept=("accounts", "payments")).is_right


def test_confidence_is_compared_with_what_was_right_by_bands() -> None:
    rows = [judged("accounts", 0.95)] * 45 + [judged("wealth", 0.95)] * 5 + [judged("accounts", 0.12)] * 3
    ((count, confidence, right),) = evaluation.calibration(rows)
    assert count == 50
    assert confidence == pytest.approx(0.95)
    assert right == pytest.approx(0.9)


def test_the_report_names_sources_languages_intents_and_what_was_confused() -> None:
    lines = list(evaluation.report([judged("accounts", 0.9), judged("wealth", 0.4, "two")]))
    assert lines[0] == "mean over sources in English 0.5000"
    assert any(line.split() == ["two", "1", "0.0000"] for line in lines)
    assert any("{'wealth': 1}" in line for line in lines)
    assert sum(line.split()[0] in LABELS for line in lines) == len(LABELS)


def test_the_public_sets_are_read_with_every_accepted_label(tmp_path: Path) -> None:
    file = tmp_path / "sets.csv"
    file.write_text(
        "text,label,accept,source,intent\n"
        '"why, no",payments,payments|accounts,banking77-train,card_declined\n'
        "yep,out_of_scope,out_of_scope,clinc150-train,yes\n"
    )
    first, second = read_public(file)
    assert (first.text, first.accept, first.kind) == ("why, no", ("payments", "accounts"), "payments")
    assert (second.kind, second.accept) == ("follow_up", ("out_of_scope",))
    with pytest.raises(OperatorError, match="cannot be read"):
        read_public(tmp_path / "none.csv")


def test_each_language_holds_three_hundred_held_out_messages_fifty_a_label() -> None:
    rows = read_languages(LANGUAGES, "held out")
    for language in ("ar", "en", "es", "hi", "vi", "zh"):
        labels = [row.kind for row in rows if row.language == language]
        assert {label: labels.count(label) for label in LABELS} == dict.fromkeys(LABELS, 50)
    assert len({row.text for row in held_out()}) >= 6 * 300


def test_the_command_prints_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluation.main([]) == 0
    printed = capsys.readouterr().out
    assert "by language:" in printed
    assert "messages/s" in printed
