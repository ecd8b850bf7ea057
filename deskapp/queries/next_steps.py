"""“What to do next”, by role: one line for each thing that waits for the person at the desk, and where it is done.

Each line says how many there are and leads to its place: to the one record where there is only one, else to the
list. What is asked depends on the roles, so that nobody waits for figures of another's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deskapp.errors import N_
from deskapp.models import stock_needs
from deskapp.models.handing_out import open_loans
from deskapp.models.people import Site
from deskapp.models.store import ReadSession
from deskapp.models.transfers import other_sites, this_site, view_of
from deskapp.queries.drafts import drafts
from deskapp.queries.hits import ask
from deskapp.queries.next_job import next_device
from deskapp.queries.transfers import ManifestRow, Transports, paper_only, transports
from deskapp.queries.visits import visits_due, visits_in_vain
from deskapp.queries.waiting_orders import DECIDE, NOTICE, STORE, waiting_orders
from deskapp.rules.access import SUPERVISORS, Role
from deskapp.rules.account import MoneyKind
from deskapp.rules.deadlines import shop_day
from deskapp.rules.depot import STUCK_AFTER_DAYS, stuck_before
from deskapp.rules.states import WorkState as S
from deskapp.rules.transfers import Age, State


@dataclass(frozen=True, slots=True)
class Step:
    """One line: a message id with its values, how urgent (danger, warn or nothing), where it is done.

    `since` is when the oldest of them began to wait (ms UTC, 0 where that says nothing).
    """

    name: str
    text: str
    page: str
    icon: str
    values: Mapping[str, object] = field(default_factory=dict)
    args: Mapping[str, object] = field(default_factory=dict)
    tone: str = ""
    since: int = 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every line is worked out from."""

    session: ReadSession
    now: int
    staff_id: str
    roles: frozenset[str]
    others: list[str]


CLERK: Final = frozenset({Role.COUNTER_CLERK.value})
MOVERS: Final = CLERK | {Role.DEPOT_RECEIVER.value, Role.COURIER.value}
TAKERS: Final = CLERK | {Role.DEPOT_RECEIVER.value, Role.FIELD_ENGINEER.value}
"""Who takes devices in, beside the supervisors."""

CHIEFS: Final = frozenset(role.value for role in SUPERVISORS)
TECHNICIANS: Final = frozenset({Role.TECHNICIAN.value})
ENGINEERS: Final = frozenset({Role.FIELD_ENGINEER.value})
KEEPERS: Final = frozenset({Role.PARTS_KEEPER.value})
MAKERS: Final = frozenset({Role.TECHNICIAN.value, Role.QC_INSPECTOR.value})


def next_steps(session: ReadSession, now: int, staff_id: str, roles: Iterable[str]) -> tuple[Step, ...]:
    """Return the lines for a person with these roles, the most urgent first."""
    held = frozenset(str(role) for role in roles)
    desk = _Desk(session, now, staff_id, held, other_sites(session, this_site(session)))
    found = [step for whose, lines in _LINES if held & whose for step in lines(desk)]
    return tuple(sorted(found, key=lambda step: _TONES.index(step.tone)))


_TONES: Final = ("danger", "warn", "")


# -- between sites -------------------------------------------------------------


def _transports(desk: _Desk) -> Iterable[Step]:
    seen = transports(desk.session, desk.now)
    going = {age: [one for one in seen.under_way if one.age is age] for age in Age}
    yield from _vans(going[Age.ALARM], "transport_alarm", N_("{count} transports are on their way for far too long"),
                     "alarm", "danger")  # fmt: skip
    yield from _vans(going[Age.LATE], "transport_late", N_("{count} transports are late"), "alarm", "warn")
    coming = [one for one in going[Age.FINE] if one.incoming]
    yield from _vans(coming, "arriving", N_("{count} transports are on their way here: receive them by scan"),
                     "truck-delivery", "")  # fmt: skip
    yield from _drafts(seen)


def _drafts(seen: Transports) -> Iterable[Step]:
    packed = [one for one in seen.drafts if one.lines and not one.incoming]
    yield from _vans(packed, "drafts", N_("{count} manifests are packed and wait for the courier"), "package", "")


def _vans(rows: list[ManifestRow], name: str, text: str, icon: str, tone: str) -> Iterable[Step]:
    if not rows:
        return
    since = min(one.sent_at or one.made_at for one in rows)
    if len(rows) == 1:
        one = rows[0]
        page = "transfer_in" if one.incoming else "transfer_out"
        yield Step(name, text, page, icon, {"count": 1}, {"id": one.id, "number": one.number}, tone, since)
        return
    which = {"list": "drafts" if rows[0].state == State.DRAFT else "under_way"}
    yield Step(name, text, "transfers", icon, {"count": len(rows)}, which, tone, since)


