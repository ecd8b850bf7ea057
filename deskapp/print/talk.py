"""What is said on an open line besides papers: how are you, how many did you print, is it on paper.

Answers are advice and may be missing, late, mixed or rubbish; whatever comes is kept, and each reader
takes from it what is its own. Nothing here raises when the printer misbehaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from deskapp.print.lines import SENTENCES, Broken, Limits, Line
from deskapp.print.printers import Delivery, Evidence
from deskapp.print.raw import Language, Status, Trouble, sentence

T = TypeVar("T")

_MOST_KEPT = 65_536
_TRIES_KNOWN = 3  # silence of a printer that has answered before
_TRIES_NEW = 1


@dataclass(slots=True)
class Talk:
    """One conversation. `answers`: worth asking for a status; `known`: it has answered before; `counts`: has a counter.

    `acks`: it is known to tell when a paper is printed (None: not tried).
    """

    line: Line
    language: Language
    limits: Limits
    answers: bool = True
    known: bool = False
    counts: bool = False
    acks: bool | None = None
    _heard: bytearray = field(default_factory=bytearray)
    _ended: bool = False

    # ------------------------------------------------------------ questions

    def status(self, within_s: float | None = None) -> Status | None:
        """Ask how the printer is; None when it does not say anything that makes sense in time."""
        status = self._ask(self.language.ask(), self.language.read, within_s)
        if status is not None:
            self.known = True
        return status

    def count(self, within_s: float | None = None) -> int | None:
        """Ask for the printer's own count of papers; None when it has none or does not say."""
        asked = self.language.ask_counter()
        return self._ask(asked, self.language.read_counter, within_s) if asked else None

    def count_when_idle(self, within_s: float) -> int | None:
        """Wait until the printer is idle and return its count; None when it stands still, is silent or has none.

        A printer that is silent may be holding papers, so its count would prove nothing.
        """
        until = time.monotonic() + within_s
        last: int | None = None
        while time.monotonic() < until:
            status = self.status()
            if status is None or status.stopped:
                return None
            count = self.count() if status.idle else None
            if count is not None and count == last:
                return count
            if count is None:
                if status.idle:
                    return None
                self._listen(self.limits.settle)
            last = count
        return None

    def acknowledged(self, tokens: Sequence[int]) -> int:
        """Return how many papers, from the first on, were told to be printed."""
        self._listen(0.0)
        told = [number for number, token in enumerate(tokens, 1) if self.language.read_done(bytes(self._heard), token)]
        return max(told, default=0)  # papers come out in the order in which they went in

    # ------------------------------------------------------------ proof

    def prove(self, pieces: int, before: int | None, tokens: Sequence[int], *, patience_s: float) -> Delivery:
        """Find out how many of the papers that just left are on paper, as long as the printer has something to say."""
        proof = _Proof(self, pieces, before if self.counts else None, tokens)
        until = time.monotonic() + patience_s
        while time.monotonic() < until and not self._ended:
            found = proof.look()
            if found is not None:
                return found
            self._listen(self.limits.settle)
        return proof.given_up(SENTENCES["doubt"] if self._ended else SENTENCES["slow"])

    @property
    def ended(self) -> bool:
        """Whether the printer has closed its end."""
        return self._ended

    @property
    def heard(self) -> bytes:
        """Everything the printer has said on this line."""
        return bytes(self._heard)

    def say(self, data: bytes) -> bool:
        """Write a question; False when the line takes it no more."""
        try:
            self.line.write(data, lambda: False)
        except Broken:
            self._ended = True
            return False
        return True

    # ------------------------------------------------------------ listening

    def _ask(self, question: bytes, read: Callable[[bytes], T | None], within_s: float | None) -> T | None:
        """Ask and wait for the first answer that makes sense."""
        self._listen(0.0)
        start = len(self._heard)
        if self._ended or not self.say(question):
            return None
        until = time.monotonic() + (self.limits.answer if within_s is None else within_s)
        while True:
            wait = until - time.monotonic()
            self._listen(max(0.0, wait))  # once more when time is up: on a busy computer it may have come unseen
            answer = read(bytes(self._heard[start:]))
            if answer is not None or wait <= 0 or self._ended:
                return answer

    def _listen(self, within_s: float) -> None:
        """Take what has come, waiting up to `within_s` for the first of it."""
        came = self.line.read(within_s)
        if came is None:
            self._ended = True
        elif came:
            self._heard += came
            if len(self._heard) > _MOST_KEPT:
                del self._heard[: -_MOST_KEPT // 2]


class _Proof:
    """What one window's papers are known to have become, look by look."""

    def __init__(self, talk: Talk, pieces: int, before: int | None, tokens: Sequence[int]) -> None:
        self._talk = talk
        self._pieces = pieces
        self._before = before
        self._tokens = tokens
        self._counter: int | None = None
        self._silent = 0
        self._was_busy = False
        self._idle_since: float | None = None
        self._turn_asked = False
        self._turn_from = 0

    def look(self) -> Delivery | None:
        """Look once; None when it is worth looking again."""
        talk = self._talk
        if self._all_told():
            return self._delivery(self._pieces, Evidence.ACK)
        status = talk.status() if talk.answers else None
        if self._all_told():
            return self._delivery(self._pieces, Evidence.ACK)
        if status is None:
            return self._silence()
        self._silent = 0
        if status.stopped:
            again = talk.status()  # twice: rubbish can look like an answer
            if again is None or again.worst is not status.worst:
                return None
            self._count()
            return self._held(status.worst)
        self._note(status)
        by_count = self._by_count()
        if by_count is not None:
            return by_count
        return None if self._counts_on else self._by_status(status)

    def _all_told(self) -> bool:
        """Whether the printer has said of the last paper, or of all at once, that it is printed."""
        told = self._talk.acknowledged(self._tokens) if self._tokens else 0
        return told == self._pieces or (told > 0 and len(self._tokens) == 1)

    def given_up(self, note: str) -> Delivery:
        """Say what is known when time is up."""
        return self._delivery(self._proved(), self._evidence(), note=note)

    # ------------------------------------------------------------ kinds of proof

    @property
    def _counts_on(self) -> bool:
        """Whether the count is still to be heard, so that nothing weaker should be taken for proof."""
        return self._before is not None and self._counter is not None

    def _note(self, status: Status) -> None:
        if not status.idle:
            self._was_busy, self._idle_since = True, None
        elif self._idle_since is None:
            self._idle_since = time.monotonic()

    def _idle_for(self, seconds: float) -> bool:
        return self._idle_since is not None and time.monotonic() - self._idle_since >= seconds

    def _count(self) -> None:
        if self._before is None:
            return
        counter = self._talk.count()
        if counter is not None:
            if counter != self._counter:
                self._idle_since = None  # it moves: not at rest yet, whatever it says
            self._counter = counter

    def _by_count(self) -> Delivery | None:
        """The count went up by all of them; or it is at rest and did not, so that some are missing for certain."""
        self._count()
        if self._before is None or self._counter is None:
            return None
        more = self._counter - self._before
        if more >= self._pieces:
            return self._delivery(self._pieces, Evidence.COUNTER)
        if more < 0:  # switched off and on meanwhile: the count began anew
            self._before = self._counter = None
            return None
        # Papers that did not come out may be sent again, so this has to be beyond doubt.
        at_rest = self._idle_for(2 * self._talk.limits.sure)
        return replace(self._delivery(more, Evidence.COUNTER), at_rest=True) if at_rest else None

    def _by_status(self, status: Status) -> Delivery | None:
        """Nothing waits in it any more. Only of printers that show it when something does."""
        shows = status.waiting is not None or self._was_busy
        rest = self._talk.limits.settle if self._was_busy else self._talk.limits.sure
        if shows and not self._tokens and self._idle_for(rest):
            return self._delivery(self._pieces, Evidence.STATUS)
        return self._by_turn() if self._idle_for(self._talk.limits.settle) else None

    def _by_turn(self) -> Delivery | None:
        """A question that is answered in turn came back: everything before it has been worked off."""
        talk, asked = self._talk, self._talk.language.ask_drained()
        if not asked or (self._tokens and talk.acks):
            return None
        if not self._turn_asked:
            self._turn_asked, self._turn_from = True, len(talk.heard)
            talk.say(asked)
            return None
        if talk.language.read_drained(talk.heard[self._turn_from :]):
            return self._delivery(self._pieces, Evidence.STATUS)
        return None

    # ------------------------------------------------------------ no proof

    def _silence(self) -> Delivery | None:
        """Nothing makes sense. One that spoke before stands still; one that never spoke is left alone."""
        talk = self._talk
        if self._tokens and talk.acks and not talk.known:
            return None  # it says nothing but that the paper is printed
        self._silent += 1
        if talk.known and self._silent >= _TRIES_KNOWN:
            return self._held(Trouble.OFFLINE)
        if not talk.known and self._silent >= _TRIES_NEW:
            return self.given_up("")
        return None

    def _held(self, trouble: Trouble | None) -> Delivery:
        trouble = trouble or Trouble.OFFLINE
        return self._delivery(self._proved(), self._evidence(), trouble, sentence(trouble))

    def _proved(self) -> int | None:
        """Return how many are proved although not all are; None where nothing proves any."""
        told = self._talk.acknowledged(self._tokens) if len(self._tokens) == self._pieces else 0
        if self._before is not None and self._counter is not None:
            told = max(told, min(self._pieces, self._counter - self._before))
            return max(told, 0)
        return told or None

    def _evidence(self) -> Evidence:
        if self._before is not None and self._counter is not None:
            return Evidence.COUNTER
        return Evidence.ACK if self._proved() else Evidence.NONE

    def _delivery(
        self, printed: int | None, evidence: Evidence, held: Trouble | None = None, note: str = ""
    ) -> Delivery:
        return Delivery(self._pieces, printed, evidence, held, note, self._counter, not self._talk.ended, self._pieces)
