"""What is said while a tool is at work."""

from __future__ import annotations

WORKING = "Working on it…"

_PHRASES = {
    "get_customer_360": "Looking up your accounts…",
    "get_account_balance": "Looking up your balance…",
    "search_transactions": "Searching your transactions…",
    "summarise_spending": "Adding up your spending…",
    "get_statement": "Preparing your statement…",
    "get_interest_to_date": "Adding up your interest…",
    "open_account": "Preparing a new account…",
    "close_account": "Checking the account…",
    "add_payee": "Checking the payee's details…",
    "quote_payment": "Working out fees and arrival…",
    "execute_transaction": "Preparing the payment…",
    "check_loan_eligibility": "Checking what you could borrow…",
    "analyze_credit_risk": "Working out the credit score…",
    "get_repayment_schedule": "Working out the repayments…",
    "apply_for_loan": "Preparing your application…",
    "get_loan_details": "Looking up your loans…",
    "get_trial_balance": "Adding up the journal…",
    "get_holdings": "Looking up your investments…",
    "get_allocation": "Working out your allocation…",
    "get_performance": "Working out the performance…",
    "get_general_information": "Looking that up…",
    "detect_fraud": "Checking for signs of fraud…",
    "check_access_control": "Checking who may do this…",
    "list_unusual_activity": "Looking for unusual activity…",
    "freeze_card": "Freezing the card…",
    "unfreeze_card": "Checking the card…",
    "report_incident": "Writing your report down…",
    "check_message": "Checking the message…",
}


def progress_of(tool: str) -> str:
    """A sentence for everybody; a tool without one of its own is at work all the same."""
    return _PHRASES.get(tool, WORKING)
