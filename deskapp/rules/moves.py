"""The table of moves: from which state to which, who, where, and what must be on record.

The table is the whole life of a device on one order, also the parts that need a second site.
Supervisors of the site may do whatever their site may do, so they are added to every row except
those that say `exactly`: loading keys is for key custodians, and some moves are the program's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskapp.errors import N_
from deskapp.rules.access import SUPERVISORS, Role
from deskapp.rules.states import HELD, WITH_MERCHANT
from deskapp.rules.states import WorkState as S


class Where(StrEnum):
    """At which site a move can be done; a site may be outlet and depot at once."""

    ANY = "any"
    OUTLET = "outlet"
    DEPOT = "depot"
    CO_LOCATED = "co_located"

    def fits(self, site_roles: Iterable[str]) -> bool:
        """Tell whether a site with these roles can do it."""
        have = set(site_roles)
        if self is Where.ANY:
            return True
        if self is Where.CO_LOCATED:
            return {"outlet", "depot"} <= have
        return self.value in have


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table.

    `from_states` holds None where there is no device yet. `to` is None for a move that resumes
    the remembered state (`resumes`) or stays where it is (`stays`). `records` stop the move when
    missing; `deferred` become a to-do on the device. `second_person` asks for another person at
    the act, `fresh_eyes` that the actor has not done the work that is judged; `solo` tells whether
    a one-person site may have one person do both.
    """

    name: str
    title: str
    from_states: frozenset[S | None]
    to: S | None
    actors: frozenset[Role]
    records: tuple[str, ...]
    sites: Where
    deferred: tuple[str, ...] = ()
    second_person: bool = False
    second_roles: frozenset[Role] = frozenset()
    fresh_eyes: bool = False
    solo: bool = False
    resumes: bool = False
    stays: bool = False
    remembers: bool = False


def _row(
    name: str,
    title: str,
    origin: S | None | Iterable[S | None],
    to: S | None,
    who: str,
    records: str,
    sites: Where = Where.ANY,
    *,
    deferred: str = "",
    exactly: bool = False,
    second: bool = False,
    second_roles: Iterable[Role] = (),
    fresh_eyes: bool = False,
    solo: bool = False,
    resumes: bool = False,
    stays: bool = False,
    remembers: bool = False,
) -> Move:
    origins = {origin} if origin is None or isinstance(origin, S) else set(origin)
    actors = {Role(word) for word in who.split()}
    if not exactly:
        actors |= _supervisors_at(sites)
    return Move(
        name, title, frozenset(origins), to, frozenset(actors), tuple(records.split()), sites,
        tuple(deferred.split()), second, frozenset(second_roles), fresh_eyes, solo, resumes, stays, remembers,
    )  # fmt: skip


def _supervisors_at(sites: Where) -> frozenset[Role]:
    if sites is Where.OUTLET:
        return frozenset({Role.SITE_SUPERVISOR})
    if sites is Where.DEPOT:
        return frozenset({Role.DEPOT_SUPERVISOR})
    return SUPERVISORS


_ACTING: Final = (
    "counter_clerk courier depot_receiver technician qc_inspector key_custodian parts_keeper field_engineer"
)
_CONTACT: Final = "channel merchant device symptom business_stopped"

_REMOTE: Final = (
    _row("register", N_("Register the fault"), None, S.REGISTERED, "counter_clerk field_engineer", _CONTACT),
    _row("register_re_repair", N_("Register a re-repair"), None, S.REGISTERED,
         "counter_clerk field_engineer", _CONTACT + " previous_item same_fault"),
    _row("start_guidance", N_("Start guidance"), S.REGISTERED, S.REMOTE_GUIDANCE,
         "counter_clerk field_engineer", "guide_id guide_version"),
    _row("solve_remotely", N_("Solve by phone"), S.REMOTE_GUIDANCE, S.RESOLVED_REMOTELY,
         "counter_clerk field_engineer", "guidance_steps solution prevention_tip"),
    _row("not_solved", N_("Not solved after all"), S.RESOLVED_REMOTELY, S.REMOTE_GUIDANCE,
         "counter_clerk field_engineer", "reason"),
    _row("confirm_solved", N_("Confirm that it is solved"), S.RESOLVED_REMOTELY, S.CLOSED,
         "counter_clerk field_engineer", "confirmed_by", remembers=True),
    _row("schedule_visit", N_("Schedule a visit"), (S.REGISTERED, S.REMOTE_GUIDANCE), S.VISIT_SCHEDULED,
         "counter_clerk", "address window contact engineer carry_list fee_notice"),
    _row("reschedule_visit", N_("Move a visit"), S.VISIT_SCHEDULED, S.VISIT_SCHEDULED,
         "counter_clerk field_engineer", "window reason"),
    _row("visit_failed", N_("Nobody met on site"), S.VISIT_SCHEDULED, S.REGISTERED,
         "counter_clerk field_engineer", "reason"),
    _row("arrive", N_("Arrive on site"), S.VISIT_SCHEDULED, S.ON_SITE,
         "field_engineer", "badge_shown serial_no tamper_result"),
    _row("finish_on_site", N_("Finish on site"), S.ON_SITE, S.CLOSED,
         "field_engineer", "action parts test_result", deferred="signature", remembers=True),
    _row("cancel", N_("Withdraw the report"), WITH_MERCHANT, S.CANCELLED, "counter_clerk field_engineer",
         "reason"),
)  # fmt: skip

