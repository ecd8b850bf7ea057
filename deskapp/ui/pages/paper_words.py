"""How papers and their states are named on the screen."""

from __future__ import annotations

from deskapp.commands.papers import LABELS
from deskapp.errors import N_
from deskapp.queries.printing import JobCard
from deskapp.rules.paper_store import NO_LONGER_VALID
from deskapp.ui.kit import Cell, spoken

KINDS = {
    "device_label": N_("Device label"), "accessory_label": N_("Accessory label"), "part_label": N_("Part label"),
    "shelf_label": N_("Shelf label"), "badge_label": N_("Staff badge"),
    "test_label": N_("Test label"), "pickup_slip": N_("Pickup slip"),
    "repair_receipt": N_("Repair receipt"), "quote": N_("Quote"), "day_end": N_("Day end"),
    "register": N_("Register book"), "recovery_code": N_("Recovery code"), "service_card": N_("Service card"),
    "manifest": N_("Hand-over manifest"), "custody_record": N_("Custody record"),
    "discrepancy_note": N_("Discrepancy note"), "stocktake": N_("Stocktake"),
    "inspection_sheet": N_("Inspection sheet"), "bench_traveller": N_("Bench traveller"),
    "loan_agreement": N_("Loan agreement"), "call_note": N_("Call-back note"), "missed_note": N_("Missed-you note"),
    "refund": N_("Refund receipt"), "key_run": N_("Key-load record"), "scrap_record": N_("Scrap record"),
    "swap_note": N_("Swap note"),
    "collect_notice": N_("Notice to collect"), "parts_order": N_("Parts to order"),
    "command_sheet": N_("Command sheet"),
}  # fmt: skip
STATES = {
    "queued": (N_("Waiting"), "info", "clock"), "sending": (N_("Being sent"), "accent", "printer"),
    "sent": (N_("At the printer"), "accent", "printer"), "printed": (N_("Printed"), "ok", "check"),
    "failed": (N_("Not started"), "warn", "alert-triangle"), "unknown": (N_("Did it come out?"), "danger", "help"),
    "held": (N_("The printer waits"), "warn", "hand-stop"), "cancelled": (N_("Cancelled"), "neutral", "ban"),
}  # fmt: skip

EVIDENCE = {
    "none": N_("the printer took it and says nothing"), "closed": N_("the printer read all of it"),
    "spool": N_("the printing system reports it done"), "file": N_("the file lies in the folder"),
    "status": N_("the printer reports that nothing waits"), "ack": N_("the printer confirmed it"),
    "counter": N_("the printer counted it"), "person": N_("somebody looked"),
}  # fmt: skip


def evidence_words(evidence: str) -> str:
    """Return what proves that a paper came out; empty where nothing is known."""
    kind, _colon, _detail = evidence.partition(":")
    found = EVIDENCE.get("spool" if kind in ("cups", "qt") else kind)
    return spoken(found) if found else ""


def kind_title(kind: str) -> str:
    """Return the name of a kind of paper."""
    return spoken(KINDS.get(kind, kind))


def paper_title(job: JobCard) -> str:
    """Return kind and copy of a paper."""
    title = kind_title(job.kind)
    return spoken(N_("{title}, copy {number}"), title=title, number=job.copy_no) if job.copy_no else title


def state_cell(job: JobCard) -> Cell:
    """Return the state of a paper as a pill; of one that is out and no longer holds, that it does not."""
    text, tone, icon = STATES[job.state]
    if job.superseded_by and job.state in ("printed", "cancelled"):
        text, tone, icon = N_("No longer holds"), "danger", "ban"
    return Cell(spoken(text), tone, icon, pill=True)


def void_words(job: JobCard) -> str:
    """Return what to tell about a paper that no longer holds; empty for one that holds."""
    if not job.superseded_by:
        return ""
    if job.kind in LABELS:
        return spoken(N_("This label no longer holds. It is not printed again; take it off the device."))
    if job.superseded_by == NO_LONGER_VALID:
        return spoken(N_("This paper no longer holds. A copy of it is marked as void."))
    return spoken(N_("This paper was replaced by {number}. A copy of it is marked as void."), number=job.superseded_by)


def may_reprint(job: JobCard) -> bool:
    """Tell whether a copy may be made: a label that no longer holds would pass for a good one."""
    return not (job.superseded_by and job.kind in LABELS)
