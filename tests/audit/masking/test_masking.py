from __future__ import annotations

import random
import uuid

import pytest
from stdnum import luhn

from ultracore.audit.masking import mask, mask_recorded, masked
from ultracore.audit.sealing import MasterKey
from ultracore.banking import new_id
from ultracore.banking.identifiers import approval_hash, new_approval_id, new_receipt_number
from ultracore.wording import new_reference

CARD = "4111111111111111"


@pytest.mark.parametrize(
    "text",
    [
        f"my card is {CARD}",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111\u00a01111\u20131111 1111",
        "card4111111111111111please",
        "4111 1111 1111 1111 12/27 123",
        "4\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1\u200b1",
        " ".join(["\uff14\uff11\uff11\uff11", *["\uff11" * 4] * 3]),
        "3782 822463 10005",
        "41 11 11 11 11 11 11 11",
    ],
)
def test_a_card_number_is_masked_however_it_is_written(text: str) -> None:
    shown = mask(text)
    assert "[card ending" in shown
    assert "11111111" not in "".join(c for c in shown if c.isdigit())


def test_a_number_that_fails_luhn_is_kept() -> None:
    assert mask("reference 4111111111111112") == "reference 4111111111111112"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("my password is hunter2", "hunter2"),
        ("My PASSWORD is: Tr0ub4dor&3!", "Tr0ub4dor"),
        ("password: correct-horse", "correct-horse"),
        ("password=abc123", "abc123"),
        ("the password for my account is S3cret.", "S3cret"),
        ("login customer1 password Passw0rd!", "Passw0rd"),
        ('{"password": "two words"}', "two words"),
        ("my pin is 4921", "4921"),
        ("passcode - pass\u200bword: zero\u200bwidth1", "zerowidth1"),
        ("Authorization: Bearer abcDEF123456.xyz", "abcDEF123456"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sflKxw", "eyJhbGciOi"),
        ("use sk-proj-abcdefghijklmnop1234", "abcdefghijklmnop"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnop"),
        ("AKIAIOSFODNN7EXAMPLE is my key", "AKIAIOSFODNN7EXAMPLE"),
        ("api key: 0123456789abcdefXYZ", "0123456789abcdef"),
    ],
)
def test_passwords_and_tokens_are_masked(text: str, secret: str) -> None:
    assert secret not in mask(text)


GLUED = [
    "sk-proj-abcdefghijklmnop1234",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_abcdefghij0123456789",
    "glpat-abcdefghij01234567",
    "hf_abcdefghij01234567",
    "xoxb-0123456789-abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA0123456789abcdefghijklmnopqrstuv",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sflKxw",
]


@pytest.mark.parametrize("before", ["read_", "x", "key2", "the-", "\u00e9"])
@pytest.mark.parametrize("token", GLUED)
def test_a_token_that_is_glued_to_a_word_is_masked(before: str, token: str) -> None:
    masked = mask(f"use {before}{token} now")
    assert masked == f"use {before}[token] now"
    assert mask(masked) == masked


def test_a_key_of_letters_behind_an_underscore_is_masked() -> None:
    assert mask("read_sk-proj-abcdefghijklmnopqrst") == "read_[token]"


@pytest.mark.parametrize(
    "text",
    [
        "risk-management-department-of-the-bank",
        "the task_2026_11_20_report_for_the_board is done",
        "task-force-2026-something-important",
        "my desk-550e8400-e29b-41d4-a716-446655440000",
        "bookmark-internationalisation-and-more",
        "keyJsonValues.somethingElse",
        "they_laughs_a_lot, half_a_dozen",
        "my password is not working",
        "I forgot my password",
        "how do I reset my password?",
        "please move 2,500.00 from acc_1 to acc_2 on 2026-11-20",
        "between 2026-11-20 2026-11-21 2026-11-22 2026-11-23",
        "Ref 7F3A-91C2, receipt 100000001",
        "call me on 0412 345 678",
        "acc_4111111111111111",
        "👩\u200d👩\u200d👧 family",
    ],
)
def test_what_is_no_secret_stays_as_it_was(text: str) -> None:
    assert mask(text) == text


def test_our_ids_and_references_are_never_masked() -> None:
    """100,000, mostly of digits: what could be taken for a number of somebody's."""
    chance = random.Random(20261123)  # noqa: S311 - seeded on purpose
    for _ in range(10_000):
        number = uuid.UUID(int=chance.getrandbits(128), version=4)
        digits = "".join(chance.choices("0123456789", k=16))
        reference = f"{digits[:4]}-{digits[4:8]}"
        for text in (
            str(number),
            number.hex,
            f"prp_{number.hex}",
            f"acc_{chance.randrange(10**16)}",
            f"cust_{digits}",
            f"key_{digits}{digits}",
            f"ed25519:{digits}",
            f"{chance.getrandbits(256):064x}",
            f"Ref {reference}",
            f"call_{digits[:12]} era_{digits[4:]} of turn-{digits[:3]}, card-{number}, Ref {reference}.",
        ):
            assert mask_recorded(text) == text


def test_what_the_generators_make_is_never_masked() -> None:
    for _ in range(2_000):
        made = (
            str(uuid.uuid4()),
            new_id("ent"),
            new_receipt_number(),
            new_reference(),
            approval_hash(new_approval_id()),
        )
        for text in (*made, f"Your payment {made[1]} (receipt {made[2]}) is done. Ref {made[3]}"):
            assert mask_recorded(text) == text


