"""Key-load runs as folds of their facts: the list that was authorised, who loads, and what became of each device.

A run is a handful of `item_record` facts under one id: `key_run` (the list), `key_run_start` (the two custodians),
`key_run_line` (one device; the last one counts) and `key_run_close`. They hold names of slots and check values, never
a key or a component of one (PCI PIN Security v3.1, requirement 30-3: the run is tied to a list made before, and every
device on it is accounted for).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.handing_out import counted
from deskapp.models.repair import ItemRecord

KINDS = ("key_run", "key_run_start", "key_run_line", "key_run_close")
_COLUMNS = ("device_id", "item_id", "label_no", "serial_no", "terminal_no")
LOADED, FAILED, LEFT_OUT = "loaded", "failed", "left_out"
STARTED_HOLDS_MS = 12 * 3_600_000
"""So long (ms) after they signed in together two custodians may load; then both sign again."""


@dataclass(frozen=True, slots=True)
class RunDevice:
    """One device of the list; `item_id` is empty for a unit of the pool that is on no order."""

    device_id: str
    item_id: str
    label_no: str
    serial_no: str
    terminal_no: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """What became of one device: loaded, failed or left out; by whom and when (ms UTC).

    `reason` is the code of a failure (`rules.depot.KEY_FAILURES`), empty in lines of older versions.
    """

    device_id: str
    result: str
    slot: str
    check_value: str
    words: str
    at: int
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A key-load run as it stands. `custodians` are the ids of the two who signed in last."""

    id: str
    number: str
    key_set: str
    method: str
    words: str
    authorised_by: str
    opened_at: int
    devices: tuple[RunDevice, ...]
    custodians: tuple[str, ...] = ()
    started_at: int = 0
    lines: dict[str, RunLine] = field(default_factory=dict)
    closed_at: int = 0
    closing_words: str = ""

    @property
    def open_devices(self) -> tuple[RunDevice, ...]:
        """The devices of the list that are not accounted for yet."""
        return tuple(one for one in self.devices if one.device_id not in self.lines)

    def count(self, result: str) -> int:
        """How many devices have this result."""
        return sum(line.result == result for line in self.lines.values())

    def device(self, text: str) -> RunDevice | None:
        """Return the device of the list that a label number or serial number names."""
        wanted = text.strip().upper()
        return next((one for one in self.devices if wanted in (one.label_no, one.serial_no)), None)


def run_of(session: Session, run_id: str) -> Run | None:
    """Return a run by its id, or None."""
    rows = session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == run_id, ItemRecord.kind.in_(KINDS)).order_by(ItemRecord.n)
    ).all()
    return _fold(counted(rows))


def run_by_number(session: Session, number: str) -> Run | None:
    """Return a run by its number, or None."""
    rows = session.scalars(select(ItemRecord).where(ItemRecord.kind == "key_run").order_by(ItemRecord.n.desc()))
    found = next((row for row in rows if row.data.get("number") == number.strip().upper()), None)
    return run_of(session, found.item_id) if found else None


def open_run_with(session: Session, device_id: str) -> Run | None:
    """Return the newest open run on whose list a device stands and waits for its keys, or None."""
    listed = select(ItemRecord.item_id, ItemRecord.data).where(ItemRecord.kind == "key_run")
    closed = select(ItemRecord.item_id).where(ItemRecord.kind == "key_run_close")
    rows = session.execute(listed.where(ItemRecord.item_id.not_in(closed)).order_by(ItemRecord.n.desc()))
    for run_id, data in rows:
        if any(one.get("device_id") == device_id for one in data.get("devices", ())):
            run = run_of(session, run_id)
            line = run.lines.get(device_id) if run else None
            if run is not None and not run.closed_at and (line is None or line.result == FAILED):
                return run
    return None


def runs(session: Session, *, limit: int = 50) -> list[Run]:
    """Return the runs, newest first."""
    ids = session.scalars(
        select(ItemRecord.item_id).where(ItemRecord.kind == "key_run").order_by(ItemRecord.n.desc()).limit(limit)
    ).all()
    return [run for one in dict.fromkeys(ids) if (run := run_of(session, one)) is not None]


def _fold(rows: Sequence[ItemRecord]) -> Run | None:
    head = next((row for row in rows if row.kind == "key_run"), None)
    if head is None:
        return None
    start = next((row for row in reversed(rows) if row.kind == "key_run_start"), None)
    close = next((row for row in rows if row.kind == "key_run_close"), None)
    lines = {
        str(row.data["device_id"]): RunLine(
            str(row.data["device_id"]), str(row.data["result"]), str(row.data.get("slot", "")),
            str(row.data.get("check_value", "")), row.words, row.at, row.by, str(row.data.get("reason", "")),
        )
        for row in rows
        if row.kind == "key_run_line"
    }  # fmt: skip
    return Run(
        head.item_id, str(head.data["number"]), str(head.data.get("key_set", "")), str(head.data.get("method", "")),
        head.words, head.by, head.at,
        tuple(
            RunDevice(*(str(one.get(key, "")) for key in _COLUMNS))
            for one in head.data.get("devices", [])
        ),
        (str(start.data["a"]), str(start.data["b"])) if start else (), start.at if start else 0, lines,
        close.at if close else 0, close.words if close else "",
    )  # fmt: skip
