"""What of a personal value may be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.masking import COMPOUND_SURNAMES, mask, mask_address, polite_name, surname


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("phone", "13800138000", "138****8000"),
        ("phone", "+86 138-0013-8000", "138****8000"),
        ("phone", "１３８００１３８０００", "138****8000"),
        ("phone", "0591-87654321", "0591****4321"),
        ("phone", "059187654321-8001", "0591****4321"),
        ("phone", "010-12345678", "010****5678"),
        ("phone", "+852 9123 4567", "+852****4567"),
        ("phone", "95580", "95580"),
        ("phone", "张三13800138000", "****8000"),
        ("phone", "8000", "****"),
        ("name", "张三", "张*"),
        ("name", "张三丰", "张**"),
        ("name", "张　三", "张*"),
        ("name", "欧阳修远", "欧阳**"),
        ("name", "欧阳修", "欧阳*"),
        ("name", "欧阳", "欧*"),
        ("name", "歐陽修", "歐陽*"),
        ("name", "𬭎三", "𬭎*"),
        ("name", "张", "*"),
        ("name", "阿卜杜拉·买买提", "阿***·买**"),
        ("name", "John Smith", "J*** S****"),
        ("resident_id", "34052419800101001X", "**************001X"),
        ("resident_id", "34052419800101001x", "**************001X"),
        ("resident_id", "001X", "**************001X"),
        ("resident_id", "110105491231002", "**************1002"),
        ("merchant_no", "100391053110001", "100391*****0001"),
        ("merchant_no", "１００３９１０５３１１０００１", "100391*****0001"),
        ("merchant_no", "1003910531", "******0531"),
        ("card", "6222 0212 3456 7890 123", "****0123"),
        ("card", "0123", "****0123"),
        ("card", "12", "****"),
        ("address", "福建省福州市鼓楼区东街口88号3楼", "福建省福州市鼓楼区****"),
        ("address", "北京市西城区金融大街3号", "北京市西城区****"),
        ("address", "福建省福州市福清市音西街道清昌大道12号", "福建省福州市福清市****"),
        ("address", "内蒙古自治区呼和浩特市新城区新华大街1号", "内蒙古自治区呼和浩特市新城区****"),
        ("address", "山东省青岛市市北区敦化路138号", "山东省青岛市市北区****"),
        ("address", "黑龙江省哈尔滨市道里区中央大街10号", "黑龙江省哈尔滨市道里区****"),
        ("address", "广东省东莞市长安镇德政中路商业区12号", "广东省东莞市****"),
        ("address", "东街口菜市场88号", "****"),
        ("address", "东街口小区88号", "****"),
        ("address", "No. 88 Dongjiekou", "****"),
    ],
)
def test_a_mask_shows_what_the_table_allows(kind: str, text: str, shown: str) -> None:
    assert mask(kind, text) == shown


@pytest.mark.parametrize("kind", ["phone", "name", "resident_id", "merchant_no", "card", "address"])
def test_nothing_stays_nothing(kind: str) -> None:
    assert mask(kind, "") == mask(kind, "  ") == ""


def test_an_unknown_kind_is_a_programming_error() -> None:
    with pytest.raises(ValueError):
        mask("shoe_size", "42")


@given(
    st.sampled_from(["phone", "name", "resident_id", "merchant_no", "card", "address"]), st.text(max_size=40)
)
def test_no_text_breaks_a_mask(kind: str, text: str) -> None:
    mask(kind, text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_the_middle_of_a_mobile_number_is_never_shown(number: str) -> None:
    assert mask("phone", number) == f"{number[:3]}****{number[7:]}"


@given(st.text("赵钱孙李欧阳司马上官文婷", min_size=2, max_size=4))
def test_a_name_keeps_its_length_and_at_most_the_surname(name: str) -> None:
    shown = mask("name", name)
    assert len(shown) == len(name)
    assert shown.rstrip("*") == surname(name)
    assert shown.endswith("*")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("福建省福州市鼓楼区五四路111号", "福建省福州市鼓楼区五四路****"),
        ("福建省福州市福清市音西街道清昌大道12号", "福建省福州市福清市音西街道清昌大道****"),
        ("河南省新乡市新乡县七里营镇3号", "河南省新乡市新乡县七里营镇****"),
        ("88号", "****"),
        ("", ""),
    ],
)
def test_staff_see_an_address_down_to_the_street(text: str, shown: str) -> None:
    assert mask_address(text, street=True) == shown


def test_papers_name_people_politely() -> None:
    assert polite_name("张三", "先生") == "张先生"
    assert polite_name("欧阳修远", "女士") == "欧阳女士"
    assert polite_name("John Smith", "先生") == "J*** S****"


def test_the_surnames_in_the_table_have_two_characters() -> None:
    assert {len(name) for name in COMPOUND_SURNAMES} == {2}
    assert {"欧阳", "司马", "上官", "诸葛", "淳于"} <= COMPOUND_SURNAMES
