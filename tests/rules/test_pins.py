"""How long a wrong PIN makes wait, and which PINs are too easy."""

from __future__ import annotations

import pytest

from deskapp.rules.pins import SUPERVISOR_ONLY, pin_delay_ms, pin_weak


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, 0), (1, 1000), (2, 2000), (3, 4000), (4, 8000), (5, 900_000), (9, 900_000),
     (10, SUPERVISOR_ONLY), (99, SUPERVISOR_ONLY)],
)  # fmt: skip
def test_each_wrong_pin_makes_the_next_wait_longer(failures: int, wait: int) -> None:
    assert pin_delay_ms(failures) == wait


def test_a_negative_count_is_a_bug() -> None:
    with pytest.raises(ValueError, match="negative"):
        pin_delay_ms(-1)


@pytest.mark.parametrize(
    "pin",
    ["", "123", "1234567890123", "12a4", "１３７９", " 1379", "0000", "1234", "4321", "7890", "8901", "0987",
     "1212", "123123", "1221", "1990", "2024", "900314", "19900314", "2580", "147258"],
)  # fmt: skip
def test_weak_pins(pin: str) -> None:
    assert pin_weak(pin)


@pytest.mark.parametrize("pin", ["1379", "8264", "4711", "730518"[::-1], "603927", "94837261"])
def test_good_pins(pin: str) -> None:
    assert not pin_weak(pin)
