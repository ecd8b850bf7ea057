"""Suspicious before it leaves, or when a van turns round: into quarantine at once, and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence

from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.entry import Entry
from deskapp.commands.moves import hop, item_of, move
from deskapp.commands.transfers import take_off
from deskapp.commands.transfers_desk import courier_of, draft_of, event, manifest_of
from deskapp.commands.transfers_loaners import out_of_pool
from deskapp.commands.transfers_taking import isolate
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.repair import RepairItem
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import Holder, TamperResult
from deskapp.rules.numbers import parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import Kind, Line, State

TAMPER = "tamper"
"""The reason kept where nobody found words."""


@command(N_("Put a suspicious device aside"), right="transfer")
def put_aside(write: Write, *, manifest_id: str, label_no: str, words: str = "", photos: tuple[Photo, ...] = ()) -> str:
    """Take a device off a draft because its tamper check is suspicious: into quarantine as it is; returns its label.

    A loaner leaves the pool until a supervisor has looked at it. Everything else stays on the manifest.
    """
    row = draft_of(write, manifest_id)
    line = transfers.view_of(write.session, row.id).line(parse_scan(label_no).number)
    if line is None:
        raise Refused(N_("This device is not on this manifest."), field="scan", code="unknown")
    said = Entry().note(words, "reason")
    take_off(write, row, line, said or TAMPER)
    if row.kind == ManifestType.LOANER:
        out_of_pool(write, line.label_no)
    else:
        _isolate(write, item_of(write, line.item_id), write.actor.name or write.actor.staff_no, said, photos)
    return line.label_no


def _isolate(write: Write, item: RepairItem, giver: str, words: str, photos: Sequence[Photo] = ()) -> None:
    """Quarantine a device that is suspicious and lay it into the quarantine store; the photos are the device's."""
    for photo in photos:
        attach(write, "repair_item", item.id, photo)
    isolate(write, item, words or TAMPER, photos=[photo.sha256 for photo in photos])
    hop(write, item, Holder.QUARANTINE.value, giver=giver, taker=write.actor.name or write.actor.staff_no,
        tamper_result=TamperResult.SUSPECT)  # fmt: skip
    item.shelf_id = ""


@command(N_("Take a manifest back from the courier"), right="transfer")
def take_manifest_back(
    write: Write, *, manifest_id: str, reason: str, courier: str, tamper_result: str, suspects: tuple[str, ...] = ()
) -> int:
    """Take everything back that was handed over and has not arrived: a flat tyre, a wrong van. It is a draft again.

    `tamper_result` is the word of whoever takes it back: `ok`, or `suspect` where one of the devices is; those are
    named in `suspects` by their labels, go into quarantine and are off the manifest. Returns how many came back.
    """
    row = manifest_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    ours = transfers.same_site(write.session, row.site_id, write.site_id)
    if not ours or view.state is not State.UNDER_WAY or row.kind == ManifestType.VENDOR:
        raise Refused(N_("Only what is under way from here can be taken back."), field="reason", code="state")
    why = Entry().note(reason, "reason")
    if not why:
        raise Refused(N_("Give the reason."), field="reason", code="missing")
    odd = _named(view.lines, tamper_result, suspects)
    second, name = courier_of(write, courier)
    event(write, row.id, Kind.TAKE_BACK, words=why, giver=name, taker=write.actor.name or write.actor.staff_no,
          data={"tamper": tamper_result, "suspects": sorted(odd)})  # fmt: skip
    for line in view.lines:
        _bring_back(write, row, line, why, name, second, line.label_no in odd)
    return len(view.lines)


def _named(lines: Sequence[Line], tamper_result: str, suspects: Sequence[str]) -> frozenset[str]:
    """Return the labels of the suspicious devices; raises Refused where nobody looked, or a label is not among them."""
    if tamper_result not in (TamperResult.OK, TamperResult.SUSPECT):
        raise Refused(N_("Answer the tamper check."), field="tamper", code="missing")
    odd = frozenset(parse_scan(one).number for one in suspects if one.strip())
    if (tamper_result == TamperResult.SUSPECT) != bool(odd):
        raise Refused(N_("Which device is suspicious? Scan its label."), field="suspects", code="missing")
    strange = sorted(odd - {line.label_no for line in lines})
    if strange:
        raise Refused(N_("{label} is not on this manifest."), field="suspects", code="extra", label=strange[0])
    return odd


def _bring_back(write: Write, row: Manifest, line: Line, why: str, giver: str, second: str, odd: bool) -> None:
    """Take one device back: onto its shelf and its manifest, or, suspicious, off it and into quarantine."""
    if row.kind == ManifestType.LOANER:
        if odd:
            take_off(write, row, line, why)
            out_of_pool(write, line.label_no)
        return
    item = item_of(write, line.item_id)
    tamper = (TamperResult.SUSPECT if odd else TamperResult.OK).value
    records = {"reason": why, "tamper_result": tamper, "courier": "hop"}
    move(write, item, "courier_back", records, second_id=second)
    if odd:
        take_off(write, row, line, why)
        if row.kind == ManifestType.OUT:
            move(write, item, "unpack", {"reason": why})  # its state is folded at the end of the act, not before
        isolate(write, item, why)
    hop(write, item, (Holder.QUARANTINE if odd else Holder.SHELF).value, giver=giver,
        taker=write.actor.name or write.actor.staff_no, tamper_result=tamper, seal_in=line.seal_no)  # fmt: skip
