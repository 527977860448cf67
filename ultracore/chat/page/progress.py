"""What is said while a tool is at work."""

from __future__ import annotations

WORKING = "Working on it…"

_PHRASES = {
    "get_customer_360": "Looking up the accounts…",
    "get_account_balance": "Looking up the balance…",
    "search_transactions": "Searching the transactions…",
    "summarise_spending": "Adding up the spending…",
    "get_statement": "Preparing the statement…",
    "get_interest_to_date": "Adding up the interest…",
    "open_account": "Preparing a new account…",
    "close_account": "Checking the account…",
    "add_payee": "Checking the payee's details…",
    "quote_payment": "Working out fees and arrival…",
    "execute_transaction": "Preparing the payment…",
    "check_loan_eligibility": "Checking what could be borrowed…",
    "analyze_credit_risk": "Working out the credit score…",
    "get_repayment_schedule": "Working out the repayments…",
    "apply_for_loan": "Preparing the application…",
    "get_loan_details": "Looking up the loans…",
    "get_trial_balance": "Adding up the bank's books…",
    "get_holdings": "Looking up the investments…",
    "get_allocation": "Working out the allocation…",
    "get_performance": "Working out the performance…",
    "get_general_information": "Looking that up…",
    "detect_fraud": "Checking for signs of fraud…",
    "check_access_control": "Checking who may do this…",
    "list_unusual_activity": "Looking for unusual activity…",
    "freeze_card": "Freezing the card…",
    "unfreeze_card": "Checking the card…",
    "report_incident": "Writing the report down…",
    "check_message": "Checking the message…",
    "list_data_access": "Looking up who read the data…",
    "get_data_download": "Putting the data together…",
    "hand_over": "Finding the right agent…",
}


def progress_of(tool: str) -> str:
    """A sentence for everybody; a tool without one of its own is at work all the same."""
    return _PHRASES.get(tool, WORKING)
