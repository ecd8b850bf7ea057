"""The day-end page: figures of a day, what a scan at the shelf means, the register of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import select

from deskapp.i18n import language
from deskapp.models import day_figures
from deskapp.models.day_figures import Entry, Figures
from deskapp.models.device import Device
from deskapp.models.handing_out import open_loans
from deskapp.models.local import StoreInfo
from deskapp.models.people import Site, Staff
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.models.transfers import elsewhere
from deskapp.queries.naming import model_words
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import STATE_TITLES, WorkState


@dataclass(frozen=True, slots=True)
class DayView:
    """A day with its figures and, when it is closed, its paper: number, when, by whom, remarks."""

    figures: Figures
    closed_at: int = 0
    closed_by: str = ""
    number: str = ""
    remarks: str = ""

    @property
    def closed(self) -> bool:
        """Say whether the day has been closed."""
        return self.closed_at > 0


def day_view(session: ReadSession, site_id: str, day: date, now: int) -> DayView:
    """Return a day as the page shows it."""
    seen = day_figures.figures(session, site_id, day, now, language())
    row = day_figures.closing_of(session, site_id, day)
    if row is None:
        return DayView(seen)
    person = session.get(Staff, str(row.data.get("supervisor") or row.by))
    return DayView(seen, row.at, person.name if person else "", str(row.data.get("number", "")), row.words)


def the_site(session: ReadSession) -> str:
    """Return the id of this desk's site."""
    row = session.get(StoreInfo, "site_id")
    if row is not None:
        return row.value
    return session.scalar(select(Site.id).order_by(Site.n).limit(1)) or ""


class Meaning(StrEnum):
    """What a scan at the shelf means for the count."""

    HELD = "held"
    ACCESSORY = "accessory"
    GONE = "gone"
    LOANER = "loaner"
    FOREIGN = "foreign"
    MISREAD = "misread"


@dataclass(frozen=True, slots=True)
class ShelfScan:
    """One scan at the shelf: what it means, and the device it belongs to where there is one."""

    meaning: Meaning
    text: str
    item_id: str = ""
    label_no: str = ""
    serial_no: str = ""
    model: str = ""
    state: str = ""
    """The state as a message id, for a device that should not be here."""


def shelf_scan(session: ReadSession, text: str) -> ShelfScan:
    """Return what a scanned code means for a shelf count; never an error, whatever the code is."""
    scan = parse_scan(text)
    if scan.problem == "check":
        return ShelfScan(Meaning.MISREAD, scan.number)
    if scan.kind is ScanKind.ACCESSORY:
        accessory = session.scalars(select(AccessoryItem).where(AccessoryItem.label_no == scan.number)).first()
        return ShelfScan(Meaning.ACCESSORY if accessory else Meaning.FOREIGN, scan.number)
    item = _item(session, scan.kind, scan.number)
    if item is None:
        return _without_item(session, scan.number)
    device = session.get(Device, item.device_id)
    here = item.holder.partition(":")[0] in ("shelf", "bench", "quarantine")
    here = here and not elsewhere(session, the_site(session), [item.id])
    return ShelfScan(
        Meaning.HELD if here else Meaning.GONE, scan.number, item.id, item.label_no,
        device.serial_no if device else "", model_words(session, device), STATE_TITLES[WorkState(item.work_state)],
    )  # fmt: skip


def _item(session: ReadSession, kind: ScanKind, number: str) -> RepairItem | None:
    query = select(RepairItem).order_by(RepairItem.n.desc())
    if kind is ScanKind.LABEL:
        return session.scalars(query.where(RepairItem.label_no == number)).first()
    if kind is not ScanKind.SERIAL:
        return None
    rows = session.scalars(
        query.join(Device, Device.id == RepairItem.device_id).where(Device.serial_no == number)
    ).all()
    inside = [row for row in rows if row.holder.partition(":")[0] in ("shelf", "bench", "quarantine")]
    return next(iter(inside or rows), None)


def _without_item(session: ReadSession, number: str) -> ShelfScan:
    device = session.scalars(select(Device).where(Device.serial_no == number, Device.loaner)).first()
    if device is None:
        return ShelfScan(Meaning.FOREIGN, number)
    out = bool(open_loans(session, device_id=device.id))
    meaning = Meaning.GONE if out else Meaning.LOANER
    return ShelfScan(meaning, number, "", "", device.serial_no, model_words(session, device))


def register_lines(session: ReadSession, first: date, last: date) -> list[Entry]:
    """Return the register of a period, both days inclusive."""
    return day_figures.register(session, first, last, language())


def days_open(session: ReadSession, site_id: str, until: date, now: int) -> list[date]:
    """Return earlier days of the last two weeks on which something happened and that nobody has closed."""
    found = []
    for back in range(1, 15):
        day = until - timedelta(days=back)
        start, end = day_figures.bounds(day)
        busy = session.scalar(
            select(RepairOrder.id).where(RepairOrder.opened_at >= start, RepairOrder.opened_at < end).limit(1)
        )
        if busy and day_figures.closing_of(session, site_id, day) is None:
            found.append(day)
    return found
