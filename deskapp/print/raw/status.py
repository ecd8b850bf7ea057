"""What printers say about themselves, in one vocabulary, with a sentence for the person in front of it.

A status is advice. It never forbids printing: many printers say nothing at all, least
of all when they stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deskapp.errors import N_


class Trouble(StrEnum):
    """One thing a printer can say; the most pressing first."""

    COVER_OPEN = "cover_open"
    PAPER_OUT = "paper_out"
    JAM = "jam"
    RIBBON_OUT = "ribbon_out"
    CUTTER = "cutter"
    OVERHEATED = "overheated"
    TOO_COLD = "too_cold"
    FAULT = "fault"
    PAUSED = "paused"
    LABEL_WAITING = "label_waiting"
    BUFFER_FULL = "buffer_full"
    OFFLINE = "offline"
    HALF_RECEIVED = "half_received"
    PAPER_LOW = "paper_low"
    RIBBON_LOW = "ribbon_low"
    BUSY = "busy"


_SENTENCES = {
    Trouble.COVER_OPEN: N_("The cover of the printer is open. Close it until it clicks."),
    Trouble.PAPER_OUT: N_("The paper is used up. Change the roll, then continue."),
    Trouble.JAM: N_("The paper is jammed. Open the cover, take the paper out, put it in again straight."),
    Trouble.RIBBON_OUT: N_("The ribbon is used up or torn. Put in a new one, then continue."),
    Trouble.CUTTER: N_("The cutter is stuck. Switch the printer off, free the blade, switch it on again."),
    Trouble.OVERHEATED: N_("The print head is too hot. The printer goes on by itself when it has cooled down."),
    Trouble.TOO_COLD: N_("The print head is too cold. Print may be faint until it has warmed up."),
    Trouble.FAULT: N_("The printer reports a fault. Switch it off and on again; if it comes back, call for repair."),
    Trouble.PAUSED: N_("The printer is paused. Press its pause or feed button to continue."),
    Trouble.LABEL_WAITING: N_("A finished label is waiting. Take it off, then the next one comes."),
    Trouble.BUFFER_FULL: N_("The memory of the printer is full. It takes more when it has printed what it holds."),
    Trouble.OFFLINE: N_(
        "The printer is offline. Look for paper, cover and lamps, then press its online or feed button."
    ),
    Trouble.HALF_RECEIVED: N_("The printer has received only half a paper and waits for the rest."),
    Trouble.PAPER_LOW: N_("The paper is nearly used up. Keep a new roll at hand."),
    Trouble.RIBBON_LOW: N_("The ribbon is nearly used up. Keep a new one at hand."),
    Trouble.BUSY: N_("The printer is printing."),
}

# Nothing comes out while one of these lasts.
STOPS = frozenset(
    {
        Trouble.COVER_OPEN,
        Trouble.PAPER_OUT,
        Trouble.JAM,
        Trouble.RIBBON_OUT,
        Trouble.CUTTER,
        Trouble.OVERHEATED,
        Trouble.FAULT,
        Trouble.PAUSED,
        Trouble.LABEL_WAITING,
        Trouble.OFFLINE,
    }
)


def sentence(trouble: Trouble) -> str:
    """Return what is the matter and what to do, as a message id."""
    return _SENTENCES[trouble]


@dataclass(frozen=True, slots=True)
class Status:
    """What a printer said: its troubles, and how many pieces it still holds (None = it does not tell)."""

    troubles: frozenset[Trouble] = frozenset()
    waiting: int | None = None

    @property
    def stopped(self) -> bool:
        """Nothing comes out until somebody does something (or the head has cooled)."""
        return bool(self.troubles & STOPS)

    @property
    def idle(self) -> bool:
        """Nothing is being printed and, as far as the printer tells, nothing waits in it."""
        still_there = {Trouble.BUSY, Trouble.HALF_RECEIVED, Trouble.BUFFER_FULL, Trouble.LABEL_WAITING}
        return not self.waiting and not self.troubles & still_there

    @property
    def worst(self) -> Trouble | None:
        """The trouble to speak of first; None if there is none (being busy is none)."""
        return next((trouble for trouble in Trouble if trouble in self.troubles and trouble is not Trouble.BUSY), None)
