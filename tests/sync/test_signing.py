"""Signatures over requests: any other request, key, counter or epoch, and they do not hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.clock import new_uuid7
from deskapp.errors import Refused, Unavailable
from deskapp.sync.signed import refusal
from deskapp.sync.signing import BadSignature, Claim, StationKey, read_header, sign_words, verify, words_hold
from deskapp.sync.transport import Answer

KEY = StationKey.of("11" * 32)
STATION = "01a201b1-e73c-7d8a-ae75-7f1cc02e6131"
ASKED: dict[str, Any] = {"method": "POST", "path": "/v1/sync?a=1", "body": b"{}", "epoch": "1-ab"}


def claim() -> Claim:
    return KEY.sign("POST", "/v1/sync?a=1", b"{}", station=STATION, counter=1_780_000_000_000, epoch="1-ab")


def test_a_request_as_it_was_signed_is_let_in() -> None:
    verify(KEY.public, read_header(claim().header()), **ASKED)
    verify(StationKey.of(KEY.secret).public, claim(), **ASKED)


@pytest.mark.parametrize(
    "other",
    [{"method": "GET"}, {"path": "/v1/sync?a=2"}, {"body": b"{ }"}, {"epoch": "2-ab"}],
    ids=["method", "path", "body", "epoch"],
)
def test_anything_else_is_not(other: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        verify(KEY.public, claim(), **{**ASKED, **other})


def test_another_counter_station_or_key_is_not() -> None:
    good = claim()
    for changed in (Claim(STATION, good.counter + 1, good.signature), Claim(new_uuid7(), good.counter, good.signature)):
        with pytest.raises(BadSignature):
            verify(KEY.public, changed, **ASKED)
    with pytest.raises(BadSignature):
        verify(StationKey.make().public, good, **ASKED)


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_changed_byte_of_a_signature_holds(at: int, by: int) -> None:
    good = claim()
    wrong = bytes([*good.signature[:at], good.signature[at] ^ by, *good.signature[at + 1 :]])
    with pytest.raises(BadSignature):
        verify(KEY.public, Claim(STATION, good.counter, wrong), **ASKED)


@given(st.text(max_size=60) | st.from_regex(r"Desk1 [A-Za-z0-9_.-]{0,120}", fullmatch=True))
def test_a_header_of_rubbish_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        verify(KEY.public, read_header(text), **ASKED)


def test_words_hold_for_their_key_only() -> None:
    signed = sign_words(KEY, b"words")

    assert words_hold(KEY.public, b"words", signed)
    assert not words_hold(KEY.public, b"word", signed)
    assert not words_hold(StationKey.make().public, b"words", signed)
    assert not words_hold("zz", b"words", "zz")


@pytest.mark.parametrize("word", ["lost", "retired"])
def test_who_brings_another_desks_stick_is_not_told_that_it_is_locked_out_itself(word: str) -> None:
    answer = Answer(403, {}, b"")

    theirs = refusal(answer, word, {"station": STATION})
    ours = refusal(answer, word, {})

    assert isinstance(theirs, Refused)
    assert theirs.code not in ("lost", "retired")
    assert isinstance(ours, Unavailable)
    assert ours.code == word
