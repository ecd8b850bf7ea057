"""The depot's own rules: when a device is stuck, who may take which next, what has to be ordered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from deskapp.errors import N_
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.states import WorkState as S

STUCK_AFTER_DAYS: Final[Mapping[S, int]] = {
    S.CHECKED_IN: 2, S.COUNTER_SERVICE: 1, S.AWAITING_DISPATCH: 2, S.IN_TRANSIT_OUT: 2, S.DEPOT_RECEIVED: 2,
    S.DIAGNOSING: 2, S.AWAITING_APPROVAL: 5, S.DECLINED: 2, S.AWAITING_PARTS: 14, S.REPAIRING: 3, S.VENDOR_REPAIR: 30,
    S.AWAITING_KEY_LOAD: 2, S.QC_TESTING: 2, S.AWAITING_RETURN: 2, S.IN_TRANSIT_BACK: 2, S.READY_FOR_PICKUP: 30,
    S.ABANDONED: 30, S.QUARANTINED: 5,
}  # fmt: skip
"""After so many days in one state somebody has to ask what holds a device up."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One queue of the board: its name, its title (message id) and the states it holds."""

    name: str
    title: str
    states: tuple[S, ...]


STAGES: Final[tuple[Stage, ...]] = (
    Stage("received", N_("To diagnose"), (S.CHECKED_IN, S.DEPOT_RECEIVED)),
    Stage("diagnosing", N_("Being diagnosed"), (S.DIAGNOSING,)),
    Stage("approval", N_("Awaiting approval"), (S.AWAITING_APPROVAL,)),
    Stage("repairing", N_("Being repaired"), (S.REPAIRING, S.COUNTER_SERVICE)),
    Stage("parts", N_("Awaiting parts"), (S.AWAITING_PARTS,)),
    Stage("vendor", N_("At the maker"), (S.VENDOR_REPAIR,)),
    Stage("keys", N_("Awaiting key load"), (S.AWAITING_KEY_LOAD,)),
    Stage("testing", N_("Being tested"), (S.QC_TESTING,)),
    Stage("packing", N_("To pack and send"), (S.DECLINED, S.AWAITING_DISPATCH, S.AWAITING_RETURN)),
    Stage("transit", N_("On the way"), (S.IN_TRANSIT_OUT, S.IN_TRANSIT_BACK)),
    Stage("ready", N_("Ready for pickup"), (S.READY_FOR_PICKUP, S.ABANDONED)),
    Stage("quarantined", N_("In quarantine"), (S.QUARANTINED,)),
)
"""The way of a device through the house, as the board lists it."""

SWAPPED_TITLE: Final = N_("Swapped out")
SWAPPED_WAITS_DAYS: Final = 14
"""A unit that was swapped out goes to the maker, into the pool or is scrapped within so many days."""

ON_THE_BENCH: Final = (S.DIAGNOSING, S.REPAIRING)
TO_BEGIN: Final = (S.DEPOT_RECEIVED, S.CHECKED_IN)


def stuck_before(state: S, now: int) -> int:
    """Return the instant (ms UTC): whoever is in this state since before it is stuck."""
    return now - STUCK_AFTER_DAYS[state] * DAY_MS


@dataclass(frozen=True, slots=True)
class Job:
    """A device somebody could take next. `due_at` is ms UTC, 0 where nothing is promised."""

    item_id: str
    state: S
    priority: int
    due_at: int
    since: int
    technician_id: str
    model_id: str
    kind: str
    resting: bool = False


def fits_skills(model_id: str, kind: str, skills: Collection[str]) -> bool:
    """Tell whether a person repairs this model: who names no model or kind repairs all of them."""
    return not skills or model_id in skills or kind in skills


def next_job(jobs: Iterable[Job], staff_id: str, skills: Collection[str]) -> Job | None:
    """Return what a technician takes up next: own work that lies open, then what nobody has yet.

    Within each the most urgent goes first: by priority, then by the day it is due, then by who waits longest.
    Work that was put aside waits for its reason and is not offered again by itself.
    """
    own, free = [], []
    for job in jobs:
        if job.technician_id == staff_id and job.state in ON_THE_BENCH:
            if not job.resting:
                own.append(job)
        elif job.state in TO_BEGIN and fits_skills(job.model_id, job.kind, skills):
            free.append(job)
    for group in (own, free):
        if group:
            return min(group, key=lambda job: (job.priority, job.due_at or 2**62, job.since, job.item_id))
    return None


@dataclass(frozen=True, slots=True)
class Need:
    """A part's stock against its needs: free on the shelf, kept in trays, waited for, at least to be held."""

    part_id: str
    on_hand: int
    reserved: int
    awaited: int
    least: int

    @property
    def to_order(self) -> int:
        """How many have to be ordered so that every waiting job is served and the minimum stays on the shelf."""
        return max(0, self.least + self.awaited - self.on_hand)


# -- test plans of a model -----------------------------------------------------------


class TestsWrong(ValueError):
    """A line of a test plan that cannot be read; `line` counts from one."""

    __test__ = False

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line, self.text = line, text


