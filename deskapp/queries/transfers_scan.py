"""What a scan means while a van is being received: which line, and what to do about anything else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from deskapp.errors import DeskError
from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.repair import AccessoryItem, RepairItem
from deskapp.models.store import ReadSession
from deskapp.models.transfer import Manifest
from deskapp.queries.dayend import the_site
from deskapp.queries.transfers import LineRow, line_row
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import Line, View, manifest_id
from deskapp.rules.transfers_code import read


class Means(StrEnum):
    """What a scan means for the van that is being received."""

    LINE = "line"
    AGAIN = "again"
    EXTRA = "extra"
    OTHER_VAN = "other_van"
    SERIAL = "serial"
    SEAL = "seal"
    SHELF = "shelf"
    ACCESSORY = "accessory"
    PAPER = "paper"
    MANIFEST = "manifest"
    UNKNOWN_PAPER = "unknown_paper"
    MISREAD = "misread"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class InScan:
    """One scan: its meaning, its number, the line where it means one, the manifest where it means another."""

    means: Means
    text: str
    line: LineRow | None = None
    manifest_id: str = ""
    number: str = ""
    shelf: str = ""


def scan_in(session: ReadSession, current: str, text: str) -> InScan:
    """Return what a code means for the manifest `current`; never an error, whatever the code is."""
    scan = parse_scan(text)
    if scan.kind is ScanKind.MANIFEST:
        return _manifest(session, text, scan.number)
    if scan.problem == "check":
        return InScan(Means.MISREAD, scan.number)
    if scan.kind is ScanKind.SHELF or shelf_code(session, scan.number):
        code = shelf_code(session, scan.number)
        return InScan(Means.SHELF, scan.number, shelf=code) if code else InScan(Means.OTHER, scan.number)
    view = transfers.view_of(session, current)
    if scan.kind is ScanKind.ACCESSORY:
        return InScan(Means.ACCESSORY, scan.number, number=_device_of(session, scan.number))
    if view.type is ManifestType.LOANER and (line := _loaner(session, view, scan.number)) is not None:
        return InScan(Means.LINE if line.state == "open" else Means.AGAIN, line.label_no, line)
    if scan.kind is ScanKind.LABEL:
        found = view.line(scan.number)
        if found is not None:
            line = line_row(session, found)
            return InScan(Means.LINE if line.state == "open" else Means.AGAIN, scan.number, line)
        carried = transfers.carried_by(session, scan.number)
        if carried is not None and carried.manifest_id != current:
            other = session.get_one(Manifest, carried.manifest_id)
            if transfers.same_site(session, other.to_site_id, the_site(session)):
                return InScan(Means.OTHER_VAN, scan.number, None, other.id, other.number)
        return InScan(Means.EXTRA, scan.number)
    if scan.number in view.seals:
        return InScan(Means.SEAL, scan.number)
    if scan.kind is ScanKind.SERIAL or (scan.kind is ScanKind.UNKNOWN and scan.number):
        return InScan(Means.SERIAL, scan.number)
    return InScan(Means.OTHER, scan.number)


def _loaner(session: ReadSession, view: View, number: str) -> LineRow | None:
    """Return the line of a loaner; on the paper alone every unit of the pool may be one of the van's."""
    key = clean_serial(number) or number
    line = view.line(key)
    if line is None and view.sent is None and view.papers:
        known = session.scalars(select(Device).where(Device.serial_no == key, Device.loaner)).first()
        line = Line(key, "", key) if known is not None else None
    return line_row(session, line) if line is not None else None


def _device_of(session: ReadSession, accessory_label: str) -> str:
    """Return the label of the device that an accessory belongs to; empty where it is not known here."""
    return session.scalar(
        select(RepairItem.label_no)
        .join(AccessoryItem, AccessoryItem.item_id == RepairItem.id)
        .where(AccessoryItem.label_no == accessory_label)
    ) or ""  # fmt: skip


def is_ours(session: ReadSession, identity: str) -> bool:
    """Tell whether a manifest leaves from this site."""
    row = session.get(Manifest, identity)
    return row is not None and transfers.same_site(session, row.site_id, the_site(session))


def _manifest(session: ReadSession, text: str, number: str) -> InScan:
    known = session.scalar(select(Manifest.id).where(Manifest.number == number))
    try:
        code = read(text)
    except DeskError as error:
        if known:
            return InScan(Means.MANIFEST, number, None, known, number)
        return InScan(Means.MISREAD if error.code == "check" else Means.UNKNOWN_PAPER, number)
    if known:
        return InScan(Means.MANIFEST, number, None, known, number)
    return InScan(Means.PAPER, text, None, manifest_id(code.number), code.number)


def shelf_code(session: ReadSession, code: str) -> str:
    """Return the code of a shelf of this site by its code or label; empty where there is none."""
    row = transfers.shelf_at(session, the_site(session), code)
    return row.code if row else ""
