"""Card numbers that come where nobody looks for words: bare numbers, ids, names of fields, odd separators."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Integer, inspect

from deskapp.clock import new_uuid7
from deskapp.models.base import Base, Synced
from deskapp.models.columns import travelling
from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.rules.money import MAX_FEN
from deskapp.server import fitting, naming
from deskapp.server.fitting import LARGEST_AT, LARGEST_COUNT
from deskapp.server.screening import screen, screen_text
from deskapp.server.service import Server
from deskapp.server.stations import CodeRefused
from deskapp.sync.framing import WireError, canonical_bytes
from deskapp.sync.wire import Code, PushedSet, SyncRequest
from tests.server.station import START, Desk, create, desk_at, fact, new_code, open_site
from tests.server.test_cut import KEY, every_byte, luhn

PAN = luhn("622202123456789012")
VISA = "4111111111111111"
SHORT = luhn("411111111111")
"""A Visa card of thirteen digits, as many as an instant has."""


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize(
    ("column", "most"),
    [("at", LARGEST_AT - 1), ("fen", MAX_FEN), ("copy_no", LARGEST_COUNT - 1), ("quantity", LARGEST_COUNT - 1)],
)
def test_a_bare_number_is_no_more_than_its_column_can_mean(
    server: Server, tmp_path: Path, column: str, most: int, plain: bool
) -> None:  # fmt: skip
    desk = desk_at(server, "B01")
    entity = {"fen": "money_event", "copy_no": "print_fact", "quantity": "stock_move"}.get(column, "ticket_event")
    more: dict[str, Any] = {"kind": "payment"} if entity == "money_event" else {}
    for number in (most, most + 1, int(SHORT), -int(SHORT), int(VISA)):
        desk.act(fact(entity, **{**more, column: number}))
    results = desk.exchange(plain=plain).results

    refused = [one.detail for one in results if one.code == Code.REJECTED]
    assert len(refused) == 4
    assert {(one["column"], one["why"]) for one in refused} == {(column, "range")}
    assert SHORT.encode() not in every_byte(server, tmp_path)
    assert VISA.encode() not in every_byte(server, tmp_path)


def test_every_whole_number_that_travels_has_room_for_what_it_means() -> None:
    """An instant or an amount in a column of another name would be refused as too large a count."""
    tables = [one.class_ for one in Base.registry.mappers if issubclass(one.class_, Synced)]
    numbers = {
        name for table in tables for name in travelling(table)
        if isinstance(inspect(table).columns[name].type, Integer)
    }  # fmt: skip

    assert {name for name in numbers if fitting.most_of(name) == LARGEST_COUNT} == {
        "copy_no", "line_no", "min_quantity", "priority", "quantity", "size", "warranty_days", "warranty_months",
    }


def test_bare_numbers_in_columns_and_forms_that_nobody_knows_are_cut() -> None:
    values = {
        "newer": int(VISA), "below": -int(VISA), "at": START,
        "data": {"minus": -int(VISA), "point": float(VISA), "parted": 41111111.11111111, "code": int(VISA), "at": START},
    }  # fmt: skip
    clean, cuts = screen(values)

    assert cuts == 6
    assert "1111111" not in str(clean)
    assert (clean["at"], clean["data"]["at"]) == (START, START)


def test_a_number_of_ours_shields_nothing_that_stands_below_it() -> None:
    clean, cuts = screen({"data": {"code": {"note": PAN}, "serial_no": [PAN], "number": "R00017-000421-8"}})

    assert cuts == 2
    assert PAN not in str(clean)
    assert clean["data"]["number"] == "R00017-000421-8"


def test_an_id_is_cut_unless_it_has_the_form_of_one() -> None:
    known = new_uuid7()
    clean, cuts = screen({"ticket_id": f"x{PAN}", "item_id": known, "data": {"order_id": PAN}})

    assert cuts == 2
    assert PAN not in str(clean)
    assert clean["item_id"] == known


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("name", [f"x{PAN}", f"{PAN}-{'a' * 16}", f"ticket.{VISA}"])
def test_a_card_number_among_the_letters_of_an_id_is_refused(name: str, plain: bool) -> None:
    desk = Desk(None)  # type: ignore[arg-type]
    desk.act(create("service_ticket", name, words="x"), at=1)

    with pytest.raises(WireError):
        naming.read(SyncRequest(3, 1, (0, ""), {}, desk.journal).to_bytes(plain=plain))


@pytest.mark.parametrize("told", [PAN, KEY])
@pytest.mark.parametrize(
    "where", ["hlc", "field", "number", "op field", "uid", "base", "digest", "more", "key", "hash"]
)
def test_a_card_number_or_a_key_beside_the_values_is_refused_with_all_that_came_with_it(where: str, told: str) -> None:
    """All of a body is stored, whoever wrote it; only the values of its operations are cut and taken."""
    made = create("service_ticket", words="x", caller_name={"hmac": "0" * 64})
    act: dict[str, Any] = {
        "uid": new_uuid7(), "station": new_uuid7(), "seq": 1, "prev": "", "hlc": f"{START:015d}-000000-00001",
        "staff": "", "command": "test", "app_version": "0.4", "schema": 3, "ops": [made],
    }  # fmt: skip
    keys: tuple[tuple[str, str], ...] = ()

    def sent() -> bytes:
        body = canonical_bytes(act)
        digest = told if where == "hash" else hashlib.sha256(body).hexdigest()
        one = PushedSet(body, digest, (), keys)
        return SyncRequest(3, 1, (0, ""), {}, [one]).to_bytes(plain=True)

    if where != "hash":
        assert naming.read(sent()).sets[0].ops[0].values["words"] == "x"
    match where:
        case "hlc":
            act["hlc"] = told
        case "field":
            act["remark"] = [{"deep": told}]
        case "number":
            act["remark"] = int(PAN)
        case "op field":
            made["remark"] = told
        case "uid" | "base":
            made[where] = told
        case "digest":
            made["values"]["caller_name"] = {"hmac": told}
        case "more":
            made["values"]["caller_name"] = {"hmac": "0" * 64, "more": told}
        case "key":
            keys = ((made["id"], f"key {told}"),)
        case _:
            act["struck"] = ""

    if where in ("digest",) and told == KEY:
        return  # a shorter digest looks like a key: that is what it is
    with pytest.raises(WireError):
        naming.read(sent())


def test_values_that_are_no_mapping_are_not_understood() -> None:
    """As pairs they would be read like a mapping, and stored as nobody looks at them."""
    desk = Desk(None)  # type: ignore[arg-type]
    desk.act({**create("service_ticket"), "values": {}}, at=1)
    body = orjson.loads(desk.journal[0].body)
    body["ops"][0]["values"] = [["words", PAN]]
    raw = canonical_bytes(body)
    one = PushedSet(raw, hashlib.sha256(raw).hexdigest())

    with pytest.raises(WireError):
        naming.read(SyncRequest(3, 1, (0, ""), {}, [one]).to_bytes(plain=True))


def test_a_form_nested_deeper_than_can_be_written_is_refused_and_no_fault_of_ours(server: Server) -> None:
    desk = desk_at(server, "B01")
    deep: Any = "x"
    for _step in range(240):
        deep = [deep]
    desk.act(fact("ticket_event", words="长" * 100_000, data={"deep": deep}))
    body = desk.journal[0].body.replace(b"[" * 240, b"[" * 300).replace(b"]" * 240, b"]" * 300)
    desk.journal[0] = PushedSet(body, hashlib.sha256(body).hexdigest())
    (result,) = desk.exchange(plain=True).results

    assert (result.code, result.detail.get("why")) == (Code.REJECTED, "length")


def test_the_site_that_a_computer_brings_along_is_no_card(server: Server) -> None:
    open_site(server, "B01")
    with pytest.raises(CodeRefused):
        Desk(server).enrol(new_code(server, "B01"), site_id=f"s{PAN}")


@pytest.mark.parametrize(
    "written",
    [
        "4111.1111.1111.1111", "4111/1111/1111/1111", "4111_1111_1111_1111", "4111·1111·1111·1111",
        "4111 . 1111 . 1111 . 1111", "4111.1111-1111 1111", "41111111.11111111", "3782.822463.10005",
        "4.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", "41/11/11/11/11/11/11/11", "４１１１。１１１１。１１１１。１１１１",
        f"{PAN[:6]}.{PAN[6:]}", ".".join(PAN[at : at + 4] for at in range(0, 19, 4)), "4111=1111=1111=1111",
    ],
)  # fmt: skip
def test_digits_parted_by_dots_and_the_like_are_a_card_where_they_stand_as_on_one(written: str) -> None:
    last4 = "0005" if written.startswith("3782") else PAN[-4:] if written.startswith("6222") else "1111"

    assert strip_card_numbers(f"卡{written}号") == (f"卡****{last4}号", 1)
    assert screen_text(f"卡{written}号") == (f"卡****{last4}号", 1)


@pytest.mark.parametrize(
    "words",
    [
        "411.111.111.111.111.1", "4,111,111,111,111,111.00", "4111,1111,1111,1111", "4111、1111、1111、1111",
        "2026.11.22 10.15.30.123", "62.123.145.167/24 62.123.145.168", "版本 4.11.1111.11.1111.1",
        "3.14159265358979", "41111111111111.11", "6011:1111:1111:1117", "4111.111.1111.111.11",
        "6222********0128", "[4.1.1] 2026/11/22 4111/1111", "¥36,000,000,000.00", "192.168.100.200.4111.1111",
    ],
)  # fmt: skip
def test_amounts_dates_versions_and_addresses_are_left_alone(words: str) -> None:
    assert strip_card_numbers(words) == (words, 0)
    assert screen_text(words) == (words, 0)


def test_an_id_that_ends_in_digits_like_a_cards_is_left_alone() -> None:
    """Two of a million do; cut, they would name nobody any more."""
    digits = luhn("810012345678901")
    known = f"019b2c3d-0a5e-7bcd-{digits[:4]}-{digits[4:]}"

    assert strip_card_numbers(digits)[1] == 1
    assert strip_card_numbers(known) == (known, 0)
    assert screen({"by": known, "item_ids": [known], "words": f"见 {known} 号"})[1] == 0
    assert strip_card_numbers(f"{digits[:8]}-{digits[8:12]}-{digits[12:]}")[1] == 1