_COUNTER: Final = (
    _row("check_in", N_("Check in"), {None, *WITH_MERCHANT}, S.CHECKED_IN,
         "counter_clerk depot_receiver field_engineer",
         "serial_no model merchant accessories condition tamper_result unsettled_batch deliverer data_notice",
         deferred="photos signature label_scan_back power_state estimate warranty_papers"),
    _row("take_over", N_("Take over at go-live"), None, S.CHECKED_IN, "counter_clerk depot_receiver",
         "serial_no model merchant accessories tamper_result in_date source",
         deferred="condition photos label_scan_back"),
    _row("take_over_ready", N_("Take over, ready for pickup"), None, S.READY_FOR_PICKUP, "counter_clerk",
         "serial_no model merchant accessories tamper_result in_date source", Where.OUTLET,
         deferred="condition photos label_scan_back shelf"),
    # Noticed late it is still an error: from wherever nothing lasting is done yet (`commands.checkin_void` looks).
    _row("void_check_in", N_("Void a check-in made in error"),
         (S.CHECKED_IN, S.COUNTER_SERVICE, S.DEPOT_RECEIVED, S.DIAGNOSING, S.DECLINED, S.READY_FOR_PICKUP),
         S.REGISTERED, "site_supervisor depot_supervisor", "reason given_back_to papers_superseded"),
    _row("start_counter_service", N_("Start counter service"), S.CHECKED_IN, S.COUNTER_SERVICE,
         "counter_clerk", "action", Where.OUTLET),
    _row("finish_counter_service", N_("Finish counter service"), S.COUNTER_SERVICE, S.READY_FOR_PICKUP,
         "counter_clerk", "action consumables test_result", Where.OUTLET),
    _row("stop_counter_service", N_("Stop counter service"), S.COUNTER_SERVICE, S.CHECKED_IN,
         "counter_clerk", "reason", Where.OUTLET),
    _row("give_back_unrepaired", N_("Give back unrepaired"), (S.CHECKED_IN, S.COUNTER_SERVICE),
         S.READY_FOR_PICKUP, "counter_clerk", "decline_reason risk_notice", Where.OUTLET),
    _row("notify", N_("Tell the merchant"), S.READY_FOR_PICKUP, S.READY_FOR_PICKUP,
         "counter_clerk system", "notice_channel notice_result", Where.OUTLET),
    _row("hand_out", N_("Hand out"), S.READY_FOR_PICKUP, S.PICKED_UP, "counter_clerk",
         "release_proof collector identity accessories_returned payment counter_test", Where.OUTLET,
         deferred="signature rating"),
    _row("confirm_working", N_("Confirm that it works"), S.PICKED_UP, S.CLOSED, "counter_clerk",
         "working_result confirmed_by", deferred="rating", remembers=True),
    _row("close_auto", N_("Close by itself"), (S.RESOLVED_REMOTELY, S.PICKED_UP), S.CLOSED, "system",
         "waited_days", exactly=True, remembers=True),
    _row("reopen", N_("Reopen the job"), S.CLOSED, None, "site_supervisor depot_supervisor",
         "reason", resumes=True),
    _row("abandon", N_("Set as uncollected"), S.READY_FOR_PICKUP, S.ABANDONED, "system", "ladder_proofs",
         Where.OUTLET),
    _row("release_abandoned", N_("Hand out after all"), S.ABANDONED, S.PICKED_UP, "site_supervisor",
         "decision legal_basis storage_fee release_proof collector identity accessories_returned payment",
         deferred="signature", second=True, second_roles=(Role.AUDITOR, *SUPERVISORS), solo=True),
    _row("return_to_owner", N_("Return to the owner"), S.ABANDONED, S.CLOSED, "site_supervisor",
         "decision legal_basis storage_fee owner", second=True, second_roles=(Role.AUDITOR,),
         remembers=True),
    _row("scrap_abandoned", N_("Scrap an uncollected device"), S.ABANDONED, S.SCRAPPED, "site_supervisor",
         "decision legal_basis storage_fee reason keys_erased method owner_consent parts_salvaged witness",
         deferred="photos", second=True, second_roles=(Role.AUDITOR,)),
)  # fmt: skip

