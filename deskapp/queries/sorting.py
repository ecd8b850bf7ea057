"""Where a device belongs: what somebody who sorts a table full of devices wants to hear at each scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from deskapp.errors import N_
from deskapp.models import transfers
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import ReadSession
from deskapp.queries.dayend import Meaning, shelf_scan
from deskapp.rules.custody import Holder, kind_of
from deskapp.rules.states import STATE_TITLES
from deskapp.rules.states import WorkState as S


@dataclass(frozen=True, slots=True)
class Sorted:
    """The answer to one scan. `words` is a message id with `values`; `fits` is False for what does not belong here.

    `shelf` is where it lies by the record, `movable` whether it can be put onto another shelf.
    """

    code: str
    words: str
    values: Mapping[str, object] = field(default_factory=dict)
    fits: bool = True
    item_id: str = ""
    label_no: str = ""
    model: str = ""
    shelf: str = ""
    movable: bool = False


def sort_scan(session: ReadSession, text: str) -> Sorted:
    """Return where a scanned device belongs; never an error, whatever the code is."""
    seen = shelf_scan(session, text)
    if seen.meaning is Meaning.LOANER:
        return Sorted(seen.serial_no, N_("Loaner: into the pool"), model=seen.model)
    if seen.meaning in (Meaning.MISREAD, Meaning.ACCESSORY, Meaning.FOREIGN):
        return Sorted(seen.text, _STRANGE[seen.meaning], fits=False)
    item = session.get_one(RepairItem, seen.item_id) if seen.item_id else None
    if item is None or seen.meaning is Meaning.GONE:
        words = N_("By the record it is not here: “{state}”. Put it aside")
        state = STATE_TITLES[S(item.work_state)] if item is not None else N_("lent out")
        code = seen.label_no or seen.text
        return Sorted(code, words, {"state": state}, False, seen.item_id, seen.label_no, seen.model)
    words, values = _belongs(session, item)
    return Sorted(
        item.label_no, words, values, True, item.id, item.label_no, seen.model, _shelf(session, item),
        kind_of(item.holder) is Holder.SHELF,
    )  # fmt: skip


_STRANGE: Final = {
    Meaning.MISREAD: N_("Misread: scan it again"),
    Meaning.ACCESSORY: N_("An accessory: scan the device it belongs to"),
    Meaning.FOREIGN: N_("Not on record: put it aside"),
}

_PLACES: Final[Mapping[S, str]] = {
    S.COUNTER_SERVICE: N_("Small service at the counter"),
    S.DEPOT_RECEIVED: N_("To the bench"),
    S.REPAIRING: N_("Bench: in repair"),
    S.DIAGNOSING: N_("Bench: being diagnosed"),
    S.AWAITING_APPROVAL: N_("Shelf: the merchant has to agree first"),
    S.AWAITING_PARTS: N_("Shelf: waits for a part"),
    S.AWAITING_KEY_LOAD: N_("Key room"),
    S.QC_TESTING: N_("To the test bench"),
    S.QUARANTINED: N_("Quarantine store: two people release it"),
    S.AWAITING_DISPATCH: N_("Packed: with the courier's bags"),
    S.READY_FOR_PICKUP: N_("Pickup shelf"),
    S.ABANDONED: N_("Long storage"),
}


def _belongs(session: ReadSession, item: RepairItem) -> tuple[str, Mapping[str, object]]:
    state = S(item.work_state)
    if state in (S.AWAITING_RETURN, S.DECLINED):
        home = _home(session, item)
        here = session.get(Site, transfers.this_site(session))
        if home is not None and here is not None and home.code != here.code:
            return N_("Back to {site}"), {"site": home.short_name or home.name}
        return _PLACES[S.READY_FOR_PICKUP], {}
    if state is S.CHECKED_IN:
        here = session.get(Site, transfers.this_site(session))
        return (_PLACES[S.DEPOT_RECEIVED] if here is not None and here.is_depot else N_("To the depot: pack it")), {}
    if state in (S.REPAIRING, S.DIAGNOSING) and item.technician_id:
        person = session.get(Staff, item.technician_id)
        return N_("Bench of {name}"), {"name": person.name if person else ""}
    return _PLACES.get(state, STATE_TITLES[state]), {}


def _home(session: ReadSession, item: RepairItem) -> Site | None:
    order = session.get(RepairOrder, item.order_id)
    return session.get(Site, order.site_id) if order is not None else None


def _shelf(session: ReadSession, item: RepairItem) -> str:
    row = session.get(Shelf, item.shelf_id) if item.shelf_id else None
    return row.code if row else ""
