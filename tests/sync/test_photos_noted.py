"""Every photo is noted to travel, whatever came and went before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from deskapp.clock import new_uuid7
from deskapp.commands.syncing import move_transfer
from deskapp.models.absorb import Entry, Piece
from deskapp.models.store import Store
from deskapp.models.sync_state import BlobTransfer
from deskapp.queries.outbox import LONGEST_RETRY_MS, due_file
from deskapp.sync.blobs import Allowance, Porter
from tests.sync.desks import Desk, new_desk
from tests.sync.test_odd_stories import attached
from tests.sync.test_stories import opened


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = new_desk(tmp_path, "甲", code="FZ-A1")
    yield made
    made.close()


def noted(store: Store) -> dict[str, str]:
    """Let what is new be noted; return which way each attachment travels."""
    Porter(store, Allowance(0)).note_new()
    with store.read() as session:
        return {row.attachment_id: row.way for row in session.scalars(select(BlobTransfer))}


def test_a_photo_made_after_the_newest_one_left_is_noted_too(desk: Desk) -> None:
    """After the next start it got the local number of the one that had left, and was taken for noted."""
    ticket, theirs = opened(desk), new_uuid7()
    values = {"at": 1, "by": "", "subject_kind": "service_ticket", "subject_id": ticket, "kind": "photo",
              "sha256": "ab" * 32, "size": 9, "mime": "image/jpeg", "caption": "", "thumbnail": ""}  # fmt: skip
    desk.store.absorb(Piece(entries=[Entry("fact", "attachment", theirs, values, scope="site:x")]))
    assert noted(desk.store) == {theirs: "down"}
    desk.store.absorb(Piece(entries=[Entry("drop", "attachment", theirs, {}, scope="site:x")]))
    desk.reopen()

    mine = attached(desk, ticket, "photo", b"a photo")

    assert noted(desk.store)[mine] == "up"


def test_a_photo_put_off_by_a_clock_that_ran_ahead_does_not_wait_for_that_day(desk: Desk) -> None:
    """A year ahead when the line failed: set right, it was put off for a year."""
    attached(desk, opened(desk), "photo", b"a photo")
    noted(desk.store)
    with desk.store.read() as session:
        (row,) = session.scalars(select(BlobTransfer))
    for ahead, waits in ((LONGEST_RETRY_MS, True), (365 * 86_400_000, False)):
        at = desk.store.now + ahead
        desk.store.run(move_transfer(sha256=row.sha256, way=row.way, values={"next_at": at}))
        with desk.store.read() as session:
            due = due_file(session, at - ahead)
        assert due is not None and (due.next_at > at - ahead) is waits
