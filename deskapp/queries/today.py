"""What the start page tells: what waits, what is late, what is ready, whom to call, what to settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.models.store import ReadSession
from deskapp.models.transfers import other_sites, this_site
from deskapp.queries.disagreements import TITLES as DISAGREEMENTS
from deskapp.queries.disagreements import open_count
from deskapp.queries.field_titles import lost_fields
from deskapp.queries.hits import ask
from deskapp.queries.naming import model_title
from deskapp.queries.syncing import ALONE, SyncBadge, sync_badge
from deskapp.queries.visits import VisitRow, visits_due
from deskapp.queries.waiting_orders import WaitingOrder, waiting_orders
from deskapp.rules.deadlines import DAY_MS
from deskapp.rules.masking import mask
from deskapp.rules.move_records import RECORD_TITLES
from deskapp.rules.states import HELD, STATE_TITLES, WAITING_FOR
from deskapp.rules.states import WorkState as S

SHOWN: Final = 8
"""Rows of a list on the start page; the rest is one step away."""

GROUPS: Final[Mapping[str, frozenset[S]]] = {
    "to_diagnose": frozenset({S.CHECKED_IN, S.DEPOT_RECEIVED, S.DIAGNOSING}),
    "to_approve": frozenset({S.AWAITING_APPROVAL}),
    "to_repair": frozenset({S.REPAIRING, S.DECLINED, S.AWAITING_KEY_LOAD, S.COUNTER_SERVICE}),
    "outside": frozenset({S.AWAITING_PARTS, S.VENDOR_REPAIR, S.IN_TRANSIT_OUT, S.IN_TRANSIT_BACK,
                          S.AWAITING_DISPATCH, S.AWAITING_RETURN}),
    "to_test": frozenset({S.QC_TESTING}),
    "ready": frozenset({S.READY_FOR_PICKUP}),
    "uncollected": frozenset({S.ABANDONED}),
    "quarantined": frozenset({S.QUARANTINED}),
}  # fmt: skip

CARD_TITLES: Final[Mapping[str, str]] = {
    **DISAGREEMENTS,
    "todo": N_("Still to do"),
    "review": N_("Please check"),
    "binding": N_("Binding does not fit"),
    "solo": N_("Done by one person alone"),
    "quarantine": N_("In quarantine"),
    "third_failure": N_("Failed the test for the third time: decide how it goes on"),
    "needs_review": N_("Looks unusual"),
    "corrected": N_("Serial number corrected"),
    "terminal_twice": N_("Terminal number on two devices"),
    "stock": N_("Count this part: more was taken than there was"),
    "loaner_out": N_("Closed although a loaner is out"),
    "part_arrived": N_("The awaited part is here"),
    "binding_update": N_("Tell the acquirer about the new serial number"),
    "stock_difference": N_("Stock count differs"),
    "missing_at_count": N_("Not found at the shelf count"),
    "accessory_gap": N_("Accessory not given back"),
    "pickup_blocked": N_("Too many wrong pickup codes"),
    "slip_lost": N_("Pickup slip lost"),
    "loaner_suspect": N_("Loaner came back suspicious"),
    "difference": N_("A van did not match its manifest"),
    "extra_known": N_("A device without a line is known now"),
    "late_transfer": N_("On its way for too long"),
    "other_device": N_("Another device was met on site"),
    "vendor_exchanged": N_("The maker exchanged the device: make the swap"),
}

TODO_TITLES: Final[Mapping[str, str]] = {
    "label_scan_back": N_("Print the label and scan it back"),
    "photos": N_("Take photos of the device"),
    "serial_photo": N_("Photograph the serial number that was typed"),
    "signature": N_("Get the signature, or scan the signed slip"),
    "unsettled_batch": N_("Ask whether a batch is unsettled"),
    "deliverer_id": N_("Note the last four of the deliverer's document"),
    "waybill": N_("Note the waybill or the number plate of the van"),
    "seal_no": N_("Note the seal number of the bag"),
    "shelf": N_("Put the device onto a shelf"),
    "app_version": N_("Note the version of the application"),
    "firmware_version": N_("Note the version of the firmware"),
    "condition": N_("Look at the outside of the device"),
    "power_state": N_("Note whether it powers on"),
    "estimate": N_("Tell the merchant an estimate or a ceiling"),
    "warranty_papers": N_("Ask for the warranty papers"),
    "labour_class": N_("Choose the class of labour"),
    "labour_minutes": N_("Note the working time"),
    "prevention_tip": N_("Write advice that prevents the fault"),
    "rating": N_("Ask how satisfied the merchant is"),
    "seal_nos": N_("Note the seal numbers of the bags"),
    "witness": N_("Name a witness of the quarantine"),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A device in our hands. Instants are ms UTC; `due_at` is 0 where nothing is promised."""

    item_id: str
    order_id: str
    label_no: str
    model: str
    merchant: str
    state: str
    since: int
    due_at: int


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A ticket nobody has finished."""

    ticket_id: str
    number: str
    kind: str
    merchant: str
    words: str
    priority: int
    state: str
    due_at: int


@dataclass(frozen=True, slots=True)
class ToCall:
    """A merchant whose devices are ready; `tried` is how often we called since."""

    order_id: str
    order_no: str
    merchant: str
    phone: str
    """Masked."""

    devices: int
    since: int
    tried: int


@dataclass(frozen=True, slots=True)
class ToSettle:
    """A card of the list of things to settle: a message id for what it is, and what it is about."""

    card_id: str
    kind: str
    title: str
    words: str
    subject_kind: str
    subject_id: str
    about: str
    raised_at: int
    fields: tuple[str, ...] = ()
    """Message ids of the fields of which there are two versions."""


@dataclass(frozen=True, slots=True)
class Today:
    """Everything on the start page, as of one moment."""

    now: int
    counts: Mapping[str, int]
    """By the names of `GROUPS`, and `late`, `tickets`, `visits`, `calls`, `settle`, `disagreements` (of `settle`)."""

    late: tuple[Waiting, ...] = ()
    ready: tuple[Waiting, ...] = ()
    tickets: tuple[OpenTicket, ...] = ()
    calls: tuple[ToCall, ...] = ()
    settle: tuple[ToSettle, ...] = ()
    print_jobs: Mapping[str, int] = field(default_factory=dict)
    """Papers by state, without those that are done."""

    visits: tuple[VisitRow, ...] = ()
    sync: SyncBadge = ALONE
    merchants: bool = True
    staff: int = 0
    """People who may sign in; the hints of the first days ask for more."""

    @property
    def empty(self) -> bool:
        """Say whether this branch has not begun yet."""
        return not self.merchants and not any(self.counts.values())


def today(session: ReadSession, now: int) -> Today:
    """Return the start page as of `now` (ms UTC): what is in this site's hands, and what it sent on and answers for."""
    others = other_sites(session, this_site(session))
    states = {row.work_state: row.count for row in ask(session, _BY_STATE, _IN_HAND, others)}
    counts = {name: sum(states.get(state.value, 0) for state in group) for name, group in GROUPS.items()}
    counts["outside"] += _one(session, _SENT_ON, _IN_HAND, others, others) if others else 0
    late = ask(session, f"SELECT id FROM repair_item WHERE {_LATE} ORDER BY done_due", _WORKING, now, others, others)
    calls = [one for one in waiting_orders(session, others, now) if not one.told]
    counts["late"], counts["calls"] = len(late), len(calls)
    visits = visits_due(session, now)
    counts["visits"] = len(visits)
    counts["tickets"] = _one(session, f"SELECT count(*) FROM service_ticket WHERE {_OPEN}")
    counts["settle"] = _one(session, "SELECT count(*) FROM review_card WHERE settled_at = 0")
    counts["disagreements"] = open_count(session)
    return Today(
        now=now,
        counts=counts,
        late=_waiting(session, [row.id for row in late[:SHOWN]]),
        ready=_waiting(session, [row.id for row in ask(session, _LONGEST_READY, _READY, others, SHOWN)]),
        tickets=_tickets(session),
        calls=_calls(session, calls[:SHOWN]),
        settle=to_settle(session, limit=SHOWN),
        visits=visits[:SHOWN],
        print_jobs=paper_counts(session),
        sync=sync_badge(session, now),
        merchants=bool(ask(session, "SELECT 1 FROM merchant LIMIT 1")),
        staff=_one(session, "SELECT count(*) FROM staff WHERE active"),
    )


