"""Key-load runs as the page shows them, and what waits for keys."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp.models import key_runs
from deskapp.models.device import Device
from deskapp.models.people import Staff
from deskapp.models.repair import RepairItem
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_words
from deskapp.rules.states import WorkState


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; `state` is authorised, begun or closed. Instants are ms UTC."""

    id: str
    number: str
    key_set: str
    method: str
    state: str
    opened_at: int
    closed_at: int
    authorised_by: str
    custodians: tuple[str, ...]
    custodian_ids: tuple[str, ...]
    planned: int
    loaded: int
    failed: int
    left_out: int

    @property
    def open(self) -> int:
        """How many devices are not accounted for."""
        return self.planned - self.loaded - self.failed - self.left_out


@dataclass(frozen=True, slots=True)
class RunLineRow:
    """One device of a run; `result` is empty while it is open."""

    device_id: str
    label_no: str
    serial_no: str
    model: str
    terminal_no: str
    result: str
    slot: str
    check_value: str
    words: str
    at: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RunCard:
    """A run with its devices, as one person sees it: `mine` says that they are one of its custodians now."""

    row: RunRow
    lines: tuple[RunLineRow, ...]
    mine: bool


@dataclass(frozen=True, slots=True)
class KeyWaiting:
    """A device that awaits a key load."""

    item_id: str
    label_no: str
    serial_no: str
    model: str
    since: int


def run_rows(session: ReadSession) -> list[RunRow]:
    """Return the runs, the open ones first, then the newest."""
    names = {row.id: row.name for row in session.scalars(select(Staff))}
    rows = [_row(run, names) for run in key_runs.runs(session)]
    return sorted(rows, key=lambda row: (row.state == "closed", -row.opened_at))


def run_card(session: ReadSession, run_id: str, staff_id: str, now: int) -> RunCard | None:
    """Return a run with its devices, or None."""
    run = key_runs.run_of(session, run_id)
    if run is None:
        return None
    names = {row.id: row.name for row in session.scalars(select(Staff))}
    lines = []
    for one in run.devices:
        line = run.lines.get(one.device_id)
        model = model_words(session, session.get(Device, one.device_id))
        lines.append(
            RunLineRow(
                one.device_id, one.label_no, one.serial_no, model, one.terminal_no, line.result if line else "",
                line.slot if line else "", line.check_value if line else "", line.words if line else "",
                line.at if line else 0, line.reason if line else "",
            )
        )  # fmt: skip
    mine = staff_id in run.custodians and now - run.started_at <= key_runs.STARTED_HOLDS_MS
    return RunCard(_row(run, names), tuple(lines), mine)


def awaiting_keys(session: ReadSession, limit: int = 200) -> list[KeyWaiting]:
    """Return the devices that await a key load, longest waiting first."""
    rows = session.execute(
        select(RepairItem, Device)
        .join(Device, Device.id == RepairItem.device_id)
        .where(RepairItem.work_state == WorkState.AWAITING_KEY_LOAD.value)
        .order_by(RepairItem.state_at)
        .limit(limit)
    ).all()
    return [
        KeyWaiting(item.id, item.label_no, device.serial_no, model_words(session, device), item.state_at)
        for item, device in rows
    ]


def _row(run: key_runs.Run, names: dict[str, str]) -> RunRow:
    state = "closed" if run.closed_at else "begun" if run.custodians else "authorised"
    return RunRow(
        run.id, run.number, run.key_set, run.method, state, run.opened_at, run.closed_at,
        names.get(run.authorised_by, ""), tuple(names.get(one, "") for one in run.custodians), run.custodians,
        len(run.devices), run.count(key_runs.LOADED), run.count(key_runs.FAILED), run.count(key_runs.LEFT_OUT),
    )  # fmt: skip
