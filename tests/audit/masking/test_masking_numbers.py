"""Account numbers, IBANs, tax file numbers and one-time codes; what looks like them and is ours."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from stdnum.au import tfn

from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.masking import mask, mask_recorded, mask_typed_code


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("DE89 3704 0044 0532 0130 00 please", "[iban ending 3000] please"),
        ("my iban is GB82WEST12345698765432.", "my iban is [iban ending 5432]."),
        ("account number 123456789", "account number [account ending 6789]"),
        ("acct no. 1234 5678", "acct no. [account ending 5678]"),
        (
            "account number: \uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
            "account number: [account ending 5678]",
        ),
        ("account number 12\u200b34\u200b5678", "account number [account ending 5678]"),
        ("my account number for the rent is 12345678", "my account number for the rent is [account ending 5678]"),
        ("account number 12345", "account number [account ending 45]"),
        ("account no. 4111 1111 1111 1111", "account no. [card ending 1111]"),
        ("TFN 123456782", "TFN [tax file number]"),
        ("my tax file number is 123-456-782", "my tax file number is [tax file number]"),
        ("here: 123 456 782", "here: [tax file number]"),
        ("my code is 123456", "my code is [code]"),
        ("verification code: G-482913", "verification code: [code]"),
        ("the code I just got is 482 913", "the code I just got is [code]"),
        ("482913 is my code", "[code] is my code"),
        ("otp 482913", "otp [password]"),
    ],
)
def test_a_number_that_opens_or_names_something_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("BSB 062-000 account 12345678", "BSB 062-000 account [account ending 5678]"),
        ("bsb: 062 000, account number 12345678", "bsb: 062 000, account number [account ending 5678]"),
        ("062-000 12345678", "062-000 [account ending 5678]"),
    ],
)
async def test_a_payees_numbers_reach_the_model_and_not_the_record(
    trail: AuditTrail, text: str, recorded: str
) -> None:
    assert mask(text) == text
    event = await trail.log_event(AuditEventType.USER_MESSAGE, "tenant_1", "x", metadata={"text": text})
    assert event.metadata == {"text": recorded}
    assert mask_recorded(recorded) == recorded


@pytest.mark.parametrize(
    "text",
    [
        "tfn 123456789",
        "my iban is DE89370400440532013001",
        "+61 412 345 678",
        "call 0412 345 678 or (02) 9876 5432",
        "AUD 123 456 782",
        "$123 456 782",
        "my post code is 2000",
        "biller code 123456",
        "error code 50012",
        "receipt 123456782",
        "the reference code is 123456",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask(text) == text


def test_references_amounts_dates_and_telephones_are_never_masked() -> None:
    chance = random.Random(20261123)  # noqa: S311 - seeded on purpose
    for _ in range(5_000):
        amount = f"{chance.randrange(10**9):,}.{chance.randrange(100):02}"
        day = date(2020, 1, 1) + timedelta(days=chance.randrange(4_000))
        reference = f"{chance.getrandbits(16):04X}-{chance.getrandbits(16):04X}"
        mobile = f"04{chance.randrange(100):02} {chance.randrange(1000):03} {chance.randrange(1000):03}"
        entry = f"ent_{chance.getrandbits(128):032x}"
        text = (
            f"Ref {reference}: AUD {amount} ({amount.replace(',', '')}) on {day.isoformat()} / {day:%d/%m/%Y} "
            f"from acc_{chance.randrange(100)}, receipt {100_000_000 + chance.randrange(9 * 10**8)}, {entry}, "
            f"call {mobile}."
        )
        assert mask(text) == mask_recorded(text) == text


def test_a_tax_file_number_is_masked_by_its_checksum() -> None:
    chance = random.Random(5)  # noqa: S311 - seeded on purpose
    for _ in range(3_000):
        number = f"{chance.randrange(10**9):09}"
        assert (number not in mask(f"tfn {number}")) is tfn.is_valid(number)


@pytest.mark.parametrize(
    "text",
    [
        "482913",
        " 482 913. ",
        "\uff14\uff18\uff12\uff19\uff11\uff13",
        "my 2fa code is 482913",
        "authenticator app: 482913",
    ],
)
def test_a_message_that_is_a_code_is_masked_for_a_person_who_may_be_asked_for_one(text: str) -> None:
    shown = mask_typed_code(text)
    assert "[code]" in shown and not any(character.isdigit() for character in shown.replace("2fa", ""))


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "20261130",
        "062-000",
        "150,000",
        "$150000",
        "150000.00",
        "pay 150000",
        "account 482913",
        "it is 150000",
        "acc_482913",
        "sort code 482913",
        "482913 482913",
        "x" * 10_000 + "482913",
    ],
)
def test_amounts_years_and_accounts_are_no_typed_codes(text: str) -> None:
    assert mask_typed_code(text) == text
