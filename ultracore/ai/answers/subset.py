"""What an answer may consist of: paragraphs, lists, tables and bold, read out of a model's Markdown.

Nothing else has a place in these types, so nothing else can reach a page: no links, pictures, headings, HTML,
directives or code. What such things say in words is kept as words.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ultracore.markdown import visible


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one weight. `page` is the path of our own page that it leads to."""

    text: str
    bold: bool = False
    page: str | None = None


Line = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a line break in it is a newline in a run."""

    line: Line


@dataclass(frozen=True, slots=True)
class Item:
    """A list's item; `number` if it is numbered, `depth` from 0. A `further` paragraph has no mark of its own."""

    line: Line
    depth: int = 0
    number: int | None = None
    further: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first row is its header. All rows are as long as the header."""

    rows: tuple[tuple[Line, ...], ...]
    right: tuple[bool, ...]


Block = Paragraph | Item | Table

_TEXTS: Final = frozenset(("inline", "fence", "code_block", "html_block"))

OWN_PAGES: Final = frozenset({"/my-data"})
"""The pages that an answer may lead to. Each is opened by a press and does nothing by itself."""

# HTML is recognised so that it can be dropped. The definition of a reference would vanish with its words, so it
# is read as text; the nesting is bounded, because each level costs a call.
_PARSER: Final = (
    MarkdownIt("commonmark", {"html": True, "maxNesting": 12}).enable("table").disable(["code", "reference"])
)
_TAG: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|</?[A-Za-z!?][^>]*>", re.DOTALL | re.IGNORECASE)
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li)\b[^>]*>", re.IGNORECASE)
# Pictures and shapes could imitate our marks; overlays draw a line through a figure or a box around it.
_DRAWN: Final = frozenset(("So", "Co", "Cn", "Me", "Sk"))
_KEPT: Final = frozenset("°©®™№^`´¨")
_OVERLAYS: Final = re.compile("[\u0335-\u0338\u20d0-\u20f0\ufe00-\ufe0f]")


def text_of(line: Line) -> str:
    """A line as it will be read."""
    return "".join(run.text for run in line)


def read(markdown: str) -> list[Block]:
    """The blocks of a piece of Markdown. Never raises; what cannot be read as a block is a paragraph."""
    return [block for block in _BlockReader(_PARSER.parse(markdown)).blocks() if _says_something(block)]


def clean(text: str) -> str:
    """Words without what could hide or imitate something."""
    if text.isascii():
        return visible(text)
    text = _OVERLAYS.sub("", visible(text))
    return "".join(char for char in text if char in _KEPT or unicodedata.category(char) not in _DRAWN)


class _BlockReader:
    """Walks over the parser's tokens once."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._lists: list[int | None] = []
        self._fresh = False
        self._rows: list[list[Line]] = []
        self._right: list[bool] = []
        self._in_table = False

    def blocks(self) -> Iterator[Block]:
        """The blocks, in order."""
        for token in self._tokens:
            if token.type.endswith("_list_open"):
                numbered = token.type == "ordered_list_open"
                self._lists.append(int(token.attrGet("start") or 1) - 1 if numbered else None)
            elif token.type.endswith("_list_close"):
                self._lists.pop()
            elif token.type == "list_item_open":
                self._next_item()
            elif token.type in _TEXTS and not self._in_table:
                yield self._placed(_unlike_a_title(_words(token)))
            else:
                yield from self._table(token)

    def _table(self, token: Token) -> Iterator[Block]:
        match token.type:
            case "table_open":
                self._rows, self._right, self._in_table = [], [], True
            case "tr_open":
                self._rows.append([])
            case "th_open":
                self._right.append("right" in str(token.attrGet("style") or ""))
            case "inline":
                self._rows[-1].append(_line(token.children or [], lines=False))
            case "table_close":
                self._in_table = False
                yield from _table(self._rows, self._right)

    def _next_item(self) -> None:
        number = self._lists[-1]
        self._lists[-1] = None if number is None else number + 1
        self._fresh = True

    def _placed(self, line: Line) -> Block:
        """In a list: its item, or a further paragraph of it."""
        if not self._lists:
            return Paragraph(line)
        fresh, self._fresh = self._fresh, False
        return Item(line, len(self._lists) - 1, self._lists[-1], further=not fresh)


