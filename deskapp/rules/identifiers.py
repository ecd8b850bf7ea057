"""The one door to the rules for identifiers and free text: `judge(kind, text)`.

Every value is normalised here once, before it is stored; the same rules hold in the window, in the
import and on the server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from deskapp.rules import identifier_device as device
from deskapp.rules import identifier_people as people
from deskapp.rules import identifier_text as free_text
from deskapp.rules.card_numbers import find_card_numbers, strip_card_numbers
from deskapp.rules.identifier_cleaning import clean_serial, compact
from deskapp.rules.identifier_device import serial_fold, serial_lookalikes
from deskapp.rules.identifier_sentences import SENTENCES, sentence
from deskapp.rules.identifier_types import (
    NO_CONTEXT,
    OWN_ACQUIRER_PREFIXES,
    Context,
    Judgement,
    Severity,
)

__all__ = [
    "KINDS",
    "OWN_ACQUIRER_PREFIXES",
    "SENTENCES",
    "Context",
    "Judgement",
    "Severity",
    "clean_serial",
    "compact",
    "find_card_numbers",
    "is_guessable_pickup_code",
    "judge",
    "preload",
    "sentence",
    "serial_fold",
    "serial_lookalikes",
    "strip_card_numbers",
]

_JUDGES: Final[dict[str, Callable[[str, Context], Judgement]]] = {
    "merchant_no": device.judge_merchant_no,
    "terminal_no": device.judge_terminal_no,
    "serial_no": device.judge_serial_no,
    "tusn": device.judge_tusn,
    "imei": device.judge_imei,
    "iccid": device.judge_iccid,
    "iot_msisdn": device.judge_iot_msisdn,
    "seal_no": device.judge_seal_no,
    "waybill_no": device.judge_waybill_no,
    "staff_no": device.judge_staff_no,
    "pickup_code": device.judge_pickup_code,
    "phone": people.judge_phone,
    "mobile": people.judge_mobile,
    "resident_id": people.judge_resident_id,
    "uscc": people.judge_uscc,
    "card_number_in_text": free_text.judge_card_number_in_text,
    "key_material": free_text.judge_key_material,
    "name": free_text.judge_name,
    "symptom_words": free_text.judge_symptom_words,
    "note": free_text.judge_note,
}

KINDS: Final = frozenset(_JUDGES)
"""Every kind that `judge` knows."""


def judge(kind: str, text: str, *, context: Context | None = None) -> Judgement:
    """Return the verdict on a text meant as an identifier of a kind.

    Checks that need to know the surroundings are left out where `context` has nothing on them. Raises
    ValueError for an unknown kind.
    """
    if kind not in _JUDGES:
        raise ValueError(f"unknown kind of identifier: {kind!r}")
    return _JUDGES[kind](text, context or NO_CONTEXT)


def is_guessable_pickup_code(code: str, *, day: int, phone: str) -> bool:
    """Return whether a new pickup code begins with what a stranger may know.

    That is the day of the month in two digits, or the first three or last four digits of the phone.
    """
    digits = compact(phone)
    known = [f"{day:02d}", digits[:3], digits[-4:]]
    return any(start and code.startswith(start) for start in known)


def preload() -> None:
    """Import the number libraries, so that the first number typed does not wait for them.

    Meant for a background thread after the first window: together they take a tenth of a second.
    """
    import phonenumbers
    from stdnum import luhn
    from stdnum.cn import uscc

    assert phonenumbers and luhn and uscc