def test_masking_twice_changes_nothing() -> None:
    chance = random.Random(7)  # noqa: S311 - seeded on purpose
    pieces = [
        "password:",
        "is",
        "my pin",
        CARD,
        "4111 1111",
        '"',
        "token",
        "abc123def456",
        "[",
        "]",
        "Bearer",
        "tfn",
        "123 456 782",
        "account number",
        "code is",
        "482913",
        "DE89 3704 0044 0532 0130 00",
        "\n",
    ]
    for _ in range(5_000):
        text = " ".join(chance.choices(pieces, k=6))
        once = mask(text)
        assert mask(once) == once, text


def test_random_cards_are_found_inside_a_sentence() -> None:
    chance = random.Random(99)  # noqa: S311 - seeded on purpose
    for _ in range(2_000):
        body = chance.choice("3456") + "".join(chance.choices("0123456789", k=14))
        number = body + luhn.calc_check_digit(body)
        shown = " ".join((number[:4], number[4:8], number[8:12], number[12:]))
        assert shown not in mask(f"pay with {shown} now")
        assert number not in mask(f"pay with {number} now")


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("card_number", "4111 1111 1111 1112", "[card ending 1112]"),
        ("cardNumber", 4111111111111112, "[card ending 1112]"),
        ("PAN", "41111111", "[card ending 1111]"),
        ("card", "4821", "4821"),
        ("card", "Everyday \u00b7\u00b74821", "Everyday \u00b7\u00b74821"),
        ("account_number", "12345678", "[account ending 5678]"),
        ("account-number", 123456, "[account ending 56]"),
        ("account_number", "acc_12345678", "acc_12345678"),
        ("iban", "DE89 3704 0044 0532 0130 01", "[iban ending 3001]"),
        ("tfn", "123 456 789", "[tax file number]"),
        ("tax_file_number", 12345678, "[tax file number]"),
        ("otp", "482913", "[password]"),
        ("cvv", 123, "[password]"),
        ("sms_code", "482 913", "[code]"),
        ("code", 482913, "[code]"),
        ("code", "payee.unknown", "payee.unknown"),
        ("code", "account 12", "account 12"),
        ("password", True, True),
        ("tfn", None, None),
        ("account_number", {"number": 1}, {"number": 1}),
    ],
)
def test_a_number_is_masked_by_the_name_that_it_stands_under(name: str, value: object, shown: object) -> None:
    assert masked({name: value, "deep": [{name: value}]}) == {name: shown, "deep": [{name: shown}]}
    assert masked({name: shown}) == {name: shown}


def test_the_number_beside_a_bsb_is_an_accounts() -> None:
    assert masked({"bsb": "062000", "number": "12345678"}) == {"bsb": "062000", "number": "[account ending 5678]"}
    assert masked({"number": "12345678"}) == {"number": "12345678"}


def test_digests_tell_numbers_under_such_names_apart() -> None:
    master = MasterKey(b"k" * 32)
    first, second = ({"bsb": "062000", "account_number": number} for number in ("11115678", "22225678"))
    assert masked(first) == masked(second)
    assert master.digest(first) != master.digest(second)


def test_secrets_inside_structures_are_masked_by_text_and_by_name() -> None:
    shown = masked({"note": f"card {CARD}", "password": "x", "pin": 1234, "list": [{"api_key": "k"}]})
    assert shown == {
        "note": "card [card ending 1111]",
        "password": "[password]",
        "pin": "[password]",
        "list": [{"api_key": "[password]"}],
    }


@pytest.mark.parametrize(
    "written",
    [
        "4539,1488,0343,6467",
        "card 4539|1488|0343|6467 please",
        "4539:1488:0343:6467",
        "'4539' '1488' '0343' '6467'",
        "4539, 1488, 0343, 6467",
        "④⑤③⑨ ①④⑧⑧ ⓪③④③ ⑥④⑥⑦",
        "%34%35%33%39%31%34%38%38%30%33%34%33%36%34%36%37",
        "&#52;&#53;&#51;&#57;&#49;&#52;&#56;&#56;&#48;&#51;&#52;&#51;&#54;&#52;&#54;&#55;",
    ],
)
def test_a_card_number_is_masked_however_its_digits_are_set_apart(written: str) -> None:
    assert "[card ending 6467]" in mask(written)
    assert "1488" not in mask(written)


@pytest.mark.parametrize(
    ("written", "secret"),
    [
        ("cvv 941", "941"),
        ("CVC: 123", "123"),
        ("pw: hunter2", "hunter2"),
        ("p@ssword: hunter2", "hunter2"),
        ("my passw0rd is hunter2", "hunter2"),
        ("my password is correct horse battery staple", "horse"),
        ("The passphrase was: violet anchor pepper Sunday.", "anchor"),
        ("tax number is 123.456.782", "456"),
    ],
)
def test_a_secret_is_masked_however_it_is_named(written: str, secret: str) -> None:
    assert secret not in mask(written)


@pytest.mark.parametrize(
    "written",
    [
        "amounts 1,250.50, 2,000.00 and 10,000",
        "balances 2,500.00, 10,000.00, 4,539.14, 8,803.43",
        "the years 2023, 2024, 2025, 2026",
        "my password is not working today please help",
        "my password is wrong again",
        "my pw is fine",
        "5 stars ⑤ and 10 % off",
        "codes such as %20 and &amp; stay",
    ],
)
def test_what_only_looks_like_a_secret_stays(written: str) -> None:
    assert mask(written) == written
