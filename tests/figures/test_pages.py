"""Where the figures of an answer come from: found in the ledger, for the customer who was answered alone."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.audit.erasing import erase
from tests.figures.conftest import FigureWorld
from ultracore.audit import AuditEventType, Origin, Subject
from ultracore.audit.vocabulary import ConversationRemoved
from ultracore.privacy import open_erasure
from ultracore.wording import money_text

SPENT = "how much did I spend on groceries last month?"
BALANCE = "what is the balance of my everyday account?"


def section_of(page: str, figure: str) -> str:
    """What the page has under the heading of a figure."""
    (found,) = [one for one in html.unescape(page).split("<section") if f"<bdi>{figure}</bdi></h2>" in one]
    return found


def amounts_in(text: str) -> list[Decimal]:
    found = re.findall(r'data-label="Amount"><bdi dir="ltr">(-?)AUD ([\d,]+\.\d\d)', text)
    return [Decimal(sign + amount.replace(",", "")) for sign, amount in found]


async def test_a_sum_opens_the_lines_of_the_ledger_that_add_up_to_it(world: FigureWorld) -> None:
    screen = await world.desk.say(SPENT)
    (said,) = re.findall(r"AUD ([\d,]+\.\d\d)", screen.answers[-1])[:1]
    found = section_of(await world.figures_of_last(), said)
    assert "Added up the spending" in found
    assert "<bdi>Amount</bdi> (<bdi>groceries</bdi>)" in found
    assert -sum(amounts_in(found)) == Decimal(said.replace(",", ""))


async def test_a_balance_opens_the_latest_lines_of_its_account(world: FigureWorld) -> None:
    await world.desk.say(BALANCE)
    found = section_of(await world.figures_of_last(), "2,500.00")
    assert "<bdi>Balance</bdi> (<bdi>Everyday</bdi>)" in found
    balances = re.findall(r'data-label="Balance after"><bdi dir="ltr">([^<]+)<', found)
    assert balances[0] == money_text(Decimal("2500.00"))
    assert len(balances) == len(amounts_in(found)) > 1


async def test_a_line_that_an_answer_quotes_is_shown_from_the_ledger(world: FigureWorld) -> None:
    screen = await world.desk.say("show my last 3 payments")
    quoted = re.findall(r": (.+), -AUD ([\d,]+\.\d\d)", screen.answers[-1])
    page = await world.figures_of_last()
    assert len(quoted) == 3
    for description, amount in quoted:
        found = section_of(page, amount)
        assert description.replace("\\", "") in found
        assert -Decimal(amount.replace(",", "")) in amounts_in(found)


async def test_a_later_payment_changes_nothing_of_what_an_earlier_answer_shows(world: FigureWorld) -> None:
    await world.desk.say(BALANCE)
    await world.desk.say("pay 50 to City Power")
    await world.desk.press(approve=True)
    path = f"/figures/{world.desk.conversation_id}"
    links = re.findall(rf'href="({path}/\d+)"', (await world.get(path)).text)
    found = section_of((await world.get(links[-1])).text, "2,500.00")
    assert "AUD 2,450.00" not in found
    assert "AUD 2,500.00" in found


async def test_a_conversation_of_somebody_else_is_like_one_that_does_not_exist(world: FigureWorld) -> None:
    await world.desk.say(BALANCE)
    now = int(datetime.now(UTC).timestamp() * 1000)
    wanted = {"customer2": 404, "customer9": 404, "teller1": 403, "supervisor1": 403, "": 303}
    for who, status in wanted.items():
        for path in (f"/figures/{world.desk.conversation_id}", f"/figures/{world.desk.conversation_id}/{now}"):
            answer = await world.get(path, who)
            assert answer.status_code == status, (who, path)
            assert "2,500.00" not in answer.text
    unknown = await world.get("/figures/00000000-0000-4000-8000-000000000000", "customer2")
    assert unknown.text == (await world.get(f"/figures/{world.desk.conversation_id}", "customer2")).text
    refused = [one.user_id for one in await world.told(AuditEventType.PERMISSION_DENIED)]
    assert refused == ["customer2"] * 4


async def test_a_moment_without_an_answer_and_a_deleted_conversation_are_not_found(world: FigureWorld) -> None:
    await world.desk.say(BALANCE)
    path = f"/figures/{world.desk.conversation_id}"
    for moment in ("0", "x", "9" * 30, "١٢٣"):
        assert (await world.get(f"{path}/{moment}")).status_code == 404, moment
    origin, subject = Origin("tenant_1", "customer1"), Subject.of(world.desk.who)
    await world.desk.app.trail.write(ConversationRemoved(world.desk.conversation_id), origin, subject)
    await world.desk.app.threads.forget(world.desk.who, world.desk.conversation_id)
    assert (await world.get(path)).status_code == 404


async def test_after_an_erasure_the_page_says_so(world: FigureWorld) -> None:
    await world.desk.say(BALANCE)
    moment = int(datetime.now(UTC).timestamp() * 1000)
    path = f"/figures/{world.desk.conversation_id}"
    async with open_erasure(world.desk.app.settings) as opened:
        assert await erase(opened.erasure, Subject("customer", "tenant_1", "cust_1"))
    for one in (path, f"{path}/{moment}"):
        page = (await world.get(one)).text
        assert "was erased" in page
        assert "2,500.00" not in page


@pytest.mark.parametrize(
    ("language", "question", "heading", "direction"),
    [
        ("es", "¿cuál es el saldo de mi cuenta corriente?", "De dónde salen estas cifras", "ltr"),
        ("zh", "我的账户余额是多少", "这些数字的来源", "ltr"),
        ("ar", "كم رصيد حسابي؟", "من أين تأتي هذه الأرقام", "rtl"),
    ],
)
async def test_the_page_is_in_the_language_of_the_answer(
    world: FigureWorld, language: str, question: str, heading: str, direction: str
) -> None:
    await world.desk.say(question)
    page = await world.figures_of_last()
    assert f'<html lang="{language}">' in page
    assert f'<main id="main" tabindex="-1" dir="{direction}">' in page
    assert f"<h1>{heading}</h1>" in page
    assert "2,500.00" in page
