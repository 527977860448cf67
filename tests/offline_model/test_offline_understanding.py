"""What the offline model understands of what people type."""

from __future__ import annotations

import random

import pytest

from tests.support.offline_talk import EVERYDAY, READING, SAVINGS, Talk
from ultracore.offline_model.language import Intent, find_amounts, intent_of, without_amounts
from ultracore.offline_model.language.amounts import is_foreign
from ultracore.offline_model.language.text import is_like, slips

POWER, FLATMATE, RENT = "pay_power", "pay_flat", "pay_rent"


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("transfer 50 dollars", ["50"]),
        ("pay $20.50", ["20.50"]),
        ("pay $ 20.50 now", ["20.50"]),
        ("send 1,250.50 please", ["1250.50"]),
        ("send 12,000,000", ["12000000"]),
        ("2k", ["2000"]),
        ("2.5k to savings", ["2500"]),
        ("$3K", ["3000"]),
        ("50bucks", ["50"]),
        ("50AUD", ["50"]),
        ("aud 50", ["50"]),
        ("A$50", ["50"]),
        ("20 quid", ["20"]),
        ("it is 50.", ["50"]),
        (".50", ["0.50"]),
        ("fifty dollars", ["50"]),
        ("twenty-five bucks", ["25"]),
        ("one hundred and fifty dollars", ["150"]),
        ("two thousand", ["2000"]),
        ("a hundred", ["100"]),
        ("5 grand", ["5000"]),
        ("20 dollars and 5 cents", ["20.05"]),
        ("50 cents", ["0.50"]),
        ("-50 dollars", ["-50"]),
        ("-$50", ["-50"]),
        ("$0", ["0"]),
        ("10.999", ["10.999"]),
        ("50 to flatmate and 20 to city power", ["50", "20"]),
        ("the 3 bills, $80", ["80"]),
        ("50 or $50", ["50"]),
        ("account ending 4821", []),
        ("from account 12345678", []),
        ("acc_1", []),
        ("last 30 days", []),
        ("on 2026-11-20", []),
        ("1,25", []),
        ("50%", []),
        ("NaN dollars", []),
        ("infinity", []),
        ("the other one", []),
        ("x50y", []),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, amounts: list[str]) -> None:
    assert find_amounts(text) == amounts


def test_ids_and_last_digits_are_left_when_amounts_are_taken_out() -> None:
    assert without_amounts("Send $50 from acc_2 to the account ending 3303") == (
        "send from acc_2 to the account ending 3303"
    )