def to_settle(session: ReadSession, *, limit: int = 500) -> tuple[ToSettle, ...]:
    """Return the cards that wait for a person, oldest first."""
    rows = ask(
        session,
        "SELECT c.id, c.kind, c.subject_kind, c.subject_id, c.words, c.data, c.raised_at,"
        " coalesce(i.label_no, o.number, t.number, v.number, m.name, d.serial_no, p.part_no || ' ' || p.name,"
        " nullif(a.label_no, ''), f.number, '') AS about"
        " FROM review_card c"
        " LEFT JOIN repair_item i ON c.subject_kind = 'repair_item' AND i.id = c.subject_id"
        " LEFT JOIN repair_order o ON c.subject_kind = 'repair_order' AND o.id = c.subject_id"
        " LEFT JOIN service_ticket t ON c.subject_kind = 'service_ticket' AND t.id = c.subject_id"
        " LEFT JOIN site_visit v ON c.subject_kind = 'site_visit' AND v.id = c.subject_id"
        " LEFT JOIN merchant m ON c.subject_kind = 'merchant' AND m.id = c.subject_id"
        " LEFT JOIN device d ON c.subject_kind = 'device' AND d.id = c.subject_id"
        " LEFT JOIN part p ON c.subject_kind = 'part' AND p.id = c.subject_id"
        " LEFT JOIN manifest f ON c.subject_kind = 'manifest' AND f.id = c.subject_id"
        " LEFT JOIN accessory_item a ON c.subject_kind = 'accessory_item' AND a.id = c.subject_id"
        " WHERE c.settled_at = 0 ORDER BY c.n LIMIT ?",
        limit,
    )
    return tuple(
        ToSettle(
            row.id, row.kind, card_title(row.kind, data), row.words, row.subject_kind, row.subject_id, row.about,
            row.raised_at, lost_fields(row.subject_kind, data),
        )
        for row in rows for data in (_loaded(row.data),)
    )  # fmt: skip


