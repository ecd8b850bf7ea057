"""Transports as the pages show them: what is being packed, on its way and received, and the lines of one manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from deskapp.models import transfers
from deskapp.models.device import Device, DeviceModel
from deskapp.models.local import StoreInfo
from deskapp.models.people import Site, Staff
from deskapp.models.repair import RepairItem
from deskapp.models.stock import Attachment
from deskapp.models.store import ReadSession
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.queries.dayend import the_site
from deskapp.queries.naming import model_title, model_words
from deskapp.queries.orders import OrderFile, order_files
from deskapp.rules.numbers import is_own_number
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import Age, Kind, Line, State, View, age_of

KEPT_DAYS = 60
"""How long a received manifest stays in the list; the search finds all of them."""


@dataclass(frozen=True, slots=True)
class SiteChoice:
    """Another site something can be sent to."""

    id: str
    code: str
    name: str
    is_outlet: bool
    is_depot: bool


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One transport. `incoming` says that it comes here; `recorded` is False while only its paper is known."""

    id: str
    number: str
    kind: str
    incoming: bool
    other: str
    state: str
    lines: int
    received: int
    differences: int
    made_at: int
    sent_at: int
    planned_at: int
    age: Age
    carrier: str = ""
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Transports:
    """The three lists."""

    drafts: tuple[ManifestRow, ...] = ()
    under_way: tuple[ManifestRow, ...] = ()
    arrived: tuple[ManifestRow, ...] = ()

    @property
    def late(self) -> int:
        """How many transports are late or an alarm."""
        return sum(row.age is not Age.FINE for row in self.under_way)


@dataclass(frozen=True, slots=True)
class LineRow:
    """One device of a manifest. `state` is open, received, quarantined, or waits (received, its record not here)."""

    label_no: str
    item_id: str
    model: str
    serial_no: str
    tail: bool
    seal_no: str
    accessories: tuple[str, ...]
    accessory_count: int
    order_no: str
    state: str
    at: int = 0
    differences: tuple[str, ...] = ()
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """Something that does not match; `photos` are SHA-256 digests. `decision` is empty while it is open."""

    event_id: str
    manifest_id: str
    number: str
    kind: str
    label_no: str
    serial_no: str
    expected: str
    found: str
    words: str
    at: int
    by: str
    photos: tuple[str, ...] = ()
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Last:
    """The last device that was received of a van: when (ms UTC), from whom and, at this desk, onto which shelf."""

    at: int
    courier: str
    shelf: str


@dataclass(frozen=True, slots=True)
class Manifested:
    """One manifest with everything on it."""

    row: ManifestRow
    lines: tuple[LineRow, ...] = ()
    differences: tuple[DifferenceRow, ...] = ()
    seals: tuple[str, ...] = ()
    waybill: str = ""
    vehicle: str = ""
    note: str = ""
    codes_read: int = 0
    codes: int = 0
    courier: str = ""
    giver: str = ""
    extras: tuple[str, ...] = field(default=())
    files: tuple[OrderFile, ...] = ()
    """Signatures and scanned papers of both ends, as far as they are here."""

    signable: bool = False
    """Whether there is a hand-over that a signed paper can be filed with."""

    looked_at: str = ""
    """What the giver answered to the tamper check of the whole van; empty where nobody was asked."""

    last: Last | None = None
    """The last receipt, so that an interrupted walk goes on with its courier and its shelf."""

    closed_at: int = 0
    """When a receipt was signed last (ms UTC); 0 while none was."""

    @property
    def unsigned(self) -> bool:
        """Whether something was received since somebody signed for it: a late van is signed for, too."""
        return self.last is not None and self.last.at > self.closed_at

    @property
    def received(self) -> int:
        """How many lines were received."""
        return sum(line.state != "open" for line in self.lines)


def sites(session: ReadSession) -> list[SiteChoice]:
    """Return the other sites; one that is known twice, from a server and from itself, once."""
    own = the_site(session)
    mine = session.get(Site, own)
    found: dict[str, SiteChoice] = {}
    for row in session.scalars(select(Site).order_by(Site.n)):
        if row.id != own and not (mine and row.code == mine.code):
            found[row.code] = SiteChoice(row.id, row.code, row.short_name or row.name, row.is_outlet, row.is_depot)
    return sorted(found.values(), key=lambda one: one.code)


def transports(session: ReadSession, now: int) -> Transports:
    """Return all transports to and from here."""
    here = _here(session)
    names = _names(session)
    since = now - KEPT_DAYS * 86_400_000
    rows = session.scalars(
        select(Manifest).where(
            Manifest.state.in_((State.DRAFT.value, *transfers.GOING)) | (Manifest.made_at >= since)
        ).order_by(Manifest.n.desc())
    ).all()  # fmt: skip
    found = [_row(one, here, names, now) for one in rows if here & {one.site_id, one.to_site_id}]
    found += [_from_paper(session, one, now) for one in paper_only(session)]
    drafts = tuple(one for one in found if one.state == State.DRAFT)
    going = sorted((one for one in found if one.state in transfers.GOING), key=lambda one: one.sent_at)
    return Transports(drafts, tuple(going), tuple(one for one in found if one.state == State.ARRIVED))


