"""Where the loaners of the pool are: in which site's pool, in a bag, or with a courier. A fold of manifest events.

A loaner bears no label of an order: on a manifest it is known by its serial number. Its units are in every
site's records, the loans of a unit only where it is lent; so a site's own pool is what was put into it there and
what came to it by a manifest, less what left on one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models.device import Device
from deskapp.models.stock import LoanEvent
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.models.transfers import other_sites, this_site
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.transfers import Kind, State


class Where(StrEnum):
    """Where a unit of the pool is, seen from a site."""

    HERE = "here"
    PACKED = "packed"
    UNDER_WAY = "under_way"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one unit is. `site_id` and the manifest are empty where it never travelled."""

    where: Where
    site_id: str = ""
    manifest_id: str = ""
    number: str = ""


HERE = Place(Where.HERE)


def line_key(device: Device) -> str:
    """Return by what a loaner is known on a manifest: its serial number as it is scanned."""
    return clean_serial(device.serial_no) or device.serial_no


def places_of(session: Session, site_id: str, keys: Iterable[str]) -> dict[str, Place]:
    """Return where units are now, as seen from a site, by their keys; those that never travelled are left out."""
    others = set(other_sites(session, site_id))
    wanted = sorted(set(keys))
    events: dict[str, list[ManifestEvent]] = {}
    for start in range(0, len(wanted), 500):
        rows = session.scalars(
            select(ManifestEvent).where(ManifestEvent.label_no.in_(wanted[start : start + 500])).order_by(
                ManifestEvent.at, ManifestEvent.n
            )
        )  # fmt: skip
        for row in rows:
            events.setdefault(row.label_no, []).append(row)
    found = {key: _place(session, some, others) for key, some in events.items()}
    return {key: place for key, place in found.items() if place is not None}


def _place(session: Session, events: list[ManifestEvent], others: set[str]) -> Place | None:
    gone = {row.voids for row in events if row.voids}
    for row in reversed(events):
        if row.id in gone or row.voids or not row.data.get("loaner"):
            continue
        manifest = session.get(Manifest, row.manifest_id)
        number = manifest.number if manifest is not None else ""
        if row.kind == Kind.RECEIVE:
            site = str(row.data.get("to_site", ""))
            return Place(Where.ELSEWHERE if site in others else Where.HERE, site, row.manifest_id, number)
        if row.kind != Kind.PACK or manifest is None or manifest.state == State.CANCELLED:
            continue
        if manifest.state == State.DRAFT:
            away = manifest.site_id in others
            return Place(Where.ELSEWHERE if away else Where.PACKED, manifest.site_id, manifest.id, number)
        # Not received although its van arrived: by the record it is still on its way, and a difference says so.
        return Place(Where.UNDER_WAY, manifest.to_site_id, manifest.id, number)
    return None


def place_of(session: Session, site_id: str, device: Device) -> Place:
    """Return where a unit is; one that never travelled is where somebody asks."""
    key = line_key(device)
    return places_of(session, site_id, [key]).get(key, HERE)


def pool_here(session: Session) -> list[tuple[Device, Place]]:
    """Return the units of this site's pool, and those of it that are in a bag or under way to here or from here.

    Where there are other sites, a unit that never travelled belongs to the site at which something was done with it.
    """
    units = session.scalars(select(Device).where(Device.loaner).order_by(Device.n)).all()
    here = this_site(session)
    places = places_of(session, here, [line_key(unit) for unit in units])
    alone = not other_sites(session, here)
    touched = set(session.scalars(select(LoanEvent.device_id).distinct()))
    found = []
    for unit in units:
        place = places.get(line_key(unit))
        if place is None and (alone or unit.id in touched):
            found.append((unit, HERE))
        elif place is not None and place.where is not Where.ELSEWHERE:
            found.append((unit, place))
    return found
