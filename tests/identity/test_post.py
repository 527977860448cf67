"""Letters about logins: links for a new password, and word to the owner of what was done."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.banking.ledgers import in_file, raw
from tests.identity.house import ADMIN, BROWSER, OPERATOR, PASSWORD, House
from tests.mail.mailbox import Mailbox, mailbox
from ultracore.identity import IdentityRefused, LinkInvalid, MailAddresses, MailQueue, Post

ANNA = "anna@example.com"


def post(house: House, box: Mailbox) -> Post:
    return Post(house.bank.database, house.trail, box.server, "13 00", clock=house.clock, seconds=60)


def queue(house: House) -> MailQueue:
    return MailQueue(house.bank.database, house.clock)


async def all_sent(sending: Post) -> None:
    while await sending.send_next():
        pass


def token_in(box: Mailbox, index: int = -1) -> str:
    link = re.search(r"^https://bank\.example/set-password/(\S+)$", box.text(index), re.MULTILINE)
    assert link is not None
    return link[1]


async def with_address(house: House, login: str, address: str = ANNA) -> None:
    await house.demo.set_address(OPERATOR, login, address)


async def test_a_link_that_was_asked_for_is_mailed_and_sets_the_password_once(each_house: House) -> None:
    house = each_house
    await with_address(house, "customer1")
    await queue(house).ask_link("customer1", "198.51.100.7")
    async with mailbox() as box:
        await all_sent(post(house, box))
        await house.credentials.set_by_link(token_in(box), PASSWORD, BROWSER)
        await all_sent(post(house, box))
    assert box.recipients == [ANNA, ANNA] and "was set anew" in box.text()
    assert await house.bank.users.authenticate("customer1", PASSWORD) is not None
    assert [one for one in await house.events() if "password" in one] == [
        "password_reset password.asked requested customer1",
        "password_reset password.mailed success customer1",
        "password_reset password.used success customer1",
        "password_reset password.told success customer1",
    ]


async def test_for_a_name_without_login_or_address_nothing_is_sent_and_nothing_kept(house: House) -> None:
    await with_address(house, "lender1")
    await house.demo.disable(ADMIN, "lender1")
    before = await house.events()
    for name in ("nobody-here", "", "lender1"):
        await queue(house).ask_link(name, None)
    async with mailbox() as box:
        await all_sent(post(house, box))
        assert await house.events() == before
        await queue(house).ask_link("customer2", None)
        await all_sent(post(house, box))
    assert not box.tries and (await house.events())[-1] == "password_reset password.mailed failure customer2"
    assert await queue(house).claim() is None


async def test_a_server_that_is_down_gets_the_letter_later_and_the_earlier_link_is_worth_nothing(
    house: House,
) -> None:
    await with_address(house, "customer1")
    await queue(house).ask_link("customer1", None)
    async with mailbox() as box:
        sending = post(house, box)
        box.drops = True  # The letter is taken, and nobody is told so.
        await sending.send_next()
        assert not await sending.send_next()
        box.drops = False
        house.clock.advance(10)
        await all_sent(sending)
    with pytest.raises(LinkInvalid):
        await house.credentials.owner(token_in(box, 0))
    assert (await house.credentials.owner(token_in(box, 1))).login == "customer1"
    first, second = box.letters
    assert first["Message-ID"] != second["Message-ID"]
    outcomes = [one for one in await house.events() if "password.mailed" in one]
    assert outcomes == ["password_reset password.mailed success customer1"]


@pytest.mark.parametrize(("refusal", "tries"), [("550 no such person", 1), ("451 later", 8)])
async def test_a_letter_that_is_never_taken_is_given_up_and_that_is_on_the_record(
    house: House, refusal: str, tries: int
) -> None:
    await with_address(house, "customer1")
    await queue(house).ask_link("customer1", None)
    async with mailbox() as box:
        box.refusal = refusal
        for _ in range(200):
            await all_sent(post(house, box))
            house.clock.advance(10)
    assert box.tries == tries
    assert [one for one in await house.events() if "mailed" in one] == [
        "password_reset password.mailed failure customer1"
    ]


async def test_of_two_processes_one_sends_a_letter(each_house: House) -> None:
    await with_address(each_house, "customer1")
    await queue(each_house).ask_link("customer1", None)
    async with mailbox() as box:
        await asyncio.gather(*(all_sent(post(each_house, box)) for _ in range(3)))
    assert len(box.letters) == 1


async def test_the_address_before_hears_of_a_change_and_for_a_month_of_what_is_done(house: House) -> None:
    await with_address(house, "customer1")
    person = await house.bank.users.get("customer1")
    assert person is not None
    addresses = MailAddresses(house.bank.database, house.trail, clock=house.clock)
    await addresses.change(person.principal("login-1"), "thief@example.net", BROWSER)
    await queue(house).ask_link("customer1", None)
    async with mailbox() as box:
        await all_sent(post(house, box))
        assert box.recipients == [ANNA, "thief@example.net"] and "was changed" in box.text(0)
        assert "thief" not in box.text(0)
        await house.credentials.set_by_link(token_in(box), PASSWORD, BROWSER)
        await all_sent(post(house, box))
        assert set(box.recipients[2:]) == {ANNA, "thief@example.net"}
        house.clock.advance(31 * 86400)
        await addresses.change(person.principal("login-1"), "new@example.com", BROWSER)
        await all_sent(post(house, box))
    assert box.recipients[4:] == ["thief@example.net"]
    assert "data_modified contact.told success customer1" in await house.events()
    assert await addresses.of("customer1") == "new@example.com"


async def test_a_customers_address_takes_two_administrators_and_a_colleagues_one(house: House) -> None:
    (waiting,) = (await house.production.set_address(ADMIN, "customer1", ANNA)).waiting
    assert await house.production.address_of("customer1") is None
    with pytest.raises(IdentityRefused):
        await house.production.confirm(ADMIN, waiting.request_id)
    await house.production.confirm(await house.second_administrator(), waiting.request_id)
    await house.production.set_address(ADMIN, "teller1", "teller@example.com")
    assert await house.production.address_of("customer1") == ANNA
    assert await house.production.address_of("teller1") == "teller@example.com"
    with pytest.raises(IdentityRefused, match="no mail address"):
        await house.production.set_address(ADMIN, "teller1", "a@b.example\r\nBcc: c@d.example")
    # Another tenant's administrator does not know the login.
    stranger = replace(ADMIN, tenant_id="tenant_2")
    with pytest.raises(IdentityRefused, match="no such login"):
        await house.production.set_address(stranger, "teller1", "x@example.net")


async def test_the_database_holds_no_mailed_link_that_works(house: House, ledger_file: Path) -> None:
    await with_address(house, "customer1")
    await queue(house).ask_link("customer1", None)
    async with mailbox() as box:
        await post(house, box).send_next()
    token = token_in(box)
    with raw(in_file(ledger_file)) as connection:
        kept = [str(row) for row in connection.execute("SELECT * FROM one_time_links")]
        waiting = [str(row) for row in connection.execute("SELECT * FROM mail_queue")]
    assert kept and not waiting and not any(token in row for row in kept)
