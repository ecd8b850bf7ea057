"""What one change set does: its operations judged against what the server holds, in their order.

Facts and new records are always taken once. A change to a field group is judged by `sync.merge`; it is refused only
where the station has no business with the record. What goes wrong in here costs this change set alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from deskapp.server import fitting, placing, rights, screening
from deskapp.server.cards import derived_id, raise_card, tell_of_rights
from deskapp.server.rights import Verdict
from deskapp.server.work import Author, Draft, Rec, Work, as_stored
from deskapp.sync import merge, scopes
from deskapp.sync.framing import load
from deskapp.sync.merge import Outcome, Version
from deskapp.sync.packing import Op, ReadSet
from deskapp.sync.wire import Code, Result

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ID: Final = re.compile(r"[!-~]{1,80}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_KEY: Final = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
_HLC: Final = re.compile(r"([0-9]{15})-[0-9]{6}-[0-9]{5}")
SOFT: Final[Mapping[str, tuple[str, ...]]] = {"merchant": ("merchant_no", "uscc"), "device": ("serial_no", "tusn")}
"""Columns by which two records of a kind are seen to be one and the same."""

_is_uuid, _is_name, _is_id = _UUID.fullmatch, _NAME.fullmatch, _ID.fullmatch
ADDED: Final = ("create", "fact")
LONGEST_NAME: Final = 60
"""Characters of the name of a column: what is seen once is remembered, so it is short."""

_UNLESS_TAKEN: Final = (
    "CASE WHEN EXISTS (SELECT 1 FROM site o WHERE o.id <> excluded.id AND o.same_as <> excluded.id"
    " AND excluded.{0} <> '' AND excluded.{0} IN (o.code, o.depot_code)) THEN site.{0} ELSE excluded.{0} END"
)
"""A site is found under the code by which it was known first: nobody gets what is another's by taking its code."""


