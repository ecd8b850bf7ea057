"""Keys that are drawn from a seed: one seed travels instead of a thousand keys, and never where something was erased."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from deskapp import clock
from deskapp.errors import N_
from deskapp.models.key_seeds import Seeds, key_of
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.server.service import Options, Server
from deskapp.sync import framing
from deskapp.sync.framing import WireError, canonical_bytes
from deskapp.sync.packing import PushedSet, pack_sets, unpack_sets
from deskapp.sync.transport import Answer
from tests.server.station import new_code, open_site
from tests.sync.desks import new_desk
from tests.sync.direct import Direct

SEED = bytes(range(16))
SITE = "FZ-A1"
STATION = "0190a5c1-7b3e-7d2f-8a44-5566778899aa"


def pushed(seq: int = 1, prev: str = "", *, records: int = 3, kind: str = "create") -> PushedSet:
    """Return a change set that adds records with a name each, whose keys are drawn from the seed."""
    ops, personal, keys, hidden = [], [], [], {}
    for uid in clock.new_run(records):
        record, name = clock.new_uuid7(), f"王{uid[-2:]}"
        key = key_of(SEED, record)
        told = {"hmac": hmac.digest(bytes.fromhex(key), name.encode(), "sha256").hex()}
        group = "" if kind == "create" else "main"
        ops.append({
            "base": "", "entity": "merchant", "group": group, "id": record, "kind": kind, "uid": uid,
            "values": {"name": told, "note": "x"},
        })  # fmt: skip
        personal.append((uid, "name", name))
        keys.append((record, key))
        hidden[uid] = {"name": name}
    act = {
        "app_version": "1", "command": "add", "hlc": "001780000000000-000000-00007", "ops": ops, "prev": prev,
        "schema": 1, "seq": seq, "staff": "", "station": STATION, "uid": clock.new_uuid7(),
    }  # fmt: skip
    body = canonical_bytes(act)
    digest = hashlib.sha256(body).hexdigest()
    return PushedSet(body, digest, tuple(personal), tuple(keys), orjson.loads(body), hidden, SEED)


def test_a_seed_travels_instead_of_keys_and_gives_the_same_push() -> None:
    first = pushed()
    second = pushed(2, first.hash, records=2)
    told = pack_sets([first, second])["c"]

    assert told["keys"][1] == ""
    assert told["seeds"] == [(0, SEED.hex()), (1, SEED.hex())]
    read = unpack_sets(orjson.loads(orjson.dumps({"c": told})))
    assert [one.body for one in read] == [first.body, second.body]
    assert [one.keys for one in read] == [first.keys, second.keys]


def test_without_a_seed_and_for_changes_keys_travel_singly() -> None:
    for one in (replace(pushed(), seed=b""), pushed(kind="set")):
        told = pack_sets([one])["c"]
        assert len(told["keys"][1]) == 3 * 32
        assert unpack_sets(orjson.loads(orjson.dumps({"c": told})))[0].keys == one.keys


def test_nobody_is_told_the_seed_of_an_act_of_which_something_was_erased() -> None:
    one = pushed()
    left = replace(one, personal=one.personal[1:], keys=one.keys[1:], hidden=None)
    told = orjson.dumps(pack_sets([left]))

    assert SEED.hex().encode() not in told
    assert one.keys[0][1].encode() not in told
    assert unpack_sets(orjson.loads(told))[0].body == one.body


@pytest.mark.parametrize(
    "seeds", [[[1, "00"]], [[-1, "00"]], [[0, "0"]], [[0, "00"], [0, "00"]], [[0, 5]], [None], {}, 3]
)
def test_seeds_that_make_no_sense_are_refused(seeds: object) -> None:
    told = pack_sets([pushed()])["c"]
    with pytest.raises(WireError):
        unpack_sets(orjson.loads(orjson.dumps({"c": {**told, "seeds": seeds}})))


def test_seeds_are_forgotten_with_what_was_acknowledged_and_all_at_once() -> None:
    seeds = Seeds()
    seeds.keep("a", SEED)
    seeds.keep("b", SEED)
    seeds.forget(["a"])
    assert (seeds.of("a"), seeds.of("b")) == (b"", SEED)
    seeds.forget_all()
    assert seeds.of("b") == b""


def test_a_run_of_ids_is_nobody_elses() -> None:
    made = [one for _round in range(50) for one in (*clock.new_run(64), clock.new_uuid7())]
    assert made == sorted(set(made))
    run = clock.new_run(5)
    assert [int(one[-12:], 16) - int(run[0][-12:], 16) for one in run] == [0, 1, 2, 3, 4]


def test_columns_packed_one_by_one_are_one_frame_like_any_other() -> None:
    plain = orjson.dumps({"c": [[f"{at:08d}" for at in range(3_000)], ["取机"] * 3_000, {"r": "0f" * 4_000}], "x": 1})
    packed = framing.pack(plain, columns=True)

    assert framing.unpack(packed.body, packed.encoding) == plain
    assert len(packed.body) < len(framing.pack(plain).body)


class Older(Direct):
    """A server that knows no seeds: what it cannot read it refuses with 400."""

    refused = 0

    def send(self, method: str, target: str, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
        if b'"seeds"' in framing.unpack(body, headers.get("Content-Encoding", "identity")):
            self.refused += 1
            return Answer(400, {}, b'{"error":"bad_request"}')
        return super().send(method, target, body, headers, **more)


@command(N_("Take callers in for a test"), right="")
def take_callers(write: Write, *, count: int) -> None:
    """Add tickets, each with a name of its own."""
    for at in range(count):
        own = write.new_id()
        row = ServiceTicket(id=own, number=f"T{own[-12:]}", site_id=write.site_id, opened_at=write.now)
        row.caller_name = f"王{at}"
        write.session.add(row)


def test_a_server_that_knows_no_seeds_gets_every_key_by_itself(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, SITE)
    line = Older(server)
    desk = new_desk(tmp_path, "甲", code=SITE, line=line)
    try:
        desk.enrol("http://127.0.0.1:1", new_code(server, SITE), line)
        desk.sync()
        before = line.refused
        desk.store.run(take_callers(count=3))
        desk.sync()

        assert line.refused == before + 1
        with server.database.read() as tx:
            (kept,) = tx.one(
                "SELECT count(*) FROM record_key k JOIN record r ON r.id = k.record WHERE r.entity = 'service_ticket'"
            )
        assert kept == 3
    finally:
        desk.close()
        server.close()
