"""Hints: a station waits until a log it holds has moved. They carry no data, and all may be lost without harm.

What this process commits is known at once; what other processes on the same database commit is found by looking at
the heads that moved in the last seconds. A waiter costs one future, so thousands are cheap.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

LONGEST_S = 55.0
MOST_EACH = 4
"""Waits of one station at a time; a further one ends its oldest, which nobody listens to any more."""

AT_ONCE = 50
"""Waiters of one scope that are told at once; there are never so many but of what everybody holds."""

STEP_S = 0.1
STEP = 25
"""The others follow in steps: they all ask what is new, and counters that push meanwhile should not stand behind
thousands of them. What moves again on the way is told by the same steps."""

OVERLAP_MS = 5_000
"""How far back each look goes: a head may be committed a while after its time was taken."""


@dataclass(eq=False, slots=True)
class Waiter:
    """One station that waits: how far it has read each scope, and the answer it will get."""

    since: Mapping[str, int]
    answer: asyncio.Future[dict[str, int]]

    def see(self, scope: str, n: int) -> None:
        """Answer if this is new."""
        if n > self.since.get(scope, n) and not self.answer.done():
            self.answer.set_result({scope: n})


Look = Callable[[], Awaitable[dict[str, int]]]


@dataclass(slots=True)
class Hub:
    """All waiters of one process. Used on the event loop only, but for `announce`."""

    look: Look
    every_s: float = 1.0
    _by_scope: dict[str, set[Waiter]] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)
    _steps: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _of: dict[str, list[Waiter]] = field(default_factory=dict)
    waiting: int = 0

    def start(self) -> None:
        """Begin to look for what other processes commit."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Let everybody go."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        for task in self._steps.values():
            task.cancel()
        for waiters in list(self._by_scope.values()):
            for waiter in list(waiters):
                if not waiter.answer.done():
                    waiter.answer.set_result({})

    def announce(self, heads: Mapping[str, int]) -> None:
        """Tell of heads that moved; from any thread."""
        if heads and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.tell, dict(heads))

    def tell(self, heads: Mapping[str, int]) -> None:
        """Wake those who wait for one of these."""
        for scope, n in heads.items():
            if n <= self._known.get(scope, 0):
                continue
            self._known[scope] = n
            waiters = list(self._by_scope.get(scope, ()))
            for waiter in waiters[:AT_ONCE]:
                waiter.see(scope, n)
            if len(waiters) > AT_ONCE and scope not in self._steps:
                self._steps[scope] = asyncio.create_task(self._step_by_step(scope))

    def _behind(self, scope: str) -> list[Waiter]:
        """Return those who have not heard how far a scope has come."""
        n = self._known[scope]
        waiters = self._by_scope.get(scope, ())
        return [one for one in waiters if one.since.get(scope, n) < n and not one.answer.done()]

    async def _step_by_step(self, scope: str) -> None:
        """Tell those who wait for a scope, so many at a time, until there is none left who has not heard."""
        try:
            while todo := self._behind(scope):
                for start in range(0, len(todo), STEP):
                    await asyncio.sleep(STEP_S)
                    for waiter in todo[start : start + STEP]:
                        waiter.see(scope, self._known[scope])
        finally:
            del self._steps[scope]

    async def wait(self, since: Mapping[str, int], seconds: float, heads: Look, who: str = "") -> dict[str, int]:
        """Return the heads beyond `since`, as soon as there is one; empty after so many seconds.

        `heads` asks the database, once the waiter stands: so nothing falls between asking and waiting. `who` waits.
        """
        waiter = Waiter(since, asyncio.get_running_loop().create_future())
        mine = self._of.setdefault(who, [])
        mine.append(waiter)
        open_ones = [one for one in mine if not one.answer.done()]
        if len(open_ones) > MOST_EACH and who:
            open_ones[0].answer.set_result({})
        for scope in since:
            self._by_scope.setdefault(scope, set()).add(waiter)
        self.waiting += 1
        try:
            for scope, n in (await heads()).items():
                waiter.see(scope, n)
            async with asyncio.timeout(min(seconds, LONGEST_S)):
                return await waiter.answer
        except TimeoutError:
            return {}
        finally:
            self.waiting -= 1
            mine.remove(waiter)
            if not mine:
                self._of.pop(who, None)
            for scope in since:
                waiters = self._by_scope.get(scope)
                if waiters is not None:
                    waiters.discard(waiter)
                    if not waiters:
                        del self._by_scope[scope]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.every_s)
            if self._by_scope:
                with contextlib.suppress(Exception):
                    self.tell(await self.look())