class Reject(Exception):
    """This change set is not taken; `reason` is a word for the desk's own sentence."""

    def __init__(self, reason: str, op: Op | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = {"reason": reason, **({"record": op.id, "entity": op.entity} if op else {})}


class Park(Exception):
    """This change set cannot be finished yet: it names a record that is not here."""

    def __init__(self, reason: str, waits_for: str = "") -> None:
        super().__init__(reason)
        self.reason, self.waits_for = reason, waits_for


def is_uid(text: str) -> bool:
    """Say whether a text is a UUID."""
    return _UUID.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Say whether a text can be a record's id."""
    return _ID.fullmatch(text) is not None


def check(one: ReadSet, *, fits: bool = True, sound: bool = False) -> int:
    """Return the milliseconds of a change set's clock; raises Reject where it is not formed as agreed.

    `fits`: also where a cell does not fit its table. What was accepted once is not asked that again. `sound`: of its
    operations and keys all of this is known (`columns.sound`).
    """
    stamp = _HLC.fullmatch(one.hlc)
    if stamp is None or not _UUID.fullmatch(one.uid):
        raise Reject("malformed")
    if not all(len(text) <= 80 and text.isprintable() for text in (one.staff, one.command, one.app_version)):
        raise Reject("malformed")
    if fits and any(record in rights.MARKS for record, _key in one.keys):
        raise Reject("malformed")  # these are the archive's own words
    if sound:
        return int(stamp[1])
    if not all(_ID.fullmatch(record) and _KEY.fullmatch(key) for record, key in one.keys):
        raise Reject("malformed")
    for op in one.ops:
        if not _is_formed(op):
            raise Reject("malformed", op if type(op.id) is str and type(op.entity) is str else None)
    if fits:
        ours, short = one.schema <= version(), len(one.body) < fitting.LONGEST_TEXT
        for op in one.ops:
            found = fitting.misfit(op, ours=ours, short=short)
            if found is not None:
                error = Reject("value", op)
                error.detail |= {"column": found.column, "why": found.why}
                raise error
    return int(stamp[1])


@cache
def version() -> int:
    """Return the format of the tables that this program has."""
    from deskapp.models import schema

    return schema.VERSION


def _is_formed(op: Op) -> bool:
    uid, kind, entity, record_id, group, base, values, _personal = op
    try:
        if kind in ADDED:
            if group or base:
                return False
        elif kind == "set":
            if not _is_name(group) or (base and not _is_uuid(base)):
                return False
        elif kind != "del" or group or (base and not _is_uuid(base)):
            return False
        found = _is_uuid(uid) and _is_name(entity) and _is_id(record_id)
    except TypeError:
        return False
    if found is None or type(values) is not dict or len(values) > 100:
        return False
    return not values or max(map(len, values)) <= LONGEST_NAME


def do(work: Work, author: Author, one: ReadSet, at: int, *, sound: bool = False) -> Draft:
    """Judge a change set; raises Reject or Park, and whatever else goes wrong. `sound`: nothing in it has to be cut."""
    draft = Draft(work, author, one, at, sound=sound)
    happened = any(op.kind in ADDED and not rights.is_kept(op.entity) for op in one.ops)
    for op in one.ops:
        try:
            if op.kind in ADDED:
                add(draft, op)
            elif op.kind == "set":
                change(draft, op)
            else:
                withdraw(draft, op)
        except Reject as error:
            if not happened:
                raise
            # What happened in the world stays; only the change that was refused is left out.
            draft.refused.append(error.detail)
    for record, key in one.keys:
        if record not in rights.MARKS:
            draft.row("record_key", record, key)
    rights.note(draft)
    return draft


def result_of(draft: Draft) -> Result:
    """Return what is told the station about a change set that was taken."""
    detail: dict[str, Any] = {}
    if draft.cut:
        draft.how.append("cut")
    if draft.how:
        detail["how"] = sorted(set(draft.how))
    if draft.cards:
        detail["cards"] = draft.cards
    if draft.refused:
        return Result(draft.one.uid, Code.REJECTED, {**draft.refused[0], "refused": draft.refused, **detail})
    if draft.moved:
        return Result(draft.one.uid, Code.MOVED, detail)
    if draft.how:
        return Result(draft.one.uid, Code.MERGED, detail)
    return Result(draft.one.uid, Code.OK if draft.out else Code.NOOP)


# -- what is added -----------------------------------------------------------------------


def add(draft: Draft, op: Op) -> None:
    """Take a fact or a new record, once."""
    if draft.get(op.id) is not None or op.id in draft.work.gone:
        return
    marked = allowed(draft, op, None)
    values, cuts = (op.values, 0) if draft.sound else screening.screen(op.values)
    draft.cut += cuts
    rec = placing.settle(draft, op.entity, op.id, values, fact=op.kind == "fact")
    placing.adopt_children(draft, rec)
    rec = draft.recs[op.id]
    if rec.fact:
        placing.hand_over(draft, rec, values)
        _misfit(draft, rec)
        if op.entity == "attachment" and _SHA256.fullmatch(str(values.get("sha256"))):
            draft.row("blob_ref", str(values["sha256"]), op.id, draft.author.station)
    _note_site(draft, rec)
    find_twins(draft, rec, values)
    if cuts:
        raise_card(draft, "cut", rec, {"pieces": cuts})
    if marked:
        tell_of_rights(draft, rec)


def allowed(draft: Draft, op: Op, rec: Rec | None) -> bool:
    """Raise Reject or Park unless who acts may do this; return whether somebody is to be told of it all the same."""
    verdict = rights.judge(draft, op, rec)
    if verdict is Verdict.REFUSED:
        raise Reject("right", op)
    if verdict is Verdict.ELSEWHERE:
        raise Reject("site", op)
    if verdict is Verdict.WAITS:
        raise Park("person", draft.one.staff)
    return verdict is Verdict.MARKED


def _misfit(draft: Draft, rec: Rec) -> None:
    """A fact about a record that is none of this station's business is kept, and somebody told."""
    root = draft.get(rec.root)
    if root is not None and rec.id != rec.root and root.scopes and not draft.author.scopes & set(root.scopes):
        raise_card(draft, "foreign_fact", rec, {"station": draft.author.no, "command": draft.one.command})


def _note_site(draft: Draft, rec: Rec) -> None:
    if rec.entity != "site":
        return
    values = [str(rec.values.get(name, ""))[:200].replace("\0", "") for name in ("code", "depot_code", "name")]
    draft.late.append((
        "INSERT INTO site (id, code, depot_code, name, same_as) VALUES (?, ?, ?, ?, '') ON CONFLICT (id) DO UPDATE"
        f" SET code = {_UNLESS_TAKEN.format('code')}, depot_code = {_UNLESS_TAKEN.format('depot_code')},"
        " name = excluded.name",
        (rec.id, *values),
    ))  # fmt: skip
    draft.work.forget_sites()


def soft_keys(entity: str, values: Mapping[str, Any]) -> Iterable[str]:
    """Yield the soft-unique values of a record."""
    for name in SOFT.get(entity, ()):
        value = values.get(name)
        if isinstance(value, str) and value and value.isprintable():
            yield f"{entity}.{name}={value[:200]}"


def find_twins(draft: Draft, rec: Rec, values: Mapping[str, Any]) -> None:
    """Note soft-unique values, and raise a card where another record bears one of them."""
    others: set[str] = set()
    for key in soft_keys(rec.entity, values):
        known = draft.soft_of(key)
        others |= known - {rec.id}
        if rec.id not in known:
            known.add(rec.id)
            draft.row("soft_key", key, rec.id)
    if others and not rec.values.get("joined_into"):
        draft.how.append("twin")
        raise_card(draft, "twin", rec, {"others": sorted(others)})


# -- what is changed -----------------------------------------------------------------------


@cache
def group_columns(entity: str, group: str) -> frozenset[str]:
    """Return the columns of a field group as this version knows them."""
    from deskapp.models import columns, schema

    assert schema.VERSION  # loads every table
    known = columns.known(entity)
    if known is None:
        return frozenset()
    return frozenset(name for name in columns.travelling(known) if columns.group_of(known, name) == group)


def change(draft: Draft, op: Op) -> None:
    """Judge a change to one field group."""
    rec = draft.get(op.id)
    if rec is None:
        if op.id in draft.work.gone or draft.work.was_here(op.id, draft.author.scopes):
            raise Reject("gone", op)
        raise Park("unknown", op.id)
    if rec.fact or rec.entity != op.entity:
        raise Reject("malformed", op)
    authorise(draft, rec, op)
    values, cuts = (op.values, 0) if draft.sound else screening.screen(op.values)
    draft.cut += cuts
    columns = group_columns(op.entity, op.group) | values.keys()
    current = {name: rec.values[name] for name in columns if name in rec.values}
    uid, eff = rec.versions.get(op.group, ("", 0))
    before: Mapping[str, Any] | None = None
    floor = eff if op.base == uid else 0
    if op.base != uid:
        found = draft_past(draft, rec, op.group, op.base)
        if found is not None:
            floor, _staff, before = found
    mine = Version(op.uid, max(draft.at, floor + 1))
    judged = merge.judge(op.entity, op.group, values, mine, op.base, current, Version(uid, eff), before)
    saw = {**(current if before is None else before), **values}
    _keep_past(draft, rec, op.group, Version(op.uid, mine.eff), saw, current)
    if judged.values or judged.outcome in (Outcome.SET, Outcome.WON):
        after = {**current, **judged.values}
        # The station goes on from what it wrote. Where something else came out, that is another version, so
        # that its next change is not taken for one that has seen it.
        version = Version(op.uid if after == saw else derived_id("version", op.uid), max(mine.eff, eff))
        if version.uid != op.uid:
            _keep_past(draft, rec, op.group, version, after, current)
        _lay(draft, rec, op, judged.values, version)
    if judged.outcome not in (Outcome.SET, Outcome.SAME):
        draft.how.append(str(judged.outcome))
    if judged.lost:
        _tell_of_loser(draft, rec, op, judged, mine, Version(uid, eff))


def _lay(draft: Draft, rec: Rec, op: Op, values: Mapping[str, Any], version: Version) -> None:
    new = {**rec.values, **values}
    versions = {**rec.versions, op.group: (version.uid, version.eff)}
    changed = draft.put(draft.recs.get(rec.id, rec)._replace(values=new, versions=versions))
    root = draft.get(changed.root)
    names = root.scopes if root is not None else ()
    draft.emit(names, ["s", rec.entity, rec.id, dict(values), op.group, version.uid])
    _note_site(draft, changed)
    if any(new.get(name) != rec.values.get(name) for name in SOFT.get(rec.entity, ())):
        find_twins(draft, changed, values)
    if values.keys() & scopes.PARENT_COLUMNS:
        parent = draft.get(scopes.place_of(rec.entity, new).parent)
        if parent is not None and parent.root != changed.root:
            draft.put(changed._replace(parent=parent.id))
            placing.reroot(draft, rec.id, parent.root)
    if "site_id" in values and rec.entity in scopes.ROOTS:
        placing.rescope(draft, draft.recs[rec.id].root)


def draft_past(draft: Draft, rec: Rec, group: str, version: str) -> tuple[int, str, dict[str, Any]] | None:
    """Return what a version of a group was, also one of this change set."""
    for row in reversed(draft.rows.get("past", [])):
        if tuple(row[:3]) == (rec.id, group, version):
            return row[3], row[4], load(row[6])
    return draft.work.past(rec.id, group, version)


def _keep_past(
    draft: Draft, rec: Rec, group: str, version: Version, values: Mapping[str, Any], current: Mapping[str, Any]
) -> None:
    """Keep what a group was at a version; at its first change also what it was made with."""
    if group not in rec.versions:
        draft.row("past", rec.id, group, "", 0, "", "", as_stored(dict(current)))
    author = (draft.one.staff if draft.one.staff.isprintable() else "", draft.author.station)
    draft.row("past", rec.id, group, version.uid, version.eff, *author, as_stored(dict(values)))


def _tell_of_loser(draft: Draft, rec: Rec, op: Op, judged: merge.Judged, mine: Version, theirs: Version) -> None:
    if rec.entity == "review_card":
        return  # two settled one card: that is one decision, and both stand in its history
    other = draft_past(draft, rec, op.group, theirs.uid)
    mine_lost = judged.outcome in (Outcome.LOST, Outcome.KEPT)
    writers = (draft.one.staff, other[1] if other else "")
    times = (mine.eff, theirs.eff)
    places = ((draft.author.site, draft.author.no), draft.work.writer_of(rec.id, op.group, theirs.uid))
    kind = "identity_conflict" if judged.outcome is Outcome.KEPT else "also_changed"
    raise_card(draft, kind, rec, {
        "group": op.group, "lost": dict(judged.lost),
        "lost_by": writers[not mine_lost], "lost_at": times[not mine_lost],
        "lost_site": places[not mine_lost][0], "lost_station": places[not mine_lost][1],
        "kept": {name: draft.recs.get(rec.id, rec).values.get(name) for name in judged.lost},
        "kept_by": writers[mine_lost], "kept_at": times[mine_lost],
        "kept_site": places[mine_lost][0], "kept_station": places[mine_lost][1], "station": draft.author.no,
    }, seed=op.uid, party=places[1][0])  # fmt: skip


def authorise(draft: Draft, rec: Rec, op: Op) -> None:
    """Raise Reject unless the station may change this record, or could not yet know that it may not."""
    allowed(draft, op, rec)
    root = draft.get(rec.root)
    names = set(root.scopes) if root is not None else set()
    if names & draft.author.scopes:
        return
    held = sorted(draft.author.scopes)
    rows = draft.work.tx.among("SELECT scope, n FROM left_scope WHERE root = ? AND scope IN (#)", held, rec.root)
    if any(draft.author.cursors.get(scope, 0) < n for scope, n in rows):
        draft.moved = True
        return
    raise Reject("scope", op)


def withdraw(draft: Draft, op: Op) -> None:
    """Take back a draft that nobody else has changed; an edit wins over it."""
    rec = draft.get(op.id)
    if rec is None:
        return
    if rec.entity != op.entity:
        raise Reject("malformed", op)  # the rights of one table are none over another
    authorise(draft, rec, op)
    if rec.fact or op.base or rec.versions or len(draft.tree(rec.root)) > 1 or rec.root != rec.id:
        raise Reject("in_use", op)
    draft.emit(rec.scopes, ["d", rec.entity, rec.id])
    for scope in rec.scopes:
        draft.late.append(("DELETE FROM member WHERE scope = ? AND root = ?", (scope, rec.id)))
        draft.leaves.append((scope, rec.id))
    for key in soft_keys(rec.entity, rec.values):
        draft.late.append(("DELETE FROM soft_key WHERE key = ? AND record = ?", (key, rec.id)))
        draft.soft_of(key).discard(rec.id)
    draft.recs.pop(rec.id, None)
    draft.gone.add(rec.id)
