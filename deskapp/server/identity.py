"""What must not be set back together with the database: the server's epoch, in a small file of its own.

The epoch is signed with every request and raised when an older state of the database comes back, so that what was
signed before is void and stations offer again what they hold. The file also notes how many entries all logs had: a
database that has fewer was set back, whoever did it, and the epoch is raised without anybody's help. And it notes
which stations were reported lost, so that no restore lets one in again.

Processes on other computers have a file of their own; they agree through the database, where the epoch is noted
too: the higher count holds.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deskapp.cipher import write_durably
from deskapp.clock import random_token

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Epoch:
    """The server's epoch: a count and a random tail, so that two servers never share one.

    `entries` in all logs together when they were last counted; `lost` are the ids of stations.
    """

    path: Path
    value: str
    entries: int = 0
    lost: frozenset[str] = frozenset()

    @staticmethod
    def at(path: Path) -> Epoch:
        """Read the epoch, or begin one; so it does where the file is damaged, which costs every desk one more try."""
        try:
            told = json.loads(path.read_text("utf-8"))
            return Epoch(path, str(told["epoch"]), int(told["entries"]), frozenset(map(str, told.get("lost", ()))))
        except FileNotFoundError:
            epoch = Epoch(path, f"1-{random_token(4)}")
        except (ValueError, KeyError, TypeError):
            log.warning("the file of the epoch was damaged: a new one begins")
            epoch = Epoch(path, f"1-{random_token(4)}")
        epoch.save()
        return epoch

    @property
    def count(self) -> int:
        """How often an epoch has begun."""
        return count_of(self.value)

    def save(self) -> None:
        """Write durably."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        told = {"epoch": self.value, "entries": self.entries, "lost": sorted(self.lost)}
        write_durably(self.path, json.dumps(told).encode())

    def refresh(self) -> None:
        """Take over what another process on this folder has noted since."""
        try:
            told = json.loads(self.path.read_text("utf-8"))
            value, entries, lost = str(told["epoch"]), int(told["entries"]), frozenset(map(str, told.get("lost", ())))
        except (OSError, ValueError, KeyError, TypeError):
            return
        self.lost = lost
        if count_of(value) > self.count:
            self.value, self.entries = value, entries
        elif value == self.value:
            self.entries = max(self.entries, entries)

    def raise_(self, above: int = 0) -> None:
        """Begin a new epoch: what stations were told may not hold any more."""
        self.value, self.entries = f"{max(self.count, above) + 1}-{random_token(4)}", 0
        self.save()

    def adopt(self, value: str) -> None:
        """Go by the epoch that another process has begun."""
        self.value, self.entries = value, 0
        self.save()

    def note(self, entries: int) -> None:
        """Note how far the logs have come."""
        if entries > self.entries:
            self.entries = entries
            self.save()

    def shut_out(self, stations: Iterable[str]) -> None:
        """Remember that these were reported lost, whatever becomes of the database."""
        self.refresh()
        self.lost |= set(stations)
        self.save()

    def let_in_again(self, station: str) -> None:
        """A station that was lost is back."""
        self.refresh()
        self.lost -= {station}
        self.save()


def count_of(value: str) -> int:
    """Return the count in front of an epoch; 0 for none."""
    number = value.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() else 0
