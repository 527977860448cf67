"""Charts: pictures that load and run nothing, and the same in words."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest

from tests.chat.test_drawing import Drawing
from ultracore.ai.screen import Chart, ToolStep
from ultracore.chat.page.charts import MOST_BARS, chart_svg, chart_url, chart_words
from ultracore.chat.page.render import MOST_OPEN_ROWS

SPENDING = Chart("bar", "Spending <&> by category", ("Groceries", "Rent", "Refund"), ("412.10", "1440", "-20.00"))
SHARES = Chart("pie", "Allocation", ("Shares", "Cash"), ("75", "25.5"), "%")
LEFT = Chart("line", "What is left", tuple(map(str, range(60))), tuple(f"{600 - 10 * n}" for n in range(60)))
ALLOWED = {"svg", "title", "rect", "text", "circle", "path", "polygon", "polyline"}


@pytest.mark.parametrize("chart", [SPENDING, SHARES, LEFT], ids=lambda chart: chart.kind)
def test_a_picture_is_well_formed_and_has_nothing_that_runs_or_loads(chart: Chart) -> None:
    url = chart_url(chart)
    assert url is not None and url.startswith("data:image/svg+xml;base64,")
    picture = base64.b64decode(url.partition(",")[2]).decode()
    tree = ElementTree.fromstring(picture)  # noqa: S314 - made by us a line above
    assert {node.tag.rpartition("}")[2] for node in tree.iter()} <= ALLOWED
    assert not any("href" in name or name.startswith("on") for node in tree.iter() for name in node.attrib)
    assert picture.count("http") == 1
    assert tree[0].text == chart.title


def test_figures_are_written_from_the_decimals() -> None:
    picture = chart_svg(SPENDING) or ""
    assert all(text in picture for text in (">AUD 412.10<", ">AUD 1,440.00<", ">-AUD 20.00<"))
    assert ">74.6%<" in (chart_svg(SHARES) or "")
    assert chart_words(SHARES) == "Allocation: Shares 75%, Cash 25.5%"
    assert chart_words(LEFT) == "What is left: 0 AUD 600.00, 59 AUD 10.00"


def test_many_bars_end_in_one_for_the_rest() -> None:
    many = Chart("bar", "Many", tuple(f"l{n}" for n in range(30)), ("1.00",) * 30)
    picture = chart_svg(many) or ""
    assert picture.count('height="21"') == MOST_BARS
    assert ">Other<" in picture and f">AUD {30 - MOST_BARS + 1}.00<" in picture


@pytest.mark.parametrize(
    "chart",
    [
        Chart("bar", "Nothing", (), ()),
        Chart("bar", "Uneven", ("a", "b"), ("1",)),
        Chart("bar", "No number", ("a",), ("1.2.3",)),
        Chart("bar", "Not finite", ("a",), ("NaN",)),
        Chart("bar", "Too large", ("a",), ("1E400",)),
        Chart("pie", "Below nothing", ("a", "b"), ("5", "-1")),
        Chart("pie", "All nothing", ("a",), ("0",)),
        Chart("line", "One point", ("a",), ("1",)),
    ],
    ids=lambda chart: chart.title,
)
def test_what_cannot_be_drawn_is_left_out(chart: Chart) -> None:
    assert chart_url(chart) is None


def test_a_chart_of_nothing_but_zeros_is_drawn() -> None:
    zeros = ("0", "0.00")
    assert chart_svg(Chart("bar", "Zeros", ("a", "b"), zeros))
    assert chart_svg(Chart("line", "Zeros", ("a", "b"), zeros))


async def test_a_steps_chart_stands_below_it_in_the_agents_name() -> None:
    drawing = Drawing()
    view = drawing.view()
    await view.agent("Accounts")
    await view.step(ToolStep("1", "summarise_spending", "running", "x"))
    await view.step(ToolStep("1", "summarise_spending", "done", "Three groups.", (("A",), ("1",)), SPENDING))
    (_, running), (_, done), (_, below), (name, picture) = drawing.events
    assert running["output"] == "Adding up the spending…"
    assert (done["autoCollapse"], below["name"], name) == (False, "Accounts", "element")
    assert (picture["forId"], picture["type"], picture["display"]) == (below["id"], "image", "inline")
    assert picture["name"].startswith("Spending <&> by category: Groceries AUD 412.10")
    drawing.events.clear()
    await drawing.page.redraw()
    assert drawing.names()[-1] == "element"


@pytest.mark.parametrize(("rows", "closes"), [(0, True), (1, False), (MOST_OPEN_ROWS, False), (60, True)])
async def test_a_step_stays_open_while_its_table_is_short(rows: int, closes: bool) -> None:
    drawing = Drawing()
    table = (("Head",), *((str(number),) for number in range(rows))) if rows else ()
    await drawing.view().step(ToolStep("1", "get_statement", "done", "Read.", table))
    assert (drawing.events[0][1]["defaultOpen"], drawing.events[0][1]["autoCollapse"]) == (True, closes)
