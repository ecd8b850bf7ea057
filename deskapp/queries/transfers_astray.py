"""What can be done with a device that came without a paper: released, taken in here, sent home, begun anew."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.people import Site
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.queries.dayend import the_site
from deskapp.queries.transfers import SiteChoice, sites
from deskapp.rules.lifecycle import legal
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import Difference, Kind


class Way(StrEnum):
    """One way on."""

    RELEASE = "release"
    TAKE_IN = "take_in_here"
    SEND_HOME = "send_home"
    BEGIN = "begin"
    TELL = "tell_outlet"


@dataclass(frozen=True, slots=True)
class Astray:
    """A device that came without a paper, and the ways on from here; `home` is the site it belongs to.

    `outlets` are those that may have sent it and heard nothing of this van, `told` those that were told of it.
    """

    item_id: str
    event_id: str
    label_no: str
    serial_no: str
    ways: tuple[Way, ...]
    home: str = ""
    outlets: tuple[SiteChoice, ...] = ()
    likely: str = ""
    """The outlet from whose computer earlier labels of this kind came: its id, empty where none is known."""

    told: tuple[str, ...] = ()


def astray_of_event(session: ReadSession, event_id: str) -> Astray | None:
    """Return the device of a difference; None where the difference is of another kind."""
    row = session.get(ManifestEvent, event_id)
    if row is None or row.kind != Kind.DIFFERENCE or row.data.get("kind") != Difference.EXTRA:
        return None
    item = session.get(RepairItem, row.item_id) if row.item_id else transfers.item_of_extra(session, row)
    if item is not None:
        return _known(session, item, event_id)
    number, begun = transfers.begun_for(session, row)
    if number:
        return Astray(begun.id if begun else "", event_id, begun.label_no if begun else "", row.serial_no, ())
    return _unknown(session, row)


def _unknown(session: ReadSession, row: ManifestEvent) -> Astray:
    """Return a device whose record is not here: an order is begun from it, or the outlet on its label is told."""
    manifest = session.get(Manifest, row.manifest_id)
    heard = {manifest.site_id, manifest.to_site_id} if manifest is not None else set()
    outlets = tuple(one for one in sites(session) if one.is_outlet and one.id not in heard)
    names = {one.id: one.name for one in outlets}
    facts = session.scalars(
        select(ManifestEvent).where(
            ManifestEvent.manifest_id == row.manifest_id, ManifestEvent.kind == Kind.TOLD.value
        )
    )  # fmt: skip
    said = [str(one.data.get("to_site", "")) for one in facts if one.data.get("of") == row.id]
    likely = _labelled_by(session, row.label_no)
    return Astray(
        "", row.id, row.label_no, row.serial_no, (Way.BEGIN, Way.TELL) if outlets else (Way.BEGIN,), "", outlets,
        likely if likely in names else "", tuple(dict.fromkeys(names.get(one, "") for one in said if one)),
    )  # fmt: skip


_OF_STATION = 6
"""The letter of a label and the number of the computer that gave it."""


def _labelled_by(session: ReadSession, label_no: str) -> str:
    """Return the site of the newest order on record whose device was labelled at the same computer."""
    start = label_no[:_OF_STATION]
    if len(start) < _OF_STATION:
        return ""
    return session.scalar(
        select(RepairOrder.site_id)
        .join(RepairItem, RepairItem.order_id == RepairOrder.id)
        .where(RepairItem.label_no > start, RepairItem.label_no < f"{start}:")
        .order_by(RepairItem.n.desc())
        .limit(1)
    ) or ""  # fmt: skip


def astray_of_item(session: ReadSession, item_id: str) -> Astray | None:
    """Return a device that came without a paper, or was taken in at a depot without a counter; else None."""
    item = session.get(RepairItem, item_id)
    if item is None:
        return None
    here = session.get(Site, the_site(session))
    only_depot = here is not None and here.is_depot and not here.is_outlet
    if item.work_state == WorkState.CHECKED_IN and only_depot:
        return _known(session, item, "")
    noted = session.scalars(
        select(ManifestEvent).where(
            ManifestEvent.label_no == item.label_no, ManifestEvent.kind == Kind.DIFFERENCE.value
        )
    )
    extra = next((row for row in noted if row.data.get("kind") == Difference.EXTRA), None)
    return _known(session, item, extra.id) if extra is not None else None


def _known(session: ReadSession, item: RepairItem, event_id: str) -> Astray:
    own = the_site(session)
    here, order = session.get(Site, own), session.get(RepairOrder, item.order_id)
    device = session.get(Device, item.device_id)
    home = session.get(Site, order.site_id) if order is not None else None
    foreign = home is not None and not transfers.same_site(session, home.id, own)
    ways: tuple[Way, ...] = ()
    if not transfers.elsewhere(session, own, [item.id]) and transfers.on_draft(session, item.id) is None:
        ways = _ways(WorkState(item.work_state), here, foreign)
    return Astray(
        item.id, event_id, item.label_no, device.serial_no if device is not None else "", ways,
        (home.short_name or home.name) if home is not None and foreign else "",
    )  # fmt: skip


def _ways(state: WorkState, here: Site | None, foreign: bool) -> tuple[Way, ...]:
    if state is WorkState.QUARANTINED:
        return (Way.RELEASE,)
    roles = [name for name, held in (("outlet", here and here.is_outlet), ("depot", here and here.is_depot)) if held]
    possible = {move.name for move in legal(state, roles)}
    by_record_on_its_way = state not in (WorkState.CHECKED_IN, WorkState.READY_FOR_PICKUP)
    take_in = Way.TAKE_IN in possible and (foreign or by_record_on_its_way or roles == ["depot"])
    return tuple(
        way for way, may in ((Way.TAKE_IN, take_in), (Way.SEND_HOME, foreign and Way.SEND_HOME in possible)) if may
    )
