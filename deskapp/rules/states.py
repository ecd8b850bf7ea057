"""The 28 work states of one device on one order, and what each means for the desk.

Work is one of three axes; who holds the device (`custody`) and what is owed (`account`) are the
others. "Remembers" means: the state it was in before is kept and taken up again afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from deskapp.errors import N_


class WorkState(StrEnum):
    """What is being done with a device."""

    REGISTERED = "registered"
    REMOTE_GUIDANCE = "remote_guidance"
    RESOLVED_REMOTELY = "resolved_remotely"
    VISIT_SCHEDULED = "visit_scheduled"
    ON_SITE = "on_site"
    CHECKED_IN = "checked_in"
    COUNTER_SERVICE = "counter_service"
    AWAITING_DISPATCH = "awaiting_dispatch"
    IN_TRANSIT_OUT = "in_transit_out"
    DEPOT_RECEIVED = "depot_received"
    QUARANTINED = "quarantined"
    DIAGNOSING = "diagnosing"
    AWAITING_APPROVAL = "awaiting_approval"
    DECLINED = "declined"
    AWAITING_PARTS = "awaiting_parts"
    REPAIRING = "repairing"
    VENDOR_REPAIR = "vendor_repair"
    AWAITING_KEY_LOAD = "awaiting_key_load"
    QC_TESTING = "qc_testing"
    AWAITING_RETURN = "awaiting_return"
    IN_TRANSIT_BACK = "in_transit_back"
    READY_FOR_PICKUP = "ready_for_pickup"
    PICKED_UP = "picked_up"
    CLOSED = "closed"
    SWAPPED = "swapped"
    SCRAPPED = "scrapped"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


S = WorkState

STATE_TITLES: Final[Mapping[WorkState, str]] = {
    S.REGISTERED: N_("Registered"),
    S.REMOTE_GUIDANCE: N_("Being guided by phone"),
    S.RESOLVED_REMOTELY: N_("Solved by phone"),
    S.VISIT_SCHEDULED: N_("Visit scheduled"),
    S.ON_SITE: N_("Engineer on site"),
    S.CHECKED_IN: N_("Checked in"),
    S.COUNTER_SERVICE: N_("Counter service"),
    S.AWAITING_DISPATCH: N_("Awaiting dispatch"),
    S.IN_TRANSIT_OUT: N_("On the way to the depot"),
    S.DEPOT_RECEIVED: N_("Received at the depot"),
    S.QUARANTINED: N_("In quarantine"),
    S.DIAGNOSING: N_("Being diagnosed"),
    S.AWAITING_APPROVAL: N_("Awaiting approval"),
    S.DECLINED: N_("Repair declined"),
    S.AWAITING_PARTS: N_("Awaiting parts"),
    S.REPAIRING: N_("Being repaired"),
    S.VENDOR_REPAIR: N_("At the maker"),
    S.AWAITING_KEY_LOAD: N_("Awaiting key load"),
    S.QC_TESTING: N_("Being tested"),
    S.AWAITING_RETURN: N_("Awaiting return"),
    S.IN_TRANSIT_BACK: N_("On the way back"),
    S.READY_FOR_PICKUP: N_("Ready for pickup"),
    S.PICKED_UP: N_("Picked up"),
    S.CLOSED: N_("Closed"),
    S.SWAPPED: N_("Swapped"),
    S.SCRAPPED: N_("Scrapped"),
    S.ABANDONED: N_("Uncollected"),
    S.CANCELLED: N_("Cancelled"),
}

NOT_YET: Final = N_("not registered yet")
"""Shown in place of a state for a device that has no facts yet."""

WITH_MERCHANT: Final = frozenset(
    {S.REGISTERED, S.REMOTE_GUIDANCE, S.RESOLVED_REMOTELY, S.VISIT_SCHEDULED, S.ON_SITE}
)
"""Before check-in: the merchant has the device and may still withdraw."""

HELD: Final = frozenset(
    {S.CHECKED_IN, S.COUNTER_SERVICE, S.AWAITING_DISPATCH, S.IN_TRANSIT_OUT, S.DEPOT_RECEIVED, S.DIAGNOSING,
     S.AWAITING_APPROVAL, S.DECLINED, S.AWAITING_PARTS, S.REPAIRING, S.VENDOR_REPAIR, S.AWAITING_KEY_LOAD,
     S.QC_TESTING, S.AWAITING_RETURN, S.IN_TRANSIT_BACK, S.READY_FOR_PICKUP, S.ABANDONED}
)  # fmt: skip
"""The device is in our hands, or in those of a courier or maker who has it from us."""

ENDED: Final = frozenset({S.CLOSED, S.SWAPPED, S.SCRAPPED, S.CANCELLED})
"""Terminal for the order. Only `closed` can be reopened; a cancellation made in error is voided."""

RESUMING: Final = frozenset({S.QUARANTINED, S.AWAITING_PARTS, S.VENDOR_REPAIR, S.CLOSED})
"""States that remember where the device came from and go back there."""

WAITING_FOR: Final[Mapping[WorkState, str]] = {
    S.AWAITING_APPROVAL: "merchant",
    S.AWAITING_PARTS: "parts",
    S.VENDOR_REPAIR: "vendor",
}
"""States whose time is not ours: the clock of the due time stands still, and on whom it waits."""
