"""Alerts: what rules find in the record, once, on the page, on the record and at a webhook."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.audit.people import CUSTOMER
from ultracore.alerts import AlertTeller, AlertWatch, Webhook, open_alerts, read_alert_rules
from ultracore.audit import AuditEventType, ConversationRecord, EventFilter, Origin, Subject
from ultracore.audit.vocabulary import CustomerFileRefused, PolicyChanged, ToolDecided, UnknownSignInFailed
from ultracore.banking.cases import Alert
from ultracore.container import Core, core
from ultracore.errors import OperatorError
from ultracore.settings import Settings

SECRET = b"a secret of the webhook"
FRAUD = ToolDecided("execute_transaction", {}, result="denied", reason="fraud.blocked")


@pytest.fixture
async def opened(seeded_data: Path, tmp_path: Path) -> AsyncIterator[Core]:
    shutil.copytree(seeded_data, tmp_path / "data")
    async with core(Settings(data_dir=tmp_path / "data")) as opened:
        yield opened


class Hook:
    """A bank's webhook on loopback: answers by `statuses` in order, hangs for `None`."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[dict[str, str], bytes]] = []

    @contextlib.asynccontextmanager
    async def at(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}/alerts"
        finally:
            server.close()
            await server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            self.got.append((headers, await reader.readexactly(int(headers["content-length"]))))
            status = self.statuses.pop(0)
            if status is None:
                await reader.read()
            else:
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


def watch(opened: Core, folder: Path | None = None) -> AlertWatch:
    return AlertWatch(opened.trail, opened.bank, read_alert_rules(folder))


async def refuse_a_payment(opened: Core) -> None:
    await ConversationRecord(opened.trail, CUSTOMER, "conv-1").turn("turn-1", "7F3A-0001").write(FRAUD)


async def alerts(opened: Core, tenant: str = "tenant_1") -> list[Alert]:
    return await opened.bank.alerts.newest(tenant, limit=100)


async def look(opened: Core, folder: Path | None = None) -> list[str]:
    found = watch(opened, folder)
    while await found.look():
        pass
    return sorted(alert.rule for alert in await alerts(opened))


async def test_a_refused_payment_is_one_alert_and_on_the_record(opened: Core) -> None:
    await refuse_a_payment(opened)
    # A second replica reads the same record.
    assert await look(opened) == await look(opened) == ["denied_money"]
    teller = AlertTeller(opened.trail, opened.bank, None)
    assert [await teller.tell_next(), await teller.tell_next()] == [True, False]
    [alert] = await alerts(opened)
    assert (alert.delivery, alert.recorded) == ("none", 1)
    raised = EventFilter(tenant_id="tenant_1", types=frozenset({AuditEventType.ALERT_RAISED}))
    assert [event.resource_id for event in await opened.store.select(raised)] == [alert.alert_id]
    assert await alerts(opened, "tenant_2") == []


async def test_many_failed_sign_ins_are_one_alert_and_few_are_none(opened: Core) -> None:
    for _ in range(9):
        await opened.trail.write(UnknownSignInFailed(), Origin("tenant_1"))
    assert await look(opened) == []
    for _ in range(4):
        await opened.trail.write(UnknownSignInFailed(), Origin("tenant_1"))
    found = await look(opened)
    # A new stretch of ten minutes may have begun meanwhile.
    assert set(found) == {"failed_sign_ins"}
    assert len(found) <= 2


async def test_an_alert_of_one_login_is_one_and_keeps_no_name(opened: Core) -> None:
    for login in ("login_zebra", "login_walrus"):
        for number in range(6):
            refused = CustomerFileRefused(
                by=login, customer_id="cust_1", action="incident", reference=f"I-{number}", reason="tie.own"
            )
            await opened.trail.write(refused, Origin("tenant_1", login), Subject.of_user("tenant_1", login, None))
    # A second reading finds what is known; a new stretch of ten minutes may have begun meanwhile.
    found = await look(opened)
    assert found == await look(opened)
    assert set(found) == {"probing"} and 2 <= len(found) <= 3
    async with opened.bank.database.read() as connection:
        kept = str((await connection.execute(text("SELECT * FROM alerts"))).all())
    assert "zebra" not in kept and "walrus" not in kept


