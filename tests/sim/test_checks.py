"""Each check of the simulator can fail: the program is broken on purpose, and the invariant that is meant says so."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.sim.breaks import FIRST, SEEN
from tests.sim.carried import drawn_carried
from tests.sim.invariants import CHECKS
from tests.sim.schedule import drawn
from tests.sim.world import run, stage

MOST = 150
"""Worlds that are played until the check must have failed."""

ELSEWHERE = {"I12": "adds up whatever is in the tables, so that it can fail only where rows are torn",
             "I2 of the lost": "tests/sync/test_stories.py", "I1 I12": "never_folded"}  # fmt: skip
"""Checks of which another one, or a story, sees first what they are for."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    stage()  # made by a program without mistakes
    gc.freeze()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    gc.unfreeze()


@pytest.mark.parametrize("invariant", SEEN)
def test_a_broken_program_is_seen_by(invariant: str) -> None:
    draw = drawn_carried if invariant == "I21" else drawn
    for seed in (FIRST.get(invariant, 0), *range(MOST)):
        with ExitStack() as stack:
            for target, name, value in SEEN[invariant]():
                stack.enter_context(patch.object(target, name, value))
            outcome = run(draw(seed))
        if any(words.startswith(f"{invariant} ") for words in outcome.broken):
            assert run(draw(seed)).broken == [], "what was broken is to blame, not the program"
            return
    pytest.fail(f"{SEEN[invariant].__name__} was not seen by {invariant} in {MOST} worlds")


def test_no_check_is_left_out() -> None:
    assert CHECKS.keys() <= SEEN.keys() | ELSEWHERE.keys()


def test_every_invariant_of_the_documentation_has_a_check_that_can_fail() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "sync.md").read_text("utf-8")
    told = {int(one) for one in re.findall(r"^\| I(\d+) \|", text, re.MULTILINE)}
    seen = {int(one) for name in SEEN for one in re.findall(r"I(\d+)", name)}
    assert told == set(range(1, 24))
    assert told - seen == {16, 23}, "16 is I1, I5 and I10 over what was forgotten, 23 is all of them elsewhere"
