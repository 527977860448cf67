from __future__ import annotations

import pytest

from tests.banking.ledgers import Ledger, raw
from tests.banking.renaming import staff
from tests.banking.support import MovableClock, customer
from ultracore.banking import Bank
from ultracore.banking.access import AdaptiveDecision
from ultracore.banking.access.adaptive import DENY_FROM, RULES, STEP_UP_FROM
from ultracore.banking.access.surroundings import device_of, place_of
from ultracore.principal import Connection, Role

HOME = Connection("203.0.113.7", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
AWAY = Connection("198.51.100.9", "Opera/9")
DAY = 86_401


async def check(bank: Bank, connection: Connection | None = HOME, action: str = "add_payee") -> AdaptiveDecision:
    return await bank.adaptive.check(customer(), action, connection)


def names(decision: AdaptiveDecision) -> set[str]:
    return {factor.name for factor in decision.factors}


@pytest.fixture
async def at_home(bank: Bank, clock: MovableClock) -> None:
    await bank.security.surroundings.remember("customer1", HOME)
    clock.advance(DAY)


async def test_a_first_visit_is_allowed(bank: Bank) -> None:
    decision = await check(bank)
    assert (decision.allowed, decision.action, decision.reason) == (True, "allow", "access.allowed")
    assert names(decision) == {"new_device", "new_place"}


@pytest.mark.usefixtures("at_home")
async def test_the_owner_at_home_meets_no_rule(bank: Bank) -> None:
    assert (await check(bank)).score == 0
    assert names(await check(bank, AWAY)) == {"new_device", "new_place"}
    assert names(await check(bank, None)) == set()


@pytest.mark.usefixtures("at_home")
async def test_refusals_of_what_is_not_theirs_restrict_for_an_hour(bank: Bank, clock: MovableClock) -> None:
    for number in range(15):
        await bank.adaptive.note_denied(customer(), "access.other_customer" if number % 2 else "tenant.mismatch")
        expected = "allow" if number < 4 else "step_up" if number < 14 else "deny"
        assert (await check(bank)).action == expected, number
    denied = await check(bank)
    assert (denied.allowed, denied.reason) == (False, "access.restricted")
    clock.advance(901)
    assert names(await check(bank)) == {"very_often_denied"}
    clock.advance(3600)
    assert (await check(bank)).score == 0


@pytest.mark.usefixtures("at_home")
async def test_mistyped_arguments_are_no_attack(bank: Bank) -> None:
    for code in ("amount.too_precise", "arguments.missing", "funds.insufficient", "payee.not_saved") * 5:
        await bank.adaptive.note_denied(customer(), code)
    assert (await check(bank)).score == 0


@pytest.mark.usefixtures("at_home")
async def test_failed_sign_ins_count_more_from_elsewhere(bank: Bank) -> None:
    for _ in range(3):
        await bank.security.marks.note("customer1", "sign_in_failed")
    assert (await check(bank)).action == "allow"
    assert (await check(bank, AWAY)).action == "step_up"
    for _ in range(7):
        await bank.security.marks.note("customer1", "sign_in_failed")
    assert (await check(bank)).action == "step_up"
    assert (await check(bank, AWAY)).score >= STEP_UP_FROM
    assert (await bank.adaptive.check(customer(2), "add_payee", None)).score == 0


@pytest.mark.usefixtures("at_home")
async def test_an_open_report_asks_for_more_from_elsewhere_only(bank: Bank) -> None:
    report = await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "Somebody has my phone")
    assert (await check(bank)).action == "allow"
    assert (await check(bank, AWAY)).action == "step_up"
    await bank.security.incidents.withdraw("tenant_1", "cust_1", report.reference)
    assert (await check(bank, AWAY)).action == "allow"


async def test_an_open_report_casts_no_doubt_on_the_staff_who_help(bank: Bank) -> None:
    await bank.security.incidents.report("tenant_1", "cust_1", "customer1", "Somebody has my phone")
    teller = staff("teller1", Role.TELLER)
    decision = await bank.adaptive.check(teller, "execute_transaction", AWAY, customer_id="cust_1")
    assert (decision.allowed, names(decision)) == (True, {"new_device", "new_place"})


