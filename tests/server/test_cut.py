"""Card digits and keys that reach the server in spite of the desk are nowhere to be found on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.card_numbers import find_card_numbers
from deskapp.rules.key_material import KeyLike, find_key_like
from deskapp.server import naming
from deskapp.server.check import check
from deskapp.server.screening import screen, screen_text
from deskapp.server.service import Options, Server
from deskapp.sync.framing import WireError
from deskapp.sync.messages import EnrolRequest
from deskapp.sync.signing import sign_words
from deskapp.sync.wire import Code
from tests.server.live import request_of
from tests.server.station import Clock, Desk, change, create, desk_at, fact, new_code, open_site

CARD = "6222021234567890128"
KEY = "0123456789ABCDEFFEDCBA9876543210"


def luhn(body: str) -> str:
    total = 0
    for at, char in enumerate(reversed(body)):
        digit = int(char) * (2 if at % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return body + str(-total % 10)


PAN = luhn("622202123456789012")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"刷卡 {PAN} 失败", f"刷卡 ****{PAN[-4:]} 失败"),
        (" ".join(PAN[at : at + 4] for at in range(0, 19, 4)), f"****{PAN[-4:]}"),
        (f"密钥 {KEY} 已装", "密钥 **** 已装"),
        ("01a201b1-e73c-7d8a-ae75-7f1cc02e6131", "01a201b1-e73c-7d8a-ae75-7f1cc02e6131"),
        ("电话 13812345678,号码 T00001-20260101-0001", "电话 13812345678,号码 T00001-20260101-0001"),
    ],
)
def test_only_what_must_not_be_stored_is_cut(text: str, kept: str) -> None:
    assert screen_text(text)[0] == kept


@given(
    st.recursive(
        st.text(max_size=6) | st.integers(),
        lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=4), some, max_size=3),
    )
)
def test_a_card_number_is_found_however_deep_it_lies(around: Any) -> None:
    clean, cuts = screen({"data": [around, {"note": {"deep": [f"卡 {PAN}"]}}, int(PAN)]})

    assert PAN not in str(clean)
    assert cuts >= 2


def every_byte(server: Server, folder: Path) -> bytes:
    with server.database.read() as tx:
        tables = ("record", "change_set", "log", "past", "parked")
        rows = [row for table in tables for row in tx.all(f"SELECT * FROM {table}")]
    files = [path.read_bytes() for path in folder.rglob("*.deskarchive")]
    return b"".join(
        bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode() for row in rows for cell in row
    ) + b"".join(files)


def test_they_are_in_no_table_and_the_station_is_told(server: Server, tmp_path: Path) -> None:
    desk = desk_at(server, "B01")
    made = create("service_ticket", number="T1", site_id=desk.site, words=f"卡号 {PAN}", caller_name=PAN)
    desk.act(
        made,
        fact("ticket_event", ticket_id=made["id"], words="", data={"heard": [KEY, int(PAN)]}),
        personal={"caller_name": ""},
    )
    desk.act(change("service_ticket", made["id"], "words", words=f"换卡 {PAN[:4]} {PAN[4:8]} {PAN[8:]}"))
    desk.act(change("service_ticket", "01a201b1-e73c-7d8a-ae75-7f1cc02e6131", "words", words=PAN))
    desk.act({**create("merchant", note=PAN), "kind": "sudo"})
    reply = desk.sync()

    kept = every_byte(server, tmp_path)
    assert PAN.encode() not in kept
    assert KEY.encode() not in kept
    assert [one.code for one in reply.results] == [Code.MERGED, Code.MERGED, Code.PARKED, Code.REJECTED]
    assert reply.results[0].detail["how"] == ["cut"]
    assert len(desk.cards("cut")) == 2
    assert desk.told(made["id"])[0].values["words"] == f"卡号 ****{PAN[-4:]}"
    assert desk.row().hash == desk.journal[-1].hash
    assert check(server.database) == []


def test_the_database_file_holds_no_digit_of_them(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"), Clock())
    desk = desk_at(server, "B01")
    desk.act(create("merchant", name="店", note=f"卡 {PAN}"))
    desk.sync()
    server.close()

    whole = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "店".encode() in whole
    assert PAN.encode() not in whole


DIGITS = "0123456789０１２３٤५"
BETWEEN = ["", " ", "-", "\u200b", "\u00a0", "－", "\t"]


@given(
    st.lists(st.sampled_from(BETWEEN), min_size=18, max_size=18),
    st.booleans(),
    st.text(alphabet="卡号ab\n", max_size=5),
)
def test_the_quick_look_misses_nothing_that_the_rule_finds(between: list[str], wide: bool, around: str) -> None:
    digits = [chr(ord(char) + 0xFEE0) if wide else char for char in PAN]
    text = around + "".join(a + b for a, b in zip(digits, [*between, ""], strict=True)) + around
    found = bool(find_card_numbers(text))

    assert (screen({"words": text})[1] > 0) is found


@given(st.sampled_from([2, 4, 8, 16, 32]), st.sampled_from(BETWEEN + [":", "\n"]), st.booleans())
def test_the_quick_look_misses_no_key_that_the_rule_finds(size: int, between: str, wide: bool) -> None:
    text = between.join(KEY[at : at + size] for at in range(0, 32, size))
    text = "".join(chr(ord(char) + 0xFEE0) if wide and char.isalnum() else char for char in text)

    assert (screen({"words": text})[1] > 0) is (find_key_like(text) is KeyLike.MIXED)


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("where", ["command", "staff", "entity", "group", "column", "id"])
def test_a_card_number_as_a_name_or_an_id_is_refused_with_all_that_came_with_it(where: str, plain: bool) -> None:
    """Words are cut and taken. A name is nobody's words, and what is left of it would mean something else."""
    desk = Desk(None)  # type: ignore[arg-type]
    name = f"x{PAN}"
    if where == "staff":
        desk.staff = PAN
    ticket = create("service_ticket", number="T1", words="屏幕不亮")
    told = {
        "entity": create(name, words="x"), "group": change("service_ticket", ticket["id"], name, words="x"),
        "column": create("service_ticket", **{name: "x"}), "id": create("service_ticket", PAN, words="x"),
    }.get(where, ticket)  # fmt: skip
    desk.act(ticket, at=1)
    desk.act(told, at=1, command=PAN if where == "command" else "test")

    with pytest.raises(WireError):
        naming.read(request_of(desk).to_bytes(plain=plain))


@pytest.mark.parametrize("plain", [True, False])
def test_names_and_ids_as_they_are_pass(plain: bool) -> None:
    desk = Desk(None)  # type: ignore[arg-type]
    ids = ["01a201b1-e73c-7d8a-ae75-7f1cc02e6131", "a" * 64, "R00001-20260101-0001-7", "1780000000000"]
    desk.act(*(create("service_ticket", one, words=PAN) for one in ids), at=1)

    read = naming.read(request_of(desk).to_bytes(plain=plain))

    assert [op.id for op in read.sets[0].ops] == ids


def test_the_name_of_a_computer_holds_no_card_number(server: Server) -> None:
    open_site(server, "B01")
    desk = Desk(server)
    asked = EnrolRequest(new_code(server, "B01"), desk.key.public, desk.id, 7, f"窗口 {PAN}")
    server.enrol(
        EnrolRequest(asked.code, asked.public, asked.station, 7, asked.name, proof=sign_words(desk.key, asked.words()))
    )

    assert desk.row().name == f"窗口 ****{PAN[-4:]}"
    with server.database.read() as tx:
        assert PAN not in str(tx.all("SELECT * FROM audit"))
