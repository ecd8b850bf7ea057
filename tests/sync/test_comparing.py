"""Once a week both sides are compared; a row that went wrong here is found and fetched anew."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskapp.commands.syncing import keep_state
from deskapp.models import sync_state
from deskapp.server.cli import main
from deskapp.sync import comparing
from deskapp.sync.exchange import Exchange
from tests.sync.test_stories import opened, ticket_of
from tests.sync.world import World

WEEK = comparing.EVERY_MS


class QuickWorld(World):
    """Does the administrator's commands in this process."""

    def say(self, *words: str) -> str:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert main(["--data", str(self.data), *words]) == 0, said.getvalue()
        return said.getvalue()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = QuickWorld(tmp_path)
    made.say("site", "add", "FZ-A1", "FZ-A1")
    made.start()
    yield made
    made.close()


def test_a_row_that_went_wrong_here_is_found_within_the_week_and_put_right(world: World) -> None:
    desk = world.desk("甲", "FZ-A1", first=True)
    ticket = opened(desk, "想换一台机器")
    desk.sync()
    with desk.store._writer.connect() as connection:  # a hand in the database, or a disk that flips bits
        connection.exec_driver_sql("UPDATE service_ticket SET words = '别的' WHERE id = ?", (ticket,))
        connection.commit()
    assert compared(desk)[1] == -1
    desk.sync()
    assert ticket_of(desk, ticket).words == "别的"  # nobody looks before the week is over

    week_is_over(desk)
    desk.exchange = Exchange(desk.store, clock=desk.clock)
    assert desk.exchange.speak().more, "a scope as a whole may be older than its log: the rest comes at once"

    assert ticket_of(desk, ticket).words == "想换一台机器"
    at, differing = compared(desk)
    assert differing == 1 and desk.clock() - at < 60_000

    week_is_over(desk)
    desk.sync()
    assert compared(desk)[1] == 0


def week_is_over(desk) -> None:  # type: ignore[no-untyped-def]
    desk.exchange.close()
    desk.exchange = None  # the program was closed meanwhile
    desk.store.run(keep_state(state={"audited_at": str(desk.clock() - WEEK - 1)}))


def compared(desk) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """When both sides were compared last, and how many scopes differed (-1: never)."""
    with desk.store.read() as session:
        differing = sync_state.state(session, "differing")
        return sync_state.number(session, "audited_at"), int(differing) if differing else -1
