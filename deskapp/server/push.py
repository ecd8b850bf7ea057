"""Taking a station's change sets: one transaction for all of them, the heads of the logs last.

The station's row is locked first. Every change set is judged in memory by itself (`apply`); then everything is
written, the archive is appended, and only then the heads of the touched scopes are locked, in ascending order, and
the entries inserted. So the order of a log's numbers is the order of its commits, without holes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from deskapp.models.collection import no_collection
from deskapp.server import apply, columns, echo, rights, stations
from deskapp.server.apply import Park, Reject
from deskapp.server.archive import stored_form
from deskapp.server.cutting import clean_set, cut_body
from deskapp.server.database import Transaction
from deskapp.server.faults import is_data_error, is_database_error, told_without_content
from deskapp.server.known import Station
from deskapp.server.looking import Looked, looked_up, preload
from deskapp.server.numbering import write_logs as write_logs
from deskapp.server.parking import parked_body
from deskapp.server.work import Author, Draft, Work
from deskapp.sync import merge, scopes
from deskapp.sync.framing import dump, load
from deskapp.sync.packing import PushedSet, ReadSet
from deskapp.sync.wire import Code, Result, WireError

log = logging.getLogger(__name__)

MOST_TRIES = 20


class Fork(Exception):
    """This station's numbers were used for something else: its disk was cloned or set back."""


@dataclass(slots=True)
class Pushed:
    """What a push came to. `touched` are the scopes with new entries, `created` the records that are new."""

    seq: int
    hash: str
    results: list[Result] = field(default_factory=list)
    hole: int | None = None
    touched: dict[str, int] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    short: echo.Shorts = field(default_factory=dict)
    station: Station | None = None
    """The station as it was under its lock."""

    parked: bool = False
    """Whether anything was parked anywhere when this began, or is now."""


@dataclass(slots=True)
class _Kept:
    """The rows of change sets, and what the logs will say of each, in order."""

    sets: list[tuple[Any, ...]] = field(default_factory=list)
    again: list[tuple[Any, ...]] = field(default_factory=list)
    parked: list[tuple[Any, ...]] = field(default_factory=list)
    archived: list[PushedSet] = field(default_factory=list)
    entries: dict[str, list[bytes]] = field(default_factory=dict)
    leaves: list[tuple[str, str, int]] = field(default_factory=list)
    short: echo.Shorts = field(default_factory=dict)

    def add(self, more: _Kept) -> None:
        """Append what came of one change set."""
        self.leaves += [(scope, root, place + len(self.entries.get(scope, ()))) for scope, root, place in more.leaves]
        self.short.update(
            ((scope, place + len(self.entries.get(scope, ()))), body) for (scope, place), body in more.short.items()
        )
        self.sets += more.sets
        self.again += more.again
        self.parked += more.parked
        self.archived += more.archived
        for scope, bodies in more.entries.items():
            self.entries.setdefault(scope, []).extend(bodies)


@dataclass(slots=True)
class Run:
    """One push under way. `known` are uids the server has, `stuck` records that a parked change set waits for."""

    work: Work
    station: Station
    author: Author
    fresh: Sequence[ReadSet]
    now: int
    done: Pushed
    known: dict[str, Result]
    stuck: set[str]
    offset: int = 0
    kept: _Kept = field(default_factory=_Kept)
    replayed: bool = False
    short: bool = False
    archived: bool = True
    sound: dict[bool, bool] = field(default_factory=dict)


Archiver = Callable[[str, Sequence[PushedSet]], None]


def push(
    tx: Transaction,
    station: Station,
    known: tuple[int, str],
    sets: Sequence[ReadSet],
    *,
    offset: int,
    now: int,
    cursors: Mapping[str, tuple[int, str]],
    archive: Archiver | None,
    alone: bool = False,
    replayed: bool = False,
    judged: bool = False,
    short: bool = False,
    looked: Looked | None = None,
) -> Pushed:
    """Take change sets; raises Fork.

    `alone`: write each by itself, because writing all at once failed. `replayed`: they come from the archive, where
    digits were cut that the hash still knows; `judged`: it was judged before who did them. `short`: the station is
    content with the names of what it sent itself.
    `looked`: what `looking.locked` found out.
    """
    done = Pushed(station.seq, station.hash, station=station)
    fresh = news(tx, station, known, sets, done)
    if not fresh:
        return done
    known_sets, orphans, done.parked = looked or looked_up(tx, [one.uid for one in fresh])
    run = Run(
        Work(tx, orphans), station, author_of(station, cursors), fresh, now, done, known_sets,
        records_parked(tx, station), offset, replayed=replayed, short=short, archived=archive is not None,
    )  # fmt: skip
    run.work.judged = judged
    with no_collection():
        preload(run.work, fresh)
        judge(run, alone=alone)
        run.work.write()
        finish([run], archive)
    return done


