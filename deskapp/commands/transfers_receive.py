"""Receiving line by line at the far end: by the record, or on the scanned paper before any record has come.

What is scanned is a fact of the manifest. Where the device's own record is here and on its way, the move and
the hop are made in the same act; otherwise `match_arrivals` makes them when the record comes (docs/decisions/0009).
"""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.entry import Entry
from deskapp.commands.papers import queue
from deskapp.commands.transfers_desk import UNSIGNED, Signatures, courier_of, event, sign
from deskapp.commands.transfers_loaners import expected_loaner, into_pool
from deskapp.commands.transfers_papers import discrepancy_card, manifest_card
from deskapp.commands.transfers_taking import Receipt, differ, shelf_named, take_in
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import TamperResult
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import IN_TRANSIT, TO_QUARANTINE, Difference, Kind, Line, State, View
from deskapp.rules.transfers import manifest_id as id_of
from deskapp.rules.transfers_code import read


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody saw of one device: nothing of it has a default that passes.

    `tamper` is `ok` or `suspect`; `seal_ok` says that the bag's seal was whole and bore its number (None where the
    line has no bag); `missing_accessories` are words; `photos` belong to whatever is not in order.
    """

    serial_no: str
    tamper: str = ""
    seal_ok: bool | None = None
    seal_no: str = ""
    accessories_ok: bool | None = None
    missing_accessories: str = ""
    words: str = ""
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A line that was received: what was not in order, whether it went into quarantine or waits for its record."""

    event_id: str
    label_no: str
    differences: tuple[str, ...]
    quarantined: bool
    waits: bool
    received: int
    expected: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A paper that was scanned: `known` says that its record is here; else how many of its codes were read."""

    manifest_id: str
    number: str
    known: bool
    read: int
    parts: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A receipt that was signed: how many came, how many are missing, how many differences are open."""

    number: str
    received: int
    missing: int
    differences: int


@command(N_("Begin to receive from the paper"), right="transfer")
def take_paper(write: Write, *, code: str) -> Taken:
    """Read the large code of a manifest; where the record is not here, the paper's lines stand in for it."""
    said = read(code)
    identity = id_of(said.number)
    known = write.session.get(Manifest, identity) is not None
    view = transfers.view_of(write.session, identity)
    seen = {int(fact.data.get("part", 0)) for fact in view.papers}
    if not known and said.part not in seen:
        event(write, identity, Kind.PAPER, data={
            "number": said.number, "part": said.part, "parts": said.parts, "type": said.type.value,
            "count": said.count, "from": said.from_code, "to": said.to_code, "seals": list(said.seals),
            "lines": [[line.label_no, line.tail, line.seal, line.accessories] for line in said.lines],
            "to_site": write.site_id,
        })  # fmt: skip
        seen.add(said.part)
    return Taken(identity, said.number, known, len(seen), said.parts)


@command(N_("Receive a device"), right="transfer")
def receive_line(
    write: Write, *, manifest_id: str, scanned: str, looked: Looked, courier: str, shelf: str = ""
) -> Received:
    """Take one device of a manifest in. `scanned` is its label; the serial number is read from the case.

    Raises Refused with a code for the tone: `again`, `extra` (not on this manifest), `check`, `state`, and at
    its field for what was not answered. What does not match is kept as a difference and quarantines the device.
    """
    view = open_view(write, manifest_id)
    loaner = view.type is ManifestType.LOANER
    line = expected_loaner(write, view, parse_scan(scanned).number) if loaner else view.line(_label(scanned))
    label = line.label_no if line is not None else parse_scan(scanned).number
    if line is None:
        raise Refused(N_("{label} is not on this manifest."), field="scan", code="extra", label=label)
    if line.received is not None:
        raise Refused(N_("{label} was received already."), field="scan", code="again", label=label)
    second, name = courier_of(write, courier)
    serial = Entry().take("serial_no", looked.serial_no or (label if loaner else ""), "serial_no", needed=True)
    found = _differences(line, looked, serial)
    words = Entry().note(looked.words, "words")
    item = transfers.item_by_label(write.session, label) if not loaner else None
    ready = item is not None and WorkState(item.work_state) in IN_TRANSIT
    name_here = write.actor.name or write.actor.staff_no
    data: dict[str, object] = {
        "tamper": looked.tamper, "seal_ok": looked.seal_ok, "accessories_ok": looked.accessories_ok,
        "second": second, "station": write.station_no, "to_site": write.site_id, "photos": len(looked.photos),
        "shelf": shelf_named(write, shelf).code if shelf.strip() else "", "differences": [one.value for one in found],
    }  # fmt: skip
    receipt = Receipt(manifest_id, name, name_here, line.seal_no, words, data)
    if loaner:
        data["loaner"] = True
        into_pool(write, line, found)
    elif item is not None and ready:
        data |= take_in(write, item, receipt, found)
    item_id = item.id if item is not None and ready else ""
    row = event(
        write, manifest_id, Kind.RECEIVE, item_id=item_id, label_no=label, serial_no=serial,
        seal_no=looked.seal_no or line.seal_no, words=words, giver=name, taker=name_here, data=data,
    )  # fmt: skip
    for kind in found:
        expected, seen = _both(kind, line, looked, serial)
        differ(
            write, manifest_id, kind, expected=expected, found=seen, of=row.id, photos=looked.photos, item_id=item_id,
            label_no=label, serial_no=serial, seal_no=line.seal_no, words=words,
        )  # fmt: skip
    return Received(
        row.id,
        label,
        tuple(found),
        bool(TO_QUARANTINE & set(found)),
        not ready and not loaner,
        view.received + 1,
        view.expected,
    )


