"""What a move of work must leave on record: the keys, their names for people, and how "nothing" is said.

An answer counts when it is there: False and 0 are answers, None and blank text are not. A list may
be empty only where "none" is an honest answer (no accessories were handed in).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from deskapp.errors import N_, Refused

RECORD_TITLES: Final[Mapping[str, str]] = {
    "accessories": N_("accessories, one by one"),
    "accessories_returned": N_("accessories given back"),
    "action": N_("what was done"),
    "address": N_("address"),
    "app_version": N_("application version"),
    "approval_channel": N_("how the merchant approved"),
    "approval_evidence": N_("words or scan of the approval"),
    "approved_by": N_("who approved"),
    "badge_shown": N_("badge shown"),
    "bench": N_("bench"),
    "binding_ticket": N_("ticket for the new binding"),
    "board_changed": N_("whether the board was changed"),
    "business_stopped": N_("whether the business stands still"),
    "callback_number": N_("number called back"),
    "carry_list": N_("what the engineer carries"),
    "cause_class": N_("class of the cause"),
    "cause_code": N_("cause"),
    "channel": N_("channel of the contact"),
    "charge_basis": N_("why it may be repaired now"),
    "collector": N_("who collects"),
    "condition": N_("condition of the device"),
    "confirmed_by": N_("who confirmed"),
    "consent": N_("merchant's consent"),
    "consumables": N_("consumables used"),
    "contact": N_("contact person"),
    "counter_test": N_("test at the counter"),
    "courier": N_("courier"),
    "data_notice": N_("data notice given"),
    "decision": N_("decision"),
    "decline_reason": N_("why there is no repair"),
    "deliverer": N_("who delivered the device"),
    "device": N_("serial number or model"),
    "device_count": N_("number of devices"),
    "device_result": N_("result shown by the device"),
    "engineer": N_("engineer"),
    "estimate": N_("estimated fee or ceiling"),
    "expected_date": N_("expected date"),
    "failed_items": N_("failed tests"),
    "fee_notice": N_("fee told in advance"),
    "finder": N_("who found it"),
    "finding": N_("written finding"),
    "firmware_version": N_("firmware version"),
    "given_back_to": N_("to whom the device was given back"),
    "guidance_steps": N_("answers to the guide's steps"),
    "guide_id": N_("guide"),
    "guide_version": N_("version of the guide"),
    "home": N_("where it belongs"),
    "identity": N_("identity check"),
    "in_date": N_("day it came in"),
    "inspection_fee": N_("inspection fee"),
    "key_check_value": N_("key check value"),
    "key_load_method": N_("method of the key load"),
    "key_slot": N_("key slot"),
    "keys_erased": N_("whether the keys are erased"),
    "label_scan_back": N_("label scanned back"),
    "labour_class": N_("labour class"),
    "labour_minutes": N_("labour time"),
    "ladder_proofs": N_("notices sent, with proof"),
    "legal_basis": N_("legal basis"),
    "loop_count": N_("number of failed tests so far"),
    "manifest_no": N_("manifest number"),
    "merchant": N_("merchant, or a call-back number"),
    "method": N_("method"),
    "model": N_("model"),
    "new_serial_no": N_("new serial number"),
    "note": N_("note"),
    "notice_channel": N_("how the merchant was told"),
    "notice_result": N_("result of the call"),
    "old_serial_no": N_("old serial number"),
    "order_no": N_("order or reservation number"),
    "owner": N_("owner of the device"),
    "owner_consent": N_("owner's consent"),
    "papers_superseded": N_("papers that are no longer valid"),
    "part": N_("part"),
    "parts": N_("parts used"),
    "parts_in": N_("parts fitted"),
    "parts_out": N_("parts removed"),
    "parts_salvaged": N_("parts kept"),
    "payment": N_("payment"),
    "photos": N_("photos"),
    "power_state": N_("whether it powers on"),
    "prevention_tip": N_("advice to prevent the fault"),
    "previous_item": N_("earlier repair"),
    "quantity": N_("quantity"),
    "quote_no": N_("quote number"),
    "quote_total": N_("total of the quote"),
    "rating": N_("rating"),
    "reason": N_("reason"),
    "reassembled": N_("whether it is put together again"),
    "release_proof": N_("slip, code or other proof"),
    "risk_notice": N_("notice of the risks"),
    "rma_no": N_("maker's case number"),
    "run_no": N_("key-load run"),
    "same_fault": N_("whether it is the same fault"),
    "same_as": N_("device it is"),
    "seal_no": N_("seal number"),
    "seal_nos": N_("seal numbers"),
    "seal_opened_by": N_("who opened the seal"),
    "seal_result": N_("whether the seal is intact"),
    "self_test_result": N_("result of the self-test"),
    "serial_match": N_("whether the serial number matches"),
    "serial_no": N_("serial number"),
    "shelf": N_("shelf"),
    "signature": N_("signature"),
    "solution": N_("what solved it"),
    "source": N_("paper or list it is taken from"),
    "storage_fee": N_("storage fee"),
    "symptom": N_("symptom"),
    "symptom_confirmed": N_("whether the symptom is confirmed"),
    "tamper_flag": N_("tamper state shown by the device"),
    "tamper_result": N_("tamper check"),
    "target_depot": N_("depot"),
    "terminal_no_kept": N_("whether the terminal number is kept"),
    "test_plan": N_("test plan"),
    "test_result": N_("test result"),
    "test_values": N_("measured values"),
    "to_technician": N_("who takes the job over"),
    "unsettled_batch": N_("whether a batch is unsettled"),
    "valid_until": N_("valid until"),
    "vendor": N_("maker"),
    "vendor_result": N_("maker's result"),
    "waited_days": N_("days waited"),
    "warranty_decision": N_("warranty decision"),
    "warranty_papers": N_("warranty papers"),
    "waybill": N_("waybill"),
    "window": N_("time window"),
    "witness": N_("witness"),
    "working_result": N_("whether the device works"),
}

MAY_BE_EMPTY: Final = frozenset(
    {"accessories", "accessories_returned", "carry_list", "consumables", "papers_superseded", "parts",
     "parts_in", "parts_out", "parts_salvaged"}
)  # fmt: skip


def is_recorded(key: str, records: Mapping[str, object]) -> bool:
    """Tell whether the record holds an answer under this key."""
    value = records.get(key)
    if value is None:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, list | tuple | set | frozenset | dict):
        return bool(value) or key in MAY_BE_EMPTY
    return True


def missing_keys(keys: Iterable[str], records: Mapping[str, object]) -> tuple[str, ...]:
    """Return the keys without an answer, in the order asked."""
    return tuple(key for key in keys if not is_recorded(key, records))


def refuse_missing(move_title: str, missing: tuple[str, ...]) -> None:
    """Raise `Refused` at the first missing key, naming up to three and counting the rest."""
    if not missing:
        return
    named = {f"what{n}": RECORD_TITLES[key] for n, key in enumerate(missing[:3], 1)}
    sentence = (
        N_("{move}: still to be recorded: {what1}."),
        N_("{move}: still to be recorded: {what1} and {what2}."),
        N_("{move}: still to be recorded: {what1}, {what2} and {what3}."),
        N_("{move}: still to be recorded: {what1}, {what2}, {what3} and {more} more."),
    )[min(len(missing), 4) - 1]
    raise Refused(sentence, field=missing[0], code="missing", move=move_title, more=len(missing) - 3, **named)
