"""How papers and their states are named on the screen."""

from __future__ import annotations

from deskapp.errors import N_
from deskapp.queries.printing import JobCard
from deskapp.ui.kit import Cell, spoken

KINDS = {
    "device_label": N_("Device label"), "accessory_label": N_("Accessory label"), "part_label": N_("Part label"),
    "shelf_label": N_("Shelf label"), "test_label": N_("Test label"), "pickup_slip": N_("Pickup slip"),
    "repair_receipt": N_("Repair receipt"), "quote": N_("Quote"), "day_end": N_("Day end"),
    "register": N_("Register book"), "recovery_code": N_("Recovery code"), "service_card": N_("Service card"),
}  # fmt: skip
STATES = {
    "queued": (N_("Waiting"), "info", "clock"), "sending": (N_("Being sent"), "accent", "printer"),
    "sent": (N_("At the printer"), "accent", "printer"), "printed": (N_("Printed"), "ok", "check"),
    "failed": (N_("Not started"), "warn", "alert-triangle"), "unknown": (N_("Did it come out?"), "danger", "help"),
    "held": (N_("The printer waits"), "warn", "hand-stop"), "cancelled": (N_("Cancelled"), "neutral", "ban"),
}  # fmt: skip


def kind_title(kind: str) -> str:
    """Return the name of a kind of paper."""
    return spoken(KINDS.get(kind, kind))


def paper_title(job: JobCard) -> str:
    """Return kind and copy of a paper."""
    title = kind_title(job.kind)
    return spoken(N_("{title}, copy {number}"), title=title, number=job.copy_no) if job.copy_no else title


def state_cell(job: JobCard) -> Cell:
    """Return the state of a paper as a pill."""
    text, tone, icon = STATES[job.state]
    return Cell(spoken(text), tone, icon, pill=True)
