"""A store that was closed stays closed: nothing opens its file anew behind the back of whoever has it by then."""

from __future__ import annotations

import pytest

from deskapp.commands.syncing import keep_state
from deskapp.errors import Unavailable
from deskapp.models.absorb import Piece
from deskapp.models.store import Store
from deskapp.queries.outbox import cursors_of


def test_what_comes_late_neither_reads_nor_writes(store: Store) -> None:
    """A thread whose answer hung in the network laid it into the store after it was closed, perhaps exchanged."""
    store.close()
    for late in (
        lambda: store.run(keep_state(state={"problem": "late"})),
        lambda: store.absorb(Piece(cursors={"ref": (7, "c")})),
        lambda: store.ask(cursors_of),
        store.raw_writer,
    ):
        with pytest.raises(Unavailable) as told:
            late()
        assert told.value.code == "closing"

