"""An erased customer's words are found nowhere: not in any file, not in Redis, the index, an export or a log."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests.audit.commands import Run
from tests.audit.erasing import CANARY, MIA, PAYMENT_WORDS, TOM, a_talk, principal_of
from tests.banking.support import change_rows
from ultracore.audit import AuditEventType, AuditTrail, Subject
from ultracore.audit.defaults import heads_path, open_reader, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.index import Query
from ultracore.audit.index.defaults import open_consumer
from ultracore.banking.store.tables import surroundings
from ultracore.cache import CacheManager, RedisCache, RedisClient
from ultracore.cache.defaults import server_of
from ultracore.cache.keys import own
from ultracore.cache.stores import LogChange, RuntimeStores
from ultracore.principal import Principal, Role
from ultracore.privacy import OpenErasure, open_erasure
from ultracore.privacy.erasing import traces_of
from ultracore.settings import Settings

LOGINS = {MIA: "customer1", TOM: "customer2"}
TELLER = Principal(tenant_id="tenant_1", user_id="teller1", login_id="login-9", roles=frozenset({Role.TELLER}))


@asynccontextmanager
async def redis_of(settings: Settings) -> AsyncIterator[RuntimeStores]:
    server = await server_of(settings)
    stores = RuntimeStores.over(RedisClient(server.endpoint, call_seconds=10), secret=b"s" * 32)
    try:
        yield stores
    finally:
        await stores.aclose()
        await asyncio.to_thread(server.release)


async def talk_everywhere(erasing: OpenErasure, stores: RuntimeStores, subject: Subject) -> None:
    """The customer's words in every place that keeps some, and in a teller's conversation about the customer."""
    person = replace(principal_of(subject), user_id=LOGINS[subject], login_id=f"login-{subject.id}")
    conversation, staff = f"conv-{subject.id}", f"staff-{subject.id}"
    trail, words = AuditTrail(store=erasing.store), f"{subject.id} said {CANARY}"
    await stores.logins.create(person)
    for owner, name in ((person, conversation), (TELLER, staff)):
        await a_talk(trail, subject, name, words)
        await stores.conversations.create(name, owner)
        await stores.conversations.append(name, {"role": "user", "content": words})
        await stores.conversations.add_notice(name, words)
        await stores.threads.create(owner, name, words)
        await stores.logs.begin(name, [LogChange("1", {"text": words})])
    await stores.notices.add_notice(subject.tenant_id, person.user_id, words)
    cache = CacheManager(RedisCache(client=stores.client, secret=b"s" * 32))
    await cache.cache_user_profile(subject.tenant_id, person.user_id, {"said": words})
    await erasing.bank.security.incidents.report(subject.tenant_id, subject.id, person.user_id, words)
    seen = {"kind": "device", "digest": "d" * 64, "first_seen": datetime.now(UTC), "last_seen": datetime.now(UTC)}
    sighting = insert(surroundings).values(user_id=person.user_id, times=1, **seen)
    await change_rows(erasing.bank.database, sighting)


async def fill(settings: Settings) -> None:
    async with open_erasure(settings) as erasing, redis_of(settings) as stores:
        for subject in (MIA, TOM):
            await talk_everywhere(erasing, stores, subject)
        consumer = await open_consumer(settings, erasing.store, None)
        await consumer.catch_up()
        await consumer.close()
        await consumer.index.close()
        await HeadSealer(erasing.store, signing_key(settings), HeadsFile(heads_path(settings))).seal_now()


async def indexed(settings: Settings) -> set[str]:
    """The conversations that the index finds by the words, once it has read all that there is."""
    async with open_erasure(settings) as erasing:
        consumer = await open_consumer(settings, erasing.store, None)
        try:
            await consumer.catch_up()
            return {one.stream_id for one in await consumer.index.find(Query(words=tuple(CANARY.split("-"))))}
        finally:
            await consumer.close()
            await consumer.index.close()


async def alive(settings: Settings) -> tuple[int, int, set[str]]:
    """Sessions of both customers, and every key of Redis."""
    async with redis_of(settings) as stores:
        _, names = await stores.client.call("SCAN", 0, "COUNT", 10_000)
        mia, tom = [await stores.logins.of_user("tenant_1", LOGINS[subject]) for subject in (MIA, TOM)]
        return len(mia), len(tom), {name.decode() for name in names}


def files_with(folder: Path, words: str) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()}


def test_after_an_erasure_the_words_are_found_nowhere(
    settings: Settings, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(fill(settings))
    mine, home = f"{MIA.id} said", settings.data_path
    assert files_with(home, mine) >= {"ledger.db"}
    assert any("appendonly" in name for name in files_with(home, mine))
    assert asyncio.run(indexed(settings)) == {"conv-cust_1", "staff-cust_1", "conv-cust_2", "staff-cust_2"}
    code, out, _ = run("erase", "--customer", "cust_1", "--reason", "request 4711")
    assert (code, out.split("\t")[3].split("\n")[0]) == (0, "done")
    assert files_with(home, mine) == set()
    assert files_with(home, f"{TOM.id} said") >= {"ledger.db"}
    assert asyncio.run(indexed(settings)) == {"conv-cust_2", "staff-cust_2"}
    mia, tom, keys = asyncio.run(alive(settings))
    assert (mia, tom, [key for key in keys if "cust_1" in key]) == (0, 1, [])
    assert {own("conversation", "conv-cust_2"), own("conversation", "staff-cust_2")} <= keys
    texts = [run("export", "--all")[1], run("replay", "conv-cust_1", "--as", "auditor")[1], caplog.text]
    texts += [run("export", "--session", "staff-cust_1", "--format", "html")[1]]
    assert not any(word in text for text in texts[1:] for word in (CANARY, PAYMENT_WORDS))
    assert (mine in texts[0], f"{TOM.id} said" in texts[0]) == (False, True)
    assert "[erased]" in texts[1]
    assert run("verify")[0] == 0
    assert "conv-cust_1" in run("sessions", "--customer", "cust_1")[1]
    for path in home.glob("*index*"):
        path.unlink()  # an index that is built anew does not bring the words back
    assert asyncio.run(indexed(settings)) == {"conv-cust_2", "staff-cust_2"}


def test_verify_erases_again_what_a_restore_has_brought_back(settings: Settings, run: Run) -> None:
    asyncio.run(fill(settings))
    copy = _copied(settings.data_path / "audit.db")
    assert run("erase", "--customer", "cust_1", "--reason", "request 4711")[0] == 0
    for name in ("audit.db-wal", "audit.db-shm"):
        (settings.data_path / name).unlink(missing_ok=True)
    (settings.data_path / "audit.db").write_bytes(copy)
    code, out, _ = run("verify")
    with open_reader(settings, keys=True) as reader:
        shown = [reader.opened(event) for event in reader.of_stream("conv-cust_1")]
    assert (code, "events" in out, shown[0].erased) == (0, True, True)
    assert run("erase")[1].split("\t")[2:4] == ["cust_1", "done\n"]


def _copied(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(path.with_name("copy"))) as copy:
        db.backup(copy)
    return path.with_name("copy").read_bytes()


def test_while_redis_is_down_the_key_goes_and_the_command_says_what_is_left(
    settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(fill(settings))
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    code, out, err = run("erase", "--customer", "cust_1", "--reason", "request 4711")
    assert (code, "redis\tcache.unreachable" in out, "run ultracore audit erase again" in err) == (3, True, True)
    assert CANARY not in run("replay", "conv-cust_1")[1]
    monkeypatch.delenv("REDIS_URL")
    code, out, _ = run("erase")
    assert (code, "\tdone\n" in out, files_with(settings.data_path, f"{MIA.id} said")) == (0, True, set())


def test_two_persons_at_the_command_line_are_two_users_of_the_system(
    settings: Settings, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ULTRACORE_ERASURE_TWO_PERSONS", "true")
    code, out, err = run("erase", "--customer", "cust_1", "--reason", "request 4711")
    number = out.split("\t")[0]
    assert (code, f"--confirm {number}" in err) == (3, True)
    code, _, err = run("erase", "--confirm", number)
    assert (code, "a different person" in err) == (1, True)
    assert run("erase")[1] == ""  # what waits for somebody is not gone on with
    # Who is root is whoever called sudo: a second person, or none on a machine where this user is not root.
    monkeypatch.setenv("SUDO_USER", "somebody_else")
    assert run("erase", "--confirm", number)[0] == (0 if os.getuid() == 0 else 1)


def test_a_reason_that_names_the_customer_is_refused(settings: Settings, run: Run) -> None:
    for reason in ("", "letter of Mr MORGAN, 3 May", "x" * 201):
        code, _, err = run("erase", "--customer", "cust_1", "--reason", reason)
        assert (code, bool(err)) == (1, True), reason
    for customer in ("nobody", "cust_1"):
        assert run("erase", "--customer", customer, "--tenant", "tenant_9", "--reason", "request 1")[0] == 1
    assert run("erase", "--confirm", "era_unknown")[0] == 1


def test_holds_are_placed_listed_and_released_at_the_command_line(settings: Settings, run: Run) -> None:
    assert run("hold", "--customer", "cust_1", "--reason", "case 12")[0] == 0
    assert run("hold")[1].split("\t")[1:3] == ["tenant_1", "cust_1"]
    code, _, err = run("erase", "--customer", "cust_1", "--reason", "request 4711")
    assert (code, "A legal hold stands on cust_1" in err) == (1, True)
    assert run("hold", "--customer", "cust_1", "--reason", "closed", "--release")[0] == 0
    assert run("hold", "--customer", "cust_1", "--reason", "closed", "--release")[0] == 1
    assert run("erase", "--expired-evidence") == (0, "", "")
    assert run("erase", "--customer", "cust_1", "--reason", "request 4711")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("erase", "--customer", "cust_1", "--confirm", "era_1"),
        ("erase", "--customer", "cust_1", "--expired-evidence"),
        ("erase", "--reason", "request 4711"),
        ("hold", "--release", "--reason", "request 4711"),
    ],
    ids=" ".join,
)
def test_arguments_that_do_not_go_together_do_nothing(
    run: Run, settings: Settings, arguments: tuple[str, ...]
) -> None:
    asyncio.run(fill(settings))
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and "--customer" in err
    with open_reader(settings) as reader:
        assert not [row for row in reader.sealing_keys("wrapped IS NULL", ())]


async def test_an_id_that_only_resembles_the_customers_is_somebody_elses(settings: Settings) -> None:
    """`_` stands for any character in a pattern of SQL; in an id it is a letter like others."""
    async with open_erasure(settings) as erasing:
        trail = AuditTrail(store=erasing.store)
        for customer, conversation in (("cust_1", "conv-own"), ("custX1", "conv-other"), ("CUST_1", "conv-third")):
            subject = Subject("evidence", "tenant_1", f"{customer}/2026")
            kind = AuditEventType.TOOL_EXECUTED
            await trail.log_event(kind, "tenant_1", "done", session_id=conversation, subject=subject)
        traces = await traces_of(erasing.store, erasing.bank.database, Subject("customer", "tenant_1", "cust_1"))
        assert traces.conversation_ids == {"conv-own"}
