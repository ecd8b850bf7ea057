"""The chain of custody of a device as evidence: each hand-over with its digest, to check a printed copy by."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from deskapp.models import transfers
from deskapp.models.canonical import canonical
from deskapp.models.folding import custody_facts
from deskapp.models.people import Site, Staff
from deskapp.models.repair import CustodyEvent, Pickup, RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.custody import Gap, fold_custody
from deskapp.rules.transfers import Kind

SIGNED = ("signature", "signature_giver", "signature_taker")
PAPERS = ("paper",)
"""Scans of signed papers: as good as a signature on the screen, and counted beside them."""


@dataclass(frozen=True, slots=True)
class Link:
    """One hand-over. `gap` is where the record had the device instead; `taken_back` that a later fact voids it.

    `signatures` are SHA-256 digests of drawn signatures, `scans` those of the scanned pages of the signed paper,
    `paper` the number of the manifest or order they stand on; `proof` and `named` are the digests of the chain up to
    here, without and with names, made of `plain` and `full`.
    """

    event_id: str
    at: int
    from_holder: str
    to_holder: str
    place: str
    seal: str
    tamper: str
    giver: str
    taker: str
    by: str
    signatures: tuple[str, ...]
    scans: tuple[str, ...]
    paper: str
    gap: str
    taken_back: bool
    proof: str
    named: str
    plain: str
    full: str


@dataclass(frozen=True, slots=True)
class Chain:
    """All hand-overs of a device on one order, oldest first."""

    item_id: str
    label_no: str
    links: tuple[Link, ...]
    gaps: tuple[Gap, ...]
    holder: str

    @property
    def proof(self) -> str:
        """The digest of the whole chain without names."""
        return self.links[-1].proof if self.links else ""

    @property
    def named(self) -> str:
        """The digest of the whole chain with names."""
        return self.links[-1].named if self.links else ""

    @property
    def suspicions(self) -> int:
        """How many hand-overs found the device suspicious."""
        return sum(link.tamper == "suspect" and not link.taken_back for link in self.links)


def chain_of(session: Session, item_id: str) -> Chain:
    """Return the chain of a device; a device without hand-overs has an empty one."""
    item = session.get(RepairItem, item_id)
    facts = custody_facts(session, item_id)
    view = fold_custody(facts)
    gaps = {gap.fact.uid: gap for gap in view.gaps}
    rows = transfers.hop_rows(session, item_id)
    voided = {row.voids for row in rows if row.voids}
    signed = _signed(session, item)
    proof = named = ""
    links = []
    for row in rows:
        plain, full = canonical(_without_names(row)), canonical({**_without_names(row), **_names(row)})
        proof, named = _next(proof, plain), _next(named, full)
        paper, subjects = _paper(row, signed)
        gap = gaps.get(row.id)
        links.append(
            Link(
                row.id, row.at, row.from_holder, row.to_holder, row.place, row.seal_in or row.seal_out,
                row.tamper_result, row.giver, row.taker, _person(session, row.by), _drawn(session, subjects, SIGNED),
                _drawn(session, subjects, PAPERS), paper,
                gap.expected if gap else "", row.id in voided or bool(row.voids), proof, named, plain, full,
            )
        )  # fmt: skip
    return Chain(item_id, item.label_no if item else "", tuple(links), view.gaps, view.holder or "")


def _without_names(row: CustodyEvent) -> dict[str, object]:
    return {
        "id": row.id, "at": row.at, "by": row.by, "from": row.from_holder, "to": row.to_holder, "place": row.place,
        "seal_in": row.seal_in, "seal_out": row.seal_out, "tamper": row.tamper_result, "voids": row.voids,
    }  # fmt: skip


def _names(row: CustodyEvent) -> dict[str, object]:
    return {"giver": row.giver, "taker": row.taker}


def _next(before: str, values: str) -> str:
    """Return the digest of a link: SHA-256 over the digest before and the canonical JSON of its values."""
    return hashlib.sha256(f"{before}{values}".encode()).hexdigest()


def _person(session: Session, staff_id: str) -> str:
    row = session.get(Staff, staff_id) if staff_id else None
    return row.name if row else ""


@dataclass(frozen=True, slots=True)
class _Signed:
    """What is signed about a device: number and records signed, by hand-over id and by the act's moment (ms UTC)."""

    by_hop: dict[str, tuple[str, tuple[str, ...]]]
    by_moment: dict[int, tuple[str, tuple[str, ...]]]


