"""Cells that do not fit their tables: refused act by act with a word for it, never half, and nobody else is delayed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskapp.models import columns, schema
from deskapp.models.store import Store
from deskapp.queries.outbox import acts_after
from deskapp.rules.small_pictures import _text as spelled_anyhow
from deskapp.server import fitting
from deskapp.server.check import check
from deskapp.server.service import Options, Server
from deskapp.sync.framing import canonical_bytes, load
from deskapp.sync.packing import PushedSet, pack_sets, unpack_sets
from deskapp.sync.wire import Code
from tests.branch_day import fill_branch
from tests.conftest import People
from tests.server.station import Clock, Desk, change, create, desk_at, fact
from tests.small_photos import jpeg_of, thumbnail

TICKET = {
    "number": "T1", "kind": "consultation", "channel": "phone", "opened_at": 1, "priority": 3, "answers": {},
    "business_stopped": False, "words": "打印不清",
}  # fmt: skip

PHOTO = {
    "subject_kind": "service_ticket", "subject_id": "t", "kind": "front", "sha256": "ab" * 32, "mime": "image/jpeg",
    "size": 9, "caption": "",
}  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    opened = Server(Options(str(tmp_path / "server.db"), tmp_path / "state"), Clock())
    yield opened
    opened.close()


def at_the_newest(server: Server) -> Desk:
    """A desk whose program is as old as the server's."""
    desk = desk_at(server, "B01")
    desk.version = schema.VERSION
    return desk


