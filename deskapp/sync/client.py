"""The desk's side of syncing without any network: it makes requests from a store, and lays replies into it.

No sockets, no clock of its own, no threads: `exchange` carries what it says, tests and stories drive it by hand.
What was received is laid down in pieces, each one short transaction in which rows and cursors move together
(`models.absorb`), so that an act at the counter never waits long.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from deskapp.clock import stopwatch
from deskapp.commands.syncing import keep_state, offer_again
from deskapp.errors import Corrupt, Unavailable
from deskapp.models import absorb, schema, sync_state
from deskapp.models.collection import no_collection
from deskapp.models.store import Changes, Store
from deskapp.queries.outbox import cursors_of, hash_at, held_in, journal_end, unfilled, unheard
from deskapp.sync.framing import WireError
from deskapp.sync.intake import Act, Intake
from deskapp.sync.laying import LARGEST, SMALLEST, WHOLE, beside, piece_of, row_entry, says_nothing, ways
from deskapp.sync.messages import Row, SnapshotHead
from deskapp.sync.outbox import MOST_BYTES, MOST_SETS, Ahead, Outgoing
from deskapp.sync.overlap import Overlap
from deskapp.sync.own import Own
from deskapp.sync.trip import Asked, Forked, Taken
from deskapp.sync.wire import SyncReply, SyncRequest, stand

log = logging.getLogger(__name__)

STAGED = 4_000
"""Operations held back until everything of one moment is here; beyond that they are laid down as they come."""

PIECE_S, IDLE_PIECE_S = 0.025, 0.2
"""How long a piece should hold the write thread: while somebody works here, and while nobody does."""

AT_WORK_S = 120
"""For so long after an act somebody is taken to work here."""

SETTLED_AT_ONCE = 150
NOTHING = absorb.Piece()


class Client:
    """One desk's side of syncing. Belongs to one thread at a time; what it holds in memory may be lost any time."""

    def __init__(
        self, store: Store, *, told: Callable[[Changes], None] = lambda _changes: None, head: int | None = None
    ) -> None:
        """`told` is called for every piece that was laid down; `head`: the server has all acts up to this one."""
        self._store, self._told = store, told
        self._intake = Intake()
        self._head = head
        self._pending_results: list[absorb.Result] = []
        self._asked_at = (0, 0)
        self._careful = False  # a piece could not be laid down: each act is to have cursors of its own
        self._step = 100
        self._short = True
        self._riding = NOTHING
        self._open = -1  # results that are not settled yet, -1 where that was not looked at
        self._calm: tuple[int, Asked] | None = None  # the commits of the store and the request that brought nothing
        self._brief = True  # the server knows a desk that only says where it stands
        self._learned = False  # whether it is known by which key this server signs orders
        self._ahead, self._overlap = Ahead(), Overlap()
        self._quiet = False  # whether everything known was settled, and nothing came since
        self.stopwatch: Callable[[], float] = stopwatch

    # -- asking ----------------------------------------------------------------

    def ask(
        self, clock: int, *, push: bool = True, most: int | None = None, most_bytes: int = MOST_BYTES,
        max_bytes: int = 1_000_000, purged: bool = False, alone: bool = False,
    ) -> Asked:  # fmt: skip
        """Return the next request with at most so many change sets; `clock` is this computer's uncorrected time.

        `alone`: every key by itself, for a server of which it is not known whether it can draw them.
        """
        known = self._calm
        if known is not None and known[0] == self._store.commits and push and not purged:
            if known[1].request.calm:
                return known[1]
            return replace(known[1], request=replace(known[1].request, clock=clock, max_bytes=max_bytes))
        commits = self._store.commits  # before it is looked: an act that is done meanwhile is not in this request
        with self._store.read() as session:
            end = journal_end(session)
            after = self._head if self._head is not None else end.before_unsent
            seeds = None if alone else self._store.seeds
            limits = {"most": most or MOST_SETS, "most_bytes": most_bytes}
            out = self._ahead.unsent(session, after, seeds=seeds, **limits) if push else Outgoing()
            cursors = {**cursors_of(session), **self._intake.ends}
            self._learned = self._learned or sync_state.state(session, "orders") != ""
        known_set = (end.confirmed, end.confirmed_hash)
        request = SyncRequest(
            schema.VERSION, clock, known_set, cursors, out.sets, max_bytes, purged, self._short, not self._learned
        )
        return Asked(request, out, commits)

    def meanwhile(self, asked: Asked, *, most: int | None = None) -> Callable[[], None]:
        """Return what can be done while an answer is not here: lay the one before down, gather the push after."""
        look = partial(self._ahead.look, self._store, asked.outgoing, most=most or MOST_SETS)
        return self._overlap.between(self._pay, look)

    def _pay(self, taken: Taken) -> bool:
        self._lay_down(taken, settle=True)
        return not self._careful

    @property
    def calm(self) -> bool:
        """Say whether the last contact brought nothing, and nothing was written here since."""
        return self._calm is not None and self._calm[0] == self._store.commits

    def stir(self, *, brief: bool = True) -> None:
        """Ask in full the next time: something is new at the server. Not `brief`: always, it does not know less."""
        self._calm, self._brief = None, self._brief and brief

    # -- taking in -------------------------------------------------------------

    def take(self, asked: Asked, reply: SyncReply) -> Taken:
        """Lay a reply down; raises Forked when this station is not the only one of its name."""
        if reply.calm is not None:
            if not reply.calm:
                self.stir()
            return Taken(more=not reply.calm)
        silent = says_nothing(reply) and reply.head[0] == asked.request.known[0] and not asked.outgoing.sets
        if silent and self.calm:
            return Taken()
        self._check_head(reply)
        try:
            taken = self._take(asked, reply)
        except BaseException:
            self._head = None  # what was decided about acts that were pushed twice may be lost with it: ask once more
            raise
        still = silent and self._quiet and not taken.more and self._store.commits == asked.commits
        self._calm = (asked.commits, self._as_brief(asked)) if still else None
        return taken

    def _as_brief(self, asked: Asked) -> Asked:
        """Return what to ask as long as nothing changes here: only whether it stands where the server thinks."""
        one = asked.request
        return replace(asked, request=replace(one, calm=stand(one.known, one.cursors))) if self._brief else asked

    def _take(self, asked: Asked, reply: SyncReply) -> Taken:
        taken = Taken(retire=reply.retire)
        torn = self._overlap.told(taken)
        if reply.orders and not self._learned:
            self.keep({"orders": reply.orders})
        self._scopes(reply, taken)
        again = torn or self._receive(asked, reply)
        self._pending_results += [absorb.Result(one.uid, one.code.value, one.detail) for one in reply.results]
        behind = any(feed.more for feed in reply.feeds.values())
        left_to_push = asked.outgoing.more or (bool(asked.outgoing.sets) and reply.hole is not None)
        if not behind or self._intake.size > STAGED:
            # A scope that is not here yet may hold what an act of ours made: only with all of them is that known.
            whole = not (behind or again or taken.more or reply.resnapshot)
            plain = whole and asked.outgoing.more and reply.hole is None and not (reply.retire or self._careful)
            if not self._overlap.owe(plain and self._intake.size <= STAGED):
                self._lay_down(taken, settle=whole)
                if whole and (self._overlap.sent() or asked.outgoing.sets):
                    self._hear_again(taken)
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

    def _hear_again(self, taken: Taken) -> None:
        """Ask once more about acts that the server has and no feed will tell of: it was set back and got them anew.

        Entry for entry its log is then what it was before, so the cursor here is good, and past them.
        """
        with self._store.read() as session:
            at = (self._head or 0, journal_end(session).before_unsent)  # a long row is asked about part by part
            silent = at != self._asked_at and unheard(session, at[0])
        if silent:
            self._asked_at, self._head, taken.more = at, None, True

    def _scopes(self, reply: SyncReply, taken: Taken) -> None:
        with self._store.read() as session:
            held = cursors_of(session)
        new = [scope for scope in reply.grant if scope not in held]
        for scope in (*reply.revoke, *reply.resnapshot):
            self._intake.forget(scope)
        gone = [scope for scope in reply.revoke if scope in held]
        if new or gone:
            left = self._absorb(absorb.Piece(cursors=dict.fromkeys(new, (0, "")), leave=gone), taken).leaving
            self._leave(left, taken)
            taken.more = True

    def _leave(self, scopes: Sequence[str], taken: Taken) -> None:
        """Let go of scopes, a piece at a time."""
        while scopes:
            scopes = self._absorb(absorb.Piece(leave=scopes), taken).leaving

    def _receive(self, asked: Asked, reply: SyncReply) -> bool:
        """Stage the feeds; True when one did not follow what is held and has to be asked for again."""
        again, own = False, Own(asked.request.sets)
        for scope, feed in reply.feeds.items():
            if scope in reply.revoke or scope in reply.resnapshot:
                continue
            cursor = asked.request.cursors.get(scope)
            try:
                feed = own.spelled(feed)
            except KeyError:  # named what was not in this push: from now on the server spells everything out
                self._short, cursor = False, None
            if cursor is None or not self._intake.receive(scope, feed, (cursor[0], cursor[1])):
                log.warning("a feed does not follow what is held: %s", scope)
                self._intake.forget(scope)
                again = True
        return again

    def _lay_down(self, taken: Taken, *, settle: bool) -> None:
        intake, self._intake = self._intake, Intake()  # whatever goes wrong now is asked for again
        results, self._pending_results = self._pending_results, []
        self._quiet = self._quiet and not (results or intake.size)
        if settle and self._quiet:
            return
        # What is known of our own acts rides along with the first piece, their settling with the last: fewer commits.
        self._riding, self._open = absorb.Piece(results=results), -1
        ending = absorb.Piece(settle=SETTLED_AT_ONCE, filled=self._store.ask(unfilled)) if settle else NOTHING
        settle = self._acts(intake, taken, ending) and settle
        if self._riding.results:
            self._absorb(self._riding, taken)
        while settle and self._open:
            self._open = self._absorb(ending, taken).unsettled
        self._riding, self._quiet = NOTHING, self._quiet or settle

    def _acts(self, intake: Intake, taken: Taken, ending: absorb.Piece) -> bool:
        """Lay whole acts down, as many at a time as a piece may hold; False when they have to be asked for again.

        Where all go in one piece the cursors are known for its end only. If it cannot be laid down, its acts are
        asked for again, each with cursors of its own: rows never come without them.
        """
        exact, acts, size = intake.size > self._step or self._careful, list[Act](), 0
        for act in intake.acts(exact=exact):
            if exact and acts and size + act.size > self._step:
                self._piece(acts, taken)
                acts, size = [], 0
            if act.size > max(WHOLE, self._step):
                self._pages(act, taken)
            else:
                acts.append(act)
                size += act.size
        if acts and not self._piece(acts, taken, exact=exact, ending=ending):
            self._careful = taken.more = True
            return False
        self._careful = False
        return True

    def _pages(self, act: Act, taken: Taken) -> None:
        """Lay a large act down page by page, so that nobody waits for it; the cursors move with its last page."""
        whole = piece_of([act])
        try:
            left = list(whole.entries)
            while len(left) > self._step:
                page, left = left[: self._step], left[self._step :]
                self._timed(absorb.Piece(entries=page), taken)
            self._timed(replace(whole, entries=left), taken)
        except (Unavailable, Corrupt):
            raise
        except Exception:
            log.exception("an act of %d operations cannot be laid down by pages", act.size)
            self._one_by_itself(act, taken)
        taken.received += act.size

    def _piece(
        self, acts: Sequence[Act], taken: Taken, *, exact: bool = True, ending: absorb.Piece = NOTHING
    ) -> bool:  # fmt: skip
        """Lay acts down as one transaction, or one by one where each has cursors of its own (`exact`)."""
        try:
            self._timed(piece_of(acts), taken, ending)
        except (Unavailable, Corrupt):
            raise
        except Exception:
            log.exception("a piece of %d acts cannot be laid down as a whole", len(acts))
            if not exact:
                return False
            for act in acts:
                self._one_by_itself(act, taken)
        taken.received += sum(act.size for act in acts)
        return True

    def _timed(self, piece: absorb.Piece, taken: Taken, ending: absorb.Piece = NOTHING) -> None:
        """Lay a piece down, and learn how many operations the next may have: as many as take the time it may take."""
        began, size, riding = self.stopwatch(), len(piece.entries), self._riding
        results = [*riding.results, *piece.results]
        done = self._absorb(replace(piece, results=results, settle=ending.settle, filled=ending.filled), taken)
        self._riding, self._open = NOTHING, done.unsettled if ending.settle else -1
        took = self.stopwatch() - began
        if size >= self._step // 2:
            idle = self.stopwatch() - self._store.used_at > AT_WORK_S
            self._step = int(size * (IDLE_PIECE_S if idle else PIECE_S) / max(took, 0.001))
            self._step = max(SMALLEST, min(LARGEST, self._step))

    def _one_by_itself(self, act: Act, taken: Taken) -> None:
        """Lay one act down; what no rule of this program understands is kept, and delays nobody else."""
        self._first_way(ways(piece_of([act])), f"act {act.parts[0].entry.cs}", taken)

    def _each_by_itself(self, entries: Sequence[absorb.Entry], taken: Taken) -> None:
        """Lay rows of a snapshot down one by one; what this program's tables do not take is kept beside them."""
        for one in entries:
            some = ((one, True), (one, False), (beside(one), False))
            tries = [(absorb.Piece(entries=[entry], whole=True), fold) for entry, fold in some]
            self._first_way(tries, f"{one.entity} {one.id}", taken)

    def _first_way(self, tries: Iterable[tuple[absorb.Piece, bool]], what: str, taken: Taken) -> None:
        for piece, fold in tries:
            try:
                self._absorb(piece, taken, fold=fold)
            except (Unavailable, Corrupt):
                raise
            except Exception:
                log.exception("%s cannot be laid down (fold %s)", what, fold)
            else:
                return

    def _absorb(self, piece: absorb.Piece, taken: Taken, *, fold: bool = True) -> absorb.Absorbed:
        done = self._store.absorb(piece, fold=fold)
        self._store.seeds.forget(done.result.settled)
        if done.changes.records:
            taken.changes.append(done.changes)
            self._told(done.changes)
        return done.result

    # -- snapshots -------------------------------------------------------------

    def lay_snapshot(
        self, pages: Iterable[SnapshotHead | list[Row]], *, progress: Callable[[int, int], None] = lambda _d, _a: None
    ) -> Taken:
        """Lay a whole scope down: what it has is put, what it has not is dropped unless an unsent act names it.

        The cursor moves with the last piece, so a snapshot that was cut (WireError) is simply fetched again.
        """
        taken, seen, head = Taken(), set[str](), None
        for page in pages:
            if isinstance(page, SnapshotHead):
                head = page
                continue
            if head is None:
                raise ValueError("a snapshot begins with its head")
            while page:
                rows, page = page[: self._step], page[self._step :]
                seen.update(row.id for row in rows)
                with no_collection():
                    self._rows([row_entry(head.scope, row) for row in rows], taken)
                progress(len(seen), head.rows)
        if head is not None:
            if len(seen) < head.rows:  # cut between two pages: what did not come is not gone
                raise WireError("snapshot", "cut")
            self._close_snapshot(head, seen, taken)
        return taken

    def _rows(self, entries: Sequence[absorb.Entry], taken: Taken) -> None:
        try:
            self._timed(absorb.Piece(entries=entries, whole=True), taken)
        except (Unavailable, Corrupt):
            raise
        except Exception:
            log.exception("%d rows of a snapshot cannot be laid down as a whole", len(entries))
            self._each_by_itself(entries, taken)
        taken.received += len(entries)

    def _close_snapshot(self, head: SnapshotHead, seen: set[str], taken: Taken) -> None:
        with self._store.read() as session:
            held = held_in(session, head.scope)
        gone = [(entity, record_id) for entity, record_id in held if record_id not in seen]
        drops = [absorb.Entry("drop", entity, record, {}, scope=head.scope) for entity, record in gone]
        for start in range(0, len(drops), 200):
            self._absorb(absorb.Piece(entries=drops[start : start + 200]), taken)
        self._absorb(absorb.Piece(cursors={head.scope: (head.n, head.chain)}, filled=[head.scope]), taken)
        # The entries that would have named our acts are behind the cursor now: what became of them has to be asked.
        self._head = None

    def holds_more(self) -> bool:
        """Say whether acts wait here that the last reply does not know of."""
        with self._store.read() as session:
            return journal_end(session).newest > (self._head or 0)

    def purge(self) -> None:
        """Let go of every scope, because this station was taken out of service and everything is at the server."""
        with self._store.read() as session:
            held = list(cursors_of(session))
        for scope in held:
            self._leave([scope], Taken())

    def keep(self, state: Mapping[str, str]) -> None:
        """Note values of `sync_state.KEYS`."""
        self._store.run(keep_state(state=state))
