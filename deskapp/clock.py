"""The only place that reads the computer's clock and makes random ids; everything else is handed both."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from struct import unpack

Clock = Callable[[], int]
"""Returns milliseconds since 1970 in UTC."""

NewId = Callable[[], str]
"""Returns a fresh UUID as text."""

# China has had one zone without summer time since 1991; a fixed offset needs no zone database on Windows.
SHOP_ZONE = timezone(timedelta(hours=8), "CST")


_last_ms = _noise = 0
_steps: list[int] = []
_head = ""
_head_of = -1
_shift_ms = 0
_lock = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_steps.clear)  # two programs with the same chance would make the same ids


def system_clock() -> int:
    """Return the computer's time in ms UTC."""
    return time.time_ns() // 1_000_000 + _shift_ms


def new_uuid7() -> str:
    """Return a time-ordered UUID (RFC 9562, version 7); in one process they only ever go up.

    Within a millisecond the next one lies a random step of 32 bits above the last (method 2 of section 6.2): ids made
    together stand together in an index, and travel as steps.
    """
    global _last_ms, _noise, _head, _head_of
    with _lock:
        now = system_clock()
        if now > _last_ms:
            _last_ms, _noise = now, int.from_bytes(os.urandom(10)) >> 7  # 73 bits of 74: there is room to go up
        else:
            if not _steps:
                _steps.extend(unpack("64I", os.urandom(256)))  # asking for chance costs more than all the rest
            _noise += 1 + _steps.pop()
        high = _last_ms << 26 | _noise >> 48
        if high != _head_of:
            stamp = _last_ms & (2**48 - 1)
            _head = f"{stamp >> 16:08x}-{stamp & 0xFFFF:04x}-7{high >> 14 & 0xFFF:03x}-{high & 0x3FFF | 0x8000:04x}-"
            _head_of = high
        return f"{_head}{_noise & 0xFFFFFFFFFFFF:012x}"


def random_token(size: int = 16) -> str:
    """Return `size` random bytes as hexadecimal text."""
    return os.urandom(size).hex()


def shop_day(instant_ms: int) -> date:
    """Return the calendar day at the shop of an instant in ms UTC."""
    return datetime.fromtimestamp(instant_ms / 1000, SHOP_ZONE).date()


def shop_time(instant_ms: int) -> datetime:
    """Return the wall-clock time at the shop of an instant in ms UTC."""
    return datetime.fromtimestamp(instant_ms / 1000, SHOP_ZONE)


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
