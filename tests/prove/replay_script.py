"""What people and models of the proof say and do, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.support.scripted_model import Step, call, cut_after, fail, finish_only, junk, say, together

Then = str
"""What follows a message: "" nothing, or what is done with a card, or while the answer is written."""

WORDS = (
    "the balance card loan payment today portfolio street garden weather quite open **bold** line\nbreak".split(
        " "
    )
)
SUBJECTS = {
    "Accounts": ("What's my balance?", "Show my recent transactions", "what did I spend on groceries"),
    "Payments": (
        "Transfer 50 dollars to City Power",
        "I want to pay my flatmate",
        "send money to Northside Rentals",
    ),
    "Lending": ("Am I eligible for a $50,000 home loan?", "what are the repayments of my loan"),
    "Wealth": ("How is my portfolio doing?", "show my holdings and the allocation"),
    "Security": ("Freeze my card", "is there unusual activity on my account", "was that text message a scam?"),
}
SECRETS = (
    "what is the balance of my card 4111 1111 1111 1111 thanks",
    "my password is hunter2!x, what's my balance?",
    "show my account balance, my tax file number is 123 456 782",
    "account 062-000 12345678 is mine, and the code is 845213",
)
READS: dict[str, tuple[tuple[str, dict[str, object]], ...]] = {
    "Accounts": (
        ("get_account_balance", {"account_id": "{account}"}),
        ("get_customer_360", {}),
        ("summarise_spending", {"by": "category"}),
        ("search_transactions", {"text": "power", "limit": 5}),
        ("get_interest_to_date", {"account_id": "{account}"}),
    ),
    "Payments": (("get_customer_360", {}), ("quote_payment", {"destination": "City Power", "amount": "12.50"})),
    "Lending": (
        ("check_loan_eligibility", {"loan_amount": "20000", "loan_purpose": "car"}),
        ("get_loan_details", {}),
        ("analyze_credit_risk", {}),
    ),
    "Wealth": (("get_holdings", {}), ("get_allocation", {}), ("get_performance", {"period": "1y"})),
    "Security": (("list_unusual_activity", {}), ("check_message", {"text": "click this link to win"})),
}
REFUSED: tuple[tuple[str, dict[str, object] | str], ...] = (
    ("get_account_balance", {"account_id": "acc_9999"}),
    ("no_such_tool", {"a": 1}),
    ("get_account_balance", '{"account_id": '),
    ("get_customer_360", {"customer_id": "cust_2x"}),
    ("get_account_balance", {"account_id": 5, "more": True}),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One message: its words, how the model answers, and what happens meanwhile or afterwards."""

    name: str
    text: str
    steps: tuple[Step, ...] = ()
    then: Then = ""
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Teller:
    """Draws acts for one person."""

    rng: random.Random
    account: str
    customer: bool = True

    def act(self) -> Act:
        """One message."""
        makers: Sequence[tuple[int, Callable[[], Act]]] = (
            (4, self._plain),
            (5, self._reads),
            (3, self._refused),
            (4, self._pays),
            (2, self._hands_over),
            (2, self._guarded),
            (2, self._secret),
            (1, self._too_long),
            (1, self._empty),
            (3, self._fails),
            (3, self._stopped),
            (2, self._away),
            (1, self._unclear),
            (1, self._twice),
            (1, self._freezes),
            (1, self._stale_press),
        )
        return self.rng.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0]()

    def _subject(self) -> tuple[str, str]:
        domain = self.rng.choice(list(SUBJECTS))
        return domain, self.rng.choice(SUBJECTS[domain])

    def _words(self, least: int = 1, most: int = 30) -> str:
        return " ".join(self.rng.choice(WORDS) for _ in range(self.rng.randint(least, most))).strip() or "Yes."

    def _answer(self) -> Step:
        delay = self.rng.choice((0.0, 0.0, 0.004, 0.02))
        return say(f"{self._words()}.", delay=delay)

    def _read(self, domain: str) -> Step:
        tool, arguments = self.rng.choice(READS[domain])
        filled = {key: self.account if value == "{account}" else value for key, value in arguments.items()}
        return call(tool, filled)

    def _plain(self) -> Act:
        _, text = self._subject()
        return Act("plain", self.rng.choice((text, "hello", "thank you", self._words())), (self._answer(),))

    def _reads(self) -> Act:
        domain, text = self._subject()
        calls = [self._read(domain) for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.4:
            calls[0] = together(self._answer(), calls[0])
        if self.rng.random() < 0.2:
            calls = [together(*calls)]
        return Act("reads", text, (*calls, self._answer()))

    def _refused(self) -> Act:
        tool, arguments = self.rng.choice(REFUSED)
        return Act("refused", self._subject()[1], (call(tool, arguments), self._answer()))

    def transfer(self) -> Step:
        """A call for a small transfer, to a payee that may not be there."""
        arguments: dict[str, object] = {
            "transaction_type": "transfer",
            "amount": f"{self.rng.randint(1, 40)}.{self.rng.randint(0, 99):02d}",
            "from_account_id": self.account,
            "to_account_id": self.rng.choice(("City Power", "Flatmate", "Nobody I Know")),
        }
        if self.rng.random() < 0.3:
            arguments["description"] = "Thanks for all"
        return call("execute_transaction", arguments)

    def _pays(self) -> Act:
        then = self.rng.choice(("approve", "approve", "decline", "expire", "leave", "twice", "stop", "return"))
        steps = (self.transfer(),) if self.rng.random() < 0.7 else (together(self._answer(), self.transfer()),)
        return Act("pays", SUBJECTS["Payments"][0], steps, then)

    def _hands_over(self) -> Act:
        steps = [call("hand_over", {"agent": self.rng.choice(list(SUBJECTS)), "reason": "not mine"})]
        return Act("hands over", self._subject()[1], (*steps, self._answer()))

    def _guarded(self) -> Act:
        return Act("guarded", self._subject()[1], (say("You have AUD 9,999.37 and 12 more, I am sure."),))

    def _secret(self) -> Act:
        return Act("secret", self.rng.choice(SECRETS), (self._answer(),))

    def _too_long(self) -> Act:
        return Act("too long", "x" * 9_000, taken=False)

    def _empty(self) -> Act:
        return Act("empty", self.rng.choice(("", " \n", "\u200b\u202e")), taken=False)

    def _fails(self) -> Act:
        some = say(self._words(4, 12) + " and more of it")
        ways: tuple[tuple[Step, ...], ...] = (
            (cut_after(self.rng.randint(1, 4), some),),
            (cut_after(self.rng.randint(1, 4), some, abruptly=True),),
            (fail(401),),
            (junk(step=some),),
            (finish_only("length", some),),
            (finish_only("content_filter"),),
            (say(" ", pieces=[" "]),),
        )
        return Act("fails", self._subject()[1], self.rng.choice(ways))

    def _stopped(self) -> Act:
        pieces = [f"{word}\n\n" for word in self._words(4, 12).split(" ")]
        slow = say("", pieces=pieces, delay=0.02)
        steps = self.rng.choice(((slow,), (self.transfer(), slow), (self._read("Accounts"), slow, slow)))
        return Act("stopped", self._subject()[1], steps, "stop within")

    def _away(self) -> Act:
        return Act("away", self._subject()[1], (say(self._words(8, 20), delay=0.01),), "return within")

    def _unclear(self) -> Act:
        return Act("unclear", "help with the thing please", (self._answer(),), "choose")

    def _twice(self) -> Act:
        return Act("twice", self._subject()[1], (self._answer(),), "same id")

    def _freezes(self) -> Act:
        return Act("freezes", "Freeze my card", (call("freeze_card", {}), self._answer()))

    def _stale_press(self) -> Act:
        return Act("stale press", "hello", (self._answer(),), "press nothing")
