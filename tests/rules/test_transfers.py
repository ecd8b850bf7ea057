"""Manifests as folds of facts, and the code of their paper."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.rules.numbers import make_label, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import (
    HOUR_MS,
    Age,
    Difference,
    Fact,
    Kind,
    State,
    age_of,
    fold,
    manifest_id,
    tail_of,
)
from deskapp.rules.transfers_code import PER_CODE, CodeLine, codes, read

NUMBER = "M00123250314002R"
A, B, C = (make_label("D", 123, place) for place in (1, 2, 3))


def packed(label: str, uid: str = "", serial: str = "NL91000000001") -> Fact:
    return Fact(
        Kind.PACK, uid or f"p{label}", 1, item_id=f"i{label}", label_no=label, serial_no=serial, seal_no="FZ000001"
    )


def received(label: str, uid: str = "") -> Fact:
    return Fact(Kind.RECEIVE, uid or f"r{label}", 2, label_no=label, data={"tamper": "ok"})


def differs(label: str, kind: Difference, uid: str = "d") -> Fact:
    return Fact(Kind.DIFFERENCE, uid, 3, label_no=label, data={"kind": kind.value})


SENT = Fact(Kind.HAND_OVER, "h", 2, data={"seals": ["FZ000001"]})
PAPER = Fact(
    Kind.PAPER, "pp", 2, data={"count": 2, "seals": ["FZ000001"], "lines": [[A, "000001", 0, 1], [B, "000002", 0, 0]]}
)


def test_a_manifest_goes_from_draft_to_received() -> None:
    story = [packed(A), packed(B)]
    assert fold(story).state is State.DRAFT
    story.append(SENT)
    assert fold(story).state is State.UNDER_WAY
    story.append(received(A))
    assert (fold(story).state, fold(story).received) == (State.PARTLY, 1)
    story += [received(B), Fact(Kind.CLOSE, "c", 4, data={"rest": "missing"})]
    assert fold(story).state is State.ARRIVED


def test_what_comes_later_keeps_the_manifest_open_until_it_came() -> None:
    story = [packed(A), packed(B), SENT, received(A), Fact(Kind.CLOSE, "c", 4, data={"rest": "later"})]
    assert fold(story).state is State.PARTLY
    assert fold([*story, received(B)]).state is State.ARRIVED


def test_a_device_taken_off_is_no_line_and_one_packed_again_is() -> None:
    off = Fact(Kind.UNPACK, "u", 2, voids=f"p{A}")
    assert fold([packed(A), off]).lines == ()
    assert [line.label_no for line in fold([packed(A), off, packed(A, "again")]).lines] == [A]


def test_a_device_received_at_two_desks_counts_once_by_the_first() -> None:
    view = fold([packed(A), SENT, received(A, "one"), received(A, "two")])
    assert view.received == 1 and view.lines[0].received is not None and view.lines[0].received.uid == "one"


def test_a_receipt_taken_back_is_as_if_never_made() -> None:
    back = Fact(Kind.UNRECEIVE, "x", 3, voids=f"r{A}")
    assert fold([packed(A), SENT, received(A), back]).received == 0


def test_what_was_missing_and_came_after_all_is_no_difference_any_more() -> None:
    story = [packed(A), SENT, differs(A, Difference.MISSING)]
    assert fold(story).open_differences == 1
    assert fold([*story, received(A)]).open_differences == 0


def test_a_difference_stays_with_what_was_decided() -> None:
    settled = Fact(Kind.SETTLE, "s", 5, words="已补签", data={"of": "d"})
    view = fold([packed(A), SENT, differs(A, Difference.SEAL_BROKEN), settled])
    assert view.open_differences == 0 and view.differences[0].settled is settled


def test_the_paper_alone_gives_lines_until_the_record_comes() -> None:
    view = fold([PAPER, received(A)])
    assert (view.state, view.expected, view.received) == (State.PARTLY, 2, 1)
    assert view.lines[0].tail and view.lines[0].seal_no == "FZ000001"
    later = fold([PAPER, received(A), packed(A), packed(B), SENT])
    assert [line.tail for line in later.lines] == [False, False] and later.received == 1


@given(st.permutations([packed(A), packed(B), SENT, PAPER, received(A), received(B), differs(C, Difference.EXTRA)]))
def test_in_whatever_order_facts_arrive_nothing_is_lost(story: list[Fact]) -> None:
    view = fold(story)
    assert (view.received, len(view.lines), len(view.extras)) == (2, 2, 1)


@pytest.mark.parametrize(
    ("line_serial", "tail", "scanned", "fits"),
    [("NL910-001", False, "NL910001", True), ("NL910001", False, "NL910002", False), ("910001", True, "NL910001", True),
     ("910001", True, "NL910002", False), ("", True, "ANY", True)],
)  # fmt: skip
def test_a_serial_number_is_compared_without_its_signs(line_serial: str, tail: bool, scanned: str, fits: bool) -> None:
    from deskapp.rules.transfers import Line

    assert Line(A, serial_no=line_serial, tail=tail).fits_serial(scanned) is fits


def test_a_transport_is_late_after_its_plan_and_an_alarm_after_two_days() -> None:
    def age(hours: float, planned: int = 0) -> Age:
        return age_of(HOUR_MS, planned, int(HOUR_MS * (1 + hours)), late_hours=24, alarm_hours=48)

    assert [age(1), age(25), age(49)] == [Age.FINE, Age.LATE, Age.ALARM]
    assert age(3, planned=3 * HOUR_MS) is Age.LATE
    assert age(30, planned=40 * HOUR_MS) is Age.FINE


# -- the code of the paper -----------------------------------------------------------


def van(count: int) -> list[tuple[str, str, str, int]]:
    return [
        (make_label("D", 123, 40 + 3 * one), f"NL8610{one:08d}", f"FZ{one // 10:06d}", one % 4) for one in range(count)
    ]


def test_a_code_says_what_it_was_made_of() -> None:
    (text,) = codes(NUMBER, ManifestType.OUT, "FZ-A1", "FZ-D1", ["FZ000000", "FZ000001"], van(12))
    code = read(text)
    assert (code.number, code.type, code.count, code.from_code, code.to_code) == (
        NUMBER,
        ManifestType.OUT,
        12,
        "FZ-A1",
        "FZ-D1",
    )
    assert code.lines[11] == CodeLine(van(12)[11][0], "000011", 1, 3)
    assert parse_scan(text).kind == "manifest" and parse_scan(text).number == NUMBER


def test_a_long_manifest_has_several_codes_that_together_list_everything() -> None:
    made = [read(text) for text in codes(NUMBER, ManifestType.RETURN, "A", "B", [], van(100))]
    assert [(code.part, code.parts) for code in made] == [(1, 3), (2, 3), (3, 3)]
    assert sum((code.lines for code in made), ()) == tuple(
        CodeLine(one[0], tail_of(one[1]), -1, one[3]) for one in van(100)
    )
    assert max(len(text) for text in codes(NUMBER, ManifestType.OUT, "A", "B", ["FZ000000"], van(PER_CODE))) < 600


@given(st.integers(0, 400), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:"))
def test_a_misread_character_is_seen(place: int, char: str) -> None:
    (text,) = codes(NUMBER, ManifestType.OUT, "FZ-A1", "FZ-D1", ["FZ000001"], van(30))
    place %= len(text)
    if text[place] != char:
        with pytest.raises(Refused):
            read(text[:place] + char + text[place + 1 :])


def test_lost_and_swapped_characters_are_seen() -> None:
    (text,) = codes(NUMBER, ManifestType.OUT, "FZ-A1", "FZ-D1", ["FZ000001"], van(30))
    chance = random.Random(7)
    for _try in range(200):
        place = chance.randrange(30, len(text) - 8)
        with pytest.raises(Refused):
            read(text[:place] + text[place + 1 :])


def test_the_bare_number_is_told_apart_from_the_code() -> None:
    with pytest.raises(Refused, match="large code"):
        read(f"PS1:{NUMBER}:6")


def test_a_desk_with_only_the_paper_knows_the_manifests_id() -> None:
    assert manifest_id(NUMBER) == manifest_id(NUMBER) != manifest_id("M00123250314003P")
