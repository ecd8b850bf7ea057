"""The desk's side of syncing without any network: it makes requests from a store, and lays replies into it.

No sockets, no clock of its own, no threads: `exchange` carries what it says, tests and stories drive it by hand.
What was received is laid down in pieces, each one short transaction in which rows and cursors move together
(`models.absorb`), so that an act at the counter never waits long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from deskapp.clock import stopwatch
from deskapp.commands.syncing import keep_state, offer_again
from deskapp.errors import Corrupt, Unavailable
from deskapp.models import absorb, schema, sync_state
from deskapp.models.columns import known
from deskapp.models.store import Changes, Store
from deskapp.queries.outbox import cursors_of, hash_at, held_in, journal_end, unfilled
from deskapp.sync.intake import Act, Intake
from deskapp.sync.messages import Row, SnapshotHead
from deskapp.sync.outbox import MOST_BYTES, MOST_SETS, Outgoing, unsent
from deskapp.sync.wire import Code, SyncReply, SyncRequest

log = logging.getLogger(__name__)

STAGED = 20_000
"""Operations held back until everything of one moment is here; beyond that they are laid down as they come."""

PIECE_S = 0.025
"""How long a piece should hold the write thread; a single act of thousands of rows may take longer."""

SETTLED_AT_ONCE = 300


class Forked(Exception):
    """This station's numbers were used by somebody else: a clone of this disk, or this desk before a restore."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the change sets in it."""

    request: SyncRequest
    outgoing: Outgoing


@dataclass(slots=True)
class Taken:
    """What came of a reply: how many operations were laid down, what waits, which scopes need a snapshot."""

    received: int = 0
    more: bool = False
    resnapshot: tuple[str, ...] = ()
    retire: bool = False
    changes: list[Changes] = field(default_factory=list)


