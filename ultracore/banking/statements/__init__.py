"""Statements, searching transactions, and what was spent on what."""

from ultracore.banking.statements.categories import Category
from ultracore.banking.statements.lines import AccountLine, Window, lines_of
from ultracore.banking.statements.search import SearchService, Wanted
from ultracore.banking.statements.service import Statement, StatementLine, StatementsService
from ultracore.banking.statements.spending import By, Group, Spending, SpendingService, is_of_group

__all__ = [
    "AccountLine",
    "By",
    "Category",
    "Group",
    "SearchService",
    "Spending",
    "SpendingService",
    "Statement",
    "StatementLine",
    "StatementsService",
    "Wanted",
    "Window",
    "is_of_group",
    "lines_of",
]
