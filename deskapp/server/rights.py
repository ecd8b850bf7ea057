"""Who may write what, by what the server itself knows: its own rows of staff and sites, never what a station says.

A station's key says which computer speaks; who acts there is only claimed. So whoever holds one key could make anybody
an administrator of the land, or change prices and sites of others. Every change set is judged by the roles that its
acting person has here (`rules.record_rights`), in the order in which the server hears: somebody made by an act may act
from the next one on. What a desk could not know yet (a role that was taken away while it was offline) counts as it was
when the desk last spoke. What happened in the world is taken all the same, and a card tells of it.
docs/sync.md tells the rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from deskapp.clock import stopwatch
from deskapp.paths import resource
from deskapp.rules import access
from deskapp.rules.record_rights import EVERYBODY, KEPT, Need, needed
from deskapp.server import stations
from deskapp.server.work import as_stored
from deskapp.sync.framing import load
from deskapp.sync.wire import Code, Result

if TYPE_CHECKING:
    from deskapp.server.work import Draft, Rec
    from deskapp.sync.packing import Op

BURST_MS: Final = 3_600_000
"""How long the push of a long absence may take, request by request, and still count as one."""

FRESH_S: Final = 5.0
"""For so long what somebody may do is not asked again; what is refused is always judged by what stands there now."""

MOST_KEPT: Final = 50_000

LETS_IN: Final = ("staff", "pin_reset")
"""Rights of whoever lets colleagues in (`commands.joining.LETS_IN`)."""

REFUSED, WAITS = "refused", "waits"
"""Under these words the archive keeps what was refused, or waited for who did it: a restore judges it likewise."""

MARKS: Final = (REFUSED, WAITS)

TOLD: Final = ("roles", "active")
_SOMEBODY: Final = ("standing", "")
_PEOPLE: Final = "SELECT id, vals FROM record WHERE entity = 'staff' AND id > ? ORDER BY id LIMIT 200"
_AUDIT: Final = "INSERT INTO audit (at, what, subject, who, detail) VALUES (?, ?, ?, ?, ?)"
CARD: Final = "not_allowed"


class Verdict(Enum):
    """What becomes of an operation; `MARKED`: it is taken, and a card tells of it. `WAITS`: for who did it."""

    TAKEN = auto()
    MARKED = auto()
    REFUSED = auto()
    ELSEWHERE = auto()
    WAITS = auto()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the server knows of an acting person. `known`: there is such a person; `rights` only of who is at work."""

    known: bool
    rights: frozenset[str]
    system: bool = False


NOBODY: Final = Standing(False, frozenset())
PROGRAM: Final = Standing(True, frozenset(), system=True)
"""The program itself, which no person is named for."""


def is_kept(entity: str) -> bool:
    """Say whether a table describes the organisation itself, so that nobody else's word of it is taken."""
    return entity in KEPT


def judge(draft: Draft, op: Op, rec: Rec | None) -> Verdict:
    """Say what becomes of an operation; `rec` is the record that it changes or withdraws, None where it adds one."""
    need = needed(op.entity, op.group)
    if need is None:
        return Verdict.TAKEN
    if need.kept and op.kind == "set" and not _of_one_group(op.entity, op.group, tuple(op.values)):
        need = KEPT[op.entity][""]
    standing = draft.standing
    if standing is None:
        standing = draft.standing = standing_of(draft)
    if need.rights.isdisjoint(standing.rights) and not (standing.system and not need.kept):
        return _beyond(draft, op, rec, need, standing)
    return _at(draft, op, rec, need) if need.kept else Verdict.TAKEN


def _at(draft: Draft, op: Op, rec: Rec | None, need: Need) -> Verdict:
    """Judge what somebody may do: whether they may here."""
    draft.organises = draft.organises or (need.kept and need.rights is not EVERYBODY)
    return Verdict.ELSEWHERE if need.own_site and not _own_site(draft, op, rec) else Verdict.TAKEN


def _beyond(draft: Draft, op: Op, rec: Rec | None, need: Need, standing: Standing) -> Verdict:
    """Judge what the acting person may not do by the first look: more slowly, and by what stands there now."""
    if draft.author.station == stations.NOBODY:  # the server itself, at its own command line
        return Verdict.TAKEN
    if draft.work.judged and _mark(WAITS, draft.one.uid) not in draft.one.keys:
        return Verdict.REFUSED if _mark(REFUSED, op.id) in draft.one.keys else Verdict.TAKEN
    if not standing.known and not need.kept:
        return Verdict.TAKEN  # who it was is not here yet; what was done is
    if not standing.system and draft.one.staff not in draft.work.asked:
        draft.work.asked.add(draft.one.staff)
        draft.work.standings.pop(draft.one.staff, None)
        standing = draft.standing = standing_of(draft, fresh=True)
    may = not need.rights.isdisjoint(standing.rights) or not need.rights.isdisjoint(_might(draft))
    if may or (rec is None and _founds(draft, standing)):
        return _at(draft, op, rec, need)
    if rec is None and not need.kept:
        return Verdict.MARKED
    return Verdict.REFUSED if standing.known else Verdict.WAITS


