"""Worlds in which disks are full for a while: a desk's, the server's, in the middle of whatever else happens.

SQLite itself is told that its file may not grow, so every statement that needs a page more fails where it would.
Their schedules are drawn apart, so that the seeds of the usual worlds go on telling the same stories.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.sim.desk import ACTS
from tests.sim.net import FAULTS
from tests.sim.schedule import DESKS, Schedule, Step

if TYPE_CHECKING:
    from tests.sim.world import World

OFFSET = 2_000_000
"""Seeds of these worlds begin here."""

CENTRE = "the server"
_KINDS = (
    *("act",) * 14, *("sync",) * 7, *("talk",) * 6, *("bad",) * 3, *("full",) * 5, *("room",) * 3, "kill", "restart",
    "late", "wait", "reboot", "floor", "image", "reset", "clone", "newer",
)  # fmt: skip


def drawn_scarce(seed: int, *, longer: int = 1) -> Schedule:
    """Draw a schedule with full disks."""
    chance = random.Random(seed + OFFSET)
    steps = tuple(_step(chance) for _step_no in range(20 * longer))
    sizes = tuple(chance.choice((0, 0, 1, 300)) for _desk in DESKS)
    pieces = tuple(chance.choice((0, 0, 1, 3)) for _desk in DESKS)
    return Schedule(seed + OFFSET, steps, sizes, pieces, archive=chance.random() < 0.3)


def _step(chance: random.Random) -> Step:
    kind, who, pick = chance.choice(_KINDS), chance.choice(DESKS), chance.randrange(1_000)
    if kind == "act":
        return Step("act", who, chance.choice((*ACTS, "note", "note", "text", "ticket", "find")), pick)
    if kind == "bad":
        return Step("sync", who, chance.choice(FAULTS), pick % 3)
    if kind == "talk":
        return Step("talk", who)
    if kind in ("full", "room"):
        return Step(kind, chance.choice((*DESKS, CENTRE)), "", pick % 2)
    if kind == "kill":
        return Step("kill", who, chance.choice(("before", "after")), pick % 5)
    if kind == "wait":
        return Step("wait", "", "", chance.choice((1_500, 60_000, 400_000)))
    if kind in ("reboot", "floor", "newer"):
        return Step(kind, "", "", pick)
    if kind == "clone":
        return Step("clone", who, chance.choice(("same", "other")))
    return Step(kind, who, "", pick)


LONG = "，" * 4_000
"""So long is what is written while a disk is full, or it would find room on pages that are there."""


def full(world: World, step: Step) -> None:
    """Fill a disk, up to so many pages."""
    for one in world.desks.values():
        one.more = LONG
    if step.who == CENTRE:
        world.stage.centre.fill_disk(True)
        world.reached["the server's disk filled"] += 1
    elif (desk := world._desk(step)) is not None and desk.talk is None:
        desk.fill_disk(step.pick)
        world.reached["a desk's disk filled"] += 1


def room(world: World, step: Step) -> None:
    """Make room again."""
    if step.who == CENTRE:
        world.stage.centre.fill_disk(False)
    elif (desk := world.desks.get(step.who)) is not None and desk.talk is None:
        desk.make_room()


SCARCE = {"full": full, "room": room}

__all__ = ["CENTRE", "SCARCE", "drawn_scarce"]
