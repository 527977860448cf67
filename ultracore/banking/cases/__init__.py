"""Conversations that need a person: the queue of cases, and who talks in a conversation in Anya's place."""

from ultracore.banking.cases.claims import Claim, Claims
from ultracore.banking.cases.queue import CaseQueue
from ultracore.banking.cases.values import Case, CaseChanged, Change, Hit, Line, Move

__all__ = ["Case", "CaseChanged", "CaseQueue", "Change", "Claim", "Claims", "Hit", "Line", "Move"]
