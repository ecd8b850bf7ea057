"""What counts as a person in a sentence, and what is taken out of it."""

from __future__ import annotations

import pytest

from deskapp.models.striking import MARK, holds, pattern_of, strike, struck_from, texts_of, without

PHONE = "13800000222"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("打13800000222", f"打{MARK}"),
        ("138 0000 0222。", f"{MARK}。"),
        ("138-0000-0222", MARK),
        ("+86 138 0000 0222", MARK),
        ("１３８０００００２２２", MARK),
        ("213800000222", "213800000222"),
        ("138000002220", "138000002220"),
        ("1380000 222", "1380000 222"),
        ("无", "无"),
    ],
)
def test_a_number_is_found_however_it_is_grouped_and_never_inside_a_longer_one(text: str, clean: str) -> None:
    assert strike(text, pattern_of([PHONE]))[0] == clean


@pytest.mark.parametrize(
    ("name", "text", "clean"),
    [
        ("赵大力", "找赵大力取机", f"找{MARK}取机"),
        ("Li", "Li came, Lima did not", f"{MARK} came, Lima did not"),
        ("力", "大力", "大力"),
        ("0222", "尾号0222", "尾号0222"),
        (MARK, MARK, MARK),
        ("a.b", "a.b axb", f"{MARK} axb"),
    ],
)
def test_a_name_is_a_word_of_its_own(name: str, text: str, clean: str) -> None:
    assert strike(text, pattern_of([name]))[0] == clean


def test_numbers_of_ours_are_left_alone_inside_forms_and_what_was_taken_is_known_again() -> None:
    before = {"words": f"找赵大力 {PHONE}", "number": PHONE, "device_id": PHONE, "deep": [f"{PHONE}#"], "n": 3}
    after, count = strike(before, pattern_of([PHONE, "赵大力"]))

    assert after == {**before, "words": f"找{MARK} {MARK}", "deep": [f"{MARK}#"]} and count == 3
    assert struck_from(before, after) == {"赵大力", PHONE}
    assert struck_from("另一段文字", after["words"]) == struck_from(after, after) == set()
    assert struck_from("头" + "长" * 60 + "尾", f"头{MARK}尾") == set()


def test_only_columns_in_which_people_write_are_texts() -> None:
    assert {"words", "answers"} <= set(texts_of("service_ticket"))
    assert not {"caller_name", "number", "kind"} & set(texts_of("service_ticket"))
    assert "name" not in texts_of("merchant") and "from_holder" not in texts_of("custody_event")
    assert texts_of("of a newer program") == ()


def test_a_struck_act_holds_under_its_hash_and_a_damaged_one_does_not() -> None:
    import hashlib

    body = '{"ops":[{"entity":"ticket_event","id":"1","values":{"words":"x y"}}],"prev":""}'
    hashed = hashlib.sha256(body.encode()).hexdigest()
    struck = without(body, lambda _op: {"words": MARK})

    assert struck is not None and without(struck, lambda op: dict(op["values"])) is None
    assert holds(body, hashed) and holds(struck, hashed) and holds(struck.encode(), hashed)
    assert not holds(struck.replace('"prev":""', '"prev":"a"'), hashed) and not holds("[]", hashed)
