"""Label and receipt printers: papers in the printer's own language over a line, with proof where it can be had.

Status is advice. A printer that says it cannot print is believed before the first byte and told about;
a printer that says nothing prints all the same, and is asked less and less often.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deskapp.errors import Refused
from deskapp.print.greeting import Asked, Greeting
from deskapp.print.lines import SENTENCES, Broken, Limits, Line, OwnLanguagePrinter, Transport, alone
from deskapp.print.printers import Condition, Delivery, Evidence, NotSent, RawPrinter, Readiness
from deskapp.print.raw import LANGUAGES, Language, Status, Trouble, sentence
from deskapp.print.talk import Talk
from deskapp.print.tcp import Tcp
from deskapp.print.usb import Usb, UsbLine
from deskapp.print.winspool import SpoolPrinter
from deskapp.rules.printer_profiles import Profile, checked_address, scheme_of

log = logging.getLogger(__name__)

_BACK_OFF_S = (5.0, 20.0, 60.0, 300.0)


def open_raw(profile: Profile, limits: Limits | None = None) -> RawPrinter:
    """Return the printer of a profile. Raises NotSent when the profile is of no raw printer."""
    if not profile.raw:
        raise NotSent(SENTENCES["gone"], code="unknown_kind")
    scheme, _, rest = profile.address.partition(":")
    try:
        if checked_address(profile.address) != profile.address:
            raise NotSent(SENTENCES["gone"], code="unknown_kind")
    except Refused as problem:
        raise NotSent(SENTENCES["gone"], code="unknown_kind") from problem
    if scheme == "spool":
        return SpoolPrinter(rest, profile)
    try:
        transport: Transport = Tcp(profile.address, limits) if scheme == "tcp" else Usb(Path(rest), limits)
    except ValueError as problem:
        raise NotSent(SENTENCES["gone"], code="unknown_kind") from problem
    return LinePrinter(profile, transport, limits)


@dataclass(slots=True)
class _Manners:
    """What was seen of a printer while this program runs: whether it answers, and when to ask again."""

    answers: bool | None = None
    acks: bool | None = None
    silent: int = 0
    ask_from: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def heard(self) -> None:
        with self.lock:
            self.answers, self.silent, self.ask_from = True, 0, 0.0

    def not_heard(self) -> None:
        with self.lock:
            self.ask_from = time.monotonic() + _BACK_OFF_S[min(self.silent, len(_BACK_OFF_S) - 1)]
            self.silent += 1


_manners: dict[str, _Manners] = {}
_manners_lock = threading.Lock()


def forget_manners(address: str = "") -> None:
    """Ask a printer, or all of them, anew: it was switched on, or a person wants to know now."""
    with _manners_lock:
        for known in [address] if address else list(_manners):
            _manners.pop(known, None)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a printer answered when it was asked without printing; `closes`: it closes its end after ours."""

    status: Status | None
    count: int | None
    closes: bool


