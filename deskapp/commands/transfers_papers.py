"""Filling the papers of a hand-over: the manifest devices travel with, and the note of what did not match."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from deskapp import catalogue, settings
from deskapp.commands.papers import fault_words, model_name, paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.people import Site, Staff
from deskapp.models.repair import RepairItem
from deskapp.models.stock import Attachment
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.custody import TamperResult
from deskapp.rules.papers_custody import DiscrepancyCard, DiscrepancyLine, ManifestCard, ManifestLine, ManifestType
from deskapp.rules.transfers import DIFFERENCE_TITLES, Fact, Line, Open, View
from deskapp.rules.transfers_code import codes


@command(N_("Print a manifest"), right="transfer")
def print_manifest(write: Write, *, manifest_id: str) -> str:
    """Queue the paper of a manifest as it stands now; returns its number."""
    card = manifest_card(write, manifest_id)
    queue(write, card, subject_kind="manifest", subject_id=manifest_id)
    return card.number


@command(N_("Print a discrepancy note"), right="transfer")
def print_discrepancy_note(write: Write, *, manifest_id: str) -> str:
    """Queue the note of everything that did not match; raises Refused where all did. Returns the manifest's number."""
    card = discrepancy_card(write, manifest_id)
    if not card.lines:
        raise Refused(N_("Everything matched; there is nothing to note."), field="manifest", code="empty")
    queue(write, card, subject_kind="manifest", subject_id=manifest_id)
    return card.number


def manifest_card(write: Write, manifest_id: str) -> ManifestCard:
    """Fill the manifest's paper: for the van, and again with ticks and differences once it was received."""
    write.session.flush()
    row, view = write.session.get(Manifest, manifest_id), transfers.view_of(write.session, manifest_id)
    head = Head(write, row, view)
    sent, closed = view.sent, view.closed
    lines = view.lines
    return ManifestCard(
        number=head.number,
        site=paper_site(write.session, write.site_id),
        type=head.type,
        from_name=head.from_name, from_address=head.from_address, from_phone=head.from_phone,
        to_name=head.to_name, to_address=head.to_address, to_phone=head.to_phone,
        created_ms=row.made_at if row else None,
        planned_ms=row.planned_at or None if row else None,
        carrier=row.carrier if row else "", waybill=row.waybill if row else "", vehicle=row.vehicle if row else "",
        bags=len(view.seals), seals=view.seals,
        lines=tuple(_line(write, line, view) for line in lines),
        remarks=row.note if row else "",
        handed_by=sent.giver if sent else "", handed_ms=sent.at_ms if sent and sent.data.get("signed") else None,
        courier=sent.taker if sent else closed.giver if closed else "",
        courier_ms=sent.at_ms if sent and sent.data.get("signed") else None,
        received_by=closed.taker if closed else "",
        received_ms=closed.at_ms if closed and closed.data.get("signed") else None,
        handed_signature=_drawn(write, sent, "signature_giver"),
        courier_signature=_drawn(write, sent, "signature_taker"),
        received_signature=_drawn(write, closed, "signature_taker"),
        codes=tuple(
            codes(
                head.number, head.type, head.from_code, head.to_code, view.seals,
                [(line.label_no, line.serial_no, line.seal_no, line.accessories) for line in lines],
            )
        ) if head.type is not ManifestType.VENDOR else (),
    )  # fmt: skip


class Head:
    """Names and addresses of both sides, from the record or, without one, from the scanned paper."""

    def __init__(self, write: Write, row: Manifest | None, view: View) -> None:
        paper = view.papers[0].data if view.papers else {}
        self.number = row.number if row else str(paper.get("number", ""))
        self.type = ManifestType(row.kind if row else str(paper.get("type", ManifestType.OUT)))
        here = write.session.get(Site, row.site_id) if row else _by_code(write, str(paper.get("from", "")))
        there = write.session.get(Site, row.to_site_id) if row else _by_code(write, str(paper.get("to", "")))
        self.from_code = here.code if here else str(paper.get("from", ""))
        self.to_code = there.code if there else str(paper.get("to", ""))
        self.from_name, self.from_address, self.from_phone = _contact(here, self.from_code)
        self.to_name, self.to_address, self.to_phone = _contact(there, self.to_code)
        if row is not None and row.to_name:
            self.to_name = row.to_name


def _by_code(write: Write, code: str) -> Site | None:
    return write.session.scalars(select(Site).where(Site.code == code)).first() if code else None


