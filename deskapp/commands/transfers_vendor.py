"""Back from the maker: one device at a time, with the maker's result and, where it was exchanged, the new number."""

from __future__ import annotations

from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, move, raise_card
from deskapp.commands.transfers_desk import courier_of, event, manifest_of
from deskapp.commands.transfers_receive import Received
from deskapp.commands.transfers_taking import isolate, last_move, shelf_named
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.store import Write, command
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import Kind, plain_serial

RESULTS = ("repaired", "exchanged", "unrepairable", "no_fault")
"""What a maker can say."""


@command(N_("Back from the maker"), right="transfer")
def receive_from_vendor(
    write: Write, *, manifest_id: str, label_no: str, result: str, serial_no: str, tamper_result: str,
    courier: str, shelf: str = "", words: str = "",
) -> Received:  # fmt: skip
    """Take one device back from the maker; it goes on where it was when it left, a suspicious one after quarantine.

    Another serial number is taken only with the result `exchanged`; a card asks a supervisor for the swap.
    """
    row = manifest_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    line = view.line(label_no)
    if row.kind != ManifestType.VENDOR or line is None or view.sent is None:
        raise Refused(N_("{label} is not at the maker by this manifest."), field="scan", code="extra", label=label_no)
    if line.received is not None:
        raise Refused(N_("{label} was received already."), field="scan", code="again", label=label_no)
    if result not in RESULTS:
        raise Refused(N_("What does the maker say?"), field="result", code="missing")
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper", code="missing")
    serial = Entry().take("serial_no", serial_no, "serial_no", needed=True)
    other = plain_serial(serial) != plain_serial(line.serial_no)
    if other and result != "exchanged":
        raise Refused(N_("Another unit came back. Was it exchanged?"), field="serial_no", code="other_serial")
    if not other and result == "exchanged":
        raise Refused(N_("This is the same unit that was sent."), field="result", code="same_serial")
    _second, name = courier_of(write, courier)
    item = transfers.item_by_label(write.session, label_no)
    assert item is not None, "a device at the maker was packed here"
    said = Entry().note(words, "words")
    records = {"vendor_result": result, "serial_no": serial, "tamper_result": tamper_result}
    move(write, item, "back_from_vendor", records)
    work = [last_move(write, item)]
    suspect = tamper_result == TamperResult.SUSPECT
    place = shelf_named(write, shelf) if shelf.strip() and not suspect else None
    item.shelf_id = place.id if place else ""
    holder = Holder.QUARANTINE.value if suspect else Holder.SHELF.value + (f":{place.code}" if place else "")
    taker = write.actor.name or write.actor.staff_no
    back = hop(
        write, item, holder, giver=name, taker=taker, tamper_result=tamper_result, place=place.code if place else "",
    )  # fmt: skip
    if suspect:
        work.append(isolate(write, item, said or "tamper"))
    fact = event(
        write, row.id, Kind.RECEIVE, item_id=item.id, label_no=label_no, serial_no=serial, words=said, giver=name,
        taker=write.actor.name or write.actor.staff_no,
        data={"tamper": tamper_result, "result": result, "work": work, "hops": [back.id], "differences": []},
    )  # fmt: skip
    if other:
        device = write.session.get(Device, item.device_id)
        raise_card(write, "vendor_exchanged", "repair_item", item.id, words=serial,
                   data={"old": device.serial_no if device else "", "new": serial})  # fmt: skip
    if view.received + 1 == len(view.lines):
        event(write, row.id, Kind.CLOSE, giver=name, taker=write.actor.name or write.actor.staff_no,
              data={"rest": "missing", "received": len(view.lines)})  # fmt: skip
    return Received(fact.id, label_no, (), suspect, False, view.received + 1, len(view.lines))