class LinePrinter(OwnLanguagePrinter):
    """A printer at the other end of a line, network or USB."""

    def __init__(self, profile: Profile, transport: Transport, limits: Limits | None = None) -> None:
        super().__init__(profile, limits)
        self._transport = transport
        self._talks: Language = LANGUAGES[profile.language]
        self._greeting: Greeting | None = None

    # ------------------------------------------------------------ looking

    def condition(self) -> Condition:
        """Ask the printer now; a printer that is printing is not disturbed."""
        try:
            with alone(self.address, 0.0), self._line() as line:
                status, ended = self._status(line, always=True)
        except NotSent as trouble:
            if trouble.code == "taken":
                return Condition(Readiness.READY, SENTENCES["printing"])
            return Condition(Readiness.MISSING, trouble.sentence)
        if status is None:
            return Condition(
                Readiness.SILENT if ended else Readiness.READY, SENTENCES["refused" if ended else "silent"]
            )
        worst = status.worst
        if status.stopped and worst is not None:
            return Condition(Readiness.STOPPED, sentence(worst))
        if worst is not None:
            return Condition(Readiness.READY, sentence(worst))
        return Condition(Readiness.READY, SENTENCES["ready" if status.idle else "printing"])

    def trouble(self) -> Trouble | None:
        try:
            with self.reserve(), self._line() as line:
                status, ended = self._status(line, always=True)
                return Trouble.OFFLINE if ended else self._stopped(line, status)
        except NotSent:
            return Trouble.OFFLINE

    def counter(self) -> int | None:
        if not self._counts:
            return None
        try:
            with self.reserve():
                greeted = self._greeting.answered() if self._greeting is not None else None
                if greeted is not None:
                    return self._count_on(greeted[0])
                with self._line() as line:
                    return self._count_on(line)
        except NotSent:
            return None

    def _count_on(self, line: Line) -> int | None:
        count = self._talk(line).count_when_idle(self._limits.drain)
        if count is not None:
            self._seen().heard()
        return count

    def probe(self) -> Probe:
        """Find out what the printer answers, printing nothing. Raises NotSent when it cannot be reached."""
        forget_manners(self.address)
        with self.reserve():
            with self._line() as line:
                talk = self._talk(line)
                status = talk.status(2 * self._limits.answer)
                count = talk.count(2 * self._limits.answer) if self._counts else None
            with self._line() as line:
                closes = line.finish(self._limits.close)
        return Probe(status, count, closes is True)

    def speaks(self) -> bool:
        """Say whether it answers in the language of its profile at all. Raises NotSent when it cannot be reached.

        A person waits for it, so one that is asked in a wrong language gets a second and a half at the most.
        """
        forget_manners(self.address)
        with self.reserve(), self._line() as line:
            talk = self._talk(line)
            if talk.status(self._limits.answer) is not None:
                return True
            return self._counts and talk.count(self._limits.answer / 2) is not None

    # ------------------------------------------------------------ printing

    @contextlib.contextmanager
    def greeted(self) -> Iterator[None]:
        """Connect and ask how the printer is meanwhile; see `print.printers.RawPrinter`."""
        greeting = self._greeting = Greeting(self._transport, self._status)
        try:
            yield
        finally:
            self._greeting = None
            greeting.end()

    def send_window(
        self,
        pieces: Sequence[bytes],
        title: str,
        *,
        counter_before: int | None = None,
        keep_on: Callable[[Trouble], bool] | None = None,
        regardless: bool = False,
    ) -> Delivery:
        with self.reserve():
            with self._greeted() as (line, (status, ended)):
                worst = self._stopped(line, status)
                if worst is not None and not regardless:
                    raise NotSent(sentence(worst), code=worst.value)
                if not ended:
                    return self._begin(line, pieces, counter_before, status, keep_on)
            # It hung up on the question. There are such printers, and they print.
            with self._line() as line:
                return self._begin(line, pieces, counter_before, None, keep_on)

    def _begin(
        self,
        line: Line,
        pieces: Sequence[bytes],
        before: int | None,
        status: Status | None,
        keep_on: Callable[[Trouble], bool] | None,
    ) -> Delivery:
        talk = self._talk(line)
        if before is None and self._counts and status is not None and status.idle:
            before = talk.count()
        return self._hand_over(line, talk, pieces, before, keep_on)

    def _hand_over(
        self,
        line: Line,
        talk: Talk,
        pieces: Sequence[bytes],
        before: int | None,
        keep_on: Callable[[Trouble], bool] | None,
    ) -> Delivery:
        tokens = self._tokens(len(pieces))
        ask = None if keep_on is None else (lambda: keep_on(Trouble.BUFFER_FULL))
        for number, data in enumerate(pieces):
            request = self._talks.ask_done(tokens[number]) if tokens else b""
            try:
                line.write(data + request, ask)
            except Broken as broken:
                if number == 0 and broken.left == 0 and not broken.stuck:
                    raise NotSent(SENTENCES["refused"], code="refused") from broken
                return self._broken(talk, broken, number, len(data), tokens)
        found = talk.prove(len(pieces), before, tokens, patience_s=self._limits.piece * len(pieces))
        self._remember(talk, found)
        return self._closed(line, found)

    def _closed(self, line: Line, found: Delivery) -> Delivery:
        """End the connection; how it ended counts where nothing better is known."""
        if found.printed == found.sent:
            return replace(found, whole=True)
        # A printer that holds papers is left in peace: a connection that ends in disorder may make it forget them.
        waits = self._limits.close if self._profile.learned.closes is not False else self._limits.settle
        closed = line.finish(waits)
        if closed is False:
            return replace(found, whole=False, note=SENTENCES["doubt"])
        evidence = Evidence.CLOSED if closed and found.evidence is Evidence.NONE else found.evidence
        return replace(found, whole=True, evidence=evidence)

    def _broken(self, talk: Talk, broken: Broken, number: int, size: int, tokens: list[int]) -> Delivery:
        """Say what is known after the line broke inside a paper; what the printer still says on it is heard."""
        whole = number + (broken.left >= size)
        begun = number + (broken.left > 0)
        printed = talk.acknowledged(tokens[:whole]) if tokens else None
        note = SENTENCES["stuck" if broken.stuck else "doubt"]
        held = Trouble.BUFFER_FULL if broken.stuck else None
        evidence = Evidence.ACK if printed else Evidence.NONE
        return Delivery(whole, printed or None, evidence, held, note, None, False, begun)

    def look_again(self, pieces: int, *, counter_before: int | None = None) -> Delivery:
        try:
            with self.reserve(), self._line() as line:
                status, _ = self._status(line, always=True)
                worst = self._stopped(line, status)
                if worst is not None:
                    return Delivery(pieces, None, Evidence.NONE, worst, sentence(worst), whole=True, begun=pieces)
                tokens = self._tokens(1)
                talk = self._talk(line)
                if tokens:
                    # Behind everything the printer still holds: when it comes back, all of that is on paper.
                    with contextlib.suppress(Broken):
                        line.write(self._talks.ask_done(tokens[0]))
                found = talk.prove(pieces, counter_before, tokens, patience_s=self._limits.drain)
                found = found if found.held or found.printed is not None else self._closed(line, found)
        except NotSent as trouble:
            return Delivery(pieces, None, Evidence.NONE, Trouble.OFFLINE, trouble.sentence, begun=pieces)
        return found

    def cancel(self) -> bool:
        try:
            with self.reserve(), self._line() as line:
                line.write(self._talks.cancel())
                return line.finish(self._limits.close) is not False
        except (NotSent, Broken):
            return False

    # ------------------------------------------------------------ pieces

    @property
    def _counts(self) -> bool:
        known = self._profile.learned.counter
        return not self._profile.shared and known is not False and bool(self._talks.ask_counter())

    def _tokens(self, count: int) -> list[int]:
        """Return numbers for "tell me when this is printed", unlike those of the last jobs; none where it is no use."""
        if self._profile.learned.ack is False or not self._talks.ask_done(0):
            return []
        first = secrets.randbelow(1_000_000)
        return [first + number for number in range(count)]

    def _talk(self, line: Line) -> Talk:
        learned, seen = self._profile.learned, self._seen()
        answers = seen.answers if learned.status is None else learned.status
        if time.monotonic() < seen.ask_from and not answers:
            answers = False  # it said nothing a moment ago
        return Talk(
            line,
            self._talks,
            self._limits,
            answers=answers is not False,
            known=answers is True,
            counts=self._counts,
            acks=learned.ack if learned.ack is not None else seen.acks,
        )

    def _remember(self, talk: Talk, found: Delivery) -> None:
        """Keep what this window showed about a printer that was never tested."""
        if found.evidence is Evidence.ACK:
            self._seen().acks = True

    def _seen(self) -> _Manners:
        with _manners_lock:
            return _manners.setdefault(self.address, _Manners())

    def _stopped(self, line: Line, status: Status | None) -> Trouble | None:
        """Return what keeps the printer from printing, when it says so twice: rubbish can look like an answer."""
        if status is None or not status.stopped:
            return None
        again = _wires(line) or self._talk(line).status()
        return again.worst if again is not None and again.stopped and again.worst is status.worst else None

    def _status(self, line: Line, *, always: bool = False) -> tuple[Status | None, bool]:
        """Ask how the printer is, but not one again and again that says nothing; also whether it hung up."""
        manners, learned = self._seen(), self._profile.learned.status
        if not always and (learned is False or time.monotonic() < manners.ask_from):
            return _wires(line), False
        talk = self._talk(line)
        status = talk.status(self._limits.answer if learned or manners.answers else self._limits.answer / 2)
        if status is None:
            manners.not_heard()
            return _wires(line), talk.ended
        manners.heard()
        return status, False

    @contextlib.contextmanager
    def _greeted(self) -> Iterator[tuple[Line, Asked]]:
        """Return the line on which the printer was greeted already, or a new one, with what came on it."""
        greeting, self._greeting = self._greeting, None
        found = greeting.taken() if greeting is not None else None
        if found is not None:
            try:
                yield found
            finally:
                found[0].close()
            return
        with self._line() as line:
            yield line, self._status(line)

    @contextlib.contextmanager
    def _line(self) -> Iterator[Line]:
        line = self._transport.open()
        try:
            yield line
        finally:
            line.close()


def _wires(line: Line) -> Status | None:
    """Return what the wires of a silent USB printer say; None where there are none or all is well."""
    trouble = line.port_trouble() if isinstance(line, UsbLine) else None
    return None if trouble is None else Status(frozenset({trouble}))


def is_raw(address: str) -> bool:
    """Say whether an address takes a printer's own language."""
    return scheme_of(address) in ("tcp", "usb", "spool")
