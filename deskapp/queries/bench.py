"""What waits at the bench, in the order in which it should be taken up, and the look-ups the bench needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_, select

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.models import bench, times, transfers
from deskapp.models.device import Device, DeviceModel
from deskapp.models.local import StoreInfo
from deskapp.models.merchant import Merchant
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import IN_HAND, RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import Part
from deskapp.models.store import ReadSession
from deskapp.queries.naming import model_title
from deskapp.rules.custody import Holder
from deskapp.rules.deadlines import DAY_MS, Colour, Pause, SiteCalendar, colour, due
from deskapp.rules.states import WAITING_FOR
from deskapp.rules.states import WorkState as S

AT_THE_BENCH: Final = (
    S.CHECKED_IN, S.DEPOT_RECEIVED, S.DIAGNOSING, S.AWAITING_APPROVAL, S.DECLINED, S.AWAITING_PARTS, S.REPAIRING,
    S.VENDOR_REPAIR, S.AWAITING_KEY_LOAD, S.QC_TESTING, S.QUARANTINED,
)  # fmt: skip
"""States in which a device is the workshop's business."""

RESTING: Final = "resting"
_COLOURS: Final = list(Colour)


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One device of the queue. `colour` is ok, warn or late; `waits_for` is empty where we can go on.

    `waits_for` is merchant, parts, vendor, keys, quarantine or resting. `due_at` is ms UTC, 0 while the
    clock stands still.
    """

    item_id: str
    label_no: str
    order_no: str
    serial_no: str
    model: str
    merchant: str
    symptom_code: str
    words: str
    state: str
    waits_for: str
    colour: str
    priority: int
    days: int
    due_at: int
    technician: str
    technician_id: str
    shelf: str
    """Where it lies now, empty while somebody has it at hand."""


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part to choose: how many lie on the shelf, whether it fits the model at hand."""

    part_id: str
    part_no: str
    name: str
    name_en: str
    price_fen: int
    on_shelf: int
    serialised: bool
    fits: bool
    bin: str
    old_part: bool = False
    """The catalogue wants to know what becomes of the part that comes out."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A line of the price list that holds today."""

    code: str
    kind: str
    name: str
    name_en: str
    fen: int


@dataclass(frozen=True, slots=True)
class Person:
    """A colleague to hand a job to."""

    staff_id: str
    staff_no: str
    name: str


@dataclass(slots=True)
class _Clock:
    """How late each device is; the site's calendar and promises are read once."""

    session: ReadSession
    site_id: str
    now: int
    calendar: SiteCalendar

    def judge(self, item: RepairItem, opened_at: int) -> tuple[str, int]:
        """Return the colour of a device and when it is due (0 while its clock stands still)."""
        promise = times.promise_of(self.session, self.site_id, item.priority)
        pauses: list[Pause] = times.item_pauses(self.session, item)
        shade = colour(self.now, opened_at, promise, self.calendar, pauses)
        return shade.value, due(opened_at, promise, self.calendar, pauses).done_ms or 0


def site_id_of(session: ReadSession) -> str:
    """Return the id of the site of this desk."""
    row = session.get(StoreInfo, "site_id")
    return row.value if row else ""


def clock_of(session: ReadSession, now: int) -> _Clock:
    """Return what judges how late a device of this site is."""
    site_id = site_id_of(session)
    return _Clock(session, site_id, now, times.calendar_of(session, site_id))


