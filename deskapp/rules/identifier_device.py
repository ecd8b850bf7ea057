"""Judging the numbers of terminals, their cards, seals and parcels.

Structure is advisory wherever published explanations contradict each other (merchant numbers, TUSN):
such findings are warnings, never refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from deskapp.rules.card_numbers import find_card_numbers
from deskapp.rules.identifier_cleaning import clean_serial, compact, has_serial_form, is_code, is_digits
from deskapp.rules.identifier_types import Context, Finding, Judgement, inform, refuse, verdict, warn
from deskapp.rules.numbers import is_own_number

_TUSN: Final = re.compile(r"[0-9]{6}(?:0[1-9]|1[01])[0-9A-Z]{1,42}")
_LOOKALIKES: Final = {"0": "0O", "O": "0O", "1": "1IL", "I": "1IL", "L": "1IL"}
_FOLD: Final = str.maketrans("OIL", "011")
_MOST_LOOKALIKES: Final = 512


def judge_merchant_no(text: str, context: Context) -> Judgement:
    """Judge a merchant number: 15 digits; the standard allows letters (ISO 8583 field 42, an 15).

    The published split (acquirer 3, region 4, category 4, sequence 4) only informs. There is no
    check digit, so none is computed.
    """
    number = compact(text)
    if not number:
        return verdict("", [warn("merchant_no_empty")])
    if not is_code(number):
        return refuse("merchant_no_characters")
    if len(number) != 15:
        return refuse("merchant_no_length", str(len(number)))
    return verdict(number, _merchant_findings(number, context))


def _merchant_findings(number: str, context: Context) -> Iterator[Finding]:
    if not is_digits(number):
        yield warn("merchant_no_letters")
    if number[:3] not in context.own_acquirer_prefixes:
        yield warn("merchant_no_other_acquirer", number[:3])
    if context.merchant_regions and number[3:7] not in context.merchant_regions:
        yield inform("merchant_no_region", number[3:7])
    if context.merchant_categories and number[7:11] not in context.merchant_categories:
        yield inform("merchant_no_category", number[7:11])


def judge_terminal_no(text: str, context: Context) -> Judgement:
    """Judge a terminal number: 8 digits, letters possible (ISO 8583 field 41, ans 8)."""
    number = compact(text)
    if not number:
        return refuse("terminal_no_empty")
    if not is_code(number):
        return refuse("terminal_no_characters")
    if len(number) != 8:
        return refuse("terminal_no_length", str(len(number)))
    findings = []
    if number in context.open_terminal_nos:
        findings.append(warn("terminal_no_in_use"))
    if not is_digits(number):
        findings.append(warn("terminal_no_letters"))
    if context.from_case_barcode:
        findings.append(warn("terminal_no_from_case"))
    return verdict(number, findings)


def judge_serial_no(text: str, context: Context) -> Judgement:
    """Judge a maker's serial number; the pattern of the model, where known, overrides the general form."""
    serial = clean_serial(text)
    if not serial:
        return refuse("serial_no_empty")
    fits_model = _fits(context.serial_pattern, serial)
    if not fits_model and not has_serial_form(serial):
        return refuse(_serial_problem(serial), str(len(serial)))
    return verdict(serial, _serial_findings(serial, fits_model, context))


def _serial_problem(serial: str) -> str:
    if re.fullmatch(r"[0-9A-Z][0-9A-Z\-/.]*", serial) is None:
        return "serial_no_characters"
    return "serial_no_length"


def _serial_findings(serial: str, fits_model: bool | None, context: Context) -> Iterator[Finding]:
    if serial in context.known_serials:
        return
    if is_own_number(serial):
        yield warn("serial_no_own_number")
    if find_card_numbers(serial, known=context.known_serials | context.known_numbers):
        yield warn("serial_no_like_card")
    similar = sorted(serial_lookalikes(serial) & context.known_serials)
    if similar:
        yield warn("serial_no_lookalike", similar[0])
    if fits_model is False:
        yield warn("serial_no_model_pattern")


def _fits(pattern: str, serial: str) -> bool | None:
    """Return whether a serial number has the form of its model; None without a usable pattern.

    Patterns are catalogue data. One that cannot be compiled is as good as none: the counter is not
    the place to find out.
    """
    if not pattern or len(serial) > 64:
        return None
    try:
        return re.fullmatch(pattern, serial) is not None
    except re.error:
        return None


def serial_fold(serial: str) -> str:
    """Return the form all look-alikes of a serial number share: O as 0, I and L as 1."""
    return clean_serial(serial).translate(_FOLD)


