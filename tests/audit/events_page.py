"""Makes `docs/events.md` from the vocabulary: `python -m tests.audit.events_page > docs/events.md`.

A row's events are the classes of the vocabulary, with the first sentence of their docstrings.
"""

from __future__ import annotations

import inspect
import re
import sys
from typing import Final, get_args

from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.vocabulary import ConversationEvent, Event, SystemEvent

HEAD: Final = """# The types of events

Every type that the record knows (`ultracore/audit/events.py`), the values that are recorded under it
(`ultracore/audit/vocabulary/`; what other programs log, by `AuditTrail`), and a test that sees it happen. A type
that nothing produces yet says what it waits for; any program may log it through `AuditTrail.log_event`.

Some events of a conversation mean something to the bank too: an approved payment that moves money is a `transfer`,
a refusal of the fraud check is a `fraud_detected`. What they mean stands on the tenant's system stream, is written
together with them (`ultracore/audit/beside.py`), and names the conversation's event in `metadata.beside`. The two
are one happening, and the reports count it once:

| report | counts | leaves out |
|---|---|---|
| transactions | `tool_executed` of payments, as `outcome_resolved` corrects it, and logs | `metadata.beside` |
| access | decisions of tools, looks, refusals | `metadata.beside` |
| security | what was found, which knows how severe it is | the conversation's event beside which it stands |
| compliance | `compliance_check`, `compliance_violation` | nothing: no event of a conversation is one |

The page is made by `python -m tests.audit.events_page`; `tests/audit/test_events_page.py` compares the two.

| type | what is recorded | test |
|---|---|---|
"""
WAITS: Final = {
    "account_updated": "a way to rename an account",
    "account_activated account_deactivated": "a way to freeze an account; cards are frozen as `access_blocked`",
    "account_deleted": "nothing deletes an account: one that was closed is kept with its entries",
    "transaction_reversed": "payments that come back from another bank",
    "ml_model_trained ml_model_updated rl_decision rl_feedback": "models that learn from the record",
    "backup_created backup_restored": "backups made by the program",
}
"""What the types that nothing produces wait for."""
LOGGED: Final = {
    AuditTrail.log_login: "login login_failed",
    AuditTrail.log_access_control: "permission_granted permission_denied",
    AuditTrail.log_transaction: "transaction_created deposit withdrawal transfer",
    AuditTrail.log_fraud_detection: "fraud_detected",
    AuditTrail.log_ml_prediction: "ai_prediction",
    AuditTrail.log_data_access: "data_accessed",
    AuditTrail.log_compliance_check: "compliance_check compliance_violation",
}
"""The types that a published method of the trail writes."""

