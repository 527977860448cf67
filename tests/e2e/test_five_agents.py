"""What a customer meets on the first day, in a browser: five agents, a handoff and back, no, too late, Stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer
from tests.support.scripted_model import ScriptedModel, say, scripted_model
from ultracore.ai.profiles import PROFILES

__all__ = ["scripted_model"]

FIRST = {profile.domain: profile.starters[0] for profile in PROFILES}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app with short-lived cards for the tests of this file."""
    with running_app(tmp_path_factory.mktemp("app"), {"ULTRACORE_APPROVAL_SECONDS": "6"}) as running:
        yield running


@pytest.fixture
async def customer(page: Page, app: RunningApp) -> Customer:
    """`customer1` at the greeting of a new conversation."""
    visitor = Customer(page, app.url)
    await visitor.sign_in()
    return visitor


@pytest.mark.parametrize("agent", ["Accounts", "Payments", "Lending", "Wealth", "Security"])
async def test_each_agents_first_starter(customer: Customer, agent: str, tmp_path: Path) -> None:
    await customer.button(FIRST[agent]).click()
    await customer.sees(f"The {agent} agent is answering.")
    await customer.sees("offline demo model" if agent != "Payments" else "Balance after")
    await customer.page.screenshot(path=tmp_path / f"{agent}.png")
    if agent == "Payments":
        await customer.button("Decline").click()


async def test_a_handoff_and_back(customer: Customer, tmp_path: Path) -> None:
    await customer.say("What's my balance?")
    await customer.sees("2,500.00")
    await customer.say("how is my portfolio doing")
    await customer.sees("handed you over to the Wealth agent")
    await customer.say("what's the balance of my savings account")
    await customer.sees("handed you over to the Accounts agent")
    await customer.page.screenshot(path=tmp_path / "handoff.png")


async def test_declining_and_running_out_change_nothing(
    customer: Customer, app: RunningApp, tmp_path: Path
) -> None:
    await customer.say("transfer 50 dollars to City Power")
    await customer.button("Decline").click()
    await customer.sees("declined")
    await customer.page.screenshot(path=tmp_path / "declined.png")
    await customer.say("transfer 60 dollars to City Power")
    await expect(customer.button("Pay")).to_be_visible()
    await expect(customer.button("Pay")).to_have_count(0, timeout=15_000)
    await customer.sees("has expired")
    await customer.page.screenshot(path=tmp_path / "expired.png")
    assert await asyncio.to_thread(app.balance, "acc_1") == "2500.00"


async def test_stop_keeps_what_was_seen(page: Page, tmp_path: Path, scripted_model: ScriptedModel) -> None:
    scripted_model.expect(say("", pieces=["Once upon\n\n", "a time ", "there was"], delay=8.0))
    with running_app(tmp_path, {"OPENAI_BASE_URL": scripted_model.base_url}) as slow:
        customer = Customer(page, slow.url)
        await customer.sign_in()
        await customer.say("What's my balance?")
        await customer.sees("Once")
        await page.locator("#stop-button").click()
        await customer.sees("Stopped.")
        await page.screenshot(path=tmp_path / "stopped.png")
        kinds = [event["event_type"] for event in await asyncio.to_thread(slow.events)]
        assert "turn_stopped" in kinds
