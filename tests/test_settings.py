"""Settings: what production refuses to serve on."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from ultracore.cache.client import CALL_SECONDS
from ultracore.errors import OperatorError
from ultracore.settings import Settings, load_settings, require_fit_for_serving

COMPLETE = Settings(
    env="production",
    redis_url=SecretStr("redis://127.0.0.1:6379"),
    database_url=SecretStr("sqlite:////var/lib/ultracore/ledger.db"),
    chainlit_auth_secret=SecretStr("s" * 48),
    audit_key_file=Path("/etc/ultracore/audit.pem"),
    master_key_file=Path("/etc/ultracore/master.key"),
    openai_base_url="http://127.0.0.1:9000/v1",
    allowed_origins=("https://bank.example",),
    trusted_proxies=("10.0.0.0/8",),
    support_phone="13 11 11",
)


def test_production_lists_all_that_is_missing_at_once() -> None:
    with pytest.raises(OperatorError) as refused:
        require_fit_for_serving(Settings(env="production"))
    for name in (
        "REDIS_URL",
        "DATABASE_URL",
        "CHAINLIT_AUTH_SECRET",
        "ULTRACORE_MASTER_KEY_FILE",
        "OPENAI_API_KEY",
    ):
        assert name in refused.value.message


def test_production_with_everything_set_may_serve() -> None:
    require_fit_for_serving(COMPLETE)
    with pytest.raises(OperatorError, match=r"please set REDIS_URL or REDIS_HOST\.$"):
        require_fit_for_serving(COMPLETE.model_copy(update={"redis_url": None}))


def test_a_call_to_redis_waits_as_long_as_the_client_does_by_default() -> None:
    assert Settings().redis_call_seconds == CALL_SECONDS


def test_a_demo_may_run_on_anything() -> None:
    require_fit_for_serving(Settings())


@pytest.mark.parametrize(
    ("name", "address", "told"),
    [
        ("REDIS_URL", "redis://anya:p@ss@10.0.0.1:6379/0", "@ as %40"),
        ("DATABASE_URL", "postgresql://anya:a/b@db/bank", "/ as %2F"),
        ("ULTRACORE_AUDIT_DATABASE_URL", "postgresql://anya:a:b#c@db/audit", ": as %3A, # as %23"),
    ],
)
def test_a_password_that_cuts_its_address_in_two_is_named_and_not_quoted(
    name: str, address: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(OperatorError) as refused:
        load_settings()
    assert name in refused.value.message
    assert told in refused.value.message
    assert "anya" not in refused.value.message


@pytest.mark.parametrize(
    "address", ["redis://10.0.0.1:6379/0", "redis://:p%40ss@10.0.0.1", "rediss://a:b@[::1]:1/2"]
)
def test_an_address_with_an_encoded_password_is_taken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", address)
    assert load_settings().redis_url is not None