_ASTRAY: Final = "reason serial_match accessories tamper_result"

_TRANSPORT: Final = (
    # A bag without a seal travels all the same: its number is a to-do until it is noted.
    _row("dispatch", N_("Pack for the depot"), S.CHECKED_IN, S.AWAITING_DISPATCH, "counter_clerk",
         "target_depot manifest_no", Where.OUTLET, deferred="seal_no"),
    _row("unpack", N_("Take off the manifest"), S.AWAITING_DISPATCH, S.CHECKED_IN, "counter_clerk",
         "reason", Where.OUTLET),
    _row("hand_to_courier", N_("Hand to the courier"), S.AWAITING_DISPATCH, S.IN_TRANSIT_OUT,
         "counter_clerk courier", "manifest_no device_count tamper_result courier", Where.OUTLET,
         deferred="signature waybill seal_nos", second=True),
    _row("courier_back", N_("Take back from the courier"), S.IN_TRANSIT_OUT, S.AWAITING_DISPATCH,
         "counter_clerk courier", "reason tamper_result courier", Where.OUTLET, second=True),
    _row("receive", N_("Receive from the courier"), S.IN_TRANSIT_OUT, S.DEPOT_RECEIVED,
         "depot_receiver courier", "manifest_no seal_result serial_match accessories tamper_result courier",
         Where.DEPOT, deferred="signature photos", second=True),
    # Back also goes, from whichever site it came to by mistake, what belongs to another outlet.
    _row("hand_to_courier", N_("Hand to the courier"), S.AWAITING_RETURN, S.IN_TRANSIT_BACK,
         "counter_clerk depot_receiver courier", "manifest_no device_count tamper_result courier",
         deferred="signature waybill seal_nos", second=True),
    _row("courier_back", N_("Take back from the courier"), S.IN_TRANSIT_BACK, S.AWAITING_RETURN,
         "counter_clerk depot_receiver courier", "reason tamper_result courier", second=True),
    _row("receive", N_("Receive from the courier"), S.IN_TRANSIT_BACK, S.READY_FOR_PICKUP,
         "counter_clerk courier", "manifest_no seal_result serial_match accessories tamper_result courier",
         Where.OUTLET, deferred="signature photos shelf", second=True),
    _row("receive_home", N_("Receive what went to the wrong site"), S.IN_TRANSIT_BACK, S.CHECKED_IN,
         "counter_clerk depot_receiver courier",
         "manifest_no seal_result serial_match accessories tamper_result courier",
         deferred="signature photos shelf", second=True),
    # What came without a paper and was released from quarantine stays where it is, or goes home.
    _row("take_in_here", N_("Take in what came without a paper"),
         (S.CHECKED_IN, S.AWAITING_DISPATCH, S.IN_TRANSIT_OUT), S.DEPOT_RECEIVED, "depot_receiver",
         _ASTRAY, Where.DEPOT, deferred="shelf photos"),
    _row("take_in_here", N_("Take in what came without a paper"),
         (S.AWAITING_RETURN, S.IN_TRANSIT_BACK, S.READY_FOR_PICKUP), S.READY_FOR_PICKUP, "counter_clerk",
         _ASTRAY, Where.OUTLET, deferred="shelf photos"),
    _row("send_home", N_("Send home"),
         (S.CHECKED_IN, S.AWAITING_DISPATCH, S.IN_TRANSIT_OUT, S.AWAITING_RETURN, S.IN_TRANSIT_BACK,
          S.READY_FOR_PICKUP), S.AWAITING_RETURN, "counter_clerk depot_receiver", "reason home tamper_result"),
    _row("end_double", N_("End: the sender's order goes on"), (S.CHECKED_IN, S.DEPOT_RECEIVED), S.CANCELLED,
         "depot_receiver counter_clerk system", "same_as"),
)  # fmt: skip

