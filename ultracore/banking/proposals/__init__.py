"""Sealed approvals: proposed, confirmed by one person or two, settled once."""

from ultracore.banking.identifiers import approval_hash
from ultracore.banking.proposals.left import LeftRequests
from ultracore.banking.proposals.rows import Terms
from ultracore.banking.proposals.rules import ProposalChecks, effect_refused
from ultracore.banking.proposals.service import ProposalsService
from ultracore.banking.proposals.step_up import Proven
from ultracore.banking.proposals.two_persons import TwoPersonsService, may_check

__all__ = [
    "LeftRequests",
    "ProposalChecks",
    "ProposalsService",
    "Proven",
    "Terms",
    "TwoPersonsService",
    "approval_hash",
    "effect_refused",
    "may_check",
]
