"""Whom a member of staff works for: read from their own typed words, by code and never by a model.

A customer is named by id (`cust_1`) or by the exact full name of two words or more. An id counts before a name, so
that a shop with a customer's name in a question changes nothing. A message that names another customer than the
present one and asks something may have been pasted from elsewhere: the person is asked before they work for them.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.screen import Choice
from ultracore.ai.staff import wording as staff_wording
from ultracore.ai.staff.cases import CaseDesk
from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import DataAccessed
from ultracore.banking import Bank, Customer
from ultracore.cache.stores import Conversations
from ultracore.errors import InvalidInput, ToolRefused

_ID = re.compile(r"\bcust_[A-Za-z0-9]{1,59}\b", re.IGNORECASE)
_POSSESSIVE_MARK = r"(?:['\N{RIGHT SINGLE QUOTATION MARK}]s?)?"
_POSSESSIVE = re.compile(r"['\N{RIGHT SINGLE QUOTATION MARK}]s?$")
# Words around a name that ask nothing: after "cust_1 please" the person is asked what they would like.
_FILLER = frozenset(
    "a about and at for from go hi hello i i'm im am it's is let's look me my next now ok on open our please show "
    "switch the this to up us we with work working customer client id let get".split()
)
# The number of runs of words grows with the text, and each is looked up; a name stands near the beginning.
MAX_WORDS = 80
MAX_ASKED = 10_000
CUSTOMER = "/customer"
SWITCH, STAY = f"{CUSTOMER} switch", f"{CUSTOMER} stay"
_ANSWERS = {
    **dict.fromkeys((SWITCH, "yes", "yes please", "switch", "ok"), True),
    **dict.fromkeys((STAY, "no", "no thanks", "stay"), False),
}
LONGEST_NAME_WORDS = 8


@dataclass(frozen=True, slots=True)
class _Asked:
    """The message that waits until it is known for whom this login works."""

    login_id: str
    text: str
    customer_id: str


class NamedCustomers:
    """Reads the customer out of a message of staff, and notes them for the conversation."""

    def __init__(self, bank: Bank, conversations: Conversations, trail: AuditTrail) -> None:
        self._bank = bank
        self.cases = CaseDesk(bank, trail)
        self._conversations = conversations
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def answered(self, turn: OpenTurn, text: str) -> bool:
        """Take the answer to the question whether to switch. True if nothing is left to answer.

        After a yes the turn answers the message that was asked about. What is no answer drops the question.
        Raises `InvalidInput` for a button whose question is not known any more.
        """
        asked = self._asked.pop(turn.conversation_id, None)
        yes = _ANSWERS.get(text.casefold().strip(" .!"))
        if asked is None or asked.login_id != turn.principal.login_id or yes is None:
            if text.lower().startswith(CUSTOMER):
                raise _refused("choice.gone", staff_wording.QUESTION_GONE)
            return False
        if not yes:
            await turn.view.message(staff_wording.STAYED, kind="notice")
            return True
        customer = await self._bank.customers.get(turn.principal.tenant_id, asked.customer_id)
        await self._note(turn, customer)
        turn.resumed, turn.wish = asked.text, _without(asked.text, customer)
        return False

    async def case(self, turn: OpenTurn, rest: str) -> None:
        """The command `/case`: who opens a case for a customer works for that customer from then on."""
        customer = await self.cases.command(turn, rest)
        # A supervisor's case is for a replay: that desk works for nobody.
        if customer is not None and self._bank.access.names_customers(turn.principal):
            if customer.customer_id != turn.working_for:
                await self._note(turn, customer)

    async def read(self, turn: OpenTurn, text: str) -> bool:
        """Note whom the message names. True if there is something left to answer.

        Raises `InvalidInput`, with the sentence to show, if the customer cannot be told or is not of this
        tenant; then nothing has changed.
        """
        found = await self._find(turn, text)
        about = turn.working_for if found is None else found.customer_id
        # Before a model is asked, and also if the case was closed since the customer was named.
        if about is not None and about == turn.working_for and self._bank.access.cases.required:
            await self.cases.used(turn, about)
        if found is None:
            return True
        # After the search: finance is told that its desk has no customers only if a customer was really named.
        if not self._bank.access.names_customers(turn.principal):
            raise _refused("access.no_customer", staff_wording.NO_CUSTOMERS_HERE)
        more = _says_more(text, found)
        turn.wish = _without(text, found) if more else None
        if found.customer_id != turn.working_for:
            if more and turn.working_for is not None:
                await self._ask(turn, text, found)
                return False
            await self._note(turn, found)
        if more:
            return True
        await turn.view.message(staff_wording.WHAT_NEXT, kind="notice")
        return False

    async def _ask(self, turn: OpenTurn, text: str, customer: Customer) -> None:
        """Ask with buttons. Nothing of the other customer is shown but what the message names."""
        self._asked[turn.conversation_id] = _Asked(turn.principal.login_id, text, customer.customer_id)
        if len(self._asked) > MAX_ASKED:
            self._asked.popitem(last=False)
        named = customer.customer_id if customer.customer_id in text.lower() else customer.name
        choices = [Choice(SWITCH, f"Work for {named}"), Choice(STAY, f"Stay with {turn.working_for}")]
        await turn.view.choose(staff_wording.switch_question(named, turn.working_for or ""), choices)

    async def _note(self, turn: OpenTurn, customer: Customer) -> None:
        """On the record before the name is shown."""
        customer_id = customer.customer_id
        case = await self.cases.used(turn, customer_id)
        number, told = (None, None) if case is None else (case.case_id, case.reason.told)
        await turn.log.required(DataAccessed(customer_id, action="name_customer", case=number, told=told))
        await self._conversations.set_working_for(turn.conversation_id, customer_id)
        turn.work_for(customer_id)
        await turn.view.message(staff_wording.working_for(customer.name, customer_id), kind="notice")

    async def _find(self, turn: OpenTurn, text: str) -> Customer | None:
        tenant_id, customers = turn.principal.tenant_id, self._bank.customers
        ids = {found.group().lower() for found in _ID.finditer(text)}
        if len(ids) > 1:
            raise _refused("customer.ambiguous", staff_wording.ONE_AT_A_TIME)
        if ids:
            try:
                return await customers.get(tenant_id, ids.pop())
            except ToolRefused as error:
                # Another tenant's customer looks like one that does not exist.
                raise _refused(error.code, staff_wording.NO_SUCH_CUSTOMER) from error
        return _only_one(await customers.named(tenant_id, _names_in(text)))


def _only_one(named: list[Customer]) -> Customer | None:
    if len(named) < 2:
        return named[0] if named else None
    # Two people of one name cannot be told apart by naming them again: then the id is asked for.
    same = len({customer.name.casefold() for customer in named}) == 1
    sentence = staff_wording.SEVERAL_OF_THAT_NAME if same else staff_wording.ONE_AT_A_TIME
    raise _refused("customer.ambiguous", sentence)


def _names_in(text: str) -> set[str]:
    """Everything in the text that may be a full name: two to `LONGEST_NAME_WORDS` words in a row."""
    words = _words(text)[:MAX_WORDS]
    return {
        " ".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 2, min(start + LONGEST_NAME_WORDS, len(words)) + 1)
    }


def _words(text: str) -> list[str]:
    stripped = (_POSSESSIVE.sub("", word.strip('.,;:!?"()[]')) for word in text.split())
    return [word for word in stripped if word]


def _says_more(text: str, customer: Customer) -> bool:
    """False if a message names its customer and asks nothing."""
    words = " ".join(_words(text)).casefold()
    for named in (customer.name, customer.customer_id):
        words = words.replace(" ".join(_words(named)).casefold(), " ")
    return any(word not in _FILLER for word in words.split())


def _without(text: str, customer: Customer) -> str:
    """The message without the customer: a name says nothing of the subject, and the router has never seen it."""
    named = (r"\W+".join(map(re.escape, _words(name))) for name in (customer.name, customer.customer_id))
    return re.sub(
        rf"\b(?:(?:for|of|about)\s+)?(?:{'|'.join(named)})\b{_POSSESSIVE_MARK}", " ", text, flags=re.IGNORECASE
    )


def _refused(code: str, sentence: str) -> InvalidInput:
    return InvalidInput("the customer of a staff conversation was not set", code=code, sentence=sentence)
