"""Erasing a customer, legal holds, and what keeps an erasure in force after a restore."""

from ultracore.audit.erasure.erased_keys import ErasedList
from ultracore.audit.erasure.holds import LegalHolds
from ultracore.audit.erasure.restore import apply_list
from ultracore.audit.erasure.retention import expire_evidence
from ultracore.audit.erasure.rows import ErasureRow, customers_named, unfinished
from ultracore.audit.erasure.service import Erasure, ErasureParts, Report

__all__ = [
    "ErasedList",
    "Erasure",
    "ErasureParts",
    "ErasureRow",
    "LegalHolds",
    "Report",
    "apply_list",
    "customers_named",
    "expire_evidence",
    "unfinished",
]
