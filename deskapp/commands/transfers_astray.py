"""What came without a paper: taken in where it stands, sent home, or begun as an order from the device alone.

A known device goes into quarantine first, because its chain has a gap; two people release it, then it goes on here.
A device whose record is not here gets an order of its own; when the sender's record comes, that one goes on
(`transfers_arrivals.match_arrivals`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Photo, Terms
from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, item_of, move
from deskapp.commands.transfers import site_named
from deskapp.commands.transfers_desk import event
from deskapp.commands.transfers_papers import Head
from deskapp.commands.transfers_taking import settle_card, shelf_named
from deskapp.errors import N_, Refused
from deskapp.models import folding, transfers
from deskapp.models.device import Device
from deskapp.models.people import Shelf, Site
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.stock import Attachment
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import Difference, Kind, plain_serial

NO_CAMERA = "no_camera"


@dataclass(frozen=True, slots=True)
class Kept:
    """A device that stays here, or goes home from here: its label, and the order that was begun for it, if any."""

    item_id: str
    label_no: str
    order_no: str = ""
    quarantined: bool = False
    home: str = ""


@command(N_("Take in what came without a paper"), right="transfer")
def take_in_here(
    write: Write, *, item_id: str, serial_no: str, tamper_result: str, shelf: str = "", reason: str = ""
) -> Kept:
    """Let a device go on at this site although no manifest brought it: at a depot to the bench, else to the counter.

    Raises Refused at `serial_no` where the case bears another number, at `tamper_result` where nobody looked.
    """
    item = _released(write, item_id, serial_no, tamper_result)
    place = shelf_named(write, shelf) if shelf.strip() else None
    move(write, item, "take_in_here", {
        **_looked(write, item, tamper_result, Entry().note(reason, "reason")), "shelf": place.code if place else "",
    })  # fmt: skip
    _lay(write, item, place, tamper_result)
    _settle_extras(write, item, N_("taken in here"))
    return Kept(item.id, item.label_no)


@command(N_("Send home what came without a paper"), right="transfer")
def send_home(
    write: Write, *, item_id: str, serial_no: str, tamper_result: str, shelf: str = "", reason: str = ""
) -> Kept:
    """Let a device of another site wait for the next van to its own: it can be packed on a manifest back from now on.

    Raises Refused where it belongs to this site, and as `take_in_here`.
    """
    item = _released(write, item_id, serial_no, tamper_result)
    home = write.session.get(Site, write.session.get_one(RepairOrder, item.order_id).site_id)
    if home is None or transfers.same_site(write.session, home.id, write.site_id):
        raise Refused(N_("{label} belongs to this site: nothing has to travel."), field="home", code="own",
                      label=item.label_no)  # fmt: skip
    place = shelf_named(write, shelf) if shelf.strip() else None
    records = _looked(write, item, tamper_result, Entry().note(reason, "reason"))
    move(write, item, "send_home", {**records, "home": home.id})
    _lay(write, item, place, tamper_result)
    _settle_extras(write, item, N_("goes back to its own site"))
    return Kept(item.id, item.label_no, home=home.short_name or home.name)


def _released(write: Write, item_id: str, serial_no: str, tamper_result: str) -> RepairItem:
    """Return a device that stands here; raises Refused while it is in quarantine, and for another unit."""
    item = item_of(write, item_id)
    if WorkState(item.work_state) is WorkState.QUARANTINED:
        raise Refused(N_("{label} is in quarantine: two people release it first."), field="tamper_result",
                      code="quarantined", label=item.label_no)  # fmt: skip
    if transfers.on_draft(write.session, item.id) is not None:
        raise Refused(N_("{label} is being packed here: take it off the manifest first."), field="serial_no",
                      code="packed", label=item.label_no)  # fmt: skip
    serial = Entry().take("serial_no", serial_no, "serial_no", needed=True)
    device = write.session.get(Device, item.device_id)
    if device is not None and plain_serial(serial) != plain_serial(device.serial_no):
        raise Refused(N_("The case bears another serial number than the record of {label}: put it into quarantine."),
                      field="serial_no", code="other_serial", label=item.label_no)  # fmt: skip
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    return item


def _looked(write: Write, item: RepairItem, tamper_result: str, reason: str) -> dict[str, object]:
    accessories = write.session.scalars(select(AccessoryItem.kind).where(AccessoryItem.item_id == item.id)).all()
    return {
        "reason": reason or "came without a paper", "serial_match": True, "tamper_result": tamper_result,
        "accessories": list(accessories), "site": write.site_id, "photos": "not_due",
    }  # fmt: skip


def _lay(write: Write, item: RepairItem, place: Shelf | None, tamper_result: str) -> None:
    """Lay it onto a shelf of this site, where it does not lie there already."""
    name = write.actor.name or write.actor.staff_no
    target = Holder.SHELF.value + (f":{place.code}" if place else "")
    item.shelf_id = place.id if place else ""
    write.session.flush()
    if folding.custody_of(write.session, item.id).holder != target:
        hop(write, item, target, giver=name, taker=name, tamper_result=tamper_result, place=place.code if place else "")


def _settle_extras(write: Write, item: RepairItem, decision: str) -> None:
    """Settle what was noted when the device came; `decision` is a message id, shown in the language of who reads."""
    rows = write.session.scalars(
        select(ManifestEvent).where(
            ManifestEvent.kind == Kind.DIFFERENCE.value, ManifestEvent.label_no == item.label_no
        )
    ).all()
    for row in rows:
        if row.data.get("kind") == Difference.EXTRA:
            _settle(write, row, decision, {})


def _settle(write: Write, row: ManifestEvent, words: str, more: dict[str, object]) -> None:
    open_ones = [one for one in transfers.view_of(write.session, row.manifest_id).differences if one.fact.uid == row.id]
    if any(one.settled is None for one in open_ones):
        event(write, row.manifest_id, Kind.SETTLE, item_id=row.item_id, label_no=row.label_no, words=words,
              data={"of": row.id, "to_site": write.site_id, **more})  # fmt: skip
        settle_card(write, row, words)


@command(N_("Tell the outlet of a device that came without a paper"), right="transfer")
def tell_outlet(write: Write, *, event_id: str, to: str) -> str:
    """Let the outlet whose device this is hear of it, though the van came from another one; returns its name.

    The note of the device goes to that outlet too, which matches it with its record by label or serial number; the
    record follows to where the device stands. Raises Refused where the record is here by now.
    """
    row = write.session.get(ManifestEvent, event_id)
    if row is None or row.kind != Kind.DIFFERENCE or row.data.get("kind") != Difference.EXTRA:
        raise Refused(N_("This is no device that came without a line."), field="outlet", code="unknown")
    if row.item_id or transfers.item_of_extra(write.session, row) is not None:
        raise Refused(N_("Its record is here by now: release it, then take it in."), field="outlet", code="known")
    site = site_named(write, to)
    event(write, row.manifest_id, Kind.TOLD, label_no=row.label_no, serial_no=row.serial_no,
          data={"of": row.id, "to_site": site.id})  # fmt: skip
    return site.short_name or site.name


# -- from the device alone ------------------------------------------------------------------


@command(N_("Begin an order from the device"), right="transfer")
def begin_from_device(
    write: Write, *, event_id: str, serial_no: str, tamper_result: str, model: str, fault: str = "", shelf: str = ""
) -> Kept:
    """Begin an order for a device that came without a line and is on no record here; returns its new label.

    Nobody knows its merchant yet: the sender's telephone stands in, and the batch counts as not known. `model` is what
    stands on the case. Raises Refused where the record has come meanwhile.
    """
    row = write.session.get(ManifestEvent, event_id)
    if row is None or row.kind != Kind.DIFFERENCE or row.data.get("kind") != Difference.EXTRA:
        raise Refused(N_("This is no device that came without a line."), field="serial_no", code="unknown")
    if row.item_id or transfers.item_of_extra(write.session, row) is not None:
        raise Refused(N_("Its record is here by now: release it, then take it in."), field="serial_no", code="known")
    if transfers.begun_for(write.session, row)[0]:
        raise Refused(N_("An order was begun for this device already."), field="serial_no", code="again")
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper_result", code="missing")
    place = shelf_named(write, shelf) if shelf.strip() else None
    head = Head(write, write.session.get(Manifest, row.manifest_id),
                transfers.view_of(write.session, row.manifest_id))  # fmt: skip
    here = write.session.get_one(Site, write.site_id)
    photos = _photos(write, row.id)
    form = DeviceForm(
        serial_no=serial_no or row.serial_no, tamper=tamper_result, batch="unknown",
        words=fault or row.words or head.number, model_words=model, condition_words=row.words or head.number,
        photos=photos, no_photo_reason="" if photos else NO_CAMERA, accessories=_NOTHING, is_new=True,
    )  # fmt: skip
    done = check_in(
        devices=(form,), terms=Terms(data_notice=True), channel="counter", shelf_id=place.id if place else "",
        deliverer=Deliverer(row.giver or head.from_name or here.name, head.from_phone or here.phone or here.hotline),
    ).run(write)  # fmt: skip
    one = done.devices[0]
    item = item_of(write, one.item_id)
    write.session.flush()
    if here.is_depot and not here.is_outlet and not one.quarantined:
        move(write, item, "take_in_here", {
            **_looked(write, item, tamper_result, head.number), "shelf": place.code if place else "",
        })  # fmt: skip
    _settle(write, row, done.order_no, {"begun": item.id})
    return Kept(item.id, item.label_no, done.order_no, one.quarantined)


_NOTHING: tuple[AccessoryForm, ...] = ()


def _photos(write: Write, event_id: str) -> tuple[Photo, ...]:
    """Return the photos that were taken when it was noted: they are the device's too."""
    rows: Sequence[Attachment] = write.session.scalars(
        select(Attachment).where(Attachment.subject_id == event_id, Attachment.mime.like("image/%"))
    ).all()
    return tuple(Photo(row.sha256, row.mime, row.size, "damage", row.caption, row.thumbnail) for row in rows)
