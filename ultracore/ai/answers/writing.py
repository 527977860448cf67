"""An answer's blocks as the Markdown that the page, the record and the model's history get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ultracore.ai.answers.subset import Block, Item, Line, Run, Table
from ultracore.markdown import escaped

WITHHELD: Final = "[figure withheld]"

# As wide as `1. `: with less, what belongs to a numbered item would stand outside it.
_INDENT: Final = 3


def written(block: Block) -> str:
    """One block. Reading it again gives the same block."""
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Item):
        return _item(block)
    return _text(block.line)


def markdown_of(blocks: Sequence[Block]) -> str:
    """Blocks in their order. Items of a list stand close together."""
    parts: list[str] = []
    for place, block in enumerate(blocks):
        close = isinstance(block, Item) and not block.further and place and isinstance(blocks[place - 1], Item)
        parts += ["\n" if close else "\n\n", written(block)]
    return "".join(parts[1:])


def _item(item: Item) -> str:
    indent = " " * (_INDENT * item.depth)
    if item.further:
        return _indented(_text(item.line), indent + " " * _INDENT)
    mark = "- " if item.number is None else f"{item.number}. "
    rest = _indented(_text(item.line), indent + " " * len(mark))
    return f"{indent}{mark}{rest.lstrip(' ')}"


def _indented(text: str, indent: str) -> str:
    return "\n".join(indent + line for line in text.split("\n"))


def _table(table: Table) -> str:
    rules = ["---:" if right else "---" for right in table.right]
    head, *rest = ([_text(cell) for cell in row] for row in table.rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rules, *rest))


def _text(line: Line) -> str:
    parts: list[str] = []
    for run in _bold_where_it_can_be(line):
        shown = _escaped(run.text, at_start=not parts or parts[-1].endswith("\n"))
        if run.page is not None:
            shown = f"[{shown}]({run.page})"
        parts.append(f"**{shown}**" if run.bold else shown)
    return "".join(parts).strip()


def _escaped(text: str, *, at_start: bool) -> str:
    first, *more = text.split("\n")
    # Spaces at the beginning of a line would make it a code block or move it into a list.
    lines = [escaped(first.lstrip() if at_start else first, at_start=at_start)]
    lines += [escaped(line.lstrip(), at_start=True) for line in more]
    return "\n".join(lines)


def _bold_where_it_can_be(line: Line) -> list[Run]:
    """Words whose stars would be read as stars are in plain weight, joined to their neighbours."""
    runs: list[Run] = []
    for place, run in enumerate(line):
        kept = run if not run.bold or _can_be_bold(line, place) else Run(run.text, page=run.page)
        if runs and (runs[-1].bold, runs[-1].page) == (kept.bold, kept.page):
            kept = Run(runs.pop().text + kept.text, kept.bold, kept.page)
        runs.append(kept)
    return runs


def _can_be_bold(line: Line, place: int) -> bool:
    text = line[place].text
    before = line[place - 1].text[-1:] if place else ""
    after = line[place + 1].text[:1] if place + 1 < len(line) else ""
    opens = text[:1].isalnum() or not before.isalnum()
    closes = text[-1:].isalnum() or not after.isalnum()
    return bool(text.strip()) and "\n" not in text and opens and closes
