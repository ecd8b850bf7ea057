"""Messages and their bytes: what goes in comes out, and rubbish is a WireError, never anything else."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import hmac
import json
import random
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.clock import new_uuid7
from deskapp.models.canonical import canonical
from deskapp.sync import dense, framing, messages, packing, wire
from deskapp.sync.framing import WireError
from deskapp.sync.packing import PushedSet
from deskapp.sync.wire import Code, Entry, EntryOp, Feed, Result, SyncReply, SyncRequest

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WHOLE = st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(TEXT, some, max_size=3),
    max_leaves=8,
)
KEY = "ab" * 32


def journal(
    acts: list[list[dict[str, Any]]], clear: dict[tuple[str, str], str], keys: dict[str, str]
) -> list[PushedSet]:
    """Chain change sets as a desk's journal does."""
    sets: list[PushedSet] = []
    for number, ops in enumerate(acts, 1):
        body = canonical({
            "uid": new_uuid7(), "station": "s", "seq": number, "prev": sets[-1].hash if sets else "",
            "hlc": f"{number:015d}-000000-00001", "staff": "p", "command": "c", "app_version": "1", "schema": 3,
            "ops": ops,
        }).encode()  # fmt: skip
        mine = tuple((uid, name, value) for (uid, name), value in clear.items() if any(op["uid"] == uid for op in ops))
        some = tuple((one, key) for one, key in keys.items() if any(op["id"] == one for op in ops))
        sets.append(PushedSet(body, hashlib.sha256(body).hexdigest(), mine, some))
    return sets


def one_op(values: dict[str, Any], record_id: str = "", base: str = "") -> dict[str, Any]:
    return {
        "uid": new_uuid7(), "kind": "set" if base else "create", "entity": "ticket", "id": record_id or new_uuid7(),
        "group": "main" if base else "", "base": base, "values": values,
    }  # fmt: skip


@given(JSON)
def test_our_canonical_bytes_are_those_of_the_journal(value: Any) -> None:
    assert framing.canonical_bytes(value) == canonical(value).encode()


@given(st.lists(st.lists(st.dictionaries(TEXT, JSON, max_size=3), max_size=3), min_size=1, max_size=4), st.booleans())
def test_change_sets_come_out_with_the_bytes_they_had(acts: list[list[dict[str, Any]]], plain: bool) -> None:
    sets = journal([[one_op(values) for values in act] for act in acts], {}, {})

    read = packing.unpack_sets(orjson.loads(orjson.dumps(packing.pack_sets(sets, plain=plain))))

    assert [(one.body, one.hash) for one in read] == [(one.body, one.hash) for one in sets]
    assert [[op.values for op in one.ops] for one in read] == [
        [op["values"] for op in json.loads(one.body)["ops"]] for one in sets
    ]


@pytest.mark.parametrize("plain", [False, True])
def test_personal_values_travel_in_clear_and_their_digests_are_built_again(plain: bool) -> None:
    digest = hmac.new(bytes.fromhex(KEY), "李".encode(), hashlib.sha256).hexdigest()
    seen = one_op({"name": {"hmac": digest}, "n": 1}, "r1")
    erased = one_op({"name": {"hmac": "0" * 64}, "n": 2}, "r1", base=new_uuid7())
    (one,) = journal([[seen, erased]], {(seen["uid"], "name"): "李"}, {"r1": KEY})

    packed = orjson.dumps(packing.pack_sets([one], plain=plain))
    (read,) = packing.unpack_sets(orjson.loads(packed))

    assert read.body == one.body
    assert [op.values for op in read.ops] == [{"name": "李", "n": 1}, {"name": "", "n": 2}]
    assert read.keys == (("r1", KEY),)
    assert (digest.encode() in packed) is plain


def test_by_columns_a_record_takes_half_the_bytes() -> None:
    draw = random.Random(1)
    acts = [[one_op({"number": f"T{number:06d}", "priority": draw.choice([1, 2, 3])})] for number in range(500)]
    sets = journal(acts, {}, {})

    columns, plain = (
        len(framing.pack(SyncRequest(3, 1, sets=sets).to_bytes(plain=plain)).body) / 500 for plain in (False, True)
    )

    assert columns < 25 < plain * 0.7


