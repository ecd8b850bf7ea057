"""Own numbers and the meaning of scans."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_11_10, mod_37_36

from deskapp.rules.numbers import (
    COMMANDS,
    DANGEROUS_COMMANDS,
    DOCUMENT_KINDS,
    LABEL_KINDS,
    PROBLEMS,
    TOKEN_ALPHABET,
    ScanKind,
    is_own_number,
    is_scan_burst,
    make,
    make_label,
    matches_short,
    parse_scan,
    payload,
    short_fragment,
    slip_payload,
)

DAY = date(2025, 3, 14)
ORDER = "R00123250314007D"
SLIP = make("K", 123, DAY, 7)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
PAPERS = st.builds(make, st.sampled_from("RTMKCQV"), st.integers(0, 99_999), DAYS, st.integers(0, 9_999))
LABELS = st.builds(make_label, st.sampled_from("DAPLU"), st.integers(0, 99_999), st.integers(0, 999_999))


def test_the_worked_examples_come_out() -> None:
    assert make("R", 123, DAY, 7) == ORDER
    assert make("M", 123, DAY, 2) == "M00123250314002R"
    assert make_label("D", 123, 71) == "D001230000711"
    assert make_label("D", 123, 17) == "D001230000176"


def test_the_sequence_of_a_day_widens_to_four_digits() -> None:
    assert len(make("R", 123, DAY, 999)) == 16
    assert len(make("R", 123, DAY, 1000)) == 17
    assert parse_scan(make("R", 123, DAY, 1000)).kind == "order"


@given(PAPERS)
def test_papers_carry_the_standard_check_character(number: str) -> None:
    assert mod_37_36.is_valid(number)
    assert is_own_number(number)


@given(LABELS)
def test_labels_carry_the_standard_check_digit_over_their_digits(number: str) -> None:
    assert mod_11_10.is_valid(number[1:])
    assert is_own_number(number)


@pytest.mark.parametrize(
    ("letter", "station", "sequence"),
    [("D", 1, 1), ("r", 1, 1), ("", 1, 1), ("RT", 1, 1), ("R", -1, 1), ("R", 100_000, 1), ("R", 1, 10_000)],
)
def test_what_does_not_fit_a_paper_number_is_never_made(letter: str, station: int, sequence: int) -> None:
    with pytest.raises(ValueError):
        make(letter, station, DAY, sequence)


@pytest.mark.parametrize(
    ("letter", "station", "sequence"),
    [("R", 1, 1), ("d", 1, 1), ("D", 100_000, 1), ("D", 1, 1_000_000), ("D", 1, -1), ("D", True, 1)],
)
def test_what_does_not_fit_a_label_number_is_never_made(letter: str, station: int, sequence: int) -> None:
    with pytest.raises(ValueError):
        make_label(letter, station, sequence)


def test_a_year_that_two_digits_cannot_tell_is_refused() -> None:
    with pytest.raises(ValueError):
        make("R", 1, date(1999, 12, 31), 1)


@pytest.mark.parametrize(("letter", "kind"), [*DOCUMENT_KINDS.items()])
def test_each_paper_letter_has_its_kind(letter: str, kind: ScanKind) -> None:
    scan = parse_scan(make(letter, 123, DAY, 7))
    assert (scan.kind, scan.token, scan.problem) == (kind, None, None)


@pytest.mark.parametrize(("letter", "kind"), [*LABEL_KINDS.items()])
def test_each_label_letter_has_its_kind(letter: str, kind: ScanKind) -> None:
    assert parse_scan(make_label(letter, 123, 71)).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        ORDER,
        ORDER.lower(),
        f"  {ORDER}\r\n",
        "Ｒ００１２３２５０３１４００７Ｄ",
        "R00123 250314 007 D",
        "R00123-250314-007-D",
        f"PS1:{ORDER}",
        f"ps1:{ORDER}",
        f"ＰＳ１：{ORDER}",
    ],
)
def test_an_order_number_is_read_however_it_arrives(text: str) -> None:
    scan = parse_scan(text)
    assert (scan.kind, scan.number, scan.problem) == ("order", ORDER, None)
    assert scan.raw == text


@given(st.one_of(PAPERS, LABELS), st.data())
def test_a_misread_character_is_noticed_and_never_guessed(number: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(number) - 1))
    other = data.draw(st.sampled_from("0123456789"))
    assume(number[place] != other)
    scan = parse_scan(number[:place] + other + number[place + 1 :])
    assert (scan.kind, scan.problem) == ("unknown", "check")


def test_swapped_digits_are_noticed() -> None:
    assert parse_scan("D001230000171").problem == "check"


def test_a_date_that_does_not_exist_is_no_number_of_ours() -> None:
    body = "R00123250230007"
    scan = parse_scan(body + mod_37_36.calc_check_digit(body))
    assert (scan.kind, scan.problem) == ("unknown", "date")
    assert not is_own_number(scan.raw)


def test_a_slip_code_gives_number_and_token() -> None:
    scan = parse_scan(slip_payload(SLIP, "AB2C3D4E"))
    assert (scan.kind, scan.number, scan.token, scan.problem) == ("slip", SLIP, "AB2C3D4E", None)
    assert "AB2C3D4E" not in repr(scan)


def test_a_slip_typed_without_token_is_still_the_slip() -> None:
    scan = parse_scan(SLIP)
    assert (scan.kind, scan.token) == ("slip", None)


@pytest.mark.parametrize("token", ["AB2C", "AB2C3D4EF", "AB2C-D4E"])
def test_a_damaged_token_is_told(token: str) -> None:
    scan = parse_scan(f"PS1:{SLIP}:{token}")
    assert (scan.kind, scan.token, scan.problem) == ("slip", None, "token")


def test_a_label_code_carries_its_order() -> None:
    scan = parse_scan(f"PS1:D001230000711:{ORDER}")
    assert (scan.kind, scan.number, scan.token) == ("label", "D001230000711", ORDER)


def test_a_manifest_code_carries_its_rest() -> None:
    scan = parse_scan("PS1:M00123250314002R:12/A:SEAL.7")
    assert (scan.kind, scan.number, scan.token) == ("manifest", "M00123250314002R", "12/A:SEAL.7")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("PS1:R00123250314007E", "check"),
        ("PS1:D001230000711:R00123250314007E", "check"),
        (f"PS2:{ORDER}", "version"),
        ("PS1:HELLO", "form"),
        ("PS1:", "form"),
        ("X:FORMAT", "command"),
        ("X:", "command"),
        ("", "empty"),
        (" \r\n", "empty"),
        ("你好", "ime"),
        ("A", "form"),
        ("HTTP://X.CN/?A=1", "form"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, problem: str) -> None:
    scan = parse_scan(text)
    assert (scan.kind, scan.problem) == ("unknown", problem)
    assert problem in PROBLEMS


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_commands_are_read_in_any_width_and_case(verb: str) -> None:
    for text in (f"X:{verb}", f"x:{verb.lower()}", f"Ｘ：{verb}"):
        scan = parse_scan(text)
        assert (scan.kind, scan.number) == ("command", verb)
    assert DANGEROUS_COMMANDS < COMMANDS


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("sn-1234/5.6", "SN-1234/5.6"),
        ("00012345", "00012345"),
        ("ＮＰ９００１２３４", "NP9001234"),
        ("S/N:NP9001234", "NP9001234"),
        ("Z00123250314007D", "Z00123250314007D"),
        ("000001" + "04" + "A" * 30, "000001" + "04" + "A" * 30),
    ],
)
def test_anything_else_in_the_form_of_a_serial_is_one(text: str, serial: str) -> None:
    scan = parse_scan(text)
    assert (scan.kind, scan.number) == ("serial", serial)


@pytest.mark.parametrize(
    "text",
    ["]C1010690123456789221ABC123\x1d10LOT", "(01)06901234567892(21)ABC123", "010690123456789221ABC123"],
)
def test_the_serial_of_a_carton_code_is_found(text: str) -> None:
    scan = parse_scan(text)
    assert (scan.kind, scan.number, scan.token) == ("serial", "ABC123", "06901234567892")


def test_a_carton_code_with_a_wrong_check_digit_is_only_a_serial() -> None:
    assert parse_scan("010690123456789321ABC123").number == "010690123456789321ABC123"


def test_full_width_input_betrays_the_input_method() -> None:
    assert parse_scan("Ｒ００１２３２５０３１４００７Ｄ").ime_suspected
    assert not parse_scan(ORDER).ime_suspected


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    scan = parse_scan(text)
    assert scan.raw == text
    assert (scan.kind == "unknown") == (scan.problem is not None and scan.problem != "token")


def test_extras_stay_in_the_alphabet_of_the_code() -> None:
    assert payload(ORDER) == ORDER
    assert payload("D001230000711", ORDER) == f"PS1:D001230000711:{ORDER}"
    for extra in ("", "abc", "中"):
        with pytest.raises(ValueError):
            payload(ORDER, extra)
    with pytest.raises(ValueError):
        payload("HELLO")


@pytest.mark.parametrize(("slip", "token"), [(ORDER, "AB2C3D4E"), (SLIP, "short"), (SLIP[:-1], "AB2C3D4E")])
def test_a_slip_code_needs_a_slip_and_a_token(slip: str, token: str) -> None:
    with pytest.raises(ValueError):
        slip_payload(slip, token)


def test_tokens_avoid_signs_that_look_alike() -> None:
    assert len(set(TOKEN_ALPHABET)) == 32
    assert not set("0O1I") & set(TOKEN_ALPHABET)


@pytest.mark.parametrize(
    ("typed", "fragment"),
    [("314007D", "314007D"), (" 314007d ", "314007D"), ("0000711", "0000711"), ("３１４００７ｄ", "314007D")],
)
def test_a_damaged_code_is_found_by_its_end(typed: str, fragment: str) -> None:
    assert short_fragment(typed) == fragment
    assert matches_short(ORDER, fragment) or matches_short("D001230000711", fragment)


@pytest.mark.parametrize("typed", ["", "14007D", "1314007D", "ABC123D", "中14007D"])
def test_other_lengths_are_no_short_entry(typed: str) -> None:
    assert short_fragment(typed) is None


@pytest.mark.parametrize(
    ("text", "gap", "is_scan"),
    [
        ("ABCDEF", 10, True),
        ("ABCDE", 10, False),
        ("X:OK", 10, True),
        ("X:O", 10, False),
        ("ABCDEF", 35, False),
    ],
)
def test_a_burst_is_a_scan_by_length_and_pace(text: str, gap: float, is_scan: bool) -> None:
    assert is_scan_burst(text, gap) is is_scan
