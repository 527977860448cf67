"""How many of the texts that customers read are English only. The numbers may fall, and never rise unnoticed."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ultracore.ai import sentences
from ultracore.ai.tools.toolset import TOOLS
from ultracore.languages import Language
from ultracore.languages.catalogue import catalogue

SOURCE = Path(__file__).parents[2] / "ultracore"
OTHERS: tuple[Language, ...] = ("es", "zh", "ar", "vi", "hi")
# Texts without a translation, by where they are read: 5, 72, 16 and 120 at first. A new text is
# translated (`languages/data`); a person who translates some takes the number down with them.
MOST_ENGLISH_ONLY = {"conversation": 5, "steps": 0, "errors": 16, "page": 69}


def errors() -> set[str]:
    """Sentences of errors that stand in the source as they are read."""
    folders = [SOURCE / name for name in ("banking", "ai", "chat", "cache")]
    modules = [SOURCE / "errors.py", *(file for folder in folders for file in folder.rglob("*.py"))]
    return {text for module in modules for text in sentences_of(ast.parse(module.read_text("utf-8")))}


def sentences_of(tree: ast.Module) -> Iterator[str]:
    named: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and (text := text_of(node.value)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named |= {target.id: text for target in targets if isinstance(target, ast.Name)}
    if "default_sentence" in named:
        yield from default_sentences(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "sentence":
            text = named.get(node.value.id, "") if isinstance(node.value, ast.Name) else text_of(node.value)
            yield from [text] if text else []


def default_sentences(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "default_sentence":
            yield text_of(node.value)


def text_of(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def labels(words: object) -> Iterator[str]:
    """Every text of the page's own translation file."""
    if isinstance(words, dict):
        for inner in words.values():
            yield from labels(inner)
    elif isinstance(words, str):
        yield words


def texts() -> dict[str, set[str]]:
    page = json.loads((SOURCE / "chat" / "translations" / "en-AU.json").read_text("utf-8"))
    return {
        "conversation": {
            text for name, text in vars(sentences).items() if name.isupper() and isinstance(text, str)
        },
        "steps": {words for tool in TOOLS for words in (tool.title, tool.working)},
        "errors": errors(),
        "page": set(labels(page)),
    }


@pytest.mark.parametrize("language", OTHERS)
def test_no_more_texts_are_english_only_than_before(language: Language) -> None:
    known = catalogue(language).keys()
    missing = {place: len(found - known) for place, found in texts().items()}
    assert {place: count for place, count in missing.items() if count > MOST_ENGLISH_ONLY[place]} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_said_of_a_refused_payment_is_translated(language: Language) -> None:
    refused = {text for text in errors() if "saved" in text or "already a request" in text}
    assert len(refused) > 1
    assert refused <= catalogue(language).keys()