@pytest.mark.parametrize("tool", ["freeze_card", "report_incident", "check_message"])
async def test_what_protects_is_never_restricted(bank: Bank, tool: str) -> None:
    for _ in range(20):
        await bank.adaptive.note_denied(customer(), "access.other_customer")
    assert (await check(bank)).action == "deny"
    assert (await check(bank, action=tool)).action == "allow"


async def test_an_hour_is_unusual_only_for_a_login_with_a_history(bank: Bank, clock: MovableClock) -> None:
    await bank.security.surroundings.remember("customer1", HOME)
    clock.advance(4 * 3600)
    assert "unusual_hour" not in names(await check(bank))
    clock.advance(20 * 3600)
    for _ in range(20):
        await bank.security.surroundings.remember("customer1", HOME)
        clock.advance(86_400)
    assert names(await check(bank)) == set()
    clock.advance(12 * 3600)
    assert names(await check(bank)) == {"unusual_hour"}


@pytest.mark.usefixtures("at_home")
async def test_a_browsers_update_and_a_neighbouring_address_are_familiar(bank: Bank) -> None:
    assert names(await check(bank, Connection("203.0.113.99", "Mozilla/5.0 (X11; Linux) Firefox/141.2"))) == set()
    assert names(await check(bank, Connection("203.0.114.7", HOME.user_agent))) == {"new_place"}
    assert names(await check(bank, Connection())) == {"new_device", "new_place"}


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("not an address", "not an address"),
        (None, ""),
    ],
)
def test_a_place_is_a_network(address: str | None, place: str) -> None:
    assert place_of(address) == place


def test_a_device_is_a_browser_without_its_versions() -> None:
    assert device_of("Mozilla/5.0 Chrome/140.0.1") == device_of("Mozilla/5.0 Chrome/141.0.0")
    assert device_of("Firefox/1") != device_of("Opera/1")
    assert device_of(None) == ""


async def test_nothing_that_could_be_guessed_is_stored(bank: Bank, ledger: Ledger) -> None:
    await bank.security.surroundings.remember("customer1", HOME)
    await bank.security.marks.note("hunter2", "sign_in_failed")
    with raw(ledger) as connection:
        seen = connection.execute("SELECT * FROM surroundings").fetchall()
        marks = connection.execute("SELECT * FROM access_marks").fetchall()
    assert {row[1] for row in seen} == {"device", "place", "hour"}
    assert not any(word in str(seen + marks) for word in ("203.0.113", "Firefox", "hunter2"))


async def test_the_store_does_not_grow_with_what_somebody_sends(bank: Bank, ledger: Ledger) -> None:
    for number in range(220):
        await bank.security.surroundings.remember("customer1", Connection(f"10.0.{number}.1", "x" * (number + 1)))
    await bank.security.surroundings.remember("nobody", HOME)
    with raw(ledger) as connection:
        (count,) = connection.execute("SELECT count(*) FROM surroundings").fetchone()
    assert 190 <= count <= 202


async def test_marks_of_everybody_go_after_an_hour(bank: Bank, clock: MovableClock, ledger: Ledger) -> None:
    for number in range(5):
        await bank.security.marks.note(f"user{number}", "sign_in_failed")
    clock.advance(3601)
    await bank.security.marks.note("customer1", "sign_in_failed")
    with raw(ledger) as connection:
        assert connection.execute("SELECT count(*) FROM access_marks").fetchone() == (1,)


def test_every_rule_has_a_weight_and_a_reason_and_new_surroundings_alone_restrict_nothing() -> None:
    assert all(0 < rule.weight < 1 and rule.reason.endswith(".") for rule in RULES.values())
    assert (
        sum(RULES[name].weight for name in ("new_device", "new_place", "unusual_hour")) < STEP_UP_FROM < DENY_FROM
    )
