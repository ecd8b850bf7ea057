"""What the server itself writes into the logs: sites and staff, added or set aside by its administrator."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from deskapp import __version__
from deskapp.clock import new_uuid7
from deskapp.server import apply, archive_erasing, erasing, erasing_photos, placing, push, stations, striking
from deskapp.server.archive import stored_form
from deskapp.server.database import Transaction
from deskapp.server.work import Author, Draft, Work
from deskapp.sync import scopes
from deskapp.sync.framing import canonical_bytes, dump, load
from deskapp.sync.packing import Op, ReadSet

if TYPE_CHECKING:
    from deskapp.server.service import Server

log = logging.getLogger(__name__)

SERVER: Final = stations.NOBODY
"""The station under which the server's own acts stand."""


def act(
    tx: Transaction, command: str, ops: Sequence[Op], now: int, archive: push.Archiver, texts: Sequence[str] = ()
) -> dict[str, int]:  # fmt: skip
    """Do one act of the server's own in the logs; return the scopes that moved. `texts`: of an erasure alone."""
    seq, prev = _last(tx)
    told = [dict(zip(("uid", "kind", "entity", "id", "group", "base", "values"), op[:7], strict=True)) for op in ops]
    uid, hlc = new_uuid7(), f"{now:015d}-000000-00000"
    body = canonical_bytes({
        "uid": uid, "station": SERVER, "seq": seq + 1, "prev": prev, "hlc": hlc, "staff": "", "command": command,
        "app_version": __version__, "schema": 0, "ops": told,
    })  # fmt: skip
    digest = hashlib.sha256(body).hexdigest()
    one = ReadSet(uid, SERVER, seq + 1, prev, hlc, "", command, __version__, 0, tuple(ops), body, digest)
    return _write(tx, one, now, archive, texts)


def repeat(server: Server, sets: Sequence[ReadSet], *, last: bool = False) -> tuple[int, list[ReadSet]]:
    """Do acts of the server's own again that an older database does not know; return how many, and those left.

    Left is what changes a record that is not here yet: it may come from a station. In the `last` round such an act is
    noted without that record, so that those after it are done.
    """
    done = 0
    for place, one in enumerate(sets):

        def work(tx: Transaction, one: ReadSet = one) -> int:
            if one.seq != _last(tx)[0] + 1 or tx.one("SELECT 1 FROM change_set WHERE uid = ?", (one.uid,)):
                return 0
            here = {identity for (identity,) in tx.among("SELECT id FROM record WHERE id IN (#)", _changed(one))}
            gone = [name for name in _changed(one) if name not in here]
            if gone and not last:
                return -1
            if one.command == erasing.COMMAND:
                gone = []  # it also looks beside the records
            _write(tx, one, server.clock(), server.archive, without=gone)
            return 1

        count = server.database.retrying(work)
        if count < 0:
            return done, list(sets[place:])
        done += count
    return done, []


def _changed(one: ReadSet) -> list[str]:
    """Return the records that an act changes and does not make itself."""
    made = {op.id for op in one.ops if op.kind in apply.ADDED}
    return [op.id for op in one.ops if op.id not in made]


def _last(tx: Transaction) -> tuple[int, str]:
    """Return number and hash of the server's last own act; nobody else does one until this transaction is over."""
    if tx.postgres:
        tx.all("SELECT pg_advisory_xact_lock(7034212)")
    row = tx.one("SELECT seq, hash FROM change_set WHERE station = ? ORDER BY seq DESC LIMIT 1", (SERVER,))
    return (row[0], row[1]) if row else (0, "")


def _write(
    tx: Transaction, one: ReadSet, now: int, archive: push.Archiver, texts: Sequence[str] = (),
    without: Sequence[str] = (),
) -> dict[str, int]:  # fmt: skip
    """Do an act and keep it; `without` are records that it names and that are not here."""
    ops = tuple(op for op in one.ops if op.id not in without)
    rows = tx.among("SELECT root FROM record WHERE id IN (#)", [op.id for op in ops])
    work = Work(tx)
    work.load([op.id for op in ops] + [root for (root,) in rows])
    held = {scope for rec in work.recs.values() for scope in rec.scopes}
    author = Author(SERVER, 0, "", frozenset({scopes.REF, *held}), {})
    if one.command == erasing.COMMAND:
        draft = Draft(work, author, one, now)
        erasing.erase(tx, draft, one, now, texts)
    else:
        draft = apply.do(work, author, replace(one, ops=ops), now)
    work.accept(draft)
    work.write()
    tx.put("change_set", [(one.uid, SERVER, one.seq, one.hash, now, "ok", "", 0, one.body)])
    archive(SERVER, [stored_form(one)])
    entries = {
        scope: [dump([one.uid, 0, "", now, one.command, 0, some])] for scope, some in draft.out.items()
    }  # fmt: skip
    touched: dict[str, int] = {}
    push.write_logs(tx, entries, [(scope, root, 1) for scope, root in draft.leaves], touched, now)
    return touched