def paper_only(session: ReadSession) -> Sequence[str]:
    """Return the ids of manifests that are known by their paper alone."""
    known = select(Manifest.id)
    return session.scalars(
        select(ManifestEvent.manifest_id)
        .where(ManifestEvent.kind == Kind.PAPER.value, ManifestEvent.manifest_id.not_in(known))
        .group_by(ManifestEvent.manifest_id)
        .order_by(func.min(ManifestEvent.n))
    ).all()


def _names(session: ReadSession) -> dict[str, str]:
    return {row.id: row.short_name or row.name for row in session.scalars(select(Site))}


def _here(session: ReadSession) -> frozenset[str]:
    """Return the ids under which this site is known."""
    own = the_site(session)
    mine = session.get(Site, own)
    known = session.scalars(select(Site.id).where(Site.code == mine.code)).all() if mine is not None else ()
    return frozenset({own, *known})


def _row(one: Manifest, here: frozenset[str], names: dict[str, str], now: int) -> ManifestRow:
    incoming = one.to_site_id in here and one.site_id not in here
    other = one.to_name or names.get(one.site_id if incoming else one.to_site_id, "")
    going = one.state in transfers.GOING and one.kind != ManifestType.VENDOR
    age = age_of(one.sent_at if going else 0, one.planned_at, now)
    return ManifestRow(
        one.id, one.number, one.kind, incoming, other, one.state, one.lines, one.received, one.differences,
        one.made_at, one.sent_at, one.planned_at, age, one.carrier,
    )  # fmt: skip


def _from_paper(session: ReadSession, manifest_id: str, now: int) -> ManifestRow:
    view = transfers.view_of(session, manifest_id)
    said, at = view.papers[0].data, view.papers[0].at_ms
    sender = session.scalars(select(Site).where(Site.code == str(said.get("from", "")))).first()
    other = (sender.short_name or sender.name) if sender else str(said.get("from", ""))
    return ManifestRow(
        manifest_id, str(said.get("number", "")), str(said.get("type", "out")), True, other, view.state.value,
        view.expected, view.received, view.open_differences, at, 0, 0, Age.FINE, recorded=False,
    )  # fmt: skip


def manifest(session: ReadSession, manifest_id: str, now: int) -> Manifested | None:
    """Return one manifest with its lines, from its record or from its paper; None where neither is here."""
    one = session.get(Manifest, manifest_id)
    view = transfers.view_of(session, manifest_id)
    if one is None and not view.papers:
        return None
    row = _row(one, _here(session), _names(session), now) if one is not None else _from_paper(session, manifest_id, now)
    differences = difference_rows(session, manifest_id, row.number, view)
    units = _units(session, [line.label_no for line in view.lines])
    lines = tuple(line_row(session, line, differences, units) for line in view.lines)
    papers = view.papers
    return Manifested(
        row, lines, differences, view.seals, one.waybill if one else "", one.vehicle if one else "",
        one.note if one else "", len({fact.data.get("part") for fact in papers}),
        int(papers[0].data.get("parts", 1)) if papers else 0, view.sent.taker if view.sent else "",
        view.sent.giver if view.sent else "",
        tuple(fact.label_no or fact.serial_no for fact in view.extras), signed_files(session, view),
        (view.closed if row.incoming else view.sent) is not None, view.looked_at, _last(session, view),
        view.closed.at_ms if view.closed is not None else 0,
    )  # fmt: skip


def _last(session: ReadSession, view: View) -> Last | None:
    facts = [line.received for line in view.lines if line.received is not None]
    fact = max(facts, key=lambda one: one.at_ms, default=None)
    if fact is None:
        return None
    desk = session.get(StoreInfo, "station_no")
    here = desk is not None and str(fact.data.get("station", "")) == desk.value
    return Last(fact.at_ms, fact.giver, str(fact.data.get("shelf", "")) if here else "")


