"""Access: the policy, adaptive access, logins."""

from ultracore.banking.access.adaptive import AdaptiveAccessService, AdaptiveDecision, counts_against
from ultracore.banking.access.digest import remembering
from ultracore.banking.access.marks import MarksService
from ultracore.banking.access.policy import DEFAULT_POLICY, AccessService, Grants, RecordView
from ultracore.banking.access.refusals import access_refused
from ultracore.banking.access.review import faults, statements, step_up_warning
from ultracore.banking.access.second_factor import FactorPolicy
from ultracore.banking.access.staff_cases import CaseReason, EndedCase, StaffCase, StaffCases
from ultracore.banking.access.standing import Standings
from ultracore.banking.access.surroundings import Familiarity, SurroundingsService
from ultracore.banking.access.users import UsersService, hash_password, roles_at, verify_password

__all__ = [
    "DEFAULT_POLICY",
    "AccessService",
    "AdaptiveAccessService",
    "AdaptiveDecision",
    "CaseReason",
    "EndedCase",
    "FactorPolicy",
    "Familiarity",
    "Grants",
    "MarksService",
    "RecordView",
    "StaffCase",
    "StaffCases",
    "Standings",
    "SurroundingsService",
    "UsersService",
    "access_refused",
    "counts_against",
    "faults",
    "hash_password",
    "remembering",
    "roles_at",
    "statements",
    "step_up_warning",
    "verify_password",
]
