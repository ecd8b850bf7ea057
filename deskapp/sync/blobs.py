"""Photos and signatures on their way: in pieces that survive a restart, signatures first, never all of the line.

A file is named by the SHA-256 of its content, so it is never sent where it is already. The metadata are ordinary
records; which files have to go up or come down is read from them (`note_new`).
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from deskapp.clock import stopwatch
from deskapp.commands.syncing import move_transfer, note_transfers, send_files_again
from deskapp.errors import N_, Unavailable
from deskapp.models import sync_state
from deskapp.models.blobs import Blobs
from deskapp.models.store import Changes, Store
from deskapp.queries.outbox import LONGEST_RETRY_MS, DueFile, cursors_of, due_file, files_after
from deskapp.sync.framing import WireError, load
from deskapp.sync.in_parts import asked_for, size_of_all
from deskapp.sync.scopes import station_scope
from deskapp.sync.signed import Signed

log = logging.getLogger(__name__)

PIECE = 256 * 1024
"""Bytes of one piece; each carries its own digest, so a torn one costs only itself."""

SIGNATURE, OPEN_PHOTO, OTHER, COMING = 0, 1, 5, 20
LOOKED_AT = 500
MOST_PAGES = 200
"""Answers that are asked for about photos that the server lacks."""

_NAME = re.compile(r"[0-9a-f]{64}")

RETRY_MS = 60_000


@dataclass(slots=True)
class Allowance:
    """How much of the line photos may take: bytes a second, 0 for all of it. Saved up for one second at most."""

    rate: int
    now_s: Callable[[], float] = stopwatch
    _left: float = 0.0
    _at: float = field(default=-1.0)

    def take(self, size: int) -> float:
        """Return in how many seconds this much may go; 0 means now, and it counts as gone."""
        if not self.rate:
            return 0.0
        now = self.now_s()
        gained = self.rate if self._at < 0 else (now - self._at) * self.rate
        self._left, self._at = min(self._left + gained, float(max(self.rate, PIECE))), now
        if self._left < min(size, self.rate):
            return max(0.001, (min(size, self.rate) - self._left) / self.rate)
        self._left -= size
        return 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did, and in how many ms the next may be made; None: nothing waits."""

    moved: int = 0
    again_ms: int | None = None


