"""Putting devices onto shelves, one scan after the other."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.commands.moves import hop, item_of, settle_todo
from deskapp.commands.transfers_taking import shelf_named
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.people import Shelf
from deskapp.models.store import Write, command
from deskapp.rules.custody import Holder, TamperResult, kind_of

QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A device that was put somewhere else: where it is now, and where it lay before (empty: on no shelf)."""

    item_id: str
    label_no: str
    shelf: str
    before: str


@command(N_("Put a device onto a shelf"), right="transfer")
def put_on_shelf(write: Write, *, item_id: str, shelf: str) -> Shelved:
    """Hand a device that lies on a shelf over to another shelf of this site; an empty code means no shelf.

    Raises Refused with a code for the tone: `again` it lies there already, `place` another site has it, `state` it is
    on a bench or in quarantine, and leaves there by its own move only.
    """
    item = item_of(write, item_id)
    if transfers.elsewhere(write.session, write.site_id, [item.id]):
        raise Refused(N_("By the record {label} is at another site."), field="scan", code="place", label=item.label_no)
    if not item.holder or kind_of(item.holder) is not Holder.SHELF:
        raise Refused(N_("{label} does not lie on a shelf by the record; it is moved where it is worked on."),
                      field="scan", code="state", label=item.label_no)  # fmt: skip
    place = shelf_named(write, shelf) if shelf.strip() else None
    if place is not None and place.use == QUARANTINE:
        raise Refused(N_("Onto this shelf go devices in quarantine only."), field="shelf", code="use")
    old = write.session.get(Shelf, item.shelf_id) if item.shelf_id else None
    if (place.id if place else "") == item.shelf_id:
        raise Refused(N_("{label} lies there already."), field="scan", code="again", label=item.label_no)
    item.shelf_id = place.id if place else ""
    name, code = write.actor.name or write.actor.staff_no, place.code if place else ""
    hop(
        write, item, Holder.SHELF.value + (f":{code}" if code else ""), giver=name, taker=name, place=code,
        tamper_result=TamperResult.NOT_DUE.value,
    )  # fmt: skip
    if code:
        settle_todo(write, item.id, "shelf", "shelved")
    return Shelved(item.id, item.label_no, code, old.code if old else "")
