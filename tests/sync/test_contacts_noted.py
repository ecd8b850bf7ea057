"""What is noted of a contact, for the badge: when it was, by a clock that was set back too, and that it went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from deskapp.commands.syncing import note_round
from deskapp.commands.tickets import open_ticket
from deskapp.errors import Unavailable
from deskapp.queries.syncing import Standing, sync_badge
from deskapp.server import wholes
from deskapp.server.service import Options, Server
from deskapp.sync.messages import to_json
from deskapp.sync.transport import Answer
from tests.server.station import new_code, open_site
from tests.sync.desks import Desk, new_desk
from tests.sync.direct import Direct
from tests.sync.test_stories import FORM

SITE, DAY_MS = "FZ-A1", 86_400_000


class Faulty(Direct):
    """A line in which our own program makes a mistake, while `wrong`."""

    wrong = False

    def send(self, method: str, target: str, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
        if self.wrong:
            raise RuntimeError("a bug")
        if target.startswith("/v1/digest/"):
            return Answer(200, {}, to_json(wholes.digest(self.server.database, unquote(target.rsplit("/", 1)[1]))))
        return super().send(method, target, body, headers, **more)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, SITE)
    line = Faulty(server)
    desk = new_desk(tmp_path, "甲", code=SITE, line=line)
    desk.enrol("http://127.0.0.1:1", new_code(server, SITE), line)
    desk.sync()
    yield desk
    desk.close()
    server.close()


def standing(desk: Desk) -> Standing:
    with desk.store.read() as session:
        return sync_badge(session, desk.clock()).standing


def test_the_last_contact_is_told_by_a_clock_that_was_set_back(desk: Desk) -> None:
    """Quiet contacts were not noted until the clock had come where it was: a day long the badge told of tomorrow."""
    desk.sync()
    desk.sync()
    desk.clock.wrong_ms = -DAY_MS

    desk.sync()

    with desk.store.read() as session:
        assert abs(sync_badge(session, desk.clock()).contact_at - desk.clock()) < 60_000


def test_a_mistake_of_ours_is_no_good_contact(desk: Desk) -> None:
    """It was noted like one that went well: the badge said online, and nothing went out any more."""
    assert standing(desk) is Standing.ONLINE
    assert isinstance(desk.line, Faulty)
    desk.line.wrong = True

    with pytest.raises(RuntimeError):
        desk.sync()
    assert standing(desk) is Standing.TROUBLE
    with desk.store.read() as session:
        assert "deskapp itself" in sync_badge(session, desk.clock()).problem

    desk.line.wrong = False
    desk.sync()
    assert standing(desk) is Standing.ONLINE


def test_on_a_full_disk_the_reserve_is_for_people_and_not_for_bookkeeping(desk: Desk) -> None:
    """The first contact after the disk was full had it given back, only to note that it had been."""
    desk.home.ballast.write_bytes(b"x" * 1_000)
    desk.limit_disk(0)

    with pytest.raises(Unavailable) as told:
        for _contact in range(500):
            desk.store.run(note_round(took_ms=1, sent=1, received=0, outcome="x" * 4_000, state={}))
    assert told.value.code == "disk_full" and desk.home.ballast.exists()

    with pytest.raises(Unavailable) as told:
        for _ticket in range(500):
            desk.store.run(open_ticket(form=FORM), by=desk.boss)
    assert told.value.code == "disk_full" and not desk.home.ballast.exists()
