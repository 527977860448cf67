"""What operators can read: lines with their turn, numbers of the app, and nobody's secrets."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from tests.ai.conftest import desk, scripted_model, settings
from tests.ai.screen import Desk
from tests.support.scripted_model import call, fail, say
from ultracore.audit.masking import mask
from ultracore.banking.ledger import AccountsService
from ultracore.observability import (
    JsonLines,
    Metrics,
    configure_logging,
    current_reference,
    install_redaction,
    turn_reference,
)

__all__ = ["desk", "scripted_model", "settings"]

CARD = "4111 1111 1111 1111"
PASSWORD = "hunter2-Canary!"
TOKEN = "sk-canary0123456789abcdefghij"
CANARIES = (CARD, CARD.replace(" ", ""), PASSWORD, TOKEN)
SAID = f"my card is {CARD}, my password is {PASSWORD} and my token is {TOKEN}"


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """The process's own records and handlers afterwards."""
    factory, root = logging.getLogRecordFactory(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.setLogRecordFactory(factory)
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def output() -> io.StringIO:
    """Where everything from DEBUG on is written as JSON lines."""
    stream = io.StringIO()
    configure_logging(mask, level=logging.DEBUG, stream=stream)
    return stream


def lines(output: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def assert_clean(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []


def test_a_line_is_one_json_object_with_the_turn_and_what_was_added(output: io.StringIO) -> None:
    with turn_reference("7F3A-91C2"):
        logging.getLogger("ultracore.x").warning(
            "settled %s in %.1f s", "prp_1", 0.25, extra={"proposal": "prp_1"}
        )
    logging.getLogger("ultracore.x").info("later")
    first, second = lines(output)
    assert (first["turn"], second["turn"]) == ("7F3A-91C2", "-")
    assert (first["level"], first["logger"], first["proposal"]) == ("WARNING", "ultracore.x", "prp_1")
    assert first["message"] == "settled prp_1 in 0.2 s"


def test_no_secret_is_in_a_message_an_argument_an_extra_or_an_exception(output: io.StringIO) -> None:
    log = logging.getLogger("ultracore.x")
    log.info(SAID)
    log.info("said: %s %d", SAID, 7)
    log.info("%(text)s", {"text": SAID})
    log.info("password is %s", PASSWORD)
    log.info("an object: %s", {"text": SAID})
    log.info("extra", extra={"text": SAID})
    log.info("an error: %s", ValueError(SAID))
    try:
        raise ValueError(SAID)
    except ValueError:
        log.exception("it failed")
    assert_clean(output.getvalue())
    assert len(lines(output)) == 8
    assert "ValueError" in lines(output)[-1]["error"]


def test_a_handler_of_another_library_gets_no_secret_either() -> None:
    install_redaction(mask)
    stream = io.StringIO()
    foreign = logging.StreamHandler(stream)
    foreign.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log = logging.getLogger("somebody.else")
    log.addHandler(foreign)
    try:
        raise KeyError(SAID)
    except KeyError:
        log.exception("said %s", SAID)
    finally:
        log.removeHandler(foreign)
    assert "KeyError" in stream.getvalue()
    assert_clean(stream.getvalue())


def test_the_lines_of_uvicorn_keep_their_five_arguments(
    output: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    # A server that an earlier test ran in this process has set a level of its own.
    caplog.set_level(logging.INFO, logger="uvicorn.access")
    seen: list[object] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.args)

    log = logging.getLogger("uvicorn.access")
    log.addHandler(handler := Keeps())
    log.info('%s - "%s %s HTTP/%s" %d', "203.0.113.7", "GET", f"/?token={TOKEN}", "1.1", 200)
    log.removeHandler(handler)
    assert len(seen) == 1 and isinstance(seen[0], tuple) and len(seen[0]) == 5
    assert_clean(output.getvalue())


async def test_what_a_person_a_model_and_a_broken_tool_say_is_in_no_log_line(
    desk: Desk, output: io.StringIO, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise KeyError(SAID)

    desk.model.expect(call("get_account_balance", {"account_id": SAID[:60]}), say(SAID))
    await desk.say(SAID)
    desk.model.expect(call(SAID, f"{{{SAID}"), say("No."))
    await desk.say(SAID)
    desk.model.expect(call("get_customer_360", {}))
    with monkeypatch.context() as patch:
        patch.setattr(AccountsService, "of_customer", breaks)
        screen = await desk.say("Show my recent transactions")
    assert screen.messages[-1][0] == "error"
    desk.model.expect(fail(400, body={"error": {"message": SAID}}))
    await desk.say("What's my balance?")
    await desk.press(approve=True, approval_id=SAID)
    captured = capfd.readouterr()
    assert_clean(output.getvalue() + captured.out + captured.err)
    failed = [line for line in lines(output) if "a fault of ours" in line["message"]]
    assert failed[0]["turn"] in screen.messages[-1][1]


async def test_the_apps_numbers_are_among_the_process_own_while_it_is_open(desk: Desk) -> None:
    desk.model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("Here it is."))
    await desk.say("What's my balance?")
    desk.model.expect(call("made_up_by_a_model", {}), say("No."))
    await desk.say("What's my balance?")
    desk.model.expect(fail(401))
    await desk.say("What's my balance?")
    value = REGISTRY.get_sample_value
    assert value("ultracore_turns_total", {"outcome": "answered"}) == 2
    assert value("ultracore_turns_total", {"outcome": "failed"}) == 1
    assert value("ultracore_tool_calls_total", {"tool": "get_account_balance", "decision": "done"}) == 1
    assert value("ultracore_tool_calls_total", {"tool": "unknown", "decision": "refused"}) == 1
    assert value("ultracore_audit_append_seconds_per_turn_count") == 3
    assert value("ultracore_model_seconds_count") == 4


def test_two_apps_of_one_process_can_be_registered(tmp_path: Path) -> None:
    first, second = Metrics(), Metrics()
    REGISTRY.register(first)
    REGISTRY.register(second)
    REGISTRY.unregister(first)
    REGISTRY.unregister(second)
    assert REGISTRY.get_sample_value("ultracore_turns_total", {"outcome": "answered"}) is None


def test_a_record_from_before_the_set_up_can_be_written() -> None:
    record = logging.makeLogRecord({"msg": "early", "levelname": "INFO"})
    record.__dict__.pop("turn", None)
    assert json.loads(JsonLines(mask).format(record))["turn"] == "-"


def test_text_lines_carry_the_turn_and_no_secret() -> None:
    stream = io.StringIO()
    configure_logging(mask, as_json=False, stream=stream)
    with turn_reference("7F3A-91C2"):
        logging.getLogger("ultracore.x").info(SAID)
    logging.getLogger("uvicorn.error").warning("closed")
    first, second = stream.getvalue().splitlines()
    assert " INFO ultracore.x [7F3A-91C2] " in first and "uvicorn.error [-] closed" in second
    assert_clean(stream.getvalue())


async def test_the_lines_of_a_turn_carry_the_reference_that_the_person_is_told(
    desk: Desk, output: io.StringIO
) -> None:
    desk.model.expect(call("get_account_balance", {"account_id": "acc_9"}), fail(401))
    screen = await desk.say("What is the balance of my canary-account?")
    (told,) = re.findall(r"Ref ([0-9A-F]{4}-[0-9A-F]{4})", screen.messages[-1][1])
    ours = [line for line in lines(output) if line["logger"].startswith("ultracore.ai")]
    assert {line["turn"] for line in ours} == {told}
    assert {"tool call refused", "turn ended: failed"} <= {line["message"] for line in ours}
    assert "canary-account" not in output.getvalue()


async def test_refused_presses_and_desks_are_in_the_log(desk: Desk, output: io.StringIO) -> None:
    await desk.press(approve=True, approval_id="made-up")
    await desk.say("/replay")
    codes = [line["code"] for line in lines(output) if "code" in line]
    assert codes == ["approval.unknown", "approval.unknown", "access.record_not_allowed"]
    assert "made-up" not in output.getvalue()


def test_who_runs_under_no_reference_is_given_none() -> None:
    assert current_reference() is None
    with turn_reference("7F3A-91C2"):
        assert current_reference() == "7F3A-91C2"
