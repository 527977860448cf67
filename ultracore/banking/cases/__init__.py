"""The work of the desk: cases that need a person, who talks in Anya's place, alerts, and kept searches."""

from ultracore.banking.cases.alerts import EVERYBODY, Alert, AlertBook, RaisedAlert
from ultracore.banking.cases.claims import Claims, Talk, TalkClaim
from ultracore.banking.cases.queue import CaseQueue
from ultracore.banking.cases.searches import SavedSearch, SavedSearches, SearchOwner
from ultracore.banking.cases.values import Case, CaseChanged, Change, Hit, Line, ReadingMove

__all__ = [
    "EVERYBODY",
    "Alert",
    "AlertBook",
    "Case",
    "CaseChanged",
    "CaseQueue",
    "Change",
    "Claims",
    "Hit",
    "Line",
    "RaisedAlert",
    "ReadingMove",
    "SavedSearch",
    "SavedSearches",
    "SearchOwner",
    "Talk",
    "TalkClaim",
]
