"""Erasing a customer, over both databases: what is gone, what stays, who may, and what a crash leaves."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from tests.audit.erasing import (
    ALICE,
    BOB,
    CANARY,
    MIA,
    PAYMENT_WORDS,
    TOM,
    Notes,
    a_talk,
    erase,
    erasure_of,
    principal_of,
    shown,
    wrapped_keys,
)
from tests.audit.people import TELLER
from tests.audit.stores import Place
from ultracore.audit import AuditEventType, AuditStore, AuditTrail, ConversationRecord, EventFilter
from ultracore.audit.defaults import erased_list
from ultracore.audit.erasure import Erasure, LegalHolds, expire_evidence
from ultracore.audit.evidence import evidence_of
from ultracore.audit.vocabulary import UserMessage
from ultracore.banking import UserRecord
from ultracore.chat.http import SignInRecord
from ultracore.errors import OperatorError
from ultracore.principal import Connection, Role

# What does not depend on the kind of database is asked of one.
one_database = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
NEW_YEAR = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
def erased(place: Place) -> Path:
    return place.settings.erased_list_file


async def a_record(place: Place) -> AuditStore:
    store = await place.open()
    await a_talk(AuditTrail(store=store), MIA, "conv-mia")
    await a_talk(AuditTrail(store=store), TOM, "conv-tom")
    return store


def listed(place: Place) -> Callable[..., Erasure]:
    return partial(erasure_of, erased=erased_list(place.settings))


def _rewrite(path: Path, change: Callable[[bytes], bytes]) -> bytes:
    """Change a file; what it held."""
    content = path.read_bytes()
    path.write_bytes(change(content))
    return content


async def actions(store: AuditStore, kind: AuditEventType = AuditEventType.DATA_DELETED) -> list[str | None]:
    found = await store.select(EventFilter(types=frozenset({kind})))
    return [event.action for event in found]


async def test_an_erased_customers_words_are_gone_and_everything_else_stays(place: Place) -> None:
    store = await a_record(place)
    before = await wrapped_keys(store, MIA)
    assert CANARY in await shown(store, "conv-mia")
    assert await erase(listed(place)(store))
    mia, tom = await shown(store, "conv-mia"), await shown(store, "conv-tom")
    assert (CANARY in mia, PAYMENT_WORDS in mia, CANARY in tom) == (False, False, True)
    messages = [event.erased for event in await store.events("conv-mia")]
    assert messages == [True, True, False, False, True, False, False, False, True]
    await place.sealer(store).seal_now()
    assert (await place.verify()).events == len(await place.stored())
    assert [info.stream_id for info in await store.streams(customer_id="cust_1")] == ["conv-mia"]
    assert len(before) == 1
    assert await wrapped_keys(store, MIA) == []


@one_database
async def test_transaction_evidence_outlives_the_customers_key_without_their_words(place: Place) -> None:
    store = await a_record(place)
    await erase(listed(place)(store))
    events = {event.event_type: event for event in await store.events("conv-mia") if not event.erased}
    card = events[AuditEventType.APPROVAL_REQUESTED].metadata or {}
    done = events[AuditEventType.TOOL_EXECUTED].metadata or {}
    assert card["card"]["lines"][:2] == [["Pay to", "City Power ··4821"], ["Amount", "AUD 50.00"]]
    assert card["card"]["lines"][2] == ["Statement text", "[the customer's own words]"]
    assert (done["arguments"]["amount"], done["result"], done["entry"]) == ("50.00", {"receipt": "R-1"}, "ent_1")
    assert PAYMENT_WORDS not in str(done)


async def test_a_customer_who_comes_back_has_a_new_key(place: Place) -> None:
    store = await a_record(place)
    await erase(listed(place)(store))
    await a_talk(AuditTrail(store=store), MIA, "conv-new", words="heron")
    assert "heron" in await shown(store, "conv-new")
    assert CANARY not in await shown(store, "conv-mia")
    assert len(await wrapped_keys(store, MIA)) == 1


async def test_another_process_drops_the_key_that_it_had_in_memory(place: Place) -> None:
    store, other = await a_record(place), await place.open()
    assert CANARY in await shown(other, "conv-mia")
    await a_talk(AuditTrail(store=other), MIA, "conv-other")
    await erase(listed(place)(store))
    assert CANARY not in await shown(other, "conv-mia") + await shown(other, "conv-other")
    await a_talk(AuditTrail(store=other), MIA, "conv-later", words="heron")
    old = {event.sealed["key_id"] for event in await store.events("conv-mia") if event.sealed and event.erased}
    new = {event.sealed["key_id"] for event in await store.events("conv-later") if event.sealed}
    assert old.isdisjoint(new)
    assert "heron" in await shown(store, "conv-later")


async def test_events_that_wait_while_the_key_goes_are_not_sealed_with_it(place: Place) -> None:
    store, other = await a_record(place), await place.open()
    turn = ConversationRecord(AuditTrail(store=other), principal_of(MIA), "conv-busy").turn("turn-1", "7F3A-1")
    talk = [turn.write(UserMessage(f"{number} {CANARY}")) for number in range(200)]
    done, *_ = await asyncio.gather(erase(listed(place)(store)), *talk)
    assert done
    destroyed = json.loads(place.settings.erased_list_file.read_text().splitlines()[0])["keys"]
    events = await store.events("conv-busy")
    assert len(events) == 200
    assert CANARY not in "".join(str(event.to_dict()) for event in events if event.sealed["key_id"] in destroyed)  # type: ignore[index]
    assert (await place.verify()).events == len(await place.stored())


@one_database
async def test_what_a_running_turn_still_says_goes_too(place: Place) -> None:
    store = await a_record(place)

    class StillTalking(Notes):
        async def forget(self, subject: object) -> int:
            if not self.words:
                self.words[MIA] = ["said"]
                await a_talk(AuditTrail(store=store), MIA, "conv-late")
            return 0

    assert await erase(listed(place)(store, forgetful={"redis": StillTalking()}))
    assert CANARY not in await shown(store, "conv-late")
    assert await wrapped_keys(store, MIA) == []


async def test_a_legal_hold_prevents_it_until_it_is_released(place: Place) -> None:
    store = await a_record(place)
    holds, erasure = LegalHolds(store), listed(place)(store)
    await holds.place(MIA.tenant_id, MIA.id, "case 12", BOB)
    with pytest.raises(OperatorError, match="legal hold stands on cust_1") as refusal:
        await erase(erasure)
    assert refusal.value.code == "erasure.held"
    assert CANARY in await shown(store, "conv-mia")
    with pytest.raises(OperatorError, match="already"):
        await holds.place(MIA.tenant_id, MIA.id, "case 13", BOB)
    await holds.release(MIA.tenant_id, MIA.id, "case 12 is closed", BOB)
    assert await erase(erasure)
    assert await actions(store, AuditEventType.DATA_MODIFIED) == ["hold.place", "hold.release"]
    assert await actions(store, AuditEventType.PERMISSION_DENIED) == ["erase"]


@one_database
async def test_a_hold_that_comes_between_the_request_and_the_key_wins(place: Place) -> None:
    store = await a_record(place)
    erasure = listed(place)(store)
    row = await erasure.request(MIA, "request 4711", ALICE)
    await LegalHolds(store).place(MIA.tenant_id, MIA.id, "case 12", BOB)
    with pytest.raises(OperatorError, match="nothing is erased"):
        await erasure.carry_out(row.erasure_id)
    assert CANARY in await shown(store, "conv-mia")


@one_database
async def test_a_hold_that_comes_too_late_says_so(place: Place) -> None:
    store = await a_record(place)
    await erase(listed(place)(store, forgetful={"redis": Notes(failures=9)}))
    with pytest.raises(OperatorError, match="has begun"):
        await LegalHolds(store).place(MIA.tenant_id, MIA.id, "case 12", BOB)


async def test_two_persons_are_two_different_persons(place: Place) -> None:
    store = await a_record(place)
    erasure = listed(place)(store, two_persons=True)
    row = await erasure.request(MIA, "request 4711", ALICE)
    assert not (await erasure.carry_out(row.erasure_id)).done
    with pytest.raises(OperatorError, match="a different person") as refusal:
        await erasure.confirm(row.erasure_id, ALICE)
    assert (refusal.value.code, CANARY in await shown(store, "conv-mia")) == ("erasure.same_person", True)
    await erasure.confirm(row.erasure_id, BOB)
    assert (await erasure.carry_out(row.erasure_id, BOB)).done
    assert await actions(store) == ["erase.request", "erase.confirm", "erase.keys", "erase.done"]


@one_database
async def test_a_request_that_nobody_confirms_in_time_is_void(place: Place) -> None:
    store = await a_record(place)
    erasure = listed(place)(store, two_persons=True, request_hours=0.0)
    row = await erasure.request(MIA, "request 4711", ALICE)
    with pytest.raises(OperatorError, match="expired"):
        await erasure.confirm(row.erasure_id, BOB)
    assert (await erasure.request(MIA, "request 4711", ALICE)).erasure_id != row.erasure_id
    assert CANARY in await shown(store, "conv-mia")


async def test_a_step_that_fails_is_told_and_done_the_next_time(place: Place) -> None:
    store = await a_record(place)
    redis, ledger = Notes({MIA: ["said"], TOM: ["said"]}, failures=1), Notes({MIA: ["wrote"]})
    erasure = listed(place)(store, forgetful={"redis": redis, "ledger": ledger})
    row = await erasure.request(MIA, "request 4711", ALICE)
    report = await erasure.carry_out(row.erasure_id)
    steps = {step.name: (step.done, step.failure) for step in report.steps}
    assert (report.done, steps["redis"], steps["ledger"]) == (False, (False, "cache.timeout"), (True, None))
    assert CANARY not in await shown(store, "conv-mia")
    assert [again.done for again in await erasure.resume()] == [True]
    assert (redis.words, ledger.words) == ({TOM: ["said"]}, {})
    assert await erasure.resume() == []


@one_database
async def test_a_database_restored_from_before_the_erasure_erased_again_when_it_is_opened(
    place: Place, tmp_path: Path
) -> None:
    store = await a_record(place)
    with (
        closing(sqlite3.connect(place.home / "audit.db")) as db,
        closing(sqlite3.connect(tmp_path / "copy")) as copy,
    ):
        db.backup(copy)
    await erase(listed(place)(store))
    await place.close()
    place.opened.clear()
    for name in ("audit.db-wal", "audit.db-shm"):
        (place.home / name).unlink(missing_ok=True)
    (place.home / "audit.db").write_bytes((tmp_path / "copy").read_bytes())
    back = await place.open()
    assert CANARY not in await shown(back, "conv-mia")
    assert CANARY in await shown(back, "conv-tom")
    assert await actions(back) == ["erase.again"]
    redis = Notes({MIA: ["restored"]})
    assert [report.done for report in await listed(place)(back, forgetful={"redis": redis}).resume()] == [True]
    assert redis.words == {}


async def test_a_crash_between_list_and_key_is_made_good_when_the_record_is_opened(place: Place) -> None:
    store = await a_record(place)
    key = (await store.events("conv-mia"))[0].sealed["key_id"]  # type: ignore[index]
    erased_list(place.settings).add("era_crashed", [key])
    again = await place.open()
    assert CANARY not in await shown(again, "conv-mia") + await shown(store, "conv-mia")
    assert await actions(again) == ["erase.again"]


@one_database
async def test_a_list_that_was_lost_is_written_again_from_the_database(place: Place, erased: Path) -> None:
    await erase(listed(place)(await a_record(place)))
    kept = erased_list(place.settings).keys()
    await asyncio.to_thread(erased.unlink)
    await place.open()
    assert erased_list(place.settings).keys() == kept


@one_database
@pytest.mark.parametrize(("old", "new"), [(b"key_", b"kei_"), (b'"index":1', b'"index":2'), (b"era_", b"erb_")])
async def test_an_altered_list_is_refused_with_a_sentence(
    place: Place, erased: Path, old: bytes, new: bytes
) -> None:
    await erase(listed(place)(await a_record(place)))
    _rewrite(erased, lambda content: content.replace(old, new, 1))
    with pytest.raises(OperatorError, match="Line 1 of the list of erased keys"):
        await place.open()


@one_database
async def test_a_line_of_the_list_that_a_crash_cut_is_left_out(place: Place, erased: Path) -> None:
    store = await a_record(place)
    await erase(listed(place)(store))
    whole = _rewrite(erased, lambda content: content + content[:40])
    await erase(listed(place)(store), TOM)
    lines = _rewrite(erased, lambda content: content).splitlines()
    assert (lines[0] + b"\n", [json.loads(line)["index"] for line in lines]) == (whole, [1, 2])


@one_database
async def test_evidence_past_its_retention_goes_and_younger_stays(place: Place) -> None:
    store = await a_record(place)
    erasure, year = listed(place)(store), datetime.now(UTC).year
    old, held = (
        evidence_of(MIA, NEW_YEAR.replace(year=year - 9)),
        evidence_of(TOM, NEW_YEAR.replace(year=year - 9)),
    )
    trail = AuditTrail(store=store)
    for subject in (old, held):
        await trail.log_event(
            AuditEventType.TOOL_EXECUTED, "tenant_1", "paid 77", stream_id="conv-old", subject=subject
        )
    await LegalHolds(store).place(TOM.tenant_id, TOM.id, "case 12", BOB)
    expired = await expire_evidence(store, erasure, 7, ALICE)
    assert ([report.row.subject for report in expired.reports], expired.held) == ([old], [held])
    assert [event.erased for event in await store.events("conv-old")] == [True, False]
    assert "AUD 50.00" in await shown(store, "conv-mia")


@one_database
async def test_the_record_of_an_erasure_names_the_key_in_clear_and_the_reason_under_seal(place: Place) -> None:
    store = await a_record(place)
    await erase(listed(place)(store), reason="letter 4711")
    found = await store.select(EventFilter(types=frozenset({AuditEventType.DATA_DELETED})))
    bodies = [row.body.decode() for row in await place.stored() if row.event_type == "data_deleted"]
    assert all(("cust_1" in body, "letter" in body) == (True, False) for body in bodies)
    assert json.loads(bodies[-1])["metadata"]["keys"] == list(erased_list(place.settings).keys())
    assert (found[0].metadata or {})["stated_reason"] == "letter 4711"
    assert (found[0].metadata or {})["person"] == "alice"


def files_under(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@one_database
async def test_the_wrapped_key_is_in_no_file_of_the_record(place: Place) -> None:
    store = await a_record(place)
    keys = await wrapped_keys(store, MIA)
    assert any(keys[0] in content for content in files_under(place.home))
    await erase(listed(place)(store))
    assert not any(keys[0] in content for content in files_under(place.home))


@one_database
async def test_where_a_customer_signed_in_from_goes_with_them(place: Place) -> None:
    store = await place.open()
    record = SignInRecord(AuditTrail(store=store), Connection("203.0.113.7", "a browser"))
    roles = frozenset({Role.CUSTOMER})
    alex = UserRecord(
        user_id="customer1", tenant_id="tenant_1", display_name="Alex", roles=roles, customer_id="cust_1"
    )
    await record.signed_in(alex)
    await record.signed_out(principal_of(MIA))
    await record.signed_out(TELLER)
    assert await erase(listed(place)(store))
    kinds = frozenset({AuditEventType.LOGIN, AuditEventType.LOGOUT})
    found = await store.select(EventFilter(types=kinds))
    assert [event.ip_address for event in found] == [None, None, "203.0.113.7"]
    assert await store.streams(customer_id="cust_1", system=True) == []