_QUARANTINE: Final = (
    # Nobody to witness is no reason to leave a suspect device on the shelf: the witness is a to-do.
    _row("quarantine", N_("Put into quarantine"), HELD, S.QUARANTINED, _ACTING, "reason finder",
         deferred="witness photos", remembers=True),
    _row("release_quarantine", N_("Release from quarantine"), S.QUARANTINED, None,
         "site_supervisor depot_supervisor", "finding", second=True, resumes=True),
)  # fmt: skip

_DIAGNOSIS: Final = (
    _row("start_diagnosis", N_("Start diagnosis"), S.DEPOT_RECEIVED, S.DIAGNOSING, "technician",
         "bench seal_opened_by", Where.DEPOT),
    # On one site the check-in authorises the opening; there is no transport seal to break.
    _row("start_diagnosis", N_("Start diagnosis"), S.CHECKED_IN, S.DIAGNOSING, "technician", "bench",
         Where.CO_LOCATED),
    _row("record_diagnosis", N_("Record the diagnosis"), S.DIAGNOSING, S.DIAGNOSING, "technician",
         "symptom_confirmed cause_code cause_class tamper_flag warranty_decision", Where.DEPOT,
         deferred="firmware_version app_version labour_class"),
    _row("diagnose_again", N_("Diagnose again"), (S.AWAITING_APPROVAL, S.REPAIRING, S.DECLINED),
         S.DIAGNOSING, "technician", "reason bench", Where.DEPOT),
    _row("send_quote", N_("Send a quote"), (S.DIAGNOSING, S.REPAIRING, S.AWAITING_APPROVAL, S.DECLINED),
         S.AWAITING_APPROVAL, "technician counter_clerk", "quote_no quote_total valid_until inspection_fee"),
    _row("approve", N_("Record the approval"), S.AWAITING_APPROVAL, S.REPAIRING, "counter_clerk",
         "approved_by approval_channel approval_evidence"),
    _row("decline", N_("Record that there is no repair"),
         (S.DEPOT_RECEIVED, S.DIAGNOSING, S.AWAITING_APPROVAL, S.AWAITING_PARTS, S.REPAIRING), S.DECLINED,
         "counter_clerk technician", "decline_reason inspection_fee reassembled risk_notice"),
    _row("ready_declined", N_("Ready for pickup, unrepaired"), S.DECLINED, S.READY_FOR_PICKUP,
         "counter_clerk technician", "reassembled tamper_result", Where.CO_LOCATED, deferred="shelf"),
    _row("return_declined", N_("Pack for return, unrepaired"), S.DECLINED, S.AWAITING_RETURN,
         "technician depot_receiver", "reassembled tamper_result seal_no", Where.DEPOT),
)  # fmt: skip

