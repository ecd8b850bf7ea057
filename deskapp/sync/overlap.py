"""What one answer brought is laid down while the next one is awaited: server and desk work at the same time.

While a long push is under way the next request goes out as soon as an answer was read; its cursors are those of the
answer. If laying down goes wrong then, what the next answer brings does not follow what is held: nothing of it is
taken, and all of it is asked for again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from deskapp.sync.trip import Taken


@dataclass(slots=True)
class Overlap:
    """What is owed to the tables, and how paying it went. Belongs to one thread."""

    _owed: bool = False
    _used: bool = False  # whether somebody pays while he waits
    _torn: bool = False
    _wrong: Exception | None = None
    _done: Taken = field(default_factory=Taken)
    _sent: bool = False  # whether acts went up with an answer that was owed

    def between(self, lay: Callable[[Taken], bool], then: Callable[[], None]) -> Callable[[], None]:
        """Return what is to be done between a request and its answer. `lay` says whether all of it could be laid."""
        self._used = True

        def work() -> None:
            self._pay(lay)
            then()

        return work

    def owe(self, may: bool) -> bool:
        """Leave what just came for the next time somebody waits, if that may be; say whether it is left."""
        self._owed = may and self._used
        self._sent = self._sent or self._owed
        return self._owed

    def sent(self) -> bool:
        """Say once whether acts went up with an answer that was owed: it is to be seen whether all were heard of."""
        sent, self._sent = self._sent, False
        return sent

    def _pay(self, lay: Callable[[Taken], bool]) -> None:
        if not self._owed:
            return
        self._owed = False
        try:
            self._torn = not lay(self._done)
        except Exception as error:  # noqa: BLE001 (raised by `told`, when the request that is under way is over)
            self._torn, self._wrong = True, error

    def told(self, taken: Taken) -> bool:
        """Add what was laid down meanwhile to what comes of an answer; True where that answer follows nothing.

        Raises what went wrong.
        """
        done, torn, wrong = self._done, self._torn, self._wrong
        self._done, self._torn, self._wrong = Taken(), False, None
        if wrong is not None:
            raise wrong
        taken.received += done.received
        taken.more |= done.more
        taken.changes += done.changes
        return torn
