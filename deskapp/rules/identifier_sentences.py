"""The English sentence for each code of a judgement; the catalogue has the Chinese ones."""

from __future__ import annotations

from typing import Final

from deskapp.errors import N_
from deskapp.rules.identifier_types import Judgement

SENTENCES: Final = {
    "ok": N_("In order."),
    "merchant_no_empty": N_("No merchant number yet. It can be added later."),
    "merchant_no_characters": N_("A merchant number has digits only; please check it."),
    "merchant_no_length": N_("A merchant number has 15 characters; this one has {detail}."),
    "merchant_no_letters": N_("This merchant number has letters. That is rare; please compare it again."),
    "merchant_no_other_acquirer": N_(
        "This merchant number begins with {detail}: is it a terminal of another acquirer?"
    ),
    "merchant_no_region": N_("The region {detail} in this merchant number is not in our table."),
    "merchant_no_category": N_("The category {detail} in this merchant number is not in our table."),
    "terminal_no_empty": N_("Please enter the terminal number."),
    "terminal_no_characters": N_("A terminal number has digits only; please check it."),
    "terminal_no_length": N_("A terminal number has 8 characters; this one has {detail}."),
    "terminal_no_letters": N_("This terminal number has letters. That is rare; please compare it again."),
    "terminal_no_in_use": N_(
        "This terminal number is bound to another terminal of the merchant. "
        "Please check both; set the terminal apart if in doubt."
    ),
    "terminal_no_from_case": N_(
        "This was scanned from the case: is it the terminal number or the serial number?"
    ),
    "serial_no_empty": N_("Please scan or enter the serial number."),
    "serial_no_characters": N_("A serial number has only letters, digits and - / . ; please check it."),
    "serial_no_length": N_("A serial number has 5 to 30 characters; this one has {detail}."),
    "serial_no_model_pattern": N_(
        "This serial number does not look like those of the model. Please compare it."
    ),
    "serial_no_own_number": N_("This is a number of ours, not the serial number of the maker."),
    "serial_no_like_card": N_(
        "This may be a payment card number. Please scan the serial number from the case."
    ),
    "serial_no_lookalike": N_("A serial number that looks the same is known: {detail}. O or 0, I or 1?"),
    "tusn_empty": N_("Please enter the UnionPay terminal serial (TUSN)."),
    "tusn_characters": N_("A TUSN has only letters and digits; please check it."),
    "tusn_length": N_("A TUSN has 8 to 50 characters; this one has {detail}."),
    "tusn_form": N_("This TUSN does not have the usual structure. Please compare it again."),
    "tusn_matches_serial": N_("The TUSN ends with the serial number, as it should."),
    "tusn_other_serial": N_(
        "The TUSN does not end with the serial number of this terminal. Please compare both."
    ),
    "imei_empty": N_("Please enter the IMEI."),
    "imei_form": N_("An IMEI has 15 digits; please check it."),
    "imei_check": N_("The check digit of this IMEI is wrong. Please enter it again."),
    "iccid_empty": N_("Please enter the number of the SIM card (ICCID)."),
    "iccid_characters": N_("An ICCID has only letters and digits; please check it."),
    "iccid_length": N_("An ICCID has 19 or 20 digits; this one has {detail}. Please compare it."),
    "iccid_form": N_("An ICCID usually has digits only and begins with 89. Please compare it."),
    "iccid_check": N_("The check digit of this ICCID is wrong. Please compare it."),
    "iot_msisdn_empty": N_("Please enter the call number of the IoT card."),
    "iot_msisdn_form": N_("The call number of an IoT card has 11 or 13 digits. Please compare it."),
    "seal_no_empty": N_("Please enter the seal number."),
    "seal_no_form": N_("A seal number has 6 to 20 letters and digits; please check it."),
    "seal_no_reused": N_("This seal number has been used before. Every seal is used only once."),
    "waybill_no_form": N_("A waybill number usually has 8 to 20 letters and digits. Please compare it."),
    "staff_no_empty": N_("Please enter the staff number."),
    "staff_no_form": N_("A staff number has at most 16 letters and digits; please check it."),
    "pickup_code_form": N_("A pickup code has 6 digits."),
    "phone_empty": N_("Please enter a phone number."),
    "phone_form": N_(
        "This is not a phone number: please give a mobile, a landline with area code, or a hotline."
    ),
    "phone_foreign": N_("This is a foreign phone number. Please compare it again."),
    "mobile_empty": N_("Please enter a mobile number."),
    "mobile_form": N_("This is not a Chinese mobile number: it has 11 digits and begins with 13 to 19."),
    "resident_id_empty": N_("Please enter the identity card number."),
    "resident_id_form": N_("An identity card number has 18 characters: 17 digits and a digit or X."),
    "resident_id_date": N_("The date of birth in this identity card number does not exist."),
    "resident_id_future": N_("The date of birth in this identity card number lies in the future."),
    "resident_id_check": N_(
        "The last character of this identity card number does not fit. Please enter it again."
    ),
    "resident_id_old": N_("This is an old number of 15 digits. Please ask for the new identity card."),
    "uscc_empty": N_("No unified social credit code. A sole trader may have none."),
    "uscc_length": N_("A unified social credit code has 18 characters; this one has {detail}."),
    "uscc_characters": N_(
        "A unified social credit code has digits and capital letters without I, O, S, V, Z."
    ),
    "uscc_check": N_("The last character of this credit code does not fit. Please enter it again."),
    "card_number_found": N_("Please do not enter card numbers ({detail}). The last four digits are enough."),
    "secret_code_possible": N_("This may be a password, PIN or security code. Please remove it if it is."),
    "key_material_found": N_("This looks like a key. Keys must never be entered here."),
    "key_material_possible": N_("This may be a key or part of one. Please remove it if it is."),
    "name_empty": N_("Please enter a name."),
    "name_too_long": N_("A name has at most 60 characters; this one has {detail}."),
    "text_too_long": N_("This text is too long ({detail} characters)."),
    "text_control_character": N_("This text has an invisible control character. Please type it again."),
    "text_direction_mark": N_(
        "This text has an invisible mark that turns the reading direction. Please type it again."
    ),
    "text_broken_character": N_("This text has a broken character. Please type it again."),
    "text_unprintable": N_(
        "One character ({detail}) may not appear on paper. Please choose another form of it."
    ),
}
"""Sentence for each code of `judge`; placeholders are `{value}` and `{detail}`."""


def sentence(judgement: Judgement) -> tuple[str, dict[str, object]]:
    """Return the message id for a judgement and the values for its placeholders."""
    return SENTENCES[judgement.code], {"value": judgement.value or "", "detail": judgement.detail}