_REPAIR: Final = (
    _row("start_repair", N_("Start the repair"), S.DIAGNOSING, S.REPAIRING, "technician",
         "cause_class warranty_decision charge_basis", Where.DEPOT),
    _row("record_repair", N_("Record repair work"), S.REPAIRING, S.REPAIRING, "technician",
         "action parts_in parts_out", Where.DEPOT,
         deferred="labour_minutes firmware_version photos prevention_tip"),
    _row("pause_job", N_("Pause the job"), (S.DIAGNOSING, S.REPAIRING, S.QC_TESTING), None,
         "technician qc_inspector", "reason", Where.DEPOT, stays=True),
    _row("resume_job", N_("Resume the job"), (S.DIAGNOSING, S.REPAIRING, S.QC_TESTING), None,
         "technician qc_inspector", "bench", Where.DEPOT, stays=True),
    _row("hand_job_over", N_("Hand the job over"), (S.DIAGNOSING, S.REPAIRING), None, "technician",
         "to_technician note", Where.DEPOT, stays=True),
    _row("wait_for_parts", N_("Wait for parts"), (S.DIAGNOSING, S.REPAIRING, S.QC_TESTING),
         S.AWAITING_PARTS, "technician parts_keeper", "part quantity order_no expected_date", Where.DEPOT,
         remembers=True),
    _row("parts_arrived", N_("Parts have arrived"), S.AWAITING_PARTS, None, "technician parts_keeper",
         "part quantity", Where.DEPOT, resumes=True),
    _row("send_to_vendor", N_("Send to the maker"), (S.DEPOT_RECEIVED, S.DIAGNOSING, S.REPAIRING),
         S.VENDOR_REPAIR, "depot_receiver technician", "vendor rma_no manifest_no consent tamper_result", Where.DEPOT,
         remembers=True),
    _row("back_from_vendor", N_("Back from the maker"), S.VENDOR_REPAIR, None, "depot_receiver technician",
         "vendor_result serial_no tamper_result", Where.DEPOT, resumes=True),
    _row("need_key_load", N_("Ask for a key load"), (S.REPAIRING, S.QC_TESTING), S.AWAITING_KEY_LOAD,
         "technician qc_inspector", "reason", Where.DEPOT),
    _row("load_keys", N_("Load keys"), S.AWAITING_KEY_LOAD, S.QC_TESTING, "key_custodian",
         "key_load_method key_slot key_check_value device_result", Where.DEPOT, exactly=True, second=True,
         second_roles=(Role.KEY_CUSTODIAN,)),
    _row("keys_kept", N_("Keys are still there"), S.AWAITING_KEY_LOAD, S.QC_TESTING,
         "technician key_custodian", "reason self_test_result board_changed", Where.DEPOT),
    _row("send_to_test", N_("Send to test"), S.REPAIRING, S.QC_TESTING, "technician",
         "action board_changed", Where.DEPOT),
    _row("pass_test", N_("Pass the test"), S.QC_TESTING, S.READY_FOR_PICKUP, "qc_inspector",
         "test_plan test_values tamper_result", Where.CO_LOCATED, deferred="seal_no firmware_version shelf",
         fresh_eyes=True, solo=True),
    _row("pass_test_for_return", N_("Pass the test, pack for return"), S.QC_TESTING, S.AWAITING_RETURN,
         "qc_inspector", "test_plan test_values tamper_result seal_no", Where.DEPOT,
         deferred="firmware_version", fresh_eyes=True, solo=True),
    _row("fail_test", N_("Fail the test"), S.QC_TESTING, S.REPAIRING, "qc_inspector",
         "failed_items loop_count", Where.DEPOT, fresh_eyes=True, solo=True),
)  # fmt: skip

_IN_PLACE: Final = "old_serial_no new_serial_no test_plan tamper_result accessories"

_ENDINGS: Final = (
    _row("swap", N_("Swap for another device"),
         (S.ON_SITE, S.CHECKED_IN, S.DEPOT_RECEIVED, S.DIAGNOSING, S.AWAITING_APPROVAL, S.DECLINED,
          S.AWAITING_PARTS, S.REPAIRING, S.VENDOR_REPAIR, S.QC_TESTING, S.READY_FOR_PICKUP),
         S.SWAPPED, "field_engineer",
         "old_serial_no new_serial_no terminal_no_kept binding_ticket accessories",
         deferred="signature"),
    # The unit that takes its place is a device of the order from now on, and goes out like any other.
    _row("supply_swap", N_("Bring in the unit that takes its place"), None, S.READY_FOR_PICKUP, "field_engineer",
         _IN_PLACE, Where.OUTLET, deferred="label_scan_back shelf"),
    # Nothing goes out without keys: the unit waits for them, is tested with them, and then goes out like any other.
    _row("supply_swap_for_keys", N_("Bring in the unit, its keys still to be loaded"), None, S.AWAITING_KEY_LOAD,
         "field_engineer", _IN_PLACE, Where.DEPOT, deferred="label_scan_back"),
    _row("supply_swap_for_return", N_("Pack the unit that takes its place"), None, S.AWAITING_RETURN,
         "field_engineer", _IN_PLACE + " seal_no", Where.DEPOT, deferred="label_scan_back"),
    _row("supply_swap_on_site", N_("Leave the unit that takes its place"), None, S.PICKED_UP, "field_engineer",
         _IN_PLACE, deferred="signature"),
    _row("scrap", N_("Scrap"),
         (S.DEPOT_RECEIVED, S.DIAGNOSING, S.DECLINED, S.AWAITING_PARTS, S.REPAIRING, S.VENDOR_REPAIR),
         S.SCRAPPED, "depot_supervisor", "reason keys_erased method owner_consent parts_salvaged witness",
         Where.DEPOT, deferred="photos", second=True),
)  # fmt: skip

TABLE: Final[tuple[Move, ...]] = (
    *_REMOTE, *_COUNTER, *_TRANSPORT, *_QUARANTINE, *_DIAGNOSIS, *_REPAIR, *_ENDINGS
)  # fmt: skip

HANDS_ON: Final = frozenset(
    {"start_diagnosis", "start_repair", "record_repair", "send_to_test", "keys_kept", "hand_job_over"}
)
"""Moves whose doer has worked on the device and therefore may not test it."""
