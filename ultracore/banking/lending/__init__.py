"""Lending: eligibility, credit risk, schedules, loans, applications."""

from ultracore.banking.lending.applications import effects as lending_effects
from ultracore.banking.lending.applications import percent_text
from ultracore.banking.lending.eligibility import LoanWish
from ultracore.banking.lending.rules import PRODUCTS, base_rate, purpose_of
from ultracore.banking.lending.schedule import HIGHEST_RATE, LONGEST_TERM, Instalment, Schedule, schedule_of
from ultracore.banking.lending.service import DatedSchedule, LendingService, ScheduleWish
from ultracore.banking.lending.values import (
    CreditFactor,
    CreditRisk,
    Eligibility,
    LoanApplication,
    Purpose,
    RunningLoan,
)

__all__ = [
    "HIGHEST_RATE",
    "LONGEST_TERM",
    "PRODUCTS",
    "CreditFactor",
    "CreditRisk",
    "DatedSchedule",
    "Eligibility",
    "Instalment",
    "LendingService",
    "LoanApplication",
    "LoanWish",
    "Purpose",
    "RunningLoan",
    "Schedule",
    "ScheduleWish",
    "base_rate",
    "lending_effects",
    "percent_text",
    "purpose_of",
    "schedule_of",
]
