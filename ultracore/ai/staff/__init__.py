"""What staff, supervisors and auditors ask for beside the agents."""

from ultracore.ai.staff import supervision_wording, wording
from ultracore.ai.staff.case_book import CaseBook, case_refused
from ultracore.ai.staff.cases import CASE, CLOSE_WORDS
from ultracore.ai.staff.named_customers import CUSTOMER, NamedCustomers
from ultracore.ai.staff.requests import REQUESTS, Requests
from ultracore.ai.staff.supervision import REPLAY, Supervision
from ultracore.ai.staff.wording import desk_line, starters, told_to_model

__all__ = [
    "CASE",
    "CLOSE_WORDS",
    "CUSTOMER",
    "REPLAY",
    "REQUESTS",
    "CaseBook",
    "NamedCustomers",
    "Requests",
    "Supervision",
    "case_refused",
    "desk_line",
    "starters",
    "supervision_wording",
    "told_to_model",
    "wording",
]
