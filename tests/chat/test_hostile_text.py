"""What people wrote is inert and whole wherever it is drawn, compared with what the page shows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.chat.client import Server
from tests.chat.hostile import ROWS, STRINGS, wanted
from tests.support.customer import Customer
from ultracore.markdown import inert

READ = """() => {
  const cells = {}, lines = {};
  for (const row of document.querySelectorAll('tr')) {
    const [key, value] = [...row.children].map((cell) => cell.textContent);
    if (/^[tc]\\d+$/.test(key)) cells[key] = value;
  }
  for (const line of document.querySelectorAll('div[role=article]')) {
    const found = /^([ns])(\\d+) ?([^]*)$/.exec(line.textContent) || /^(r)(\\d+): ?([^]*)$/.exec(line.textContent);
    if (found) lines[found[1] + found[2]] = found[3];
  }
  const active = document.querySelectorAll('.message-content a, .message-content img, .message-content script');
  return { cells, lines, active: [...active].map((one) => one.outerHTML) };
}"""


TITLES = STRINGS[
    :100
]  # The others are made of these; twice as many requests are more than a person has in a minute.
RENAME = """async ([threadId, names]) => {
  const ask = async (method, path, body) => {
    const headers = { "Content-Type": "application/json" };
    return (await fetch(path, { method, headers, body: JSON.stringify(body) })).json();
  };
  const lines = [];
  for (const [at, name] of names.entries()) {
    await ask("PUT", "/project/thread", { threadId, name });
    const { data } = await ask("POST", "/project/threads", { pagination: { first: 1 }, filter: {} });
    lines.push({ ...data[0], id: `line-${at}` });
  }
  return lines;
}"""


async def listed(page: Page) -> list[str]:
    """Each of the titles that a person gives a conversation, as the list shows it."""
    thread_id = page.url.rpartition("/")[2]
    lines = await page.evaluate(RENAME, [thread_id, list(TITLES)])
    info = {"hasNextPage": False, "startCursor": None, "endCursor": None}
    # The list as the server gives it, with a line for each of the names that the one conversation had.
    await page.route("**/project/threads", lambda route: route.fulfill(json={"data": lines, "pageInfo": info}))
    await page.reload()
    titles = page.locator("#thread-history a[href^='/thread/line-'] span.truncate")
    await expect(titles).to_have_count(len(TITLES))
    return [read(text) for text in await titles.all_text_contents()]


async def drawn(page: Page, server: Server) -> dict[str, Any]:
    customer = Customer(page, server.url)
    await customer.sign_in()
    await customer.say("draw")
    # The last that is drawn. A page of this size takes a slow machine a minute.
    await expect(page.get_by_text(f"r{len(STRINGS) - 1}: ").first).to_be_attached(timeout=180_000)
    steps: dict[str, Any] = await page.evaluate(READ)
    await customer.say("draw a card")
    row = page.get_by_role("cell", name=f"c{len(STRINGS) - 1}", exact=True, include_hidden=True)
    await expect(row).to_be_attached(timeout=180_000)
    card: dict[str, Any] = await page.evaluate(READ)
    return {name: {**steps[name], **card[name]} for name in ("cells", "lines")} | {"active": card["active"]}


def read(text: str) -> str:
    """The page's words without the joiners that keep addresses from becoming links."""
    return " ".join(text.replace("\u2060", "").split())


@pytest.mark.timeout(400)
async def test_two_hundred_strings_are_read_as_they_were_written(page: Page, chat_server: Server) -> None:
    found = await drawn(page, chat_server)
    shown = {**found["cells"], **found["lines"]}
    places = [*("t", "c", "n", "r")]
    expected = {f"{place}{number}": wanted(text) for number, text in enumerate(STRINGS) for place in places}
    expected |= {f"s{number}": wanted(STRINGS[number]) for number in range(0, len(STRINGS), ROWS)}
    wrong = {key: (read(shown.get(key, "nothing")), text) for key, text in expected.items() if text}
    assert {key: pair for key, pair in wrong.items() if pair[0] != pair[1]} == {}
    assert found["active"] == []
    titles = await listed(page)
    assert [pair for pair in zip(titles, map(wanted, TITLES), strict=True) if pair[1] and pair[0] != pair[1]] == []


@pytest.mark.parametrize("text", STRINGS)
def test_what_is_inert_once_is_one_line_without_anything_unseen(text: str) -> None:
    assert "\n" not in inert(text)
    assert not any(char in inert(text) for char in "\u200b\u202e\u25c8\x00")


def test_money_dates_names_and_times_stay_as_they_are() -> None:
    text = "AUD 2,500.00 to City Power ··4821 (acc_1) at 10:47, 5 - 3 = 2, ref: R-BCD"
    assert inert(text) == text
