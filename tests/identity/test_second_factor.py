"""The second factor: enrolled with a password and a code, each code taken once, lost and taken away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.banking.ledgers import in_file, raw
from tests.identity.house import ADMIN, BROWSER, OPERATOR, House
from ultracore.errors import OperatorError, SignInRefused
from ultracore.identity import (
    CodeWanted,
    EnrolmentGone,
    FactorBlocked,
    FactorRefused,
    FactorRequired,
    IdentityRefused,
)


async def takes(house: House, code: str, login: str = "customer1", *, recovery: bool = True) -> str:
    """`taken`, or the code of the refusal."""
    try:
        await house.factors.verify(login, code, "sign_in", BROWSER, recovery=recovery)
    except (FactorRefused, FactorBlocked) as refusal:
        return refusal.code
    return "taken"


async def test_a_factor_counts_once_a_code_of_it_was_given(each_house: House) -> None:
    house = each_house
    with pytest.raises(SignInRefused):
        await house.factors.begin("customer1", "wrong")
    await house.factors.begin("customer1", "demo")
    assert not (await house.factors.state("customer1")).is_enrolled
    phone = await house.enrol("customer1")
    state = await house.factors.state("customer1")
    assert state.is_enrolled and state.recovery_codes_left == 10 == len(set(phone.recovery_codes))
    person = await house.bank.users.get("customer1")
    assert person is not None and person.has_second_factor
    with pytest.raises(IdentityRefused, match="there is a factor"):
        await house.factors.begin("customer1", "demo")
    assert (await house.events())[-1] == "mfa_enabled factor.enrol success customer1"


async def test_five_wrong_codes_or_ten_minutes_end_an_enrolment(house: House) -> None:
    begun = await house.factors.begin("customer1", "demo")
    for _ in range(5):
        with pytest.raises(FactorRefused):
            await house.factors.confirm("customer1", "no code", BROWSER)
    with pytest.raises(EnrolmentGone):
        await house.factors.confirm("customer1", "no code", BROWSER)
    assert begun.address.startswith("otpauth://totp/") and "<svg" in begun.picture
    await house.factors.begin("customer1", "demo")
    house.clock.advance(10 * 60)
    with pytest.raises(EnrolmentGone):
        await house.factors.confirm("customer1", "no code", BROWSER)


async def test_a_code_is_taken_once_and_a_little_early_or_late(each_house: House) -> None:
    house = each_house
    phone = await house.enrol("customer1")
    assert await takes(house, phone.code(steps=-2)) == "factor.refused"
    assert await takes(house, phone.code()) == "taken"
    assert await takes(house, phone.code()) == "factor.refused"
    assert await takes(house, phone.code(steps=1)) == "taken"
    assert await takes(house, phone.code()) == "factor.refused"
    assert await takes(house, phone.code(steps=2)) == "factor.refused"
    kept = await house.events()
    assert kept.count("mfa_verified factor.sign_in success customer1") == 2
    assert kept.count("mfa_failed factor.sign_in failure customer1") == 4


async def test_of_two_that_send_the_same_code_at_once_one_is_let_in(each_house: House) -> None:
    phone = await each_house.enrol("customer1")
    code = phone.code()
    tries = await asyncio.gather(*(takes(each_house, code) for _ in range(3)))
    assert sorted(tries) == ["factor.refused", "factor.refused", "taken"]


async def test_a_code_of_another_login_or_of_none_is_refused(house: House) -> None:
    phone, other = await house.enrol("customer1"), await house.enrol("customer2")
    assert await takes(house, other.wrong(), "customer3") == "factor.refused"
    if other.code() != phone.code():
        assert await takes(house, other.code()) == "factor.refused"
    for typed in ("", "12345", "1234567", "\uff11" * 6, "x" * 10_000, "\ud800" * 6):
        assert await takes(house, typed, "customer2") in ("factor.refused", "factor.blocked")


async def test_five_wrong_codes_block_the_right_one_for_a_quarter_of_an_hour(each_house: House) -> None:
    house = each_house
    phone = await house.enrol("customer1")
    for _ in range(4):
        assert await takes(house, phone.wrong()) == "factor.refused"
    assert await takes(house, phone.wrong()) == "factor.blocked"
    assert await takes(house, phone.code()) == "factor.blocked"
    assert await takes(house, phone.recovery_codes[0]) == "factor.blocked"
    house.clock.advance(15 * 60)
    assert await takes(house, phone.code()) == "taken"
    assert (await house.events()).count("access_blocked factor.sign_in denied customer1") == 3


async def test_a_recovery_code_works_once_and_only_for_its_login(house: House) -> None:
    phone = await house.enrol("customer1")
    await house.enrol("customer2")
    code = phone.recovery_codes[3]
    assert await takes(house, code, "customer2") == "factor.refused"
    assert await takes(house, code, recovery=False) == "factor.refused"
    assert await takes(house, f" {code.upper()} ") == "taken"
    assert await takes(house, code) == "factor.refused"
    assert (await house.factors.state("customer1")).recovery_codes_left == 9


async def test_a_lost_phone_is_replaced_with_recovery_codes_and_the_password(house: House) -> None:
    phone = await house.enrol("customer1")
    with pytest.raises(SignInRefused, match="wrong password"):
        await house.factors.remove("customer1", "wrong", phone.recovery_codes[0], BROWSER)
    with pytest.raises(FactorRefused):
        await house.factors.remove("customer1", "demo", phone.wrong(), BROWSER)
    await house.factors.remove("customer1", "demo", phone.recovery_codes[0], BROWSER)
    assert not (await house.factors.state("customer1")).is_enrolled
    fresh = await house.enrol("customer1")
    assert await takes(house, phone.recovery_codes[1]) == "factor.refused"
    assert await takes(house, fresh.code()) == "taken"
    assert "mfa_disabled factor.remove success customer1" in await house.events()


async def test_new_recovery_codes_end_the_old_ones(house: House) -> None:
    phone = await house.enrol("customer1")
    codes = await house.factors.renew_codes("customer1", "demo", phone.code(), BROWSER)
    assert await takes(house, phone.recovery_codes[0]) == "factor.refused"
    assert await takes(house, codes[0]) == "taken"
    with pytest.raises(FactorRefused):
        await house.factors.renew_codes("customer1", "demo", codes[1], BROWSER)


async def test_two_administrators_take_a_lost_factor_away(house: House) -> None:
    await house.enrol("customer1")
    person = await house.bank.users.get("customer1")
    assert person is not None
    session, boss = person.principal("login-1"), await house.second_administrator()
    (request,) = (await house.production.reset_factor(ADMIN, "customer1")).waiting
    assert (await house.production.reset_factor(OPERATOR, "customer1")).waiting
    with pytest.raises(IdentityRefused, match="same person"):
        await house.production.confirm(ADMIN, request.request_id)
    assert (await house.factors.state("customer1")).is_enrolled
    await house.production.confirm(boss, request.request_id)
    assert not (await house.factors.state("customer1")).is_enrolled
    assert await house.standings().of(session) is None
    assert (await house.events())[-1] == "mfa_disabled factor.reset success customer1"
    with pytest.raises(IdentityRefused, match="no second factor"):
        await house.production.reset_factor(ADMIN, "customer1")


async def test_who_reads_the_database_can_make_no_code(house: House, ledger_file: Path) -> None:
    phone = await house.enrol("customer1")
    with raw(in_file(ledger_file)) as connection:
        # Also not by moving a factor of one's own to another login: it is bound to its owner.
        connection.execute(
            "INSERT INTO second_factors SELECT 'customer2', sealed_secret, made_at, confirmed_at, 0, 0, NULL "
            "FROM second_factors WHERE user_id = 'customer1'"
        )
    stored = await asyncio.to_thread(_bytes_of, ledger_file)
    assert phone.key.encode() not in stored
    assert all(code.replace("-", "").encode() not in stored for code in phone.recovery_codes)
    with pytest.raises(OperatorError, match="master key"):
        await house.factors.verify("customer2", phone.code(), "sign_in", BROWSER)


async def test_a_stolen_password_alone_is_asked_for_a_code(house: House) -> None:
    phone = await house.enrol("customer1")
    person = await house.bank.users.authenticate("customer1", "demo")
    other = await house.bank.users.authenticate("customer2", "demo")
    assert person is not None and other is not None
    with pytest.raises(CodeWanted):
        await house.factors.demand(person, "", BROWSER)
    assert (await house.events())[-1] == "mfa_failed factor.sign_in missing customer1"
    await house.factors.demand(person, phone.code(), BROWSER)
    await house.factors.demand(other, "", BROWSER)


async def test_a_role_that_must_have_a_factor_does_not_come_in_without(house: House) -> None:
    boss = await house.bank.users.authenticate("admin1", "demo")
    assert boss is not None
    with pytest.raises(FactorRequired):
        await house.factors.demand(boss, "", BROWSER)
    assert (await house.events())[-1] == "mfa_failed factor.sign_in missing admin1"
    with pytest.raises(SignInRefused, match="wants no factor"):
        await house.factors.begin_at_the_door("customer1", "demo")
    with pytest.raises(SignInRefused, match="wrong password"):
        await house.factors.begin_at_the_door("nobody", "demo")
    phone = await house.enrol("admin1")
    boss = await house.bank.users.authenticate("admin1", "demo")
    assert boss is not None
    await house.factors.demand(boss, phone.code(), BROWSER)


def _bytes_of(ledger: Path) -> bytes:
    return b"".join(path.read_bytes() for path in ledger.parent.glob(f"{ledger.name}*"))