BY_THE_STORE: Final = {"audit_event_rejected": "by the store, for an event that cannot be recorded as it is"}
BESIDE: Final = "tests/audit/test_beside.py"
INDEX: Final = "tests/audit/index/test_index_consumer.py"
TESTS: Final = {
    "tests/audit/test_audit_trail.py::test_log_login": "login",
    "tests/chat/test_signin.py::test_sign_ins_failures_and_sign_outs_are_on_the_record": "logout",
    "tests/audit/test_audit_trail.py::test_log_login_failed": "login_failed",
    "tests/audit/test_trail.py::test_log_access_control": "permission_granted",
    "tests/audit/test_audit_trail.py::test_log_access_control": "permission_denied",
    "tests/audit/test_trail.py::test_log_transaction": "transaction_created withdrawal transfer",
    "tests/audit/test_audit_trail.py::test_log_transaction": "deposit",
    "tests/audit/test_audit_trail.py::test_log_fraud_detection": "fraud_detected",
    f"{INDEX}::test_an_alarm_is_a_critical_event_of_its_tenants_system_stream_once": "security_incident",
    "tests/e2e/test_sign_in.py::test_a_refusal_says_how_long_and_is_on_the_record_once": "access_blocked",
    "tests/audit/test_conversation.py::test_every_method_writes_its_own_type": (
        "rate_limit_exceeded session_ended assistant_message approval_declined approval_expired "
        "guardrail_triggered turn_failed turn_stopped handoff_requested "
        "person_joined person_message person_left"
    ),
    "tests/audit/test_audit_trail.py::test_log_ml_prediction": "ai_prediction",
    f"{BESIDE}::test_what_an_event_of_a_conversation_means_to_the_bank": (
        "transaction_approved transaction_rejected account_created account_closed anomaly_detected threat_detected"
    ),
    "tests/alerts/test_alerts.py::test_a_refused_payment_is_one_alert_and_on_the_record": "alert_raised",
    "tests/audit/reports/test_reports_command.py::test_a_report_that_was_made_is_one_for_a_regulator": (
        "regulatory_report"
    ),
    f"{BESIDE}::test_another_policy_is_on_the_record_once": "system_config_changed",
    "tests/audit/test_audit_trail.py::test_log_data_access": "data_accessed",
    "tests/audit/erasure/test_erasure.py::test_a_legal_hold_prevents_it_until_it_is_released": "data_modified",
    "tests/chat/test_history.py::test_a_deleted_conversation_is_gone_and_its_page_cannot_bring_it_back": (
        "data_deleted"
    ),
    "tests/audit/reports/test_reports_command.py::test_that_a_report_was_made_is_on_the_record": "data_exported",
    "tests/audit/test_audit_trail.py::test_log_compliance_check": "compliance_check compliance_violation",
    "tests/audit/test_conversation.py::test_a_sealed_tools_events_come_in_the_contracts_order": (
        "session_started session_routed user_message tool_requested tool_decided tool_executed "
        "approval_requested approval_given"
    ),
    "tests/audit/test_conversation.py::test_an_unknown_outcome_stays_open_until_it_is_resolved": (
        "outcome_resolved"
    ),
    "tests/ai/conversation/test_ratings.py::test_a_rating_is_on_the_record_with_the_answer_that_it_is_about": (
        "feedback_given"
    ),
    "tests/desk/test_judgement_pages.py::test_a_judgement_is_on_the_record_and_shown": "conversation_judged",
    "tests/desk/test_queue_pages.py::test_taking_a_case_is_on_the_record_and_shown": "queue_changed",
    "tests/audit/test_cli_audit.py::test_a_viewing_is_on_the_record_before_anything_is_shown": (
        "conversation_viewed"
    ),
    "tests/identity/test_second_factor.py::test_a_factor_counts_once_a_code_of_it_was_given": "mfa_enabled",
    "tests/identity/test_second_factor.py::test_two_administrators_take_a_lost_factor_away": "mfa_disabled",
    "tests/identity/test_second_factor.py::test_a_code_is_taken_once_and_a_little_early_or_late": (
        "mfa_verified mfa_failed"
    ),
    "tests/identity/test_administration.py::test_a_privileged_role_takes_a_second_administrator": "role_assigned",
    "tests/identity/test_administration.py::test_a_role_that_is_taken_away_is_gone_from_open_sessions": (
        "role_revoked"
    ),
    "tests/identity/test_administration.py::test_a_login_is_added_and_signs_in_after_its_link_was_used": (
        "password_reset"
    ),
    "tests/identity/test_passwords.py::test_changing_ones_password_wants_the_old_one": "password_changed",
    "tests/audit/store/test_store_failures.py::test_a_broken_event_fails_alone_and_leaves_an_error_event": (
        "audit_event_rejected"
    ),
}
"""A test that sees these types happen."""


def kinds_of(event_type: str) -> list[type[Event]]:
    """The classes that are recorded under a type."""
    kinds = (*get_args(ConversationEvent), *get_args(SystemEvent))
    return [kind for kind in kinds if kind.type == event_type]


def page() -> str:
    """The page as it has to be."""
    return HEAD + "".join(_row(str(member)) for member in AuditEventType)


def _row(event_type: str) -> str:
    said = [f"`{kind.__name__}`: {_first_sentence(kind)}" for kind in kinds_of(event_type)]
    logged = [f"`AuditTrail.{method.__name__}`" for method, types in LOGGED.items() if event_type in types.split()]
    recorded = "; ".join([*said, *logged, *([BY_THE_STORE[event_type]] if event_type in BY_THE_STORE else [])])
    seen = [f"`{test}`" for test, types in TESTS.items() if event_type in types.split()]
    waits = [f"nothing yet; waits for: {part}" for types, part in WAITS.items() if event_type in types.split()]
    return f"| `{event_type}` | {recorded or ''.join(waits)} | {', '.join(seen) or '-'} |\n"


def _first_sentence(kind: type[Event]) -> str:
    words = " ".join((inspect.getdoc(kind) or "").split())
    return re.split(r"[.;](?: |$)", words)[0]


if __name__ == "__main__":
    sys.stdout.write(page())