class Porter:
    """Carries files between this desk's blob store and the server, one piece a step.

    `told` hears of every file that has come or gone, so that whoever shows it looks again.
    """

    def __init__(
        self, store: Store, allowance: Allowance, told: Callable[[Changes], None] = lambda _changes: None
    ) -> None:
        self._store, self._allowance, self._told = store, allowance, told
        self._blobs = Blobs(store.home.blobs, store.key)
        self.most: int | None = None
        """Photos larger than so many bytes wait for another line; None: none do."""

    def note_new(self) -> None:
        """Note what the newest attachments need: up where the file is here, down where it is not."""
        while True:
            with self._store.read() as session:
                seen = sync_state.number(session, "blobs_seen")
                rows = files_after(session, seen, LOOKED_AT)
            if not rows:
                return
            told = []
            for row in rows:
                here = self._blobs.size_of(row.sha256)
                way = "up" if here is not None else "down"
                rank = SIGNATURE if row.kind == "signature" else OPEN_PHOTO if row.handed else OTHER
                told.append((row.sha256, way, row.id, rank + (0 if way == "up" else COMING), here or row.size))
            self._store.run(note_transfers(transfers=told, seen=rows[-1].n))

    def _note_missing(self, signed: Signed) -> None:
        """Where this station's own log has moved, ask which photos the server lacks, and note those that are here.

        That log moves seldom: when the server asks for photos, or says something about our acts.
        """
        with self._store.read() as session:
            place = cursors_of(session).get(station_scope(signed.voice.station), (0, ""))
            known = sync_state.state(session, "files_asked")
        asked = f"{signed.voice.epoch}:{place[0]}"
        if known == asked:
            return
        after, here = "", []
        for _page in range(MOST_PAGES):
            names = self._missing_after(signed, after)
            here += [(name, size) for name in names if (size := self._blobs.size_of(name)) is not None]
            if not names or names[-1] <= after:
                break
            after = names[-1]
        self._store.run(send_files_again(files=here, asked=asked))

    def _missing_after(self, signed: Signed, after: str) -> list[str]:
        answer = signed.call("GET", "/v1/missing" + (f"?after={after}" if after else ""), fine=(200, 404))
        try:
            told = load(answer.body) if answer.status == 200 else {}  # an older server has no such question
        except WireError as error:
            raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error
        names = told.get("files", []) if isinstance(told, dict) else []
        return [name for name in names if isinstance(name, str) and _NAME.fullmatch(name)]

    def step(self, signed: Signed) -> Step:
        """Carry the next piece; raises Unavailable when the line is gone."""
        self._note_missing(signed)
        now = self._store.now
        with self._store.read() as session:
            due = due_file(session, now, self.most)
        if due is None:
            return Step()
        if due.next_at > now:
            return Step(again_ms=due.next_at - now)
        pause = self._allowance.take(min(PIECE, max(1, due.size - due.done)))
        if pause:
            return Step(again_ms=max(1, int(pause * 1000)))
        moved = self._up(signed, due) if due.way == "up" else self._down(signed, due)
        return Step(moved, 0)

    # -- up ----------------------------------------------------------------------

    def _up(self, signed: Signed, due: DueFile) -> int:
        target = f"/v1/blob/{due.sha256}"
        size = self._blobs.size_of(due.sha256)
        if size is None:
            self._set(due, state="missing", note="gone")
            return 0
        offset = due.done
        if not due.done:
            known = signed.call("HEAD", target, fine=(200, 204))
            if known.status == 200:
                return self._is_done(due)
            offset = int(known.headers.get("upload-offset", "0"))
        piece = self._blobs.piece(due.sha256, offset, PIECE)
        last = offset + len(piece) >= size
        digest = hashlib.sha256(piece).hexdigest()
        query = f"?offset={offset}&digest={digest}" + ("&last=true" if last else "")
        answer = signed.call("PATCH", target + query, piece, packed=False, fine=(200, 204, 400, 409))
        if answer.status == 200:
            return self._is_done(due, len(piece))
        if answer.status == 204:
            self._set(due, done=int(answer.headers.get("upload-offset", offset + len(piece))))
        elif answer.status == 409:
            self._set(due, done=0)  # it goes on at another place: the next step asks where
        else:
            self._later(due, "mismatch", done=0)
        return len(piece)

    # -- down --------------------------------------------------------------------

    def _down(self, signed: Signed, due: DueFile) -> int:
        if self._blobs.size_of(due.sha256) is not None:
            return self._is_done(due)
        start = self._blobs.parted(due.sha256)
        answer = signed.call(
            "GET", f"/v1/blob/{due.sha256}", headers=asked_for(start, PIECE), fine=(200, 206, 404, 416), half=True
        )
        if answer.status == 404:
            self._later(due, "not_there")
            return 0
        if answer.status == 206:
            self._blobs.keep_part(due.sha256, start, answer.body)
        elif answer.status == 200:  # an older server knows no end of a part
            self._blobs.drop_parts(due.sha256)
            self._blobs.keep_part(due.sha256, 0, answer.body)
        if answer.cut:
            self._set(due, done=self._blobs.parted(due.sha256))
            raise Unavailable(N_("The server cannot be reached."), code="offline")
        if answer.status == 206 and start + len(answer.body) < (size_of_all(answer) or due.size):
            self._set(due, done=start + len(answer.body))
            return len(answer.body)
        if self._blobs.finish(due.sha256, due.mime, self._store.now):
            return self._is_done(due, len(answer.body))
        log.warning("a file did not match its name: %s", due.sha256[:12])
        self._later(due, "mismatch", done=0)
        return len(answer.body)

    # -- what is noted -------------------------------------------------------------

    def _is_done(self, due: DueFile, moved: int = 0) -> int:
        self._told(self._set(due, state="done", done=due.size))
        return moved

    def _later(self, due: DueFile, note: str, *, done: int | None = None) -> None:
        pause = min(RETRY_MS * 2 ** min(due.tries, 12), LONGEST_RETRY_MS)
        more = {} if done is None else {"done": done}
        self._set(due, tries=due.tries + 1, next_at=self._store.now + pause, note=note, **more)

    def _set(self, due: DueFile, **values: int | str) -> Changes:
        return self._store.run(move_transfer(sha256=due.sha256, way=due.way, values=values)).changes
