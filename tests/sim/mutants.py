"""The mistakes of the bug museum: each returns what has to be exchanged in the program for it to make that mistake."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deskapp.commands.syncing import keep_state
from deskapp.errors import Unavailable
from deskapp.models import absorb, leaving, rebase, reissue, store, sync_state
from deskapp.models import erasing as desk_erasing
from deskapp.server import blobs, erasing_photos, feed, placing, push, rights, together
from deskapp.sync import client, exchange, intake, lookout, merge, overlap, spoken
from deskapp.sync.wire import Code, Feed

Swap = tuple[Any, str, Any]
"""What is exchanged: a module or class, the name in it, and what stands there instead."""


def _all_acknowledged(some_store: Any) -> None:
    with some_store._session() as session:
        session.driver().execute("UPDATE change_set SET acked_at = 1 WHERE acked_at = 0")
        session.commit()


# -- the cursor --------------------------------------------------------------------------


def bigserial() -> list[Swap]:
    """Numbers of all logs come from one counter, and are used up by what is rolled back."""
    shipped, count = push.write_logs, iter(range(10**9))

    def gaps(tx: Any, entries: Any, leaves: Any, touched: Any, now: int) -> None:
        shipped(tx, entries, leaves, touched, now)
        if next(count) % 3 == 0:
            for scope in entries:
                tx.run("UPDATE head SET n = n + 1 WHERE scope = ?", (scope,))

    return [(push, "write_logs", gaps)]


def gap_timeout() -> list[Swap]:
    """A hole in a log is waited for a while, and then taken for one that stays: the reader steps over it."""
    shipped = feed._entries

    def impatient(tx: Any, scope: str, n: int, head_n: int, most: int) -> Feed:
        found = shipped(tx, scope, n, head_n, most)
        return replace(found, raw=found.raw[:-1]) if len(found.raw) > 2 else found

    def trusting(self: Any, scope: str, some: Feed, cursor: tuple[int, str]) -> bool:
        if some.entries:
            self.starts.setdefault(scope, cursor)
            self.waiting.setdefault(scope, intake.deque()).extend(some.entries)
            self.ends[scope] = (some.to, some.chain)
            self.size += sum(max(1, len(entry.ops)) for entry in some.entries)
        return True

    return [(feed, "_entries", impatient), (intake.Intake, "receive", trusting)]


def cursor_before_data() -> list[Swap]:
    """The cursor is saved in a transaction of its own, before the rows."""
    shipped = store.Store.absorb

    def in_two(self: Any, piece: absorb.Piece, *, fold: bool = True) -> Any:
        if piece.cursors and piece.entries:
            store_absorb(self, absorb.Piece(cursors=piece.cursors), fold=fold)
            return store_absorb(self, replace(piece, cursors={}), fold=fold)
        return shipped(self, piece, fold=fold)

    def store_absorb(self: Any, piece: absorb.Piece, *, fold: bool) -> Any:
        self.on_piece(piece)
        return shipped(self, piece, fold=fold)

    return [(store.Store, "absorb", in_two)]


def ignored_during_push() -> list[Swap]:
    """What comes while something is pushed is left aside, and the cursor moves all the same."""
    shipped = client.Client._receive

    def busy(self: Any, asked: Any, reply: Any) -> bool:
        if not asked.outgoing.sets:
            return bool(shipped(self, asked, reply))
        self._store.absorb(absorb.Piece(cursors={name: (one.to, one.chain) for name, one in reply.feeds.items()}))
        return False

    return [(client.Client, "_receive", busy)]


def local_time_cursor() -> list[Swap]:
    """What a PC's clock says is taken as it is: no offset, no bounds."""
    return [(merge, "effective_time", lambda said, _offset, _since, _received, bases: max([said, *bases]))]


# -- the queue ----------------------------------------------------------------------------


