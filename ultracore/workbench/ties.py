"""The tests of whether a member of staff may decide about a customer: not about themselves, nor a relative.

A bank knows no family trees. What counts is the login that applied, the customer whom a login speaks for, what
people declare of themselves, and their names: of the applicant's family name, a colleague decides instead.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from ultracore.audit.vocabulary import CustomerFileRefused
from ultracore.banking.cases import Talk
from ultracore.web import Forbidden
from ultracore.workbench.parts import Clerk

TIED: Final = (
    "This is your own, or that of a person who may be a relative of yours. A colleague looks after it, and you "
    "cannot open it. That you tried is on the record."
)

Tie = Literal["tie.own", "tie.relative"]

_AFTER_NAME: Final = re.compile(r"\(.*")


async def tie_of(clerk: Clerk, customer_id: str, made_by: str) -> Tie | None:
    """Why this person may not see or decide what that login of the customer made; None if they may."""
    bank = clerk.bank
    user = await bank.users.get(clerk.user_id)
    if clerk.user_id == made_by or (user is not None and user.customer_id == customer_id):
        return "tie.own"
    if await bank.loan_decisions.is_tied(clerk.tenant_id, clerk.user_id, customer_id):
        return "tie.relative"
    customer = await bank.customers.get(clerk.tenant_id, customer_id)
    own = _words(clerk.principal.display_name if user is None else user.display_name)
    theirs = _words(customer.name)
    if own == theirs:
        return "tie.own"
    of_people = customer.kind == "person" and len(own) > 1 and len(theirs) > 1
    return "tie.relative" if of_people and own[-1] == theirs[-1] else None


async def require_no_tie(clerk: Clerk, customer_id: str, made_by: str, *, action: str, reference: str) -> None:
    """Raises `Forbidden` for somebody who may not see it, once that is on the record."""
    tie = await tie_of(clerk, customer_id, made_by)
    if tie is not None:
        refused = CustomerFileRefused(
            by=clerk.user_id, customer_id=customer_id, action=action, reference=reference, reason=tie
        )
        await clerk.tell(refused, customer_id)
        raise Forbidden("tied to the customer", code=tie, sentence=TIED)


async def took_part(clerk: Clerk, customer_id: str) -> bool:
    """Whether they have lately talked with the customer: a second person looks with eyes of their own."""
    talk = Talk(clerk.tenant_id, "", customer_id)
    return await clerk.bank.claims.took_part(talk, clerk.user_id)


def _words(name: str) -> tuple[str, ...]:
    """`Lena Berg (lender)` is `lena berg`."""
    return tuple(_AFTER_NAME.sub("", name).casefold().split())
