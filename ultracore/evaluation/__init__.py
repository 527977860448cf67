"""Conversations played against a model, each in a fresh world, judged by ledger and record."""

from ultracore.evaluation.cases import EvaluationCase, read_cases, shipped_cases
from ultracore.evaluation.figures import CaseResult, EvaluationReport, pass_power
from ultracore.evaluation.obedient import OBEDIENT, ObedientModel
from ultracore.evaluation.service import evaluate

__all__ = [
    "OBEDIENT",
    "CaseResult",
    "EvaluationCase",
    "EvaluationReport",
    "ObedientModel",
    "evaluate",
    "pass_power",
    "read_cases",
    "shipped_cases",
]