def marked_as_sent() -> list[Swap]:
    """Everything that waits when an answer comes counts as sent, also what was written since the question."""
    shipped = client.Client._take

    def generous(self: Any, asked: Any, reply: Any) -> Any:
        taken = shipped(self, asked, reply)
        _all_acknowledged(self._store)
        return taken

    return [(client.Client, "_take", generous)]


def queue_blocks_downloads() -> list[Swap]:
    """Nothing is taken in while acts wait here."""
    shipped = client.Client._receive

    def stubborn(self: Any, asked: Any, reply: Any) -> bool:
        if self._store.ask(lambda session: client.unheard(session, 10**9)):
            reply = replace(reply, feeds={})
        return bool(shipped(self, asked, reply))

    return [(client.Client, "_receive", stubborn)]


def flag_survives_crash() -> list[Swap]:
    """A note that a conversation is under way outlives the program that made it."""
    shipped = exchange.Exchange._speak

    def once(self: Any, *given: Any, **named: Any) -> Any:
        with self._store.read() as session:
            if sync_state.state(session, "carry") == "busy":
                return exchange.Round()
        self._store.run(keep_state(state={"carry": "busy"}))
        try:
            return shipped(self, *given, **named)
        finally:
            self._store.run(keep_state(state={"carry": ""}))

    return [(exchange.Exchange, "_speak", once)]


def own_change_flickers() -> list[Swap]:
    """What was typed is let go with the answer to its push, and comes back when the log tells of it."""
    shipped = client.Client._take

    def hasty(self: Any, asked: Any, reply: Any) -> Any:
        told = [absorb.Result(uid, "ok", {}) for uid in asked.outgoing.uids]
        if told:
            self._store.absorb(absorb.Piece(results=told, settle=10_000))
        return shipped(self, asked, reply)

    return [(client.Client, "_take", hasty)]


def bad_head_blocks_queue() -> list[Swap]:
    """An act that cannot be taken stops everything behind it."""
    shipped = push._take

    def blocking(run: Any, one: Any, at: int) -> None:
        if not run.stuck:
            shipped(run, one, at)
        if run.done.results and run.done.results[-1].code in (Code.PARKED, Code.REJECTED):
            run.stuck.add("everything")

    return [(push, "_take", blocking)]


def conflict_drops_queue() -> list[Swap]:
    """When the server says that there is a fork, what waits is thrown away."""
    shipped = exchange.Exchange._new_identity

    def careless(self: Any) -> None:
        _all_acknowledged(self._store)
        shipped(self)

    return [(exchange.Exchange, "_new_identity", careless)]


def refused_and_shown_as_done() -> list[Swap]:
    """What the server did not take stays on the screen as if it had."""
    return [(rebase, "images", lambda _session, _records: iter(())), (rebase, "_orphans", lambda _session, _loose: ())]


def mismatch_overwrites() -> list[Swap]:
    """Where both sides differ the desk is overwritten, with what waits there."""
    shipped = client.Client.lay_snapshot

    def one_way(self: Any, *given: Any, **named: Any) -> Any:
        _all_acknowledged(self._store)
        return shipped(self, *given, **named)

    return [(client.Client, "lay_snapshot", one_way)]


# -- who is who ------------------------------------------------------------------------------


def made_twice_after_timeout() -> list[Swap]:
    """What has to be sent again is a new act."""
    shipped = reissue.issue_anew

    def anew(session: Any, station: str, after: int) -> int:
        driver = reissue.driver_of(session)
        for seq, body in driver.execute("SELECT seq, body FROM change_set WHERE seq > ?", (after,)).fetchall():
            told = reissue.json.loads(body)
            told["uid"] = f"{told['uid'][:-4]}{seq % 10_000:04d}"
            driver.execute(
                "UPDATE change_set SET uid = ?, body = ? WHERE seq = ?", (told["uid"], reissue.canonical(told), seq)
            )
        return shipped(session, station, after)

    return [(reissue, "issue_anew", anew)]


