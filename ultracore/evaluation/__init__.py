"""Conversations played against a model, each in a fresh world, judged by ledger and record."""

from ultracore.evaluation.cases import Case, read_cases, shipped_cases
from ultracore.evaluation.figures import CaseResult, Report, pass_power
from ultracore.evaluation.obedient import OBEDIENT, ObedientModel
from ultracore.evaluation.service import evaluate

__all__ = [
    "OBEDIENT",
    "Case",
    "CaseResult",
    "ObedientModel",
    "Report",
    "evaluate",
    "pass_power",
    "read_cases",
    "shipped_cases",
]
