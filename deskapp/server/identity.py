"""What must not be set back together with the database: the server's epoch, in a small file of its own.

The epoch is signed with every request and raised when an older state of the database comes back, so that stations
offer again what they hold. The file also notes how many entries all logs had: a database that has fewer at the
start was set back, whoever did it, and the epoch is raised without anybody's help.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from deskapp.cipher import write_durably
from deskapp.clock import random_token


@dataclass(slots=True)
class Epoch:
    """The server's epoch: a count and a random tail, so that two servers never share one."""

    path: Path
    value: str
    entries: int = 0

    @staticmethod
    def at(path: Path) -> Epoch:
        """Read the epoch, or begin the first one."""
        try:
            told = json.loads(path.read_text("utf-8"))
            return Epoch(path, str(told["epoch"]), int(told["entries"]))
        except FileNotFoundError:
            epoch = Epoch(path, f"1-{random_token(4)}")
            epoch.save()
            return epoch

    def save(self) -> None:
        """Write durably."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self.path, json.dumps({"epoch": self.value, "entries": self.entries}).encode())

    def raise_(self) -> None:
        """Begin a new epoch: what stations were told may not hold any more."""
        count = int(self.value.partition("-")[0]) + 1
        self.value, self.entries = f"{count}-{random_token(4)}", 0
        self.save()

    def meet(self, entries: int) -> bool:
        """Compare with the database at the start (`entries` in all logs); say whether it had been set back."""
        rewound = entries < self.entries
        if rewound:
            self.raise_()
        self.note(entries)
        return rewound

    def note(self, entries: int) -> None:
        """Note how far the logs have come."""
        if entries > self.entries:
            self.entries = entries
            self.save()
