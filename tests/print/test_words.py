"""The fixed words of papers."""

from __future__ import annotations

from enum import StrEnum

import pytest

from deskapp.print import words
from deskapp.rules import papers


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (papers.WarrantyMark.OUT, "保外", "Out of warranty"),
        (papers.ManifestType.OUT, "送修", "To repair"),
        (papers.ShelfUse.LOANER, "备机", "Loaners"),
        (papers.ManifestType.LOANER, "备机调拨", "Loaners moved"),
        (papers.LineKind.VISIT, "上门费", "Visit"),
        (papers.VisitType.VISIT, "上门", "On site"),
        (papers.LineKind.INSPECTION, "检测费", "Inspection"),
        (papers.VisitType.INSPECTION, "巡检", "Inspection"),
    ],
)
def test_a_value_prints_the_word_of_its_own_kind_though_another_kind_spells_it_alike(
    value: StrEnum, chinese: str, english: str
) -> None:
    assert words.has_word(value)
    assert (words.word(value, "zh_CN"), words.word(value, "en")) == (chinese, english)
