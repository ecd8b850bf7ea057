"""Card numbers in text: what is caught, what is left alone, and how they are cut."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.card_numbers import find_card_numbers, strip_card_numbers
from deskapp.rules.identifiers import Context, judge
from deskapp.rules.numbers import make

VISA = "4111111111111111"


def with_luhn(body: str) -> str:
    """Return the body with its check digit, worked out from the right: every other digit doubled."""
    total = sum(
        digit if place % 2 else digit * 2 - 9 * (digit > 4)
        for place, digit in enumerate(int(sign) for sign in reversed(body))
    )
    return body + str(-total % 10)


def with_id_check(body: str) -> str:
    """Return 17 digits with the check character: powers of two modulo 11 weigh the digits."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


UNIONPAY = with_luhn("622202021234567890")

FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.mark.parametrize(
    "number",
    [
        VISA,
        with_luhn("411111111111"),
        with_luhn("411111111111111111"),
        UNIONPAY,
        with_luhn("621799123456789"),
        with_luhn("6217991234567890"),
        with_luhn("601112345678901"),
        with_luhn("810000123456789012"),
        with_luhn("955100123456789012"),
        "5555555555554444",
        "2221000000000009",
        with_luhn("272099999999999"),
        "378282246310005",
        "3530111333300000",
        "30569309025904",
        "38520000023237",
        with_luhn("3600000000000"),
    ],
)
def test_every_issuer_is_caught_in_its_lengths(number: str) -> None:
    assert find_card_numbers(f"卡号{number}。") == [(2, 2 + len(number), number[-4:])]


@pytest.mark.parametrize(
    "written",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111 - 1111 - 1111 - 1111",
        "4111\u30001111\u30001111\u30001111",
        "4111\u00a01111\u20091111\u200b1111",
        "4111–1111—1111−1111",
        "4111\t1111\t1111\t1111",
        "411111 1111111111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "４１１１　１１１１　１１１１　１１１１",
        "４１１１－１１１１－１１１１－１１１１",
        "④①①①①①①①①①①①①①①①",
        "٤١١١١١١١١١١١١١١١",
    ],
)
def test_no_way_of_writing_hides_a_number(written: str) -> None:
    text = f"客户的卡{written}刷不了"
    assert find_card_numbers(text) == [(4, 4 + len(written), "1111")]
    assert judge("card_number_in_text", text).severity == "error"


@pytest.mark.parametrize(
    "text",
    [
        f"PAN{VISA}",
        f"{VISA}=25121010000012300000",
        f"%B{VISA}^ZHANG/SAN^2512",
        f"13800138000 {VISA}",
        f"{VISA} 123",
        f"电话0591-87654321 {VISA} 12/27",
        f"批次000123\n{VISA}\n凭证000456",
    ],
)
def test_a_number_is_found_among_other_numbers(text: str) -> None:
    found = find_card_numbers(text)
    assert len(found) == 1
    assert VISA in text[found[0].start : found[0].end]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4111111111111112",  # wrong check digit
        "490154203237518",  # IMEI
        "89860012345678901230",  # SIM card
        "411111111111111",  # no Visa card has 15 digits
        "62220212345678",  # no UnionPay card has 14
        "41111111111111110000",  # 20 digits in one piece
        "4111 1111\n1111 1111",  # two lines are two numbers
        "4111,1111,1111,1111",
        "2025-03-14 10:30:00",
        "尾号 1111",
    ],
)
def test_what_is_no_card_is_left_alone(text: str) -> None:
    assert find_card_numbers(text) == []
    assert strip_card_numbers(text) == (text, 0)


def test_known_numbers_are_no_cards_in_any_spelling() -> None:
    assert find_card_numbers(f"机身号{VISA}", known={VISA}) == []
    assert find_card_numbers("4111 1111 1111 1111", known=[VISA]) == []
    assert find_card_numbers(VISA, known=["4111-1111-1111-1111"]) == []
    assert find_card_numbers(f"N5-{VISA}", known={f"N5-{VISA}"}) == []
    assert find_card_numbers(f"N5{VISA}", known={f"N5{VISA}"}) == []
    assert len(find_card_numbers(f"{VISA} 5555555555554444", known={VISA})) == 1
    context = Context(known_serials=frozenset({VISA}))
    assert judge("card_number_in_text", VISA, context=context).severity == "ok"


