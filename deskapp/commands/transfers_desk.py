"""What both ends of a transport need: a manifest's facts, its signatures, the courier."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.entry import Entry
from deskapp.commands.moves import raise_card, settle, site_of
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.people import Staff
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Write
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.identifiers import Context
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import Kind, State

COURIER = "courier"
"""Stands for a courier who is no member of staff, where only a person's id may stand."""


ON_MANIFEST = "manifest"
"""Stands in a device's move for what is said of the whole van: it stands on the manifest, or is a to-do there."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """The two signatures of a hand-over, drawn on the screen; None where it is signed on paper."""

    giver: Photo | None = None
    taker: Photo | None = None


UNSIGNED = Signatures()
"""Both sign on paper."""


def event(
    write: Write, manifest_id: str, kind: Kind, *, data: dict[str, object] | None = None, identity: str = "",
    **values: str,
) -> ManifestEvent:  # fmt: skip
    """Add a fact about a manifest, known here or not."""
    row = ManifestEvent(
        id=identity or write.new_id(), at=write.now, by=write.actor.staff_id or write.actor.staff_no,
        manifest_id=manifest_id, kind=kind.value, data=data or {}, **values,
    )  # fmt: skip
    write.session.add(row)
    return row


def sign(write: Write, fact: ManifestEvent, signatures: Signatures) -> None:
    """Name the drawn signatures on a hand-over; what was signed on paper is to be scanned."""
    for who, photo in (("signature_giver", signatures.giver), ("signature_taker", signatures.taker)):
        if photo is not None:
            attach(write, "manifest_event", fact.id, replace(photo, kind=who))
    if signatures.giver is None or signatures.taker is None:
        manifest_todo(write, fact.manifest_id, "signature", fact.kind)


def manifest_todo(write: Write, manifest_id: str, key: str, move: str) -> None:
    """Put what nobody gave for a van on the list of what is still to do: a signature, a waybill, a seal."""
    if not _todos(write, manifest_id, key, move):
        raise_card(write, "todo", "manifest", manifest_id, data={"key": key, "move": move})


def settle_manifest_todo(write: Write, manifest_id: str, key: str, how: str, move: str = "") -> None:
    """Take it off the list, for one end of the way (`move`) or both."""
    for card in _todos(write, manifest_id, key, move):
        settle(write, card, how)


def _todos(write: Write, manifest_id: str, key: str, move: str) -> list[ReviewCard]:
    rows = write.session.scalars(
        select(ReviewCard).where(
            ReviewCard.subject_id == manifest_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0
        )
    )
    return [card for card in rows if card.data.get("key") == key and move in ("", card.data.get("move"))]


def courier_of(write: Write, who: str) -> tuple[str, str]:
    """Return id and name of the courier: a member of staff by number or badge, else the name as given.

    Raises Refused where nobody is named, or where the person who acts is named.
    """
    wanted = who.strip()
    if not wanted:
        raise Refused(N_("Who is the courier? Scan the badge or write the name."), field="courier", code="missing")
    number = wanted.upper()
    row = write.session.scalars(
        select(Staff).where(
            (Staff.staff_no == number) | (Staff.badge_no == number) | (Staff.id == wanted), Staff.active
        )
    ).first()
    if row is None:
        return COURIER, Entry().take("name", wanted, "courier", needed=True)
    if row.id == write.actor.staff_id and not site_of(write).solo:
        raise Refused(N_("The courier must be somebody else."), field="courier", code="second_person")
    return row.id, row.name


def manifest_of(write: Write, manifest_id: str) -> Manifest:
    """Return a manifest; raises Refused when its record is not here."""
    row = write.session.get(Manifest, manifest_id)
    if row is None:
        raise Refused(N_("The record of this manifest has not come yet."), field="manifest", code="unknown")
    return row


def draft_of(write: Write, manifest_id: str) -> Manifest:
    """Return a draft of this site; raises Refused for another's and for one that has left."""
    row = manifest_of(write, manifest_id)
    ours = transfers.same_site(write.session, row.site_id, write.site_id)
    if not ours or transfers.view_of(write.session, row.id).state is not State.DRAFT:
        raise Refused(N_("Manifest {number} is no draft of this site."), field="manifest", code="state",
                      number=row.number)  # fmt: skip
    return row


def seal_of(write: Write, row: Manifest, seal_no: str, *, unsealed: bool = False) -> str:
    """Return the bag's seal; the same one may close a bag of several devices, never a second manifest's.

    `unsealed` says that there is none: an answer, not an oversight.
    """
    wanted = "".join(seal_no.split()).upper()
    used = frozenset({wanted}) if transfers.used_seals(write.session, wanted, row.id) else frozenset()
    needed = row.kind != ManifestType.VENDOR and not unsealed
    return Entry(Context(used_seals=used)).take("seal_no", wanted, "seal_no", needed=needed)
