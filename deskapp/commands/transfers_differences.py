"""What does not match: a device nobody listed, a receipt taken back, a decision, photos that come later."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.entry import Entry
from deskapp.commands.moves import settle
from deskapp.commands.transfers_desk import courier_of, event
from deskapp.commands.transfers_loaners import out_of_pool_undone
from deskapp.commands.transfers_receive import Received, open_view
from deskapp.commands.transfers_taking import differ, note_astray, number_of, settle_card
from deskapp.errors import N_, Refused
from deskapp.models import folding, transfers
from deskapp.models.repair import CustodyEvent, RepairItem, ReviewCard, WorkEvent
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import is_ours
from deskapp.rules.lifecycle import HELD
from deskapp.rules.numbers import PROBLEMS, ScanKind, parse_scan
from deskapp.rules.states import WorkState
from deskapp.rules.transfers import DIFFERENCE_TITLES, Difference, Kind


@command(N_("Note a device that is not on the manifest"), right="transfer")
def note_extra(
    write: Write, *, manifest_id: str, scanned: str, serial_no: str = "", words: str = "",
    photos: tuple[Photo, ...] = (), courier: str = "",
) -> Received:  # fmt: skip
    """Keep that a device came which the manifest does not list; a known one goes into quarantine, its chain has a gap.

    Raises Refused with the code `other_manifest` where it travels on another paper: it is received there.
    """
    view = open_view(write, manifest_id)
    scan = parse_scan(scanned)
    if scan.problem == "check":
        raise Refused(PROBLEMS["check"], field="scan", code="check")
    label = scan.number if scan.kind is ScanKind.LABEL else ""
    if label and view.line(label) is not None:
        raise Refused(N_("{label} is on this manifest."), field="scan", code="listed", label=label)
    if any(fact.label_no == label and label or fact.serial_no == scan.number for fact in view.extras):
        raise Refused(N_("{label} is noted already."), field="scan", code="again", label=scan.number[:40])
    item = _item(write, manifest_id, label)
    serial = Entry().take("serial_no", serial_no or ("" if label else scan.number), "serial_no", needed=not label)
    said = Entry().note(words, "words")
    giver = courier_of(write, courier)[1] if courier.strip() else ""  # it stood there, and nobody gave it
    held = item is not None and WorkState(item.work_state) in HELD
    more = {}
    if item is not None and held:
        reason = "; ".join(part for part in (DIFFERENCE_TITLES[Difference.EXTRA], said) if part)
        more = note_astray(write, item, manifest_id, giver, reason, bool(photos))
    row = differ(
        write, manifest_id, Difference.EXTRA, found=label or serial, photos=photos, more=more,
        item_id=item.id if item is not None else "", label_no=label, serial_no=serial, words=said, giver=giver,
        taker=write.actor.name or write.actor.staff_no,
    )  # fmt: skip
    return Received(row.id, label or serial, (Difference.EXTRA,), held, item is None, view.received, view.expected)


def _item(write: Write, manifest_id: str, label: str) -> RepairItem | None:
    """Return the device of a label where it is known; raises Refused where its place is known to be another."""
    if not label:
        return None
    carried = transfers.carried_by(write.session, label)
    if carried is not None and carried.manifest_id != manifest_id and _for_us(write, carried.manifest_id):
        raise Refused(N_("{label} travels on manifest {number}: receive it there."), field="scan",
                      code="other_manifest", label=label, number=number_of(write, carried.manifest_id))  # fmt: skip
    item = transfers.item_by_label(write.session, label)
    if (
        item is not None
        and is_ours(item.holder or None)
        and not transfers.elsewhere(write.session, write.site_id, [item.id])
    ):
        raise Refused(N_("{label} is here already, by the record."), field="scan", code="here", label=label)
    return item


def _for_us(write: Write, manifest_id: str) -> bool:
    """Tell whether a manifest is addressed to this site; what travels to another and stands here has gone astray."""
    row = write.session.get(Manifest, manifest_id)
    return row is None or transfers.same_site(write.session, row.to_site_id, write.site_id)


@command(N_("Undo a receipt"), right="transfer")
def undo_receive(write: Write, *, event_id: str) -> str:
    """Take the receipt of one device back while nothing was done with it since; returns its label."""
    row = write.session.get(ManifestEvent, event_id)
    events = transfers.events_of(write.session, row.manifest_id) if row is not None else []
    if row is None or row.kind not in (Kind.RECEIVE, Kind.DIFFERENCE) or any(one.voids == row.id for one in events):
        raise Refused(N_("There is nothing to take back."), field="scan", code="unknown")
    item = write.session.get(RepairItem, row.item_id) if row.item_id else None
    work = [str(one) for one in row.data.get("work", [])]
    if item is not None and work:
        history = folding.work_of(write.session, item.id).history
        if [fact.uid for fact in history[-len(work) :]] != work:
            raise Refused(N_("{label} has moved on since; this cannot be taken back."), field="scan", code="moved_on",
                          label=row.label_no)  # fmt: skip
        _void(write, item, work, [str(one) for one in row.data.get("hops", [])])
    if row.data.get("loaner") and row.kind == Kind.RECEIVE:
        out_of_pool_undone(write, row.label_no)
    for one in (row, *(one for one in events if one.kind == Kind.DIFFERENCE and one.data.get("of") == row.id)):
        event(write, row.manifest_id, Kind.UNRECEIVE, item_id=one.item_id, label_no=one.label_no, voids=one.id)
        if one.kind == Kind.DIFFERENCE:
            settle_card(write, one, "undone")
    return row.label_no


def _void(write: Write, item: RepairItem, work: Sequence[str], hops: Sequence[str]) -> None:
    session, by = write.session, write.actor.staff_id or write.actor.staff_no
    began = write.now
    for one in reversed(work):
        old = session.get_one(WorkEvent, one)
        began = min(began, old.at)
        session.add(WorkEvent(id=write.new_id(), at=write.now, by=by, item_id=item.id, move=old.move,
                              to_state=old.to_state, reason="undo", voids=old.id))  # fmt: skip
    for one in reversed(hops):
        was = session.get_one(CustodyEvent, one)
        session.add(
            CustodyEvent(
                id=write.new_id(), at=write.now, by=by, item_id=item.id, from_holder=was.from_holder,
                to_holder=was.to_holder, place=was.place, tamper_result=was.tamper_result, giver="", taker="",
                prev_hash=was.id, voids=was.id,
            )
        )  # fmt: skip
    raised = select(ReviewCard).where(
        ReviewCard.subject_id == item.id, ReviewCard.settled_at == 0, ReviewCard.raised_at >= began,
        ReviewCard.kind.in_(("quarantine", "todo")),
    )  # fmt: skip
    for card in session.scalars(raised).all():
        settle(write, card, "undone")


@command(N_("Settle a difference"), right="correct")
def settle_difference(write: Write, *, event_id: str, decision: str) -> None:
    """Write down what was decided about a difference; it stays in the history with it."""
    row = _difference(write, event_id)
    said = Entry().note(decision, "decision")
    if not said:
        raise Refused(N_("Write down what was decided."), field="decision", code="missing")
    event(write, row.manifest_id, Kind.SETTLE, item_id=row.item_id, label_no=row.label_no, words=said,
          data={"of": row.id})  # fmt: skip
    settle_card(write, row, said)


@command(N_("Add photos to a difference"), right="transfer")
def add_difference_photos(write: Write, *, event_id: str, photos: tuple[Photo, ...]) -> int:
    """Name photos of the blob store on a difference; returns how many."""
    row = _difference(write, event_id)
    for photo in photos:
        attach(write, "manifest_event", row.id, photo)
    return len(photos)


def _difference(write: Write, event_id: str) -> ManifestEvent:
    row = write.session.get(ManifestEvent, event_id)
    if row is None or row.kind != Kind.DIFFERENCE:
        raise Refused(N_("This is no difference of a manifest."), field="decision", code="unknown")
    return row
