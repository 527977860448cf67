"""The only reader of the environment. One frozen object, built once by the entry point and passed on."""

from __future__ import annotations

import os
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ultracore.errors import OperatorError
from ultracore.zone import USUAL as USUAL_ZONE
from ultracore.zone import zone_of


class Settings(BaseSettings):
    """Every variable that configures the program. An empty string counts as not set."""

    model_config = SettingsConfigDict(
        env_prefix="ULTRACORE_", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    env: Literal["demo", "production"] = "demo"
    data_dir: Path = Path(".data")
    time_zone: str = USUAL_ZONE
    log_format: Literal["json", "text"] | None = None
    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORT")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    # This machine only: how the app is tells an outsider when an attack works.
    operations_networks: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.0/8", "::1")
    root_path: str = ""
    public_url: str | None = None

    openai_api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL")
    model: str = "gpt-4.1-mini"
    model_temperature: float | None = Field(default=None, ge=0, le=2)
    model_max_tokens: int | None = Field(default=None, ge=1)
    model_reasoning_effort: str | None = None
    model_headers: dict[str, SecretStr] = Field(default_factory=dict)
    model_prices: dict[str, tuple[Decimal, Decimal]] = Field(default_factory=dict)
    # A fraction of what models take: every token of it is paid for and read again at each turn.
    model_history_tokens: int = Field(default=24_000, ge=1_000)
    model_connect_seconds: float = Field(default=5.0, gt=0)
    model_first_byte_seconds: float = Field(default=10.0, gt=0)
    model_gap_seconds: float = Field(default=10.0, gt=0)
    model_turn_seconds: float = Field(default=60.0, gt=0)

    fallback_model: str | None = None
    fallback_base_url: str | None = None
    fallback_api_key: SecretStr | None = None

    # URLs of servers can carry a password: as `SecretStr` they show it in no message and no traceback.
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    redis_host: str | None = Field(default=None, validation_alias="REDIS_HOST")
    redis_port: int = Field(default=6379, ge=1, le=65535, validation_alias="REDIS_PORT")
    redis_password: SecretStr | None = Field(default=None, validation_alias="REDIS_PASSWORD")
    # A turn makes about ten calls, and a hung server must not hold it for longer than a person waits.
    redis_call_seconds: float = Field(default=0.25, gt=0)

    kafka_bootstrap_servers: str | None = Field(default=None, validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    kafka_security_protocol: str = Field(default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL")
    kafka_sasl_mechanism: str | None = Field(default=None, validation_alias="KAFKA_SASL_MECHANISM")
    kafka_sasl_username: str | None = Field(default=None, validation_alias="KAFKA_SASL_USERNAME")
    kafka_sasl_password: SecretStr | None = Field(default=None, validation_alias="KAFKA_SASL_PASSWORD")
    kafka_ssl_cafile: Path | None = Field(default=None, validation_alias="KAFKA_SSL_CAFILE")
    kafka_ssl_certfile: Path | None = Field(default=None, validation_alias="KAFKA_SSL_CERTFILE")
    kafka_ssl_keyfile: Path | None = Field(default=None, validation_alias="KAFKA_SSL_KEYFILE")
    audit_topic: str = "ultracore.audit"
    audit_topic_create: bool = True
    audit_topic_partitions: int = Field(default=6, ge=1)
    audit_topic_replication: int | None = Field(default=None, ge=1)
    audit_retention_days: int | None = Field(default=None, ge=1)

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    audit_database_url: SecretStr | None = None
    index_database_url: SecretStr | None = None
    index_in_app: bool = True
    audit_key_file: Path | None = None
    master_key_file: Path | None = None
    policy_file: Path | None = None
    erasure_two_persons: bool | None = None
    erased_file: Path | None = None
    evidence_years: int = Field(default=7, ge=1, le=100)
    # Who is behind `sudo`: an operator's command is recorded under a person's name, not under root's.
    sudo_user: str | None = Field(default=None, validation_alias="SUDO_USER")
    witness_key_file: Path | None = None

    chainlit_auth_secret: SecretStr | None = Field(default=None, validation_alias="CHAINLIT_AUTH_SECRET")
    support_phone: str = "13 00 00 00"
    care_file: Path | None = None
    desk_dir: Path | None = None
    webhook_url: str | None = None
    webhook_secret: SecretStr | None = None
    demo_password: SecretStr = SecretStr("demo")
    # More than anybody types; a script would otherwise spend the bank's model budget.
    messages_per_minute: int = Field(default=20, ge=1)
    # No approval waits longer than two minutes; an operator can only make it shorter.
    approval_seconds: int = Field(default=120, ge=1, le=120)
    # After a quarter of an hour somebody else may sit at the screen; nobody works for longer than a day.
    session_idle_minutes: float = Field(default=15, gt=0, le=60)
    session_hours: float = Field(default=8, gt=0, le=24)
    staff_session_idle_minutes: float | None = Field(default=None, gt=0, le=60)
    staff_session_hours: float | None = Field(default=None, gt=0, le=24)

    oidc_file: Path | None = None

    # With user and password in it, so a secret as other addresses of servers are.
    smtp_url: SecretStr | None = Field(default=None, validation_alias="SMTP_URL")
    mail_from: str | None = None
    mail_ca_file: Path | None = None

    widget_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    widget_keys_file: Path | None = None
    # Browsers keep a cookie of a frame on another site only if it is partitioned, which wants https.
    widget_cross_site: bool = False
    # Where a card of the frame is approved: there, or on a page of our own that no other page can lie over.
    widget_approve: Literal["frame", "page"] = "frame"

    @field_validator("allowed_origins", "widget_hosts", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if isinstance(value, str):
            # Browsers send an origin without the slash that people copy along with an address.
            return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        return value

    @field_validator("time_zone")
    @classmethod
    def _require_zone(cls, value: str) -> str:
        try:
            zone_of(value)
        except ValueError as error:
            raise ValueError("it is not the name of a time zone, such as Australia/Sydney") from error
        return value

    @cached_property
    def data_path(self) -> Path:
        """The data directory as an absolute path. It may not exist yet."""
        return self.data_dir.expanduser().resolve()

    @field_validator("trusted_proxies", "operations_networks", mode="before")
    @classmethod
    def _split_proxies(cls, value: object) -> object:
        return tuple(one.strip() for one in value.split(",") if one.strip()) if isinstance(value, str) else value

    @property
    def is_behind_tls(self) -> bool:
        """True when browsers reach us by https, whether or not a proxy says so with each request."""
        return any(origin.startswith("https://") for origin in self.allowed_origins)

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins that may open a socket: the configured ones, or this machine's own on our port."""
        return self.allowed_origins or (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")

    @property
    def session_lasts(self) -> tuple[float, float]:
        """Minutes without use, and hours in any case."""
        return self.session_idle_minutes, self.session_hours

    @property
    def staff_session_lasts(self) -> tuple[float, float]:
        """The same for members of staff."""
        return (
            self.staff_session_idle_minutes or self.session_idle_minutes,
            self.staff_session_hours or self.session_hours,
        )

    @property
    def public_address(self) -> str:
        """The app's address for people, without a slash at the end: links that are handed out begin with it."""
        return (self.public_url or f"{self.origins[0]}{self.root_path}").rstrip("/")

    @property
    def has_redis(self) -> bool:
        """True if any variable names a Redis server; a port or a password alone means one on this machine."""
        alone = "redis_port" in self.model_fields_set or self.redis_password is not None
        return alone or self.redis_url is not None or self.redis_host is not None

    @property
    def uses_offline_model(self) -> bool:
        """True if neither a key nor an endpoint is configured."""
        return self.openai_api_key is None and self.openai_base_url is None

    @property
    def logs(self) -> Literal["json", "text"] | None:
        """How log lines are written: in production as JSON unless it is said otherwise, since programs read them.

        None leaves them as the server writes them, which is what a person at a demo's terminal wants.
        """
        return self.log_format or ("json" if self.env == "production" else None)

    @property
    def signing_key_file(self) -> Path:
        """The Ed25519 key that signs head lists."""
        return self.audit_key_file or self.data_path / "audit-signing.pem"

    @property
    def wrapping_key_file(self) -> Path:
        """The master key that wraps the sealing keys and keys the digests."""
        return self.master_key_file or self.data_path / "master.key"

    @property
    def erased_list_file(self) -> Path:
        """The list of erased keys, which a restore of the database must not take back."""
        return self.erased_file or self.data_path / "erased.jsonl"

    @property
    def erasure_wants_two_persons(self) -> bool:
        """Whether a second person must confirm an erasure: in production, unless the setting says otherwise."""
        return self.env == "production" if self.erasure_two_persons is None else self.erasure_two_persons


def require_fit_for_serving(settings: Settings) -> None:
    """Refuse to serve in production on an embedded default, a demo login or a missing secret.

    Raises `OperatorError` that lists all that is missing at once. A demo may run on anything.
    """
    if settings.env != "production":
        return
    wanted = {
        "REDIS_URL or REDIS_HOST": settings.has_redis,
        "DATABASE_URL": settings.database_url,
        "CHAINLIT_AUTH_SECRET": settings.chainlit_auth_secret,
        "ULTRACORE_AUDIT_KEY_FILE": settings.audit_key_file,
        "ULTRACORE_MASTER_KEY_FILE": settings.master_key_file,
        "OPENAI_API_KEY or OPENAI_BASE_URL": settings.openai_api_key or settings.openai_base_url,
        "ULTRACORE_ALLOWED_ORIGINS": settings.allowed_origins,
        "ULTRACORE_TRUSTED_PROXIES (networks, or none)": settings.trusted_proxies,
        "ULTRACORE_SUPPORT_PHONE": "support_phone" in settings.model_fields_set,
    }
    # All at once: told one at a time, an operator would start the app once for each.
    missing = [name for name, value in wanted.items() if not value]
    if missing:
        raise OperatorError(
            f"ULTRACORE_ENV=production runs on no embedded default; please set {', '.join(missing)}.",
            code="settings.production",
        )


_ADDRESSES = ("redis_url", "database_url", "audit_database_url", "index_database_url", "smtp_url")
_UNENCODED = {"@": "%40", "/": "%2F", ":": "%3A", "#": "%23", "?": "%3F"}


def _require_encoded_passwords(settings: Settings) -> None:
    """Refuse an address whose password holds a character that cuts the address in two.

    Libraries read such an address as another host or database, and their errors may quote the password.
    """
    for field in _ADDRESSES:
        address: SecretStr | None = getattr(settings, field)
        rest = address.get_secret_value().partition("://")[2] if address else ""
        person, at, _ = rest.rpartition("@")
        password = person.partition(":")[2]
        found = [mark for mark in _UNENCODED if mark in (password if mark == ":" else person)]
        if at and found:
            name = Settings.model_fields[field].validation_alias or f"ULTRACORE_{field.upper()}"
            marks = ", ".join(f"{mark} as {_UNENCODED[mark]}" for mark in found)
            raise OperatorError(
                f"The user name or password in {name} must be percent-encoded: write {marks}.",
                code="settings.unencoded",
            )


def load_settings() -> Settings:
    """Read the environment.

    Raises `OperatorError` that names each variable which cannot be used, without quoting its value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        # The value is left out: it may be the password that was put into the wrong variable.
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        raise OperatorError(f"Please correct these settings: {problems}.", code="settings.invalid") from error
    _require_encoded_passwords(settings)
    return settings


def export_to_environment(name: str, value: str) -> None:
    """Set a variable for a library that can only be configured through the environment (Chainlit's secret)."""
    os.environ[name] = value
