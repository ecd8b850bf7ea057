"""Every mutant of the museum is found, within a few worlds or by the test that is named for it."""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.museum import BEGINS, BY, MUTANTS, Mutant, bred, page
from tests.sim.schedule import drawn
from tests.sim.world import run, stage

ROOT = Path(__file__).resolve().parents[2]
MOST = 150
"""Worlds that are played until a mutant must have shown itself."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    stage()  # made by a program without mistakes
    gc.freeze()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    gc.unfreeze()


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if not one.killer], ids=lambda one: one.name)
def test_the_simulator_finds(mutant: Mutant) -> None:
    for seed in (*mutant.first, *range(MOST)):
        with bred(mutant):
            outcome = run(drawn(seed))
        if any(words.startswith(BY.get(mutant.name, "")) for words in outcome.broken):
            assert run(drawn(seed)).broken == [], "the mutant is to blame, not the program"
            return
    pytest.fail(f"{mutant.name} lived through {MOST} worlds")


KILLED = [one for one in MUTANTS if one.killer]


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What the named tests said of the mutants, by name; one program runs them all, for beginning takes longest."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sim.museum", *(one.name for one in KILLED)], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    parts = (part.partition("\n") for part in done.stdout.split(BEGINS)[1:])
    return {name: text + done.stderr[-2000:] for name, _feed, text in parts}


@pytest.mark.parametrize("mutant", KILLED, ids=lambda one: one.name)
def test_the_named_test_finds(mutant: Mutant, told: dict[str, str]) -> None:
    assert re.search(r"\b1 failed", told[mutant.name]), told[mutant.name][-2000:]
    assert " error" not in told[mutant.name].splitlines()[-1]


def test_the_page_of_the_museum_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "sync.md").read_text("utf-8")
    for line in page().splitlines():
        assert line in text, f"docs/sync.md misses: {line} (python -m tests.sim.museum --page)"
