"""Two computers of a new branch are set up at the same time: its first person is one person."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.errors import Refused, Unavailable
from deskapp.models import opening
from deskapp.models.people import Staff
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.server.service import Options, Server
from deskapp.sync.exchange import Exchange
from deskapp.sync.invitation import Wish
from deskapp.sync.transport import Answer
from deskapp.ui.first_start_join import FOR_GOOD, NOT_ASKED, Beginning
from deskapp.ui.first_start_work import Answers
from tests.server.station import new_code, open_site
from tests.sync.direct import Direct


def begun(folder: Path, server: Server, name: str) -> tuple[Beginning, Answers]:
    one = Beginning(Home(folder / name), opening.Fresh(), make_line=Direct(server))
    answers = Answers(passphrase="tong-guan-88")
    one.connect(answers, Wish("http://127.0.0.1:1", new_code(server, "B01"), name=name))
    assert not one.fill(answers, lambda _done, _all: None).ready
    return one, answers


def test_whoever_is_later_is_the_same_person_and_not_a_second_one(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, "B01")
    (one, first), (two, second) = begun(tmp_path, server, "甲"), begun(tmp_path, server, "乙")
    for answers in (first, second):
        answers.staff_no, answers.name, answers.pin = "1001", "李秀英", "739518"

    key = one.choose_pin(first)
    store = Store(one.home, key)
    assert Exchange(store, line=Direct(server)).speak().sent == 1
    store.close()
    second.staff_no = "1002"
    with pytest.raises(Refused):  # somebody is there who lets others in
        two.choose_pin(second)
    second.staff_no = "1001"
    store = Store(two.home, two.choose_pin(second))

    with store.read() as session:
        assert [row.staff_no for row in session.scalars(select(Staff))] == ["1001"]
    store.close()
    server.close()


def test_a_line_that_is_down_at_the_end_is_told_and_the_person_may_go_on_without(tmp_path: Path) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, "B01")
    one, answers = begun(tmp_path, server, "甲")
    answers.staff_no, answers.name, answers.pin = "1001", "李秀英", "739518"
    up, one.make_line = one.make_line, lambda _address: Down()

    with pytest.raises(Unavailable) as told:
        one.choose_pin(answers)
    assert told.value.code == NOT_ASKED
    store = Store(one.home, one.choose_pin(answers, unasked=True))

    assert Exchange(store, line=up).speak().sent == 1
    with store.read() as session:
        assert [row.staff_no for row in session.scalars(select(Staff))] == ["1001"]
    store.close()
    server.close()


@pytest.mark.parametrize("code", sorted(FOR_GOOD))
def test_what_the_server_says_for_good_is_no_line_that_is_down(tmp_path: Path, code: str) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, "B01")
    one, answers = begun(tmp_path, server, "甲")
    answers.staff_no, answers.name, answers.pin = "1001", "李秀英", "739518"
    one.make_line = lambda _address: Down(code)

    with pytest.raises(Unavailable) as told:
        one.choose_pin(answers)

    assert told.value.code == code
    one.close()
    server.close()


class Down:
    """A line that carries nothing."""

    def __init__(self, code: str = "offline") -> None:
        self.code = code

    def send(self, *_request: object, **_more: object) -> Answer:
        raise Unavailable("The server cannot be reached.", code=self.code)

    def close(self) -> None:
        """Nothing is held."""
