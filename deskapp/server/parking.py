"""Change sets that the server cannot finish yet, as they wait: their values in clear, card digits and keys cut."""

from __future__ import annotations

from deskapp.sync.framing import dump, load
from deskapp.sync.packing import Op, ReadSet


def parked_body(one: ReadSet) -> bytes:
    """Return a change set with its values in clear, as it waits."""
    return dump({
        "uid": one.uid, "staff": one.staff, "command": one.command, "schema": one.schema, "seq": one.seq,
        "hlc": one.hlc, "app_version": one.app_version, "ops": [list(op) for op in one.ops],
    })  # fmt: skip


def read_parked(body: bytes, station: str) -> ReadSet:
    """Undo `parked_body`."""
    told = load(body)
    ops = tuple(Op(op[0], op[1], op[2], op[3], op[4], op[5], op[6], tuple(op[7])) for op in told["ops"])
    return ReadSet(
        told["uid"], station, told["seq"], "", told["hlc"], told["staff"], told["command"], told["app_version"],
        told["schema"], ops, b"", "",
    )  # fmt: skip
