"""What must not be rewound by a restore: who this station is, and the highest numbers it has used.

Kept beside the database, not in it. Sequences are reserved ahead in blocks, so that
most acts need no second write to the disk.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskapp.cipher import write_durably

BLOCK = {True: 20, False: 500}
"""How many numbers are reserved ahead: few of those that count per day, many of labels, which have six digits."""


@dataclass(slots=True)
class Identity:
    """The station's own papers. `high` maps a letter to its day and the highest sequence that may be in use."""

    path: Path
    store_id: str = ""
    station: str = ""
    station_no: int = 0
    high: dict[str, list[Any]] = field(default_factory=dict)
    unsaved: bool = False

    @staticmethod
    def read(path: Path) -> Identity | None:
        """Return the identity at a path, or None where there is none or it is torn."""
        try:
            raw = json.loads(path.read_text("utf-8"))
            return Identity(path, raw["store_id"], raw["station"], raw["station_no"], raw["high"])
        except (OSError, ValueError, KeyError):
            return None

    def save(self) -> None:
        """Write durably."""
        fields = {
            "store_id": self.store_id,
            "station": self.station,
            "station_no": self.station_no,
            "high": self.high,
        }
        write_durably(self.path, json.dumps(fields, indent=1, sort_keys=True).encode())
        self.unsaved = False

    def become(self, station: str, station_no: int) -> None:
        """Take another number, or another identity, for what is printed from now on.

        Numbers that are on paper stay as they are; the sequences go on, so that not even a clone repeats one.
        """
        if (self.station, self.station_no) != (station, station_no):
            self.station, self.station_no = station, station_no
            self.save()

    def reserve(self, letter: str, day: str, sequence: int) -> None:
        """Let `sequence` of `letter` on `day` count as used even if the database is rewound.

        It does from `save` on, which is due before the act that uses the number is committed: an act
        that opens three kinds of documents then waits for the disk once.
        """
        known_day, known = self.high.get(letter, ["", 0])
        if day < known_day or (day == known_day and sequence <= known):
            return
        self.high[letter] = [day, sequence + BLOCK[bool(day)] - 1]
        self.unsaved = True

    def floor(self, letter: str) -> tuple[str, int]:
        """Return the day and highest sequence reserved for a letter."""
        day, sequence = self.high.get(letter, ["", 0])
        return str(day), int(sequence)
