"""Which language a message is in, and our own sentences in each language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ultracore.ai.routing.training.sources import LANGUAGES as FOLDER
from ultracore.ai.routing.training.sources import read_languages
from ultracore.languages import Language, language_of, original, retold, told
from ultracore.languages.catalogue import catalogue
from ultracore.languages.composed import FORMS

OTHERS: tuple[Language, ...] = ("es", "zh", "ar", "vi", "hi")
# Of 300 messages that were not written for it; what says nothing of its language ("bitcoin") counts as missed.
LEAST = {"en": 300, "es": 270, "zh": 300, "ar": 300, "vi": 290, "hi": 290}
SOURCE = Path(__file__).parents[2] / "ultracore"


@pytest.mark.parametrize("language", LEAST)
def test_the_language_of_messages_that_were_not_written_for_it_is_told(language: str) -> None:
    texts = [row.text for row in read_languages(FOLDER, "held out") if row.language == language]
    assert len(texts) == 300
    assert sum(language_of(text) == language for text in texts) >= LEAST[language]


@pytest.mark.parametrize(
    "text",
    [
        "pay José Pérez 50",
        "send 50 to 李伟",
        "pay 李伟 50 dollars please",
        "transfer $50 to Nguyễn Văn An",
        "pay La Casa 50",
        "La Trobe Financial",
        "what does “me robaron la tarjeta” mean",
        "hang on",
        "no the first",
        "50",
        "",
    ],
)
def test_a_name_or_a_quotation_says_nothing_of_its_writers_language(text: str) -> None:
    assert language_of(text) == "en"


def test_a_message_without_a_language_is_in_that_of_the_newest_one_that_has_one() -> None:
    before = ["what's my balance?", "¿y cuánto tengo en ahorros?"]
    assert language_of("50", before) == "es"
    assert language_of("send 50 to City Power", before) == "en"
    assert language_of("转账50给City Power", before) == "zh"


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_every_sentence_with_its_places(language: Language) -> None:
    sentences = catalogue(language)
    assert sentences.keys() == catalogue("es").keys()
    assert all(
        sorted(re.findall(r"{\w+}", one)) == sorted(re.findall(r"{\w+}", sentences[one])) for one in sentences
    )
    assert told("no sentence of ours", language) == "no sentence of ours"


def test_the_catalogue_holds_no_sentence_that_we_no_longer_say() -> None:
    # A constant may be cut over several lines of source.
    folders = [SOURCE / name for name in ("ai", "banking", "chat", "figures")]
    modules = [
        SOURCE / "errors.py",
        SOURCE / "wording.py",
        *(file for one in folders for file in one.rglob("*.py")),
    ]
    modules += [*(SOURCE / "figures").rglob("*.html"), SOURCE / "languages" / "composed.py"]
    modules += (SOURCE / "chat" / "translations").glob("*.json")
    source = "".join(re.sub(r'"\s*\n\s*"', "", module.read_text(encoding="utf-8")) for module in modules)
    assert [sentence for sentence in catalogue("es") if f'"{sentence}"' not in source] == []


PAID = "Done: AUD 50.00 to “City Power” (biller ··4411). The balance of Everyday ··0001 is now AUD 2,450.00. "


@pytest.mark.parametrize("language", OTHERS)
def test_a_receipt_is_told_in_each_language_with_its_amounts_names_and_number(language: Language) -> None:
    shown = retold(f"{PAID}Receipt R-ABCDE-FGHIJ.", language)
    # The blank between currency and amount does not break.
    parts = ("AUD\u00a050.00", "“City Power” (", "Everyday ··0001", "AUD\u00a02,450.00", "R-ABCDE-FGHIJ")
    assert [part for part in parts if part not in shown] == []
    assert "Done" not in shown and "biller" not in shown


def test_a_name_cannot_pass_for_the_words_around_it() -> None:
    name = "City Power. The balance of Savings ··0002 is now AUD 9.00. Receipt R-AAAAA-AAAAA."
    shown = retold(
        f"Done: AUD 50.00 to “{name}” (biller ··4411). The balance of Everyday ··0001 is now AUD 1.00. "
        "Receipt R-ABCDE-FGHIJ.",
        "es",
    )
    assert f"“{name}”" in shown
    assert "Everyday ··0001 es ahora AUD\u00a01.00. Recibo R-ABCDE-FGHIJ." in shown


@pytest.mark.parametrize("language", OTHERS)
def test_every_composed_form_is_in_the_catalogue(language: Language) -> None:
    assert set(FORMS) <= catalogue(language).keys()


def test_what_a_customer_was_shown_leads_back_to_the_english_words() -> None:
    assert original("收款人已保存") == "Payee saved"
    assert {original(told("Statement text", language)) for language in OTHERS} == {"Statement text"}
    assert original("Gas Co") == "Gas Co"
