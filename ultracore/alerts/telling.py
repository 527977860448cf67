"""Tells of alerts: each goes on the record, and to a webhook if there is one, signed and tried again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx

from ultracore.audit import AuditTrail, Origin, wire_time
from ultracore.audit.vocabulary import AlertRaised
from ultracore.banking import Bank
from ultracore.banking.cases import EVERYBODY, Alert

logger = logging.getLogger(__name__)

SIGNATURE: Final = "Ultracore-Signature"
LOOK_SECONDS: Final = 2.0
# Shorter than a claim lasts: another process must not send while this one still waits for an answer.
SEND_SECONDS: Final = 10.0
MOST_ATTEMPTS: Final = 12
_FIRST_PAUSE: Final = 5.0
_LONGEST_PAUSE: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """The address that gets alerts, and the secret that signs them."""

    url: str
    secret: bytes


def signature_of(secret: bytes, moment: int, body: bytes) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA-256 under the secret of the seconds, a dot and the body's bytes."""
    digest = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def pause_after(attempts: int) -> float:
    """Seconds before the next attempt: twice as long each time, an hour at most."""
    return float(min(_FIRST_PAUSE * 2**attempts, _LONGEST_PAUSE))


class AlertTeller:
    """Tells of alerts; `step` is the work of a `RepeatedTask`. Each attempt is made by one of all processes.

    A webhook may get an alert twice (a crash after it was sent): `alert` in the body tells them apart.
    """

    def __init__(
        self,
        trail: AuditTrail,
        bank: Bank,
        webhook: Webhook | None,
        *,
        send_seconds: float = SEND_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._trail = trail
        self._book = bank.alerts
        self._webhook = webhook
        self._send_seconds = send_seconds
        self._clock = clock

    async def step(self) -> float:
        """Tell of one alert if one is due; seconds until the next time. Raises as `tell_next` does."""
        return 0.0 if await self.tell_next() else LOOK_SECONDS

    async def tell_next(self) -> bool:
        """Tell of one alert that is due; False if none is. Raises what the ledger and the record raise."""
        alert = await self._book.claim()
        if alert is None:
            return False
        if not alert.recorded:
            tenant = None if alert.tenant_id == EVERYBODY else alert.tenant_id
            raised = AlertRaised(alert=alert.alert_id, rule=alert.rule, about=alert.event_id, events=alert.events)
            await self._trail.write(raised, Origin(tenant))
            await self._book.was_recorded(alert)
        if self._webhook is None:
            await self._book.ended(alert, "none")
        elif await self._sent(self._webhook, alert):
            await self._book.ended(alert, "sent")
        elif alert.attempts + 1 >= MOST_ATTEMPTS:
            await self._book.ended(alert, "given_up")
        else:
            await self._book.failed(alert, pause_after(alert.attempts))
        return True

    async def _sent(self, webhook: Webhook, alert: Alert) -> bool:
        """True if it was taken: a 2xx within the time. A redirect is not followed, so that the secret's message
        goes nowhere else."""
        body = _body(alert)
        moment = int(self._clock().timestamp())
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: signature_of(webhook.secret, moment, body),
        }
        try:
            # Around everything: httpx's own limits are for each read, and a server may send a byte a second.
            async with asyncio.timeout(self._send_seconds), httpx.AsyncClient(trust_env=False) as client:
                async with client.stream("POST", webhook.url, content=body, headers=headers) as answer:
                    taken = answer.is_success
        except (httpx.HTTPError, TimeoutError) as error:
            logger.warning("an alert was not taken: %s", type(error).__name__)
            return False
        if not taken:
            logger.warning("an alert was refused: status %d", answer.status_code)
        return taken


def _body(alert: Alert) -> bytes:
    """Ids, codes and counts: what happened to whom stays on the record."""
    told = {
        "alert": alert.alert_id,
        "rule": alert.rule,
        "says": alert.says,
        "tenant": alert.tenant_id,
        "time": wire_time(alert.raised_at),
        "event": alert.event_id,
        "events": alert.events,
    }
    return json.dumps(told, separators=(",", ":")).encode()
