"""What a scanned code opens: the right record, at the step its state asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from deskapp.errors import N_
from deskapp.models import search
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant
from deskapp.models.repair import AccessoryItem, MoneyEvent, Pickup, RepairItem, RepairOrder
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import ReadSession
from deskapp.models.superseded import superseded, told_in
from deskapp.models.ticket import ServiceTicket
from deskapp.models.transfers import other_sites, this_site
from deskapp.queries import hits
from deskapp.queries.hits import IN_HAND, STEP_OF, Hit, HitKind, Step
from deskapp.queries.visits import open_visit_of
from deskapp.rules.custody import is_ours
from deskapp.rules.numbers import PROBLEMS, Scan, ScanKind, parse_scan
from deskapp.rules.states import WITH_MERCHANT
from deskapp.rules.states import WorkState as S
from deskapp.rules.visits import OPEN as OPEN_VISITS

HINTS: Final = {
    "other_branch": N_(
        "{number} is a number of this program, but this computer does not know it. It may come from another branch."
    ),
    "not_known": N_("Nothing here has the number {number}. Press Enter to check it in as a new device."),
    "several": N_("{number} fits several records. Please choose one."),
    "slip_blocked": N_("This slip was reported lost and is blocked. Hand out by another proof only."),
    "label_void": N_("A correction took this label out of use. Take it off; what came with the device is listed here."),
    "slip_replaced": N_("A correction replaced this slip. Ask for the new one, or hand out by another proof."),
    "not_ready": N_("Nothing on this slip is ready for pickup yet."),
    "picked_up": N_("Everything on this slip has been picked up."),
    "over": N_("This repair is over; its history is shown."),
    "new_visit": N_("This device is not in our hands: check it in."),
    "swapped_here": N_("{number} was swapped out and stays with us; its order is shown."),
    "paper": N_("Papers of this kind are not handled here yet."),
    "visit_over": N_("This visit is over; what came of it is shown."),
    "badge": N_("No active member of staff has this badge."),
}
"""What to tell the person, by `Target.hint`; further ones are in `rules.numbers.PROBLEMS`."""

_LOOK_ALIKE: Final = {
    "0": "O",
    "O": "0",
    "1": "I",
    "I": "1",
    "5": "S",
    "S": "5",
    "8": "B",
    "B": "8",
    "2": "Z",
    "Z": "2",
}
_MOST_SPELLINGS: Final = 64


@dataclass(frozen=True, slots=True)
class Target:
    """Where a scan leads. `kind` is None when it leads to no record.

    `hint` is a key of `HINTS` or `PROBLEMS`, empty when all is as usual. With the step `choose`
    the records are in `choices`. `token` is the secret of a slip, for the pickup.
    """

    kind: HitKind | None
    id: str
    step: Step
    hint: str = ""
    number: str = ""
    token: str = field(default="", repr=False)
    choices: tuple[Hit, ...] = ()

    @property
    def sentence(self) -> str:
        """The hint as an untranslated sentence with `{number}`, empty when there is none."""
        return HINTS.get(self.hint) or PROBLEMS.get(self.hint, "")


def resolve_scan(session: ReadSession, text: str) -> Target:
    """Return what a scanned or typed text opens; never an error, whatever the text is."""
    scan = parse_scan(sound(text))
    opened = _OWN.get(scan.kind)
    if opened is not None:
        return opened(session, scan) or Target(None, "", Step.UNKNOWN, "other_branch", scan.number)
    if scan.kind is ScanKind.COMMAND:
        return Target(None, "", Step.COMMAND, "", scan.number)
    if scan.problem and scan.problem != "form":
        return Target(None, "", Step.UNKNOWN, scan.problem, scan.number)
    return _foreign(session, scan)


def sound(text: str) -> str:
    """Return a text without halves of characters, which a keyboard or clipboard can deliver and no database takes."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def item_target(session: ReadSession, item_id: str, number: str = "") -> Target | None:
    """Return the step that a device on an order wants now."""
    state = session.scalar(select(RepairItem.work_state).where(RepairItem.id == item_id))
    if state is None:
        return None
    step = STEP_OF[S(state)]
    return Target(HitKind.ITEM, item_id, step, "over" if step is Step.HISTORY else "", number)


# -- our own numbers -------------------------------------------------------------


def _ticket(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(ServiceTicket.id).where(ServiceTicket.number == scan.number))
    return Target(HitKind.TICKET, found, Step.OPEN, "", scan.number) if found else None


