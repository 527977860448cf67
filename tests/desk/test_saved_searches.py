"""Filters of the list under a name: kept without words or people, shared within the bank, and on the record."""

from __future__ import annotations

import re

import pytest

from tests.desk.conftest import DeskWorld
from tests.desk.test_conversation_pages import talk, told
from ultracore.audit import AuditEventType
from ultracore.banking.cases import SearchOwner

FILTERS = {"decision": "denied", "tool": "execute_transaction", "sort": "old"}
LIST = "/desk/conversations"


async def keep(desk: DeskWorld, name: str = "Refused <b>", who: str = "supervisor1", **more: str) -> str:
    """Save it; gives the text of the page that follows."""
    async with desk.browser(who) as browser:
        return (await browser.send("/desk/searches", {**FILTERS, "name": name, **more})).text


async def links(desk: DeskWorld, who: str = "supervisor1") -> list[str]:
    async with desk.browser(who) as browser:
        return await browser.links(LIST, r"/desk/searches/search_\w+")


async def act(desk: DeskWorld, path: str, who: str = "supervisor1", **fields: str) -> tuple[int, str]:
    async with desk.browser(who) as browser:
        answer = await browser.send(path, fields)
        return answer.status_code, answer.text


async def test_a_saved_search_opens_the_list_with_its_filters(desk: DeskWorld) -> None:
    await talk(desk)
    page = await keep(desk)
    assert "Refused &lt;b&gt;" in page
    (link,) = await links(desk)
    async with desk.browser() as browser:
        answer = await browser.client.get(link, follow_redirects=True)
    assert str(answer.url).endswith(f"{LIST}?tool=execute_transaction&decision=denied&sort=old")
    assert re.findall(r'href="/desk/conversations/(conv-\w+)"', answer.text) == ["conv-one"]


async def test_words_reasons_and_people_are_not_saved(desk: DeskWorld) -> None:
    people = {"words": "zebra", "reason": "Complaint", "customer": "cust_1", "user": "customer1"}
    async with desk.browser() as browser:
        page = (await browser.get(f"{LIST}?decision=denied&words=zebra&reason=Complaint&customer=cust_1")).text
    assert "Customer, words, reason will not be saved." in page
    await keep(desk, **people)
    (search,) = await desk.core.bank.saved_searches.of("tenant_1", "supervisor1")
    assert search.filters == "tool=execute_transaction&decision=denied&sort=old"
    status, page = await act(desk, "/desk/searches", name="Only people", **people)
    assert (status, "There is nothing to keep" in page) == (400, True)


async def test_colleagues_see_who_shares_a_search_and_cannot_change_it(desk: DeskWorld) -> None:
    await keep(desk, shared="yes")
    await keep(desk, "Private")
    (link,) = await links(desk, "auditor1")
    async with desk.browser("auditor1") as browser:
        assert "shared by Supervisor1" in (await browser.get(LIST)).text
    assert (await act(desk, f"{link}/delete", "auditor1"))[0] == 403
    assert (await act(desk, f"{link}/rename", "auditor1", name="Mine now"))[0] == 403
    assert len(await links(desk)) == 2
    assert await links(desk, "supervisor2") == []
    async with desk.browser("supervisor2") as browser:
        assert (await browser.get(link)).status_code == 404


async def test_saving_renaming_and_deleting_are_on_the_record(desk: DeskWorld) -> None:
    await keep(desk)
    (link,) = await links(desk)
    assert "Refused money" in (await act(desk, f"{link}/rename", name="Refused money"))[1]
    assert "There is no saved search yet" in (await act(desk, f"{link}/delete"))[1]
    said = [(one.user_id, one.metadata or {}) for one in await told(desk, AuditEventType.DATA_MODIFIED)]
    expected = [("saved", "Refused <b>"), ("renamed", "Refused money"), ("deleted", "Refused money")]
    assert sorted((who, one["kind"], one["name"]) for who, one in said) == sorted(
        ("supervisor1", *one) for one in expected
    )


async def test_a_saved_search_with_a_filter_that_is_gone_says_so(desk: DeskWorld) -> None:
    owner = SearchOwner("tenant_1", "supervisor1", "Sam")
    await desk.core.bank.saved_searches.save(owner, "Old one", "colour=red&decision=denied", shared=False)
    (link,) = await links(desk)
    async with desk.browser() as browser:
        answer = await browser.get(link)
    assert answer.status_code == 400
    assert "a filter that is none any more" in answer.text
    assert "colour" in answer.text


@pytest.mark.parametrize("more", [{"name": ""}, {"tool": "Mrs Smith"}, {"decision": "maybe"}, {"from": "today"}])
async def test_what_is_no_filter_is_not_saved(desk: DeskWorld, more: dict[str, str]) -> None:
    status, _ = await act(desk, "/desk/searches", **{**FILTERS, "name": "Refused", **more})
    assert (status, await links(desk)) == (400, [])
