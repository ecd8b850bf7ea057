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
    _task: asyncio.Task[None] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
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
            for waiter in list(self._by_scope.get(scope, ())):
                waiter.see(scope, n)

    async def wait(self, since: Mapping[str, int], seconds: float, heads: Look) -> dict[str, int]:
        """Return the heads beyond `since`, as soon as there is one; empty after so many seconds.

        `heads` asks the database, once the waiter stands: so nothing falls between asking and waiting.
        """
        waiter = Waiter(since, asyncio.get_running_loop().create_future())
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