_OPEN_DIFFERENCES: Final = (
    "SELECT id, differences, max(arrived_at, sent_at) AS at FROM manifest m WHERE differences > 0 AND NOT ("
    "site_id IN (??) AND to_site_id IN (??) AND EXISTS ("
    "SELECT 1 FROM manifest_event e WHERE e.manifest_id = m.id AND e.kind = 'told'))"
)
"""All but those of vans between two other sites, which told this one that a device of its own came along."""


def _differences(desk: _Desk) -> Iterable[Step]:
    rows = ask(desk.session, _OPEN_DIFFERENCES, desk.others, desk.others)
    found = [(row.id, row.differences, row.at) for row in rows]
    for manifest_id in paper_only(desk.session):
        view = view_of(desk.session, manifest_id)
        if view.open_differences:
            found.append((manifest_id, view.open_differences, view.papers[0].at_ms))
    if found:
        yield Step("differences", N_("{count} differences wait for an answer"), "discrepancies", "alert-triangle",
                   {"count": sum(count for _id, count, _at in found)}, {"id": found[0][0]} if len(found) == 1 else {},
                   "danger", min(at for _id, _count, at in found))  # fmt: skip


def _to_send(desk: _Desk) -> Iterable[Step]:
    site = desk.session.get(Site, this_site(desk.session))
    if site is None or not desk.others:
        return
    state, text = (
        (S.AWAITING_RETURN, N_("{count} devices are done and wait to go back to their outlet")) if site.is_depot
        else (S.CHECKED_IN, N_("{count} devices wait to be sent to the depot"))
    )  # fmt: skip
    count, since = _in_state(desk, state)
    if count:
        yield Step("to_send", text, "transfers", "truck-delivery", {"count": count}, {"list": "drafts"}, "", since)


# -- the counter ---------------------------------------------------------------


def _loaners(desk: _Desk) -> Iterable[Step]:
    late = [one for one in open_loans(desk.session) if one.due_at and shop_day(one.due_at) < shop_day(desk.now)]
    if late:
        args = {"id": late[0].device_id} if len(late) == 1 else {}
        yield Step("loaners", N_("{count} loaners are overdue: remind the merchants"), "loaners", "switch-horizontal",
                   {"count": len(late)}, args, "warn", min(one.due_at for one in late))  # fmt: skip


def _begun(desk: _Desk) -> Iterable[Step]:
    """Check-ins this person began and did not save; the form comes back at its first open question."""
    found = drafts(desk.session, "check_in", desk.staff_id) if desk.staff_id else []
    if found:
        args = {"draft_id": found[0].id} if len(found) == 1 else {}
        yield Step("begun", N_("{count} check-ins were begun and are not finished"), "check_in", "inbox",
                   {"count": len(found)}, args, "warn", min(one.saved_at for one in found))  # fmt: skip


def _trips(desk: _Desk) -> Iterable[Step]:
    """Visits on site: an engineer's own of today, and for everybody who plans them those that somebody must see to."""
    engineer, planner = Role.FIELD_ENGINEER.value in desk.roles, bool(desk.roles & (CLERK | CHIEFS))
    due = visits_due(desk.session, desk.now, "" if planner else desk.staff_id)
    late = [one for one in due if one.late]
    forgotten = [one for one in due if one.no_result]
    again = visits_in_vain(desk.session, desk.now) if planner else ()
    own = [one for one in due
           if engineer and not (one.late or one.no_result) and one.engineer_id == desk.staff_id]  # fmt: skip
    for name, text, rows, tone, which in (
        ("visits_forgotten", N_("{count} visits have no result yet: enter what came of them"), forgotten, "warn",
         "unsettled"),
        ("visits_again", N_("{count} tickets are open after their visit: agree on another visit, or close the ticket"),
         again, "warn", "unsettled"),
        ("visits_late", N_("{count} visits are late: go, move them, or note what came of them"), late, "warn", "late"),
        ("visits_own", N_("{count} visits are yours today"), own, "", "today"),
    ):  # fmt: skip
        if rows:
            first = rows[0]
            page, args = ("visit", {"id": first.id}) if len(rows) == 1 else ("visits", {"which": which})
            since = 0 if not tone else first.to_at if first.late else first.state_at
            yield Step(name, text, page, "map-pin", {"count": len(rows)}, args, tone, since)