def bench_queue(session: ReadSession, now: int) -> tuple[QueueRow, ...]:
    """Return what waits at the bench: what we can go on with first, the most urgent and latest on top."""
    rows = session.execute(
        select(RepairItem, RepairOrder.number, RepairOrder.opened_at, Device.serial_no, Device.model_id,
               DeviceModel.brand, DeviceModel.brand_en, DeviceModel.name, Merchant.short_name, Merchant.name,
               Staff.name, Shelf.code)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .join(Device, Device.id == RepairItem.device_id)
        .outerjoin(DeviceModel, DeviceModel.id == Device.model_id)
        .outerjoin(Merchant, Merchant.id == RepairOrder.merchant_id)
        .outerjoin(Staff, Staff.id == RepairItem.technician_id)
        .outerjoin(Shelf, Shelf.id == RepairItem.shelf_id)
        .where(
            IN_HAND,
            RepairItem.work_state.in_([state.value for state in AT_THE_BENCH]),
            RepairItem.at_site.not_in(transfers.other_sites(session, site_id_of(session))),
        )
    ).all()  # fmt: skip
    clock, resting = clock_of(session, now), _resting(session)
    found = []
    for item, order_no, opened_at, serial, model_id, brand, brand_en, model, short, merchant, technician, shelf in rows:
        shade, due_at = clock.judge(item, opened_at)
        found.append(
            QueueRow(
                item.id, item.label_no, order_no, serial, model_title(brand, brand_en, model) if model else model_id,
                short or merchant or "", item.symptom_code, item.words, item.work_state,
                waits_for(item.work_state, item.id in resting), shade, item.priority,
                max(0, (now - opened_at) // DAY_MS), due_at, technician or "", item.technician_id, lies_on(item, shelf),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=_order))


def lies_on(item: RepairItem, shelf: str | None) -> str:
    """Return the code of the shelf a device lies on now; nothing while it is at the bench or in quarantine."""
    return shelf or "" if item.holder.startswith(Holder.SHELF.value) else ""


def waits_for(state: str, resting: bool = False) -> str:
    """Return on whom or what a device in this state waits, empty where the work can go on."""
    if state == S.AWAITING_KEY_LOAD:
        return "keys"
    if state == S.QUARANTINED:
        return "quarantine"
    return WAITING_FOR.get(S(state), RESTING if resting else "")


def _order(row: QueueRow) -> tuple[object, ...]:
    urgency = -_COLOURS.index(Colour(row.colour))
    return bool(row.waits_for), row.priority, urgency, row.due_at or 2**62, row.label_no


def _resting(session: ReadSession) -> frozenset[str]:
    """Devices whose job was put aside and not taken up again."""
    newest = (
        select(func.max(WorkEvent.n))
        .join(RepairItem, RepairItem.id == WorkEvent.item_id)
        .where(IN_HAND, RepairItem.work_state.in_([state.value for state in (S.DIAGNOSING, S.REPAIRING, S.QC_TESTING)]))
        .group_by(WorkEvent.item_id)
    )
    return frozenset(
        session.scalars(select(WorkEvent.item_id).where(WorkEvent.n.in_(newest), WorkEvent.move == "pause_job"))
    )


def parts_for(session: ReadSession, model_id: str, text: str = "", *, limit: int = 20) -> tuple[PartRow, ...]:
    """Return parts by number or name, those that fit the model first, each with its stock."""
    model = session.get(DeviceModel, model_id) if model_id else None
    wanted = text.strip()
    like = f"%{wanted}%"
    named = or_(Part.part_no.ilike(like), Part.name.ilike(like), Part.name_en.ilike(like))
    rows = session.scalars(select(Part).where(Part.active, named).order_by(Part.part_no)).all()
    fitting = {row.id: fits(row.fits, model_id, model.kind if model else "") for row in rows}
    if not wanted:
        rows = [row for row in rows if fitting[row.id]]
    chosen = sorted(rows, key=lambda row: (not fitting[row.id], row.part_no))[:limit]
    stock = bench.on_shelf(session, [row.id for row in chosen])
    return tuple(_part_row(row, stock, fitting[row.id]) for row in chosen)


def parts_known(session: ReadSession, part_ids: Collection[str], model_id: str) -> tuple[PartRow, ...]:
    """Return these parts, also those that do not fit by the catalogue and those that were set aside since."""
    model = session.get(DeviceModel, model_id) if model_id else None
    rows = session.scalars(select(Part).where(Part.id.in_(sorted(part_ids))).order_by(Part.part_no)).all()
    stock = bench.on_shelf(session, [row.id for row in rows])
    return tuple(_part_row(row, stock, fits(row.fits, model_id, model.kind if model else "")) for row in rows)


def part_by_code(session: ReadSession, code: str, model_id: str) -> PartRow | None:
    """Return the part with exactly this number, as scanned from its label or typed."""
    row = session.scalars(select(Part).where(Part.part_no == code.strip().upper(), Part.active)).first()
    if row is None:
        return None
    model = session.get(DeviceModel, model_id) if model_id else None
    return _part_row(row, bench.on_shelf(session, [row.id]), fits(row.fits, model_id, model.kind if model else ""))


def fits(listed: Sequence[str], model_id: str, kind: str) -> bool:
    """Tell whether a part fits: its list names the model, or the kind that fits all models of it."""
    return model_id in listed or (bool(kind) and kind in listed)


def _part_row(row: Part, stock: Mapping[str, int], fitting: bool) -> PartRow:
    return PartRow(
        row.id, row.part_no, row.name, row.name_en, row.price_fen, stock[row.id], row.serialised, fitting, row.bin,
        catalogue.asks_for_old_part(row.part_no, serialised=row.serialised),
    )  # fmt: skip


def price_lines(session: ReadSession, now: int, *kinds: str) -> tuple[PriceRow, ...]:
    """Return today's price list, or only its lines of some kinds."""
    _version, known = bench.price_list(session, shop_day(now))
    return tuple(
        PriceRow(one.code, one.kind, one.name, one.name_en, one.fen)
        for one in known.values()
        if not kinds or one.kind in kinds
    )


def technicians(session: ReadSession) -> tuple[Person, ...]:
    """Return who may take a job over."""
    rows = session.scalars(select(Staff).where(Staff.active).order_by(Staff.staff_no))
    return tuple(Person(row.id, row.staff_no, row.name) for row in rows if "technician" in row.roles)


def shelves(session: ReadSession) -> tuple[tuple[str, str], ...]:
    """Return code and use of the shelves of this site."""
    rows = session.execute(
        select(Shelf.code, Shelf.use)
        .where(Shelf.active, Shelf.site_id.not_in(transfers.other_sites(session, site_id_of(session))))
        .order_by(Shelf.code)
    )
    return tuple((code, use) for code, use in rows)


def shelf_by_label(session: ReadSession, label_no: str) -> str:
    """Return the code of the shelf with this label, or nothing."""
    row = transfers.shelf_at(session, site_id_of(session), label_no)
    return row.code if row is not None and row.label_no == label_no else ""


def is_solo(session: ReadSession) -> bool:
    """Tell whether one person alone runs this site."""
    site = session.get(Site, site_id_of(session))
    return bool(site and site.solo)
