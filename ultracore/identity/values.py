"""Values of logins: who acts, what is asked for, what a list shows, and how a wish is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from ultracore.errors import CustomerError, SignInLimited, SignInRefused
from ultracore.principal import Connection, Role

PRIVILEGED: Final = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AUDITOR, Role.SECURITY})
"""Roles that one administrator alone cannot give: they see the record, approve, or make others so."""

State = Literal["active", "disabled", "invited"]
RequestAct = Literal["role", "reset", "link", "factor", "contact", "accounts"]
FactorPurpose = Literal["sign_in", "step_up", "removal", "recovery_codes", "passkey"]


class IdentityRefused(CustomerError):
    """The change was not made, for a reason that the person who asked may know."""

    default_code = "identity.refused"
    default_sentence = "That was not done."


class LinkInvalid(CustomerError):
    """A one-time link that is unknown, used or too old. Which one is never said."""

    default_code = "identity.link"
    default_sentence = (
        "This link is not valid any more. It works once, and for 30 minutes: please ask for a new one."
    )


class EnrolmentGone(IdentityRefused):
    """No second factor waits to be confirmed: it was confirmed, given up, or is too old."""

    default_code = "factor.not_begun"
    default_sentence = "This key is not waiting any more. Please begin again, and delete the entry in your app."


class FactorRefused(SignInRefused):
    """A code that is wrong, was used already, or belongs to another login. Which one is never said."""

    default_code = "factor.refused"
    default_sentence = (
        "This code is not right, or it was used already. Please take the next one that your app shows."
    )


class CodeWanted(SignInRefused):
    """The password is right, and the login has a second factor."""

    default_code = "factor.wanted"
    default_sentence = "Please enter the code that your app shows now, or a recovery code."


class FactorRequired(SignInRefused):
    """The password is right; the policy wants a second factor of this role, and the login has none."""

    default_code = "factor.missing"
    default_sentence = (
        "Your role signs in with a second factor, and this login has none yet. "
        "Set one up on the page /second-factor."
    )


class FactorBlocked(SignInLimited):
    """Five wrong codes in a row: none is taken for a quarter of an hour, not the right one either."""

    default_code = "factor.blocked"
    default_sentence = "Too many wrong codes. Please wait a quarter of an hour."


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorState:
    """A login's second factor: since when there is one, and how many recovery codes are left."""

    since: datetime | None = None
    recovery_codes_left: int = 0

    @property
    def is_enrolled(self) -> bool:
        """True if there is one."""
        return self.since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A key that is to be confirmed by a code of it: as text, as an address, and as a picture of that (SVG)."""

    key: str
    address: str
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person who administers: a user of a tenant, or an operator at the command line (`tenant_id` None)."""

    name: str
    tenant_id: str | None
    connection: Connection = field(default_factory=Connection)

    @property
    def is_operator(self) -> bool:
        """True for the command line."""
        return self.tenant_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """From when until when a role holds; `until` None means for good."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogin:
    """A login to be made."""

    login: str
    tenant_id: str
    roles: frozenset[Role]
    name: str = ""
    customer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role of a login with its term; it may begin later or be over."""

    role: Role
    since: datetime
    until: datetime | None
    given_by: str

    def holds(self, moment: datetime) -> bool:
        """True if the role counts at this moment."""
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginView:
    """A login as an administrator sees it."""

    login: str
    tenant_id: str
    name: str
    state: State
    customer_id: str | None
    has_second_factor: bool
    last_sign_in_at: datetime | None
    roles: tuple[HeldRole, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccount:
    """An account at a provider that signs a login in, known by issuer and subject."""

    issuer: str
    subject: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """What one administrator asked for and another has to confirm."""

    request_id: str
    tenant_id: str
    login: str
    act: RequestAct
    role: Role | None
    term: Term | None
    new_customer_id: str | None
    new_address: str | None
    made_by: str
    made_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What came of a wish: the token of a one-time link if one was made, and what waits for a second person."""

    token: str | None = None
    waiting: tuple[IdentityRequest, ...] = ()