def news(
    tx: Transaction, station: Station, known: tuple[int, str], sets: Sequence[ReadSet], done: Pushed
) -> list[ReadSet]:
    """Return the change sets that are new here, in their order; what is known is told in `done`. Raises Fork."""
    if known[0] and known[0] <= station.seq and _hash_at(tx, station, known[0]) not in (known[1], None):
        raise Fork
    return _in_order(tx, station, sets, done)


def author_of(station: Station, cursors: Mapping[str, tuple[int, str]]) -> Author:
    """Return on whose behalf is judged what a station sends that has read so far."""
    scopes_of, read = frozenset(station.scopes), {name: n for name, (n, _chain) in cursors.items()}
    return Author(station.id, station.no, station.site, scopes_of, read)


def judge(run: Run, *, alone: bool = False) -> None:
    """Judge the change sets of a push one after the other."""
    last, run.work.now = run.station.seen_at, run.now
    for one in run.fresh:
        at = _time_of(one, run.offset, last, run.now)
        (_alone if alone else _take)(run, one, at)
        last = max(last, min(at, run.now))


# -- order -----------------------------------------------------------------------------


def _hash_at(tx: Transaction, station: Station, seq: int) -> str | None:
    if seq == station.seq:
        return station.hash
    row = tx.one("SELECT hash FROM change_set WHERE station = ? AND seq = ?", (station.id, seq))
    row = row or tx.one("SELECT hash FROM reissued WHERE station = ? AND seq = ?", (station.id, seq))
    return row[0] if row else None


def _in_order(tx: Transaction, station: Station, sets: Sequence[ReadSet], done: Pushed) -> list[ReadSet]:
    """Return the change sets that are new; known ones get their stored result. Raises Fork; a hole ends the run."""
    old = [one for one in sets if one.seq <= station.seq]
    for one in old:
        if _hash_at(tx, station, one.seq) not in (one.hash, None):
            raise Fork
    done.results += stored_results(tx, [one.uid for one in old])
    seq, digest, fresh = station.seq, station.hash, []
    for one in sorted((one for one in sets if one.seq > station.seq), key=lambda one: one.seq):
        if one.seq == seq:
            continue
        if one.seq != seq + 1:
            done.hole = seq + 1
            break
        if one.prev != digest:
            raise Fork
        if not apply.is_uid(one.uid):
            raise WireError("sets")
        seq, digest = one.seq, one.hash
        fresh.append(one)
    return fresh


def stored_results(tx: Transaction, uids: Sequence[str]) -> list[Result]:
    """Return the results of change sets that are known."""
    rows = tx.among("SELECT uid, code, detail FROM change_set WHERE uid IN (#)", uids)
    return [Result(uid, Code(code), load(detail.encode()) if detail else {}) for uid, code, detail in rows]


def _time_of(one: ReadSet, offset: int, since: int, now: int) -> int:
    try:
        said = int(one.hlc[:15])
    except ValueError:
        said = now
    return merge.effective_time(said, offset, since, now, ())


def records_parked(tx: Transaction, station: Station) -> set[str]:
    """Return the records that change sets of a station touch which could not be finished yet."""
    if not station.parked:
        return set()
    bodies = tx.all("SELECT body FROM parked WHERE station = ?", (station.id,))
    return {op[3] for (body,) in bodies for op in load(bytes(body))["ops"]}


# -- one change set --------------------------------------------------------------------


def _alone(run: Run, one: ReadSet, at: int) -> None:
    """Judge and write one change set by itself; what the database refuses is set aside, and only that."""
    part = replace(run, kept=_Kept(), done=Pushed(0, ""))
    try:
        with run.work.tx.savepoint():
            _take(part, one, at)
            part.work.write()
    except Exception as error:
        if not is_data_error(error):
            raise
        log.warning("change set %s could not be written: %s", one.uid, type(error).__name__)
        run.work = part.work = run.work.anew()
        preload(run.work, run.fresh)
        part.kept, part.done = _Kept(), Pushed(0, "")
        run.known.pop(one.uid, None)
        _park(part, one, at, Park("fault"))
    run.kept.add(part.kept)
    run.done.results += part.done.results


