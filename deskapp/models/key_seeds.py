"""Where the keys of records come from: from a seed an act, which this process keeps until the server has the act.

A record's key for its personal values is drawn from the act's seed and the record's id, so an act that adds a thousand
records is pushed with one seed instead of a thousand keys. Only the keys are ever stored, each beside the journal by
itself: whoever has one learns nothing of another, and an erased one is gone once the process forgets the seed. That
is when the act is acknowledged, when anything is erased, at the latest when the program ends; then keys travel singly.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from typing import Final

KEY_BYTES: Final = 16
"""Of a record's key for its personal values: 128 bits of chance cannot be tried out, and each record has its own."""

MOST_ACTS: Final = 5_000
"""Seeds that are kept; of older acts the keys travel singly."""


def key_of(seed: bytes, record_id: str) -> str:
    """Return the key of a record as hexadecimal text: HMAC-SHA-256 of its id under the seed, cut to 16 bytes."""
    return hmac.digest(seed, record_id.encode(), "sha256")[:KEY_BYTES].hex()


class Seeds:
    """The seeds of acts that the server may not have yet, by the uid of the act. Safe from any thread."""

    def __init__(self) -> None:
        self._of: dict[str, bytes] = {}
        self.turn = 0
        """Goes on whenever all are forgotten: what was gathered from the journal before may say too much."""

    def draw(self) -> bytes:
        """Return a new seed."""
        return os.urandom(KEY_BYTES)

    def keep(self, act: str, seed: bytes) -> None:
        """Keep the seed of an act."""
        if len(self._of) < MOST_ACTS:
            self._of[act] = seed

    def of(self, act: str) -> bytes:
        """Return the seed of an act, none where it is not known (any more)."""
        return self._of.get(act, b"")

    def forget(self, acts: Iterable[str]) -> None:
        """Forget the seeds of acts that the server has."""
        for act in acts if self._of else ():
            self._of.pop(act, None)

    def forget_all(self) -> None:
        """Forget every seed: something was erased, or the server does not know what to do with one."""
        self._of.clear()
        self.turn += 1
