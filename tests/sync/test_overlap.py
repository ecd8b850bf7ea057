"""A long push: what an answer brought is laid down while the next one is awaited, and nothing is lost if that fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deskapp.errors import N_, Unavailable
from deskapp.models.absorb import Piece
from deskapp.models.store import Store
from deskapp.server.service import Options, Server
from deskapp.sync import client as client_module
from deskapp.sync.outbox import Ahead, unsent
from deskapp.sync.packing import Packed
from deskapp.sync.transport import Answer
from tests.server.station import new_code, open_site
from tests.sync.desks import Desk, new_desk
from tests.sync.direct import Direct
from tests.sync.test_seeds import take_callers

SITE = "FZ-A1"
ACTS = 12


class Watched(Direct):
    """A line that notes how many acts are not settled when a push goes out, and whether something is done meanwhile."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.desk: Desk | None = None
        self.waiting: list[int] = []
        self.meantime = False

    def send(self, method: str, target: str, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
        work, self.meanwhile = self.meanwhile, None
        if work is not None and self.desk is not None:
            self.waiting.append(self.desk.unsent())
            self.meantime = True
            work()
            self.meantime = False
        return super().send(method, target, body, headers, **more)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Watched]:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, SITE)
    yield Watched(server)
    server.close()


@pytest.fixture
def desk(line: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = new_desk(tmp_path, "甲", code=SITE, line=line)
    desk.enrol("http://127.0.0.1:1", new_code(line.server, SITE), line)
    desk.sync()
    monkeypatch.setattr(client_module, "MOST_SETS", 3)
    for _act in range(ACTS):
        desk.store.run(take_callers(count=2))
    line.desk, line.waiting = desk, []
    yield desk
    desk.close()


def whole(desk: Desk, line: Watched) -> None:
    """Assert that the server has every act, and this desk every answer."""
    assert desk.unsent() == 0
    with line.server.database.read() as tx:
        rows = tx.all("SELECT uid FROM change_set ORDER BY seq")
        (tickets,) = tx.one("SELECT count(*) FROM record WHERE entity = 'service_ticket'")
        logs = {row[0]: tuple(row[1:]) for row in tx.all("SELECT scope, n, chain FROM head")}
    assert [one for (one,) in rows] == desk.uids()
    assert tickets == desk.count("service_ticket") == 2 * ACTS
    with desk.store.read() as session:
        assert all(logs[scope] == place for scope, place in client_module.cursors_of(session).items())
    assert desk.count("sync_held") >= tickets


def test_the_next_request_goes_out_before_what_came_is_laid_down(desk: Desk, line: Watched) -> None:
    desk.sync()

    assert line.waiting[:4] == [12, 12, 9, 6]
    whole(desk, line)


@pytest.mark.parametrize("wrong", [RuntimeError("x"), Unavailable(N_("The disk is full."), code="full")])
def test_what_cannot_be_laid_down_meanwhile_is_asked_for_again(
    desk: Desk, line: Watched, wrong: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    absorb, failed = Store.absorb, []

    def flaky(store: Store, piece: Piece, **more: Any) -> Any:
        if line.meantime and piece.entries and len(failed) < 2:
            failed.append(piece)
            raise wrong
        return absorb(store, piece, **more)

    monkeypatch.setattr(Store, "absorb", flaky)
    for _contact in range(3):
        try:
            desk.sync()
        except Unavailable as error:
            assert error.code == "full"

    assert failed
    whole(desk, line)


def test_what_was_gathered_is_not_told_after_something_was_erased(desk: Desk) -> None:
    store, ahead = desk.store, Ahead()
    with store.read() as session:
        first = unsent(session, 0, most=3, seeds=store.seeds)
        last = int(first.sets[-1].read()["seq"])
        for erased in (False, True):
            ahead.look(store, first, most=3)
            if erased:
                store.seeds.forget_all()
            found = ahead.unsent(session, last, most=3, seeds=store.seeds)
            assert isinstance(found.sets, Packed) is not erased
            assert found.uids == unsent(session, last, most=3).uids
            assert (found.sets[0].seed == b"") is erased


@pytest.mark.parametrize("meanwhile", [False, True])
def test_what_was_decided_is_asked_for_again_where_it_could_not_be_noted(
    desk: Desk, line: Watched, meanwhile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No feed tells of acts that are pushed a second time: they waited until the next act, or the next start."""
    desk.sync()
    with desk.store._writer.begin() as connection:  # as after a disk that was set back by a little
        connection.exec_driver_sql("UPDATE change_set SET acked_at = 0 WHERE seq > 4")
    desk.exchange = None
    absorb, failed = Store.absorb, []

    def full(store: Store, piece: Piece, **more: Any) -> Any:
        if piece.results and line.meantime is meanwhile and not failed:
            failed.append(piece)
            raise Unavailable(N_("The disk is full."), code="full")
        return absorb(store, piece, **more)

    monkeypatch.setattr(Store, "absorb", full)
    with pytest.raises(Unavailable):
        desk.sync()
    desk.sync()

    assert failed
    whole(desk, line)
