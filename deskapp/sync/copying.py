"""What an erasure leaves to do once its commit is made."""

from __future__ import annotations

from deskapp.commands.syncing import keep_state
from deskapp.models import erasing, sync_state
from deskapp.models.store import Store


def copy_anew(store: Store) -> None:
    """Write the copy of the journal anew where something was erased, and remove files; also if that was cut off."""
    with store.read() as session:
        due = sync_state.state(session, "recopy") == "1"
    if due:
        erasing.finish(store)
        store.run(keep_state(state={"recopy": "", "papers_due": "", "blobs_due": ""}))
