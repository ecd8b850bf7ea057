"""Judging identifiers: every sample of the rules, and the ways people and scanners write them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import uscc

from deskapp.rules.identifiers import (
    KINDS,
    SENTENCES,
    Context,
    Judgement,
    Severity,
    is_guessable_pickup_code,
    judge,
    sentence,
    serial_fold,
    serial_lookalikes,
)
from deskapp.rules.numbers import make, make_label

CATALOGUE = Path(__file__).parents[2] / "resources" / "locale" / "zh_CN" / "identifiers.po"
TODAY = Context(today=date(2025, 3, 14))
OWN_RECEIPT = next(
    number
    for number in (make("C", 123, date(2025, 3, 14), sequence) for sequence in range(1, 99))
    if set(number) <= set("0123456789ABCDEF") and len(number) == 16
)

OK = [
    ("merchant_no", "100391053110001", "100391053110001"),
    ("merchant_no", "403391053110001", "403391053110001"),
    ("merchant_no", "１００３９１０５３１１０００１", "100391053110001"),
    ("merchant_no", " 100-3910-5311-0001 ", "100391053110001"),
    ("terminal_no", "12345678", "12345678"),
    ("terminal_no", "1234 5678", "12345678"),
    ("terminal_no", "１２３４５６７８", "12345678"),
    ("serial_no", "np9001234", "NP9001234"),
    ("serial_no", " NP-900/12.3 ", "NP-900/12.3"),
    ("serial_no", "N P 9 0 0\x00\t1", "NP9001"),
    ("serial_no", "ＳＮ－１２３４", "SN-1234"),
    ("serial_no", "12345", "12345"),
    ("serial_no", "A" * 30, "A" * 30),
    ("tusn", "00000104NP9001234", "00000104NP9001234"),
    ("tusn", "00001111A", "00001111A"),
    ("imei", "490154203237518", "490154203237518"),
    ("imei", "49-015420-323751-8", "490154203237518"),
    ("phone", "138 0013-8000", "13800138000"),
    ("phone", "+8613800138000", "13800138000"),
    ("phone", "008613800138000", "13800138000"),
    ("phone", "8613800138000", "13800138000"),
    ("phone", "+86 138 0013 8000", "13800138000"),
    ("phone", "１３８００１３８０００", "13800138000"),
    ("phone", "19912345678", "19912345678"),
    ("phone", "0591-87654321", "059187654321"),
    ("phone", "(0591)87654321", "059187654321"),
    ("phone", "（0591）8765 4321", "059187654321"),
    ("phone", "+86 591 8765 4321", "059187654321"),
    ("phone", "+86-10-12345678", "01012345678"),
    ("phone", "0591-87654321-8001", "059187654321-8001"),
    ("phone", "059187654321转8001", "059187654321-8001"),
    ("phone", "0591-8765432-1", "05918765432-1"),
    ("phone", "95580", "95580"),
    ("phone", "955801", "955801"),
    ("phone", "400-810-1234", "4008101234"),
    ("phone", "800 810 1234", "8008101234"),
    ("phone", "11185", "11185"),
    ("mobile", "138 0013-8000", "13800138000"),
    ("mobile", "+8613800138000", "13800138000"),
    ("resident_id", "34052419800101001X", "34052419800101001X"),
    ("resident_id", "34052419800101001x", "34052419800101001X"),
    ("resident_id", "370101190102039973", "370101190102039973"),
    ("resident_id", "11010519491231002X", "11010519491231002X"),
    ("resident_id", "110105 19491231 002Ｘ", "11010519491231002X"),
    ("uscc", "91350100M000100Y43", "91350100M000100Y43"),
    ("uscc", "91350100m000100y43", "91350100M000100Y43"),
    ("uscc", "9135 0100 M000 100Y43", "91350100M000100Y43"),
    ("seal_no", "ab123456", "AB123456"),
    ("seal_no", "A" * 20, "A" * 20),
    ("waybill_no", "EB123456789CN", "EB123456789CN"),
    ("staff_no", "0591023", "0591023"),
    ("pickup_code", "12 34 56", "123456"),
    ("iot_msisdn", "1440123456789", "1440123456789"),
    ("name", " 张　三 ", "张 三"),
    ("name", "福州㛃𬭎商贸（鼓楼）有限公司", "福州㛃𬭎商贸（鼓楼）有限公司"),
    ("name", "阿卜杜拉·买买提", "阿卜杜拉·买买提"),
    ("note", "按键失灵\r\n已换纸", "按键失灵\n已换纸"),
    ("note", "", ""),
    ("note", "字" * 2000, "字" * 2000),
    ("note", "密码键盘失灵，编号 1234", "密码键盘失灵，编号 1234"),
    ("card_number_in_text", "卡尾号 1234，电话 13800138000", "卡尾号 1234，电话 13800138000"),
]

WARNINGS = [
    ("merchant_no", "102581083986056", "102581083986056", "merchant_no_other_acquirer"),
    ("merchant_no", "10039105311000A", "10039105311000A", "merchant_no_letters"),
    ("merchant_no", "10039105311000a", "10039105311000A", "merchant_no_letters"),
    ("merchant_no", "", "", "merchant_no_empty"),
    ("terminal_no", "1234567a", "1234567A", "terminal_no_letters"),
    ("serial_no", "D001230000711", "D001230000711", "serial_no_own_number"),
    ("serial_no", "4111111111111111", "4111111111111111", "serial_no_like_card"),
    ("tusn", "00000112NP9001234", "00000112NP9001234", "tusn_form"),
    ("tusn", "ABCDEFGH", "ABCDEFGH", "tusn_form"),
    ("iccid", "8986001234567890123", "8986001234567890123", "iccid_check"),
    ("iccid", "8886001234567890123", "8886001234567890123", "iccid_form"),
    ("iccid", "898600MF123456789012", "898600MF123456789012", "iccid_form"),
    ("iccid", "898600123456789012", "898600123456789012", "iccid_length"),
    ("iot_msisdn", "144012345678", "144012345678", "iot_msisdn_form"),
    ("phone", "+1 415-555-2671", "+14155552671", "phone_foreign"),
    ("phone", "+852 9123 4567", "+85291234567", "phone_foreign"),
    ("phone", "00852 9123 4567", "+85291234567", "phone_foreign"),
    ("resident_id", "110105491231002", "110105491231002", "resident_id_old"),
    ("uscc", "", "", "uscc_empty"),
    ("waybill_no", "1234567", "1234567", "waybill_no_form"),
    ("waybill_no", "", "", "waybill_no_form"),
    ("note", "客户说密码是123456", "客户说密码是123456", "secret_code_possible"),
    ("note", "卡背面CVV: 123", "卡背面CVV: 123", "secret_code_possible"),
    ("note", "CVV2 is 123", "CVV2 is 123", "secret_code_possible"),
    ("card_number_in_text", "PIN 123456", "PIN 123456", "secret_code_possible"),
    ("note", "参考号 1234567890123456", "参考号 1234567890123456", "key_material_possible"),
    ("key_material", "1234567890123456", "1234567890123456", "key_material_possible"),
    ("name", "张\ue000", "张\ue000", "text_unprintable"),
]

ERRORS = [
    ("merchant_no", "10058108398605", "merchant_no_length"),
    ("merchant_no", "1003910531100011", "merchant_no_length"),
    ("merchant_no", "10039105311000中", "merchant_no_characters"),
    ("merchant_no", "10039105311000.", "merchant_no_characters"),
    ("merchant_no", "٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠", "merchant_no_characters"),
    ("terminal_no", "1234567", "terminal_no_length"),
    ("terminal_no", "123456789", "terminal_no_length"),
    ("terminal_no", "1234567$", "terminal_no_characters"),
    ("terminal_no", " ", "terminal_no_empty"),
    ("serial_no", "1234", "serial_no_length"),
    ("serial_no", "A" * 31, "serial_no_length"),
    ("serial_no", "-12345", "serial_no_characters"),
    ("serial_no", "机身号12345", "serial_no_characters"),
    ("serial_no", "ABC_123", "serial_no_characters"),
    ("serial_no", "", "serial_no_empty"),
    ("tusn", "1234567", "tusn_length"),
    ("tusn", "1" * 51, "tusn_length"),
    ("tusn", "00000104NP.001234", "tusn_characters"),
    ("imei", "490154203237519", "imei_check"),
    ("imei", "49015420323751", "imei_form"),
    ("imei", "4901542032375180", "imei_form"),
    ("imei", "49015420323751A", "imei_form"),
    ("iccid", "", "iccid_empty"),
    ("phone", "12345678901", "phone_form"),
    ("phone", "1380013800", "phone_form"),
    ("phone", "87654321", "phone_form"),
    ("phone", "0591-876543", "phone_form"),
    ("phone", "13800138000a", "phone_form"),
    ("phone", "+123", "phone_form"),
    ("phone", "00000000000", "phone_form"),
    ("phone", "中", "phone_form"),
    ("phone", "", "phone_empty"),
    ("mobile", "95580", "mobile_form"),
    ("mobile", "0591-87654321", "mobile_form"),
    ("mobile", "+852 9123 4567", "mobile_form"),
    ("mobile", "12345678901", "mobile_form"),
    ("resident_id", "110105194912310021", "resident_id_check"),
    ("resident_id", "11010519491331002X", "resident_id_date"),
    ("resident_id", "110105190002290020", "resident_id_date"),
    ("resident_id", "110105189912310028", "resident_id_date"),
    ("resident_id", "110105209901010018", "resident_id_future"),
    ("resident_id", "1101051949123100", "resident_id_form"),
    ("resident_id", "1101051949X2310021", "resident_id_form"),
    ("resident_id", "110105491331002", "resident_id_date"),
    ("uscc", "91350100M000100Y4Z", "uscc_characters"),
    ("uscc", "91350100M000100Y44", "uscc_check"),
    ("uscc", "91350100M000100Y4", "uscc_length"),
    ("uscc", "91350100I000100Y43", "uscc_characters"),
    ("seal_no", "12345", "seal_no_form"),
    ("seal_no", "A" * 21, "seal_no_form"),
    ("seal_no", "封签123456", "seal_no_form"),
    ("staff_no", "工号1", "staff_no_form"),
    ("pickup_code", "12345", "pickup_code_form"),
    ("pickup_code", "12345A", "pickup_code_form"),
    ("card_number_in_text", "卡号4111111111111111", "card_number_found"),
    ("note", "卡号 6222 0212 3456 7890 128", "card_number_found"),
    ("name", "4111-1111-1111-1111", "card_number_found"),
    ("key_material", "0123456789ABCDEF", "key_material_found"),
    ("note", "主密钥 0123456789abcdef fedcba9876543210", "key_material_found"),
    ("note", "0123 4567 89AB CDEF", "key_material_found"),
    ("note", "01 23 45 67 89 AB CD EF", "key_material_found"),
    ("name", " ", "name_empty"),
    ("name", "张\x07三", "text_control_character"),
    ("name", "张\u202e三", "text_direction_mark"),
    ("name", "字" * 61, "name_too_long"),
    ("note", "字" * 2001, "text_too_long"),
    ("symptom_words", "字" * 201, "text_too_long"),
    ("note", "abc\x00", "text_control_character"),
    ("note", "\ud800", "text_broken_character"),
]


@pytest.mark.parametrize(("kind", "text", "value"), OK)
def test_what_is_in_order_is_normalised(kind: str, text: str, value: str) -> None:
    judgement = judge(kind, text, context=TODAY)
    assert (judgement.value, judgement.severity, judgement.code) == (value, "ok", "ok")


@pytest.mark.parametrize(("kind", "text", "value", "code"), WARNINGS)
def test_what_is_odd_is_kept_with_a_warning(kind: str, text: str, value: str, code: str) -> None:
    judgement = judge(kind, text, context=TODAY)
    assert (judgement.value, judgement.severity, judgement.code) == (value, "warning", code)


@pytest.mark.parametrize(("kind", "text", "code"), ERRORS)
def test_what_is_wrong_blocks_saving(kind: str, text: str, code: str) -> None:
    judgement = judge(kind, text, context=TODAY)
    assert (judgement.value, judgement.severity, judgement.code) == (None, "error", code)
    assert judgement.blocks


def test_a_future_birthday_is_noticed_without_being_told_the_day() -> None:
    assert judge("resident_id", "110105209901010018").code == "resident_id_future"


def test_an_iccid_with_a_right_check_digit_is_in_order() -> None:
    body = "898600123456789012"
    assert judge("iccid", body + luhn.calc_check_digit(body)).severity == "ok"


def test_credit_codes_of_every_registering_office_are_read() -> None:
    body = "N2350100MA1000100"
    assert judge("uscc", body + uscc.calc_check_digit(body)).severity == "ok"


def test_severities_are_ordered_by_weight_not_by_alphabet() -> None:
    assert Severity.OK < Severity.INFO < Severity.WARNING < Severity.ERROR
    assert max(Severity) is Severity.ERROR
    assert sorted(Severity, reverse=True)[0] is Severity.ERROR
    assert Severity.WARNING >= Severity.WARNING
    assert Severity.OK == "ok"


def test_an_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(ValueError):
        judge("shoe_size", "42")


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=80))
def test_no_text_breaks_a_judge(kind: str, text: str) -> None:
    judgement = judge(kind, text)
    assert (judgement.value is None) == (judgement.severity is Severity.ERROR)
    message, values = sentence(judgement)
    assert message.format(**values)


@given(st.sampled_from(sorted(KINDS)), st.text("0123456789ABCXabx+- ()０１", max_size=40))
def test_judging_a_normalised_value_again_changes_nothing(kind: str, text: str) -> None:
    first = judge(kind, text)
    if first.value is not None:
        again = judge(kind, first.value)
        assert (again.value, again.severity, again.code) == (first.value, first.severity, first.code)


def test_a_judgement_shows_no_personal_number_in_its_representation() -> None:
    assert "13800138000" not in repr(judge("phone", "13800138000"))


# ---------------------------------------------------------------- what the surroundings add


def test_the_own_acquirers_are_a_setting() -> None:
    context = Context(own_acquirer_prefixes=frozenset({"102"}))
    assert judge("merchant_no", "102581083986056", context=context).severity == "ok"
    assert judge("merchant_no", "100391053110001", context=context).code == "merchant_no_other_acquirer"


def test_unknown_regions_and_categories_only_inform() -> None:
    regions = Context(merchant_regions=frozenset({"5810"}))
    assert judge("merchant_no", "100391053110001", context=regions) == Judgement(
        "100391053110001", Severity.INFO, "merchant_no_region", "3910"
    )
    categories = Context(merchant_categories=frozenset({"8398"}))
    assert judge("merchant_no", "100391053110001", context=categories).detail == "5311"
    assert judge("merchant_no", "102391053110001", context=regions).code == "merchant_no_other_acquirer"


def test_a_terminal_number_bound_elsewhere_is_questioned() -> None:
    context = Context(open_terminal_nos=frozenset({"12345678"}))
    assert judge("terminal_no", "12345678", context=context).code == "terminal_no_in_use"
    scanned = Context(from_case_barcode=True)
    assert judge("terminal_no", "12345678", context=scanned).code == "terminal_no_from_case"


def test_the_pattern_of_the_model_overrides_the_general_form() -> None:
    context = Context(serial_pattern=r"NP[0-9]{7}")
    assert judge("serial_no", "np9001234", context=context).severity == "ok"
    other = judge("serial_no", "AB9001234", context=context)
    assert (other.severity, other.code) == ("warning", "serial_no_model_pattern")
    short = Context(serial_pattern=r"[0-9]{4}")
    assert judge("serial_no", "1234", context=short).severity == "ok"
    assert judge("serial_no", "123", context=short).severity == "error"
    broken = Context(serial_pattern="[")
    assert judge("serial_no", "1234567", context=broken).severity == "ok"


def test_a_serial_that_looks_like_a_known_one_is_questioned() -> None:
    context = Context(known_serials=frozenset({"NP9001234"}))
    assert judge("serial_no", "NP9OOI234", context=context) == Judgement(
        "NP9OOI234", Severity.WARNING, "serial_no_lookalike", "NP9001234"
    )
    assert judge("serial_no", "NP9001234", context=context).severity == "ok"


def test_a_known_serial_is_no_card_number() -> None:
    context = Context(known_serials=frozenset({"4111111111111111"}))
    assert judge("serial_no", "4111111111111111", context=context).severity == "ok"
    assert judge("note", "换下 4111111111111111", context=context).severity == "ok"


def test_the_end_of_a_tusn_is_compared_with_the_serial() -> None:
    same = judge("tusn", "00000104NP9001234", context=Context(serial="NP-9001234"))
    assert (same.severity, same.code) == ("info", "tusn_matches_serial")
    other = judge("tusn", "00000104NP9001234", context=Context(serial="NP9001235"))
    assert (other.severity, other.code) == ("warning", "tusn_other_serial")


def test_a_seal_is_used_only_once() -> None:
    context = Context(used_seals=frozenset({"AB123456"}))
    assert judge("seal_no", "ab 123456", context=context).code == "seal_no_reused"


# ---------------------------------------------------------------- look-alikes


def test_lookalikes_hold_every_reading_of_a_serial() -> None:
    forms = serial_lookalikes("ab0i")
    assert forms == {f"AB{o}{i}" for o in "0O" for i in "1IL"}
    assert serial_lookalikes("XY-23") == {"XY-23"}


@given(st.text("01OIL2AB-", max_size=30))
def test_lookalikes_share_one_fold_and_stay_few(serial: str) -> None:
    forms = serial_lookalikes(serial)
    assert serial in forms
    assert serial_fold(serial) in forms
    assert len(forms) <= 512
    assert {serial_fold(form) for form in forms} == {serial_fold(serial)}


def test_a_serial_full_of_zeros_still_finds_the_form_with_one_letter() -> None:
    assert "0" * 29 + "O" in serial_lookalikes("0" * 30)


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("text", ["1234567890123456", "ABCDEFABCDEFABCD", "0123456789ABCDEF" * 3])
def test_a_key_load_field_refuses_everything_of_a_keys_length(text: str) -> None:
    assert judge("key_material", text, context=Context(key_load_field=True)).code == "key_material_found"


@pytest.mark.parametrize(
    "text",
    [
        "123456",  # a check value
        "A1B2C3",
        "0123456789ABCDE",
        "0123456789ABCDEF0",
        "X0123456789ABCDEF",
        OWN_RECEIPT,
        make_label("D", 123, 71),
        "018f3c5e-7b1a-7c3d-9e2f-0123456789ab",
        "add a face to dead beef",
        "",
    ],
)
def test_what_has_another_length_or_is_ours_is_no_key(text: str) -> None:
    assert judge("key_material", text).severity == "ok"
    assert judge("note", text).severity == "ok"


def test_letters_only_are_a_warning_outside_key_load_fields() -> None:
    assert judge("key_material", "ABCDEFABCDEFABCD").severity == "warning"


def test_a_known_serial_is_no_key() -> None:
    serial = "D1B0000123456789"
    assert judge("note", f"旧机 {serial}").severity == "error"
    assert (
        judge("note", f"旧机 {serial}", context=Context(known_serials=frozenset({serial}))).severity == "ok"
    )


# ---------------------------------------------------------------- pickup codes and sentences


def test_a_pickup_code_does_not_begin_with_what_is_known() -> None:
    for code in ("140000", "138000", "800012"):
        assert is_guessable_pickup_code(code, day=14, phone="138 0013 8000")
    assert not is_guessable_pickup_code("207731", day=14, phone="13800138000")
    assert not is_guessable_pickup_code("207731", day=14, phone="")


def test_every_code_that_can_be_given_has_a_sentence() -> None:
    for kind, text, *_ in (*OK, *WARNINGS, *ERRORS):
        judgement = judge(kind, text)
        message, values = sentence(judgement)
        assert message == SENTENCES[judgement.code]
        assert "{" not in message.format(**values)


def test_every_sentence_is_there_in_chinese() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_CN")
    for message in SENTENCES.values():
        entry = catalogue.get(message)
        assert entry is not None and entry.string
        assert ("{detail}" in entry.string) == ("{detail}" in message)