def serial_lookalikes(serial: str) -> set[str]:
    """Return the cleaned serial number with every form a reader may take it for (O/0, I/1/L).

    The forms with the fewest changed characters come first; at most 512 are returned, always with the
    number itself and the form of all digits.
    """
    clean = clean_serial(serial)
    forms = {clean, clean.translate(_FOLD)}
    places = [(at, _LOOKALIKES[char]) for at, char in enumerate(clean) if char in _LOOKALIKES]
    # Each round changes one character more, so that a limit cuts off the least likely forms.
    ring = {clean}
    for _ in places:
        ring = {
            form[:at] + other + form[at + 1 :]
            for form in ring
            for at, choices in places
            if form[at] == clean[at]
            for other in choices
            if other != clean[at]
        }
        if len(forms) + len(ring) > _MOST_LOOKALIKES:
            forms.update(sorted(ring - forms)[: _MOST_LOOKALIKES - len(forms)])
            return forms
        forms |= ring
    return forms


def judge_tusn(text: str, context: Context) -> Judgement:
    """Judge a UnionPay terminal serial: maker (6), device type 01-11, then the hardware serial."""
    tusn = compact(text)
    if not tusn:
        return refuse("tusn_empty")
    if not is_code(tusn):
        return refuse("tusn_characters")
    if not _TUSN.fullmatch(tusn) and not 8 <= len(tusn) <= 50:
        return refuse("tusn_length", str(len(tusn)))
    findings = []
    if not _TUSN.fullmatch(tusn):
        findings.append(warn("tusn_form"))
    if context.serial:
        serial = re.sub(r"[-/.]", "", clean_serial(context.serial))
        same = tusn.endswith(serial)
        findings.append(inform("tusn_matches_serial") if same else warn("tusn_other_serial"))
    return verdict(tusn, findings)


def judge_imei(text: str, context: Context) -> Judgement:
    """Judge an IMEI: 15 digits with a Luhn check digit."""
    imei = compact(text)
    if not imei:
        return refuse("imei_empty")
    if not is_digits(imei) or len(imei) != 15:
        return refuse("imei_form", str(len(imei)))
    return verdict(imei) if _luhn(imei) else refuse("imei_check")


def judge_iccid(text: str, context: Context) -> Judgement:
    """Judge the number of a SIM card: 19 or 20 digits from 89 on, Luhn (ITU-T E.118).

    Carriers print numbers that keep neither rule, so that everything readable is only a warning.
    """
    iccid = compact(text)
    if not iccid:
        return refuse("iccid_empty")
    if not is_code(iccid):
        return refuse("iccid_characters")
    if len(iccid) not in (19, 20):
        return verdict(iccid, [warn("iccid_length", str(len(iccid)))])
    if not is_digits(iccid) or not iccid.startswith("89"):
        return verdict(iccid, [warn("iccid_form")])
    return verdict(iccid, [] if _luhn(iccid) else [warn("iccid_check")])


def judge_iot_msisdn(text: str, context: Context) -> Judgement:
    """Judge the call number of an IoT SIM: 11 or 13 digits."""
    number = compact(text)
    if not number:
        return refuse("iot_msisdn_empty")
    fits = is_digits(number) and len(number) in (11, 13)
    return verdict(number, [] if fits else [warn("iot_msisdn_form")])


def judge_seal_no(text: str, context: Context) -> Judgement:
    """Judge the number of a seal or a bag: 6 to 20 characters, used once and never again."""
    seal = compact(text)
    if not seal:
        return refuse("seal_no_empty")
    if not is_code(seal) or not 6 <= len(seal) <= 20:
        return refuse("seal_no_form", str(len(seal)))
    return refuse("seal_no_reused") if seal in context.used_seals else verdict(seal)


def judge_waybill_no(text: str, context: Context) -> Judgement:
    """Judge a carrier's waybill number: 8 to 20 characters; carriers differ, so only a warning."""
    waybill = compact(text)
    fits = is_code(waybill) and 8 <= len(waybill) <= 20
    return verdict(waybill, [] if fits else [warn("waybill_no_form")])


def judge_staff_no(text: str, context: Context) -> Judgement:
    """Judge a staff number: 1 to 16 digits or letters, as the personnel office gives them."""
    number = compact(text)
    if not number:
        return refuse("staff_no_empty")
    return verdict(number) if is_code(number) and len(number) <= 16 else refuse("staff_no_form")


def judge_pickup_code(text: str, context: Context) -> Judgement:
    """Judge the form of a pickup code: 6 digits. The refusal never repeats what was typed."""
    code = compact(text)
    return verdict(code) if is_digits(code) and len(code) == 6 else refuse("pickup_code_form")


def _luhn(digits: str) -> bool:
    from stdnum import luhn  # loads ssl along the way, 50 ms that the first window need not wait for

    return bool(luhn.is_valid(digits))
