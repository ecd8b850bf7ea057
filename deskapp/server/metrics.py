"""Counters in the text form that Prometheus reads (exposition format 0.0.4); no names, no content."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from typing import Final

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""


class Counts:
    """Counts what happened; safe from any thread."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._times = [0] * (len(BUCKETS) + 1)
        self._sum = 0.0
        self.gauges: dict[str, int] = {}

    def add(self, name: str, count: int = 1) -> None:
        """Count something; the name may carry labels."""
        with self._door:
            self._counts[name] += count

    def took(self, seconds: float) -> None:
        """Note how long a round trip took."""
        with self._door:
            self._times[bisect_left(BUCKETS, seconds)] += 1
            self._sum += seconds

    def text(self) -> str:
        """Return all of it as Prometheus reads it."""
        with self._door:
            counts, times, total = dict(self._counts), list(self._times), self._sum
        lines: list[str] = []
        typed: set[str] = set()
        for name in sorted(counts):
            family = name.partition("{")[0]
            if family not in typed:
                typed.add(family)
                lines.append(f"# TYPE {family} counter")
            lines.append(f"{name} {counts[name]}")
        for name in sorted(self.gauges):
            family = name.partition("{")[0]
            if family not in typed:
                typed.add(family)
                lines.append(f"# TYPE {family} gauge")
            lines.append(f"{name} {self.gauges[name]}")
        lines.append("# TYPE deskapp_sync_seconds histogram")
        below = 0
        for bound, count in zip(BUCKETS, times, strict=False):
            below += count
            lines.append(f'deskapp_sync_seconds_bucket{{le="{bound}"}} {below}')
        lines.append(f'deskapp_sync_seconds_bucket{{le="+Inf"}} {sum(times)}')
        lines += [f"deskapp_sync_seconds_sum {total:.6f}", f"deskapp_sync_seconds_count {sum(times)}"]
        return "\n".join(lines) + "\n"
