"""Conversations that need a person: the queue of cases, and who talks in a conversation in Anya's place."""

from ultracore.banking.cases.alerts import EVERYBODY, Alert, AlertBook, RaisedAlert
from ultracore.banking.cases.claims import Claims, Talk, TalkClaim
from ultracore.banking.cases.queue import CaseQueue
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
    "Talk",
    "TalkClaim",
]
