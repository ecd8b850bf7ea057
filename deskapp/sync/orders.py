"""The order to wipe a lost desk, and the desk's receipt: what is signed, and when an order counts.

Destroying data on the word of whoever answers would be a weapon. So an order counts only if it is signed by the key
of the server that this desk learned while it was let in, and if it names this desk, this desk's own key, the server's
epoch and the counter of the very request that it answers. An order that was overheard, kept back, made for another
desk or from before the desk was found again therefore does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deskapp.sync.framing import canonical_bytes
from deskapp.sync.signing import StationKey, sign_words, words_hold

LEARN = "w"
"""In a request: tell me the key by which orders are signed. In a reply: here it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a desk had asked when it was refused: who it is, and the epoch and counter that it signed."""

    station: str
    public: str
    epoch: str
    counter: int

    def words(self) -> bytes:
        """Return what an order signs."""
        return canonical_bytes(["wipe", self.station, self.public, self.epoch, self.counter])


def order(key: StationKey, question: Question) -> dict[str, object]:
    """Return the order that goes with a refusal."""
    return {"counter": question.counter, "proof": sign_words(key, question.words())}


def counts(told: object, question: Question, server: str) -> bool:
    """Say whether an order holds: `server` is the public key that this desk learned, empty if none."""
    if not server or not isinstance(told, Mapping) or told.get("counter") != question.counter:
        return False
    proof = told.get("proof")
    return isinstance(proof, str) and words_hold(server, question.words(), proof)


def receipt_words(station: str, server: str) -> bytes:
    """Return what a desk signs before it is wiped, to be handed in afterwards; `server` as in `counts`."""
    return canonical_bytes(["wiped", station, server])
