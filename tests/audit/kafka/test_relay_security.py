"""Signing in to a real broker by password and by certificate, and what is said where that fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from tests.audit.kafka.test_relay import a_config, drained, fill, published, read_topic, relaying, values
from tests.audit.people import eventually
from tests.support.certificates import Authority
from tests.support.kafka import KafkaBroker, KafkaUnavailable
from tests.support.kafka_security import SUPER_USER, KafkaSecurity
from tests.support.ports import free_port
from ultracore.audit import AuditStore, AuditTrail
from ultracore.audit.kafka import KafkaConfig, connection_arguments
from ultracore.audit.kafka.topics import examine_kafka
from ultracore.errors import OperatorError

PASSWORD = "right-and-secret"
GUEST = "guest-and-secret"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def broker(authority: Authority) -> Iterator[KafkaBroker]:
    """One broker with every kind of sign-in for all tests of this file."""
    certificate, key = authority.issue("broker")
    users = {SUPER_USER: PASSWORD, "guest": GUEST}
    try:
        made = KafkaBroker(KafkaSecurity(users, certificate, key, authority.certificate))
    except KafkaUnavailable as reason:
        pytest.skip(str(reason))
    with made:
        yield made


def secured(broker: KafkaBroker, protocol: str, *, listener: str | None = None) -> KafkaConfig:
    """A config that lacks what the sign-in needs."""
    port = {"PLAINTEXT": broker.port, **broker.secure_ports}[listener or protocol]
    return replace(a_config(f"127.0.0.1:{port}"), security_protocol=protocol)


def as_relay(config: KafkaConfig) -> KafkaConfig:
    return replace(config, sasl_username=SUPER_USER, sasl_password=PASSWORD)


@pytest.mark.parametrize("mechanism", [None, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_the_relay_signs_in_by_password(
    store: AuditStore, trail: AuditTrail, broker: KafkaBroker, mechanism: str | None
) -> None:
    config = replace(as_relay(secured(broker, "SASL_PLAINTEXT")), sasl_mechanism=mechanism)
    await _publishes(store, trail, broker, config)


async def test_the_relay_signs_in_by_password_over_tls(
    store: AuditStore, trail: AuditTrail, broker: KafkaBroker, authority: Authority
) -> None:
    config = replace(as_relay(secured(broker, "SASL_SSL")), ssl_cafile=authority.certificate)
    await _publishes(store, trail, broker, config)


async def test_the_relay_signs_in_by_certificate(
    store: AuditStore, trail: AuditTrail, broker: KafkaBroker, authority: Authority
) -> None:
    certificate, key = authority.issue("relay")
    config = secured(broker, "SSL")
    config = replace(config, ssl_cafile=authority.certificate, ssl_certfile=certificate, ssl_keyfile=key)
    await _publishes(store, trail, broker, config)


async def _publishes(store: AuditStore, trail: AuditTrail, broker: KafkaBroker, config: KafkaConfig) -> None:
    async with relaying(store, config) as relay:
        await fill(trail, 20)
        await eventually(lambda: drained(relay))
    messages = await asyncio.to_thread(read_topic, broker.bootstrap, config.topic)
    assert set(values(messages)) == set(await published(store))


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
async def test_a_wrong_password_is_named_and_no_secret_is_logged(
    store: AuditStore, broker: KafkaBroker, mechanism: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = replace(
        secured(broker, "SASL_PLAINTEXT"),
        sasl_mechanism=mechanism,
        sasl_username=SUPER_USER,
        sasl_password="wrong-but-secret",
    )
    assert "refused the user name or the password; check KAFKA_SASL_USERNAME" in await examine_kafka(wrong)
    async with relaying(store, wrong) as relay:
        await eventually(lambda: asyncio.sleep(0, relay.problem))
    assert relay.problem is not None and "refused the user name" in relay.problem
    assert "wrong-but-secret" not in caplog.text + repr(wrong)


async def test_the_right_password_is_not_logged_either(
    broker: KafkaBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await examine_kafka(as_relay(secured(broker, "SASL_PLAINTEXT"))) == "ok"
    assert PASSWORD not in caplog.text


async def test_an_unknown_authority_is_named(broker: KafkaBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    config = replace(as_relay(secured(broker, "SASL_SSL")), ssl_cafile=stranger.certificate)
    found = await examine_kafka(config)
    assert "is not trusted" in found
    assert "KAFKA_SSL_CAFILE" in found


async def test_another_host_name_than_the_certificates_is_named(broker: KafkaBroker, authority: Authority) -> None:
    config = replace(as_relay(secured(broker, "SASL_SSL")), ssl_cafile=authority.certificate)
    config = replace(config, bootstrap_servers=config.bootstrap_servers.replace("127.0.0.1", "localhost"))
    assert "is for another host name" in await examine_kafka(config)


@pytest.mark.parametrize(
    ("protocol", "listener"),
    [("SSL", "SSL"), ("SSL", "PLAINTEXT"), ("PLAINTEXT", "SSL"), ("PLAINTEXT", "SASL_PLAINTEXT")],
)
async def test_the_wrong_protocol_or_a_missing_client_certificate_is_named(
    broker: KafkaBroker, authority: Authority, protocol: str, listener: str
) -> None:
    config = secured(broker, protocol, listener=listener)
    found = await examine_kafka(replace(config, ssl_cafile=authority.certificate))
    assert "check KAFKA_SECURITY_PROTOCOL and, if the broker asks for one, KAFKA_SSL_CERTFILE" in found


async def test_a_client_without_rights_is_told_which_it_needs(
    store: AuditStore, trail: AuditTrail, broker: KafkaBroker
) -> None:
    config = replace(secured(broker, "SASL_PLAINTEXT"), sasl_username="guest", sasl_password=GUEST)
    assert "allow DESCRIBE_CONFIGS on it" in await examine_kafka(config)
    async with relaying(store, config) as relay:
        await fill(trail, 5)
        await eventually(lambda: asyncio.sleep(0, relay.problem))
        assert relay.problem is not None and "allow WRITE, DESCRIBE and DESCRIBE_CONFIGS" in relay.problem
    assert await relay.lag() == 5


async def test_a_client_that_may_not_make_topics_is_told_what_to_make(broker: KafkaBroker) -> None:
    config = replace(secured(broker, "SASL_PLAINTEXT"), sasl_username="guest", sasl_password=GUEST)
    await asyncio.to_thread(_allow, broker, "guest", (config.topic, config.heads_topic))

    async def told() -> bool:
        return f"kafka-topics.sh --create --topic {config.topic}" in await examine_kafka(config)

    # A right that the broker has taken down counts a moment later.
    await eventually(told)


def _allow(broker: KafkaBroker, user: str, topics: tuple[str, ...]) -> None:
    """May look at the topics' settings, and nothing else."""
    rights = [
        AclBinding(
            ResourceType.TOPIC,
            topic,
            ResourcePatternType.LITERAL,
            f"User:{user}",
            "*",
            AclOperation.DESCRIBE_CONFIGS,
            AclPermissionType.ALLOW,
        )
        for topic in topics
    ]
    admin = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
    for answer in admin.create_acls(rights).values():
        answer.result(20)


