"""Whether a check-in made in error can still be voided, and what leads there where it cannot yet.

Voiding gives the device back as if it had never been taken in. So it is done where the device was taken in and
lies now, and only while nothing was done that cannot be taken back: no part in it, no work on it, no keys loaded, no
money taken. Whoever is refused is told the next step and not only the rule.
"""

from __future__ import annotations

from typing import Final

from deskapp.errors import N_, Refused
from deskapp.models import bench, transfers
from deskapp.models.folding import money_of
from deskapp.models.people import Site
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import Write
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.lifecycle import moves
from deskapp.rules.money import format_yuan
from deskapp.rules.states import WorkState as S

VOIDABLE: Final = next(row for row in moves() if row.name == "void_check_in").from_states
"""Where a device may stand when its check-in is voided; what was done with it is looked at besides."""

LASTING: Final = frozenset({
    "record_repair", "load_keys", "finish_counter_service", "pass_test", "pass_test_for_return", "back_from_vendor",
    "supply_swap", "supply_swap_for_keys", "supply_swap_for_return", "supply_swap_on_site",
})  # fmt: skip
"""Moves whose work stays in the device, or by which it came in place of another."""

_UNDER_WAY: Final = {
    S.AWAITING_DISPATCH: N_("The device is packed on manifest {manifest}. Take it off there, on the page “Transports”;"
                            " then void the check-in."),
    S.IN_TRANSIT_OUT: N_("The device is with the courier, manifest {manifest}. Take the manifest back on the page"
                         " “Transports”, or have it come back unrepaired; then void the check-in."),
    S.AWAITING_RETURN: N_("The device is on its way back. Receive it here first; then void the check-in."),
    S.IN_TRANSIT_BACK: N_("The device is on its way back. Receive it here first; then void the check-in."),
    S.VENDOR_REPAIR: N_("The device is at the maker. Take it back from there first, on the page “Transports”."),
    S.QUARANTINED: N_("The device is in quarantine. It has to be released before the check-in can be voided."),
    S.AWAITING_APPROVAL: N_("The merchant has a quote for this device. Record that they decline it; then void the"
                            " check-in."),
    S.PICKED_UP: N_("The merchant has this device already. Void the pickup first, on its receipt; then void the"
                    " check-in."),
    S.ABANDONED: N_("This device was not collected in time: a supervisor decides about it with an auditor."),
}  # fmt: skip
"""What comes first in states from which nothing is voided."""

_CODES: Final = {S.QUARANTINED: "quarantined"}


def check_void(write: Write, item: RepairItem) -> None:
    """Raise Refused, with the way that leads on, for a check-in that cannot be voided now."""
    state = S(item.work_state)
    if state in (S.CANCELLED, S.CLOSED, S.SWAPPED, S.SCRAPPED):
        raise Refused(N_("The order of this device is over already."), field="item", code="over")
    if state in _UNDER_WAY:
        raise Refused(
            _UNDER_WAY[state], field="item", code=_CODES.get(state, "under_way"), manifest=_manifest_no(write, item)
        )
    _here(write, item)
    if state not in VOIDABLE:
        raise Refused(
            N_("Work on the device has begun. Have the repair given up at the bench (“No repair”); then void the"
               " check-in."),
            field="item", code="begun",
        )  # fmt: skip
    _nothing_done(write, item)


def _here(write: Write, item: RepairItem) -> None:
    """The device lies at the site that took it in, and that is this one."""
    session = write.session
    order = session.get_one(RepairOrder, item.order_id)
    place = item.at_site or order.site_id
    if not transfers.same_site(session, place, write.site_id):
        raise Refused(
            N_("The device is at {site}. Have the repair given up there (“No repair”), so that it comes back; then void"
               " the check-in here."),
            field="item", code="elsewhere", site=_name(write, place),
        )  # fmt: skip
    if not transfers.same_site(session, order.site_id, write.site_id):
        raise Refused(
            N_("The device was taken in at {site}. Give the repair up (“No repair”) and send it back; the check-in is"
               " voided there."),
            field="item", code="not_ours", site=_name(write, order.site_id),
        )  # fmt: skip


def _nothing_done(write: Write, item: RepairItem) -> None:
    session = write.session
    if bench.fitted(session, item.id):
        raise Refused(
            N_("There are parts in the device. Put them back onto the shelf at the bench; then void the check-in."),
            field="item", code="parts",
        )  # fmt: skip
    money = money_of(session, item.id)
    if money.paid_fen:
        raise Refused(
            N_("{amount} were paid for the device. Pay it back first; then void the check-in."),
            field="item", code="paid", amount=format_yuan(money.paid_fen),
        )  # fmt: skip
    if money.charged_fen:
        raise Refused(
            N_("{amount} are charged for the device. Correct the charge to zero first; then void the check-in."),
            field="item", code="charged", amount=format_yuan(money.charged_fen),
        )  # fmt: skip
    done = bench.last_of(bench.events_of(session, item.id), *LASTING)
    if done is not None or bench.removed(session, item.id):
        raise Refused(
            N_("Something was done on the device that stays ({move}), so its check-in stands. Hand it out at the"
               " counter; a wrong merchant or accessory is corrected, not voided."),
            field="item", code="done", move=_title(done.move if done is not None else "record_repair"),
        )  # fmt: skip


def _manifest_no(write: Write, item: RepairItem) -> str:
    session = write.session
    packed: ManifestEvent | None = transfers.on_draft(session, item.id) or transfers.carried_by(session, item.label_no)
    manifest = session.get(Manifest, packed.manifest_id) if packed is not None else None
    return manifest.number if manifest is not None else "?"


def _name(write: Write, site_id: str) -> str:
    site = write.session.get(Site, site_id)
    return (site.short_name or site.name) if site is not None else "?"


def _title(name: str) -> str:
    return next((row.title for row in moves() if row.name == name), name)
