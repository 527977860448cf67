"""The file of numbers and texts that the bank keeps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ultracore.ai.care import CareBook, CareKind, read_care_file
from ultracore.ai.care.values import LANGUAGES, Language
from ultracore.audit.masking import mask
from ultracore.errors import OperatorError
from ultracore.wording import call_link

PHONE = "13 00 00 00"
EVERY_KIND = ", ".join(f'"{kind}"' for kind in CareKind)
SMALL = f"""
[emergency]
number = "111"

[[helplines]]
name = "Need to talk?"
number = "1737"
kinds = [{EVERY_KIND}]
"""


@pytest.fixture
def book() -> CareBook:
    return read_care_file(None, PHONE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CareKind)
def test_each_text_has_the_emergency_number_and_a_line_to_call(
    book: CareBook, kind: CareKind, language: Language
) -> None:
    text = book.text(kind, language)
    assert call_link("000") in text
    assert re.search(r"^- \*\*.+\*\* \[[\d ]+\]\(tel:\d+\)", text, re.M)
    assert "{" not in text
    assert mask(text) == text


def test_every_number_of_a_text_may_be_told(book: CareBook) -> None:
    for kind in CareKind:
        numbers = re.findall(r"\[([\d ]+)\]", book.text(kind, "vi"))
        assert numbers and set(numbers) <= book.numbers


def test_another_country_keeps_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "care.toml"
    path.write_text(SMALL + '[texts.en]\nself_harm = "Kia kaha. Talk to somebody:"\n', encoding="utf-8")
    text = read_care_file(path, PHONE).text(CareKind.SELF_HARM, "en")
    assert "\n\nKia kaha." in text
    assert "[1737](tel:1737)" in text and "[111](tel:111)" in text and "Lifeline" not in text


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[emergency", "TOML"),
        (SMALL.replace('"1737"', '"javascript:alert(1)"'), "helplines.0.number"),
        (SMALL.replace("Need to talk?", "[free](https://x.example)"), "helplines.0.name"),
        (SMALL.replace('"self_harm", ', ""), "no helpline for self_harm"),
        (SMALL.replace("emergency", "urgent"), "emergency"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, written: str, told: str) -> None:
    path = tmp_path / "care.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(OperatorError) as refused:
        read_care_file(path, PHONE)
    assert told in refused.value.message and "javascript" not in refused.value.message


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError):
        read_care_file(tmp_path / "none.toml", PHONE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", CareKind)
def test_the_emergency_number_comes_first_where_a_life_may_be_in_danger(
    book: CareBook, kind: CareKind, language: Language
) -> None:
    first, *_, last = book.text(kind, language).split("\n\n")[: None if language == "en" else -1]
    assert (call_link("000") in first) is kind.ends_turn
    assert (call_link("000") in last) is not kind.ends_turn
    assert book.again(language).index("000") < 60


def test_people_of_each_age_and_origin_have_a_line_of_their_own(book: CareBook) -> None:
    assert call_link("1800 55 1800") in book.text(CareKind.SELF_HARM, "en")
    assert call_link("1800 55 1800") in book.text(CareKind.ABUSE, "en")
    assert call_link("1800 808 488") in book.text(CareKind.HARDSHIP, "en")
