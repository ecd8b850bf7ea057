"""One contact with the server from beginning to end: push, pull, snapshots, a new identity where one is needed.

Driven by `pulse` in the window and by `deskapp sync --once`. What goes wrong is noted for the page that shows
it, and raised for the rhythm of the next try; nothing typed is ever lost by it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from urllib.parse import quote

from deskapp import secrets
from deskapp.clock import Clock, stopwatch, system_clock
from deskapp.commands.syncing import note_round, offer_files_again
from deskapp.commands.transfers_arrivals import match_arrivals, waits_for_matching
from deskapp.errors import N_, DeskError, Unavailable
from deskapp.models import ending, sync_state
from deskapp.models.collection import no_collection
from deskapp.models.store import Changes, Store
from deskapp.queries.outbox import cursors_of, files_owed
from deskapp.settings import SYNC_AUTHORITY, SYNC_LINE, SYNC_PROXY, SYNC_RATE, SYNC_SMALL, load
from deskapp.sync import comparing, copying, enrol, farewell, in_parts
from deskapp.sync.belonging import membership
from deskapp.sync.blobs import Allowance, Porter
from deskapp.sync.client import Client
from deskapp.sync.framing import WireError
from deskapp.sync.lookout import Lookout
from deskapp.sync.messages import heads_query, read_snapshot
from deskapp.sync.pulse import Round
from deskapp.sync.signed import Fork, Mangled, Signed, TooLarge
from deskapp.sync.transport import Address, Line, Network
from deskapp.sync.trip import Forked
from deskapp.sync.wire import read_reply

log = logging.getLogger(__name__)

WAIT_S = 55
"""How long a wait for a hint may take; proxies cut longer ones."""

ROUNDS_AT_ONCE = 200
"""Requests of one contact, so that a fault that never ends does not hold the line for ever."""

NOTED_MS = 60_000
"""How often a contact in which nothing happened is written down."""

LOOK_MS = 3_600_000

PHOTOS_S = 3.0
"""How long photos are carried before it is looked again whether an act waits."""

Progress = Callable[[str, int, int], None]
"""Hears scope, records here, records in all while a scope is filled for the first time."""


def address_of(store: Store) -> Address:
    """Return where this desk's server is, with the proxy and authority of its settings."""
    with store.read() as session:
        ours, values = membership(session), load(session)
    if ours is None:
        return Address("")
    return Address(ours.url, ours.pin, values[SYNC_AUTHORITY], values[SYNC_PROXY])