class Client:
    """One desk's side of syncing. Belongs to one thread at a time; what it holds in memory may be lost any time."""

    def __init__(self, store: Store, *, told: Callable[[Changes], None] = lambda _changes: None) -> None:
        """`told` is called for every piece that was laid down."""
        self._store, self._told = store, told
        self._intake = Intake()
        self._head: int | None = None
        self._pending_results: list[absorb.Result] = []
        self._step = 100
        self._quiet = False  # whether everything known was settled, and nothing came since
        self.stopwatch: Callable[[], float] = stopwatch

    # -- asking ----------------------------------------------------------------

    def ask(
        self, clock: int, *, push: bool = True, most: int | None = None, most_bytes: int = MOST_BYTES,
        max_bytes: int = 1_000_000, purged: bool = False,
    ) -> Asked:  # fmt: skip
        """Return the next request with at most so many change sets; `clock` is this computer's uncorrected time."""
        with self._store.read() as session:
            end = journal_end(session)
            after = self._head if self._head is not None else end.before_unsent
            out = unsent(session, after, most=most or MOST_SETS, most_bytes=most_bytes) if push else Outgoing()
            cursors = {**cursors_of(session), **self._intake.ends}
        known_set = (end.confirmed, end.confirmed_hash)
        request = SyncRequest(schema.VERSION, clock, known_set, cursors, out.sets, max_bytes, purged)
        return Asked(request, out)

    # -- taking in -------------------------------------------------------------

    def take(self, asked: Asked, reply: SyncReply) -> Taken:
        """Lay a reply down; raises Forked when this station is not the only one of its name."""
        self._check_head(reply)
        return self._take(asked, reply)

    def take_carried(self, reply: SyncReply) -> Taken:
        """Lay down a reply that came on a stick; where the line was quicker, it changes nothing any more."""
        return self._take(self.ask(0, push=False), reply)

    def _take(self, asked: Asked, reply: SyncReply) -> Taken:
        taken = Taken(retire=reply.retire)
        self._scopes(reply, taken)
        again = self._receive(asked, reply)
        self._pending_results += [absorb.Result(one.uid, one.code.value, one.detail) for one in reply.results]
        behind = any(feed.more for feed in reply.feeds.values())
        left_to_push = asked.outgoing.more or (bool(asked.outgoing.sets) and reply.hole is not None)
        if not behind or self._intake.size > STAGED:
            # A scope that is not here yet may hold what an act of ours made: only with all of them is that known.
            whole = not (behind or again or taken.more or reply.resnapshot)
            self._lay_down(taken, settle=whole)
        taken.more = taken.more or behind or again or bool(left_to_push)
        taken.resnapshot = tuple(reply.resnapshot)
        return taken

    def _check_head(self, reply: SyncReply) -> None:
        seq, digest = reply.head
        with self._store.read() as session:
            end, here = journal_end(session), hash_at(session, seq)
            reissued = sync_state.number(session, "reissue")
        if seq > end.newest or (here and digest and here != digest):
            raise Forked
        if end.confirmed > seq >= reissued:
            log.warning("the server knows this desk only up to %d: offering again", seq)
            self._store.run(offer_again(above=seq))
        self._head = seq

    def _scopes(self, reply: SyncReply, taken: Taken) -> None:
        with self._store.read() as session:
            held = cursors_of(session)
        new = [scope for scope in reply.grant if scope not in held]
        for scope in (*reply.revoke, *reply.resnapshot):
            self._intake.forget(scope)
        gone = [scope for scope in reply.revoke if scope in held]
        if new or gone:
            self._absorb(absorb.Piece(cursors=dict.fromkeys(new, (0, "")), leave=gone), taken)
            taken.more = True

    def _receive(self, asked: Asked, reply: SyncReply) -> bool:
        """Stage the feeds; True when one did not follow what is held and has to be asked for again."""
        again = False
        for scope, feed in reply.feeds.items():
            if scope in reply.revoke or scope in reply.resnapshot:
                continue
            cursor = asked.request.cursors.get(scope)
            if cursor is None or not self._intake.receive(scope, feed, (cursor[0], cursor[1])):
                log.warning("a feed does not follow what is held: %s", scope)
                self._intake.forget(scope)
                again = True
        return again

    def _lay_down(self, taken: Taken, *, settle: bool) -> None:
        intake, self._intake = self._intake, Intake()  # whatever goes wrong now is asked for again
        results, self._pending_results = self._pending_results, []
        if results:
            self._absorb(absorb.Piece(results=results), taken)
        self._quiet = self._quiet and not (results or intake.size)
        if settle and self._quiet:
            return
        exact, acts, size = intake.size > self._step, list[Act](), 0
        for act in intake.acts(exact=exact):
            acts.append(act)
            size += act.size
            if exact and size >= self._step:
                self._piece(acts, taken)
                acts, size = [], 0
        if acts:
            self._piece(acts, taken)
        filled = self._unfilled() if settle else ()
        while settle:
            done = self._absorb(absorb.Piece(settle=SETTLED_AT_ONCE, filled=filled), taken)
            settle, self._quiet = bool(done.unsettled), not done.unsettled

    def _unfilled(self) -> Sequence[str]:
        """Return the scopes that were being filled until now."""
        with self._store.read() as session:
            return unfilled(session)

    def _piece(self, acts: Sequence[Act], taken: Taken) -> None:
        """Lay acts down as one transaction, and learn from it how many may be laid down at once."""
        began = self.stopwatch()
        size = sum(act.size for act in acts)
        try:
            self._absorb(_piece_of(acts), taken)
        except (Unavailable, Corrupt):
            raise
        except Exception:
            log.exception("a piece of %d acts cannot be laid down as a whole", len(acts))
            for act in acts:
                self._one_by_itself(act, taken)
        took = self.stopwatch() - began
        if size >= self._step // 2:
            self._step = max(20, min(2_000, int(size * PIECE_S / max(took, 0.001))))
        taken.received += size

    def _one_by_itself(self, act: Act, taken: Taken) -> None:
        """Lay one act down; what no rule of this program understands is kept, and delays nobody else."""
        piece = _piece_of([act])
        for fold in (True, False):
            try:
                self._absorb(piece, taken, fold=fold)
            except (Unavailable, Corrupt):
                raise
            except Exception:
                log.exception("act %s cannot be laid down (fold %s)", act.parts[0].entry.cs, fold)
            else:
                return
        kept = []
        for at, one in enumerate(piece.entries):
            told = {"kind": one.kind, "id": one.id, "group": one.group, "values": dict(one.values)}
            name = f"{act.parts[0].entry.cs}:{at}"
            kept.append(absorb.Entry("put", f"unread:{one.entity}", name, told, scope=one.scope))
        self._absorb(absorb.Piece(entries=kept, cursors=piece.cursors, seen=piece.seen), taken)

    def _absorb(self, piece: absorb.Piece, taken: Taken, *, fold: bool = True) -> absorb.Absorbed:
        done = self._store.absorb(piece, fold=fold)
        if done.changes.records:
            taken.changes.append(done.changes)
            self._told(done.changes)
        return done.result

    # -- snapshots -------------------------------------------------------------

    def lay_snapshot(
        self, pages: Iterable[SnapshotHead | list[Row]], *, progress: Callable[[int, int], None] = lambda _d, _a: None
    ) -> Taken:
        """Lay a whole scope down: what it has is put, what it has not is dropped unless an unsent act names it.

        The cursor moves with the last piece, so a snapshot that was cut is simply fetched again.
        """
        taken, seen, head = Taken(), set[str](), None
        for page in pages:
            if isinstance(page, SnapshotHead):
                head = page
                continue
            if head is None:
                raise ValueError("a snapshot begins with its head")
            for start in range(0, len(page), self._step):
                rows = page[start : start + self._step]
                seen.update(row.id for row in rows)
                self._rows(head.scope, rows, taken)
                progress(len(seen), head.rows)
        if head is not None:
            self._close_snapshot(head, seen, taken)
        return taken

    def _rows(self, scope: str, rows: Sequence[Row], taken: Taken) -> None:
        began = self.stopwatch()
        self._absorb(absorb.Piece(entries=[_row_entry(scope, row) for row in rows]), taken)
        took = self.stopwatch() - began
        taken.received += len(rows)
        self._step = max(20, min(2_000, int(len(rows) * PIECE_S / max(took, 0.001)))) if len(rows) > 20 else self._step

    def _close_snapshot(self, head: SnapshotHead, seen: set[str], taken: Taken) -> None:
        with self._store.read() as session:
            held = held_in(session, head.scope)
        gone = [(entity, record_id) for entity, record_id in held if record_id not in seen]
        drops = [absorb.Entry("drop", entity, record, {}, scope=head.scope) for entity, record in gone]
        for start in range(0, len(drops), 200):
            self._absorb(absorb.Piece(entries=drops[start : start + 200]), taken)
        self._absorb(absorb.Piece(cursors={head.scope: (head.n, head.chain)}, filled=[head.scope]), taken)

    def purge(self) -> None:
        """Let go of every scope, because this station was taken out of service and everything is at the server."""
        with self._store.read() as session:
            held = list(cursors_of(session))
        for scope in held:
            self._absorb(absorb.Piece(leave=[scope]), Taken())

    def keep(self, state: Mapping[str, str]) -> None:
        """Note values of `sync_state.KEYS`."""
        self._store.run(keep_state(state=state))


def _piece_of(acts: Sequence[Act]) -> absorb.Piece:
    entries: list[absorb.Entry] = []
    results: dict[str, absorb.Result] = {}
    seen: dict[str, None] = {}
    cursors: dict[str, tuple[int, str]] = {}
    for act in acts:
        for scope, entry in act.parts:
            seen[entry.cs] = None
            for op in entry.ops:
                if op.kind == "result":
                    results[op.id] = absorb.Result(op.id, _code(op.entity), op.values)
                else:
                    entries.append(absorb.Entry(*op, scope))
        cursors.update(act.cursors)
    plain = [cs for cs in seen if cs not in results]
    return absorb.Piece(entries=entries, seen=plain, results=list(results.values()), cursors=cursors)


def _code(word: str) -> str:
    return word if word in set(Code) else Code.MERGED.value


def _row_entry(scope: str, row: Row) -> absorb.Entry:
    entity = known(row.entity)
    kind = "fact" if entity is not None and entity.fact else "put"
    return absorb.Entry(kind, row.entity, row.id, row.values, "", "", row.versions, scope)
