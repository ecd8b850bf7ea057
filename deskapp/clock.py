"""The only place that reads the computer's clock and makes random ids; everything else is handed both."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
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
_LOW = 0xFFFFFFFFFFFF
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
    with _lock:
        _step()
        return f"{_high()}{_noise & _LOW:012x}"


def new_run(size: int) -> list[str]:
    """Return so many ids (at most 4,096) of which each is the last and one more; nobody else is given any of them.

    For what is never named outside of what it belongs to, such as the operations of an act: such a run travels as its
    first id and a number.
    """
    global _noise
    with _lock:
        _step()
        while (first := _noise & _LOW) + size > _LOW:
            _noise += size  # the digits behind the last hyphen are not to overflow on the way
        _noise += size - 1
        head = _high()
        return [f"{head}{low:012x}" for low in range(first, first + size)]


def in_runs(new_id: NewId) -> Iterator[str]:
    """Yield the ids of a maker without end: of the one above in runs that grow, of any other as it makes them."""
    size = 8
    while new_id is new_uuid7:
        yield from new_run(size)
        size = min(4 * size, 512)
    while True:
        yield new_id()


def _step() -> None:
    """Go on to the next id."""
    global _last_ms, _noise
    now = system_clock()
    if now > _last_ms:
        _last_ms, _noise = now, int.from_bytes(os.urandom(10)) >> 7  # 73 bits of 74: there is room to go up
    else:
        if not _steps:
            _steps.extend(unpack("64I", os.urandom(256)))  # asking for chance costs more than all the rest
        _noise += 1 + _steps.pop()


def _high() -> str:
    """Return the text of an id but for its last twelve digits."""
    global _head, _head_of
    high = _last_ms << 26 | _noise >> 48
    if high != _head_of:
        stamp = _last_ms & (2**48 - 1)
        _head = f"{stamp >> 16:08x}-{stamp & 0xFFFF:04x}-7{high >> 14 & 0xFFF:03x}-{high & 0x3FFF | 0x8000:04x}-"
        _head_of = high
    return _head


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