def _order(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(RepairOrder.id).where(RepairOrder.number == scan.number))
    return Target(HitKind.ORDER, found, Step.OPEN, "", scan.number) if found else None


def _slip(session: ReadSession, scan: Scan) -> Target | None:
    question = select(RepairOrder.id, RepairOrder.slip_blocked)
    row, later = session.execute(question.where(RepairOrder.slip_no == scan.number)).first(), ""
    if row is None:  # perhaps one that a correction replaced
        later = superseded(session, [scan.number]).get(scan.number, "")
        row = session.execute(question.where(RepairOrder.slip_no == later)).first() if later else None
    if row is None:
        return None
    states = {S(one) for one in session.scalars(select(RepairItem.work_state).where(RepairItem.order_id == row.id))}
    hint, step = "", Step.PICKUP
    if not any(STEP_OF[state] is Step.PICKUP for state in states):
        still_here = any(state in IN_HAND or state in WITH_MERCHANT for state in states)
        hint, step = ("not_ready", Step.OPEN) if still_here else ("picked_up", Step.HISTORY)
    if row.slip_blocked:
        hint = "slip_blocked"
    elif later:
        hint = "slip_replaced"
    return Target(HitKind.ORDER, row.id, step, hint, scan.number, scan.token or "")


def _receipt(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(Pickup.order_id).where(Pickup.receipt_no == scan.number))
    found = found or session.scalar(select(RepairItem.order_id).where(RepairItem.receipt_no == scan.number))
    # A payment or a refund on its own has a receipt without a pickup.
    found = found or session.scalar(select(MoneyEvent.order_id).where(MoneyEvent.number == scan.number).limit(1))
    return Target(HitKind.ORDER, found, Step.HISTORY, "", scan.number) if found else None


def _quote(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(MoneyEvent.item_id).where(MoneyEvent.number == scan.number))
    return item_target(session, found, scan.number) if found else None


def _label(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(RepairItem.id).where(RepairItem.label_no == scan.number))
    return item_target(session, found, scan.number) if found else None


def _accessory(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(AccessoryItem.item_id).where(AccessoryItem.label_no == scan.number))
    if found:
        return item_target(session, found, scan.number)
    left = told_in(session, scan.number)  # perhaps one that a correction took out of use
    return Target(HitKind.ITEM, left, Step.OPEN, "label_void", scan.number) if left else None


def _shelf(session: ReadSession, scan: Scan) -> Target | None:
    found = hits.shelf(session, scan.number)
    return Target(HitKind.SHELF, found.id, Step.SHELF, "", scan.number) if found else None


def _badge(session: ReadSession, scan: Scan) -> Target | None:
    found = hits.staff(session, scan.number)
    if found is None:
        return Target(None, "", Step.UNKNOWN, "badge", scan.number)
    return Target(HitKind.STAFF, found.id, Step.SIGN_IN, "", scan.number)


def _part_label(session: ReadSession, scan: Scan) -> Target | None:
    found = session.scalar(select(Part.id).where(Part.part_no == scan.number))
    found = found or session.scalar(
        select(StockMove.part_id).where(StockMove.serial_no == scan.number).order_by(StockMove.n.desc()).limit(1)
    )
    return Target(HitKind.PART, found, Step.STOCK, "", scan.number) if found else None


def _visit(session: ReadSession, scan: Scan) -> Target | None:
    """A visit opens at the step it stands at: arriving, finishing, or what came of it."""
    found = open_visit_of(session, scan.number)
    if found is None:
        return None
    return Target(HitKind.VISIT, found[0], Step.VISIT, "" if found[1] in OPEN_VISITS else "visit_over", scan.number)


def _later(_session: ReadSession, scan: Scan) -> Target | None:
    return Target(None, "", Step.UNKNOWN, "paper", scan.number)


_OWN: Final[Mapping[ScanKind, Callable[[ReadSession, Scan], Target | None]]] = {
    ScanKind.TICKET: _ticket, ScanKind.ORDER: _order, ScanKind.SLIP: _slip, ScanKind.RECEIPT: _receipt,
    ScanKind.QUOTE: _quote, ScanKind.LABEL: _label, ScanKind.ACCESSORY: _accessory, ScanKind.SHELF: _shelf,
    ScanKind.BADGE: _badge, ScanKind.PART: _part_label, ScanKind.MANIFEST: _later, ScanKind.VISIT: _visit,
}  # fmt: skip


# -- other people's numbers ------------------------------------------------------


