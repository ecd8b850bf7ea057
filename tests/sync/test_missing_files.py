"""A server that was copied back without its last photos, while its logs stand where they stood, gets them again."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deskapp.models.blobs import Blobs
from deskapp.server.cli import main
from tests.server.live import command
from tests.sync.test_odd_stories import at_server, attached, fast
from tests.sync.test_stories import opened
from tests.sync.world import World


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.say("site", "add", "FZ-A1", "鼓楼支局")
    made.start()
    yield made
    made.close()


def lose(world: World, *, damage: bool = False) -> None:
    """Let the server's photos be gone, or hold something else, and nothing else be changed."""
    database = world.database()
    with closing(database), database.write() as tx:
        if damage:
            tx.run("UPDATE blob_piece SET content = ? WHERE start = 0", (b"not a photo",))
        else:
            tx.run("DELETE FROM blob_piece")
            tx.run("DELETE FROM blob")


def test_photos_that_a_copied_back_server_lacks_are_asked_for_and_sent_again_by_whoever_has_them(world: World) -> None:
    one, two = fast(world.desk("甲", "FZ-A1", first=True)), fast(world.desk("乙", "FZ-A1"))
    ticket, photo = opened(one), os.urandom(60_000)
    name = hashlib.sha256(photo).hexdigest()
    attached(one, ticket, "photo", photo)
    world.settle()
    assert at_server(world) == {name: 1} and Blobs(two.home.blobs, two.store.key).fetch(name) == photo

    world.stop()
    lose(world)
    world.start()
    assert at_server(world) == {}
    one.sync()
    assert at_server(world) == {name: 1}, "found at the start"
    two.sync()

    lose(world)
    assert name[:16] in command(world.data, "files") and at_server(world) == {}
    two.sync()
    assert at_server(world) == {}, "nobody was asked"
    command(world.data, "files", "--ask")
    two.sync()  # it never sent this photo: it only has it
    assert at_server(world) == {name: 1}

    lose(world, damage=True)
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert main(["--data", str(world.data), "check"]) == 1
    assert "1 damaged photo was thrown away" in told.getvalue()
    one.sync()
    assert at_server(world) == {name: 1} and "Nothing wrong" in command(world.data, "check")
