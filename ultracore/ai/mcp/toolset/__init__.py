"""The bank's tools, one module a subject. The order here is the order in prompts and definitions."""

from ultracore.ai.mcp.definition import Tool
from ultracore.ai.mcp.toolset.accounts import get_account_balance
from ultracore.ai.mcp.toolset.customers import get_customer_360
from ultracore.ai.mcp.toolset.finance import get_trial_balance
from ultracore.ai.mcp.toolset.lending import (
    analyze_credit_risk,
    apply_for_loan,
    check_loan_eligibility,
    get_loan_details,
    get_repayment_schedule,
)
from ultracore.ai.mcp.toolset.payments import execute_transaction

TOOLS: tuple[Tool, ...] = (
    get_customer_360,
    get_account_balance,
    execute_transaction,
    check_loan_eligibility,
    analyze_credit_risk,
    get_repayment_schedule,
    get_loan_details,
    apply_for_loan,
    get_trial_balance,
)