def _foreign(session: ReadSession, scan: Scan) -> Target:
    """Try a code that is none of ours as serial number, TUSN, ICCID, IMEI, terminal, merchant and part number."""
    number = scan.number
    for column in (Device.serial_no, Device.tusn):
        found = session.scalars(select(Device.id).where(column == number)).all()
        if found:
            return _of_devices(session, found, number)
    for name in ("iccid", "imei"):
        found = [one for one in _with_number(session, number) if _value(session, one, name) == number]
        if found:
            return _of_devices(session, found, number)
    found = session.scalars(select(Device.id).where(Device.terminal_no == number)).all()
    if found:
        return _of_devices(session, found, number)
    found = session.scalars(select(Merchant.id).where(Merchant.merchant_no == number)).all()
    if found:
        return _of_merchants(session, found, number)
    part = session.scalar(select(Part.id).where(Part.part_no == number))
    if part:
        return Target(HitKind.PART, part, Step.STOCK, "", number)
    alike = session.scalars(select(Device.id).where(Device.serial_no.in_(_look_alikes(number)))).all()
    if alike:
        return _of_devices(session, alike, number, sure=False)
    return Target(None, "", Step.CHECK_IN if scan.kind is ScanKind.SERIAL else Step.UNKNOWN, "not_known", number)


def _of_devices(session: ReadSession, ids: Sequence[str], number: str, *, sure: bool = True) -> Target:
    """A device that is here opens at its step; one that is not is checked in."""
    ids = joined(session, "device", ids)
    if len(ids) > 1 or not sure:
        return Target(None, "", Step.CHOOSE, "several", number, choices=tuple(hits.devices(session, ids)))
    item = session.execute(
        select(RepairItem.id, RepairItem.work_state)
        .where(RepairItem.device_id == ids[0], RepairItem.work_state.in_(IN_HAND | WITH_MERCHANT))
        .order_by(RepairItem.n.desc())
    ).first()
    if item is not None:
        return Target(HitKind.ITEM, item.id, STEP_OF[S(item.work_state)], "", number)
    kept = _swapped_out(session, ids[0])
    if kept:
        return Target(HitKind.ITEM, kept, Step.HISTORY, "swapped_here", number)
    return Target(HitKind.DEVICE, ids[0], Step.CHECK_IN, "new_visit", number)


def _swapped_out(session: ReadSession, device_id: str) -> str:
    """Return the ended line of a unit that was swapped out and lies here; at another counter it would be a stranger."""
    row = session.execute(
        select(RepairItem.id, RepairItem.holder, RepairItem.at_site)
        .where(RepairItem.device_id == device_id, RepairItem.work_state == S.SWAPPED.value)
        .order_by(RepairItem.n.desc())
    ).first()
    if row is None or not is_ours(row.holder or None):
        return ""
    return "" if row.at_site in other_sites(session, this_site(session)) else str(row.id)


def _of_merchants(session: ReadSession, ids: Sequence[str], number: str) -> Target:
    ids = joined(session, "merchant", ids)
    if len(ids) > 1:
        return Target(None, "", Step.CHOOSE, "several", number, choices=tuple(hits.merchants(session, ids)))
    return Target(HitKind.MERCHANT, ids[0], Step.OPEN, "", number)


def joined(session: ReadSession, table: str, ids: Sequence[str]) -> list[str]:
    """Return the records that these ids mean: twins that were joined lead to the one that stayed.

    `table` is `device` or `merchant`.
    """
    if not ids:
        return []
    rows = hits.ask(session, f"SELECT id, joined_into FROM {table} WHERE id IN (??) AND joined_into != ''", ids)
    into = {row.id: row.joined_into for row in rows}
    if not into:
        return list(ids)
    moved = list(dict.fromkeys(into.get(one, one) for one in ids))
    # A chain of joins is followed step by step; a ring, which no command makes, ends at its start.
    return moved if set(moved) == set(ids) else joined(session, table, moved)


def _with_number(session: ReadSession, number: str) -> list[str]:
    return search.newest(session, search.DEVICE, number, 5)


def _value(session: ReadSession, device_id: str, name: str) -> str:
    return str(session.scalar(select(getattr(Device, name)).where(Device.id == device_id)) or "")


def _look_alikes(number: str) -> list[str]:
    """The number with one or more characters taken for those that look like them."""
    spellings = [""]
    for char in number:
        other = _LOOK_ALIKE.get(char, "")
        spellings = [one + char for one in spellings] + [one + other for one in spellings if other]
        if len(spellings) > _MOST_SPELLINGS:
            return []
    return [one for one in spellings if one != number]