@lru_cache(maxsize=4_096)
def _of_one_group(entity: str, group: str, names: tuple[str, ...]) -> bool:
    """Say whether these columns stand in the group under which they are set, by the tables that the server knows.

    A program that calls itself newer may name groups as it likes: what somebody may do is no habit of theirs.
    """
    from deskapp.models import columns, schema

    assert schema.VERSION  # loads every table
    known = columns.known(entity)
    held = columns.travelling(known) if known is not None else ()
    return all(columns.group_of(known, name) == group for name in names if name in held)


def _own_site(draft: Draft, op: Op, rec: Rec | None) -> bool:
    """Say whether a record is of the site at which the station stands, and a site goes by nobody else's code."""
    site_of = draft.work.site_of
    if op.entity == "site" and op.kind == "set":
        codes = [str(op.values.get(name) or "") for name in ("code", "depot_code")]
        if any(site_of(code) not in (code, site_of(op.id)) for code in codes if code):
            return False
    names = [op.id] if op.entity == "site" else [
        str(values.get("site_id") or "") for values in (op.values, rec.values if rec is not None else {})
        if "site_id" in values
    ]  # fmt: skip
    return all(site_of(name) == site_of(draft.author.site) for name in names if name)


# -- who somebody is -----------------------------------------------------------------------


@cache
def _table() -> access.Roles:
    return access.load(resource("roles.toml").read_text("utf-8"))


def _standing(values: Mapping[str, Any] | None) -> Standing:
    """Return the standing of somebody of whom these are the columns, None: withdrawn."""
    if values is None or not values.get("active", True):
        return Standing(True, frozenset())
    roles = values.get("roles") or ()
    return Standing(True, access.rights_of(_table(), [one for one in roles if isinstance(one, str)]))


def standing_of(draft: Draft, *, fresh: bool = False) -> Standing:
    """Return what the server knows of who acts, as it was before this change set."""
    staff, work = draft.one.staff, draft.work
    if not staff:
        return PROGRAM
    known: Standing | None = work.standings.get(staff)
    if known is not None:
        return known
    rec = work.recs.get(staff)
    kept = work.tx.kept.get(("standing", staff))
    if rec is not None:
        found = _standing(rec.values) if rec.entity == "staff" else NOBODY
    elif staff in work.gone:
        found = _standing(None)
    elif kept is not None and kept[0] > stopwatch() and not fresh:
        return kept[1]  # type: ignore[no-any-return]
    else:
        found = _asked(draft, staff)
        work.asked.add(staff)
        if found.rights:
            if len(work.tx.kept) > MOST_KEPT:
                work.tx.kept.clear()
            work.tx.kept["standing", staff] = (stopwatch() + FRESH_S, found)
    work.standings[staff] = found
    return found


def _asked(draft: Draft, staff: str) -> Standing:
    if not staff.isprintable():
        return NOBODY
    row = draft.work.tx.one("SELECT vals FROM record WHERE id = ? AND entity = 'staff'", (staff,))
    if row is not None:
        return _standing(load(bytes(row[0])))
    gone = draft.work.tx.one("SELECT 1 FROM staff_told WHERE staff = ?", (staff,))
    return _standing(None) if gone is not None else NOBODY


def note(draft: Draft) -> None:
    """Keep from when on the server knew what the people may do whom a change set made, changed or withdrew."""
    for identity in dict.fromkeys(op.id for op in draft.one.ops if op.entity == "staff"):
        rec = draft.recs.get(identity)
        if rec is None and identity not in draft.gone:
            continue
        told = {name: rec.values.get(name) for name in TOLD} if rec is not None else None
        draft.row("staff_told", identity, draft.one.uid, as_stored({"is": told}))
        draft.work.standings.pop(identity, None)
        draft.work.tx.kept.pop(("standing", identity), None)
        if draft.founds and rec is not None:
            words = {"no": draft.author.no, "site": draft.author.site, "roles": rec.values.get("roles")}
            detail = json.dumps(words, ensure_ascii=False, sort_keys=True)
            draft.late.append((_AUDIT, (draft.at, "founded", identity, draft.author.station, detail)))
    if draft.organises and draft.one.staff and draft.author.station != stations.NOBODY:
        _book(draft)


