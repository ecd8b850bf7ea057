"""Whole change sets without what must never be stored (`screening`), and such ones read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from deskapp.server.screening import screen
from deskapp.sync.framing import canonical_bytes, load
from deskapp.sync.packing import PushedSet, ReadSet, pack_sets, unpack_sets


def clean_set(one: ReadSet) -> ReadSet:
    """Return a change set whose values hold no card digits and keys."""
    ops = tuple(op._replace(values=screen(op.values)[0]) if type(op.values) is dict else op for op in one.ops)
    return replace(one, ops=ops)


def cut_body(one: ReadSet) -> bytes:
    """Return a body without card digits and keys; its hash is then that of what was sent, not of what is kept."""
    told = load(one.body)
    for op in told["ops"]:
        if isinstance(op, dict) and isinstance(op.get("values"), dict):
            op["values"] = screen(op["values"])[0]
    return canonical_bytes(told)


def readable(pushed: Sequence[PushedSet]) -> list[ReadSet]:
    """Read change sets back; what was cut has another hash than its body, and is read with the hash it had."""
    found = []
    for one in pushed:
        told = pack_sets([PushedSet(one.body, sha256(one.body).hexdigest(), one.personal, one.keys)], plain=True)
        (read,) = unpack_sets(told)
        found.append(replace(read, hash=one.hash))
    return found