def card_title(kind: str, data: Mapping[str, Any]) -> str:
    """Return the message id that says what a card asks for."""
    key = str(data.get("key", ""))
    if kind == "todo" and key:
        return TODO_TITLES.get(key) or RECORD_TITLES.get(key, CARD_TITLES["todo"])
    return CARD_TITLES.get(kind, CARD_TITLES["review"])


_IN_HAND = tuple(sorted(state.value for state in (*HELD, S.QUARANTINED)))
_READY = (S.READY_FOR_PICKUP.value,)
_WORKING = tuple(
    sorted(state.value for state in HELD if state not in WAITING_FOR and state not in (S.READY_FOR_PICKUP, S.ABANDONED))
)
"""States in which the promised time runs and the device is not ready yet."""

_PARTIAL = "work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"
"""The condition of the index of devices in hand, word by word, so that it is used."""

_AWAY = "at_site NOT IN (??)"
"""Not in another site's hands."""

_OF_OTHERS = "EXISTS (SELECT 1 FROM repair_order o WHERE o.id = repair_item.order_id AND o.site_id IN (??))"
_BY_STATE = (
    "SELECT work_state, count(*) AS count FROM repair_item"
    f" WHERE {_PARTIAL} AND work_state IN (??) AND {_AWAY} GROUP BY 1"
)
_SENT_ON = (
    f"SELECT count(*) FROM repair_item WHERE {_PARTIAL} AND work_state IN (??) AND at_site IN (??) AND NOT {_OF_OTHERS}"
)
_LATE = f"{_PARTIAL} AND work_state IN (??) AND done_due > 0 AND done_due < ? AND ({_AWAY} OR NOT {_OF_OTHERS})"
_LONGEST_READY = (
    f"SELECT id FROM repair_item WHERE {_PARTIAL} AND work_state IN (??) AND {_AWAY} ORDER BY state_at LIMIT ?"
)
_OPEN = "state NOT IN ('done', 'cancelled')"
_PAPERS = (
    "SELECT state, count(*) AS count FROM print_job"
    " WHERE state IN ('queued', 'sending', 'failed', 'unknown', 'held') GROUP BY state"
)


