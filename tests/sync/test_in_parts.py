"""What is too large for one answer comes part by part: whole scopes of any size, photos that leave room on the line."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deskapp.commands.syncing import note_transfers
from deskapp.errors import Unavailable
from deskapp.models.blobs import Blobs
from deskapp.models.store import Store
from deskapp.sync import in_parts
from deskapp.sync.blobs import PIECE, Allowance, Porter
from deskapp.sync.exchange import Exchange
from deskapp.sync.framing import MOST_BODY, dump
from deskapp.sync.in_parts import fetched
from deskapp.sync.messages import Row, SnapshotHead, read_snapshot, snapshot_bytes
from deskapp.sync.signed import Signed, Voice
from deskapp.sync.signing import StationKey
from deskapp.sync.transport import Answer
from tests.sync.test_odd_stories import attached, fast
from tests.sync.test_stories import opened
from tests.sync.world import World, check


class Whole:
    """A line to a server that has one file; `old`: it knows no end of a part."""

    def __init__(self, body: bytes, *, old: bool = False) -> None:
        self.body, self.old, self.tag = body, old, '"a"'
        self.asked: list[str] = []
        self.meanwhile = None

    def send(self, _method: str, target: str, _body: bytes, headers: Mapping[str, str], **_more: Any) -> Answer:
        if target == "/v1/missing":
            return Answer(200, {}, dump({"files": []}))
        self.asked.append(headers.get("Range", ""))
        start, end = map(int, headers["Range"].removeprefix("bytes=").split("-"))
        if self.old:
            return Answer(200, {"etag": self.tag}, self.body)
        if start >= len(self.body):
            return Answer(416, {}, b"")
        some = self.body[start : end + 1]
        told = f"bytes {start}-{start + len(some) - 1}/{len(self.body)}"
        return Answer(206, {"etag": self.tag, "content-range": told}, some)

    def close(self) -> None: ...


def signed_on(line: Whole) -> Signed:
    return Signed(line, Voice("0190a5c1-7b3e-7d2f-8a44-5566778899aa", StationKey.make(), "e"), lambda: 1_000)


def test_a_scope_larger_than_any_answer_comes_whole() -> None:
    """Beyond 8 MB on the way it was refused by the desk itself, each time anew."""
    rows = [Row("merchant", f"m-{number}", {"note": os.urandom(8_192).hex()}) for number in range(1_200)]
    pages = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = b"".join(snapshot_bytes(SnapshotHead("ref", 7, "c", len(rows)), pages))
    assert len(body) > MOST_BODY
    line, turns = Whole(body), []

    head, *found = read_snapshot(fetched(signed_on(line), "/v1/snapshot/ref", lambda: turns.append(1)))

    assert head == SnapshotHead("ref", 7, "c", len(rows))
    assert [row for page in found for row in page] == rows  # type: ignore[attr-defined]
    assert len(line.asked) == len(turns) == -(-len(body) // in_parts.PART) > 2


def test_an_older_server_sends_all_of_it_at_once() -> None:
    line = Whole(os.urandom(3_000), old=True)
    assert list(fetched(signed_on(line), "/v1/snapshot/ref", lambda: None, size=1_000)) == [line.body]


@pytest.mark.parametrize("shorter", [False, True])
def test_a_scope_that_is_another_one_in_the_middle_is_begun_anew(shorter: bool) -> None:
    line = Whole(os.urandom(3_000))
    parts = fetched(signed_on(line), "/v1/snapshot/ref", lambda: None, size=1_000)
    assert next(parts) == line.body[:1_000]
    line.body, line.tag = os.urandom(900 if shorter else 3_000), '"b"'

    with pytest.raises(Unavailable) as told:
        next(parts)
    assert told.value.code == "torn"


def test_nothing_is_laid_down_any_more_once_the_program_ends() -> None:
    line, over = Whole(os.urandom(3_000)), []

    def go_on() -> None:
        if over:
            raise Unavailable("closing", code="closing")

    parts = fetched(signed_on(line), "/v1/snapshot/ref", go_on, size=1_000)
    next(parts)
    over.append(1)
    with pytest.raises(Unavailable, match="closing"):
        next(parts)


# -- photos ------------------------------------------------------------------------


@pytest.fixture
def photo(store: Store) -> bytes:
    """A photo that is to come down to a desk."""
    content = os.urandom(4 * PIECE + 77)
    name = hashlib.sha256(content).hexdigest()
    store.run(note_transfers(transfers=[(name, "down", "a-1", 25, len(content))], seen=1))
    return content


def here(store: Store, content: bytes) -> bool:
    return Blobs(store.home.blobs, store.key).size_of(hashlib.sha256(content).hexdigest()) == len(content)


def test_a_photo_comes_in_pieces_at_the_rate_that_is_set(store: Store, photo: bytes) -> None:
    """All of it came in one answer, counted as one piece, and every act waited behind it."""
    now, line = [0.0], Whole(photo)
    porter, signed = Porter(store, Allowance(PIECE, lambda: now[0])), signed_on(line)

    sizes = []
    while not here(store, photo):
        step = porter.step(signed)
        assert step.again_ms is not None
        now[0] += step.again_ms / 1000
        sizes += [step.moved] if step.moved else []

    assert sizes == [PIECE] * 4 + [77]
    assert now[0] >= 3.0, "a piece a second, the first at once"


def test_a_photo_goes_on_after_a_restart_and_of_an_older_server_it_is_taken_whole(store: Store, photo: bytes) -> None:
    line = Whole(photo)
    Porter(store, Allowance(0)).step(signed_on(line))
    Porter(store, Allowance(0)).step(signed_on(line))
    assert line.asked == [f"bytes=0-{PIECE - 1}", f"bytes={PIECE}-{2 * PIECE - 1}"]

    line.old = True
    Porter(store, Allowance(0)).step(signed_on(line))
    assert here(store, photo)


def test_parts_that_are_all_here_already_become_the_photo(store: Store, photo: bytes) -> None:
    """The program was ended between the last part and the whole."""
    blobs = Blobs(store.home.blobs, store.key)
    blobs.keep_part(hashlib.sha256(photo).hexdigest(), 0, photo)

    Porter(store, Allowance(0)).step(signed_on(Whole(photo)))

    assert here(store, photo)


# -- with the server ---------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.say("site", "add", "FZ-A1", "鼓楼支局")
    made.start()
    yield made
    made.close()


def test_scopes_and_photos_come_from_the_server_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = fast(world.desk("甲", "FZ-A1", first=True)), fast(world.desk("乙", "FZ-A1"))
    content = os.urandom(PIECE + 10_000)
    attached(one, opened(one), "photo", content)
    one.sync()
    monkeypatch.setattr(in_parts.fetched, "__kwdefaults__", {"size": 300})
    two.exchange = Exchange(two.store, clock=two.clock)
    two.exchange._snapshot("ref")
    two.sync()

    asked = [target for _method, target, _fault in world.lines["乙"].seen]
    assert asked.count("/v1/snapshot/ref") > 2
    assert sum(target.startswith("/v1/blob/") for target in asked) == 2
    assert Blobs(two.home.blobs, two.store.key).fetch(hashlib.sha256(content).hexdigest()) == content
    check(world)
