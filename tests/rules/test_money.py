"""Amounts in words and figures."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.money import MAX_FEN, amount_in_words_cn, format_yuan, parse_yuan

WORDS = [
    (0, "零元整"),
    (5, "伍分"),
    (10, "壹角整"),
    (105, "壹元零伍分"),
    (1000, "壹拾元整"),
    (1005, "壹拾元零伍分"),
    (1050, "壹拾元零伍角整"),
    (1580, "壹拾伍元捌角整"),
    (10100, "壹佰零壹元整"),
    (32504, "叁佰贰拾伍元零肆分"),
    (100100, "壹仟零壹元整"),
    (101010, "壹仟零壹拾元零壹角整"),
    (140950, "壹仟肆佰零玖元伍角整"),
    (168032, "壹仟陆佰捌拾元零叁角贰分"),
    (600714, "陆仟零柒元壹角肆分"),
    (1000100, "壹万零壹元整"),
    (1640902, "壹万陆仟肆佰零玖元零贰分"),
    (10010000, "壹拾万零壹佰元整"),
    (10700053, "壹拾万柒仟元零伍角叁分"),
    (101000000, "壹佰零壹万元整"),
    (2000300040, "贰仟万叁仟元零肆角整"),
    (3000000005, "叁仟万元零伍分"),
    (10000000100, "壹亿零壹元整"),
    (10001000000, "壹亿零壹万元整"),
    (100010000000, "壹拾亿零壹拾万元整"),
    (12345678901, "壹亿贰仟叁佰肆拾伍万陆仟柒佰捌拾玖元零壹分"),
    (10000100000, "壹亿零壹仟元整"),
    (
        MAX_FEN,
        "玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
    ),
]


@pytest.mark.parametrize(("fen", "words"), WORDS)
def test_words_follow_the_filling_rules(fen: int, words: str) -> None:
    assert amount_in_words_cn(fen) == f"人民币{words}"


def read_words(words: str) -> int:
    """Read a capital form back, sign by sign: a number, a unit that multiplies it, a section that sums."""
    digits = {sign: value for value, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
    units = {"仟": 1000, "佰": 100, "拾": 10}
    total = section = digit = fen = 0
    for sign in words.removeprefix("人民币").removesuffix("整"):
        if sign in digits:
            digit = digits[sign]
        elif sign in units:
            section += digit * units[sign]
            digit = 0
        elif sign in "亿万":
            total += (section + digit) * (100_000_000 if sign == "亿" else 10_000)
            section = digit = 0
        elif sign == "元":
            total += section + digit
            digit = 0
        else:
            fen += digit * (10 if sign == "角" else 1)
            digit = 0
    return total * 100 + fen


AMOUNTS = st.one_of(
    st.integers(0, MAX_FEN),
    st.integers(0, 20_000_000),
    # Amounts with many zeros, where the rules are.
    st.lists(st.sampled_from("00001259"), min_size=1, max_size=14).map(lambda digits: int("".join(digits))),
)


@given(AMOUNTS)
def test_words_read_back_to_the_same_amount(fen: int) -> None:
    assert read_words(amount_in_words_cn(fen)) == fen


@given(AMOUNTS)
def test_words_keep_the_form_of_the_rules(fen: int) -> None:
    words = amount_in_words_cn(fen)
    assert words.startswith("人民币")
    assert "零零" not in words
    assert words.endswith("分") != words.endswith("整")
    assert words.endswith("分") == (fen % 10 != 0)
    assert re.search(r"(?<![壹贰叁肆伍陆柒捌玖])[仟佰拾]", words) is None
    assert not re.search(r"零[元万亿角分]", words) or fen == 0
    assert ("元" in words) == (fen >= 100 or fen == 0)


@pytest.mark.parametrize("amount", [-1, MAX_FEN + 1, 1.0, "1", None, True, False])
@pytest.mark.parametrize("function", [amount_in_words_cn, format_yuan])
def test_anything_but_fen_in_range_is_a_programming_error(function, amount) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        function(amount)


@pytest.mark.parametrize(
    ("fen", "figures"),
    [
        (0, "¥0.00"),
        (5, "¥0.05"),
        (123450, "¥1,234.50"),
        (99999, "¥999.99"),
        (100000000, "¥1,000,000.00"),
        (MAX_FEN, "¥999,999,999,999.99"),
    ],
)
def test_figures_have_sign_thousands_and_two_decimals(fen: int, figures: str) -> None:
    assert format_yuan(fen) == figures


@given(AMOUNTS)
def test_figures_are_read_back(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("12", 1200),
        ("12.5", 1250),
        ("12.05", 1205),
        (" ¥ 1,234.50 ", 123450),
        ("￥１，２３４．５０", 123450),
        ("12。5", 1250),
        ("８０元", 8000),
        ("RMB 80", 8000),
        ("1 234.50", 123450),
        ("007", 700),
        ("999999999999.99", MAX_FEN),
        ("0" * 5000 + "1", 100),
    ],
)
def test_typed_amounts_are_read_exactly(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_empty"),
        ("  ", "amount_empty"),
        ("¥", "amount_empty"),
        ("-1", "amount_negative"),
        ("－1", "amount_negative"),
        ("−1", "amount_negative"),
        ("1.234", "amount_decimals"),
        ("1.000", "amount_decimals"),
        ("1,23", "amount_form"),
        ("12,34.5", "amount_form"),
        ("1.", "amount_form"),
        (".5", "amount_form"),
        ("1.2.3", "amount_form"),
        ("1e5", "amount_form"),
        ("1_000", "amount_form"),
        ("十元", "amount_form"),
        ("٣", "amount_form"),
        ("nan", "amount_form"),
        ("+5", "amount_form"),
        ("1000000000000", "amount_too_large"),
        ("9" * 5000, "amount_too_large"),
    ],
)
def test_what_is_no_amount_is_refused_at_its_field(text: str, code: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_yuan(text)
    assert refusal.value.field == "amount"
    assert refusal.value.code == code
