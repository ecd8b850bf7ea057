"""Files carried by hand that come late, twice, in the wrong order, damaged, or to a stick that takes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deskapp.commands.tickets import change_ticket
from deskapp.errors import DeskError, Refused, Unavailable
from deskapp.models.store import Changes
from deskapp.queries.sync_marks import sync_marks
from deskapp.queries.sync_page import sync_view
from deskapp.queries.syncing import queued_acts, sync_badge, unsent_records
from deskapp.sync import carrier
from deskapp.sync.carrier import PAGE, read_file, write_file
from tests.sync.desks import Desk
from tests.sync.test_stories import FORM, opened, ticket_of
from tests.sync.world import World, check


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("sticks"))
    made.say("site", "add", "FZ-A1", "鼓楼支局")
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def near(world: World) -> Desk:
    return world.desk("甲", "FZ-A1", first=True)


@pytest.fixture
def cut(world: World, near: Desk) -> Iterator[Desk]:
    """A desk whose line is down until the test is over."""
    name = f"乙{len(world.desks)}"
    desk = world.desk(name, "FZ-A1")
    world.lines[name].down = True
    yield desk
    world.lines[name].down = False
    world.settle()
    check(world)


def waiting(desk: Desk) -> int:
    with desk.store.read() as session:
        return len(queued_acts(session))


def marked(desk: Desk, ticket: str) -> bool:
    """Say whether a ticket bears the mark of what was not sent yet, on either way to ask."""
    with desk.store.read() as session:
        return bool(sync_marks(session, "ticket", [ticket]) or unsent_records(session, [ticket]))


def said(error: pytest.ExceptionInfo[DeskError]) -> tuple[str, str]:
    return error.value.field, error.value.code


def test_what_a_stick_brought_counts_as_sent_and_stays_in_sight_while_the_line_is_down(
    world: World, near: Desk, cut: Desk, tmp_path: Path
) -> None:
    ticket, stick = opened(cut, "断线三天"), tmp_path / "stick"
    code = write_file(cut.store, stick).code
    assert read_file(near.store, stick, code=code).sent == 1  # brought once, as it usually is
    near.sync()
    act = change_ticket(ticket_id=ticket, form=replace(FORM, words="柜台先改了"), seen={})
    near.store.run(act, by=near.boss)
    near.sync()

    read_file(cut.store, stick)

    assert waiting(cut) == 0 and not marked(cut, ticket)
    assert ticket_of(cut, ticket).words == "断线三天", "its own ticket went, or another's words came on the stick"
    with cut.store.read() as session:
        assert sync_badge(session, cut.clock()).unsent == 0 and not sync_view(session, cut.clock()).waiting
    opened(cut, "读回之后")
    assert waiting(cut) == 1
    assert write_file(cut.store, stick).acts == 2, "until the feeds have told of it, the older act goes along"
    world.lines[cut.name].down = False
    cut.sync()
    assert ticket_of(cut, ticket).words == "柜台先改了"


def test_older_sticks_come_back_after_newer_ones_and_open_without_a_word(
    world: World, near: Desk, cut: Desk, tmp_path: Path
) -> None:
    tickets, codes = [], []
    for number in range(3):
        tickets.append(opened(cut, f"断线第{number}天"))
        codes.append(write_file(cut.store, tmp_path / f"stick-{number}").code)
    for number in (2, 0, 1, 0):  # the newest first, the oldest twice
        brought = read_file(near.store, tmp_path / f"stick-{number}", code=codes[number])
        assert brought.forwarded and brought.sent == number + 1
    assert waiting(cut) == 3

    read_file(cut.store, tmp_path / "stick-0")
    assert waiting(cut) == 0, "the answer to the older stick knows of what the newer one had brought"
    for number in (2, 1, 2):
        read_file(cut.store, tmp_path / f"stick-{number}")

    near.sync()
    assert [ticket_of(near, one).words for one in tickets] == [f"断线第{number}天" for number in range(3)]


def test_a_stick_whose_line_came_back_in_the_meantime_changes_nothing_any_more(
    world: World, near: Desk, cut: Desk, tmp_path: Path
) -> None:
    ticket, stick = opened(cut, "路上"), tmp_path / "stick"
    code = write_file(cut.store, stick).code
    world.lines[cut.name].down = False
    cut.sync()
    later = opened(cut, "线路恢复以后")
    read_file(near.store, stick, code=code)
    cut.sync()
    read_file(cut.store, stick)

    world.settle()
    assert ticket_of(near, ticket).words == "路上" and ticket_of(near, later).words == "线路恢复以后"


def test_whoever_shows_what_waits_is_told_when_a_stick_has_brought_the_answer(
    near: Desk, cut: Desk, tmp_path: Path
) -> None:
    opened(cut, "等回执")
    code = write_file(cut.store, tmp_path / "stick").code
    read_file(near.store, tmp_path / "stick", code=code)
    told: list[Changes] = []

    read_file(cut.store, tmp_path / "stick", told=told.append)

    assert any(one.touches("change_set") for one in told)


@pytest.mark.parametrize("harm", ["cut off", "flipped"])
def test_a_damaged_file_is_called_damaged_and_not_its_code_wrong(
    near: Desk, cut: Desk, tmp_path: Path, harm: str
) -> None:
    opened(cut, "坏了的 U 盘")
    whole, stick = tmp_path / "whole", tmp_path / "stick"
    code = write_file(cut.store, whole).code
    content = bytearray(whole.read_bytes())
    if harm == "cut off":
        del content[PAGE + PAGE // 2 :]
    else:
        content[PAGE + 900] ^= 0xFF
    stick.write_bytes(content)

    with pytest.raises(Refused) as refused:
        read_file(near.store, stick, code=code)
    assert said(refused) == ("file", "damaged")
    with pytest.raises(Refused) as refused:
        read_file(cut.store, stick)
    assert said(refused) == ("file", "damaged")
    assert read_file(near.store, whole, code=code).sent == 1, "the whole one still goes"


def test_what_is_no_file_of_ours_and_what_lacks_a_code_is_told_apart(near: Desk, cut: Desk, tmp_path: Path) -> None:
    opened(cut, "说清楚")
    stick, photo = tmp_path / "stick", tmp_path / "photo.jpg"
    code = write_file(cut.store, stick).code
    photo.write_bytes(b"\xff\xd8\xff\xe0" * 10)
    for file in (photo, tmp_path):
        with pytest.raises(Refused) as refused:
            read_file(near.store, file, code=code)
        assert said(refused) == ("file", "foreign")
    with pytest.raises(Refused) as refused:
        read_file(near.store, stick)
    assert said(refused) == ("code", "needs_code"), "no code was typed, so none is called wrong"
    with pytest.raises(Refused) as refused:
        read_file(near.store, stick, code=f"{code[:-1]}{'A' if code[-1] != 'A' else 'B'}")
    assert said(refused) == ("code", "wrong")
    with pytest.raises(Refused) as refused:
        read_file(cut.store, stick)
    assert said(refused) == ("file", "no_reply")


def test_a_place_that_takes_no_file_is_told_in_words(near: Desk, cut: Desk, tmp_path: Path) -> None:
    opened(cut, "写不进去")
    with pytest.raises(Unavailable) as refused:
        write_file(cut.store, tmp_path / "pulled out" / "stick")
    assert said(refused) == ("file", "no_folder")
    taken = tmp_path / "taken"
    (taken / "inside").mkdir(parents=True)
    with pytest.raises(Unavailable) as refused:
        write_file(cut.store, taken)  # a folder of that name is there
    assert said(refused) == ("file", "not_written")


def test_a_stick_that_takes_no_answer_has_brought_its_acts_all_the_same(
    world: World, near: Desk, cut: Desk, tmp_path: Path
) -> None:
    ticket, stick = opened(cut, "写保护的 U 盘"), tmp_path / "stick"
    code = write_file(cut.store, stick).code
    (tmp_path / "stick.making" / "in the way").mkdir(parents=True)

    with pytest.raises(Unavailable) as refused:
        read_file(near.store, stick, code=code)

    assert said(refused) == ("file", "not_written") and refused.value.values["sent"] == 1
    near.sync()
    assert ticket_of(near, ticket).words == "写保护的 U 盘"
    shutil.rmtree(tmp_path / "stick.making")
    assert read_file(near.store, stick, code=code).sent == 1
    read_file(cut.store, stick)
    assert waiting(cut) == 0


def test_what_does_not_fit_into_one_file_goes_with_the_next(
    world: World, near: Desk, cut: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file began with the same acts, so the rest had no way out before the line was back."""
    monkeypatch.setattr(carrier, "MOST_SETS", 2)
    tickets = [opened(cut, f"第{number}天") for number in range(5)]
    brought = []
    for number in range(4):
        stick = tmp_path / f"stick{number}"
        made = write_file(cut.store, stick)
        brought.append(read_file(near.store, stick, code=made.code).sent)
        read_file(cut.store, stick)

    near.sync()
    assert brought == [2, 2, 1, 0]
    assert waiting(cut) == 0
    assert [ticket_of(near, one).words for one in tickets] == [f"第{number}天" for number in range(5)]
