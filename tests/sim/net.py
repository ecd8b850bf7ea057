"""The simulated line between one desk and the centre: every request meets a fault that the schedule ordered, or none.

A conversation runs either to its end at once, or on a thread of its own that is handed the baton half a message at a
time (`Talk`), so that anything may happen while a request or an answer is on its way. Only one thread ever runs.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

from deskapp.errors import N_, Unavailable
from deskapp.sync.framing import dump
from deskapp.sync.transport import READ_S, Address, Answer
from tests.sim.centre import Centre, ServerDied
from tests.sim.disk import Killed

FAULTS = ("lost", "deaf", "torn", "twice", "late", "busy", "bent", "die", "dieafter")
"""The request is lost; the answer is lost after the commit; half the answer comes; the request comes twice; it comes
long after the desk gave up; the server is busy; a byte is changed on the way; the server is killed before its commit,
or after it."""


def offline() -> Unavailable:
    return Unavailable(N_("The server cannot be reached."), code="offline")


class Talk:
    """A conversation on a thread of its own, which goes on only while it holds the baton."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._mine, self._yours = threading.Semaphore(0), threading.Semaphore(0)
        self.done, self.killed = False, False
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._mine.acquire()
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 (it is handed to whoever holds the baton)
            self.error = error
        self.done = True
        self._yours.release()

    def step(self) -> bool:
        """Let it go on to the next half message; True when it has ended. Raises what it raised."""
        self._mine.release()
        self._yours.acquire()
        if not self.done:
            return False
        self._thread.join()
        if self.error is not None:
            raise self.error
        return True

    def pause(self) -> None:
        """On its own thread: hand the baton back."""
        self._yours.release()
        self._mine.acquire()
        if self.killed:
            raise Killed

    def kill(self) -> None:
        """End it where it stands, as the computer going dark does."""
        self.killed = True
        while not self.done:
            self._mine.release()
            self._yours.acquire()
        self._thread.join()


class SimLine:
    """A desk's line. `told` is called with a sentence about each message."""

    def __init__(self, centre: Centre, told: Callable[[str], None]) -> None:
        self.centre, self._told = centre, told
        self.faults: deque[str] = deque()
        self.late: list[tuple[str, str, bytes, Mapping[str, str]]] = []
        self.talk: Talk | None = None
        self.sent = 0
        self.met: dict[str, int] = {}
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self, _address: Address) -> SimLine:
        return self

    def close(self) -> None:
        """Nothing is held."""

    def _met(self, what: str) -> None:
        self.met[what] = self.met.get(what, 0) + 1

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        """Carry a request, with the next fault of the schedule."""
        fault = self.faults.popleft() if self.faults else ""
        self.sent += 1
        self.centre.chance.pass_by(self.centre.chance.source.choice((0, 0, 1, 4)))
        name = target.split("?")[0]
        if self.talk is not None:
            self._told(f"{method} {name} is on its way{f' ({fault})' if fault else ''}")
            self.talk.pause()
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None and not (fault == "lost" and self.sent % 2):  # nobody was there: nothing is awaited
            meanwhile()
        before = self.centre.grown()
        answer = self._carried(method, target, body, headers, fault)
        self._told(f"{method} {name} -> {answer.status}{f' ({fault})' if fault else ''}")
        self._met(f"{name.split('/')[2]} {answer.status}")
        if self.talk is not None:
            self.talk.pause()
        if fault:
            self._met(fault)
        if fault in ("deaf", "torn", "twice") and self.centre.grown() != before:
            self._met(f"{fault} after news")
        if fault == "deaf":
            raise offline()
        if fault == "torn":
            return Answer(answer.status, answer.headers, answer.body[: len(answer.body) * 2 // 3], cut=True)
        return answer

    def _carried(self, method: str, target: str, body: bytes, headers: Mapping[str, str], fault: str) -> Answer:
        if fault in ("lost", "late"):
            self._met(fault)
            if fault == "late":
                self.late.append((method, target, body, headers))
            self._told(f"{method} {target.split('?')[0]} {fault}")
            raise offline()
        before = self.centre.grown()
        if fault == "busy":
            return Answer(503, {}, dump({"error": "busy"}))
        if fault == "bent" and body:
            body = bytes([*body[:-1], body[-1] ^ 1])
        if fault in ("die", "dieafter"):
            self.centre.database.die = "before" if fault == "die" else "after"
        try:
            if fault == "twice":
                self.centre.answer(method, target, body, headers)
            return self.centre.answer(method, target, body, headers)
        except ServerDied:
            self._met(fault)
            if self.centre.grown() != before:
                self._met(f"{fault} after news")
            self._told(f"the server died {'before' if fault == 'die' else 'after'} its commit")
            raise offline() from None
        finally:
            self.centre.database.die = ""

    def deliver_late(self) -> bool:
        """Let the oldest request that was held back arrive; nobody hears the answer."""
        if not self.late:
            return False
        method, target, body, headers = self.late.pop(0)
        before = self.centre.grown()
        answer = self.centre.answer(method, target, body, headers)
        self._told(f"{method} {target} arrives late -> {answer.status}")
        if self.centre.grown() != before:
            self._met("late brought news")
        return True
