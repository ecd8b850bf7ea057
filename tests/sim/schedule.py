"""A schedule: what happens in a simulated world, drawn from a seed before anything happens.

Every step carries all it needs, so any subset of a schedule is a schedule too: that is what shrinking takes away.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tests.sim.desk import ACTS
from tests.sim.net import FAULTS

DESKS = ("A1", "A2", "D1")


class Step(NamedTuple):
    """One thing that happens. `who` is a desk or empty, `what` the particular, `pick` a number to choose by."""

    kind: str
    who: str = ""
    what: str = ""
    pick: int = 0

    def __str__(self) -> str:
        """Return what happens, as a sentence that begins the lines about it."""
        who, what, pick = self.who, self.what, self.pick
        fault = f", and {_BAD[what]}" if what in _BAD else ""
        match self.kind:
            case "act":
                return f"{who} {_ACTS.get(what, f'does “{what}”')} ({what} {pick})"
            case "sync":
                return f"{who} speaks with the server{f'; request {pick + 1}{fault[5:]}' if fault else ''}"
            case "talk":
                return f"{who} goes on speaking, up to the next half of a message{fault}"
            case "late":
                return "requests that were held back arrive now"
            case "wait":
                return f"{pick / 1000:g} s pass"
            case "kill":
                return f"{who} is going to lose power {what} commit {pick + 1} from now"
            case "clock":
                way = (
                    f"is put {'on' if what == '+' else 'back'} by {pick} s"
                    if what in "+-"
                    else f"runs {what} from now on"
                )
                return f"the clock of {who} {way}"
            case "clone":
                return f"the disk of {who} is copied, and the copy started on {what if what == 'same' else 'an' + what} computer"
        return _TOLD.get(self.kind, f"{self.kind} {{who}} {{what}} {{pick}}").format(who=who, what=what, pick=pick)


_BAD = {
    "lost": "the request is lost", "deaf": "the answer is lost", "torn": "two thirds of the answer come",
    "twice": "the request comes twice", "late": "the request is held back", "busy": "the server is busy",
    "bent": "a byte of the request is changed", "die": "the server dies before its commit",
    "dieafter": "the server dies after its commit",
}  # fmt: skip
_ACTS = {
    "ticket": "opens a ticket", "note": "writes a note", "look": "opens the page of a ticket",
    "phone": "changes the telephone number of a ticket", "text": "changes the words of a ticket",
    "move": "moves a ticket on", "merchant": "changes a merchant", "twin": "adds a merchant",
    "hand": "hands a device on", "carry": "puts a device on another shelf", "find": "writes down a finding",
    "recall": "takes a hand-over back", "stock": "moves parts",
}  # fmt: skip
_TOLD = {
    "restart": "the program of {who} is started again", "image": "an image is made of the disk of {who}",
    "reset": "the disk of {who} is set back to its image", "backup": "the server is backed up",
    "restore": "the server is set back to its backup {what}", "reboot": "the server is started again",
    "floor": "the server forgets all entries of its logs", "enrol": "a new desk, N1, is connected",
    "retire": "{who} is to be taken out of service", "revoke": "{who} is reported lost",
    "newer": "a station of a newer program sends something ({pick})", "poison": "a station sends rubbish ({pick})",
    "mend": "the server tidies up", "photo": "{who} takes a photo ({pick})", "write": "{who} writes a stick",
    "bring": "{who} brings a stick to the server ({pick})", "take": "{who} reads what the server put onto its stick",
    "full": "the disk of {who} is full but for {pick} pages", "room": "there is room on the disk of {who} again",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schedule:
    """The steps, and how the world is made: page and piece sizes by desk (0: as shipped), an archive or none."""

    seed: int
    steps: tuple[Step, ...]
    pages: tuple[int, ...] = (0, 0, 0)
    pieces: tuple[int, ...] = (0, 0, 0)
    archive: bool = False
    servers: int = 1
    desks: tuple[str, ...] = DESKS
    carried: bool = False
    """Whether photos travel in it and acts are carried by hand (`carried`)."""


WEIGHTS: dict[str, dict[str, int]] = {
    "day": {"act": 12, "sync": 6, "wait": 2},
    "line": {"act": 10, "sync": 4, "bad": 8, "late": 3, "wait": 2},
    "talk": {"act": 12, "talk": 20, "sync": 2, "wait": 1, "late": 1, "bad": 1},
    "dark": {"act": 10, "sync": 5, "kill": 4, "talk": 6, "bad": 2, "restart": 1},
    "disk": {"act": 12, "sync": 6, "image": 3, "reset": 4, "clone": 1, "bad": 2, "talk": 3, "restart": 1},
    "centre": {"act": 12, "sync": 8, "backup": 2, "restore": 2, "reboot": 2, "floor": 3, "bad": 2, "talk": 3},
    "clock": {"act": 12, "sync": 8, "clock": 4, "wait": 4, "bad": 1},
    "churn": {"act": 12, "sync": 7, "enrol": 2, "retire": 1, "revoke": 1, "talk": 4, "bad": 2, "floor": 1},
    "all": {
        "act": 16, "sync": 6, "bad": 3, "late": 1, "talk": 6, "kill": 2, "restart": 1, "image": 1, "reset": 1,
        "clone": 1, "backup": 1, "restore": 1, "reboot": 1, "floor": 1, "clock": 1, "enrol": 1, "retire": 1,
        "wait": 2, "newer": 1, "poison": 1,
    },
}  # fmt: skip
PROFILES = tuple(WEIGHTS)
ALONE = ("line", "talk", "dark", "disk", "clock")
"""What two desks of a branch can show as well as three: most of these worlds have no depot."""

LENGTHS = {"day": 12, "line": 13, "talk": 22, "dark": 15, "disk": 16, "centre": 15, "clock": 12, "churn": 15, "all": 20}
_FAVOURED = ("note", "phone", "phone", "text", "text", "hand", "hand", "hand", "recall", "carry", "merchant")


def drawn(seed: int, *, longer: int = 1) -> Schedule:
    """Draw a schedule from a seed; `longer` times as many steps."""
    chance = random.Random(seed)
    profile = PROFILES[seed % len(PROFILES)]
    desks = DESKS[:2] if profile in ALONE and seed // len(PROFILES) % 3 else DESKS
    weights = WEIGHTS[profile]
    kinds = [kind for kind, times in weights.items() for _time in range(times)]
    steps = [_step(chance, chance.choice(kinds), desks) for _step_no in range(LENGTHS[profile] * longer)]
    sizes = [chance.choice((0, 0, 1, 300, 2_000)) for _desk in DESKS]
    pieces = [chance.choice((0, 0, 1, 3)) for _desk in DESKS]
    return Schedule(
        seed, tuple(steps), tuple(sizes), tuple(pieces), chance.random() < 0.3, 2 if chance.random() < 0.2 else 1, desks
    )


def _step(chance: random.Random, kind: str, desks: Sequence[str]) -> Step:
    who, pick = chance.choice(desks), chance.randrange(1_000)
    if kind == "act":
        return Step("act", who, chance.choice((*ACTS, *_FAVOURED)), pick)
    if kind == "bad":
        return Step("sync", who, chance.choice(FAULTS), pick % 3)
    if kind == "talk":
        return Step("talk", who, chance.choice((*("",) * 12, *FAULTS)))
    if kind == "kill":
        return Step("kill", who, chance.choice(("before", "after")), pick % 5)
    if kind == "wait":
        return Step("wait", "", "", chance.choice((1, 50, 1_500, 3_000, 60_000, 400_000, 7_200_000)))
    if kind == "clock":
        return Step(
            "clock", who, chance.choice(("+", "-", "fast", "slow")), chance.choice((1, 3, 600, 86_400, 315_360_000))
        )
    if kind == "restore":
        return Step("restore", "", chance.choice(("", "by hand")))
    if kind in ("backup", "reboot", "floor", "enrol", "newer", "poison", "mend"):
        return Step(kind, "", "", pick)
    if kind == "clone":
        return Step("clone", who, chance.choice(("same", "other")))
    return Step(kind, who, "", pick)


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool], *, tries: int = 400) -> Schedule:
    """Return a smaller schedule that fails too: pieces of it are left out as long as it goes on failing."""
    best = schedule
    size = max(1, len(best.steps) // 2)
    while size:
        start, before = 0, len(best.steps)
        while start < len(best.steps) and tries > 0:
            tries -= 1
            fewer = replace(best, steps=best.steps[:start] + best.steps[start + size :])
            if fails(fewer):
                best = fewer
            else:
                start += size
        size = size // 2 if size > 1 else int(len(best.steps) < before and tries > 0)
    for plainer in _plainer(best):
        if tries > 0 and fails(replace(best, **plainer)):
            tries -= 1
            best = replace(best, **plainer)
    return best


def _plainer(schedule: Schedule) -> Sequence[dict[str, Any]]:
    plain = {"pages": (0, 0, 0), "pieces": (0, 0, 0), "archive": False, "servers": 1}
    return [{name: value} for name, value in plain.items() if getattr(schedule, name) != value]
