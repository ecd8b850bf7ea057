"""Loaners on manifests: pool units that go from one site's pool into another's, known by their serial numbers."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.moves import raise_card, settle
from deskapp.commands.transfers_desk import event
from deskapp.errors import N_, Refused
from deskapp.models import loaner_places, past
from deskapp.models.device import Device
from deskapp.models.handing_out import open_loans
from deskapp.models.loaner_places import Where
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Write
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import TamperResult
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.numbers import parse_scan
from deskapp.rules.transfers import TO_QUARANTINE, Difference, Kind, Line, View


def loaner_at_hand(write: Write, scanned: str) -> Device:
    """Return the pool unit that a scan means; raises Refused where it may not travel from here."""
    number = parse_scan(scanned).number
    unit = pool_unit(write, number)
    if unit is None:
        raise Refused(N_("{serial} is not in the loaner pool."), field="scan", code="unknown", serial=number[:40])
    if open_loans(write.session, device_id=unit.id):
        raise Refused(N_("This loaner is out. Take it back first."), field="scan", code="out")
    refuse_away(write, unit, "scan")
    return unit


def refuse_away(write: Write, unit: Device, field: str) -> None:
    """Raise Refused where a pool unit is not in this site's pool by the record."""
    place = loaner_places.place_of(write.session, write.site_id, unit)
    if place.where is Where.PACKED:
        raise Refused(N_("{label} is on another manifest, {number}. Take it off there first."), field=field,
                      code="other", label=unit.serial_no, number=place.number)  # fmt: skip
    if place.where is not Where.HERE:
        raise Refused(N_("By the record {label} is at another site."), field=field, code="place", label=unit.serial_no)


def pool_unit(write: Write, number: str) -> Device | None:
    """Return the unit of the pool with a serial number, None where there is none."""
    serial = clean_serial(number)
    units = past.units_with(write.session, serial) if serial else []
    return next((unit for unit in units if unit.loaner), None)


def pack_loaner(write: Write, row: Manifest, view: View, scanned: str, seal: str, tamper: str) -> ManifestEvent:
    """Put a pool unit onto a draft; raises Refused with the codes of `transfers.pack`."""
    number = clean_serial(parse_scan(scanned).number) or scanned
    if view.line(number) is not None:
        raise Refused(N_("{label} is on this manifest already."), field="scan", code="again", label=number)
    unit = loaner_at_hand(write, scanned)
    data: dict[str, object] = {"loaner": True, "device_id": unit.id, "accessories": []}
    if tamper:
        data["tamper"] = tamper
    return event(
        write, row.id, Kind.PACK, label_no=loaner_places.line_key(unit), serial_no=unit.serial_no, seal_no=seal,
        data=data,
    )  # fmt: skip


def expected_loaner(write: Write, view: View, number: str) -> Line | None:
    """Return the line of a loaner: as it was packed or, where the paper is all there is, as a unit of the pool.

    The code on the paper of loaners says how many travel, and no numbers.
    """
    key = clean_serial(number) or number
    line = view.line(key)
    if line is not None or view.sent is not None or not view.papers:
        return line
    unit = pool_unit(write, key)
    return Line(key, "", unit.serial_no) if unit is not None else None


def into_pool(write: Write, line: Line, found: list[Difference]) -> None:
    """Take a unit into the pool of this site; a suspicious one leaves the pool until a supervisor has looked."""
    if TO_QUARANTINE & set(found):
        out_of_pool(write, line.label_no)


def out_of_pool(write: Write, number: str) -> None:
    """Let a suspicious unit leave the pool until a supervisor has looked."""
    unit = pool_unit(write, number)
    if unit is not None:
        unit.loaner = False
        raise_card(write, "loaner_suspect", "device", unit.id)


def refuse_suspect(tamper: str) -> None:
    """Raise Refused where a unit is suspicious before it leaves."""
    if tamper == TamperResult.SUSPECT:
        raise Refused(N_("A suspicious device is not lent. Put it aside and tell a supervisor."), field="scan",
                      code="tamper")  # fmt: skip


def out_of_pool_undone(write: Write, number: str) -> None:
    """Put a unit back into the pool that left it because of a receipt which is taken back now."""
    units = past.units_with(write.session, number)
    for card in write.session.scalars(
        select(ReviewCard).where(
            ReviewCard.subject_id.in_([unit.id for unit in units]), ReviewCard.kind == "loaner_suspect",
            ReviewCard.settled_at == 0,
        )
    ).all():  # fmt: skip
        settle(write, card, "undone")
        write.session.get_one(Device, card.subject_id).loaner = True
