"""Alerts: rules over the record, each occasion once, told on a page and by a signed webhook."""

from ultracore.alerts.opening import open_alerts
from ultracore.alerts.rules import AlertRule, AlertRules, read_alert_rules
from ultracore.alerts.telling import AlertTeller, Webhook, signature_of
from ultracore.alerts.watching import AlertWatch

__all__ = [
    "AlertRule",
    "AlertRules",
    "AlertTeller",
    "AlertWatch",
    "Webhook",
    "open_alerts",
    "read_alert_rules",
    "signature_of",
]