async def test_a_score_above_the_threshold_an_export_and_a_new_policy_raise_alerts(opened: Core) -> None:
    await opened.trail.log_fraud_detection("tenant_1", "user_1", "txn_1", 0.79, "review", [])
    await opened.trail.log_fraud_detection("tenant_1", "user_1", "txn_2", 0.8, "block", [])
    await opened.trail.log_event(AuditEventType.DATA_EXPORTED, "tenant_1", "a list was exported")
    await opened.trail.write(PolicyChanged(before="one", now="two"), Origin(None))
    assert await look(opened) == ["export", "fraud", "policy_changed"]
    assert [alert.rule for alert in await alerts(opened, "tenant_2")] == ["policy_changed"]


async def test_events_that_no_signed_head_covers_raise_one_alert(opened: Core) -> None:
    await refuse_a_payment(opened)
    watching = watch(opened)
    await watching.look_at_heads(datetime.now(UTC))
    assert await alerts(opened) == []
    later = datetime.now(UTC) + timedelta(minutes=5)
    for _ in range(2):
        await watching.look_at_heads(later)
    assert [(alert.rule, alert.tenant_id) for alert in await alerts(opened)] == [("no_head", "none")]


async def test_a_webhook_gets_a_signed_alert_again_until_it_takes_it(opened: Core) -> None:
    await refuse_a_payment(opened)
    await look(opened)
    hook = Hook(500, 302, 204)
    async with hook.at() as url:
        for _ in range(3):
            assert await AlertTeller(opened.trail, opened.bank, Webhook(url, SECRET)).tell_next()
            await make_due(opened)
    [alert] = await alerts(opened)
    assert (alert.delivery, alert.attempts, len(hook.got)) == ("sent", 3, 3)
    headers, body = hook.got[-1]
    told = dict(part.split("=") for part in headers["ultracore-signature"].split(","))
    expected = hmac.new(SECRET, f"{told['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(told["v1"], expected)
    assert json.loads(body)["rule"] == "denied_money"
    assert b"cust_1" not in body


async def make_due(opened: Core) -> None:
    """Turn the clock to the next attempt."""
    await opened.bank.database.write(_due)


async def _due(connection: AsyncConnection) -> None:
    await connection.execute(text("UPDATE alerts SET next_at = raised_at"))


async def test_a_webhook_that_hangs_delays_its_own_delivery_alone(opened: Core) -> None:
    await refuse_a_payment(opened)
    await look(opened)
    hook = Hook(None)
    async with hook.at() as url:
        teller = AlertTeller(opened.trail, opened.bank, Webhook(url, SECRET), send_seconds=0.2)
        assert await teller.tell_next()
    [alert] = await alerts(opened)
    assert (alert.delivery, alert.attempts, alert.recorded) == ("waiting", 1, 1)
    # Not due before its pause is over.
    assert not await AlertTeller(opened.trail, opened.bank, None).tell_next()


@pytest.mark.parametrize(
    "rules",
    [
        "days = 1",
        'days = 1\nhead_seconds = 0\nrules = [{name = "a", says = "A", events = ["nonsense"]}]',
        'days = 1\nhead_seconds = 0\nrules = [{name = "a", says = "A", events = ["alert_raised"]}]',
        'days = 1\nhead_seconds = 0\nrules = [{name = "a", says = "A", events = ["login"], at_least = 2}]',
    ],
)
def test_rules_that_cannot_be_used_are_refused_with_the_file(tmp_path: Path, rules: str) -> None:
    (tmp_path / "alerts.toml").write_text(rules)
    with pytest.raises(OperatorError, match=r"alerts\.toml"):
        read_alert_rules(tmp_path)


@pytest.mark.parametrize(
    "hook", [("ftp://x", "s" * 16), (None, "s" * 16), ("https://x", None), ("https://x", "short")]
)
async def test_a_webhook_without_address_or_secret_is_refused_at_the_start(
    opened: Core, hook: tuple[str | None, str | None]
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        with pytest.raises(OperatorError, match="ULTRACORE_WEBHOOK"):
            open_alerts(stack, opened.bank, opened.trail, None, hook)
