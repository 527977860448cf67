"""Sending a letter to a real server: taken, refused, gone, hanging, with and without encryption."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.mail.mailbox import mailbox
from tests.support.certificates import Authority
from tests.support.ports import free_port
from ultracore.mail import Letter, MailUnsent, send

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LETTER = Letter(letter_id="mail_1", address="anna@example.com", subject="Grüße", text="Ein Brief über ½ Seite.\n")


def certificate_of(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("mail"))
    return context


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with mailbox() as box:
        await send(box.server, LETTER, NOW)
    (letter,) = box.letters
    assert box.recipients == ["anna@example.com"] and letter["Subject"] == "Grüße"
    assert letter["From"] == "no-reply@bank.example" and letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == "<mail_1@bank.example>" and letter["Date"] == "Sun, 01 Mar 2026 12:00:00 +0000"
    assert "Ein Brief über ½ Seite." in box.text()


async def test_with_encryption_the_server_is_known_by_its_certificate_and_we_by_a_password(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path / "ours"), Authority(tmp_path / "theirs")
    async with mailbox(certificate_of(authority), b"secret") as box:
        server = replace(
            box.server,
            encryption="starttls",
            ca_file=authority.certificate,
            user="anya",
            password=SecretStr("secret"),
        )
        await send(server, LETTER, NOW)
        with pytest.raises(MailUnsent, match="could not be used"):
            await send(replace(server, ca_file=stranger.certificate), LETTER, NOW)
        with pytest.raises(MailUnsent, match="does not know our user") as refused:
            await send(replace(server, password=SecretStr("wrong")), LETTER, NOW)
        # Without encryption nothing is said to a server that wants it.
        with pytest.raises(MailUnsent):
            await send(replace(server, encryption="none"), LETTER, NOW)
    assert len(box.letters) == 1 and not refused.value.is_final


async def test_a_server_that_offers_no_encryption_gets_nothing_if_it_is_wanted() -> None:
    async with mailbox() as box:
        with pytest.raises(MailUnsent):
            await send(replace(box.server, encryption="starttls"), LETTER, NOW)
    assert not box.letters


@pytest.mark.parametrize(("refusal", "is_final"), [("550 no such person", True), ("451 later", False)])
async def test_a_refusal_is_for_good_or_for_now(refusal: str, *, is_final: bool) -> None:
    async with mailbox() as box:
        box.refusal = refusal
        with pytest.raises(MailUnsent) as refused:
            await send(box.server, LETTER, NOW)
    assert refused.value.is_final is is_final and "example" not in refused.value.message


async def test_a_server_that_is_gone_or_says_nothing_is_given_up_in_time() -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    async with mailbox() as box:
        gone = replace(box.server, port=free_port())
        with pytest.raises(MailUnsent) as refused:
            await send(gone, LETTER, NOW)
        assert not refused.value.is_final
        listening = await asyncio.start_server(silent, "127.0.0.1", gone.port)
        with pytest.raises(MailUnsent):
            await send(gone, LETTER, NOW, seconds=0.2)
        listening.close()
        await ended.wait()


async def test_a_server_that_is_slow_at_each_step_is_given_up_in_time_too() -> None:
    ended = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 slow\r\n")
        # Who gives up may leave an answer unread, and the connection is reset then.
        with suppress(ConnectionError):
            while line := await reader.readline():
                await asyncio.sleep(0.2)
                writer.write(b"354 go on\r\n" if line.startswith(b"DATA") else b"250 fine\r\n")
        writer.close()
        ended.set()

    async with mailbox() as box:
        server = replace(box.server, port=free_port())
        listening = await asyncio.start_server(slow, "127.0.0.1", server.port)
        # Each of its answers comes within the time, all of them together do not.
        with pytest.raises(MailUnsent):
            await send(server, LETTER, NOW, seconds=0.3)
        listening.close()
        await ended.wait()


@pytest.mark.parametrize("change", [{"subject": "A\r\nBcc: x@y.example"}, {"address": "a@b.example\nBcc: x@y"}])
async def test_a_line_break_in_a_header_is_never_sent(change: dict[str, str]) -> None:
    async with mailbox() as box:
        with pytest.raises(MailUnsent) as refused:
            await send(box.server, replace(LETTER, **change), NOW)
    assert refused.value.is_final and not box.tries