def _contact(site: Site | None, otherwise: str) -> tuple[str, str, str]:
    if site is None:
        return otherwise, "", ""
    return site.short_name or site.name, site.address, site.phone or site.hotline


def _line(write: Write, line: Line, view: View) -> ManifestLine:
    item = write.session.get(RepairItem, line.item_id) if line.item_id else None
    unit = item.device_id if item is not None else str(line.packed.data.get("device_id", "")) if line.packed else ""
    device = write.session.get(Device, unit) if unit else None
    packed, received = line.packed, line.received
    kinds = [one.kind for one in view.differences if one.fact.label_no == line.label_no]
    given = view.looked_at or (str(packed.data.get("tamper", "")) if packed else "")
    return ManifestLine(
        label_no=line.label_no,
        order_no=str(packed.data.get("order_no", "")) if packed else "",
        model=model_name(write.session, device),
        serial_no=f"…{line.serial_no}" if line.tail and line.serial_no else line.serial_no,
        terminal_no=item.terminal_no if item else "",
        bag_seal=line.seal_no,
        accessories=_accessories(write, line),
        fault=fault_words(item) if item else "",
        tamper_out=TamperResult(given) if given else TamperResult.NOT_DUE,
        tamper_in=TamperResult(received.data.get("tamper") or "not_due") if received else TamperResult.NOT_DUE,
        received=None if received is None else True,
        difference=listed_words(write, [DIFFERENCE_TITLES[kind] for kind in kinds]),
    )


def _accessories(write: Write, line: Line) -> str:
    if line.packed is None:
        return str(line.accessories) if line.accessories else ""
    names = [catalogue.title("accessory_types", str(kind), _language(write))
             for kind in line.packed.data.get("accessories", [])]  # fmt: skip
    return ("、" if _language(write) == "zh_CN" else ", ").join(names)


def listed_words(write: Write, words: Sequence[str]) -> str:
    """Return message ids as one text in the language of papers."""
    language = _language(write)
    return ("、" if language == "zh_CN" else ", ").join(translate(one, language) for one in words if one)


def _language(write: Write) -> str:
    return str(write.settings[settings.PAPER_LANGUAGE])


def _drawn(write: Write, fact: Fact | None, kind: str) -> str:
    if fact is None:
        return ""
    write.session.flush()
    rows = write.session.scalars(select(Attachment).where(Attachment.subject_id == fact.uid, Attachment.kind == kind))
    row = rows.first()
    return row.sha256 if row else ""


def discrepancy_card(write: Write, manifest_id: str) -> DiscrepancyCard:
    """Fill the note of differences of a manifest."""
    write.session.flush()
    row, view = write.session.get(Manifest, manifest_id), transfers.view_of(write.session, manifest_id)
    head = Head(write, row, view)
    first = view.differences[0].fact if view.differences else None
    finder = write.session.get(Staff, first.by) if first else None
    closed = view.closed
    site = paper_site(write.session, write.site_id)
    return DiscrepancyCard(
        number=head.number, site=site, type=head.type, from_name=head.from_name, to_name=head.to_name,
        carrier=row.carrier if row else "", waybill=row.waybill if row else "",
        found_ms=first.at_ms if first else None, place=site.name,
        lines=tuple(_difference(write, one, view) for one in view.differences),
        finder=finder.name if finder else "", witness=closed.giver if closed else "",
        finder_signature=_drawn(write, closed, "signature_taker"),
        witness_signature=_drawn(write, closed, "signature_giver"),
    )  # fmt: skip


def _difference(write: Write, one: Open, view: View) -> DiscrepancyLine:
    fact, line = one.fact, view.line(one.fact.label_no)
    item = transfers.item_by_label(write.session, fact.label_no) if fact.label_no else None
    device = write.session.get(Device, item.device_id) if item else None
    photos = write.session.scalars(select(Attachment.id).where(Attachment.subject_id == fact.uid)).all()
    return DiscrepancyLine(
        label_no=fact.label_no,
        order_no=str(line.packed.data.get("order_no", "")) if line and line.packed else "",
        model=model_name(write.session, device),
        serial_no=line.serial_no if line else fact.serial_no,
        kind=translate(DIFFERENCE_TITLES[one.kind], _language(write)),
        expected=str(fact.data.get("expected", "")),
        found=" ".join(part for part in (str(fact.data.get("found", "")), fact.words) if part),
        seal=line.seal_no if line else fact.seal_no,
        photos=len(photos),
        action=translate(one.settled.words, _language(write)) if one.settled and one.settled.words else "",
    )
