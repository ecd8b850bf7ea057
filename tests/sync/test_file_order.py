"""In which order photos and signatures go."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import select

from deskapp.errors import N_
from deskapp.models.blobs import Blobs
from deskapp.models.stock import Attachment
from deskapp.models.store import Store, Write, command
from deskapp.models.sync_state import BlobTransfer
from deskapp.queries.outbox import due_file
from deskapp.sync.blobs import Allowance, Porter


@command(N_("Attach files in a story"), right="")
def attach_all(write: Write, *, files: list[tuple[str, str, str]]) -> None:
    for subject, kind, sha256 in files:
        write.session.add(Attachment(
            id=write.new_id(), at=write.now, by="", subject_kind=subject, subject_id=write.new_id(), kind=kind,
            sha256=sha256, mime="image/jpeg", size=9,
        ))  # fmt: skip


def test_signatures_go_first_then_photos_of_what_is_handed_over_then_the_rest(store: Store, people: Any) -> None:
    blobs = Blobs(store.home.blobs, store.key)
    ticket, manifest, drawn = (blobs.keep(os.urandom(9), "image/jpeg", store.now) for _one in range(3))
    files = [("service_ticket", "photo", ticket), ("manifest_event", "photo", manifest),
             ("repair_order", "signature", drawn)]  # fmt: skip
    store.run(attach_all(files=files), by=people.clerk)

    Porter(store, Allowance(0)).note_new()

    with store.read() as session:
        order = list(session.scalars(select(BlobTransfer.sha256).order_by(BlobTransfer.rank)))
        first = due_file(session, store.now)
    assert (order, first.sha256 if first else "") == ([drawn, manifest, ticket], drawn)
