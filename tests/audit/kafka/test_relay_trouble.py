"""The proof of `tests/prove/kafka.py` in its short form: one run of each kind of trouble."""

from __future__ import annotations

import random

import pytest

from tests.prove import kafka
from tests.support.kafka import KafkaUnavailable, fetch_jars


async def test_nothing_is_lost_while_kafka_is_killed_stopped_and_flapping() -> None:
    try:
        fetch_jars()
    except KafkaUnavailable as reason:
        pytest.skip(str(reason))
    await kafka.run(len(kafka.KINDS), random.SystemRandom().randrange(10**6))


def test_the_check_of_the_order_finds_a_swap() -> None:
    first, second = (b'{"stream_id":"a","sequence":%d}' % number for number in (1, 2))
    kafka.check_order([first, second, first])
    with pytest.raises(AssertionError, match="stream a is out of order"):
        kafka.check_order([second, first])
