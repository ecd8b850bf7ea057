"""Devices on their way between two holders: the states of a manifest and of each line, as a fold of facts.

Both sides add facts and none is ever refused afterwards. The receiving side may know a manifest by its paper
alone; then the lines come from the paper until the sender's own facts arrive, and both are matched by label.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from deskapp.errors import N_
from deskapp.rules.facts import without_voided
from deskapp.rules.lifecycle import WorkFact
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.states import WorkState as S

HOUR_MS: Final = 3_600_000
LATE_HOURS: Final = 24
"""From when on a transport without a planned arrival counts as late."""

ALARM_HOURS: Final = 48
"""From when on a transport is an alarm, whatever was planned."""


class Kind(StrEnum):
    """What can happen to a manifest. `pack` and `receive` are about one device each."""

    OPEN = "open"
    PACK = "pack"
    UNPACK = "unpack"
    CANCEL = "cancel"
    HAND_OVER = "hand_over"
    TAKE_BACK = "take_back"
    PAPER = "paper"
    RECEIVE = "receive"
    UNRECEIVE = "unreceive"
    DIFFERENCE = "difference"
    SETTLE = "settle"
    SEAL = "seal"
    TOLD = "told"
    CLOSE = "close"


class State(StrEnum):
    """Where a manifest stands."""

    DRAFT = "draft"
    UNDER_WAY = "under_way"
    PARTLY = "partly"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


STATE_TITLES: Final[Mapping[State, str]] = {
    State.DRAFT: N_("Being packed"),
    State.UNDER_WAY: N_("Under way"),
    State.PARTLY: N_("Partly received"),
    State.ARRIVED: N_("Arrived"),
    State.CANCELLED: N_("Withdrawn"),
}

TYPE_TITLES: Final[Mapping[ManifestType, str]] = {
    ManifestType.OUT: N_("To the depot"),
    ManifestType.RETURN: N_("Back to the outlet"),
    ManifestType.VENDOR: N_("To the maker"),
    ManifestType.LOANER: N_("Loaners"),
}


class Difference(StrEnum):
    """What can be otherwise than the manifest says."""

    MISSING = "missing"
    EXTRA = "extra"
    WRONG_SERIAL = "wrong_serial"
    SEAL_BROKEN = "seal_broken"
    ACCESSORIES = "accessories"
    TAMPER = "tamper"


DIFFERENCE_TITLES: Final[Mapping[Difference, str]] = {
    Difference.MISSING: N_("Missing"),
    Difference.EXTRA: N_("Not on the manifest"),
    Difference.WRONG_SERIAL: N_("Wrong serial number"),
    Difference.SEAL_BROKEN: N_("Seal broken"),
    Difference.ACCESSORIES: N_("Accessories not complete"),
    Difference.TAMPER: N_("Traces of tampering"),
}

TO_QUARANTINE: Final = frozenset({
    Difference.EXTRA, Difference.WRONG_SERIAL, Difference.SEAL_BROKEN, Difference.TAMPER,
})  # fmt: skip
"""Differences after which nobody may work on the device before two people have looked at it."""

PACKED_FROM: Final[Mapping[ManifestType, frozenset[S]]] = {
    ManifestType.OUT: frozenset({S.CHECKED_IN}),
    ManifestType.RETURN: frozenset({S.AWAITING_RETURN}),
    ManifestType.VENDOR: frozenset({S.DEPOT_RECEIVED, S.DIAGNOSING, S.REPAIRING}),
}
"""In which state a device may go onto a manifest of a type."""

IN_TRANSIT: Final = frozenset({S.IN_TRANSIT_OUT, S.IN_TRANSIT_BACK})

NOT_WORKED_ON: Final = frozenset({S.CHECKED_IN, S.AWAITING_DISPATCH, S.IN_TRANSIT_OUT})
"""States of a device that nobody has repaired: sent home from one of these, it is taken in again, not handed out."""

_IN_AGAIN: Final = frozenset({"receive", "receive_home", "take_in_here"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a manifest; `data` as `commands.transfers` writes it. `at_ms` is ms UTC."""

    kind: Kind
    uid: str
    at_ms: int
    by: str = ""
    item_id: str = ""
    label_no: str = ""
    serial_no: str = ""
    seal_no: str = ""
    words: str = ""
    giver: str = ""
    taker: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One device that travels. `packed` is None for a line known from the paper alone, `received` until it came.

    `serial_no` is what the sender wrote, only its end (`tail`) where the paper is all there is.
    """

    label_no: str
    item_id: str = ""
    serial_no: str = ""
    tail: bool = False
    seal_no: str = ""
    accessories: int = 0
    packed: Fact | None = None
    received: Fact | None = None

    @property
    def loaner(self) -> bool:
        """Whether it is a unit of the pool, known by its serial number."""
        fact = self.packed or self.received
        return fact is not None and bool(fact.data.get("loaner"))

    def fits_serial(self, scanned: str) -> bool:
        """Tell whether a serial number from the case is the one that was sent; nothing known fits everything."""
        if self.tail:
            return not self.serial_no or tail_of(scanned) == self.serial_no
        return not self.serial_no or plain_serial(scanned) == plain_serial(self.serial_no)


@dataclass(frozen=True, slots=True)
class Open:
    """A difference with the fact that settled it (None while it is open)."""

    kind: Difference
    fact: Fact
    settled: Fact | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A manifest after its events. `paper` holds the codes of the paper that were scanned before the records came."""

    state: State
    lines: tuple[Line, ...] = ()
    extras: tuple[Fact, ...] = ()
    differences: tuple[Open, ...] = ()
    sent: Fact | None = None
    opened: Fact | None = None
    closed: Fact | None = None
    papers: tuple[Fact, ...] = ()
    events: tuple[Fact, ...] = ()

    @property
    def type(self) -> ManifestType | None:
        """What kind of transport it is, as far as its lines or its paper tell; None where neither says so."""
        if any(line.packed is not None and line.packed.data.get("loaner") for line in self.lines):
            return ManifestType.LOANER
        said = next((str(fact.data.get("type", "")) for fact in self.papers), "")
        return ManifestType(said) if said in set(ManifestType) else None

    @property
    def expected(self) -> int:
        """How many devices the sender counted."""
        told = [int(fact.data.get("count", 0)) for fact in self.papers]
        return max([len(self.lines), *told])

    @property
    def received(self) -> int:
        """How many of the lines were received."""
        return sum(line.received is not None for line in self.lines)

    @property
    def looked_at(self) -> str:
        """What whoever handed it over answered to the tamper check, for all of it; empty where nobody was asked."""
        return str(self.sent.data.get("tamper", "")) if self.sent is not None else ""

    @property
    def open_differences(self) -> int:
        """How many differences nobody has settled."""
        return sum(one.settled is None for one in self.differences)

    @property
    def seals(self) -> tuple[str, ...]:
        """The numbers of all seals, as sent."""
        sent = self.sent.data.get("seals", []) if self.sent else []
        told = [seal for fact in self.papers for seal in fact.data.get("seals", [])]
        return tuple(dict.fromkeys(str(one) for one in (*sent, *(line.seal_no for line in self.lines), *told) if one))

    def line(self, label_no: str) -> Line | None:
        """Return the line of a label."""
        return next((line for line in self.lines if line.label_no == label_no), None)