@pytest.mark.parametrize(("text", "foreign"), [("50 euros", True), ("€50", True), ("US$5", True), ("A$5", False)])
def test_other_currencies_are_noticed(text: str, foreign: bool) -> None:
    assert is_foreign(text) is foreign


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("What's my balance?", Intent.BALANCE),
        ("whats my balence", Intent.BALANCE),
        ("BALANCE", Intent.BALANCE),
        ("ballance pls", Intent.BALANCE),
        ("What\u2019s my current balance", Intent.BALANCE),
        ("how much is in savings", Intent.BALANCE),
        ("how much money do i have", Intent.BALANCE),
        ("how much have I got left?", Intent.BALANCE),
        ("what's in my savings account", Intent.BALANCE),
        ("show my accounts", Intent.BALANCE),
        ("what accounts do I have", Intent.BALANCE),
        ("balance of acc_9", Intent.BALANCE),
        ("show my last transactions", Intent.TRANSACTIONS),
        ("what did I spend last week", Intent.TRANSACTIONS),
        ("recent transactons", Intent.TRANSACTIONS),
        ("my recent payments", Intent.TRANSACTIONS),
        ("did I pay City Power this month", Intent.TRANSACTIONS),
        ("when did i send flatmate money", Intent.TRANSACTIONS),
        ("how much did i spend at woolworths", Intent.TRANSACTIONS),
        ("where did my money go", Intent.TRANSACTIONS),
        ("has my salary come in", Intent.TRANSACTIONS),
        ("transfer 50 dollars to City Power", Intent.TRANSFER),
        ("trasnfer 50 to city power", Intent.TRANSFER),
        ("sned 20 bucks 2 flatmate", Intent.TRANSFER),
        ("pay my flatmate $20.50 from savings", Intent.TRANSFER),
        ("can you pay the rent", Intent.TRANSFER),
        ("move 200 from everyday to savings", Intent.TRANSFER),
        ("put 200 into savings", Intent.TRANSFER),
        ("50 bucks to city power", Intent.TRANSFER),
        ("I want to make a payment", Intent.TRANSFER),
        ("give flatmate 20", Intent.TRANSFER),
        ("yes, transfer 50 to city power", Intent.TRANSFER),
        ("who can I pay?", Intent.PAYEES),
        ("list my payees", Intent.PAYEES),
        ("yes", Intent.APPROVAL),
        ("Yes, approve", Intent.APPROVAL),
        ("ok approve it please", Intent.APPROVAL),
        ("go ahead", Intent.APPROVAL),
        ("confirm the payment", Intent.APPROVAL),
        ("cancel", Intent.CANCEL),
        ("no, never mind", Intent.CANCEL),
        ("don't pay it", Intent.CANCEL),
        ("deposit 100 dollars", Intent.CASH),
        ("I want to withdraw 50", Intent.CASH),
        ("has city power been paid", Intent.TRANSACTIONS),
        ("hi", Intent.GREETING),
        ("Good morning Anya!", Intent.GREETING),
        ("thanks!", Intent.THANKS),
        ("what can you do", Intent.HELP),
        ("are you a human?", Intent.IDENTITY),
        ("what is the weather", Intent.UNKNOWN),
        ("am I eligible for a home loan", Intent.UNKNOWN),
        ("lend me 500", Intent.UNKNOWN),
        ("how much can I borrow", Intent.UNKNOWN),
        ("freeze my card", Intent.UNKNOWN),
        ("asdf qwer", Intent.UNKNOWN),
        ("", Intent.UNKNOWN),
    ],
)
def test_subject_of_a_message(text: str, intent: Intent) -> None:
    assert intent_of(text) is intent


@pytest.mark.parametrize(
    ("text", "amount", "source", "target"),
    [
        ("transfer 50 dollars to City Power", "50", "acc_1", POWER),
        ("Transfer fifty dollars to City Power", "50", "acc_1", POWER),
        ("pay my flatmate $20.50 from savings", "20.50", "acc_2", FLATMATE),
        ("move 200 from everyday to savings", "200", "acc_1", "acc_2"),
        ("move 200 to savings", "200", "acc_1", "acc_2"),
        ("move 200 from savings to everyday", "200", "acc_2", "acc_1"),
        ("move 200 to everyday", "200", "acc_2", "acc_1"),
        ("put 1,250.50 into my savings account", "1250.50", "acc_1", "acc_2"),
        ("pay city power 50", "50", "acc_1", POWER),
        ("pay city power 50 from my savings please", "50", "acc_2", POWER),
        ("from savings pay city power 50", "50", "acc_2", POWER),
        ("trasnfer 50 to citty powr", "50", "acc_1", POWER),
        ("sned 20 bucks to falt mate", "20", "acc_1", None),
        ("send flatmate 20", "20", "acc_1", FLATMATE),
        ("send my flatmte twenty bucks form savigns", "20", "acc_2", FLATMATE),
        ("pay the rent 450", "450", "acc_1", RENT),
        ("pay 450 for the rent", "450", "acc_1", RENT),
        ("pay my power bill, it's $88", "88", "acc_1", POWER),
        ("could you please transfer AUD 2k to northside rentals for november", "2000", "acc_1", RENT),
        ("i want to transfer 50 to city power", "50", "acc_1", POWER),
        ("I need to pay City Power $50 today", "50", "acc_1", POWER),
        ("send 50 to the payee ending 3303", "50", "acc_1", FLATMATE),
        ("pay 50 to city power using savings", "50", "acc_2", POWER),
        ("pay 50 to city power from the account ending 9907", "50", "acc_2", POWER),
        ("transfer 10 from acc_2 to acc_1", "10", "acc_2", "acc_1"),
        ("transfer 50 from my current account to city power", "50", "acc_1", POWER),
        ("50 bucks to city power", "50", "acc_1", POWER),
        ("payment of $50 to City Power", "50", "acc_1", POWER),
        ("pay electricity 60", "60", "acc_1", POWER),
        ("give my housemate 15 dollars", "15", "acc_1", FLATMATE),
        ("transfer $5 to City Power not flatmate", "5", "acc_1", POWER),
        ("hi anya, pay flatmate 20 for dinner thanks", "20", "acc_1", FLATMATE),
        ("PAY CITY POWER $50!!!", "50", "acc_1", POWER),
    ],
)
async def test_transfer_in_one_message(text: str, amount: str, source: str, target: str | None) -> None:
    talk = Talk()
    answer = await talk.say(text)
    if target is None:
        assert "Whom should I pay" in answer
        return
    assert talk.proposal is not None, answer
    assert talk.proposal["transaction_type"] == "transfer"
    assert (talk.proposal["amount"], talk.proposal["from_account_id"]) == (amount, source)
    assert talk.proposal["to_account_id"] == target