def read_tests(text: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules of a model's test plan, one a line; raises TestsWrong at the first that cannot be read.

    `step low high` sets limits, `-step` leaves a step out, `+words` adds a step that passes or fails, and
    `+words low high unit` one that is measured. `kinds` are the kinds of the plan's steps by their id.
    """
    limits: dict[str, list[int]] = {}
    without: list[str] = []
    extra: list[dict[str, Any]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line:
            continue
        words = line.split()
        if line[0] == "-" and line[1:] in kinds:
            without.append(line[1:])
        elif line[0] == "+" and len(line) > 1:
            extra.append(_extra(words, len(extra) + 1))
        elif len(words) == 3 and kinds.get(words[0]) == "number" and _whole(words[1]) and _whole(words[2]):
            low, high = int(words[1]), int(words[2])
            if low > high:
                raise TestsWrong(number, line)
            limits[words[0]] = [low, high]
        else:
            raise TestsWrong(number, line)
    found = {"limits": limits, "without": without, "extra": extra}
    return {key: value for key, value in found.items() if value}


def tests_text(tests: Mapping[str, Any]) -> str:
    """Return the rules of a model's test plan as a person writes them."""
    lines = [f"{step} {low} {high}" for step, (low, high) in tests.get("limits", {}).items()]
    lines += [f"-{step}" for step in tests.get("without", ())]
    for one in tests.get("extra", ()):
        tail = f" {one['min']} {one['max']} {one['unit']}" if one.get("kind") == "number" else ""
        lines.append(f"+{one['zh']}{tail}")
    return "\n".join(lines)


def _extra(words: list[str], place: int) -> dict[str, Any]:
    identity = f"own_{place}"
    if len(words) >= 4 and _whole(words[-3]) and _whole(words[-2]) and int(words[-3]) <= int(words[-2]):
        name = " ".join(words[:-3])[1:]
        return {"id": identity, "zh": name, "en": name, "kind": "number", "min": int(words[-3]),
                "max": int(words[-2]), "unit": words[-1]}  # fmt: skip
    name = " ".join(words)[1:]
    return {"id": identity, "zh": name, "en": name, "kind": "pass_fail"}


def _whole(text: str) -> bool:
    return text.lstrip("-").isdigit() and text.count("-") <= 1


# -- words -------------------------------------------------------------------------

SCRAP_METHODS: Final[Mapping[str, str]] = {
    "shredded": N_("shredded"),
    "drilled": N_("drilled through the security module"),
    "crushed": N_("crushed"),
    "maker": N_("destroyed by the maker, with a certificate"),
    "recycler": N_("destroyed by a licensed recycler, with a certificate"),
}
"""How a device is destroyed."""

NONE_CAME_OUT: Final = "none"
OLD_PART_FATES: Final[Mapping[str, str]] = {
    "merchant": N_("back to the merchant"),
    "old_parts": N_("kept here"),
    "supplier": N_("back to the maker"),
    "scrap": N_("scrapped"),
    NONE_CAME_OUT: N_("none came out"),
}
"""What becomes of the part that a new one replaces, as the bench plans it; all but the last are places of the stock."""


class OldPartAt(StrEnum):
    """Where an old part is now, by the moves that were made."""

    UNKNOWN = "unknown"
    HERE = "here"
    FOR_MAKER = "for_maker"
    MERCHANT = "merchant"
    MAKER = "maker"
    SCRAPPED = "scrapped"


OLD_PART_FACTS: Final[Mapping[OldPartAt, str]] = {
    OldPartAt.MERCHANT: N_("given back to the merchant"),
    OldPartAt.HERE: N_("kept here"),
    OldPartAt.FOR_MAKER: N_("kept, goes back to the maker"),
    OldPartAt.MAKER: N_("sent back to the maker"),
    OldPartAt.SCRAPPED: N_("scrapped"),
    OldPartAt.UNKNOWN: N_("not noted"),
}
"""What the receipt says of an old part, in the order in which it says it."""

BATCH_SETTLED: Final[Mapping[str, str]] = {
    "slip": N_("settlement slip of the device seen"),
    "bank": N_("the bank confirms it"),
    "merchant": N_("the merchant has the money on the account"),
    "none": N_("there was nothing to settle"),
}
"""How it is known that nothing on a device is unsettled any more."""

KEYS_ERASED: Final[Mapping[str, str]] = {
    "erased": N_("erased before"),
    "destroyed": N_("destroyed together with the security module"),
    "never_loaded": N_("there never were any"),
}
"""What became of the keys of a device that is destroyed."""

OWNERSHIP_TITLES: Final[Mapping[str, str]] = {
    "bank_owned": N_("Owned by the bank"),
    "merchant_owned": N_("Owned by the merchant"),
    "leased": N_("Leased"),
}
"""Whose a device is."""

KEY_METHODS: Final[Mapping[str, str]] = {
    "master_pos": N_("Master POS"),
    "key_card": N_("Key card"),
    "remote": N_("Remote"),
    "by_hand": N_("By hand"),
}
"""How keys come into a terminal."""

KEY_FAILURES: Final[Mapping[str, str]] = {
    "no_answer": N_("the device does not answer"),
    "refused": N_("the device refuses the key set"),
    "wrong_value": N_("the check value does not match"),
    "tampered": N_("the device says that it was tampered with"),
    "loader": N_("the key loader or card failed"),
    "broke_off": N_("it broke off on the way"),
    "other": N_("something else"),
}
"""Why a key load failed. Before there were codes only the words were kept."""

_KEYS_GONE: Final = "keys:"
TAMPERED: Final = "tamper"


def keys_gone_by(codes: Iterable[str]) -> str:
    """Return the reason of a key load as it is stored: the codes of the actions that took the keys out, else tamper."""
    return _KEYS_GONE + (",".join(dict.fromkeys(codes)) or TAMPERED)


def codes_of_reason(reason: str) -> tuple[str, ...]:
    """Return the codes in a stored reason; none for words that somebody typed, or that an older version made."""
    return tuple(reason.removeprefix(_KEYS_GONE).split(",")) if reason.startswith(_KEYS_GONE) else ()


KEY_RESULTS: Final[Mapping[str, str]] = {
    "loaded": N_("keys loaded"),
    "failed": N_("loading failed"),
    "left_out": N_("not loaded"),
}
"""What became of a device on a key-load run."""
