"""Judging what belongs to people and firms: phones, identity numbers, credit codes.

Phone numbers of China follow our own rule by form, because number portability and new ranges make
lists of operator prefixes wrong; foreign ones are left to phonenumbers.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from deskapp.clock import shop_day, system_clock
from deskapp.rules.identifier_cleaning import compact, is_digits, without_blanks
from deskapp.rules.identifier_types import Context, Judgement, refuse, verdict, warn

_MOBILE: Final = re.compile(r"0?(1[3-9][0-9]{9})")
_SERVICE: Final = re.compile(r"95[0-9]{3,4}|400[0-9]{7}|800[0-9]{7}|1[0-9]{4}")
_LANDLINE: Final = re.compile(r"(0[1-9][0-9]{1,2})-?([0-9]{7,8})(?:-([0-9]{1,6}))?")
_UNBROKEN: Final = re.compile(r"(0(?:10|2[0-9]|[3-9][0-9]{2}))([0-9]{7,8})(?:-([0-9]{1,6}))?")
_EXTENSION: Final = re.compile(r"(?:转|分机|EXT\.?|X|#|,)+")
_CHINA: Final = re.compile(r"(?:\+|00)?86-*")

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS: Final = "10X98765432"
_USCC: Final = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")


class Phone(NamedTuple):
    """A read phone number. `kind` is mobile, landline, service or foreign; `area` that of a landline."""

    kind: str
    number: str
    area: str = ""
    extension: str = ""

    @property
    def value(self) -> str:
        """Return the number as it is kept: digits, an extension behind one hyphen."""
        return f"{self.number}-{self.extension}" if self.extension else self.number


def read_phone(text: str) -> Phone | None:
    """Return the phone number in a text, None when it is none.

    Country code 86, blanks, hyphens and brackets go; a landline keeps its leading 0.
    """
    clean = _EXTENSION.sub("-", without_blanks(text)).replace("(", "").replace(")", "-").strip("-")
    if clean.startswith(("+", "00")) and not _CHINA.match(clean):
        return _read_foreign(clean)
    local = _read_local(clean)
    prefix = _CHINA.match(clean)
    if local is None and prefix:
        rest = clean[prefix.end() :]
        local = _read_local(rest) or _read_local(f"0{rest}")
    return local


def _read_local(clean: str) -> Phone | None:
    digits = clean.replace("-", "")
    if not is_digits(digits):
        return None
    mobile = _MOBILE.fullmatch(digits)
    if mobile:
        return Phone("mobile", mobile[1])
    if _SERVICE.fullmatch(digits):
        return Phone("service", digits)
    # As written first: only the hyphens tell an extension from the end of the number.
    for form, candidate in ((_UNBROKEN, clean), (_LANDLINE, clean), (_UNBROKEN, digits)):
        found = form.fullmatch(candidate)
        if found:
            return Phone("landline", found[1] + found[2], found[1], found[3] or "")
    return None


def _read_foreign(clean: str) -> Phone | None:
    import phonenumbers  # loads slowly; most branches never see a foreign number

    digits = clean[1:] if clean.startswith("+") else clean[2:]
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    if not re.fullmatch(r"[0-9\-]+", digits) or not phonenumbers.is_possible_number(number):
        return None
    return Phone("foreign", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def judge_phone(text: str, context: Context) -> Judgement:
    """Judge any number where somebody can be reached: mobile, landline, hotline or foreign."""
    if not compact(text):
        return refuse("phone_empty")
    phone = read_phone(text)
    if phone is None:
        return refuse("phone_form")
    if phone.kind == "foreign":
        return verdict(phone.value, [warn("phone_foreign")])
    return verdict(phone.value)


def judge_mobile(text: str, context: Context) -> Judgement:
    """Judge a Chinese mobile number, the only one a message can be sent to."""
    if not compact(text):
        return refuse("mobile_empty")
    phone = read_phone(text)
    if phone is None or phone.kind != "mobile":
        return refuse("mobile_form")
    return verdict(phone.value)


def judge_resident_id(text: str, context: Context) -> Judgement:
    """Judge a resident identity number (GB 11643-1999): form, date of birth, check character.

    The place of the first six digits is not looked up: tables of places are never complete. The full
    number is for the keyed hash only and is never kept.
    """
    number = compact(text)
    if not number:
        return refuse("resident_id_empty")
    if is_digits(number) and len(number) == 15:
        born = _day(f"19{number[6:12]}")
        return verdict(number, [warn("resident_id_old")]) if born else refuse("resident_id_date")
    if re.fullmatch(r"[0-9]{17}[0-9X]", number) is None:
        return refuse("resident_id_form", str(len(number)))
    born = _day(number[6:14])
    if born is None:
        return refuse("resident_id_date")
    if born > (context.today or shop_day(system_clock())):
        return refuse("resident_id_future")
    if number[17] != _id_check(number):
        return refuse("resident_id_check")
    return verdict(number)


def has_resident_id_form(number: str) -> bool:
    """Return whether 18 characters are a resident identity number by date and check character."""
    return (
        re.fullmatch(r"[0-9]{17}[0-9X]", number) is not None
        and _day(number[6:14]) is not None
        and number[17] == _id_check(number)
    )


def _id_check(number: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def _day(yyyymmdd: str) -> date | None:
    """Return a date of birth, None when there is no such day or nobody alive was born on it.

    The narrow span of years matters to the card filter: with any year, fifty times as many cards of
    18 digits would pass for identity numbers.
    """
    try:
        born = date(int(yyyymmdd[:4]), int(yyyymmdd[4:6]), int(yyyymmdd[6:]))
    except ValueError:
        return None
    return born if 1900 <= born.year <= 2099 else None


def judge_uscc(text: str, context: Context) -> Judgement:
    """Judge a unified social credit code (GB 32100-2015); a sole trader may have none."""
    code = compact(text)
    if not code:
        return verdict("", [warn("uscc_empty")])
    if len(code) != 18:
        return refuse("uscc_length", str(len(code)))
    if _USCC.fullmatch(code) is None:
        return refuse("uscc_characters")
    from stdnum.cn import uscc  # see identifier_device._luhn

    # Only its check character: its form knows no registering office that is a letter (N, Y).
    return verdict(code) if uscc.calc_check_digit(code[:17]) == code[17] else refuse("uscc_check")
