"""Charts as pictures of our own: SVG without scripts, styles or addresses, shown through `<img>`.

Chainlit's own charts are four megabytes of script that the page's policy would have to be opened for. An SVG
behind `<img>` can neither run nor load anything. Figures stay decimals up to the last step, in which they become
places on the picture; what is written beside them is written from the decimals.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from html import escape

from ultracore.ai.screen import Chart
from ultracore.wording import money_text

WIDTH = 520
MOST_BARS = 12
MOST_SLICES = 8
# The picture goes into the page as text; more points than pixels show nothing more.
MOST_POINTS = 400
# Beyond it a float no longer tells neighbouring places apart, and no label fits.
LARGEST = Decimal(10) ** 15
COLOURS = ("#0b5f8a", "#2a9d8f", "#e09f3e", "#9c6ade", "#d1495b", "#5b8e3e", "#7a7f87", "#3d6fd1")
INK, FAINT, PAPER = "#1c2530", "#d5dae0", "#ffffff"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"

Points = Sequence[tuple[str, Decimal]]


def chart_url(chart: Chart) -> str | None:
    """The picture as a `data:` address; None if the figures cannot be drawn."""
    picture = chart_svg(chart)
    if picture is None:
        return None
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


def chart_words(chart: Chart) -> str:
    """The same for somebody who hears the page: title and figures; of a long line its first and last."""
    points = _points(chart) or []
    spoken = points if len(points) <= MOST_BARS else [points[0], points[-1]]
    figures = ", ".join(f"{label} {value_text(value, chart.unit)}" for label, value in spoken)
    return f"{chart.title}: {figures}"


def chart_svg(chart: Chart) -> str | None:
    """The picture, `WIDTH` wide; None if there is nothing to draw, or a figure is no number."""
    points = _points(chart)
    if points is None:
        return None
    if chart.kind == "line":
        return _line(chart, points) if len(points) > 1 else None
    if chart.kind == "pie":
        return _pie(chart, points)
    return _bars(chart, points)


def value_text(value: Decimal, unit: str) -> str:
    """`AUD 1,204.50` or `12.5%`."""
    return f"{value.normalize():f}%" if unit == "%" else money_text(value, unit)


def _points(chart: Chart) -> list[tuple[str, Decimal]] | None:
    try:
        points = [(label, Decimal(text)) for label, text in zip(chart.labels, chart.values, strict=True)]
    except (ValueError, InvalidOperation):
        return None
    drawable = points and len(points) <= MOST_POINTS and all(_fits(value) for _, value in points)
    return points if drawable else None


def _fits(value: Decimal) -> bool:
    return value.is_finite() and abs(value) <= LARGEST


def _gathered(points: Points, most: int) -> list[tuple[str, Decimal]]:
    """The first `most` points, the rest in one."""
    if len(points) <= most:
        return list(points)
    rest = sum((value for _, value in points[most - 1 :]), Decimal(0))
    return [*points[: most - 1], ("Other", rest)]


def _bars(chart: Chart, points: Points) -> str:
    shown = _gathered(points, MOST_BARS)
    most = float(max(abs(value) for _, value in shown)) or 1.0
    parts = []
    for number, (label, value) in enumerate(shown):
        top = 18 + number * 34
        length = max(2.0, 226 * abs(float(value)) / most)
        colour = COLOURS[4] if value < 0 else COLOURS[0]
        parts += [
            _text(156, top + 15, _short(label, 22), anchor="end"),
            f'<rect x="166" y="{top}" width="{length:.1f}" height="21" rx="3" fill="{colour}"/>',
            _text(174 + length, top + 15, value_text(value, chart.unit)),
        ]
    return _picture(chart, 18 + len(shown) * 34 + 6, parts)


def _pie(chart: Chart, points: Points) -> str | None:
    shown = _gathered(points, MOST_SLICES)
    total = sum((value for _, value in shown), Decimal(0))
    # A negative slice cannot be drawn, and leaving it out would make the others look larger than they are.
    if total <= 0 or any(value < 0 for _, value in shown):
        return None
    parts, begun = [], 0.0
    for number, (label, value) in enumerate(shown):
        colour, share = COLOURS[number % len(COLOURS)], float(value / total)
        top = 30 + number * 27
        parts += [
            _slice(begun, begun + share, colour),
            f'<rect x="256" y="{top}" width="14" height="14" rx="3" fill="{colour}"/>',
            _text(278, top + 12, _short(label, 23)),
            _text(500, top + 12, f"{100 * value / total:.1f}%", anchor="end"),
        ]
        begun += share
    return _picture(chart, max(224, 30 + len(shown) * 27 + 14), parts)


def _slice(begun: float, ended: float, colour: str) -> str:
    """A piece of a ring around (130, 112), from `begun` to `ended` of the whole, clockwise from the top."""
    ring = 'cx="130" cy="112" r="72" fill="none" stroke-width="40"'
    around = 2 * math.pi * 72
    gap = 0.0 if ended - begun > 0.999 else 1.5
    length = max(0.0, (ended - begun) * around - gap)
    return (
        f'<circle {ring} stroke="{colour}" stroke-dasharray="{length:.2f} {around - length:.2f}" '
        f'transform="rotate({360 * begun - 90:.2f} 130 112)"/>'
    )


def _line(chart: Chart, points: Points) -> str:
    values = [float(value) for _, value in points]
    low, high = min(0.0, *values), max(0.0, *values)
    reach = (high - low) or 1.0
    places = [
        (112 + 386 * at / (len(values) - 1), 216 - 190 * (value - low) / reach) for at, value in enumerate(values)
    ]
    way = " ".join(f"{across:.1f},{down:.1f}" for across, down in places)
    floor = 216 - 190 * (0 - low) / reach
    parts = [
        *_scale(chart, low, high),
        f'<polygon points="112,{floor:.1f} {way} 498,{floor:.1f}" fill="#0b5f8a22"/>',
    ]
    parts.append(f'<polyline points="{way}" fill="none" stroke="{COLOURS[0]}" stroke-width="2.5"/>')
    parts += [_text(112, 240, _short(points[0][0], 24)), _text(498, 240, _short(points[-1][0], 24), anchor="end")]
    return _picture(chart, 256, parts)


def _scale(chart: Chart, low: float, high: float) -> list[str]:
    """Four level lines with their figures."""
    parts = []
    for step in range(5):
        down, value = 216 - 190 * step / 4, low + (high - low) * step / 4
        parts.append(f'<path d="M112 {down:.1f}H498" stroke="{FAINT}"/>')
        parts.append(_text(104, down + 4, _round_text(value, chart.unit), anchor="end", size=12))
    return parts


def _round_text(value: float, unit: str) -> str:
    return f"{value:.1f}%" if unit == "%" else f"{unit} {value:,.0f}"


def _picture(chart: Chart, height: int, parts: Sequence[str]) -> str:
    """The title stands above the picture, so that a screen reader finds it too."""
    size = f'width="{WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {size}>'
    frame = f'<rect {size} fill="{PAPER}"/>'
    return "".join([head, f"<title>{escape(chart.title)}</title>", frame, *parts, "</svg>"])


def _text(
    across: float, down: float, text: str, *, anchor: str = "start", weight: int = 400, size: int = 14
) -> str:
    return (
        f'<text x="{across:.1f}" y="{down:.1f}" font-family="{FONT}" font-size="{size}" '
        f'fill="{INK}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
