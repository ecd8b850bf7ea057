"""A virtual printer in a process of its own that notes when bytes reach it, on the clock all processes share.

    python -m tests.bench.print.clocked_printer LANGUAGE PAPER LOG

tells its address as one line, prints until its input ends, and writes to LOG one line of JSON for the
first byte of every connection and for the first byte of a paper on it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import IO

from tests.print.virtual_printers import Device, VirtualPrinter, Wire

BEGINNINGS = {"zpl": b"^XA", "tspl": b"SIZE ", "escpos": b"\x1b@"}
"""What a paper begins with; what comes before it are questions."""


class ClockedWire(Wire):
    """A connection that notes when something came."""

    def __init__(self, wire: Wire, beginning: bytes, log: IO[str]) -> None:
        self._wire = wire._wire
        self._beginning = beginning
        self._log = log
        self._seen = b""
        self._paper = False

    def read(self, most: int) -> bytes | None:
        came = super().read(most)
        at = time.monotonic()
        if came:
            if not self._seen:
                self._note(first=at)
            self._seen = (self._seen + came)[-8192:]
            if not self._paper and self._beginning in self._seen:
                self._paper = True
                self._note(paper=at)
        return came

    def _note(self, **what: float) -> None:
        self._log.write(json.dumps(what) + "\n")
        self._log.flush()


class ClockedPrinter(VirtualPrinter):
    """A virtual printer whose connections are clocked."""

    def __init__(self, language: str, log: IO[str], **more: object) -> None:
        super().__init__(language, **more)  # type: ignore[arg-type]
        self._log = log

    def attach(self, wire: Wire | Device) -> None:
        assert isinstance(wire, Wire)
        super().attach(ClockedWire(wire, BEGINNINGS[self.language], self._log))


def main() -> None:
    """Serve until the parent closes our input."""
    language, paper, log = sys.argv[1:4]
    with (
        open(log, "w", encoding="utf-8") as notes,
        ClockedPrinter(language, notes, paper=Path(paper), print_ms=40) as one,
    ):
        sys.stdout.write(one.address + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