def _quotes(desk: _Desk) -> Iterable[Step]:
    """Quotes without an answer, of devices that are here and of our own orders; longest first."""
    rows = ask(desk.session, _QUOTED, MoneyKind.QUOTE.value, S.AWAITING_APPROVAL.value, desk.others, desk.others)
    lapsed = [row for row in rows if 0 < row.valid_until < desk.now]
    if desk.roles & (CLERK | CHIEFS):
        open_ones = [row for row in rows if row not in lapsed]
        yield from _answer("quotes", N_("{count} quotes wait for the merchant's answer"), open_ones, "")
    yield from _answer("quotes_lapsed", N_("{count} quotes ran out without an answer: send new ones"), lapsed, "warn")


def _answer(name: str, text: str, rows: Sequence[Any], tone: str) -> Iterable[Step]:
    """The line leads to the device that waits longest: the queue beside it holds the others."""
    if rows:
        first = rows[0]
        args = {"id": first.id, "kind": "item", "number": first.label_no}
        yield Step(name, text, "bench", "report-money", {"count": len(rows)}, args, tone, first.state_at)


def _calls(desk: _Desk) -> Iterable[Step]:
    waiting = [one for one in waiting_orders(desk.session, desk.others, desk.now) if not one.told and one.step == 0]
    if waiting:
        yield Step("calls", N_("{count} merchants do not know yet that their devices are ready"), "calls", "phone",
                   {"count": len(waiting)}, {}, "", min(one.ready_at for one in waiting))  # fmt: skip


def _notices(desk: _Desk) -> Iterable[Step]:
    due = [one for one in waiting_orders(desk.session, desk.others, desk.now) if one.step and not one.answered]
    notices = [one for one in due if one.step < STORE]
    if notices:
        first = notices[0]
        called = all(one.step < NOTICE for one in notices)
        args: dict[str, object] = {}
        if len(notices) == 1:
            args = {"order_id": first.order_id} if called else {"id": first.order_id, "act": "notice"}
        page = "calls" if called else "order" if args else "ready"
        yield Step("notices", N_("{count} orders are not collected: the next notice is due"), page, "message",
                   {"count": len(notices)}, args, "warn", first.ready_at)  # fmt: skip
    rest = [one for one in due if one.step >= STORE] if desk.roles & CHIEFS else []
    for name, text, some, act in (
        ("store", N_("{count} uncollected orders belong into long storage"), [o for o in rest if o.step == STORE],
         "long_storage"),
        ("decide", N_("{count} uncollected orders wait for a decision"), [o for o in rest if o.step == DECIDE],
         "uncollected"),
    ):  # fmt: skip
        if some:
            page, args = ("order", {"id": some[0].order_id, "act": act}) if len(some) == 1 else ("ready", {})
            yield Step(name, text, page, "box", {"count": len(some)}, args, "warn", some[0].ready_at)
    if desk.roles & CHIEFS:
        yield from _abandoned(desk)


def _abandoned(desk: _Desk) -> Iterable[Step]:
    """Devices whose waiting was ended: nothing happens to them until a supervisor decides with an auditor."""
    rows = ask(desk.session, _ABANDONED, S.ABANDONED.value, desk.others)
    if rows:
        args = {"id": rows[0].id, "act": "decide"}
        yield Step("abandoned", N_("{count} uncollected devices: decide with an auditor"), "order", "hand-stop",
                   {"count": len(rows)}, args, "warn", rows[0].state_at)  # fmt: skip


# -- the workshop --------------------------------------------------------------


_TAKE: Final = {
    "own": N_("Go on with {label}"), "new": N_("Take up {label} next"), "test": N_("Test {label} next"),
}  # fmt: skip


def _bench(desk: _Desk) -> Iterable[Step]:
    found = next_device(desk.session, desk.staff_id, desk.roles)
    if found is not None:
        args = {"id": found.item_id, "kind": "item", "number": found.label_no}
        yield Step("bench", _TAKE[found.why], "bench", "stethoscope", {"label": found.label_no}, args)


def _keys(desk: _Desk) -> Iterable[Step]:
    count, since = _in_state(desk, S.AWAITING_KEY_LOAD)
    if count:
        text = N_("{count} devices wait for their keys")
        yield Step("keys", text, "key_runs", "key", {"count": count}, {}, "", since)


