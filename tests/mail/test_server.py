"""Which mail servers the settings can mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from ultracore.errors import OperatorError
from ultracore.mail import MailServer, is_mail_address, read_mail_server
from ultracore.settings import Settings, load_settings


def read(url: str, **more: object) -> MailServer:
    told = {"env": "production", "public_url": "https://bank.example", "smtp_url": SecretStr(url), **more}
    server = read_mail_server(Settings.model_validate(told))
    assert server is not None
    return server


def test_no_setting_is_no_server() -> None:
    assert read_mail_server(Settings()) is None


@pytest.mark.parametrize(
    ("url", "host", "port", "encryption"),
    [
        ("smtps://mail.bank.example", "mail.bank.example", 465, "tls"),
        ("smtp://mail.bank.example", "mail.bank.example", 587, "starttls"),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, "none"),
        ("smtp://[::1]:1025?starttls=required", "::1", 1025, "starttls"),
    ],
)
def test_a_url_names_host_port_and_encryption(url: str, host: str, port: int, encryption: str) -> None:
    server = read(url)
    assert (server.host, server.port, server.encryption) == (host, port, encryption)
    assert server.sender == "no-reply@bank.example"


def test_user_and_password_are_decoded_and_not_shown() -> None:
    server = read("smtps://an%40ya:pa%2Fss%23@mail.bank.example")
    assert server.user == "an@ya" and server.password is not None
    assert server.password.get_secret_value() == "pa/ss#" and "pa/ss" not in repr(server)


@pytest.mark.parametrize(
    ("url", "more", "says"),
    [
        ("mail.bank.example", {}, "SMTP_URL must be smtps://"),
        ("http://mail.bank.example", {}, "SMTP_URL must be smtps://"),
        ("smtp://mail.bank.example:70000", {}, "SMTP_URL must be smtps://"),
        ("smtp://", {}, "SMTP_URL must be smtps://"),
        ("smtp://mail.bank.example/inbox", {}, "SMTP_URL ends after the port"),
        ("smtp://mail.bank.example?tls=1", {}, "only ?starttls="),
        ("smtps://mail.bank.example?starttls=none", {}, "only with smtp://"),
        ("smtp://mail.bank.example?starttls=none", {}, "on this machine only"),
        ("smtp://anya@mail.bank.example", {}, "a user without a password"),
        ("smtps://mail.bank.example", {"public_url": "http://bank.example"}, "ULTRACORE_PUBLIC_URL"),
        (
            "smtps://mail.bank.example",
            {"mail_from": "Bank <no-reply@bank.example>"},
            "ULTRACORE_MAIL_FROM must be",
        ),
        ("smtps://mail.bank.example", {"mail_from": "a@b\r\nBcc: c@d"}, "ULTRACORE_MAIL_FROM must be"),
        ("smtps://mail.bank.example", {"mail_ca_file": Path("/nowhere/ca.pem")}, "ULTRACORE_MAIL_CA_FILE"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(url: str, more: dict[str, object], says: str) -> None:
    with pytest.raises(OperatorError) as refused:
        read(url, **more)
    assert says in refused.value.message


def test_a_sender_alone_is_a_mistake() -> None:
    with pytest.raises(OperatorError, match="with SMTP_URL only"):
        read_mail_server(Settings(mail_from="no-reply@bank.example"))


def test_a_password_that_cuts_the_address_in_two_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SMTP_URL", "smtps://anya:pa/word@mail.bank.example")
    with pytest.raises(OperatorError) as refused:
        load_settings()
    assert "SMTP_URL" in refused.value.message and "word" not in refused.value.message.replace("password", "")


@pytest.mark.parametrize("address", ["a@b.example", "first.last+tag@mail.bank.example", "a@localhost"])
def test_addresses_of_people(address: str) -> None:
    assert is_mail_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "a", "@b", "a@", "a b@c.example", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example",
     "<a@b.example>", '"a b"@c.example', "a@[127.0.0.1]", "ä@b.example", "a..b@c.example", "a@-b.example",
     "a" * 65 + "@b.example", "a@" + "b" * 300, "a@b.example\0"],
)  # fmt: skip
def test_what_a_header_could_take_for_more_is_no_address(address: str) -> None:
    assert not is_mail_address(address)