@pytest.mark.parametrize(
    ("messages", "amount", "source", "target"),
    [
        (["transfer 50 dollars", "city power"], "50", "acc_1", POWER),
        (["transfer 50 dollars", "to my flatmate from savings"], "50", "acc_2", FLATMATE),
        (["transfer 50 dollars", "pay city power"], "50", "acc_1", POWER),
        (["pay city power", "50"], "50", "acc_1", POWER),
        (["pay city power", "fifty bucks"], "50", "acc_1", POWER),
        (["pay city power", "$50 from savings"], "50", "acc_2", POWER),
        (["make a payment", "flatmate", "20"], "20", "acc_1", FLATMATE),
        (["make a payment", "flatmate 20"], "20", "acc_1", FLATMATE),
        (["pay bob 50", "sorry, flatmate"], "50", "acc_1", FLATMATE),
        (["pay city power 50 euros", "50 dollars"], "50", "acc_1", POWER),
        (["pay 50 and 20 to flatmate", "20"], "20", "acc_1", FLATMATE),
        (["pay flatmate 20 and city power 50", "flatmate", "20"], "20", "acc_1", FLATMATE),
        (["pay flatmate 50 from my wallet", "savings"], "50", "acc_2", FLATMATE),
        (["transfer -5 to city power", "5"], "5", "acc_1", POWER),
        (["transfer 50 to city power", "no, from savings"], "50", "acc_2", POWER),
        (["transfer 50 to city power", "no, savings"], "50", "acc_2", POWER),
        (["transfer 50 to city power", "from savings"], "50", "acc_2", POWER),
        (["transfer 50 to city power", "actually 60"], "60", "acc_1", POWER),
        (["transfer 50 to city power", "make it 60 not 50"], "60", "acc_1", POWER),
        (["transfer 50 to city power", "sorry, to my flatmate"], "50", "acc_1", FLATMATE),
        (["transfer 50 to city power", "thanks", "use savings instead"], "50", "acc_2", POWER),
        (["pay city power", "yes", "50"], "50", "acc_1", POWER),
        (["transfer 50 to city power", "transfer 20 to flatmate"], "20", "acc_1", FLATMATE),
        (["pay city power from savings", "pay flatmate 20"], "20", "acc_1", FLATMATE),
    ],
)
async def test_transfer_over_several_messages(messages: list[str], amount: str, source: str, target: str) -> None:
    talk = Talk()
    for text in messages:
        answer = await talk.say(text)
    assert talk.proposal is not None, answer
    assert (talk.proposal["amount"], talk.proposal["from_account_id"]) == (amount, source)
    assert talk.proposal["to_account_id"] == target


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("transfer money", "Whom should I pay"),
        ("transfer 50 dollars", "Whom should I pay"),
        ("pay bob 50", "I can't find “bob”"),
        ("pay 50 to my landlady", "I can't find “landlady”"),
        ("pay city power", "How much should I send to City Power?"),
        ("pay city power nan dollars", "How much should I send"),
        ("pay city power 50 euros", "I can only send Australian dollars. How much"),
        ("pay flatmate 20 and city power 50", "That could be"),
        ("pay flatmate 20 or 30", "one payment at a time"),
        ("transfer -5 to city power", "must be more than zero"),
        ("transfer 0 to city power", "must be more than zero"),
        ("pay city power 50 from my piggybank", "I can't find “piggybank”"),
    ],
)
async def test_what_is_missing_is_asked_for(text: str, question: str) -> None:
    talk = Talk()
    assert question in await talk.say(text)
    assert talk.proposal is None