def _stock(desk: _Desk) -> Iterable[Step]:
    site = desk.session.get(Site, this_site(desk.session))
    if site is None or not site.is_depot:
        return  # the catalogue and its minimum are everybody's, the shelf with parts is a workshop's
    needs = stock_needs.needs(desk.session)
    low = [part_id for part_id, need in needs.items() if need.to_order > 0]
    if low:
        args: dict[str, object] = {"id": low[0]} if len(low) == 1 else {"which": "order"}
        yield Step("stock", N_("{count} parts are below what is needed: order them"), "stock", "packages",
                   {"count": len(low)}, args, "warn")  # fmt: skip
    awaiting = [part_id for part_id, need in needs.items() if need.awaited and need.on_hand >= need.awaited]
    if awaiting:
        yield Step("arrived", N_("{count} parts that devices wait for lie on the shelf"), "stock", "packages",
                   {"count": len(awaiting)}, {"id": awaiting[0]} if len(awaiting) == 1 else {}, "")  # fmt: skip


def _counts(desk: _Desk) -> Iterable[Step]:
    rows = ask(desk.session, "SELECT id, raised_at FROM review_card WHERE settled_at = 0 AND kind = 'stock' ORDER BY n")
    if rows:
        yield Step("counts", N_("{count} parts have to be counted"), "reviews", "checklist", {"count": len(rows)},
                   {"id": rows[0].id}, "warn", rows[0].raised_at)  # fmt: skip


def _quarantine(desk: _Desk) -> Iterable[Step]:
    count, since = _in_state(desk, S.QUARANTINED)
    if count:
        yield Step("quarantine", N_("{count} devices in quarantine wait for two people"), "bench", "alert-triangle",
                   {"count": count}, {}, "warn", since)  # fmt: skip


def _stuck(desk: _Desk) -> Iterable[Step]:
    cases = " ".join(f"WHEN '{state.value}' THEN {stuck_before(state, desk.now)}" for state in STUCK_AFTER_DAYS)
    row = ask(
        desk.session,
        f"SELECT count(*) AS count, min(state_at) AS since FROM repair_item WHERE {_OPEN} AND at_site NOT IN (??)"
        f" AND state_at < CASE work_state {cases} ELSE 0 END", desk.others,
    )[0]  # fmt: skip
    if row.count:
        yield Step("stuck", N_("{count} devices have stood in one state for too long"), "board", "chart-bar",
                   {"count": row.count}, {}, "warn", row.since)  # fmt: skip


_OPEN: Final = "work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"


_ABANDONED: Final = (
    "SELECT i.id, i.state_at FROM repair_item i WHERE i.work_state = ? AND i.at_site NOT IN (??)"
    " ORDER BY i.state_at, i.n"
)
_QUOTED: Final = (
    "SELECT i.id, i.label_no, i.state_at, coalesce((SELECT json_extract(q.data, '$.valid_until_ms') FROM money_event q"
    " WHERE q.item_id = i.id AND q.kind = ? AND q.voids = ''"
    " AND NOT EXISTS (SELECT 1 FROM money_event v WHERE v.item_id = i.id AND v.voids = q.id)"
    " ORDER BY q.n DESC LIMIT 1), 0) AS valid_until"
    f" FROM repair_item i WHERE i.{_OPEN} AND i.work_state = ? AND (i.at_site NOT IN (??)"
    " OR NOT EXISTS (SELECT 1 FROM repair_order o WHERE o.id = i.order_id AND o.site_id IN (??)))"
    " ORDER BY i.state_at, i.n"
)


def _in_state(desk: _Desk, state: S) -> tuple[int, int]:
    """Return how many devices here are in a state, and since when the first of them."""
    row = ask(
        desk.session,
        f"SELECT count(*) AS count, coalesce(min(state_at), 0) AS since FROM repair_item WHERE {_OPEN}"
        " AND work_state = ? AND at_site NOT IN (??)", state.value, desk.others,
    )[0]  # fmt: skip
    return row.count, row.since


_LINES: Final[tuple[tuple[frozenset[str], Callable[[_Desk], Iterable[Step]]], ...]] = (
    (MOVERS | CHIEFS, _transports),
    (MOVERS | CHIEFS, _differences),
    (TAKERS | CHIEFS, _begun),
    (CLERK | CHIEFS | TECHNICIANS, _quotes),
    (CLERK | CHIEFS | ENGINEERS, _trips),
    (CLERK | CHIEFS, _loaners),
    (CLERK | CHIEFS, _notices),
    (CLERK, _calls),
    (MAKERS, _bench),
    (frozenset({Role.KEY_CUSTODIAN.value}), _keys),
    (KEEPERS | CHIEFS, _stock),
    (KEEPERS | CHIEFS, _counts),
    (CHIEFS, _quarantine),
    (CHIEFS, _stuck),
    (MOVERS, _to_send),
)
