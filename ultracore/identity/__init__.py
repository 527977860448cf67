"""Who is who: logins, their roles with terms, passwords by one-time links, and what takes two persons."""

from ultracore.identity.credentials import Credentials
from ultracore.identity.demo import enrol_demo_login
from ultracore.identity.factor_book import Vault
from ultracore.identity.factors import SecondFactors
from ultracore.identity.first import FirstAdministrator, SetUp
from ultracore.identity.mail import MailAddresses, MailQueue, Post, open_post
from ultracore.identity.parts import IdentityServices
from ultracore.identity.passkeys import Passkey, PasskeyRefused, Passkeys, RelyingParty
from ultracore.identity.passwords import SHORTEST, SHORTEST_WITH_FACTOR
from ultracore.identity.service import Administration
from ultracore.identity.values import (
    PRIVILEGED,
    Actor,
    CodeWanted,
    Enrolment,
    EnrolmentGone,
    FactorBlocked,
    FactorPurpose,
    FactorRefused,
    FactorRequired,
    FactorState,
    Granted,
    HeldRole,
    IdentityRefused,
    IdentityRequest,
    LinkInvalid,
    LoginView,
    NewLogin,
    Term,
)

__all__ = [
    "PRIVILEGED",
    "SHORTEST",
    "SHORTEST_WITH_FACTOR",
    "Actor",
    "Administration",
    "CodeWanted",
    "Credentials",
    "Enrolment",
    "EnrolmentGone",
    "FactorBlocked",
    "FactorPurpose",
    "FactorRefused",
    "FactorRequired",
    "FactorState",
    "FirstAdministrator",
    "Granted",
    "HeldRole",
    "IdentityRefused",
    "IdentityRequest",
    "IdentityServices",
    "LinkInvalid",
    "LoginView",
    "MailAddresses",
    "MailQueue",
    "NewLogin",
    "Passkey",
    "PasskeyRefused",
    "Passkeys",
    "Post",
    "RelyingParty",
    "SecondFactors",
    "SetUp",
    "Term",
    "Vault",
    "enrol_demo_login",
    "open_post",
]
