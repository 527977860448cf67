"""Our own sentences for staff: the greeting of each desk, whom they work for, what a desk does not do."""

from __future__ import annotations

from collections.abc import Sequence

from ultracore.principal import Principal, Role
from ultracore.wording import TO_STAFF, WORKS_FOR

_DESKS: dict[Role, str] = {
    Role.TELLER: (
        "This is the teller's desk: accounts and payments of a customer. Type the customer's id, such as cust_1, "
        "or the exact full name, and what you would like to know. A supervisor decides on what you propose."
    ),
    Role.LENDER: (
        "This is the lending desk: eligibility, credit risk, loans and repayment schedules of a customer. Type "
        "the customer's id, such as cust_1, or the exact full name, and what you would like to know."
    ),
    Role.FINANCE: "This is the finance desk: the trial balance and totals of the bank, and no single customer.",
    Role.SECURITY: (
        "This is the security desk: fraud, access, unusual activity and cards of a customer. Type the customer's "
        "id, such as cust_1, or the exact full name, and what you would like to know."
    ),
    Role.SUPERVISOR: (
        "Type /replay to see the conversations of your bank, /replay with a customer's id to see that customer's, "
        "and /requests to decide on what staff have proposed."
    ),
    Role.AUDITOR: (
        "Type /replay to see the conversations of your bank with every decision, and /replay with a customer's id "
        "to see that customer's. Reports and exports are on the command line: ultracore audit --help."
    ),
    Role.ADMINISTRATOR: (
        "Settings and parts are checked on the command line: ultracore doctor. There is nothing that an "
        "administrator can do in this chat."
    ),
}

_STARTERS: dict[Role, tuple[str, ...]] = {
    Role.TELLER: (
        "Show the balances of cust_1",
        "Show the recent transactions of cust_1",
        "What did cust_1 spend on groceries?",
    ),
    Role.LENDER: ("Is cust_1 eligible for a 20000 dollar car loan?", "What is the credit risk of cust_1?"),
    Role.FINANCE: ("Show me the trial balance",),
    Role.SECURITY: ("Is there unusual activity on cust_1?", "Freeze the card of cust_1"),
    Role.SUPERVISOR: ("/replay", "/requests"),
    Role.AUDITOR: ("/replay",),
    Role.ADMINISTRATOR: (),
}

NO_SUCH_CUSTOMER = (
    "I can't find that customer at your bank, so nothing was looked up. Please check the id, or type the exact "
    "full name."
)
SEVERAL_OF_THAT_NAME = "Several customers have that name. Please type the customer's id instead."
ONE_AT_A_TIME = "I can work for one customer at a time. Please name one of them, and ask for the other afterwards."
NO_CUSTOMERS_HERE = (
    "Your desk does not look at single customers. I can show you the trial balance and totals; for a customer, "
    "please ask a teller."
)
QUESTION_GONE = "I no longer have the question that this belongs to. Please type your message again."
STAYED = "All right, nothing has changed, and nothing was looked up."
WHAT_NEXT = "What would you like to know?"
NO_RECORD = (
    "That command is for the bank's supervisors and auditors, so I can't open it for you. Please ask me about "
    "something else."
)
NO_REQUESTS = "Only supervisors decide on requests, so I can't show them. Please ask me about something else."
UNKNOWN_COMMAND = (
    "I don't know that command, so nothing was done. Your login has no agent in this chat; an administrator of "
    "your bank can give it one."
)


def desk_line(principal: Principal) -> str:
    """What this person's desk does, role after role."""
    # In the order of `Role`: a set has none, and the greeting must read the same every day.
    return " ".join(_DESKS[role] for role in Role if role in principal.roles and role in _DESKS)


def starters(principal: Principal) -> tuple[str, ...]:
    """What a member of staff is offered to begin with."""
    return tuple(text for role in Role if role in principal.roles for text in _STARTERS.get(role, ()))


def working_for(name: str, customer_id: str) -> str:
    """The line that stays visible above everything about a customer."""
    return f"You are working for {name} ({customer_id})."


def switch_question(named: str, present: str) -> str:
    """Asked when a message is about another customer than the one whom the person works for."""
    return (
        f"Your message names {named}, and you are working for {present}. Shall I work for {named} from here on? "
        "Nothing was looked up yet."
    )


def other_desk(domain: str, agents: Sequence[str]) -> str:
    """The sentence for a subject that this desk does not have."""
    ours = " and ".join(agents)
    noun = "agent" if len(agents) == 1 else "agents"
    return (
        f"That is a question for the {domain} agent, which your desk does not have. Your desk has the {ours} "
        f"{noun}; please ask about that, or pass this on to the desk that does."
    )


def told_to_model(principal: Principal, customer_id: str | None) -> str:
    """What the agent's prompt says about whom it is talking to."""
    roles = " and ".join(role.value for role in Role if role in principal.roles)
    told = f"{TO_STAFF} ({roles}), not to a customer."
    if customer_id is not None:
        return f"{told} {WORKS_FOR}{customer_id}, whom every tool call is about."
    return (
        f"{told} They have not named a customer. Before anything about a customer, ask them to type the "
        "customer's id or exact full name."
    )