def cloned_counter() -> list[Swap]:
    """A cloned disk goes on printing numbers under the old station number."""
    shipped = store.Store._session_of_record

    def same_number(self: Any, session: Any) -> None:
        before = getattr(self, "facts", None)
        shipped(self, session)
        if before is not None and before.store_id == self.facts.store_id:
            self.facts = replace(self.facts, station_no=before.station_no)

    return [(store.Store, "_session_of_record", same_number)]


def cloned_client() -> list[Swap]:
    """A number that is used up is taken for an act that is there already; nobody compares what it was."""

    def believing(_tx: Any, station: Any, sets: Any, done: Any) -> list[Any]:
        fresh, seq = [], station.seq
        for one in sorted(sets, key=lambda one: one.seq):
            if one.seq == seq + 1:
                seq = one.seq
                fresh.append(one)
        return fresh

    def content(self: Any, reply: Any) -> None:
        self._head = reply.head[0]

    def done(self: Any, asked: Any, reply: Any) -> Any:
        taken = took(self, asked, reply)
        with self._store._session() as session:
            session.driver().execute("UPDATE change_set SET acked_at = 1 WHERE seq <= ?", (reply.head[0],))
            session.commit()
        return taken

    took = client.Client._take
    return [
        (push, "_hash_at", lambda *_given: None), (push, "_in_order", believing),
        (client.Client, "_check_head", content), (client.Client, "_take", done),
    ]  # fmt: skip


def server_rewound() -> list[Swap]:
    """A server that was set back is not noticed: cursors are not compared, and nothing is offered again."""

    def forgetful(self: Any, reply: Any) -> None:
        self._head = max(reply.head[0], self._head or 0)

    def lenient(_tx: Any, _scope: str, n: int, _chain: str, head: Any, floor: Any) -> str:
        return "floor" if n < floor[0] else ""

    return [(client.Client, "_check_head", forgetful), (feed, "_wrong", lenient)]


# -- scopes -----------------------------------------------------------------------------------


def exit_judged_after_commit() -> list[Swap]:
    """Old and new scopes are compared when there is nothing left to compare: nobody is told to let go."""
    shipped = placing._tell
    return [(placing, "_tell", lambda draft, tree, _gone, come: shipped(draft, tree, (), come))]


def entry_skipped() -> list[Swap]:
    """What enters a scope is not sent, because the change that moved it is not one of its own."""
    shipped = placing._tell
    return [(placing, "_tell", lambda draft, tree, gone, _come: shipped(draft, tree, gone, ()))]


def deleted_comes_back() -> list[Swap]:
    """What was dropped stays in the table and is shown again."""
    return [(leaving, "remove", lambda _session, _keys: {})]


def removed_while_readable() -> list[Swap]:
    """A record goes with the first scope that lets it go, though another still holds it."""

    def hasty(session: Any, rows: Any) -> Any:
        driver = session.driver()
        driver.executemany("DELETE FROM sync_held WHERE record_id = ? AND feed_no = ?", [(o[1], o[2]) for o in rows])
        return leaving.remove(session, [(table, record) for table, record, _feed in rows])

    return [(leaving, "drop", hasty)]


def revoked_before_dropped() -> list[Swap]:
    """A scope that is taken away is forgotten before its records are."""

    def forgotten(session: Any, scope: str) -> Any:
        session.driver().execute("DELETE FROM sync_feed WHERE scope = ?", (scope,))
        return {}, True

    return [(leaving, "leave", forgotten)]


def mover_not_told() -> list[Swap]:
    """Whoever caused a change is taken to know all that came of it."""
    shipped = push._say

    def silent(run: Any, one: Any, at: int, out: Any, result: Any, draft: Any = None) -> None:
        shipped(run, one, at, {
            scope: [row for row in rows if row[0] != "d" or row[2] in {op.id for op in one.ops}]
            for scope, rows in out.items()
        }, result, draft)  # fmt: skip

    return [(push, "_say", silent)]


# -- judging ----------------------------------------------------------------------------------


def touch_beats_edit() -> list[Swap]:
    """Whatever is received last counts as written last."""
    return [(merge, "effective_time", lambda _said, _offset, _since, received, bases: max([received, *bases]))]