@pytest.mark.parametrize(
    "text",
    [
        "pay flatmate 20 tomorrow",
        "pay $50 to city power every month",
        "schedule 50 to city power",
        "pay rent 9 on friday",
    ],
)
async def test_payment_for_later_is_not_prepared_for_now(text: str) -> None:
    talk = Talk()
    assert "goes out at once" in await talk.say(text)
    assert talk.proposal is None


async def test_customer_with_several_accounts_and_no_everyday_one_is_asked_which() -> None:
    talk = Talk(
        accounts=(SAVINGS, SAVINGS | {"account_id": "acc_7", "name": "Holiday", "number_last_digits": "1"})
    )
    assert "From which account" in await talk.say("pay city power 50")
    await talk.say("the holiday one")
    assert talk.proposal is not None
    assert talk.proposal["from_account_id"] == "acc_7"


async def test_customer_with_one_account_pays_from_it() -> None:
    talk = Talk(accounts=(EVERYDAY | {"account_id": "acc_5", "name": "Business", "kind": "business"},))
    await talk.say("pay city power 50")
    assert talk.proposal is not None
    assert talk.proposal["from_account_id"] == "acc_5"


async def test_purpose_becomes_the_description() -> None:
    talk = Talk()
    await talk.say("pay flatmate 20 for Pizza night")
    assert talk.proposal is not None
    assert talk.proposal["description"] == "Pizza night"


async def test_typed_ids_are_passed_on_for_the_registry_to_judge() -> None:
    talk = Talk()
    assert "can't find that account" in await talk.say("transfer 50 from acc_3 to city power")
    assert "payees that you have saved" in await talk.say("transfer 50 to acc_9")
    assert "can't find that account" in await talk.say("what is the balance of acc_9")
    assert talk.calls == [("get_account_balance", {"account_id": "acc_9"})]


async def test_another_subject_ends_what_was_asked() -> None:
    talk = Talk()
    await talk.say("pay city power")
    assert "2,500.00" in await talk.say("what's my balance?")
    assert "can't help with that" in await talk.say("50")


async def test_cancel_drops_what_was_asked() -> None:
    talk = Talk()
    await talk.say("pay city power")
    assert "dropped" in await talk.say("never mind")
    await talk.say("50")
    assert talk.proposal is None


@pytest.mark.parametrize("seed", range(8))
async def test_ordinary_payments_survive_one_slip_in_each_long_word(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a seed that repeats, not a secret
    talk = Talk()
    text = " ".join(
        slipped(word, chance) if len(word) >= 7 else word for word in "transfer 50 to northside rentals".split()
    )
    await talk.say(text)
    assert talk.proposal is not None, text
    assert (talk.proposal["amount"], talk.proposal["to_account_id"]) == ("50", RENT)


def slipped(word: str, chance: random.Random) -> str:
    """The word with two neighbours swapped, after its first letter."""
    place = chance.randrange(1, len(word) - 2)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [("", "", 0), ("a", "", 1), ("sned", "send", 1), ("balence", "balance", 1), ("abc", "xyz", 3)],
)
def test_slips_are_counted(left: str, right: str, count: int) -> None:
    assert slips(left, right) == slips(right, left) == count


@pytest.mark.parametrize("word", ["lend", "spends", "love", "more"])
def test_other_words_are_not_taken_for_slips(word: str) -> None:
    assert not any(is_like(word, verb) for verb in ("send", "move", "spend"))


async def test_agent_without_the_transfer_tool_names_the_agent_that_has_it() -> None:
    talk = Talk(tools=READING)
    assert "Payments agent" in await talk.say("transfer 50 dollars to City Power")
    assert talk.calls == []
