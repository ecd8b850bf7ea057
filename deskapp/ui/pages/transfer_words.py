"""How transports are named and coloured, and which scans a van takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deskapp.errors import N_
from deskapp.models.transfers import GOING
from deskapp.queries.transfers import LineRow, Manifested, ManifestRow
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import (
    DIFFERENCE_TITLES,
    STATE_TITLES,
    TO_QUARANTINE,
    TYPE_TITLES,
    Age,
    Difference,
    State,
)
from deskapp.ui.kit import Cell, ScanField, spoken

LINE_STATES = {
    "open": (N_("expected"), "neutral", "clock"),
    "received": (N_("received"), "ok", "circle-check"),
    "quarantined": (N_("quarantine"), "danger", "alert-triangle"),
    "waits": (N_("record to come"), "info", "cloud"),
    "packed": (N_("packed"), "neutral", "package"),
    "counted": (N_("counted"), "ok", "circle-check"),
}
"""How each state of a line is shown: words, tone, icon."""

AGES = {Age.FINE: ("neutral", "clock"), Age.LATE: ("warn", "clock"), Age.ALARM: ("danger", "alarm")}


OF_OTHERS = frozenset(
    {ScanKind.SLIP, ScanKind.RECEIPT, ScanKind.QUOTE, ScanKind.ORDER, ScanKind.TICKET, ScanKind.VISIT}
)
"""Papers that no van takes."""


class VanField(ScanField):
    """The scan field of a van's page. What no van takes opens what it names, and so does everything once the van has
    left from here, or all of it was received and signed."""

    def __init__(self, view: Callable[[], Manifested | None], hint: str, *, name: str) -> None:
        super().__init__(hint, name=name)
        self._view = view

    def wants(self, text: str) -> bool:
        """Say whether a scanned code is meant for the van."""
        view = self._view()
        return super().wants(text) and parse_scan(text).kind not in OF_OTHERS and not (view is not None and _over(view))


def _over(view: Manifested) -> bool:
    if view.row.incoming:
        return view.row.state == State.ARRIVED and view.received >= len(view.lines)
    at_maker = view.row.kind == ManifestType.VENDOR and view.row.state in GOING
    return view.row.state != State.DRAFT and not at_maker


def kind_words(kind: str) -> str:
    """Return the type of a manifest in words."""
    return spoken(TYPE_TITLES[ManifestType(kind)])


def state_words(state: str) -> str:
    """Return the state of a manifest in words."""
    return spoken(STATE_TITLES[State(state)])


def difference_words(kind: str) -> str:
    """Return a difference in words."""
    return spoken(DIFFERENCE_TITLES[Difference(kind)])


def line_cell(state: str) -> Cell:
    """Return the state of a line as a pill."""
    words, tone, icon = LINE_STATES[state]
    return Cell(spoken(words), tone, icon, pill=True)


def age_cell(row: ManifestRow, now: int) -> Cell:
    """Return how long a transport has been on its way; late ones stand out by colour and sign."""
    tone, icon = AGES[row.age]
    if not row.sent_at:
        return Cell(spoken(N_("by its paper")) if not row.recorded else "", "info" if not row.recorded else "", "")
    hours = max(0, now - row.sent_at) // 3_600_000
    if hours < 48:
        words = spoken(N_("{count} h"), count=hours)
    else:
        words = spoken(N_("{count} days"), count=hours // 24)
    return Cell(words, tone, icon, pill=True)


def line_state(one: LineRow) -> Cell:
    """Return the state of a line of a van that is being received, or what does not match.

    What came on the paper alone and does not match is set apart already, though its record knows nothing of it yet.
    """
    if one.differences and one.state != "quarantined":
        serious = any(Difference(kind) in TO_QUARANTINE for kind in one.differences)
        worst = next((kind for kind in one.differences if Difference(kind) in TO_QUARANTINE), one.differences[0])
        return Cell(difference_words(worst), "danger" if serious else "warn", "alert-triangle", pill=True)
    return line_cell(one.state)


def line_of_ours(one: LineRow, view: Manifested | None, counted: Sequence[str] | None) -> Cell:
    """Return the state of a line of a van of ours; `counted` are those that were scanned out, None before that.

    While bags are packed the state of all of them is the same: only its sign, so that the numbers have room.
    """
    if view is None or view.row.state != State.DRAFT:
        return line_state(one)
    return (
        Cell("", "muted", "package")
        if counted is None
        else line_cell("counted" if one.label_no in counted else "packed")
    )


def sent_serial(one: LineRow) -> str:
    """Return the serial number as sent; from a paper only its end is known."""
    return f"…{one.serial_no}" if one.tail and one.serial_no else one.serial_no


def find_line(lines: Sequence[LineRow], number: str) -> LineRow | None:
    """Return the line a label or a serial number means; None where it is not on the manifest."""
    return next((one for one in lines if number in (one.label_no, one.serial_no)), None)


ASIDE = N_("Suspicious: into quarantine, exactly as it is")
"""Said of a device that shows traces of tampering, at whichever end."""

FIRST = {
    "out": N_("Scan the seal of the next bag"), "vendor": N_("Scan the devices that go to the maker"),
}  # fmt: skip
"""What is scanned first, by the kind of a manifest; a maker gets no sealed bags."""
