"""A few bytes may not take gigabytes or minutes: repeated columns and names, packed zeros, texts that are all alike."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from deskapp.clock import new_uuid7
from deskapp.rules.card_numbers import find_card_numbers, strip_card_numbers
from deskapp.server import feed
from deskapp.server.fitting import _shape
from deskapp.server.naming import _tells_card
from deskapp.server.service import LOG_MS, Server
from deskapp.sync import framing, merge
from deskapp.sync.framing import WireError
from deskapp.sync.merge import weave
from deskapp.sync.wire import Code, read_request
from tests.server.station import Desk, change, create, desk_at, fact
from tests.server.test_cut import luhn

MOST = 150 * 2**20
"""Bytes that anything here may take: three times what the largest request is, unpacked."""

NEAR = 50_000
ONE = {"t": [1720767839038], "r": "d2f8a44000000000001", "d": ""}
MANY = {"t": [1720767839038] + [None] * (NEAR - 1), "r": "d2f8a44000000000001", "d": "00000001" * (NEAR - 1)}
HEAD = {"app_version": [["0"]], "command": [["c"]], "hlc": [["x"]], "schema": [[4]], "staff": [[""]], "uid": ONE}


def columns(**more: Any) -> dict[str, Any]:
    return {
        "station": "s", "seq": 1, "prev": "", "hash": "", "head": HEAD, "n": [[1]], "uid": ONE, "id": ONE,
        "base": [[], []], "shape": [[0]], "shapes": [["fact", "x", "", [], [], []]], "cells": [[]], "keys": [[], ""],
        **more,
    }  # fmt: skip


def taken(work: Callable[[], object]) -> int:
    """Return the most memory that something took, which ends with what is too large."""
    tracemalloc.start()
    try:
        with pytest.raises(WireError) as error:
            work()
        assert error.value.code == "too_large"
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "told",
    [
        columns(cells=[[{"s": "", "n": NEAR}] * 1_000]),
        columns(cells=[[{"s": 0, "n": NEAR}] * 1_000]),
        columns(cells=[[{"k": [f"k{at}" for at in range(100)], "c": [{"s": "", "n": NEAR}] * 100}]]),
        columns(
            n=[[NEAR]], uid=MANY, id=MANY, shape=[0, NEAR], shapes=[["fact", "x", "", ["a" * 100_000], [], []]],
            cells=[[{"s": "", "n": NEAR}]],
        ),
        columns(n=[[NEAR]], uid=MANY, id=MANY, shape=[0, NEAR], shapes=[["fact", "x" * 100_000, "", [], [], []]]),
    ],
    ids=["empty texts", "small numbers", "mappings", "long names", "long tables"],
)  # fmt: skip
def test_what_is_said_once_and_meant_often_is_counted_as_often_as_it_is_meant(told: dict[str, Any]) -> None:
    raw = framing.dump({"v": 1, "s": 4, "t": 1, "h": [0, ""], "c": {}, "x": {"c": told}})
    assert len(framing.pack(raw).body) < 4_000

    assert taken(lambda: read_request(raw)) < MOST


def test_a_body_that_unpacks_to_much_more_than_it_says_is_stopped_on_the_way() -> None:
    """Blocks of one byte repeated: four bytes stand for 128 KB, and the head does not say how much it is."""
    blocks = [(131_072 << 3 | 1 << 1 | (at == 3_999)).to_bytes(3, "little") + b" " for at in range(4_000)]
    body = b"\x28\xb5\x2f\xfd" + bytes([0x00, 13 << 3]) + b"".join(blocks)

    assert taken(lambda: framing.unpack(body, framing.ZSTD, most=65_536)) < 16 * 2**20


@pytest.mark.parametrize("between", ["\n", " "])
def test_texts_that_are_all_alike_are_not_woven_for_ever(between: str) -> None:
    """A thousand lines of one letter took more than a minute; both texts are still there, one of them on a card."""
    base, mine, theirs = (between.join(one * 300) for one in ("ab", "aab", "baac"))
    steps = merge._Steps()
    with pytest.raises(merge._TooMany):
        merge._hunks(base.split(between), theirs.split(between), steps)
    assert steps.left > -merge.MOST_STEPS

    assert weave(base, mine, theirs, mine_later=True) == (mine, False)
    assert weave(base, mine, theirs, mine_later=False) == (theirs, False)


def test_card_numbers_that_begin_with_the_end_of_another_are_found_in_one_look() -> None:
    """Each cut leaves four digits; with those behind them they may be the next number, thousands of times."""
    chance = random.Random(20261123)

    def four(first: str) -> str:
        return first + "".join(chance.choice("0123456789") for _digit in range(3))

    groups = ["4111"]
    while len(groups) < 61:
        ahead = [groups[-1], four("9"), four("9"), four("4")]
        if luhn("".join(ahead)[:15]) == "".join(ahead):
            groups += ahead[1:]
    text = " ".join(groups)

    assert find_card_numbers(text) == [(0, len(text), groups[-1])]
    assert strip_card_numbers(f"{text} {groups[0]}") == (f"****{groups[-1]} 4111", 1)


def test_a_name_nobody_would_give_a_column_is_refused_and_not_remembered(server: Server) -> None:
    desk = desk_at(server, "B01")
    desk.act(create("service_ticket", number="T1", **{"a" * 61: "x"}))
    desk.act(fact("ticket_event", words="y"))
    before = (_tells_card.cache_info().currsize, _shape.cache_info().currsize)
    (result,) = desk.exchange([desk.journal[0]]).results
    after = (_tells_card.cache_info().currsize, _shape.cache_info().currsize)

    assert (result.code, result.detail["reason"]) == (Code.REJECTED, "malformed")
    assert after == before
    assert desk.exchange().head[0] == 2


def test_old_entries_are_forgotten_in_every_log_however_many_logs_there_are(server: Server) -> None:
    desk = desk_at(server, "B01")
    with server.database.write() as tx:
        for number in range(450):
            tx.put("head", [(f"site:x{number:04d}", 3, "c3", 0, "", 5)])
            tx.put("log", [(f"site:x{number:04d}", n, f"c{n}", 1 if n < 3 else 2**50, b"[]") for n in (1, 2, 3)])
    server.tidy()

    with server.database.read() as tx:
        mine = "scope BETWEEN 'site:x' AND 'site:y'"
        assert tx.all(f"SELECT DISTINCT floor, floor_chain FROM head WHERE {mine}") == [(2, "c2")]
        assert tx.one(f"SELECT count(*) FROM log WHERE {mine}") == (450,)
    assert feed.forget(server.database, server.clock() - LOG_MS) == 0
    desk.sync()


def test_a_draft_that_was_withdrawn_is_gone_for_later_words_and_no_twin_of_what_is_made_anew(server: Server) -> None:
    desk, other = desk_at(server, "B01"), desk_at(server, "B01")
    device = create("device", serial_no="SN12345678")
    desk.act(device)
    desk.sync()
    desk.act({**change("device", device["id"], ""), "kind": "del"})
    desk.sync()
    other.act(change("device", device["id"], "note", note="屏幕有划痕"))
    (result,) = other.sync().results
    other.act(create("device", new_uuid7(), serial_no="SN12345678"))
    other.sync()

    assert (result.code, result.detail["reason"]) == (Code.REJECTED, "gone")
    assert other.cards("twin") == []


def test_the_same_within_one_push(server: Server) -> None:
    desk: Desk = desk_at(server, "B01")
    device = create("device", serial_no="SN12345678")
    desk.act(device)
    desk.act({**change("device", device["id"], ""), "kind": "del"})
    desk.act(create("device", serial_no="SN12345678"))
    desk.sync()

    assert desk.cards("twin") == []
