"""The port every printer language fills: what to send, what to ask, how to read the answers."""

from __future__ import annotations

import re
from typing import ClassVar, Protocol

from deskapp.print.raw.bits import Bits
from deskapp.print.raw.setup import Setup
from deskapp.print.raw.status import Status


class Language(Protocol):
    """Bytes of one printer language; pure, so it may be used from any thread.

    One piece of paper is `start(setup) + page(bits, setup) + finish(setup)`; `piece`
    puts it together. Readers take all bytes that came so far, whatever else is among
    them, and never raise: None means rubbish, or not complete yet.
    """

    name: str

    def start(self, setup: Setup) -> bytes:
        """Set up the printer for one job, wholly."""

    def burned(self, bits: Bits, setup: Setup) -> Bits:
        """Return the very dots `page` puts on paper: what a preview has to show."""

    def page(self, bits: Bits, setup: Setup) -> bytes:
        """Print one picture, `setup.copies` times; it is turned, cropped and padded as the set-up says."""

    def finish(self, setup: Setup) -> bytes:
        """Feed, cut and open the drawer, as far as the language needs to be told after the picture."""

    def ask(self) -> bytes:
        """Ask for the status; the printer answers at once even when it stands still, if it answers at all."""

    def read(self, answer: bytes) -> Status | None:
        """Read the newest complete status in an answer."""

    def ask_counter(self) -> bytes:
        """Ask how many pieces the printer has made; b"" if the language has no counter."""

    def read_counter(self, answer: bytes) -> int | None:
        """Read the newest counter in an answer."""

    def ask_done(self, token: int) -> bytes:
        """Ask to be told when everything before this is on paper; b"" if the language cannot."""

    def read_done(self, answer: bytes, token: int) -> bool | None:
        """True when that token came back, False when only others did, None when none did."""

    def ask_drained(self) -> bytes:
        """Ask something that is answered in turn, after what was sent before has been worked off; b"" if none.

        Weaker than `ask_done`: the last lines may still be in the print buffer.
        """

    def read_drained(self, answer: bytes) -> bool | None:
        """True when the answer in turn came."""

    def cancel(self) -> bytes:
        """Make the printer forget what it has not printed yet. Only on a person's order."""


class LabelLanguage:
    """What the languages of label printers share: the picture as set up, nothing after it, a counter for a proof."""

    counter: ClassVar[re.Pattern[bytes]]
    """Finds the count in an answer, as the only group."""

    def burned(self, bits: Bits, setup: Setup) -> Bits:
        """The dots of the piece, as the set-up turns, crops and pads them."""
        return setup.fitted(bits)

    def finish(self, setup: Setup) -> bytes:
        """Nothing: tearing and cutting are set up before the picture, and label printers have no drawer."""
        return b""

    def read_counter(self, answer: bytes) -> int | None:
        """Read the newest count."""
        found = self.counter.findall(answer)
        return int(found[-1]) if found else None

    def ask_done(self, token: int) -> bytes:
        """They cannot: the counter, and a status that is no longer busy, are the proof."""
        return b""

    def read_done(self, answer: bytes, token: int) -> bool | None:
        """Always None."""
        return None


def piece(language: Language, bits: Bits, setup: Setup) -> bytes:
    """Return everything for one piece of paper."""
    return language.start(setup) + language.page(bits, setup) + language.finish(setup)
