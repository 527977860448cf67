"""Two hundred strings that a person might give as a name or a message, and every place to draw them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ultracore.ai.screen import ApprovalCard, ToolStep, TurnView
from ultracore.ai.staff.shown_again import gathered, line_of
from ultracore.audit.replay import Shown
from ultracore.markdown import visible

_WHOLE = (
    "my reference is abc:def and :secret note",
    ":::warning",
    "::name[x]{.y}",
    ":word",
    "a :b: c",
    "customer:cust_1 tool:execute_transaction since:2026-11-01",
    "12:30 and 1:2:3",
    "~~gone~~ and ~half~",
    "2*3*4 and **bold** and *it*",
    "_under_ __double__ acc_1 _",
    "# Approved",
    "## Receipt R-1",
    "> quoted",
    ">",
    "- item",
    "+ item",
    "* item",
    "-",
    "---",
    "***",
    "===",
    "1. first",
    "1986. A great year",
    "7) seven",
    "    indented code",
    "`code` and ``more``",
    "```",
    "~~~",
    "[link](https://evil.example/x)",
    "[link][ref]",
    "[ref]: https://evil.example",
    "[ ] todo",
    "[x] done",
    "[^1] and [^1]: note",
    "![picture](/my-data.json?a=1)",
    "https://evil.example/path?x=1&y=2",
    "see http://evil.example now",
    "www.evil.example",
    "WWW.EVIL.EXAMPLE",
    "(www.evil.example)",
    "mail me@evil.example or a.b+c@evil.example",
    "<https://evil.example>",
    "<me@evil.example>",
    "<b>bold</b><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<!-- comment -->",
    "&lt;b&gt; &amp; &#57; &#x41; &copy; &nbsp;",
    "a|b|c",
    "| a | b |",
    "|---|---|",
    "\\",
    "\\\\ \\* \\| \\:",
    "ends with a backslash\\",
    "ends with a pipe|",
    "$x^2$ and $$y$$",
    "\u25c8 Approved",
    "\u202egnp.exe",
    "zero\u200bwidth\u2060joiner\u00adhyphen",
    "a\x00b\x07c",
    "tab\there",
    "line\nbreak\r\nand more",
    "two  spaces   three",
    "  spaces around  ",
    "\u2028separator\u2029",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "\u4f60\u597d \u3053\u3093\u306b\u3061\u306f",
    "\U0001f469\u200d\U0001f4bb emoji",
    "{{= accounts.0.balance}}",
    "{.class #id}",
    "+++ toml",
    "term\n: definition",
    "Header\n======",
    "<details><summary>x</summary></details>",
    "javascript:alert(1)",
    "tel:+61400000000",
    "\u201cquotes\u201d 'single' \"double\"",
    "100% & more; less",
    "a<b>c",
    "x < y > z",
    "C# and F#",
    "#1",
    "~",
    "*",
    "_",
    ":",
    "`",
    "[",
    "]",
    "!",
    "&",
    "<",
    "|",
    "**",
    "~~",
    "::",
    "[]",
    "[]()",
    "()",
    "**Paid** AUD 50.00",
    "Approve",
)
STRINGS = (
    *_WHOLE,
    *(f"Flat {number}, {text}, please" for number, text in enumerate(_WHOLE[:60])),
    *(f"{text}{text}" for text in _WHOLE[:40]),
)
assert len(STRINGS) == 200

ROWS = 10


def wanted(text: str) -> str:
    """What a person reads of it."""
    return " ".join(visible(text.replace("\n", " ")).split())


async def draw_hostile(view: TurnView) -> None:
    """Every string in a table, in a step's sentence, in a notice and in a replay."""
    for at in range(0, len(STRINGS), ROWS):
        table = [(f"t{at + place}", text) for place, text in enumerate(STRINGS[at : at + ROWS])]
        step = ToolStep(f"call-{at}", "get_statement", "done", f"s{at} {STRINGS[at]}", (("No", "Text"), *table))
        await view.step(step)
    # Some to a message: a page of hundreds of messages takes a slow machine minutes.
    for at in range(0, len(STRINGS), ROWS):
        lines = [f"n{at + place} {wanted(text)}" for place, text in enumerate(STRINGS[at : at + ROWS])]
        await view.message("\n\n".join(lines), kind="notice")
    for page in gathered(_replayed()):
        await view.message(page, kind="notice")


async def draw_hostile_card(view: TurnView) -> None:
    """Every string on a card. A turn of its own, since a card closes the steps of its turn."""
    rows = tuple((f"c{number}", text) for number, text in enumerate(STRINGS))
    await view.card(ApprovalCard("id", STRINGS[0], rows, datetime.now(UTC) + timedelta(seconds=90), 90))


def _replayed() -> Iterator[str]:
    return (line_of(Shown(f"r{number}", "message", text)) for number, text in enumerate(STRINGS))
