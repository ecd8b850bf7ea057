"""How long a wrong PIN makes a person wait, and which PINs are too easy.

The PIN is a second gate behind the encrypted store, typed many times a day on a shared
keyboard: the wait must be short for a slip of the finger and long for somebody guessing.
"""

from __future__ import annotations

from typing import Final

SLOW_AFTER: Final = 5
LOCKED_AFTER: Final = 10
SLOW_MS: Final = 15 * 60 * 1000
SUPERVISOR_ONLY: Final = -1
"""Answer of `pin_delay_ms`: waiting does not help, a supervisor sets a new PIN."""

SHORTEST: Final = 4
LONGEST: Final = 12

_FAVOURITES: Final = frozenset(
    {"2580", "0852", "1314", "5201314", "147258", "258369", "147258369", "159357", "159753", "1357", "2468"}
)
"""Columns and crosses of the keypad, and lucky phrases in numbers: the first a thief tries."""


def pin_delay_ms(failures: int) -> int:
    """Return how many ms must pass after so many wrong PINs in a row before the next try.

    1, 2, 4, 8 seconds; a quarter of an hour from the fifth on; `SUPERVISOR_ONLY` from the tenth.
    """
    if failures < 0:
        raise ValueError("failures cannot be negative")
    if failures >= LOCKED_AFTER:
        return SUPERVISOR_ONLY
    if failures >= SLOW_AFTER:
        return SLOW_MS
    return 0 if failures == 0 else 1000 * 2 ** (failures - 1)


def pin_weak(pin: str) -> bool:
    """Tell whether a PIN is no number of 4-12 digits or one of those that are tried first.

    Weak are a single digit repeated, runs up or down (also through 9-0), a short piece repeated
    (1212, 123123), a palindrome of pairs (1221), and a year or a birthday-like date.
    """
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        return True
    return pin in _FAVOURITES or _is_run(pin) or _is_repeat(pin) or _is_pair_mirror(pin) or _is_date(pin)


def _is_run(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in zip(pin, pin[1:], strict=False)}
    return steps in ({0}, {1}, {9})


def _is_repeat(pin: str) -> bool:
    """A text is a repeated piece exactly when it is found again inside its own double."""
    return pin in (pin + pin)[1:-1]


def _is_pair_mirror(pin: str) -> bool:
    return len(pin) == 4 and pin == pin[::-1]


def _is_date(pin: str) -> bool:
    """A year 1900-2099, yymmdd or yyyymmdd: the PINs people take from their calendar."""
    if len(pin) == 4:
        return pin[:2] in ("19", "20")
    if len(pin) == 6:
        return 1 <= int(pin[2:4]) <= 12 and 1 <= int(pin[4:]) <= 31
    if len(pin) == 8:
        return pin[:2] in ("19", "20") and 1 <= int(pin[4:6]) <= 12 and 1 <= int(pin[6:]) <= 31
    return False