def open_view(write: Write, manifest_id: str) -> View:
    """Return a manifest that can be received here; raises Refused for a draft and for our own."""
    view = transfers.view_of(write.session, manifest_id)
    manifest = write.session.get(Manifest, manifest_id)
    ours = manifest is not None and transfers.same_site(write.session, manifest.site_id, write.site_id)
    # A draft of another site may have left: the news of its hand-over travels behind the van.
    if view.state is State.CANCELLED or (view.state is State.DRAFT and (ours or manifest is None)):
        raise Refused(N_("Nothing of this manifest is under way."), field="manifest", code="state")
    if ours and manifest is not None and manifest.to_site_id:
        raise Refused(N_("This manifest leaves from here; the other site receives it."), field="manifest", code="own")
    return view


def _label(scanned: str) -> str:
    scan = parse_scan(scanned)
    if scan.problem == "check":
        raise Refused(PROBLEMS["check"], field="scan", code="check")
    if scan.kind is not ScanKind.LABEL:
        raise Refused(N_("Scan the label of the device first."), field="scan", code="kind")
    return scan.number


def _differences(line: Line, looked: Looked, serial: str) -> list[Difference]:
    """Return what is not as it should be; raises Refused at whatever was not answered."""
    if looked.tamper not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper", code="missing")
    # What is suspicious is left as it is and goes into quarantine: nothing else holds it up, nor the rest of the van.
    whole = looked.tamper == TamperResult.OK
    if whole and line.seal_no and looked.seal_ok is None:
        raise Refused(N_("Is the seal of the bag whole?"), field="seal", code="missing")
    if whole and line.accessories and looked.accessories_ok is None:
        raise Refused(N_("Are all accessories there?"), field="accessories", code="missing")
    found = []
    if not line.fits_serial(serial):
        found.append(Difference.WRONG_SERIAL)
    other_seal = looked.seal_no and line.seal_no and "".join(looked.seal_no.split()).upper() != line.seal_no
    if looked.seal_ok is False or other_seal:
        found.append(Difference.SEAL_BROKEN)
    if looked.tamper == TamperResult.SUSPECT:
        found.append(Difference.TAMPER)
    if looked.accessories_ok is False:
        found.append(Difference.ACCESSORIES)
    return found


def _both(kind: Difference, line: Line, looked: Looked, serial: str) -> tuple[str, str]:
    """Return what was written and what was found."""
    if kind is Difference.WRONG_SERIAL:
        return (f"…{line.serial_no}" if line.tail else line.serial_no), serial
    if kind is Difference.SEAL_BROKEN:
        return line.seal_no, looked.seal_no
    if kind is Difference.ACCESSORIES:
        return str(line.accessories), Entry().note(looked.missing_accessories, "accessories")
    return "", ""


# -- the end ------------------------------------------------------------------------------


@command(N_("Finish receiving"), right="transfer")
def finish_receipt(
    write: Write, *, manifest_id: str, rest: str, courier: str, signatures: Signatures = UNSIGNED,
    words: str = "",
) -> Finished:  # fmt: skip
    """Sign for what came. `rest` says what of the lines that did not: `missing`, or `later` with another van.

    Prints the received manifest, and the note of differences where there are any.
    """
    if rest not in ("missing", "later"):
        raise Refused(N_("What did not come: is it missing, or does it come later?"), field="rest", code="missing")
    view = open_view(write, manifest_id)
    second, name = courier_of(write, courier)
    left = [line for line in view.lines if line.received is None]
    noted = {one.fact.label_no for one in view.differences if one.kind is Difference.MISSING}
    said = Entry().note(words, "words")
    for line in left if rest == "missing" else ():
        if line.label_no not in noted:
            differ(
                write, manifest_id, Difference.MISSING, expected=line.label_no, item_id=line.item_id,
                label_no=line.label_no, serial_no=line.serial_no, seal_no=line.seal_no, words=said,
            )  # fmt: skip
    closed = event(
        write, manifest_id, Kind.CLOSE, giver=name, taker=write.actor.name or write.actor.staff_no, words=said,
        data={"rest": rest, "received": view.received, "left": len(left), "second": second,
              "signed": bool(signatures.giver and signatures.taker), "to_site": write.site_id},
    )  # fmt: skip
    sign(write, closed, signatures)
    queue(write, manifest_card(write, manifest_id), subject_kind="manifest", subject_id=manifest_id)
    note = discrepancy_card(write, manifest_id)
    if note.lines:
        queue(write, note, subject_kind="manifest", subject_id=manifest_id)
    after = transfers.view_of(write.session, manifest_id)
    return Finished(note.number, after.received, len(left), after.open_differences)
