"""Texts are cut the same way one by one and many together."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.grams import AT_ONCE, FEW, grams, grams_of

SIGNS = st.sampled_from("ab19 zT\n中文字〇𠀀﨑éüßΩжǅ٣७_-,。\0ＡＢ１２\u0301\U0001f600HL")
TEXTS = st.lists(st.text(SIGNS, max_size=24) | st.text(max_size=12), min_size=FEW, max_size=AT_ONCE + 9)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_many_texts_have_the_grams_that_each_has_alone(texts: list[str]) -> None:
    plain = [text.encode("utf-8", "ignore").decode() for text in texts]
    for text, cut in zip(plain, grams_of(plain), strict=True):
        assert set(cut.split()) == set(grams(text).split())


def test_a_gram_ends_where_the_sort_of_letters_changes() -> None:
    (first, *rest) = grams_of(["取机A12号"] * FEW)
    assert first.split() == ["取机", "机", "a12", "12", "2", "号"]
    assert set(rest) == {first}
