"""The index on both databases: what arrives, in whatever order, and what can be found."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.engine import Connection as SyncConnection

from tests.audit.index.world import a_record, contents, customer, forged, handled, published, subject, talk
from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.database import SqlConnection
from ultracore.audit.events import AuditSeverity
from ultracore.audit.index import AuditIndex, Gap, Query
from ultracore.audit.index import tables as schema
from ultracore.audit.index.database import sqlite_url
from ultracore.audit.index.store_source import StoreKeys
from ultracore.audit.index.values import Move
from ultracore.audit.sealing.keys import MasterKey
from ultracore.audit.store import AuditStore
from ultracore.errors import IndexUnavailable, OperatorError

SEED = 20261123
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "umbrella")


async def names(index: AuditIndex, query: Query) -> list[str]:
    return sorted(found.stream_id for found in await index.find(query))


async def test_every_event_of_a_conversation_is_there_as_it_was_published(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    everything = await published(store)
    applied = await index.apply(everything)
    assert (applied.new, applied.alarms, applied.raced) == (len(everything), 0, False)
    theirs = [one for one in everything if b'"stream_id":"conv-1"' in one]
    assert await index.events("conv-1") == theirs
    assert await index.events("conv-1", after=2, limit=1) == theirs[2:3]
    assert await index.events("nothing") == []


async def test_a_second_arrival_changes_nothing(index: AuditIndex, store: AuditStore, trail: AuditTrail) -> None:
    await a_record(trail)
    everything = await published(store)
    await index.apply(everything)
    before = await contents(index)
    applied = await index.apply([*everything, *everything[3:]])
    assert (applied.new, applied.alarms) == (0, 0)
    assert await contents(index) == before


async def test_shuffled_and_doubled_batches_give_the_same_tables(
    index: AuditIndex, store: AuditStore, trail: AuditTrail, master: MasterKey, tmp_path: Path
) -> None:
    await a_record(trail)
    everything = await published(store)
    straight = await AuditIndex.open(sqlite_url(tmp_path / "straight.db"), master, StoreKeys(store))
    await straight.apply(everything)
    chosen = random.Random(SEED)  # noqa: S311 - seeded on purpose
    arriving = [*everything, *chosen.choices(everything, k=len(everything))]
    chosen.shuffle(arriving)
    while arriving:
        size = chosen.randint(1, 7)
        await index.apply(arriving[:size])
        arriving = arriving[size:]
    assert await contents(index) == await contents(straight)
    assert (await index.status()).missing == 0
    await straight.close()


async def test_a_gap_is_known_until_it_is_filled(index: AuditIndex, store: AuditStore, trail: AuditTrail) -> None:
    await talk(trail, customer(1), "conv-1", "one", "two")
    everything = await published(store)
    await index.apply([everything[0], *everything[3:]])
    status = await index.status()
    assert (status.missing, status.gaps) == (2, (Gap("conv-1", 2),))
    await index.apply(everything[1:3])
    assert (await index.status()).gaps == ()


async def test_a_second_hash_for_one_event_is_an_alarm_once(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    other = forged(everything[1], result="other")
    assert (await index.apply([*everything, other])).alarms == 1
    assert (await index.apply([other])).alarms == 0
    (alarm,) = await index.alarms()
    assert (alarm.kind, alarm.stream_id, alarm.sequence) == ("second_hash", "conv-1", 2)
    assert alarm.known_hash != alarm.other_hash
    assert await index.events("conv-1") == everything
    assert (await index.status()).alarms == 1
    assert await index.alarms(announced=True) == []
    await index.announced([alarm])
    assert await index.alarms(announced=False) == []


async def test_a_second_event_at_one_place_is_an_alarm(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    await index.apply(everything)
    assert (await index.apply([forged(everything[1], event_id="another")])).alarms == 1
    in_one_batch = [forged(everything[2], event_id="third"), forged(everything[2], event_id="fourth")]
    assert (await index.apply(in_one_batch)).alarms == 2
    assert {alarm.kind for alarm in await index.alarms()} == {"second_event"}
    assert await index.events("conv-1") == everything


async def test_what_is_no_event_is_an_alarm_and_stops_nothing(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    altered = everything[1].replace(b'"tenant_id":"tenant_1"', b'"tenant_id":"tenant_2"')
    foreign = [b"", b"\xff\x00", b"[]", b'{"event_id": 1}', b"{" * 100_000, altered]
    foreign += [
        forged(everything[1], event_id="x", **changes)
        for changes in (
            {"user_id": "a\0b"},
            {"user_id": "x" * 100_000},
            {"sequence": 0},
            {"sequence": -(2**53) + 1},
            {"timestamp": "2026-13-45T99:00:00.000000Z"},
            {"timestamp": "2026-11-23"},
            {"severity": "loud"},
            {"sealed": {"key_id": "x" * 10_000, "nonce": "", "ciphertext": ""}},
        )
    ]
    foreign.append(everything[1].replace(b'"user_id":"customer1"', b'"user_id":"\\ud800"'))
    applied = await index.apply([*foreign, *everything])
    assert (applied.new, applied.alarms) == (len(everything), len(foreign))
    assert sorted({alarm.kind for alarm in await index.alarms()}) == ["altered", "unreadable"]


async def test_conversations_are_found_by_who_what_and_when(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    begun = datetime.now(UTC)
    await a_record(trail)
    await handled(trail, "conv-2")
    await index.apply(await published(store))
    everything = ["conv-1", "conv-2", "conv-9"]
    wanted: list[tuple[Query, list[str]]] = [
        (Query(), everything),
        (Query(tenant_id="tenant_1"), ["conv-1", "conv-2"]),
        (Query(customer_id="cust_2"), ["conv-2"]),
        (Query(user_id="customer1"), ["conv-1"]),
        (Query(tool="get_account_balance", decision="denied"), everything),
        (Query(tool="get_account_balance", decision="allowed"), []),
        (Query(agent="Accounts", customer_id="cust_1"), ["conv-1"]),
        (Query(agent="Lending"), []),
        (Query(severity=AuditSeverity.WARNING, tenant_id="tenant_2"), ["conv-9"]),
        (Query(types=frozenset({AuditEventType.LOGIN_FAILED}), system=False), []),
        (Query(stream_id="conv-2"), ["conv-2"]),
        (Query(reason="account.other", customer_id="cust_1"), ["conv-1"]),
        (Query(reason="account.other", types=frozenset({AuditEventType.GUARDRAIL_TRIGGERED})), []),
        (Query(reason="claim.not_done", types=frozenset({AuditEventType.GUARDRAIL_TRIGGERED})), ["conv-2"]),
        (Query(handled_by="supervisor1", tenant_id="tenant_1"), ["conv-2"]),
        (Query(handled_by="supervisor1", tool="get_account_balance"), ["conv-2"]),
        (Query(handled_by="supervisor1", tenant_id="tenant_2"), []),
        (Query(handled_by="customer2"), []),
        (Query(since=begun), everything),
        (Query(since=begun + timedelta(hours=1)), []),
        (Query(until=begun), []),
        (Query(tool="get_account_balance", since=begun + timedelta(hours=1)), []),
        (Query(tool="get_account_balance", until=begun + timedelta(hours=1)), everything),
    ]
    for query, expected in wanted:
        assert await names(index, query) == expected, query
    (system,) = await index.find(Query(user_id="teller1", system=True))
    assert system.stream_id.startswith("system:tenant_1:")


async def test_a_list_has_pages_an_order_and_a_number(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    await index.apply(await published(store))
    newest = [one.stream_id for one in await index.find(Query())]
    assert [one.stream_id for one in await index.find(Query(oldest_first=True))] == newest[::-1]
    assert [one.stream_id for one in await index.find(Query(limit=1, offset=1))] == newest[1:2]
    assert await index.count(Query(limit=1)) == 3
    assert await index.count(Query(customer_id="cust_2")) == 1
    assert await index.count(Query(words=("?!",))) == 0


async def test_a_conversation_says_whose_it_was_and_what_happened(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    await index.apply(await published(store))
    newest = await index.find(Query(limit=2))
    assert [found.stream_id for found in newest] == ["conv-9", "conv-2"]
    (found,) = await index.find(Query(customer_id="cust_1"))
    stream = await store.stream("conv-1")
    assert stream is not None
    assert (found.tenant_id, found.user_id, found.customer_id) == ("tenant_1", "customer1", "cust_1")
    assert (found.first_at, found.last_at) == (stream.first_at, stream.last_at)
    assert (found.events, found.last_sequence, found.hash) == (5, 5, stream.hash)
    assert (found.agents, found.denials, found.alerts) == (("Accounts",), 1, 0)


@pytest.mark.parametrize("form", ["umbrella", "UMBRELLA", WIDE, "  umbrella? "])
async def test_words_are_found_in_any_form_and_all_of_them_must_be_there(
    index: AuditIndex, store: AuditStore, trail: AuditTrail, form: str
) -> None:
    await a_record(trail)
    await index.apply(await published(store))
    assert await names(index, Query(tenant_id="tenant_1", words=(form,))) == ["conv-1", "conv-2"]
    assert await names(index, Query(tenant_id="tenant_1", words=(form, "wallet"))) == ["conv-1"]
    assert await names(index, Query(tenant_id="tenant_1", words=(f"{form} loan",))) == ["conv-2"]
    assert await names(index, Query(words=(form,))) == ["conv-1", "conv-2", "conv-9"]
    assert await names(index, Query(words=(form,), customer_id="cust_9")) == ["conv-9"]
    assert await names(index, Query(words=("?",))) == []


async def test_a_tenant_finds_nothing_of_another(index: AuditIndex, store: AuditStore, trail: AuditTrail) -> None:
    await a_record(trail)
    await index.apply(await published(store))
    for query in (
        Query(tenant_id="tenant_2", words=("wallet",)),
        Query(tenant_id="tenant_2", customer_id="cust_1"),
        Query(tenant_id="tenant_2", stream_id="conv-1"),
        Query(tenant_id="tenant_2", tool="get_account_balance", customer_id="cust_1"),
    ):
        assert await names(index, query) == []
    tokens = {index._tokens.of_word(tenant, "umbrella") for tenant in ("tenant_1", "tenant_2")}
    assert len(tokens) == 2


async def test_no_word_is_in_the_index_in_clear(index: AuditIndex, store: AuditStore, trail: AuditTrail) -> None:
    await a_record(trail)
    await index.apply(await published(store))
    held = str(await contents(index)).lower()
    assert "umbrella" not in held and "wallet" not in held
    assert await names(index, Query(words=("recorded",))) == []  # every conversation's notice says so


async def test_a_forgotten_customers_words_are_gone_and_do_not_come_back(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    everything = await published(store)
    await index.apply(everything)
    late = await index._prepared(everything)  # opened while the key was there
    await destroy(store, subject(1).id)
    assert await index.forget(subject(1)) > 0
    assert await names(index, Query(words=("wallet",))) == []
    assert await names(index, Query(words=("umbrella",))) == ["conv-2", "conv-9"]
    assert await names(index, Query(customer_id="cust_1")) == ["conv-1"]
    await index.clear()
    await index._applier.apply(late, "", {})
    assert await names(index, Query(words=("wallet",))) == []
    await index.clear()
    await index.apply(everything)
    assert await names(index, Query(words=("wallet",))) == []
    assert await index.events("conv-1") == [one for one in everything if b'"stream_id":"conv-1"' in one]
    assert await index.forget(subject(1)) == 0


async def test_what_is_forgotten_is_not_in_the_file_any_more(
    master: MasterKey, store: AuditStore, trail: AuditTrail, tmp_path: Path
) -> None:
    await a_record(trail)
    index = await AuditIndex.open(sqlite_url(tmp_path / "index.db"), master, StoreKeys(store))
    await index.apply(await published(store))
    token = index._tokens.of_word("tenant_1", "wallet").to_bytes(8, "big", signed=True)

    def held() -> bool:
        return any(token in path.read_bytes() for path in tmp_path.glob("index.db*"))

    assert held()
    await destroy(store, subject(1).id)
    await index.forget(subject(1))
    assert not held()
    await index.close()


async def test_a_customer_who_is_forgotten_before_the_index_read_them_stays_so(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await a_record(trail)
    late = await index._prepared(await published(store))
    await destroy(store, subject(1).id)
    assert await index.forget(subject(1)) == 0
    await index._applier.apply(late, "", {})
    assert await names(index, Query(words=("wallet",))) == []
    assert await names(index, Query(words=("loan",))) == ["conv-2"]


async def destroy(store: AuditStore, customer_id: str) -> None:
    def destroyed(db: SqlConnection) -> None:
        db.execute(
            "UPDATE sealing_keys SET wrapped = NULL, destroyed_at = ? WHERE subject_id = ?",
            ("2026-11-23T00:00:00.000000Z", customer_id),
        )

    await store.run(destroyed)


async def test_progress_moves_with_the_rows_or_not_at_all(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "one")
    everything = await published(store)
    await index.apply(everything[:2], source="a", moves={"0": Move(0, 2)})
    assert (await index.apply(everything[2:], source="a", moves={"0": Move(1, 4)})).raced
    assert await index.progress("a") == {"0": 2}
    assert len(await index.events("conv-1")) == 2
    assert not (await index.apply(everything[2:], source="a", moves={"0": Move(2, 4), "1": Move(0, 1)})).raced
    assert await index.progress("a") == {"0": 4, "1": 1}
    assert await index.progress("b") == {}


async def test_an_index_of_another_master_key_is_refused(
    index: AuditIndex, index_url: str, store: AuditStore
) -> None:
    with pytest.raises(OperatorError, match="another master key"):
        await AuditIndex.open(index_url, MasterKey(b"k" * 32), StoreKeys(store))
    again = await AuditIndex.open(index_url, index._opener._master, StoreKeys(store))
    await again.close()


@pytest.mark.parametrize("index_url", ["postgres"], indirect=True)
async def test_its_address_says_whether_tls_is_spoken(
    index_url: str, master: MasterKey, store: AuditStore
) -> None:
    await (await AuditIndex.open(f"{index_url}?sslmode=disable", master, StoreKeys(store))).close()
    with pytest.raises(IndexUnavailable):
        await AuditIndex.open(f"{index_url}?sslmode=require", master, StoreKeys(store))


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "nonsense"])
async def test_an_address_where_it_cannot_lie_is_refused(url: str, master: MasterKey, store: AuditStore) -> None:
    with pytest.raises(OperatorError, match="ULTRACORE_INDEX_DATABASE_URL"):
        await AuditIndex.open(url, master, StoreKeys(store))


async def test_a_database_that_does_not_answer_is_unavailable(
    master: MasterKey, store: AuditStore, free_port: int, tmp_path: Path
) -> None:
    with pytest.raises(IndexUnavailable):
        await AuditIndex.open(f"postgresql://anya@127.0.0.1:{free_port}/x", master, StoreKeys(store))
    with pytest.raises(IndexUnavailable):
        await AuditIndex.open(sqlite_url(tmp_path), master, StoreKeys(store))


async def test_the_migrations_make_what_the_tables_say(index: AuditIndex) -> None:
    async with index._database.read() as connection:
        assert await connection.run_sync(_differences) == []


def _differences(connection: SyncConnection) -> list[Any]:
    options = {"version_table": schema.VERSION_TABLE, "include_name": _ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata))


def _ours(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or str(name).startswith("index_")


@pytest.mark.parametrize(
    ("said", "asked", "other"),
    [
        ("我的银行卡昨天被偷了", "银行卡", "银行行"),
        ("मेरा कार्ड चोरी हो गया", "कार्ड", "कारड"),
        ("đã mất thẻ hôm qua", "thẻ", "the"),
    ],
)
async def test_words_are_found_in_scripts_that_write_no_spaces_or_with_signs(
    index: AuditIndex, store: AuditStore, trail: AuditTrail, said: str, asked: str, other: str
) -> None:
    await talk(trail, customer(1), "conv-1", said)
    await index.apply(await published(store))
    assert await names(index, Query(words=(asked,))) == ["conv-1"]
    assert await names(index, Query(words=(asked, "umbrella"))) == []
    assert await names(index, Query(words=(other,))) == []


async def test_a_run_of_chinese_that_was_kept_as_one_word_is_still_found(
    index: AuditIndex, store: AuditStore, trail: AuditTrail
) -> None:
    await talk(trail, customer(1), "conv-1", "umbrella")
    await index.apply(await published(store))
    async with index._database.write() as connection:
        kept = (await connection.execute(select(schema.words))).first()
        assert kept is not None
        token = index._tokens.of_word("tenant_1", "我的卡丢了")
        row = {**kept._mapping, "token": token}
        await connection.execute(schema.words.insert().values(row))
    assert await names(index, Query(words=("我的卡丢了",))) == ["conv-1"]
    assert await names(index, Query(words=("我的卡",))) == []