def _signed(session: Session, item: RepairItem | None) -> _Signed:
    """Collect signatures and paper numbers of manifests and of the order."""
    found = _Signed({}, {})
    if item is None:
        return found
    order = session.get(RepairOrder, item.order_id)
    if order is not None:
        found.by_moment[order.opened_at] = (order.slip_no, (order.id,))
        for pickup in session.scalars(select(Pickup).where(Pickup.order_id == order.id)):
            if item.id in pickup.item_ids:
                found.by_moment[pickup.at] = (pickup.receipt_no, (pickup.id,))
    ids = set(session.scalars(select(ManifestEvent.manifest_id).where(ManifestEvent.label_no == item.label_no)))
    for manifest_id in ids:
        manifest = session.get(Manifest, manifest_id)
        events = transfers.events_of(session, manifest_id)
        number = manifest.number if manifest else ""
        for row in events:
            if row.kind == Kind.HAND_OVER:
                found.by_moment[row.at] = (number, (row.id,))
            elif row.kind in (Kind.RECEIVE, Kind.DIFFERENCE) and row.label_no == item.label_no:
                ends = tuple(one.id for one in events if one.kind == Kind.CLOSE and one.at >= row.at)
                for hop in row.data.get("hops", []):
                    found.by_hop[str(hop)] = (number, ends)
                found.by_moment.setdefault(row.at, (number, ends))
    return found


def _drawn(session: Session, subjects: Sequence[str], kinds: Sequence[str]) -> tuple[str, ...]:
    if not subjects:
        return ()
    rows = session.scalars(
        select(Attachment)
        .where(Attachment.subject_id.in_(subjects), Attachment.kind.in_(kinds), Attachment.sha256 != "")
        .order_by(Attachment.n)
    )
    return tuple(row.sha256 for row in rows)


def _paper(row: CustodyEvent, signed: _Signed) -> tuple[str, tuple[str, ...]]:
    return signed.by_hop.get(row.id) or signed.by_moment.get(row.at) or ("", ())


def site_words(session: Session, holder: str) -> str:
    """Return the name of the site or maker in a written holder, its id where the site is unknown."""
    kind, _colon, rest = holder.partition(":")
    if rest.startswith("site:"):
        row = session.get(Site, rest.removeprefix("site:"))
        return (row.short_name or row.name) if row else ""
    return rest if kind != "merchant" else ""


def moved_by(session: Session, item_id: str) -> int:
    """Return how many moves a device has made; the page shows it beside the hand-overs."""
    return len(session.scalars(select(WorkEvent.id).where(WorkEvent.item_id == item_id)).all())


MOST_TRIES: Final = 2_000
"""Choices of hand-overs that are tried when some came in between; more than a device sees in its life."""


def check_code(chain: Chain, code: str) -> str:
    """Return what a printed record's code says against the chain now.

    `same` all of it holds; `grown` it holds and hand-overs were added at its end; `between` all that is printed
    holds, and hand-overs of another desk, made before the print and heard of later, stand in between; `names` the
    chain holds, names were erased or changed; `differs` it does not hold; `form` it is no code of a custody record.
    """
    pieces = "".join(code.split()).upper().split(":")
    if len(pieces) != 5 or pieces[0] != "PS1" or not pieces[2].startswith("C") or not pieces[2][1:].isdigit():
        return "form"
    count, links = int(pieces[2][1:]), chain.links
    if pieces[1] != chain.label_no or not 0 < count <= len(links):
        return "differs"
    first = links[count - 1]
    if first.proof[:20].upper() == pieces[3]:
        if first.named[:20].upper() != pieces[4]:
            return "names"
        return "same" if count == len(links) else "grown"
    if comb(len(links), count) > MOST_TRIES:
        return "differs"
    return next((word for some in combinations(links, count) if (word := _between(some, pieces))), "differs")


def _between(links: Sequence[Link], pieces: Sequence[str]) -> str:
    """Return whether just these hand-overs give the printed digests; empty where they do not."""
    proof = named = ""
    for link in links:
        proof, named = _next(proof, link.plain), _next(named, link.full)
    if proof[:20].upper() != pieces[3]:
        return ""
    return "between" if named[:20].upper() == pieces[4] else "names"