def erase(server: Server, ids: Sequence[str], texts: Sequence[str] = (), *, everywhere: bool = False) -> int:
    """Empty the personal cells of records, take texts out of what people wrote, and photos and signatures away.

    Returns how many records changed. What is held for a while is noted (`erasing_photos`).
    """
    now = server.clock()

    def work(tx: Transaction) -> int:
        photos = erasing_photos.find(tx, ids, texts, now)
        ops = erasing.operations(tx, ids)
        if texts:
            found = erasing.texts_with(tx, texts, ids, everywhere=everywhere)
            ops += striking.operations(tx, found.hits, found.what, {op.id: tuple(op.values) for op in ops})
        ops += erasing_photos.operations(one for one in photos if not one.until)
        held = erasing_photos.holding(one for one in photos if one.until)
        if ops or held:
            act(tx, erasing.COMMAND, [*ops, *held], now, server.archive, texts)
        return len({op.id for op in ops})

    return server.database.retrying(work)


def erase_due(server: Server) -> int:
    """Erase photos and signatures that were held until now, in the archive their small pictures; return how many.

    So goes what an older program left behind.
    """
    now, archive = server.clock(), server.options.archive
    with server.database.read() as tx:
        looked = erasing_photos.was_looked(tx)
        left = [] if looked else erasing_photos.left_behind(tx)
        wanted = bool(left) or erasing_photos.any_due(tx, now)
    if not wanted:
        if not looked:
            server.database.retrying(erasing_photos.noted)
        return 0
    if archive is not None:
        archive_erasing.turn(archive)

    def work(tx: Transaction) -> int:
        ops = erasing_photos.operations([*erasing_photos.due(tx, now), *left])
        erasing_photos.noted(tx)
        if ops:
            act(tx, erasing.COMMAND, ops, now, server.archive)
            stations.note(tx, now, "erase_person", "", "", records=len(ops))  # backups of before go by it
        return len(ops)

    count = server.database.retrying(work)
    if count and archive is not None:
        with server.database.read() as tx:
            erased = erasing.erased_so_far(tx)
        for name in archive_erasing.erase(archive, erased, ()).left:
            log.warning("%s of the archive cannot be read to its end, and keeps what was erased", name)
    return count


def adopt_late(tx: Transaction, now: int) -> dict[str, int]:
    """Take in records whose parent was made by another transaction at the very same time; return what moved."""
    rows = tx.all("SELECT o.parent, o.record FROM orphan o JOIN record r ON r.id = o.parent LIMIT 200")
    if not rows:
        return {}
    work = Work(tx)
    work.load([one for row in rows for one in row])
    uid = new_uuid7()
    one = ReadSet(uid, SERVER, 0, "", f"{now:015d}-000000-00000", "", "adopt", __version__, 0, (), b"", "")
    draft = Draft(work, Author(SERVER, 0, "", frozenset(), {}), one, now)
    for parent_id, record_id in rows:
        parent, child = draft.get(parent_id), draft.get(record_id)
        if parent is not None and child is not None and child.root == child.id != parent.root:
            placing.reroot(draft, record_id, parent.root)
        draft.late.append(("DELETE FROM orphan WHERE parent = ? AND record = ?", (parent_id, record_id)))
    work.accept(draft)
    work.write()
    entries = {scope: [dump([uid, 0, "", now, "adopt", 0, some])] for scope, some in draft.out.items()}
    touched: dict[str, int] = {}
    push.write_logs(tx, entries, [(scope, root, 1) for scope, root in draft.leaves], touched, now)
    return touched


def new_record(entity: str, record_id: str, **values: Any) -> Op:
    """Return the operation that makes a record."""
    return Op(new_uuid7(), "create", entity, record_id, "", "", values)


def site_record(record_id: str, code: str, name: str) -> Op:
    """Return the operation that makes a site known to every desk."""
    return new_record(
        "site", record_id, code=code, name=name, short_name="", depot_code="", is_outlet=True, is_depot=True,
        solo=False, region="", address="", phone="", hotline="", complaint_phone="", hours="", service_times={},
    )  # fmt: skip


def withdrawn(entity: str, record_id: str) -> Op:
    """Return the operation that takes back a record which nobody has changed."""
    return Op(new_uuid7(), "del", entity, record_id, "", "", {})


def changed(tx: Transaction, entity: str, record_id: str, group: str, **values: Any) -> Op:
    """Return the operation that sets a field group, on top of what stands there."""
    row = tx.one("SELECT vers FROM record WHERE id = ?", (record_id,))
    base = load(bytes(row[0])).get(group, [""])[0] if row else ""
    return Op(new_uuid7(), "set", entity, record_id, group, base, values)