@pytest.mark.parametrize(
    ("wrong", "column", "why"),
    [
        (create("service_ticket", **{**TICKET, "opened_at": "gestern"}), "opened_at", "type"),
        (create("service_ticket", **{**TICKET, "opened_at": 1.5}), "opened_at", "type"),
        (create("service_ticket", **{**TICKET, "opened_at": 2**60}), "opened_at", "range"),
        (create("service_ticket", **{**TICKET, "words": 17}), "words", "type"),
        (create("service_ticket", **{**TICKET, "words": None}), "words", "type"),
        (create("service_ticket", **{**TICKET, "words": "啊" * 100_001}), "words", "length"),
        (create("service_ticket", **{**TICKET, "answers": "{}"}), "answers", "type"),
        (create("service_ticket", **{**TICKET, "answers": {"x": "y" * 500_000}}), "answers", "length"),
        (create("service_ticket", **{**TICKET, "kind": "sing"}), "kind", "choice"),
        (create("service_ticket", **{**TICKET, "state": "done"}), "state", "column"),
        (create("work_event", item_id="x", move="fly", to_state="registered"), "", "table"),
        (fact("work_event", item_id="x", move="fly", to_state="nowhere"), "to_state", "choice"),
        (fact("service_ticket", **TICKET), "", "table"),
        (change("service_ticket", "0190a5c1-7b3e-7d2f-8a44-000000000002", "who", words="x"), "words", "group"),
        (fact("attachment", **PHOTO, thumbnail="6222021234567890128"), "thumbnail", "picture"),
        (fact("attachment", **PHOTO, thumbnail=spelled_anyhow(jpeg_of(1) + b"more")), "thumbnail", "picture"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_column_and_why(
    small: Server, wrong: dict[str, Any], column: str, why: str
) -> None:
    desk = at_the_newest(small)
    good = create("service_ticket", **TICKET)
    desk.act(create("merchant", name="店"), wrong)
    desk.act(good)

    reply = desk.sync()

    told = [(one.code, one.detail["reason"], one.detail["column"], one.detail["why"]) for one in reply.results]
    assert told == [(Code.REJECTED, "value", column, why)]
    assert desk.holds() == {good["id"]}  # of the act that was refused nothing stands, not even what would have fitted


@pytest.mark.parametrize("newer", [0, 1])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_small_picture_is_looked_at_whoever_sends_it_and_however(small: Server, newer: int, hidden: bool) -> None:
    desk = desk_at(small, "B01")
    desk.version = schema.VERSION + newer
    for picture in (thumbnail(1), spelled_anyhow(b"\xff\xd8 no picture"), "", thumbnail(2)[:-4]):
        desk.act(fact("attachment", **PHOTO, thumbnail=picture), personal={"thumbnail": picture} if hidden else {})

    reply = desk.sync()

    told = {one.uid: (one.code, one.detail.get("column"), one.detail.get("why")) for one in reply.results}
    refused = (Code.REJECTED, "thumbnail", "picture")
    assert [told.get(uid) for uid in desk.uids] == [None, refused, None, refused]
    with small.database.read() as tx:
        kept = [load(bytes(vals))["thumbnail"] for (vals,) in tx.all("SELECT vals FROM record WHERE entity = 'attachment'")]
    assert sorted(kept) == ["", thumbnail(1)]
    assert check(small.database) == []


def test_a_newer_programs_choices_columns_and_tables_pass(small: Server) -> None:
    desk = desk_at(small, "B01")
    desk.version = schema.VERSION + 1
    ticket = create("service_ticket", **{**TICKET, "kind": "sing", "mood": ["gay"], "state": 5})
    desk.act(ticket, fact("hologram", at=[1], words=3))

    reply = desk.sync()

    assert reply.results == () and ticket["id"] in desk.holds()


def test_what_was_accepted_once_is_not_asked_again_after_a_restore(small: Server) -> None:
    desk = at_the_newest(small)
    wrong = create("service_ticket", **{**TICKET, "opened_at": "gestern"})
    desk.act(wrong)
    sets = unpack_sets(pack_sets(desk.journal))

    taken = small.take_again(desk.row(), sets)

    assert taken == 1
    with small.database.read() as tx:
        assert tx.all("SELECT id FROM record WHERE id = ?", (wrong["id"],))


def test_everything_that_a_days_work_writes_fits(store: Store, people: People) -> None:
    fill_branch(store, people)
    with store.read() as session:
        acts, _more = acts_after(session, 0, most=10_000, most_bytes=10**9)

    assert len(acts) > 20
    for one in acts:
        (read,) = unpack_sets(pack_sets([PushedSet(one.body.encode(), one.hash, one.personal, one.keys)], plain=True))
        found = [(op.entity, fitting.misfit(op, ours=True, short=False)) for op in read.ops]
        assert not any(told for _entity, told in found), (one.act["command"], found)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=12)
    | st.sampled_from(["done", "ok", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def operations(draw: st.DrawFn) -> dict[str, Any]:
    """Return an operation on a table of ours with cells of any kind."""
    assert schema.VERSION
    entity = draw(st.sampled_from(sorted(columns._tables())))
    names = sorted(columns.travelling(columns.known(entity)))
    some = draw(st.lists(st.sampled_from(names), min_size=1, max_size=6, unique=True))
    values = {name: draw(ODD) for name in some}
    return fact(entity, **values) if columns.known(entity).fact else create(entity, **values)


def test_whatever_comes_there_is_an_answer_for_every_act_and_nothing_stands_half(small: Server) -> None:
    desk = at_the_newest(small)

    @given(st.lists(st.lists(operations(), min_size=1, max_size=3), min_size=1, max_size=5))
    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def push(acts: list[list[dict[str, Any]]]) -> None:
        uids = [desk.act(*[{**one, "values": one["values"]} for one in ops]) for ops in acts]
        reply = desk.exchange()
        desk.known = reply.head
        codes = {one.uid: one for one in reply.results}
        assert reply.head[0] == len(desk.journal)
        with small.database.read() as tx:
            for uid, ops in zip(uids, acts, strict=True):
                there = tx.among("SELECT id, vals FROM record WHERE id IN (#)", [one["id"] for one in ops])
                refused = uid in codes and codes[uid].code is Code.REJECTED
                assert len(there) == (0 if refused else len({one["id"] for one in ops}))
                if not refused:
                    assert all(_fits(one) for one in ops)

    push()
    assert check(small.database) == []


def _fits(one: dict[str, Any]) -> bool:
    """Say once more, in other words than the server's, whether the usual kinds of cells are what they should be."""
    table = columns.known(one["entity"]).__table__.columns
    for name, value in one["values"].items():
        told = str(table[name].type)
        if told == "TEXT" and not isinstance(value, str):
            return value is None and bool(table[name].nullable)
        if told == "INTEGER" and (isinstance(value, bool) or not isinstance(value, int)):
            return value is None and bool(table[name].nullable)
    return len(canonical_bytes(one["values"])) < 10**6