def _book(draft: Draft) -> None:
    """Let the book say once from which computer somebody began to change the organisation.

    Whoever has a computer's key can say that anybody sits there; this is where it would be seen.
    """
    staff, station, work = draft.one.staff, draft.author.station, draft.work
    if (staff, station) in work.asked or ("organises", staff, station) in work.tx.kept:
        return
    work.asked.add((staff, station))
    if work.tx.one("SELECT 1 FROM audit WHERE what = 'organises' AND subject = ? AND who = ?", (staff, station)):
        if len(work.tx.kept) <= MOST_KEPT:
            work.tx.kept["organises", staff, station] = True
        return
    words = {"no": draft.author.no, "site": draft.author.site, "command": draft.one.command}
    draft.late.append((_AUDIT, (draft.at, "organises", staff, station, json.dumps(words, sort_keys=True))))


# -- what a desk could not know, and how a branch begins ---------------------------------------


def _might(draft: Draft) -> frozenset[str]:
    """Return what the person might do by all that this station could know when it was done.

    It knows what the server had when the station pushed last, before the act. An act dated before a push of this very
    hour belongs to the same long absence: then the last push before that hour counts. What was put off is judged as
    it would have been when it came, too.
    """
    staff = draft.one.staff
    if not staff or not staff.isprintable():
        return frozenset()
    came = draft.work.came
    return _told(draft, _heard(draft)) | (_told(draft, came) if came else frozenset())


def _told(draft: Draft, last: int) -> frozenset[str]:
    """Return the rights of who acts by what the server had heard by then (ms UTC)."""
    staff = draft.one.staff
    known: frozenset[str] | None = draft.work.standings.get((staff, last))
    if known is None:
        row = draft.work.tx.one(
            "SELECT t.vals FROM staff_told t JOIN change_set c ON c.uid = t.cs WHERE t.staff = ? AND c.at <= ?"
            " ORDER BY c.at DESC, c.seq DESC LIMIT 1",
            (staff, last),
        )
        known = _standing(load(bytes(row[0]))["is"]).rights if row is not None else frozenset()
        draft.work.standings[staff, last] = known
    return known


def _heard(draft: Draft) -> int:
    """Return when the station had pushed last before what is judged was done (ms UTC), 0 if never."""
    work, station = draft.work, draft.author.station
    told: tuple[int, int] | None = work.standings.get(("", station))
    if told is None:
        row = work.tx.one("SELECT seen_at FROM station WHERE id = ?", (station,))
        last = before = row[0] if row is not None else 0
        if work.now - last < BURST_MS:
            sql = "SELECT at FROM change_set WHERE station = ? AND at <= ? ORDER BY seq DESC LIMIT 1"
            row = work.tx.one(sql, (station, work.now - BURST_MS))
            before = row[0] if row is not None else 0
        told = work.standings["", station] = (last, before)
    return told[draft.at <= told[0]]


def _founds(draft: Draft, standing: Standing) -> bool:
    """Say whether this is how a branch begins: the program itself makes the site and its first person.

    That is the very first act of a computer that came by a code, or where nobody is known yet who could let in others.
    The key of a computer that is at work already begins nothing.
    """
    if not standing.system:
        return False
    found = draft.founds
    if found is None:
        found = draft.founds = (draft.one.seq == 1 and _came_by_code(draft)) or not _anybody(draft)
    return found


def _came_by_code(draft: Draft) -> bool:
    """Say whether a station came by a code, or by the key of one that did and never said anything."""
    me = stations.find(draft.work.tx, draft.author.station)
    return me is not None and all(one.seq == 0 for one in stations.family(draft.work.tx, me))


def _anybody(draft: Draft) -> bool:
    """Say whether anybody is known here who lets in others."""
    work = draft.work
    mine = [rec for rec in work.recs.values() if rec.entity == "staff" and rec.id not in work.gone]
    if any(not _standing(rec.values).rights.isdisjoint(LETS_IN) for rec in mine):
        return True
    kept = work.tx.kept.get(_SOMEBODY)
    if kept is not None and kept[0] > stopwatch():
        return True
    after = ""
    while rows := work.tx.all(_PEOPLE, (after,)):
        after = rows[-1][0]
        for identity, vals in rows:
            there = identity not in work.gone and identity not in work.recs
            if there and not _standing(load(bytes(vals))).rights.isdisjoint(LETS_IN):
                work.tx.kept[_SOMEBODY] = (stopwatch() + FRESH_S, True)
                return True
    return False


# -- the archive ---------------------------------------------------------------------------


def _mark(word: str, what: str) -> tuple[str, str]:
    return word, hashlib.sha256(what.encode()).hexdigest()[:32]


def marks(uid: str, result: Result) -> tuple[tuple[str, str], ...]:
    """Return what the archive keeps beside a change set, among its keys: which of its records were refused here."""
    if result.code == Code.PARKED:
        return (_mark(WAITS, uid),) if result.detail.get("reason") == "person" else ()
    if result.code != Code.REJECTED:
        return ()
    details = (result.detail, *result.detail.get("refused", ()))
    found = (str(one["record"]) for one in details if one.get("reason") in ("right", "site"))
    return tuple(_mark(REFUSED, record) for record in dict.fromkeys(found))
