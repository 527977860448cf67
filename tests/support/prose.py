"""What can be measured of the English in our modules: docstrings, comments, names of classes."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.support.architecture import Module

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

CITATION = re.compile(
    r"library-facts|(?<![-\w])(?:contract|api|house-style|seed)\.md"
    r"|\((?:rows?|rules?) \d+|\bRules? \d|\bissue #?\d+"
)
VAGUE_OPENING = re.compile(r"(nobody|whoever|whatever|whichever|whomever)\b", re.IGNORECASE)
PLACE_FOR_CONDITION = re.compile(r"\bwhere\b", re.IGNORECASE)
REASON = re.compile(
    r"\b(because|since|so that|otherwise|therefore|would|cannot|must|never|instead|without|unless|until|needs?"
    r"|costs?|los(?:es?|t)|keeps?|only|not)\b|: ",
    re.IGNORECASE,
)
TOOL_MARK = re.compile(r"#\s*(noqa|type: ignore|pragma|fmt:|ruff:|!)")


@dataclass(frozen=True, slots=True)
class Docstring:
    """`owner` is the dotted name of what it documents."""

    owner: str
    line: int
    text: str


def docstrings(module: Module) -> Iterator[Docstring]:
    """Every docstring of a module, its own first."""
    yield from _docstrings(module.tree, module.name)


def _docstrings(node: Documented, name: str) -> Iterator[Docstring]:
    text = ast.get_docstring(node)
    if text:
        yield Docstring(name, node.body[0].lineno, text)
    for child in ast.walk(node):
        if child is not node and isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if (inner := ast.get_docstring(child)) is not None:
                yield Docstring(f"{name}.{child.name}", child.body[0].lineno, inner)


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Each comment that is meant for a reader, with its line; the lines of one comment that runs on are one."""
    lines: list[tuple[int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or TOOL_MARK.match(token.string):
            continue
        if lines and token.start[0] != lines[-1][0] + 1:
            yield lines[0][0], " ".join(words for _, words in lines)
            lines = []
        lines.append((token.start[0], token.string.lstrip("# ")))
    if lines:
        yield lines[0][0], " ".join(words for _, words in lines)


def citations(texts: Mapping[str, str]) -> list[str]:
    """Lines that cite a document which the repository does not hold."""
    return [
        f"{name}:{number} cites {match.group()!r}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := CITATION.search(line))
    ]


def vague_openings(modules: Iterable[Module]) -> list[str]:
    """Docstrings that begin with nobody, whoever and the like, and so name no actor."""
    return [
        f"{doc.owner}:{doc.line} begins with {match.group()!r}"
        for module in modules
        for doc in docstrings(module)
        if (match := VAGUE_OPENING.match(doc.text))
    ]


_SMALL_WORDS = frozenset(
    "a all an and are as at be by each every for has have in is it its of on one or our that the their this to us "
    "was we what which who with".split()
)


def echoes(modules: Iterable[Module]) -> list[str]:
    """Docstrings that say nothing but the name of what they document."""
    return [
        f"{doc.owner}:{doc.line} says only its name: {doc.text!r}"
        for module in modules
        for doc in docstrings(module)
        if doc.owner != module.name and _is_echo(doc.owner.rpartition(".")[2], doc.text)
    ]


def _is_echo(name: str, text: str) -> bool:
    parts = {_stem(part) for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}
    words = {_stem(word) for word in re.findall(r"[A-Za-z]+", text) if word.lower() not in _SMALL_WORDS}
    return bool(words) and words <= parts


def _stem(word: str) -> str:
    """A word without the ending that a name leaves out: `accounts` and `account` are one."""
    return re.sub(r"(?:ing|ed|es|s|e)$", "", word.lower()) if len(word) > 4 else word.lower()


def classes(module: Module) -> Iterator[ast.ClassDef]:
    """Every class of a module, those in classes and functions too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def gerunds(modules: Iterable[Module], allowed: Sequence[str] = ()) -> list[str]:
    """Classes that are named by an activity, such as `Asking`."""
    return [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules
        for node in classes(module)
        if re.fullmatch(r"_?(?:[A-Z]\w*)?[a-z]ing", node.name) and node.name not in allowed
    ]


def repeated_classes(modules: Iterable[Module], allowed: Mapping[str, str]) -> list[str]:
    """Class names that stand for more than one class, and entries of `allowed` that no longer do.

    Private classes count too: a reader who searches for `_Row` wants one answer.
    """
    places: dict[str, list[str]] = {}
    for module in modules:
        for node in classes(module):
            places.setdefault(node.name, []).append(f"{module.name}:{node.lineno}")
    repeated = {name: found for name, found in places.items() if len(found) > 1}
    return [
        *(f"{name} is a class in {', '.join(found)}" for name, found in repeated.items() if name not in allowed),
        *(f"{name} is listed, but is one class" for name in allowed if name not in repeated),
    ]


def protocols(modules: Iterable[Module]) -> list[str]:
    """The protocols that are declared, by dotted name."""
    return sorted(
        f"{module.name}.{node.name}"
        for module in modules
        for node in classes(module)
        if any(ast.unparse(base).split("[")[0].split(".")[-1] == "Protocol" for base in node.bases)
    )