def nowhere(**given: object) -> KafkaConfig:
    return replace(a_config(f"127.0.0.1:{free_port()}"), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (nowhere(security_protocol="TLS"), "KAFKA_SECURITY_PROTOCOL must be one of"),
        (nowhere(security_protocol="SASL_SSL"), "needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD"),
        (
            nowhere(security_protocol="SASL_SSL", sasl_mechanism="GSSAPI", sasl_username="a", sasl_password="b"),
            "KAFKA_SASL_MECHANISM must be one of",
        ),
        (nowhere(sasl_username="a", sasl_password="b"), "but KAFKA_SECURITY_PROTOCOL is PLAINTEXT"),
        (
            nowhere(security_protocol="SSL", ssl_cafile=Path("/nowhere/ca.pem")),
            "KAFKA_SSL_CAFILE names /nowhere/ca.pem",
        ),
        (nowhere(security_protocol="SSL", ssl_certfile=Path("/nowhere/a")), "KAFKA_SSL_CERTFILE names /nowhere/a"),
        (nowhere(security_protocol="SSL", ssl_keyfile=Path(__file__)), "without KAFKA_SSL_CERTFILE"),
        (nowhere(security_protocol="SSL", ssl_cafile=Path(__file__)), "holds no certificate in PEM form"),
        (nowhere(security_protocol="SSL", ssl_certfile=Path(__file__)), "must be a PEM certificate and its key"),
        (nowhere(bootstrap_servers="broker 9092"), "KAFKA_BOOTSTRAP_SERVERS must be host:port"),
        (nowhere(bootstrap_servers=" , "), "KAFKA_BOOTSTRAP_SERVERS must be host:port"),
    ],
)
async def test_a_setting_that_cannot_be_is_named(config: KafkaConfig, said: str) -> None:
    with pytest.raises(OperatorError) as refused:
        connection_arguments(config)
    assert said in str(refused.value)
    assert await examine_kafka(config) == str(refused.value)


async def test_a_key_with_a_password_is_refused_and_asks_nobody(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue("locked", encrypted=True)
    config = nowhere(security_protocol="SSL", ssl_certfile=certificate, ssl_keyfile=key)
    assert "its key without a password" in await examine_kafka(config)


async def test_where_nobody_listens_that_is_said() -> None:
    config = nowhere()
    assert await examine_kafka(config) == f"No Kafka broker answers at {config.bootstrap_servers}."
