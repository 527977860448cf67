"""The cache's figures for Prometheus, read when they are asked for: classes of keys, connections, errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ultracore.cache.cache_manager import CacheManager
from ultracore.cache.client import RedisClient
from ultracore.cache.statistics import BOUNDS, KeyClass

_BOUNDS = [*map(str, BOUNDS), "+Inf"]


class CacheMetrics(Collector):
    """One app's cache and its way to Redis. Labels are kinds of keys and codes of ours."""

    def __init__(self, manager: CacheManager, client: RedisClient) -> None:
        self._manager = manager
        self._client = client

    def collect(self) -> Iterator[Metric]:
        """Every metric as it stands."""
        yield from _of_classes(self._manager.classes)
        usage = self._client.usage()
        connections = GaugeMetricFamily("ultracore_redis_connections", "Connections to Redis", labels=["state"])
        connections.add_metric(["busy"], usage.busy)
        connections.add_metric(["idle"], usage.idle)
        yield connections
        yield GaugeMetricFamily(
            "ultracore_redis_waiting_calls", "Calls that wait for a connection to Redis", usage.waiting
        )
        errors = CounterMetricFamily(
            "ultracore_redis_errors", "Calls to Redis that failed, by code", labels=["code"]
        )
        for code, count in sorted(self._client.errors.items()):
            errors.add_metric([code], count)
        yield errors

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: several apps of one process may be registered side by side."""
        return []


def _of_classes(classes: dict[str, KeyClass]) -> Iterator[Metric]:
    reads = CounterMetricFamily(
        "ultracore_cache_reads", "Reads of the cache by class of key and result", labels=["kind", "result"]
    )
    writes = CounterMetricFamily("ultracore_cache_writes", "Writes to the cache by class of key", labels=["kind"])
    errors = CounterMetricFamily("ultracore_cache_errors", "Calls that found no Redis", labels=["kind"])
    seconds = HistogramMetricFamily("ultracore_cache_seconds", "Time of a call by class of key", labels=["kind"])
    for kind, counts in sorted(classes.items()):
        reads.add_metric([kind, "hit"], counts.hits)
        reads.add_metric([kind, "miss"], counts.misses)
        writes.add_metric([kind], counts.writes)
        errors.add_metric([kind], counts.errors)
        upto = list(zip(_BOUNDS, map(float, accumulate(counts.buckets)), strict=True))
        seconds.add_metric([kind], upto, counts.seconds)
    yield from (reads, writes, errors, seconds)
