"""The first words to a printer, said while its papers are still being drawn.

To connect and to hear how the printer is takes about as long as to draw a paper, and needs nothing of it. No byte of
a paper leaves here: that still is committed first (`docs/printers.md`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from deskapp.print.lines import Line, Transport
from deskapp.print.printers import NotSent
from deskapp.print.raw import Status

Asked = tuple[Status | None, bool]
"""What a printer said of itself, and whether it hung up on the question."""


class Greeting:
    """A line that is being opened, and the answer to the first question on it. One thread takes them, once."""

    def __init__(self, transport: Transport, ask: Callable[[Line], Asked]) -> None:
        self._transport = transport
        self._ask = ask
        self._line: Line | None = None
        self._answer: Asked = (None, False)
        self._refusal: NotSent | None = None
        self._thread = threading.Thread(target=self._say, name="printer line", daemon=True)
        self._thread.start()

    def answered(self) -> tuple[Line, Asked] | None:
        """Return the line, still ours, and what came on it; None if somebody took it. Raises NotSent."""
        self._thread.join()
        if self._refusal is not None:
            raise self._refusal
        return None if self._line is None else (self._line, self._answer)

    def taken(self) -> tuple[Line, Asked] | None:
        """Return the line for whoever now closes it, if it still is one; None otherwise. Raises NotSent."""
        found = self.answered()
        self._line = None
        if found is not None and (found[1][1] or _heard_its_end(found[0])):
            found[0].close()
            return None
        return found

    def end(self) -> None:
        """Let go of a line nobody took."""
        self._thread.join()
        if self._line is not None:
            self._line.close()
            self._line = None

    def _say(self) -> None:
        try:
            self._line = self._transport.open()
            self._answer = self._ask(self._line)
        except NotSent as refusal:
            self._refusal = refusal


def _heard_its_end(line: Line) -> bool:
    """Say whether the printer closed its end meanwhile: there are some that wait for no second."""
    with contextlib.suppress(OSError):
        return line.read(0.0) is None
    return True