def _take(run: Run, one: ReadSet, at: int) -> None:
    if one.station != run.author.station:
        raise Fork
    if one.uid in run.known:
        # The same act, pushed under the identity that its disk had before it was cloned or set back.
        result = run.known[one.uid]
        run.kept.again.append((run.author.station, one.seq, one.uid, one.hash))
        if result.code in (Code.OK, Code.NOOP):
            run.done.results.append(result)
        _say(run, one, at, {}, result)
        return
    try:
        sound = columns.is_sound(one, run.sound)
        apply.check(one, fits=not run.replayed, sound=sound)
        if run.stuck and any(op.kind == "set" and op.id in run.stuck for op in one.ops):
            raise Park("behind", next(op.id for op in one.ops if op.id in run.stuck))
        draft = apply.do(run.work, run.author, one, at, sound=sound)
    except Reject as error:
        result = Result(one.uid, Code.REJECTED, error.detail)
        _keep(run, one, result, None)
        _say(run, one, at, {}, result)
    except Park as error:
        _park(run, one, at, error)
    except Exception as error:
        if is_database_error(error):
            raise
        log.error("change set %s could not be judged: %s", one.uid, told_without_content(error))
        _park(run, one, at, Park("fault"))
    else:
        run.work.accept(draft)
        result = apply.result_of(draft)
        _keep(run, one, result, draft)
        _say(run, one, at, draft.out, result, draft)


def _keep(run: Run, one: ReadSet, result: Result, draft: Draft | None) -> None:
    body = cut_body(one) if draft is None or draft.cut else one.body
    cut = int(body != one.body or (run.replayed and hashlib.sha256(body).hexdigest() != one.hash))
    detail = dump(result.detail).decode() if result.detail else ""
    station = run.author.station
    run.kept.sets.append((one.uid, station, one.seq, one.hash, run.now, str(result.code), detail, cut, body))
    if run.archived:
        kept = stored_form(clean_set(one) if cut else one, body)
        if result.code in (Code.REJECTED, Code.PARKED):
            kept = replace(kept, keys=(*kept.keys, *rights.marks(one.uid, result)))
        run.kept.archived.append(kept)
    run.known[one.uid] = result


def _park(run: Run, one: ReadSet, at: int, why: Park) -> None:
    result = Result(one.uid, Code.PARKED, {"reason": why.reason})
    waits = why.waits_for if apply.is_id(why.waits_for) else ""
    body = parked_body(clean_set(one))
    run.kept.parked.append((one.uid, run.author.station, one.seq, waits, why.reason, 0, at, body))
    run.stuck.update(op.id for op in one.ops if type(op.id) is str)
    _keep(run, one, result, None)
    _say(run, one, at, {}, result)


# -- the logs --------------------------------------------------------------------------


def _say(
    run: Run, one: ReadSet, at: int, out: Mapping[str, list[Any]], result: Result, draft: Draft | None = None
) -> None:
    """Note what the logs will say of a change set; its own station hears of it in any case."""
    author, kept = run.author, run.kept
    own = scopes.station_scope(author.station)
    told = dict(out)
    if result.code not in (Code.OK, Code.NOOP):
        told[own] = [*told.get(own, []), ["r", str(result.code), one.uid, result.detail]]
        run.done.results.append(result)
    elif not author.scopes & told.keys():
        told[own] = []
    staff, command = (text if len(text) <= 80 and text.isprintable() else "" for text in (one.staff, one.command))
    for scope, ops in told.items():
        head = [one.uid, author.no, staff, at, command, one.schema]
        bodies = kept.entries.setdefault(scope, [])
        few = echo.shorten(one, ops) if run.short and scope in author.scopes else None
        if few is not None:
            kept.short[scope, len(bodies)] = dump([*head, few])
        bodies.append(dump([*head, ops]))
    for scope, root in draft.leaves if draft else ():
        kept.leaves.append((scope, root, len(kept.entries.get(scope, ()))))


def finish(runs: Sequence[Run], archive: Archiver | None) -> None:
    """Write what came of some pushes that were judged on one `Work`, and their entries into the logs, in that order."""
    tx, whole = runs[0].work.tx, _Kept()
    ahead = []
    for run in runs:
        ahead.append({scope: len(bodies) for scope, bodies in whole.entries.items()})
        whole.add(run.kept)
    tx.put("change_set", whole.sets)
    stations.keep_journals(tx, [
        (run.fresh[-1].seq, run.fresh[-1].hash, max(run.now, run.station.seen_at),
         max(0, min(run.fresh[-1].schema, 2**31)), len(run.kept.parked), run.station.id)
        for run in runs
    ])  # fmt: skip
    tx.put("reissued", whole.again)
    tx.put("parked", whole.parked)
    for run in runs:
        if archive is not None and run.kept.archived:
            archive(run.station.id, run.kept.archived)
    touched = runs[0].done.touched
    write_logs(tx, whole.entries, whole.leaves, touched, max(run.now for run in runs))
    for run, before in zip(runs, ahead, strict=True):
        done, last = run.done, run.fresh[-1]
        done.seq, done.hash, done.touched = last.seq, last.hash, touched
        done.parked = done.parked or bool(run.kept.parked)
        done.created = run.work.created
        for (scope, place), body in run.kept.short.items():
            first = touched[scope] - len(whole.entries[scope]) + before.get(scope, 0) + 1
            done.short[scope, first + place] = body
