"""Events of logins: who made, changed, closed or opened one, its roles, its password, its second factor.

`by` is the person who acts: a user's name, or `operator:` and the name of the operating system's user. `result` is
`requested` while a second person has to confirm, `declined` if they do not, `failure` if the change was not made
after it was written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from ultracore.audit.events import AuditEventType, AuditSeverity
from ultracore.audit.vocabulary.values import Details, Event

IdentityResult = Literal["requested", "success", "declined", "failure"]
_TAGS: Final = ("access_control",)


def _details(
    what: str,
    login: str,
    action: str,
    by: str,
    result: str = "success",
    severity: AuditSeverity = AuditSeverity.INFO,
    **more: Any,
) -> Details:
    return Details(
        f"{by}: {what} {login}",
        {"by": by, **more},
        action=action,
        result=result,
        severity=severity,
        resource_type="user",
        resource_id=login,
        compliance_tags=_TAGS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAdded(Event):
    """A login was made; it has no password until its one-time link is used."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    login: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("added login", self.login, "user.add", self.by, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerLinked(Event):
    """A login is to speak for another customer, or for none."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    login: str
    change: Mapping[str, Any]
    result: IdentityResult = "success"

    def details(self) -> Details:
        warned = AuditSeverity.WARNING
        return _details("customer of", self.login, "user.link", self.by, self.result, warned, **self.change)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginDisabled(Event):
    """A login was closed and its sessions were ended."""

    type = AuditEventType.ACCESS_BLOCKED
    by: str
    login: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("disabled", self.login, "user.disable", self.by, self.result, AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginEnabled(Event):
    """A login that was closed is open again."""

    type = AuditEventType.PERMISSION_GRANTED
    by: str
    login: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("enabled", self.login, "user.enable", self.by, self.result, AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsRevoked(Event):
    """Sessions of a login were ended by somebody: all of them, or the others of one who is signed in."""

    type = AuditEventType.LOGOUT
    by: str
    login: str
    reason: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("ended sessions of", self.login, "user.revoke", self.by, self.result, reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAssigned(Event):
    """A login is given a role, for a term."""

    type = AuditEventType.ROLE_ASSIGNED
    by: str
    login: str
    role: str
    term: Mapping[str, str | None]
    result: IdentityResult = "success"

    def details(self) -> Details:
        warned = AuditSeverity.WARNING
        more = {"role": self.role, **self.term}
        return _details("role for", self.login, "user.role.give", self.by, self.result, warned, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(Event):
    """A role was taken from a login."""

    type = AuditEventType.ROLE_REVOKED
    by: str
    login: str
    role: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("role from", self.login, "user.role.take", self.by, self.result, role=self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordReset(Event):
    """A one-time link was handed out (`link`), or a password was set by one (`used`).

    By mail: somebody asked for a link (`asked`), it was sent (`mailed`), the owner was told of a reset (`told`).
    """

    type = AuditEventType.PASSWORD_RESET
    by: str
    login: str
    step: Literal["link", "used", "asked", "mailed", "told"]
    result: IdentityResult = "success"

    def details(self) -> Details:
        action = f"password.{self.step}"
        return _details("password of", self.login, action, self.by, self.result, AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged(Event):
    """A login gets another mail address (`address`), or the address before it was told so (`told`).

    The addresses themselves are not on the record.
    """

    type = AuditEventType.DATA_MODIFIED
    by: str
    login: str
    step: Literal["address", "told"] = "address"
    result: IdentityResult = "success"

    def details(self) -> Details:
        action = f"contact.{self.step}"
        return _details("mail address of", self.login, action, self.by, self.result, AuditSeverity.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """A person changed their own password."""

    type = AuditEventType.PASSWORD_CHANGED
    login: str
    result: IdentityResult = "success"

    def details(self) -> Details:
        return _details("changed the password of", self.login, "password.change", self.login, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrationRefused(Event):
    """An administrator asked for what they may not do, such as for another tenant's login."""

    type = AuditEventType.PERMISSION_DENIED
    by: str
    login: str
    reason: str

    def details(self) -> Details:
        warned = AuditSeverity.WARNING
        return _details("refused for", self.login, "user.change", self.by, "denied", warned, reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorEnabled(Event):
    """A login has a second factor from now on (`enrol`), one more passkey (`passkey`), or new recovery codes
    (`recovery_codes`).
    """

    type = AuditEventType.MFA_ENABLED
    login: str
    step: Literal["enrol", "passkey", "recovery_codes"] = "enrol"
    result: IdentityResult = "success"

    def details(self) -> Details:
        whats = {"enrol": "second factor of", "passkey": "passkey of", "recovery_codes": "recovery codes of"}
        what = whats[self.step]
        return _details(what, self.login, f"factor.{self.step}", self.login, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorDisabled(Event):
    """A login's second factor was taken away: by its owner (`remove`, `passkey` for one passkey), or by two
    members of staff (`reset`).
    """

    type = AuditEventType.MFA_DISABLED
    by: str
    login: str
    step: Literal["remove", "passkey", "reset"]
    result: IdentityResult = "success"

    def details(self) -> Details:
        action, warned = f"factor.{self.step}", AuditSeverity.WARNING
        what = "one passkey less for" if self.step == "passkey" else "no second factor for"
        return _details(what, self.login, action, self.by, self.result, warned)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorVerified(Event):
    """A code of a second factor was right (`code`), or a recovery code was used up (`recovery`), or a passkey has
    answered (`passkey`).
    """

    type = AuditEventType.MFA_VERIFIED
    login: str
    purpose: str
    means: str

    def details(self) -> Details:
        severity = AuditSeverity.INFO if self.means in ("code", "passkey") else AuditSeverity.WARNING
        action, more = f"factor.{self.purpose}", {"means": self.means}
        return _details("proved", self.login, action, self.login, "success", severity, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorFailed(Event):
    """A code of a second factor was wrong, or was used already. The code itself is not on the record."""

    type = AuditEventType.MFA_FAILED
    login: str
    purpose: str

    def details(self) -> Details:
        action, warned = f"factor.{self.purpose}", AuditSeverity.WARNING
        return _details("wrong code for", self.login, action, self.login, "failure", warned)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyFailed(Event):
    """A passkey's answer was not taken; `cloned` if its counter says that there is a copy, which closes it."""

    type = AuditEventType.MFA_FAILED
    login: str
    purpose: str
    cloned: bool = False

    def details(self) -> Details:
        what = "a copy was used of a passkey of" if self.cloned else "wrong answer of a passkey for"
        severity = AuditSeverity.CRITICAL if self.cloned else AuditSeverity.WARNING
        result = "denied" if self.cloned else "failure"
        more = {"means": "passkey", "cloned": self.cloned}
        return _details(what, self.login, f"factor.{self.purpose}", self.login, result, severity, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAbsent(Event):
    """A password was right and no code came with it: every sign-in with a second factor begins so.

    One that never goes on is somebody who has the password and not the phone.
    """

    type = AuditEventType.MFA_FAILED
    login: str
    purpose: str
    enrolled: bool

    def details(self) -> Details:
        what = "right password and no code of" if self.enrolled else "right password and no second factor of"
        return _details(what, self.login, f"factor.{self.purpose}", self.login, "missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLocked(Event):
    """Too many wrong codes in a row: the second factor takes none for a time."""

    type = AuditEventType.ACCESS_BLOCKED
    login: str
    purpose: str

    def details(self) -> Details:
        action, warned = f"factor.{self.purpose}", AuditSeverity.WARNING
        return _details("too many wrong codes for", self.login, action, self.login, "denied", warned)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConnected(Event):
    """An account at a provider of sign-ins signs the login in from now on (`connect`), or none does any more
    (`disconnect`). Its owner has proved the password; or an administrator (`by`) takes all of a login away.
    """

    type = AuditEventType.DATA_MODIFIED
    login: str
    provider: str
    action: str
    result: IdentityResult = "success"
    by: str | None = None

    def details(self) -> Details:
        action, warned = f"user.{self.action}", AuditSeverity.WARNING
        by, more = self.by or self.login, {"source": self.provider}
        return _details(f"{self.action} account of", self.login, action, by, self.result, warned, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Event):
    """A member of staff opened a case for a customer. Reason and ticket are sealed under their own key."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    case: str
    customer_id: str
    case_reason: str
    ticket: str | None

    def details(self) -> Details:
        return _case(
            "opened", self.by, self.case, case_reason=self.case_reason, ticket=self.ticket, about=self.customer_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEnded(Event):
    """A case is over: `closed`, `idle` for too long, or `replaced` by another one."""

    type = AuditEventType.DATA_MODIFIED
    by: str
    case: str
    customer_id: str
    how: str

    def details(self) -> Details:
        return _case("ended", self.by, self.case, how=self.how, about=self.customer_id)


def _case(what: str, by: str, case: str, **more: Any) -> Details:
    return Details(
        f"{by}: case {what}",
        {"by": by, "case": case, **more},
        action=f"case.{what}",
        result="success",
        resource_type="case",
        resource_id=case,
        compliance_tags=_TAGS,
    )


IdentityEvent = (
    LoginAdded
    | CustomerLinked
    | LoginDisabled
    | LoginEnabled
    | SessionsRevoked
    | RoleAssigned
    | RoleRevoked
    | PasswordReset
    | PasswordChanged
    | ContactChanged
    | AdministrationRefused
    | FactorEnabled
    | FactorDisabled
    | FactorVerified
    | CaseOpened
    | CaseEnded
    | FactorFailed
    | PasskeyFailed
    | FactorAbsent
    | FactorLocked
    | AccountConnected
)
