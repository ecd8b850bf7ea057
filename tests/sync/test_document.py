"""What docs/sync.md shows is what the code does: another client is written from it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import orjson
import pytest

from deskapp.models.canonical import canonical
from deskapp.models.capture import keyed
from deskapp.sync import dense, messages, packing, signing, wire
from deskapp.sync.merge import Outcome
from deskapp.sync.packing import PushedSet

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "sync.md").read_text("utf-8")
BOXES = re.findall(r"```(?:json)?\n(.*?)\n```", TEXT, re.DOTALL)


def box(beginning: str) -> str:
    """Return the box that begins so."""
    (found,) = [one for one in BOXES if one.startswith(beginning)]
    return found


ACT = box('{"app_version"')
SIGNED = box("Desk1\nPOST")
STATION = "0190a5c1-7b3e-7d2f-8a44-5566778899aa"


def test_the_change_set_is_canonical_and_has_the_hash_that_is_told() -> None:
    assert canonical(json.loads(ACT)) == ACT
    assert f"`{hashlib.sha256(ACT.encode()).hexdigest()}`" in TEXT


def test_the_smaller_vector_is_the_one_the_journal_is_tested_with() -> None:
    small = '{"a":1,"b":"取机","ops":[{"fen":12050,"k":"fact"}]}'
    assert f"`{small}`" in TEXT
    assert f"`{hashlib.sha256(small.encode()).hexdigest()}`" in TEXT


def test_the_worked_signature_comes_out_and_holds() -> None:
    key = signing.StationKey.of(bytes(range(32)).hex())
    body = b'{"c":{"ref":[0,""]},"h":[0,""],"s":4,"t":1780000000000,"v":1}'
    assert f"`{key.public}`" in TEXT
    assert f"`{body.decode()}`" in TEXT
    told = {"station": STATION, "counter": 1_780_000_000_123, "epoch": "3-7f1c9b0a"}

    claim = key.sign("POST", "/v1/sync", body, **told)  # type: ignore[arg-type]

    assert signing.request_text("POST", "/v1/sync", body, **told).decode() == SIGNED  # type: ignore[arg-type]
    assert f"Authorization: {claim.header()}" in BOXES
    signing.verify(key.public, signing.read_header(claim.header()), "POST", "/v1/sync", body, epoch="3-7f1c9b0a")
    wire.read_request(body)


def test_change_sets_by_columns_are_packed_as_shown() -> None:
    one = PushedSet(ACT.encode(), hashlib.sha256(ACT.encode()).hexdigest())
    shown = box('{"c":{"station"')

    assert orjson.dumps(packing.pack_sets([one])).decode() == shown
    assert [read.body for read in packing.unpack_sets(orjson.loads(shown))] == [ACT.encode()]


def test_ids_are_packed_as_shown() -> None:
    ids = json.loads(box('["01900000-'))
    assert dense.pack_ids(ids) == json.loads(box('{"t":['))
    assert dense.unpack_ids(json.loads(box('{"t":['))) == ids


def test_the_entry_is_read_and_its_chain_is_the_one_told() -> None:
    shown = box('["0190a5c1')
    entry = wire.read_entry(1, orjson.loads(shown))

    assert wire.entry_bytes(entry).decode() == shown
    first = wire.link("", shown.encode())
    assert f"`{first}`" in TEXT
    assert f"`{wire.link(first, shown.encode())}`" in TEXT


def test_the_digest_of_a_personal_value_is_the_one_told() -> None:
    digest = keyed("000102030405060708090a0b0c0d0e0f", "王小明")

    assert f'`{{"hmac":"{digest}"}}`' in TEXT


def test_an_entry_that_names_operations_by_their_places_brings_its_chain_along() -> None:
    """What it was made over is told too: the same entry with its operations written out."""
    shown = box('["0190a5c1')
    *head, ops = json.loads(shown)
    chain = wire.link("", shown.encode())
    short = wire.read_entry(1, [*head, [[0, len(ops)]], chain])

    assert short.chain == chain
    assert wire.read_entry(1, [*head, ops]).chain == ""
    assert "an eighth field" in TEXT


def test_request_and_reply_are_read_as_shown() -> None:
    quiet = wire.SyncRequest(
        4, 1_780_000_000_000, (1, hashlib.sha256(ACT.encode()).hexdigest()), {"ref": (12, "55aac7785dd1796b")}
    )
    reply = wire.SyncReply(1_780_000_000_050, quiet.known)

    assert quiet.to_bytes().decode() == box('{"v":1')
    assert reply.to_bytes().decode() == box('{"now":1780000000050')
    assert wire.read_request(box('{"v":1').encode()).cursors == {"ref": (12, "55aac7785dd1796b")}


def test_a_desk_that_expects_nothing_stands_where_it_is_told() -> None:
    word = wire.stand((1, hashlib.sha256(ACT.encode()).hexdigest()), {"ref": (12, "55aac7785dd1796b")})
    asked = wire.SyncRequest(4, 1, calm=word).to_bytes()
    shown = box('{"y"')

    assert asked.decode() == shown
    assert f"stands at `{word}`" in TEXT
    assert wire.read_request(shown.encode()).calm == word
    answer = wire.SyncReply(1_780_000_000_051, (0, ""), calm=False).to_bytes()
    assert f"```json\n{answer.decode()}\n```" in TEXT
    assert wire.read_reply(answer).calm is False
    assert wire.read_reply(wire.SyncReply(5, (0, ""), calm=True).to_bytes()).calm is True


def test_the_head_of_a_snapshot_is_as_shown() -> None:
    head = messages.SnapshotHead("ref", 12, "55aac7785dd1796b", 3)
    assert messages.to_json(head).decode() == box('{"scope"')


def test_bucket_and_digest_of_the_record_are_those_told() -> None:
    (op,) = json.loads(ACT)["ops"]
    found = re.search(r"lies in bucket (\d+) and has digest (\d+)", TEXT)
    assert found is not None
    empty = {**op["values"], "by": "", "voids": "", "data": {}}
    assert int(found[1]) == wire.bucket(op["id"])
    assert int(found[2]) == wire.row_digest(op["entity"], op["id"], empty)


@pytest.mark.parametrize("word", [*wire.Code, *wire.Problem, *(one for one in Outcome if one not in ("set", "same"))])
def test_every_code_and_every_problem_is_told(word: str) -> None:
    assert f"`{word}`" in TEXT


def test_every_field_of_the_round_trip_is_told() -> None:
    request = wire.SyncRequest(
        4, 1, (1, "x"), {"ref": (0, "")}, (PushedSet(ACT.encode(), "x"),), 5, purged=True, short=True
    )
    feed = wire.Feed(1, 1, "c", entries=(wire.Entry(1, "u", 1, "s", 1, "c", 4, ()),))
    reply = wire.SyncReply(
        1, (1, "x"), (wire.Result("u", wire.Code.NOOP),), {"ref": feed}, ("ref",), ("ref",), {"ref": "floor"}, 3,
        True, 4, 1,
    )  # fmt: skip
    section = TEXT[TEXT.index("## One round trip") : TEXT.index("### Change sets in a request")]
    asks, answers = section.split("| reply | |")
    for told, where in ((request, asks), (reply, answers)):
        for name in orjson.loads(told.to_bytes()):
            assert f"`{name}`" in where, name
