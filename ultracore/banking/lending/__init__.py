"""Lending: eligibility, credit risk, schedules, loans, applications."""

from ultracore.banking.lending.applications import effects as lending_effects
from ultracore.banking.lending.applications import percent_text
from ultracore.banking.lending.decisions import (
    ALONE,
    ApplicationChanged,
    ApplicationFile,
    LoanDecision,
    LoanDecisions,
    LoanVerdict,
    Shown,
)
from ultracore.banking.lending.eligibility import LoanWish
from ultracore.banking.lending.reasons import REASONS, DecisionReason, Outcome, gives_reasons, reason_says
from ultracore.banking.lending.rules import PRODUCTS, base_rate, purpose_of
from ultracore.banking.lending.schedule import HIGHEST_RATE, LONGEST_TERM, Instalment, Schedule, schedule_of
from ultracore.banking.lending.service import DatedSchedule, LendingService, ScheduleWish
from ultracore.banking.lending.values import (
    CreditFactor,
    CreditRisk,
    Eligibility,
    Finances,
    LoanApplication,
    Purpose,
    RunningLoan,
)

__all__ = [
    "ALONE",
    "HIGHEST_RATE",
    "LONGEST_TERM",
    "PRODUCTS",
    "REASONS",
    "ApplicationChanged",
    "ApplicationFile",
    "CreditFactor",
    "CreditRisk",
    "DatedSchedule",
    "DecisionReason",
    "Eligibility",
    "Finances",
    "Instalment",
    "LendingService",
    "LoanApplication",
    "LoanDecision",
    "LoanDecisions",
    "LoanVerdict",
    "LoanWish",
    "Outcome",
    "Purpose",
    "RunningLoan",
    "Schedule",
    "ScheduleWish",
    "Shown",
    "base_rate",
    "gives_reasons",
    "lending_effects",
    "percent_text",
    "purpose_of",
    "reason_says",
    "schedule_of",
]