def _one(session: ReadSession, sql: str, *values: Any) -> int:
    return int(ask(session, sql, *values)[0][0])


def _waiting(session: ReadSession, ids: Sequence[str]) -> tuple[Waiting, ...]:
    """Return these devices, in this order."""
    if not ids:
        return ()
    rows = ask(
        session,
        "SELECT i.id, i.order_id, i.label_no, i.work_state, i.state_at, i.done_due,"
        " k.brand, k.brand_en, k.name AS model, coalesce(nullif(m.short_name, ''), m.name, '') AS merchant"
        " FROM repair_item i JOIN repair_order o ON o.id = i.order_id"
        " LEFT JOIN device d ON d.id = i.device_id LEFT JOIN device_model k ON k.id = d.model_id"
        " LEFT JOIN merchant m ON m.id = o.merchant_id WHERE i.id IN (??)",
        ids,
    )
    found = {
        row.id: Waiting(
            row.id, row.order_id, row.label_no, model_title(row.brand, row.brand_en, row.model), row.merchant,
            row.work_state, row.state_at, row.done_due,
        )
        for row in rows
    }  # fmt: skip
    return tuple(found[one] for one in ids if one in found)


def _tickets(session: ReadSession) -> tuple[OpenTicket, ...]:
    rows = ask(
        session,
        "SELECT t.id, t.number, t.kind, t.words, t.symptom_code, t.priority, t.state, t.done_due,"
        " coalesce(nullif(m.short_name, ''), m.name, '') AS merchant"
        f" FROM service_ticket t LEFT JOIN merchant m ON m.id = t.merchant_id WHERE t.{_OPEN}"
        " ORDER BY t.priority, t.n LIMIT ?",
        SHOWN,
    )
    return tuple(
        OpenTicket(
            row.id, row.number, row.kind, row.merchant,
            row.words or (catalogue.title("symptoms", row.symptom_code) if row.symptom_code else ""),
            row.priority, row.state, row.done_due,
        )
        for row in rows
    )  # fmt: skip


def _calls(session: ReadSession, wanted: Sequence[WaitingOrder]) -> tuple[ToCall, ...]:
    if not wanted:
        return ()
    rows = ask(
        session,
        "SELECT o.id, o.number, o.deliverer_phone, coalesce(nullif(m.short_name, ''), m.name, '') AS merchant,"
        " (SELECT c.phone FROM merchant_contact c WHERE c.merchant_id = o.merchant_id AND c.active"
        "  ORDER BY c.main DESC, c.n LIMIT 1) AS phone"
        " FROM repair_order o LEFT JOIN merchant m ON m.id = o.merchant_id WHERE o.id IN (??)",
        [one.order_id for one in wanted],
    )
    found = {row.id: row for row in rows}
    calls = []
    for one in wanted:
        row = found[one.order_id]
        phone = row.phone or row.deliverer_phone
        calls.append(
            ToCall(
                one.order_id, row.number, row.merchant, mask("phone", phone) if phone else "", one.devices,
                one.ready_at, one.attempts,
            )
        )  # fmt: skip
    return tuple(calls)


def paper_counts(session: ReadSession) -> dict[str, int]:
    """Return how many papers wait, failed or are in doubt, by state."""
    return {row.state: row.count for row in ask(session, _PAPERS)}


def _loaded(data: Any) -> dict[str, Any]:
    import json

    found = json.loads(data) if isinstance(data, str) else data
    return found if isinstance(found, dict) else {}


def state_title(state: str) -> str:
    """Return the message id of a work state."""
    return STATE_TITLES[S(state)]


def days_between(since: int, now: int) -> int:
    """Return how many whole days lie between two instants in ms."""
    return max(0, (now - since) // DAY_MS)