def _words(token: Token) -> Line:
    if token.type == "inline":
        return _line(token.children or [], lines=True)
    content = token.content if token.type != "html_block" else _without_tags(token.content)
    return (Run(_close(content)),)


def _line(children: Sequence[Token], *, lines: bool) -> Line:
    return _joined(_runs(children, "\n" if lines else " "))


def _runs(children: Sequence[Token], line_break: str) -> Iterator[Run]:
    bold, pages = 0, [""]
    for place, token in enumerate(children):
        match token.type:
            case "strong_open":
                bold += 1
            case "strong_close":
                bold -= 1
            case "link_open":
                pages.append(str(token.attrGet("href") or ""))
            case "link_close":
                pages.pop()
            case "em_open" | "em_close":
                yield Run(token.markup if _within_a_word(children, place) else "", bold > 0)
            case "softbreak" | "hardbreak":
                yield Run(line_break, bold > 0)
            case "html_inline":
                yield Run(line_break if _BREAK.match(token.content) else "", bold > 0)
            case _:
                page = pages[-1] if pages[-1] in OWN_PAGES else None
                yield Run(clean(token.content).replace("\n", line_break), bold > 0, page)


def _within_a_word(children: Sequence[Token], place: int) -> bool:
    """`2*3*4` is no emphasis: stars between the characters of a word are read as stars."""
    opening = children[place].type == "em_open"
    others = range(place + 1, len(children)) if opening else range(place - 1, -1, -1)
    ends = (at for at in others if children[at].type in ("em_open", "em_close"))
    other = next(at for at in ends if children[at].level == children[place].level)
    first, last = sorted((place, other))
    before = "".join(token.content for token in children[:first])[-1:]
    after = "".join(token.content for token in children[last + 1 :])[:1]
    return before.isalnum() or after.isalnum()


def _joined(runs: Iterator[Run]) -> Line:
    """Neighbours of one weight become one run; a bold run keeps no space at its edges, which would undo it."""
    joined: list[Run] = []
    for run in _edged(runs):
        if joined and (joined[-1].bold, joined[-1].page) == (run.bold, run.page):
            joined[-1] = Run(joined[-1].text + run.text, run.bold, run.page)
        elif run.text:
            joined.append(run)
    return tuple(joined)


def _edged(runs: Iterator[Run]) -> Iterator[Run]:
    for run in runs:
        core = run.text.strip()
        if not run.bold or core == run.text:
            yield run
            continue
        start = run.text.index(core) if core else len(run.text)
        yield Run(run.text[:start])
        yield Run(core, run.bold, run.page)
        yield Run(run.text[start + len(core) :])


def _unlike_a_title(line: Line) -> Line:
    """A paragraph that is bold as a whole is how cards and receipts begin: it is shown as a plain one."""
    if all(run.bold or not run.text.strip(" \n:") for run in line):
        return _joined(Run(run.text, page=run.page) for run in line)
    return line


def _table(rows: list[list[Line]], right: list[bool]) -> Iterator[Block]:
    if any(text_of(cell).strip() for cell in rows[0]):
        yield Table(tuple(tuple(row) for row in rows), tuple(right))
        return
    # A table without a header is how a card looks.
    for row in rows[1:]:
        yield Item((Run(": ".join(text_of(cell) for cell in row if text_of(cell).strip())),))


def _without_tags(content: str) -> str:
    return html.unescape(_TAG.sub("", _BREAK.sub("\n", content)))


def _close(content: str) -> str:
    """Lines without empty ones between them, which would begin another block."""
    return "\n".join(line for line in clean(content).splitlines() if line.strip())


def _says_something(block: Block) -> bool:
    return isinstance(block, Table) or bool(text_of(block.line).strip())
