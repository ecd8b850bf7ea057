from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from deskapp.rules.pinyin import PinyinTable, initials

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "catalogue" / "pinyin.tsv.xz"


@pytest.fixture(scope="module")
def table() -> PinyinTable:
    return PinyinTable(SHIPPED)


@pytest.mark.parametrize(
    ("character", "letters"),
    [("曾", "zc"), ("单", "dsc"), ("长", "cz"), ("行", "xh"), ("重", "zc"), ("厦", "sx"), ("仇", "cq"),
     ("查", "cz"), ("翟", "zd"), ("乐", "ly"), ("朴", "p"), ("解", "jx"), ("盖", "g"), ("区", "qo")],
)  # fmt: skip
def test_a_character_has_the_letters_of_all_its_readings(
    table: PinyinTable, character: str, letters: str
) -> None:
    assert set(letters) <= set(table.letters(character))


@pytest.mark.parametrize(
    ("name", "typed"),
    [("重庆小面馆", "cqxmg"), ("厦门海鲜", "xmhx"), ("长乐百货商行", "clbhsh"), ("银行", "yh"),
     ("曾记烘焙", "zjhb"), ("单县羊汤", "sxyt"), ("尉迟", "yc"), ("万俟", "mq"), ("鼓楼支局", "glzj"),
     ("邮政储蓄", "yzcx"), ("音乐书店", "yysd"), ("区记茶餐厅", "ojcct")],
)  # fmt: skip
def test_a_name_is_found_by_the_initials_people_type(table: PinyinTable, name: str, typed: str) -> None:
    assert typed in initials(name, table)


def test_the_usual_reading_comes_first(table: PinyinTable) -> None:
    assert initials("大商店", table)[0] == "dsd"
    assert initials("中国", table)[0] == "zg"


def test_letters_and_digits_stand_for_themselves_and_signs_fall_out(table: PinyinTable) -> None:
    assert initials("新大陆N910 Pro（灰）", table)[0] == "xdln910proh"
    assert initials("Ａ９号", table)[0] == "a9h"


@pytest.mark.parametrize("text", ["", "  ", "（）·-", "😀"])
def test_a_text_without_readable_characters_has_no_initials(table: PinyinTable, text: str) -> None:
    assert initials(text, table) == ()


def test_never_more_than_the_limit_and_no_spelling_twice(table: PinyinTable) -> None:
    many = initials("重长行单曾厦乐查" * 8, table)
    assert len(many) == len(set(many)) == 16
    assert len(initials("重长", table, limit=3)) == 3
    assert set(initials("重长", table, limit=100)) >= {"zc", "zz", "cc", "cz"}


def test_a_long_name_costs_little(table: PinyinTable) -> None:
    table.letters("中")
    started = time.process_time()
    for _ in range(200):
        initials("重庆市长乐区银行单位大会都行处乐山便利店有限责任公司", table)
    assert time.process_time() - started < 1.0


def test_the_table_knows_the_characters_of_common_use_and_rare_names(table: PinyinTable) -> None:
    gb2312 = [
        bytes((high, low)).decode("gb2312", errors="ignore")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
    ]
    unknown = [character for character in gb2312 if character and not table.letters(character)]
    assert unknown == []
    assert table.letters("㛃") and table.letters("𬭎")


def test_the_table_is_small(table: PinyinTable) -> None:
    assert SHIPPED.stat().st_size < 60_000


def test_a_table_may_be_given_as_text() -> None:
    assert initials("甲乙", PinyinTable("j\t甲\ny-w\t乙\n")) == ("jy", "jw")


def test_the_file_is_read_only_when_it_is_needed(tmp_path: Path) -> None:
    missing = PinyinTable(tmp_path / "gone.tsv.xz")
    assert initials("N910", missing) == ("n910",)
    with pytest.raises(FileNotFoundError):
        initials("甲", missing)


def test_the_table_takes_little_memory_and_it_stays_as_long_as_the_program() -> None:
    table = PinyinTable(SHIPPED)
    tracemalloc.start()
    try:
        table.letters("中")
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000  # a dictionary of 27,000 characters takes 3 MB
