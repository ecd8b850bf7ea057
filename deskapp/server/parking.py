"""Change sets that the server cannot finish yet, as they wait: their values in clear, card digits and keys cut."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from deskapp.server import looking, stations
from deskapp.server.apply import Park, Reject, do, result_of
from deskapp.server.database import Transaction
from deskapp.server.faults import is_data_error, is_database_error, told_without_content
from deskapp.server.numbering import write_logs
from deskapp.server.work import Author, Work
from deskapp.sync import scopes
from deskapp.sync.framing import dump, load
from deskapp.sync.packing import Op, ReadSet
from deskapp.sync.wire import Code

log = logging.getLogger(__name__)


def parked_body(one: ReadSet) -> bytes:
    """Return a change set with its values in clear, as it waits."""
    return dump({
        "uid": one.uid, "staff": one.staff, "command": one.command, "schema": one.schema, "seq": one.seq,
        "hlc": one.hlc, "app_version": one.app_version, "ops": [list(op) for op in one.ops],
    })  # fmt: skip


def read_parked(body: bytes, station: str) -> ReadSet:
    """Undo `parked_body`."""
    told = load(body)
    ops = tuple(Op(op[0], op[1], op[2], op[3], op[4], op[5], op[6], tuple(op[7])) for op in told["ops"])
    return ReadSet(
        told["uid"], station, told["seq"], "", told["hlc"], told["staff"], told["command"], told["app_version"],
        told["schema"], ops, b"", "",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one more try: the scopes that moved, and the records that others may have waited for."""

    moved: dict[str, int] = field(default_factory=dict)
    records: tuple[str, ...] = ()


def is_behind(tx: Transaction, one: ReadSet) -> bool:
    """Say whether something that its station did before, to one of its records, waits itself: that comes first."""
    changed = {op.id for op in one.ops if op.kind == "set"}
    bodies = tx.all("SELECT body FROM parked WHERE station = ? AND seq < ?", (one.station, one.seq)) if changed else ()
    return any(op[3] in changed for (body,) in bodies for op in load(bytes(body))["ops"] if type(op[3]) is str)


def try_one(tx: Transaction, uid: str, now: int) -> Tried:
    """Try a change set that waits once more."""
    row = tx.one(f"SELECT station, body, at, seq FROM parked WHERE uid = ?{tx.for_update}", (uid,))
    station = stations.find(tx, row[0]) if row else None
    if station is None:
        return Tried()
    one = read_parked(bytes(row[1]), station.id)
    author = Author(station.id, station.no, station.site, frozenset(station.scopes), {})
    work = Work(tx)
    came = tx.one("SELECT at FROM change_set WHERE uid = ?", (uid,))
    work.now = work.came = came[0] if came is not None else now
    code, detail, out, leaves = Code.PARKED, {}, {}, []
    try:
        if is_behind(tx, one):
            raise Park("behind")
        with tx.savepoint():
            looking.preload(work, [one])
            draft = do(work, author, one, row[2])
            result = result_of(draft)
            work.accept(draft)
            work.write()
            code, detail, out = result.code, dict(result.detail), draft.out
            leaves = [(scope, root, 1) for scope, root in draft.leaves]
    except Reject as error:
        code, detail = Code.REJECTED, error.detail
    except Park:
        code = Code.PARKED
    except Exception as error:
        if is_database_error(error) and not is_data_error(error):
            raise  # begun again, if that helps
        log.error("change set %s could not be judged again: %s", uid, told_without_content(error))
    if code is Code.PARKED:
        tx.run("UPDATE parked SET tries = tries + 1 WHERE uid = ?", (uid,))
        return Tried()
    tx.run("DELETE FROM parked WHERE uid = ?", (uid,))
    tx.run("UPDATE station SET parked = parked - 1 WHERE id = ?", (station.id,))
    tx.run(
        "UPDATE change_set SET code = ?, detail = ? WHERE uid = ?",
        (str(code), dump(detail).decode() if detail else "", uid),
    )
    own = scopes.station_scope(station.id)
    out = {**out, own: [*out.get(own, []), ["r", str(code), uid, detail]]}
    entries = {
        scope: [dump([uid, station.no, one.staff, row[2], one.command, one.schema, ops])]
        for scope, ops in out.items()
    }  # fmt: skip
    touched: dict[str, int] = {}
    write_logs(tx, entries, leaves, touched, now)
    return Tried(touched, tuple(dict.fromkeys([*work.created, *(op.id for op in one.ops)])))