def test_a_changed_value_is_found_by_the_hash() -> None:
    told = packing.pack_sets(journal([[one_op({"n": 1})]], {}, {}))
    told["c"]["cells"][0][0][0] = 2

    with pytest.raises(WireError, match="mangled"):
        packing.unpack_sets(told)


@given(st.lists(st.uuids().map(str) | st.just("newland-n910") | st.builds(new_uuid7), max_size=5))
def test_ids_of_any_kind_come_out_as_they_were(ids: list[str]) -> None:
    assert dense.unpack_ids(orjson.loads(orjson.dumps(dense.pack_ids(ids)))) == ids


@given(st.lists(st.one_of(st.sampled_from(["a", "b", 1, True, 0, False]), TEXT), max_size=9))
def test_repeats_come_out_as_they_were(values: list[Any]) -> None:
    out = dense.Room().repeats(orjson.loads(orjson.dumps(dense.pack_repeats(values))), 100)

    assert [(type(one), one) for one in out] == [(type(one), one) for one in values]


SOME = st.dictionaries(TEXT, JSON, max_size=2)
NONE = st.just("")
NAMES = st.dictionaries(TEXT, TEXT, max_size=2)
BARE = st.just({})
OPS = st.builds(EntryOp, st.just("put"), TEXT, TEXT, SOME, NONE, NONE, NAMES)
OPS |= st.builds(EntryOp, st.sampled_from(["fact", "alias", "result"]), TEXT, TEXT, SOME, NONE, NONE, BARE)
OPS |= st.builds(EntryOp, st.just("set"), TEXT, TEXT, SOME, TEXT, TEXT, BARE)
OPS |= st.builds(EntryOp, st.just("drop"), TEXT, TEXT, BARE, NONE, NONE, BARE)


@given(
    st.lists(
        st.builds(Entry, st.just(0), TEXT, WHOLE, TEXT, WHOLE, TEXT, WHOLE, st.lists(OPS, max_size=3).map(tuple)),
        max_size=3,
    )
)
def test_a_reply_comes_out_as_it_was_and_its_chain_holds(found: list[Entry]) -> None:
    entries = tuple(
        Entry(number, *[getattr(one, name) for name in Entry.__slots__[1:]]) for number, one in enumerate(found, 5)
    )
    chain = "00ff"
    for entry in entries:
        chain = wire.link(chain, wire.entry_bytes(entry))
    feed = Feed(5, 4 + len(entries), chain, True, entries)
    reply = SyncReply(
        7,
        (3, "ab"),
        (Result("u", Code.MERGED, {"how": ["won"]}),),
        {"site:x": feed},
        ("ref",),
        ("k",),
        {"z": "floor"},
        9,
        True,
        2,
        60_000,
    )

    read = wire.read_reply(reply.to_bytes())

    assert read == reply
    assert wire.feed_holds(read.feeds["site:x"], "00ff")
    assert not wire.feed_holds(read.feeds["site:x"], "00fe") or not entries


def test_a_request_comes_out_as_it_was() -> None:
    request = SyncRequest(3, 5, (2, "ab"), {"ref": (4, "cd")}, (), 9_000, True)

    read = wire.read_request(request.to_bytes())

    assert (read.schema, read.clock, read.known, read.cursors, read.max_bytes, read.purged) == (
        3,
        5,
        (2, "ab"),
        {"ref": (4, "cd")},
        9_000,
        True,
    )


@given(st.lists(st.tuples(TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=2)), max_size=6), st.integers(1, 7))
def test_a_snapshot_comes_out_whole_however_it_is_cut(rows: list[tuple[str, str, dict[str, Any]]], step: int) -> None:
    some = [messages.Row(entity, one, values, {"g": "v"} if values else {}) for entity, one, values in rows]
    head = messages.SnapshotHead("ref", 4, "ab", len(some))
    whole = b"".join(messages.snapshot_bytes(head, [some[:2], some[2:]]))

    found = list(messages.read_snapshot(whole[at : at + step] for at in range(0, len(whole), step)))

    assert found[0] == head
    assert [row for page in found[1:] if isinstance(page, list) for row in page] == some
    with pytest.raises(WireError):
        list(messages.read_snapshot([whole[:-1]]))