def stale_edit_wins() -> list[Swap]:
    """An edit wins over everything that its writer had not seen, and nobody is told."""

    def mine(_entity: str, _group: str, change: Any, _mine: Any, _base: str, current: Any, *_rest: Any) -> Any:
        return merge.Judged(merge.Outcome.SET, merge._different(change, current), {})

    return [(merge, "judge", mine)]


def compaction_resets_versions() -> list[Swap]:
    """Tidying the logs takes the versions of the records along."""
    shipped = feed.forget_before

    def thorough(tx: Any, at: int, **more: Any) -> int:
        tx.run("UPDATE record SET vers = ?", (b"{}",))
        return shipped(tx, at, **more)

    return [(feed, "forget_before", thorough)]


def tidied_below_a_cursor() -> list[Swap]:
    """The end of a log is forgotten, and who stood before it reads on from what is left."""
    shipped = feed._wrong

    def unknowing(tx: Any, scope: str, n: int, chain: str, head: Any, floor: Any) -> str:
        return "" if n < floor[0] else shipped(tx, scope, n, chain, head, floor)

    return [(feed, "_wrong", unknowing)]


# -- one answer while the next is awaited, one line for all of them -----------------------------


def overlap_forgets() -> list[Swap]:
    """What could not be laid down while the next answer was awaited counts as laid down."""
    return [(overlap.Overlap, "told", lambda _self, _taken: False)]


def lost_answer_drops_debt() -> list[Swap]:
    """What one answer brought is let go of when the next one does not come, and the cursors behind it stay."""
    shipped = exchange.Exchange._round

    def hasty(self: Any) -> Any:
        try:
            return shipped(self)
        except Unavailable:
            for log in self._client._intake.waiting.values():
                log.clear()
            raise

    return [(exchange.Exchange, "_round", hasty)]


def late_answer_heard() -> list[Swap]:
    """A line whose answer did not come in time is kept, and what comes late is the answer to the next question."""
    shipped = spoken.Spoken.ask

    def patient(self: Any, *given: Any, **named: Any) -> Any:
        end, self._end = self._end, lambda: None
        try:
            return shipped(self, *given, **named)
        finally:
            self._end, self.kept = end, True

    return [(spoken.Spoken, "ask", patient), (spoken.Spoken, "gone", lambda self: not self.kept)]


def number_unseen() -> list[Swap]:
    """Nobody looks whether a number that was printed stands on two records."""
    return [(lookout, "sharing_a_number", lambda _session, arrived: {})]


def small_picture_stays() -> list[Swap]:
    """A photo is erased, and the small picture in its record stays."""
    told = desk_erasing.told

    def photo_only(entity: Any, entry: Any) -> dict[str, Any]:
        return {name: value for name, value in told(entity, entry).items() if name != "thumbnail"}

    blank = {name: value for name, value in erasing_photos.BLANK.items() if name != "thumbnail"}
    return [(desk_erasing, "told", photo_only), (erasing_photos, "BLANK", blank)]


# -- who may, what is gone, and who goes together ------------------------------------------------


def claim_believed() -> list[Swap]:
    """Whoever is named as the acting person may do what the station says."""
    return [(rights, "judge", lambda _draft, _op, _rec: rights.Verdict.TAKEN)]


def names_of_groups_believed() -> list[Swap]:
    """What may be written is judged by the name of the group, not by the columns that are in it."""
    return [(rights, "_of_one_group", lambda _entity, _group, _names: True)]


def erased_comes_back() -> list[Swap]:
    """A file that was erased is missing like any other, so that whoever has a copy brings it again."""
    return [(blobs, "_erased", lambda _tx, _sha256: False)]


def together_unaware() -> list[Swap]:
    """Pushes that go in one transaction do not see of each other what is there by now."""

    def apart(*values: Any, **more: Any) -> Any:
        run = push.Run(*values, **more)
        run.known = dict(run.known)
        return run

    return [(together, "Run", apart)]