class Age(StrEnum):
    """How long something has been on its way, as a colour."""

    FINE = "fine"
    LATE = "late"
    ALARM = "alarm"


def age_of(
    sent_ms: int, planned_ms: int, now_ms: int, *, late_hours: int = LATE_HOURS, alarm_hours: int = ALARM_HOURS
) -> Age:
    """Return how urgent a transport is: late after the planned arrival or `late_hours`, alarm after `alarm_hours`."""
    if not sent_ms:
        return Age.FINE
    hours = (now_ms - sent_ms) / HOUR_MS
    if hours >= alarm_hours:
        return Age.ALARM
    due = planned_ms if planned_ms > sent_ms else sent_ms + late_hours * HOUR_MS
    return Age.LATE if now_ms >= due else Age.FINE


def derived_id(*words: str) -> str:
    """Return an id (UUID, version 8) that is the same whenever it is made of the same words."""
    raw = hashlib.sha256("/".join(words).encode()).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-8{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"


def manifest_id(number: str) -> str:
    """Return the id of a manifest: it follows from the number, so that a desk that only has the paper knows it."""
    return derived_id("manifest", number)


def receive_move(history: Sequence[WorkFact]) -> str:
    """Return the move by which a device that comes back is received, by what was done with it before.

    What was sent home from a site it had come to by mistake, and nobody had repaired, is taken in again.
    """
    for place in range(len(history) - 1, 0, -1):
        if history[place].move in _IN_AGAIN:
            break
        if history[place].move == "send_home":
            return "receive_home" if history[place - 1].to in NOT_WORKED_ON else "receive"
    return "receive"


def plain_serial(serial: str) -> str:
    """Return a serial number's letters and digits: labels and screens part them differently."""
    return "".join(char for char in serial.upper() if char.isascii() and char.isalnum())


TAIL: Final = 6
"""How many of the last characters of a serial number stand in the code of the paper."""


def tail_of(serial: str) -> str:
    """Return the end of a serial number as the paper's code carries it."""
    return plain_serial(serial)[-TAIL:]


# -- the fold -------------------------------------------------------------------


def fold(facts: Iterable[Fact]) -> View:
    """Return where a manifest stands after these facts, taken in the order given.

    A device that was received twice (two desks, one van) counts once, by the first receipt.
    """
    counted, _dangling = without_voided(tuple(facts))
    made = _Folding()
    for fact in counted:
        made.take(fact)
    return made.view(tuple(counted))


@dataclass(slots=True)
class _Folding:
    lines: dict[str, Line] = field(default_factory=dict)
    from_paper: dict[str, Line] = field(default_factory=dict)
    receipts: dict[str, Fact] = field(default_factory=dict)
    extras: list[Fact] = field(default_factory=list)
    differences: list[Fact] = field(default_factory=list)
    settled: dict[str, Fact] = field(default_factory=dict)
    papers: list[Fact] = field(default_factory=list)
    seals: list[Fact] = field(default_factory=list)
    opened: Fact | None = None
    sent: Fact | None = None
    closed: Fact | None = None
    cancelled: bool = False

    def take(self, fact: Fact) -> None:
        """Take the next fact in."""
        kind = fact.kind
        if kind is Kind.PACK:
            self.lines[fact.label_no] = Line(
                fact.label_no, fact.item_id, fact.serial_no, False, fact.seal_no,
                len(fact.data.get("accessories", [])), fact,
            )  # fmt: skip
        elif kind is Kind.RECEIVE:
            self.receipts.setdefault(fact.label_no, fact)
        elif kind is Kind.DIFFERENCE:
            self.differences.append(fact)
            if fact.data.get("kind") == Difference.EXTRA:
                self.extras.append(fact)
        elif kind is Kind.SETTLE:
            self.settled[str(fact.data.get("of", ""))] = fact
        elif kind is Kind.PAPER:
            self._paper(fact)
        elif kind is Kind.SEAL:
            self.seals.append(fact)
        elif kind is Kind.OPEN:
            self.opened = self.opened or fact
        elif kind is Kind.HAND_OVER:
            self.sent = fact
        elif kind is Kind.TAKE_BACK:
            self.sent = None
        elif kind is Kind.CLOSE:
            self.closed = fact
        elif kind is Kind.CANCEL:
            self.cancelled = True

    def _paper(self, fact: Fact) -> None:
        self.papers.append(fact)
        seals = [str(one) for one in fact.data.get("seals", [])]
        for label, tail, seal, accessories in fact.data.get("lines", []):
            number = seals[seal] if 0 <= seal < len(seals) else ""
            self.from_paper[label] = Line(label, "", tail, True, number, accessories)

    def view(self, events: tuple[Fact, ...]) -> View:
        """Return what the facts came to."""
        known = {**({} if self.lines else {**self.from_paper, **self._loaners()}), **self.lines}
        come = self.receipts
        lines = tuple(
            replace(line, received=come[label]) if label in come else line
            for label, line in self._sealed(known).items()
        )
        differences = tuple(
            Open(Difference(fact.data["kind"]), fact, self.settled.get(fact.uid)) for fact in self._still_true()
        )
        return View(
            self._state(lines), lines, tuple(self.extras), differences, self.sent, self.opened, self.closed,
            tuple(self.papers), events,
        )  # fmt: skip

    def _sealed(self, lines: dict[str, Line]) -> dict[str, Line]:
        """A seal that was noted later is that of the line it names, or of all that had none."""
        for late in self.seals:
            lines = {
                label: line if line.seal_no or late.label_no not in ("", label) else replace(line, seal_no=late.seal_no)
                for label, line in lines.items()
            }
        return lines

    def _loaners(self) -> dict[str, Line]:
        """Loaners that were received on the paper alone: it says how many there are, but no numbers."""
        return {
            label: Line(label, "", fact.serial_no) for label, fact in self.receipts.items() if fact.data.get("loaner")
        }

    def _still_true(self) -> Iterable[Fact]:
        """What was missing and came after all is no difference any more."""
        for fact in self.differences:
            if fact.data.get("kind") != Difference.MISSING or fact.label_no not in self.receipts:
                yield fact

    def _state(self, lines: tuple[Line, ...]) -> State:
        if self.cancelled:
            return State.CANCELLED
        come = sum(line.received is not None for line in lines)
        if self.closed is not None and (self.closed.data.get("rest") != "later" or come == len(lines)):
            return State.ARRIVED
        if come or self.extras:
            return State.PARTLY
        if self.sent is not None or self.papers:
            return State.UNDER_WAY
        return State.DRAFT