def test_the_digest_of_a_row_leaves_out_what_is_empty() -> None:
    assert wire.row_digest("t", "1", {"a": 1, "b": "", "c": 0, "d": [], "e": False}) == wire.row_digest(
        "t", "1", {"a": 1}
    )
    assert wire.row_digest("t", "1", {"a": 1}) != wire.row_digest("t", "1", {"a": 2})


# -- rubbish ---------------------------------------------------------------------------

READERS = [
    wire.read_request, wire.read_reply, messages.read_digest, messages.read_snapshot_page,
    lambda plain: messages.read_message(messages.EnrolRequest, plain), lambda plain: list(messages.read_snapshot([plain])),
]  # fmt: skip


def only_wire_errors(reader: Any, plain: bytes) -> None:
    with contextlib.suppress(WireError):
        reader(plain)


@pytest.mark.parametrize("reader", READERS)
@given(st.binary(max_size=60) | JSON.map(orjson.dumps))
def test_rubbish_is_a_wire_error(reader: Any, plain: bytes) -> None:
    only_wire_errors(reader, plain)


def mutations(value: Any, draw: random.Random) -> Any:
    """Return a message with something in it replaced, doubled or left out."""
    strange = [None, -1, 2**60, "", "x" * 50, [], {}, [1, [2]], True, 1.5]
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice(sorted(value))
        changed = dict(value)
        if draw.random() < 0.1:
            del changed[name]
        else:
            changed[name] = mutations(value[name], draw)
        return changed
    if isinstance(value, list) and value and draw.random() < 0.9:
        at = draw.randrange(len(value))
        return [*value[:at], *([mutations(value[at], draw)] * draw.choice([0, 1, 1, 1, 2])), *value[at + 1 :]]
    return draw.choice(strange)


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_a_damaged_push_is_a_wire_error_or_a_push(draw: random.Random) -> None:
    digest = hmac.new(bytes.fromhex(KEY), b"x", hashlib.sha256).hexdigest()
    seen = one_op({"name": {"hmac": digest}}, "r1")
    sets = journal(
        [[seen, one_op({"n": 1})], [one_op({"n": 2}, base=new_uuid7())]], {(seen["uid"], "name"): "x"}, {"r1": KEY}
    )
    told = orjson.loads(SyncRequest(3, 1, sets=sets).to_bytes(plain=draw.random() < 0.3))
    for _time in range(draw.randint(1, 3)):
        told = mutations(told, draw)

    only_wire_errors(wire.read_request, orjson.dumps(told))


@given(st.binary(max_size=80), st.sampled_from(framing.ENCODINGS + ("br",)))
def test_packed_rubbish_is_a_wire_error(body: bytes, encoding: str) -> None:
    only_wire_errors(lambda plain: framing.unpack(plain, encoding), body)
    only_wire_errors(lambda plain: framing.unpack(plain, encoding), b"\x28\xb5\x2f\xfd" + body)


@given(st.binary(max_size=2_000), st.sampled_from(framing.ENCODINGS))
def test_what_is_packed_comes_out_and_a_cut_is_found(plain: bytes, encoding: str) -> None:
    packed = framing.pack(plain * 3, encoding)

    assert framing.unpack(packed.body, packed.encoding) == plain * 3
    if packed.encoding != framing.PLAIN:
        with pytest.raises(WireError):
            framing.unpack(packed.body[:-1], packed.encoding)
        with pytest.raises(WireError):
            framing.unpack(packed.body + b"x", packed.encoding)


@pytest.mark.parametrize("size_known", [True, False])
def test_a_bomb_stops_at_the_limit(size_known: bool) -> None:
    worker = zstandard.ZstdCompressor(write_content_size=size_known).compressobj(size=50_000_000 if size_known else -1)
    bomb = worker.compress(bytes(50_000_000)) + worker.flush()

    for body, encoding in ((bomb, "zstd"), (gzip.compress(bytes(50_000_000)), "gzip")):
        assert len(body) < 100_000
        with pytest.raises(WireError, match="too_large"):
            framing.unpack(body, encoding, most=1_000_000)


def test_a_push_that_claims_millions_of_repeats_is_refused_before_they_are_made() -> None:
    told = packing.pack_sets(journal([[one_op({"n": 1})]], {}, {}))
    told["c"]["n"] = [1, 10**9]

    with pytest.raises(WireError, match="too_large"):
        packing.unpack_sets(told)
