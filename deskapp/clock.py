"""The only place that reads the computer's clock and makes random ids; everything else is handed both."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

Clock = Callable[[], int]
"""Returns milliseconds since 1970 in UTC."""

NewId = Callable[[], str]
"""Returns a fresh UUID as text."""

# China has had one zone without summer time since 1991; a fixed offset needs no zone database on Windows.
SHOP_ZONE = timezone(timedelta(hours=8), "CST")

_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}  # two fixed bits, two of chance

_last_ms = 0
_shift_ms = 0
_lock = threading.Lock()


def system_clock() -> int:
    """Return the computer's time in ms UTC."""
    return time.time_ns() // 1_000_000 + _shift_ms


def new_uuid7() -> str:
    """Return a time-ordered UUID (RFC 9562, version 7); in one process they only ever go up by millisecond."""
    global _last_ms
    with _lock:
        _last_ms = max(_last_ms, system_clock())
        stamp = _last_ms
    noise = os.urandom(10).hex()
    text = f"{stamp & (2**48 - 1):012x}"
    return f"{text[:8]}-{text[8:]}-7{noise[:3]}-{_VARIANT[noise[3]]}{noise[4:7]}-{noise[7:19]}"


def random_token(size: int = 16) -> str:
    """Return `size` random bytes as hexadecimal text."""
    return os.urandom(size).hex()


def shop_day(instant_ms: int) -> date:
    """Return the calendar day at the shop of an instant in ms UTC."""
    return shop_time(instant_ms).date()


def shop_time(instant_ms: int) -> datetime:
    """Return the wall-clock time at the shop of an instant in ms UTC."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(SHOP_ZONE)


def instant(local: datetime) -> int:
    """Return the instant in ms UTC of a wall-clock time at the shop (naive or zoned)."""
    zoned = local if local.tzinfo else local.replace(tzinfo=SHOP_ZONE)
    return int(zoned.timestamp() * 1000)


def stopwatch() -> float:
    """Return monotonic seconds, for measuring how long something took."""
    return time.monotonic()


def play_at(instant_ms: int | None) -> None:
    """Let the clock go on from another instant (ms UTC), None for the true one: for a played day only."""
    global _shift_ms
    _shift_ms = 0 if instant_ms is None else _shift_ms + instant_ms - system_clock()