def signed_files(session: ReadSession, view: View) -> tuple[OrderFile, ...]:
    """Return what is signed about a manifest, on the screen and on paper: the hand-over, then every receipt."""
    ends = [one for one in view.events if one.kind in (Kind.HAND_OVER, Kind.CLOSE)]
    names = {row.id: row.name for row in session.scalars(select(Staff))} if ends else {}
    return order_files(session, [one.uid for one in ends], {}, names) if ends else ()


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a line shows of its device."""

    item_id: str
    work_state: str
    model: str


def _units(session: ReadSession, labels: Sequence[str]) -> dict[str, _Unit]:
    """Return the devices of a van by label, in one question; loaners are known by their serial numbers."""
    rows = session.execute(
        select(
            RepairItem.label_no, RepairItem.id, RepairItem.work_state, DeviceModel.brand, DeviceModel.brand_en,
            DeviceModel.name, Device.model_id, Device.note,
        )
        .join(Device, Device.id == RepairItem.device_id, isouter=True)
        .join(DeviceModel, DeviceModel.id == Device.model_id, isouter=True)
        .where(RepairItem.label_no.in_(labels))
        .order_by(RepairItem.n)
    )  # fmt: skip
    found = {
        label: _Unit(item, state, model_title(brand, brand_en, name) if name else model_id or note or "")
        for label, item, state, brand, brand_en, name, model_id, note in rows
    }
    others = [label for label in labels if label not in found and not is_own_number(label)]
    for unit in session.scalars(select(Device).where(Device.serial_no.in_(others))) if others else ():
        found[unit.serial_no] = _Unit("", "", model_words(session, unit))
    return found


def line_row(
    session: ReadSession, line: Line, differences: Sequence[DifferenceRow] = (), units: dict[str, _Unit] | None = None
) -> LineRow:
    """Return one line with what is known of its device."""
    unit = (units if units is not None else _units(session, [line.label_no])).get(line.label_no)
    state = "open"
    if line.received is not None:
        now_state = unit.work_state if unit is not None else ""
        state = "quarantined" if now_state == "quarantined" else "received"
        if line.loaner:
            state = "received"
        elif not line.received.item_id and now_state in ("", "in_transit_out", "in_transit_back", "awaiting_dispatch"):
            state = "waits"
    kinds = tuple(str(one) for one in line.packed.data.get("accessories", [])) if line.packed else ()
    return LineRow(
        line.label_no, unit.item_id if unit else line.item_id, unit.model if unit else "", line.serial_no, line.tail,
        line.seal_no, kinds, line.accessories, str(line.packed.data.get("order_no", "")) if line.packed else "", state,
        line.received.at_ms if line.received else 0,
        tuple(one.kind for one in differences if one.label_no == line.label_no and not one.decision),
        line.received.uid if line.received else "",
    )  # fmt: skip


def difference_rows(
    session: ReadSession, manifest_id: str, number: str, view: View | None = None
) -> tuple[DifferenceRow, ...]:
    """Return what does not match on a manifest, with the photos of it."""
    seen = view or transfers.view_of(session, manifest_id)
    ids = [one.fact.uid for one in seen.differences]
    photos: dict[str, list[str]] = {}
    named = select(Attachment.subject_id, Attachment.sha256)
    named = named.where(Attachment.subject_id.in_(ids), Attachment.sha256 != "")
    for row in session.execute(named.order_by(Attachment.n)):
        photos.setdefault(row.subject_id, []).append(row.sha256)
    return tuple(
        DifferenceRow(
            one.fact.uid, manifest_id, number, one.kind.value, one.fact.label_no, one.fact.serial_no,
            str(one.fact.data.get("expected", "")), str(one.fact.data.get("found", "")), one.fact.words,
            one.fact.at_ms, one.fact.by, tuple(photos.get(one.fact.uid, ())),
            one.settled.words if one.settled else "",
        )
        for one in seen.differences
    )  # fmt: skip


def open_differences(session: ReadSession, *, settled: bool = False) -> list[DifferenceRow]:
    """Return the differences of all manifests, newest first; the settled ones too where wanted."""
    ids = session.scalars(
        select(ManifestEvent.manifest_id).where(ManifestEvent.kind == Kind.DIFFERENCE.value)
        .group_by(ManifestEvent.manifest_id).order_by(func.max(ManifestEvent.n).desc()).limit(200)
    ).all()  # fmt: skip
    found, here = [], _here(session)
    for manifest_id in ids:
        one = session.get(Manifest, manifest_id)
        view = transfers.view_of(session, manifest_id)
        papers = view.papers
        number = one.number if one else str(papers[0].data.get("number", "")) if papers else ""
        rows = difference_rows(session, manifest_id, number, view)
        ours = _told_of(view, here) if one is not None and not here & {one.site_id, one.to_site_id} else None
        found += [row for row in rows if (settled or not row.decision) and (ours is None or row.event_id in ours)]
    return sorted(found, key=lambda row: -row.at)


def _told_of(view: View, here: frozenset[str]) -> frozenset[str] | None:
    """Return what this site was told of a van between two others; None where it has more to do with that van."""
    events = [fact for fact in view.events if str(fact.data.get("to_site", "")) in here]
    told = frozenset(str(fact.data.get("of", "")) for fact in events if fact.kind is Kind.TOLD)
    return told if told and all(fact.kind is Kind.TOLD for fact in events) else None


def difference_files(session: ReadSession, one: DifferenceRow) -> tuple[str, tuple[OrderFile, ...]]:
    """Return who noticed a difference, and its photos."""
    who = session.get(Staff, one.by)
    names = {row.id: row.name for row in session.scalars(select(Staff))} if one.photos else {}
    return who.name if who is not None else "", order_files(session, [one.event_id], {}, names) if one.photos else ()
