"""The bank's tools, one module a subject. The order here is the order in prompts and definitions."""

from ultracore.ai.tools.definition import Tool
from ultracore.ai.tools.toolset.account_life import close_account, open_account
from ultracore.ai.tools.toolset.accounts import get_account_balance
from ultracore.ai.tools.toolset.customers import get_customer_360
from ultracore.ai.tools.toolset.finance import get_trial_balance
from ultracore.ai.tools.toolset.history import search_transactions, summarise_spending
from ultracore.ai.tools.toolset.lending import (
    analyze_credit_risk,
    apply_for_loan,
    check_loan_eligibility,
    get_loan_details,
    get_repayment_schedule,
)
from ultracore.ai.tools.toolset.payees import add_payee
from ultracore.ai.tools.toolset.payments import execute_transaction
from ultracore.ai.tools.toolset.privacy import get_data_download, list_data_access, viewing_result
from ultracore.ai.tools.toolset.routes import quote_payment
from ultracore.ai.tools.toolset.security import (
    check_message,
    freeze_card,
    list_unusual_activity,
    report_incident,
    unfreeze_card,
)
from ultracore.ai.tools.toolset.security_decisions import check_access_control, detect_fraud
from ultracore.ai.tools.toolset.statements import get_interest_to_date, get_statement
from ultracore.ai.tools.toolset.wealth import (
    get_allocation,
    get_general_information,
    get_holdings,
    get_performance,
)

TOOLS: tuple[Tool, ...] = (
    get_customer_360,
    get_account_balance,
    search_transactions,
    summarise_spending,
    get_statement,
    get_interest_to_date,
    open_account,
    close_account,
    quote_payment,
    add_payee,
    execute_transaction,
    check_loan_eligibility,
    analyze_credit_risk,
    get_repayment_schedule,
    get_loan_details,
    apply_for_loan,
    get_trial_balance,
    get_holdings,
    get_allocation,
    get_performance,
    get_general_information,
    detect_fraud,
    check_access_control,
    list_unusual_activity,
    freeze_card,
    unfreeze_card,
    report_incident,
    check_message,
    list_data_access,
    get_data_download,
)

__all__ = ["TOOLS", "viewing_result"]
