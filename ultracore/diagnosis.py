"""What `ultracore doctor` looks at: each part of an installation, without starting the app."""

from __future__ import annotations

from contextlib import AsyncExitStack

from ultracore.audit import AuditStore
from ultracore.audit.defaults import kafka_config
from ultracore.audit.index.defaults import open_index
from ultracore.banking.access import step_up_warning
from ultracore.cache import RedisClient
from ultracore.cache.defaults import configured_endpoint
from ultracore.cache.server.service import running_endpoint
from ultracore.container import core, health_of
from ultracore.errors import OperatorError, UltracoreError
from ultracore.mail import read_mail_server
from ultracore.settings import Settings


async def examine(settings: Settings) -> dict[str, str]:
    """What `ultracore doctor` reports: each part with `ok`, or with what is wrong."""
    findings = {"settings": f"ok ({settings.env}, data under {settings.data_path})"}
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(core(settings))
        findings["audit"] = await health_of(opened.store.check)
        findings["ledger"] = await health_of(opened.bank.ping)
        access = opened.bank.access
        off = step_up_warning(settings.env, is_on=access.second_factor.step_up)
        # A choice that the bank may make: said, and not counted as a fault.
        findings["policy"] = f"ok (version {access.policy_version})" if off is None else f"ok, but {off}"
        findings["redis"] = await _examine_redis(stack, settings)
        findings["kafka"] = await _examine_kafka(settings)
        findings["index"] = await _examine_index(settings, opened.store)
        # A request would cost money and prove little: the next turn says at once whether the endpoint answers.
        findings["model"] = (
            "ok (offline demo model)" if settings.uses_offline_model else "ok (configured, not called)"
        )
    if settings.smtp_url is not None:
        findings["mail"] = _examine_mail(settings)
    return findings


def _examine_mail(settings: Settings) -> str:
    """Read and not called: a server may count connections that send nothing."""
    try:
        server = read_mail_server(settings)
    except OperatorError as error:
        return error.message
    return "ok (not configured)" if server is None else f"ok ({server.host}, {server.encryption}, not called)"


async def _examine_index(settings: Settings, store: AuditStore) -> str:
    """Its database has deadlines of its own; a check that is cancelled would leave a connection behind."""
    try:
        index = await open_index(settings, store)
        try:
            alarms = (await index.status()).alarms
        finally:
            await index.close()
    except UltracoreError as error:
        return error.message
    return f"{alarms} alarms: run ultracore audit index --status" if alarms else "ok"


async def _examine_redis(stack: AsyncExitStack, settings: Settings) -> str:
    # Looked for and not started: `doctor` may run beside the app, which owns the data directory.
    endpoint = configured_endpoint(settings) or running_endpoint(settings.data_path)
    if endpoint is None:
        return "ok (embedded, starts with the app)"
    client = RedisClient(endpoint, call_seconds=settings.redis_call_seconds)
    stack.push_async_callback(client.aclose)
    return await health_of(client.check)


async def _examine_kafka(settings: Settings) -> str:
    config = kafka_config(settings)
    if config is None:
        return "ok (not configured)"
    from ultracore.audit.kafka.topics import examine_kafka

    return await examine_kafka(config)
