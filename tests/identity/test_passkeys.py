"""Passkeys: enrolled with a password and a code, answering once for what they were asked, closed when copied."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.banking.ledgers import in_file, raw
from tests.banking.proposals.test_actions import code_of
from tests.banking.support import change_rows, customer
from tests.identity.authenticator import Authenticator, Page
from tests.identity.house import BROWSER, House, Phone
from tests.identity.test_step_up import claim, proposal, step_ups
from ultracore.banking import ProposalStatus
from ultracore.banking.ledger import LoginHolds
from ultracore.banking.store.tables import proposals
from ultracore.errors import ApprovalRefused, SignInRefused
from ultracore.identity import CodeWanted, IdentityRefused, PasskeyRefused, RelyingParty

ME = customer()


async def added(
    house: House, phone: Phone, device: Authenticator, login: str = "customer1", name: str = "My phone"
) -> None:
    """The device holds a passkey of the login from now on."""
    options = await house.passkeys.begin(login, "login-1", "demo", phone.code(), BROWSER)
    await house.passkeys.confirm(login, "login-1", name, device.make(options), BROWSER)
    house.clock.advance(30)


async def offered(house: House, login: str = "customer1") -> str:
    options = await house.passkeys.offer(login, "sign_in")
    assert options is not None
    return options


async def takes(house: House, answer: str, login: str = "customer1") -> str:
    """`taken`, or the code of the refusal."""
    try:
        await house.passkeys.verify(login, answer, "sign_in", BROWSER)
    except PasskeyRefused as refusal:
        return refusal.code
    return "taken"


async def test_a_passkey_is_enrolled_with_password_and_code_and_signs_in(each_house: House) -> None:
    house, device = each_house, Authenticator()
    assert await house.passkeys.offer("customer1", "sign_in") is None
    phone = await house.enrol("customer1")
    with pytest.raises(SignInRefused, match="wrong password"):
        await house.passkeys.begin("customer1", "login-1", "wrong", phone.code(), BROWSER)
    with pytest.raises(CodeWanted):
        await house.passkeys.begin("customer1", "login-1", "demo", "", BROWSER)
    await added(house, phone, device)
    assert await takes(house, device.answer(await offered(house))) == "taken"
    (kept,) = await house.passkeys.of("customer1")
    assert kept.name == "My phone" and kept.last_used_at is not None and not kept.is_closed
    events = await house.events()
    assert "mfa_enabled factor.passkey success customer1" in events
    assert events[-1] == "mfa_verified factor.sign_in success customer1"


async def test_who_has_no_codes_yet_is_told_to_set_them_up_first(house: House) -> None:
    with pytest.raises(IdentityRefused, match="no codes yet"):
        await house.passkeys.begin("customer1", "login-1", "demo", "", BROWSER)


async def test_an_answer_is_taken_once_and_within_two_minutes(each_house: House) -> None:
    house, device = each_house, Authenticator()
    await added(house, await house.enrol("customer1"), device)
    answer = device.answer(await offered(house))
    tries = await asyncio.gather(*(takes(house, answer) for _ in range(3)))
    assert sorted(tries) == ["factor.passkey", "factor.passkey", "taken"]
    options = await offered(house)
    house.clock.advance(120)
    assert await takes(house, device.answer(options)) == "factor.passkey"
    assert (await house.events()).count("mfa_failed factor.sign_in failure customer1") == 3


async def test_a_challenge_of_another_session_enrols_nothing(house: House) -> None:
    phone, device = await house.enrol("customer1"), Authenticator()
    options = await house.passkeys.begin("customer1", "login-1", "demo", phone.code(), BROWSER)
    with pytest.raises(PasskeyRefused):
        await house.passkeys.confirm("customer1", "login-2", "Thief", device.make(options), BROWSER)
    with pytest.raises(PasskeyRefused):
        await house.passkeys.confirm("customer1", "login-1", "Late", device.make(options), BROWSER)
    assert await house.passkeys.of("customer1") == ()


@pytest.mark.parametrize(
    "page",
    [
        Page(origin="https://bank.example.evil.test"),
        Page(origin="http://bank.example"),
        Page(more={"crossOrigin": True}),
        Page(more={"crossOrigin": "false"}),
        Page(more={"crossOrigin": False, "topOrigin": "https://shop.test"}),
    ],
)
async def test_an_answer_from_another_page_or_a_framed_one_is_refused(house: House, page: Page) -> None:
    phone, device = await house.enrol("customer1"), Authenticator()
    options = await house.passkeys.begin("customer1", "login-1", "demo", phone.code(), BROWSER)
    with pytest.raises(PasskeyRefused):
        await house.passkeys.confirm("customer1", "login-1", "Mine", device.make(options, page), BROWSER)
    house.clock.advance(30)
    await added(house, phone, device)
    assert await takes(house, device.answer(await offered(house), page)) == "factor.passkey"
    assert await takes(house, device.answer(await offered(house))) == "taken"


async def test_an_answer_for_another_site_or_without_the_person_is_refused(house: House) -> None:
    phone, device = await house.enrol("customer1"), Authenticator()
    await added(house, phone, device)
    elsewhere, absent, stranger = device.copy(), device.copy(), Authenticator(credential=device.credential)
    elsewhere.rp_id, absent.verifies = "evil.test", False
    for wrong in (elsewhere, absent, stranger):
        assert await takes(house, wrong.answer(await offered(house))) == "factor.passkey"
    options = await house.passkeys.begin("customer1", "login-1", "demo", phone.code(), BROWSER)
    with pytest.raises(PasskeyRefused):
        await house.passkeys.confirm("customer1", "login-1", "Mine", absent.make(options), BROWSER)


async def test_a_passkey_of_another_login_signs_nobody_else_in(house: House) -> None:
    mine, theirs = Authenticator(), Authenticator()
    await added(house, await house.enrol("customer1"), mine)
    await added(house, await house.enrol("customer2"), theirs, "customer2")
    assert await takes(house, theirs.answer(await offered(house))) == "factor.passkey"
    assert await takes(house, mine.answer(await offered(house, "customer2")), "customer1") == "factor.passkey"


async def test_a_copy_closes_the_passkey_for_both_and_is_on_the_record(each_house: House) -> None:
    house, device = each_house, Authenticator(count=7)
    phone = await house.enrol("customer1")
    await added(house, phone, device)
    thief = device.copy()
    assert await takes(house, thief.answer(await offered(house))) == "taken"
    options = await offered(house)
    assert await takes(house, device.answer(options)) == "factor.cloned"
    assert (await house.events())[-1] == "mfa_failed factor.sign_in denied customer1"
    # There is nothing left that could be asked for; the codes go on working.
    assert await house.passkeys.offer("customer1", "sign_in") is None
    (kept,) = await house.passkeys.of("customer1")
    assert kept.is_closed
    await house.factors.verify("customer1", phone.code(), "sign_in", BROWSER)


async def test_a_passkey_without_a_counter_goes_on_working(house: House) -> None:
    device = Authenticator(step=0)
    await added(house, await house.enrol("customer1"), device)
    for _ in range(2):
        assert await takes(house, device.answer(await offered(house))) == "taken"


async def test_one_is_removed_with_password_and_code_and_a_reset_removes_all(house: House) -> None:
    phone, one, two = await house.enrol("customer1"), Authenticator(), Authenticator()
    await added(house, phone, one)
    await added(house, phone, two, name="My key")
    first, _ = await house.passkeys.of("customer1")
    with pytest.raises(SignInRefused):
        await house.passkeys.remove("customer1", first.passkey_id, "demo", phone.wrong(), BROWSER)
    await house.passkeys.remove("customer1", first.passkey_id, "demo", phone.code(), BROWSER)
    assert [kept.name for kept in await house.passkeys.of("customer1")] == ["My key"]
    assert (await house.events())[-1] == "mfa_disabled factor.passkey success customer1"
    house.clock.advance(30)
    with pytest.raises(IdentityRefused, match="no such passkey"):
        await house.passkeys.remove("customer1", first.passkey_id, "demo", phone.code(), BROWSER)
    await house.factors.remove("customer1", "demo", phone.recovery_codes[0], BROWSER)
    assert await house.passkeys.of("customer1") == ()


async def test_a_passkey_is_kept_once_whoever_brings_it(house: House) -> None:
    phone, other, device = await house.enrol("customer1"), await house.enrol("customer2"), Authenticator()
    await added(house, phone, device)
    with pytest.raises(IdentityRefused, match="too many, or known"):
        await added(house, phone, device)
    with pytest.raises(IdentityRefused, match="too many, or known"):
        await added(house, other, device, "customer2")


async def test_ten_passkeys_are_the_most(house: House, ledger_file: Path) -> None:
    phone = await house.enrol("customer1")
    await added(house, phone, Authenticator())
    with raw(in_file(ledger_file)) as connection:
        connection.execute(
            "INSERT INTO passkeys SELECT number, user_id, name, 'AAA' || number, public_key, seal, 0, made_at, "
            "NULL, NULL "
            "FROM passkeys, (SELECT value AS number FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8, 9]'))"
        )
    with pytest.raises(IdentityRefused, match="too many, or known"):
        await added(house, phone, Authenticator())


async def test_a_row_that_was_written_into_the_database_is_no_passkey(house: House, ledger_file: Path) -> None:
    device = Authenticator()
    await added(house, await house.enrol("customer1"), device)
    await house.enrol("customer2")
    with raw(in_file(ledger_file)) as connection:
        connection.execute("UPDATE passkeys SET user_id = 'customer2'")
    assert await takes(house, device.answer(await offered(house, "customer2")), "customer2") == "factor.passkey"


@pytest.mark.parametrize("answer", ["", "{", "[]", "7", "x" * 9000, "[" * 8000, "\ud800", '{"response": 7}'])
async def test_a_malformed_answer_is_refused(house: House, answer: str) -> None:
    await added(house, await house.enrol("customer1"), Authenticator())
    assert await takes(house, answer) == "factor.passkey"


async def test_a_mangled_answer_is_refused(house: House) -> None:
    device = Authenticator()
    await added(house, await house.enrol("customer1"), device)
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        for value in (None, 7, "", "****", "AAAA", "gICA" * 30):
            sent = json.loads(device.answer(await offered(house)))
            sent["response"][name] = value
            assert await takes(house, json.dumps(sent)) == "factor.passkey"


async def test_a_new_passkey_lets_a_customer_pay_only_a_little_for_a_day(each_house: House) -> None:
    house = each_house
    phone, holds = await house.enrol("customer1"), LoginHolds(house.bank.database, house.clock, new_factors=True)
    house.clock.advance(24 * 60 * 60)
    assert await holds.notice("customer1") is None
    await added(house, phone, Authenticator())
    told = await holds.notice("customer1")
    assert told is not None and "second factor of this login is new" in told
    house.clock.advance(24 * 60 * 60)
    assert await holds.notice("customer1") is None


async def test_a_passkey_proves_for_one_card(each_house: House) -> None:
    house, device = each_house, Authenticator()
    await added(house, await house.enrol("customer1"), device)
    card, other = await proposal(house), await proposal(house, "conv-2")
    options = await step_ups(house).offer(str(card.approval_id), ME)
    assert options is not None
    answer = device.answer(options)
    with pytest.raises(PasskeyRefused):
        await step_ups(house).prove_by_passkey(str(other.approval_id), ME, answer, BROWSER)
    options = await step_ups(house).offer(str(card.approval_id), ME)
    assert options is not None
    await step_ups(house).prove_by_passkey(str(card.approval_id), ME, device.answer(options), BROWSER)
    assert await code_of(claim(house, other)) == "approval.step_up"
    assert (await claim(house, card)).status is ProposalStatus.CLAIMED


async def test_a_sign_ins_answer_and_one_for_an_altered_card_prove_nothing(house: House) -> None:
    device = Authenticator()
    await added(house, await house.enrol("customer1"), device)
    card = await proposal(house)
    with pytest.raises(PasskeyRefused):
        sign_in = device.answer(await offered(house))
        await step_ups(house).prove_by_passkey(str(card.approval_id), ME, sign_in, BROWSER)
    options = await step_ups(house).offer(str(card.approval_id), ME)
    assert options is not None
    await change_rows(house.bank.database, update(proposals).values(seal="0" * 64))
    with pytest.raises(PasskeyRefused):
        await step_ups(house).prove_by_passkey(str(card.approval_id), ME, device.answer(options), BROWSER)
    for thief in (customer(2), customer(login="login-2")):
        with pytest.raises(ApprovalRefused):
            await step_ups(house).offer(str(card.approval_id), thief)


def test_passkeys_belong_to_a_name_and_to_https() -> None:
    here = ("http://127.0.0.1:8000", "http://localhost:8000")
    assert RelyingParty.of(here[0], here) == RelyingParty(rp_id="localhost", origins=(here[1],))
    assert RelyingParty.of("http://bank.example", ("http://192.0.2.1",)) is None
    many = ("https://bank.example", "https://other.example", "https://bank.example:8443")
    party = RelyingParty.of("https://bank.example/anya", many)
    assert party == RelyingParty(rp_id="bank.example", origins=(many[0], many[2]))
