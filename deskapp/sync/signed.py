"""One signed request and its answer: counter, epoch, packing, and what each refusal of the server means to a desk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from deskapp.errors import N_, DeskError, Refused, Unavailable
from deskapp.sync.framing import GZIP, ZSTD, WireError, pack, unpack
from deskapp.sync.signing import StationKey
from deskapp.sync.transport import READ_S, Answer, Line
from deskapp.sync.wire import Problem

log = logging.getLogger(__name__)

_ACCEPT = {"Accept-Encoding": "zstd, gzip"}


class Fork(DeskError):
    """The server has another act under this station's number: somebody else goes by this station's name."""


class Mangled(DeskError):
    """The server could not rebuild what was sent by columns: send it as it stands."""


class TooLarge(DeskError):
    """The server takes no body of this size: send less at once."""


@dataclass(slots=True)
class Voice:
    """Who speaks, and what the server last said about time and epoch.

    `offset_ms` is what has to be added to this computer's clock to get the server's.
    """

    station: str
    key: StationKey
    epoch: str
    offset_ms: int = 0
    counter: int = 0


class Signed:
    """Sends signed requests over a line. A wrong clock or a new epoch of the server costs one more try."""

    def __init__(self, line: Line, voice: Voice, clock: Callable[[], int]) -> None:
        self._line, self.voice, self._clock = line, voice, clock
        self._encoding = ZSTD

    def call(
        self, method: str, target: str, plain: bytes = b"", *, headers: Mapping[str, str] | None = None,
        packed: bool = True, bare: bool = False, read_s: float = READ_S, fine: tuple[int, ...] = (200,),
        half: bool = False, columns: bool = False,
    ) -> Answer:  # fmt: skip
        """Return an answer whose status is among `fine`, its body unpacked; raises a deliberate error for others.

        `packed`: the body may be packed on the way; a piece of a photo travels as it is. `bare`: nothing goes with it
        but the signature, because neither it nor its answer is worth packing. `half`: an answer that breaks off in
        the middle is better than none (`Answer.cut`). `columns`: it is made of long columns (`framing.pack`).
        """
        for last in (False, True):
            answer = self._once(method, target, plain, headers or {}, packed, bare, read_s, half, columns)
            if answer.status in fine:
                return answer
            code, told = _problem(answer)
            if last or not self._learned(answer.status, code, told):
                raise refusal(answer, code, told)
        raise AssertionError("unreachable")

    def _once(
        self,
        method: str,
        target: str,
        plain: bytes,
        headers: Mapping[str, str],
        packed: bool,
        bare: bool,
        read_s: float,
        half: bool,
        columns: bool,
    ) -> Answer:
        body, more = plain, {} if bare else dict(_ACCEPT)
        if plain and packed and not bare:
            wrapped = pack(plain, self._encoding, columns=columns)
            body = wrapped.body
            more["Content-Type"] = "application/json"
            if wrapped.encoding != "identity":
                more["Content-Encoding"] = wrapped.encoding
        voice = self.voice
        before = self._clock()
        voice.counter = max(voice.counter + 1, before + voice.offset_ms)
        claim = voice.key.sign(method, target, body, station=voice.station, counter=voice.counter, epoch=voice.epoch)
        answer = self._line.send(
            method, target, body, {**more, **headers, "Authorization": claim.header()}, read_s=read_s, half=half
        )
        return Answer(answer.status, answer.headers, _unpacked(answer), answer.cut)

    def _learned(self, status: int, code: str, told: Mapping[str, object]) -> bool:
        """Take what the server teaches; True when the request is worth a second try."""
        now, epoch = told.get("now"), told.get("epoch")
        if status == 401 and code in (Problem.UNSIGNED, Problem.REPLAYED) and isinstance(now, int):
            self.voice.offset_ms = now - self._clock()
            self.voice.counter = 0 if code == Problem.UNSIGNED else self.voice.counter
            if isinstance(epoch, str) and epoch:
                self.voice.epoch = epoch
            return True
        if status == 415 and code == Problem.ENCODING and self._encoding == ZSTD:
            self._encoding = GZIP  # something on the way, or an old server, does not know zstd
            return True
        return False


def _unpacked(answer: Answer) -> bytes:
    if not answer.body:
        return b""
    try:
        return unpack(answer.body, answer.headers.get("content-encoding", "identity"))
    except WireError as error:
        raise Unavailable(N_("The server's answer came incomplete."), code="torn") from error


def _problem(answer: Answer) -> tuple[str, Mapping[str, object]]:
    try:
        told = orjson.loads(answer.body) if answer.body else {}
    except orjson.JSONDecodeError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    return str(told.get("error", "")), told


def refusal(answer: Answer, code: str, told: Mapping[str, object]) -> DeskError:
    """Return what a refusal means, as a deliberate error with the server's own word as its code."""
    if answer.status == 409 and code == Problem.FORK:
        return Fork(N_("This desk's entries have to be issued anew."), code="fork")
    if code == Problem.MANGLED:
        return Mangled(N_("The server could not read the entries. They are sent again in another form."), code=code)
    if answer.status == 413:
        return TooLarge(N_("The server takes less at once. It is sent in smaller parts."), code="too_large")
    sentence = _SENTENCES.get(code)
    if "station" in told and code in (Problem.LOST, Problem.RETIRED):
        return Refused(
            N_("The desk that wrote this file was reported lost or taken out of service. What it holds is kept at the"
               " centre until your administrator has looked at it."),
            field="file", code="their_desk",
        )  # fmt: skip
    if code == Problem.LOST:
        return Unavailable(_SENTENCES[code], code=code, order=told.get("wipe"))
    if sentence is not None:
        return Unavailable(sentence, code=code)
    if answer.status in (429, 502, 503, 504):
        pause = told.get("next_poll")
        return Unavailable(
            N_("The server is busy. deskapp tries again by itself."), code="busy",
            retry_after_ms=pause if isinstance(pause, int) else 30_000,
        )  # fmt: skip
    if answer.status == 426:
        return Unavailable(N_("This deskapp is too old for the server. Update it; your entries are sent."), code="old")
    log.warning("the server answered %d (%s)", answer.status, code)
    return Unavailable(N_("The server could not take the request ({status})."), code="refused", status=answer.status)


_SENTENCES: Mapping[str, str] = {
    Problem.UNSIGNED: N_("The server does not accept this desk's signature."),
    Problem.REPLAYED: N_("The server does not accept this desk's signature."),
    Problem.UNKNOWN: N_("The server does not know this desk. Connect it again with a new code."),
    Problem.LOST: N_("This desk was reported lost and is locked out. Ask your administrator."),
    Problem.RETIRED: N_("This desk was taken out of service."),
    Problem.CODE: N_("The server does not know this code, or it was used already."),
}
