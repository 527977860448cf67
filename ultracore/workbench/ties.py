"""The tests of whether a member of staff may decide about a customer: not about themselves, nor a relative.

A bank knows no family trees. What counts is the login that applied, the customer whom a login speaks for, what
people declare of themselves, and their names: of the applicant's family name, a colleague decides instead.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from ultracore.banking.cases import Talk
from ultracore.banking.lending import ApplicationFile
from ultracore.workbench.parts import Clerk

Tie = Literal["loan.own", "loan.relative"]

_AFTER_NAME: Final = re.compile(r"\(.*")


async def tie_of(clerk: Clerk, file: ApplicationFile) -> Tie | None:
    """Why this person may not see or decide this application; None if they may."""
    bank, customer_id = clerk.bank, file.customer_id
    user = await bank.users.get(clerk.user_id)
    if clerk.user_id == file.made_by or (user is not None and user.customer_id == customer_id):
        return "loan.own"
    if await bank.loan_decisions.is_tied(clerk.tenant_id, clerk.user_id, customer_id):
        return "loan.relative"
    customer = await bank.customers.get(clerk.tenant_id, customer_id)
    own = _words(clerk.principal.display_name if user is None else user.display_name)
    theirs = _words(customer.name)
    if own == theirs:
        return "loan.own"
    of_people = customer.kind == "person" and len(own) > 1 and len(theirs) > 1
    return "loan.relative" if of_people and own[-1] == theirs[-1] else None


async def took_part(clerk: Clerk, file: ApplicationFile) -> bool:
    """Whether they have lately talked with the customer: a second person looks with eyes of their own."""
    talk = Talk(clerk.tenant_id, "", file.customer_id)
    return await clerk.bank.claims.took_part(talk, clerk.user_id)


def _words(name: str) -> tuple[str, ...]:
    """`Lena Berg (lender)` is `lena berg`."""
    return tuple(_AFTER_NAME.sub("", name).casefold().split())