class Exchange:
    """Speaks for one desk. `speak` belongs to one thread, `wait` to another; each has a connection of its own."""

    def __init__(
        self, store: Store, *, line: Callable[[Address], Line] = Network, clock: Clock = system_clock,
        keyring: secrets.Keyring | None = None, told: Callable[[Changes], None] = lambda _changes: None,
        progress: Progress = lambda _scope, _done, _all: None,
    ) -> None:  # fmt: skip
        self._store, self._make_line, self._clock, self._keyring = store, line, clock, keyring
        self._over = threading.Event()
        self._hear, self._progress = told, progress
        self._lookout = Lookout(store)
        self._client = Client(store, told=self._told)
        with store.read() as session:
            values, self._epoch = load(session), sync_state.state(session, "epoch")
        self._porter = Porter(store, Allowance(values[SYNC_RATE] * 1000), told)
        self._line_is, self._small = values[SYNC_LINE], values[SYNC_SMALL] * 1000
        self._retiring = False
        self.metered = False
        """Whether the system says that the line is paid by volume; set from any thread."""
        self._line: Line | None = None
        self._signed: Signed | None = None
        self._plain = False
        self._max_bytes = 1_000_000
        self._push_most: int | None = None
        self._hints: Line | None = None
        self._door = threading.Lock()
        self._noted: dict[str, str] = {}
        self._noted_at = 0
        self._looked_at = -LOOK_MS
        self._settled = -1
        self._files_wait = True

    @property
    def url(self) -> str:
        """The address of the server; empty while this desk belongs to none."""
        return address_of(self._store).url

    def close(self) -> None:
        """Let go of the connections; the next contact makes new ones."""
        for line in (self._line, self._hints):
            if line is not None:
                line.close()
        self._line, self._signed, self._hints = None, None, None

    def _told(self, changes: Changes) -> None:
        """Pass a piece on that was laid down; at the end of the program none follows it."""
        self._go_on()
        self._lookout.note(changes)
        self._hear(changes)

    def _go_on(self) -> None:
        if self._over.is_set():
            raise Unavailable(N_("deskapp is being closed."), code="closing")

    # -- one contact -------------------------------------------------------------

    def speak(self, *, rounds: int = ROUNDS_AT_ONCE) -> Round:
        """Push what waits here and pull what waits there, to the end or for so many requests; raises Unavailable."""
        with self._store.contact:
            try:
                return self._speak(rounds)
            except Unavailable as error:
                if error.code != "lost":
                    raise
                return self._speak(1)  # perhaps a photo was refused: only a round trip brings the order to be wiped

    def _speak(self, rounds: int) -> Round:
        began, sent, received, outcome, behind = stopwatch(), 0, 0, "", False
        if self._signed is not None and self._signed.voice.station != self._store.facts.station:
            self._begin_anew()  # a person connected this desk anew, perhaps with another server
        try:
            for _round in range(rounds):
                one = self._one_round()
                sent, received, behind = sent + one.sent, received + one.received, one.more
                if not behind:
                    break
            pause, compared = self._afterwards(one.ask_again_ms, behind)
            received, behind = received + compared, behind or compared > 0  # what came may be older than the log
        except Exception as error:
            outcome = (error.code if isinstance(error, DeskError) else "") or "fault"
            self.close()
            raise
        finally:
            self._note(began, sent, received, outcome)
        return Round(sent, received, more=behind or pause == 0, ask_again_ms=pause)

    def _afterwards(self, pause: int, behind: bool) -> tuple[int, int]:
        """Do what hangs on what came; return in how many ms to come back, and how many records a comparison brought.

        Where nothing was written since all of it was done the last time, nothing of it has to be looked at.
        """
        if self._epoch != (epoch := self._speaker().voice.epoch):
            if self._epoch:
                self._store.run(offer_files_again())
            self._epoch = epoch
        if self._settled == self._store.commits:
            return pause, self._compare()
        enrol.settle_site(self._store)
        self._meet_papers()
        copying.copy_anew(self._store)
        if not behind:
            self._look_closer()
        commits = self._store.commits
        again = self._photos(pause)
        compared = 0 if behind else self._compare()
        done = not behind and not self._files_wait and self._store.commits == commits
        self._settled = commits if done else -1
        return again, compared

    def _meet_papers(self) -> None:
        """Move what was received on a manifest's paper as soon as its record has come."""
        if self._store.ask(waits_for_matching):
            self._told(self._store.run(match_arrivals()).changes)

    def _look_closer(self) -> None:
        """Raise cards for what does not fit together, once all of it is here."""
        raised = self._lookout.look()
        if raised is not None:
            self._told(raised)

    def _photos(self, pause: int) -> int:
        """Carry photos for a moment and return in how many ms to come back; acts are never kept waiting by them."""
        self._porter.note_new()
        self._porter.most = self._largest()
        until = stopwatch() + PHOTOS_S
        while stopwatch() < until:
            self._go_on()
            step = self._porter.step(self._speaker())
            self._files_wait = step.again_ms is not None or self._porter.most is not None
            if step.again_ms is None:
                return pause
            if step.again_ms:
                return min(pause, step.again_ms)
        return 0

    def _largest(self) -> int | None:
        """Return the largest photo that goes now, and let the window know where the line is paid by volume.

        A desk that leaves carries all of its photos: afterwards nobody else has them.
        """
        by_volume = self._line_is == "metered" or (self._line_is == "auto" and self.metered)
        most = self._small if by_volume and not self._retiring else None
        with self._store.read() as session:
            told = sync_state.state(session, "metered")
        if told != ("" if most is None else str(most)):
            self._client.keep({"metered": "" if most is None else str(most)})
        return most

    def _compare(self) -> int:
        """Compare both sides when the week is over; whether it is, is looked at once an hour."""
        now = self._clock()
        if 0 <= now - self._looked_at < LOOK_MS:
            return 0
        self._looked_at = now
        return comparing.compare(self._store, self._speaker(), self._snapshot) if comparing.due(self._store) else 0

    def _one_round(self) -> Round:
        try:
            return self._round()
        except (Fork, Forked):
            log.warning("this station's numbers are used by somebody else: taking a new identity")
            self._new_identity()
            return Round(more=True)
        except Mangled:
            if self._plain:
                raise
            self._plain = True
            return Round(more=True)
        except TooLarge:
            self._push_most = max(1, (self._push_most or 2_000) // 4)
            if self._push_most == 1:
                raise
            return Round(more=True)
        except Unavailable as error:
            if error.code == "lost" and self._signed is not None:
                farewell.heed(self._store, self._signed, error)
            if error.code == "retired" and self._signed is not None and farewell.has_left(self._store):
                self._gone()
            raise

    def _round(self) -> Round:
        signed = self._speaker()
        with no_collection():
            asked = self._client.ask(self._clock(), most=self._push_most, max_bytes=self._max_bytes)
            body = asked.request.to_bytes(plain=self._plain)
        before = self._clock()
        try:
            calm, sets = bool(asked.request.calm), bool(asked.request.sets)
            if self._line is not None:
                self._line.meanwhile = self._client.meanwhile(asked, most=self._push_most)
            answer = signed.call("POST", "/v1/sync", body, bare=calm, columns=sets, fine=(200, 410))
        except Unavailable as error:
            drawn = any(one.seed for one in asked.request.sets)
            if error.code != "refused" or not (drawn or asked.request.calm):
                raise
            if drawn:
                self._store.seeds.forget_all()  # an older server
            else:
                self._client.stir(brief=False)  # an older server
            return Round(more=True)
        after = self._clock()
        self._go_on()
        with no_collection():
            try:
                reply = read_reply(answer.body)
            except WireError as error:
                raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error
            signed.voice.offset_ms = reply.now - (before + after) // 2
            self._plain, self._push_most = False, None
            taken = self._client.take(asked, reply)
        if {"ahead", "chain"} & set(reply.resnapshot.values()):  # it was set back; photos may be gone there too
            self._store.run(offer_files_again())
        for scope in taken.resnapshot:
            taken.received += self._snapshot(scope)
            taken.more = True
        self._retiring = reply.retire
        if reply.retire and not taken.more and not self._owes_files():
            self._store.close_for_acts()
            taken.more = self._client.holds_more()  # written while the server was asked
            if not taken.more:
                self._retire()
        return Round(len(asked.outgoing.uids), taken.received, taken.more, reply.next_poll)

    def _speaker(self) -> Signed:
        if self._signed is None:
            voice = enrol.voice_of(self._store, self._keyring)
            self._line = self._make_line(address_of(self._store))
            self._signed = Signed(self._line, voice, self._clock)
            if enrol.moved_machine(self._store):
                self._new_identity()
                return self._speaker()
        return self._signed

    def _new_identity(self) -> None:
        signed = self._speaker() if self._signed is None else self._signed
        if self._line is None:
            raise Unavailable(N_("The server cannot be reached."), code="offline")
        enrol.enrol_anew(self._store, self._line, signed.voice, keyring=self._keyring)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._client = Client(self._store, told=self._told)
        self.close()

    # -- whole scopes ------------------------------------------------------------

    def _snapshot(self, scope: str) -> int:
        whole = in_parts.fetched(self._speaker(), f"/v1/snapshot/{quote(scope, safe='')}", self._go_on)
        try:
            taken = self._client.lay_snapshot(
                read_snapshot(whole), progress=lambda done, every: self._progress(scope, done, every)
            )
        except WireError as error:
            raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error
        return taken.received

    # -- the end of a station ------------------------------------------------------

    def _owes_files(self) -> bool:
        """Say whether photos of this desk are still to be brought to the server before it may go."""
        self._porter.note_new()
        return self._store.ask(files_owed) > 0

    def _retire(self) -> None:
        """The server has every act and nothing is added any more: purge, and say so with the last request."""
        farewell.leave(self._store)
        self._client.purge()
        asked = self._client.ask(self._clock(), push=False, purged=True)
        self._speaker().call("POST", "/v1/sync", asked.request.to_bytes(), fine=(200, 410, 403))
        self._gone()

    def _gone(self) -> None:
        """Let go of everything: what is left here goes when the store is closed (`models.ending`)."""
        signed = self._speaker()
        farewell.end(self._store, ending.Why.RETIRED)
        self._client.keep({"retired": "1"})  # first: without its key it could not ask what has become of it
        enrol.forget_station_key(self._store, signed.voice.station, self._keyring)
        raise Unavailable(N_("This desk was taken out of service."), code="retired")

    # -- hints ---------------------------------------------------------------------

    def wait(self) -> bool:
        """Wait for a hint that something new is at the server; raises Unavailable."""
        voice = enrol.voice_of(self._store, self._keyring)
        speaking = self._signed  # the other thread may let go of it at any moment
        if speaking is not None:
            voice.epoch, voice.offset_ms = speaking.voice.epoch, speaking.voice.offset_ms
        with self._store.read() as session:
            since = heads_query({scope: n for scope, (n, _chain) in cursors_of(session).items()})
        with self._door:
            if self._hints is None:
                self._hints = self._make_line(address_of(self._store))
            line = self._hints
        answer = Signed(line, voice, self._clock).call(
            "GET", f"/v1/wait?since={quote(since, safe='=,:')}", read_s=WAIT_S + 10, fine=(200, 204)
        )
        if answer.status == 200:
            self._client.stir()
        return answer.status == 200

    def interrupt(self) -> None:
        """End for good, from another thread: no further piece is laid down, and nothing is written down any more."""
        self._over.set()
        with self._door:
            if self._hints is not None:
                self._hints.close()
                self._hints = None

    # -- what is told ----------------------------------------------------------------

    def _note(self, began: float, sent: int, received: int, outcome: str) -> None:
        state = {"problem": outcome, **self._lookout.looked()}
        signed = self._signed  # whoever stops this desk may let go of it at any moment
        if not outcome or signed is not None:
            state["contact_at"] = str(self._clock())
        if signed is not None:
            state |= {"offset_ms": str(signed.voice.offset_ms), "epoch": signed.voice.epoch}
        quiet = not (sent or received or outcome) and state.keys() <= self._noted.keys()
        if quiet and self._noted["problem"] == "" and 0 <= self._clock() - self._noted_at < NOTED_MS:
            return
        if self._over.is_set():
            return
        self._noted, self._noted_at = state, self._clock()
        took = int((stopwatch() - began) * 1000)
        try:
            done = self._store.run(note_round(took_ms=took, sent=sent, received=received, outcome=outcome, state=state))
        except DeskError as error:  # a full disk: what went wrong is told by whoever called
            log.warning("a contact could not be noted: %s", error.code)
        else:
            self._told(done.changes)
