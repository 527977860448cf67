"""Opens the alerts over an open bank and record."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from ultracore.alerts.rules import read_alert_rules
from ultracore.alerts.telling import LOOK_SECONDS, AlertTeller, Webhook
from ultracore.alerts.watching import AlertWatch
from ultracore.audit import AuditTrail
from ultracore.banking import Bank
from ultracore.errors import OperatorError
from ultracore.tasks import RepeatedTask

_SHORTEST_SECRET = 16


def open_alerts(
    stack: AsyncExitStack, bank: Bank, trail: AuditTrail, folder: Path | None, hook: tuple[str | None, str | None]
) -> None:
    """Raise and tell alerts until the stack ends; `hook` is the webhook's address and secret.

    Raises `OperatorError` if the rules in `folder` or the webhook cannot be used.
    """
    watch = AlertWatch(trail, bank, read_alert_rules(folder))
    teller = AlertTeller(trail, bank, _webhook(*hook))
    for name, work in (("alert-teller", teller.step), ("alerts", watch.step)):
        task = RepeatedTask(name, work, retry=LOOK_SECONDS)
        task.start()
        stack.push_async_callback(task.stop)


def _webhook(url: str | None, secret: str | None) -> Webhook | None:
    if url is None and secret is None:
        return None
    if url is None or not url.startswith(("http://", "https://")):
        raise OperatorError("ULTRACORE_WEBHOOK_URL is no http(s) address.", code="settings.webhook")
    if secret is None or len(secret) < _SHORTEST_SECRET:
        raise OperatorError(
            f"ULTRACORE_WEBHOOK_SECRET must have {_SHORTEST_SECRET} characters or more.", code="settings.webhook"
        )
    return Webhook(url, secret.encode())