def test_a_short_known_number_shields_no_part_of_a_card() -> None:
    assert len(find_card_numbers("4111 1111 1111 1111", known={"4111", "1111"})) == 1


def test_own_numbers_are_no_cards() -> None:
    # Provisional stations aside, 30xxx with 14 digits is the length of a Diners card.
    for station in range(30_000, 30_400):
        number = make("R", station, date(2025, 3, 14), 7)
        assert find_card_numbers(f"见{number}单") == []


def test_identity_numbers_beginning_like_cards_are_no_cards() -> None:
    chance = random.Random(620)
    for _ in range(3_000):
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
        number = with_id_check(f"62{digits(chance, 4)}{born:%Y%m%d}{digits(chance, 3)}")
        assert find_card_numbers(f"身份证{number}") == []
        assert find_card_numbers(f"{number[:6]} {number[6:14]} {number[14:]}") == []


def share(numbers: list[str]) -> float:
    return sum(bool(find_card_numbers(f"备注{number}")) for number in numbers) / len(numbers)


def test_device_numbers_are_left_alone_and_cards_are_not_missed() -> None:
    chance = random.Random(1)
    count = 5_000
    assert share([with_luhn("86" + digits(chance, 12)) for _ in range(count)]) == 0
    assert share([with_luhn("35" + digits(chance, 12)) for _ in range(count)]) == 0
    assert share([with_luhn("8986" + digits(chance, 14)) for _ in range(count)]) == 0
    assert share(["100" + digits(chance, 12) for _ in range(count)]) == 0
    assert share([digits(chance, 15) for _ in range(count)]) < 0.005
    assert 0.01 < share([digits(chance, 16) for _ in range(count)]) < 0.035
    assert share([with_luhn("62" + digits(chance, 16)) for _ in range(count)]) == 1
    assert share([with_luhn("4" + digits(chance, 14)) for _ in range(count)]) == 1
    assert share([with_luhn("62" + digits(chance, 15)) for _ in range(count)]) > 0.999


def test_cutting_keeps_the_text_and_the_last_four() -> None:
    text = f"卡1 {VISA}，卡2：{UNIONPAY}，都刷不了 13800138000"
    clean, count = strip_card_numbers(text)
    assert clean == f"卡1 ****1111，卡2：****{UNIONPAY[-4:]}，都刷不了 13800138000"
    assert count == 2


CARDS = st.one_of(
    st.text("0123456789", min_size=16, max_size=16).map(lambda rest: with_luhn(f"62{rest}")),
    st.text("0123456789", min_size=14, max_size=14).map(lambda rest: with_luhn(f"4{rest}")),
    st.text("0123456789", min_size=11, max_size=11).map(lambda rest: with_luhn(f"51{rest}00")),
)


@given(CARDS, st.data())
def test_a_card_with_separators_anywhere_is_found_and_cut(card: str, data: st.DataObject) -> None:
    written = card[0]
    for digit in card[1:]:
        written += data.draw(st.sampled_from(["", "", "", " ", "-", "　", "－", " - "])) + digit
    if data.draw(st.booleans()):
        written = written.translate(FULL_WIDTH)
    clean, count = strip_card_numbers(f"前{written}后")
    assert count == 1
    assert clean == f"前****{card[-4:]}后"


@given(st.text("0123456789 -４X卡\n", max_size=80))
def test_nothing_is_left_to_find_after_cutting(text: str) -> None:
    clean, count = strip_card_numbers(text)
    assert find_card_numbers(clean) == []
    assert (count == 0) == (clean == text)


def test_a_refusal_tells_the_last_four_and_no_more() -> None:
    judgement = judge("note", f"卡号{VISA}")
    assert judgement.detail == "****1111"
    assert "411111" not in repr(judgement)
