"""The records one push works on, in memory: loaded under their locks, changed set by set, written all at once.

What one change set does is gathered in a `Draft`. If judging it raises, the draft is thrown away and nothing of it is
left; if it comes out, `Work.accept` takes it over. So a bad change set costs nobody else anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from deskapp.server import bulk
from deskapp.server.database import MANY, Again, Transaction
from deskapp.sync.framing import canonical_bytes, dump, load
from deskapp.sync.packing import ReadSet

Versions = dict[str, tuple[str, int]]
_NAMES = ("id", "entity", "root", "ord", "parent", "scopes", "fact", "vals", "vers")
_COLUMNS = ", ".join(_NAMES)
_LOCKED = (
    f"SELECT {_COLUMNS} FROM record WHERE id IN (SELECT root FROM record WHERE id = ANY(CAST(? AS text[]))"
    " UNION SELECT id FROM record WHERE id = ANY(CAST(? AS text[]))) ORDER BY id FOR UPDATE"
)
"""Records with the roots of their trees, locked in the order of their ids (PostgreSQL)."""


class Rec(NamedTuple):
    """One record as the server holds it; `scopes` are filled on the root of a tree only."""

    id: str
    entity: str
    root: str
    ord: int
    parent: str
    scopes: tuple[str, ...]
    fact: bool
    values: dict[str, Any]
    versions: Versions = {}  # never changed in place
    new: bool = True

    @staticmethod
    def of(row: Sequence[Any]) -> Rec:
        """Return the record of a row of the table."""
        identity, entity, root, order, parent, scopes, fact, vals, vers = row
        versions = {name: (uid, eff) for name, (uid, eff) in load(bytes(vers)).items()} if len(vers) > 2 else {}
        names = tuple(scopes.split(",")) if scopes else ()
        return Rec(identity, entity, root, order, parent, names, bool(fact), load(bytes(vals)), versions, False)

    def row(self) -> tuple[Any, ...]:
        """Return the row of the table."""
        vers = dump(self.versions) if self.versions else b"{}"
        return (
            self.id, self.entity, self.root, self.ord, self.parent, ",".join(self.scopes), int(self.fact),
            dump(self.values), vers,
        )  # fmt: skip

    def told(self) -> list[Any]:
        """Return what a log says of the whole record."""
        if self.fact:
            return ["f", self.entity, self.id, self.values]
        row = ["p", self.entity, self.id, self.values]
        return [*row, {name: uid for name, (uid, _eff) in self.versions.items()}] if self.versions else row


class Handed(NamedTuple):
    """A hand-over of a device of a tree to a site."""

    event: str
    site: str
    item: str
    kind: str


@dataclass(frozen=True, slots=True)
class Author:
    """On whose behalf a change set is judged: the station, its scopes, and how far it had read them."""

    station: str
    no: int
    site: str
    scopes: frozenset[str]
    cursors: dict[str, int]


@dataclass(slots=True)
class Draft:
    """What one change set does, until it is known that all of it can be done."""

    work: Work
    author: Author
    one: ReadSet
    at: int
    recs: dict[str, Rec] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    ords: dict[str, int] = field(default_factory=dict)
    handed: dict[str, dict[str, Handed]] = field(default_factory=dict)
    soft: dict[str, set[str]] = field(default_factory=dict)
    out: dict[str, list[Any]] = field(default_factory=dict)
    rows: dict[str, list[Sequence[Any]]] = field(default_factory=dict)
    late: list[tuple[str, Sequence[Any]]] = field(default_factory=list)
    leaves: list[tuple[str, str]] = field(default_factory=list)
    how: list[str] = field(default_factory=list)
    sound: bool = False
    cards: list[str] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    moved: bool = False
    cut: int = 0
    organises: bool = False
    """Whether it says something about the organisation that not everybody may say (`rights`)."""

    standing: Any = None
    """What the server knows of who acts (`rights.Standing`), once it was asked."""

    founds: bool | None = None
    """Whether a branch begins with this (`rights`), once it was asked."""

    def get(self, record_id: str) -> Rec | None:
        """Return a record as it is in the middle of this change set."""
        if record_id in self.recs:
            return self.recs[record_id]
        return None if record_id in self.gone else self.work.recs.get(record_id)

    def put(self, rec: Rec) -> Rec:
        """Keep a record, new or changed."""
        self.recs[rec.id] = rec
        return rec

    def next_ord(self, root: str) -> int:
        """Return the next place in a tree."""
        if root not in self.ords:
            self.ords[root] = self.work.last_ord(root)
        self.ords[root] += 1
        return self.ords[root]

    def emit(self, scopes: Iterable[str], row: list[Any]) -> None:
        """Let the logs of these scopes say something."""
        for scope in scopes:
            self.out.setdefault(scope, []).append(row)

    def row(self, table: str, *values: Any) -> None:
        """Insert a row when all is written."""
        self.rows.setdefault(table, []).append(values)

    def tree(self, root: str) -> list[Rec]:
        """Return all records of a tree, in its order."""
        found = {rec.id: rec for rec in self.work.tree_of(root)}
        found.update({rec.id: rec for rec in self.recs.values()})
        kept = [rec for rec in found.values() if rec.root == root and rec.id not in self.gone]
        return sorted(kept, key=lambda rec: rec.ord)

    def handed_of(self, root: str) -> dict[str, Handed]:
        """Return the hand-overs of a tree; what is changed in it is of this draft only."""
        if root not in self.handed:
            self.handed[root] = dict(self.work.handed_of(root))
        return self.handed[root]

    def soft_of(self, key: str) -> set[str]:
        """Return the records that bear a soft-unique value."""
        if key not in self.soft:
            self.soft[key] = set(self.work.soft_of(key))
        return self.soft[key]


class Work:
    """Everything one push reads and will write."""

    def __init__(self, tx: Transaction, orphans: bool | None = None) -> None:
        """`orphans`: whether any record waits for its parent, if that was looked at already."""
        self.tx = tx
        self.recs: dict[str, Rec] = {}
        self.created: list[str] = []
        self.rows: dict[str, list[Sequence[Any]]] = {}
        self.late: list[tuple[str, Sequence[Any]]] = []
        self._stored: dict[str, Rec] = {}
        self._ords: dict[str, int] = {}
        self._fresh: dict[str, list[str]] = {}
        self._trees: dict[str, list[Rec]] = {}
        self._handed: dict[str, dict[str, Handed]] = {}
        self._soft: dict[str, set[str]] = {}
        self._sites: dict[str, str] | None = None
        self._orphans = orphans
        self.gone: set[str] = set()
        self.standings: dict[Any, Any] = {}
        """What is known of who acts, by person (`rights.Standing`), and of what stations could know."""

        self.asked: set[Any] = set()
        """Of whom `standings` says what stands in the database by now, and at which station they are in the book."""

        self.now = 0
        """When the push came that is judged just now (ms UTC); 0 where none did."""

        self.came = 0
        """When a push came that was put off until now (ms UTC); 0 where nothing was put off."""

        self.judged = False
        """Whether all of this was judged before by who did it: it comes from the archive (`rights`)."""

        self.writers: dict[str, tuple[str, int]] = {}
        """Site and number of the stations whose pushes are judged together on this, where there are several."""

    def anew(self) -> Work:
        """Return one that begins again in the same transaction."""
        fresh = Work(self.tx)
        fresh.judged, fresh.writers, fresh.now, fresh.came = self.judged, self.writers, self.now, self.came
        return fresh

    # -- reading -----------------------------------------------------------------

    def load(self, ids: Iterable[str]) -> None:
        """Read records with the roots of their trees, under their locks."""
        wanted = sorted({one for one in ids if one and one not in self.recs})
        if not wanted:
            return
        if not self.tx.postgres:
            self._take(self.tx.among(f"SELECT {_COLUMNS} FROM record WHERE id IN (#)", wanted))
            roots = sorted({rec.root for rec in self.recs.values()} - self.recs.keys())
            self._take(self.tx.among(f"SELECT {_COLUMNS} FROM record WHERE id IN (#)", roots))
        elif len(wanted) <= MANY:
            self._take(self.tx.all(_LOCKED, [bulk.texts(wanted)] * 2))
        else:
            found = self.tx.among("SELECT id, root FROM record WHERE id IN (#)", wanted)
            both = sorted({one for row in found for one in row} - self.recs.keys())
            self._take(self.tx.among(f"SELECT {_COLUMNS} FROM record WHERE id IN (#) ORDER BY id FOR UPDATE", both))
        roots = sorted({rec.root for rec in self.recs.values()} - self._ords.keys())
        if any(root not in self.recs for root in roots):
            raise Again
        for root, last in self.tx.among("SELECT root, max(ord) FROM record WHERE root IN (#) GROUP BY root", roots):
            self._ords[root] = last

    def _take(self, rows: Sequence[Any]) -> None:
        for row in rows:
            rec = Rec.of(row)
            self.recs[rec.id] = self._stored[rec.id] = rec

    def last_ord(self, root: str) -> int:
        """Return the last place used in a tree."""
        return self._ords.get(root, -1)

    def tree_of(self, root: str) -> list[Rec]:
        """Return the records of a tree as accepted so far."""
        if root not in self._trees:
            rows = self.tx.all(f"SELECT {_COLUMNS} FROM record WHERE root = ? ORDER BY ord", (root,))
            self._trees[root] = [Rec.of(row) for row in rows]
            for rec in self._trees[root]:
                self._stored.setdefault(rec.id, rec)
        found = {rec.id: self.recs.get(rec.id, rec) for rec in self._trees[root]}
        for record_id in self._fresh.get(root, ()):
            found[record_id] = self.recs[record_id]
        return [rec for rec in found.values() if rec.root == root and rec.id not in self.gone]

    def handed_of(self, root: str) -> dict[str, Handed]:
        """Return the hand-overs of a tree by their event."""
        if root not in self._handed:
            rows = self.tx.all("SELECT event, site, item, kind FROM handed WHERE root = ?", (root,))
            self._handed[root] = {f"{row[0]}/{row[1]}": Handed(*row) for row in rows}
        return self._handed[root]

    def soft_of(self, key: str) -> set[str]:
        """Return the records that bear a soft-unique value."""
        if key not in self._soft:
            self._soft[key] = {row[0] for row in self.tx.all("SELECT record FROM soft_key WHERE key = ?", (key,))}
        return self._soft[key]

    def load_soft(self, keys: Iterable[str]) -> None:
        """Read many soft-unique values at once."""
        wanted = sorted(set(keys) - self._soft.keys())
        self._soft.update({key: set() for key in wanted})
        for key, record_id in self.tx.among("SELECT key, record FROM soft_key WHERE key IN (#)", wanted):
            self._soft[key].add(record_id)

    def site_of(self, name: str) -> str:
        """Return the id under which the server knows a site, by id, code or depot code; unknown names stay."""
        if self._sites is None:
            self._sites = {}
            rows = self.tx.all("SELECT id, code, depot_code, same_as FROM site ORDER BY same_as <> '', id")
            for identity, code, depot_code, same_as in rows:
                for one in (code, depot_code):
                    if one:
                        self._sites.setdefault(one, same_as or identity)
                self._sites[identity] = same_as or identity
        return self._sites.get(name, name)

    def knows_site(self, name: str) -> bool:
        """Say whether a site is known."""
        self.site_of(name)
        return self._sites is not None and name in self._sites

    def forget_sites(self) -> None:
        """A site was added or changed."""
        self._sites = None

    def waiting_children(self, record_id: str) -> list[str]:
        """Return records that came before the one they hang on."""
        if self._orphans is None:
            self._orphans = self.tx.one("SELECT 1 FROM orphan LIMIT 1") is not None
        if not self._orphans:
            return []
        found = [row[0] for row in self.tx.all("SELECT record FROM orphan WHERE parent = ?", (record_id,))]
        found += [row[1] for row in self.rows.get("orphan", []) if row[0] == record_id]
        self.load(found)
        return [one for one in dict.fromkeys(found) if one in self.recs]

    def note_orphan(self) -> None:
        """There is one from now on."""
        self._orphans = True

    def past(self, record_id: str, group: str, version: str) -> tuple[int, str, dict[str, Any]] | None:
        """Return when, by whom and what a version of a group was, or None."""
        for row in reversed(self.rows.get("past", [])):
            if row[:3] == (record_id, group, version):
                return row[3], row[4], load(row[6])
        row = self.tx.one(
            "SELECT eff, staff, vals FROM past WHERE record = ? AND grp = ? AND version = ?",
            (record_id, group, version),
        )
        return (row[0], row[1], load(bytes(row[2]))) if row else None

    def was_here(self, record_id: str, scopes: Iterable[str]) -> bool:
        """Say whether a record that is not here was, in one of these scopes: then it was withdrawn."""
        return bool(self.tx.among("SELECT 1 FROM left_scope WHERE root = ? AND scope IN (#)", list(scopes), record_id))

    def writer_of(self, record_id: str, group: str, version: str) -> tuple[str, int]:
        """Return site and number of the station that wrote a version in an earlier push; empty and 0 if unknown."""
        for past in self.rows.get("past", ()) if self.writers else ():
            if past[:3] == (record_id, group, version):
                return self.writers.get(past[5], ("", 0))
        row = self.tx.one(
            "SELECT s.site, s.no FROM past p JOIN station s ON s.id = p.station"
            " WHERE p.record = ? AND p.grp = ? AND p.version = ?",
            (record_id, group, version),
        )
        return (str(row[0]), int(row[1])) if row else ("", 0)

    # -- taking over and writing ---------------------------------------------------

    def accept(self, draft: Draft) -> None:
        """Take over what a change set did."""
        for rec in draft.recs.values():
            if rec.id not in self.recs and rec.id not in self._stored:
                self.created.append(rec.id)
            known = self.recs.get(rec.id)
            if known is None or known.root != rec.root:
                self._fresh.setdefault(rec.root, []).append(rec.id)
            self.recs[rec.id] = rec
        for record_id in draft.gone:
            self.recs.pop(record_id, None)
            self.gone.add(record_id)
        self._ords.update(draft.ords)
        self._handed.update(draft.handed)
        self._soft.update(draft.soft)
        for table, rows in draft.rows.items():
            self.rows.setdefault(table, []).extend(rows)
        self.late += draft.late

    def write(self) -> None:
        """Write records and what stands beside them; the logs come after this."""
        tx = self.tx
        fresh = [rec for rec in self.recs.values() if rec.id not in self._stored]
        tx.put("record", [rec.row() for rec in fresh])
        changed = [rec for rec in self.recs.values() if rec.id in self._stored and rec is not self._stored[rec.id]]
        tx.change("record", _NAMES, [rec.row() for rec in sorted(changed, key=lambda rec: rec.id)])
        for table, rows in self.rows.items():
            tx.put(table, rows, keep=True)
        for sql, values in self.late:  # in the order in which they came about, behind what is only ever added
            tx.run(sql, values)
        for record_id in sorted(self.gone & self._stored.keys()):
            tx.run("DELETE FROM record WHERE id = ?", (record_id,))
        self._stored.update(self.recs)
        self.rows, self.late = {}, []


def as_stored(values: dict[str, Any]) -> bytes:
    """Return values as `past` keeps them."""
    return canonical_bytes(values)


def changed(rec: Rec, **what: Any) -> Rec:
    """Return a record with something changed."""
    return rec._replace(**what)
