"""Accounts, holds and the journal: the double entry that every movement of money is."""

from ultracore.banking.ledger import day_limits, holds, login_holds, operator_view, oversight
from ultracore.banking.ledger.accounts import AccountsService, owned_balance
from ultracore.banking.ledger.fees import FEE_NARRATIVE, FEE_PURPOSE, fee_account
from ultracore.banking.ledger.holds import balance_in
from ultracore.banking.ledger.journal import EntryDraft, Posting, post, receipt_where
from ultracore.banking.ledger.login_holds import LoginHolds
from ultracore.banking.ledger.refusals import account_not_active, funds_insufficient, payee_not_active
from ultracore.banking.ledger.service import LedgerService, default_description
from ultracore.banking.ledger.trial_balance import TrialBalance, TrialBalanceService, TrialLine

__all__ = [
    "FEE_NARRATIVE",
    "FEE_PURPOSE",
    "AccountsService",
    "EntryDraft",
    "LedgerService",
    "LoginHolds",
    "Posting",
    "TrialBalance",
    "TrialBalanceService",
    "TrialLine",
    "account_not_active",
    "balance_in",
    "day_limits",
    "default_description",
    "fee_account",
    "funds_insufficient",
    "holds",
    "login_holds",
    "operator_view",
    "oversight",
    "owned_balance",
    "payee_not_active",
    "post",
    "receipt_where",
]
