"""What is filled in later about a van: the number of a seal that nobody gave when it left."""

from __future__ import annotations

from deskapp.commands.transfers_desk import event, manifest_of, seal_of, settle_manifest_todo
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.store import Write, command
from deskapp.rules.transfers import Kind, State


@command(N_("Note the seal of a bag"), right="transfer")
def note_seal(write: Write, *, manifest_id: str, seal_no: str, label_no: str = "") -> int:
    """Note the number of the seal of one device's bag, or of all bags without one; returns how many devices it names.

    Possible at both ends while the manifest is not withdrawn. Settles the to-do once every line has its seal.
    """
    row = manifest_of(write, manifest_id)
    view = transfers.view_of(write.session, row.id)
    open_ones = [line for line in view.lines if not line.seal_no and label_no in ("", line.label_no)]
    if view.state is State.CANCELLED or not open_ones:
        raise Refused(N_("Every bag of this manifest has its seal."), field="seal_no", code="state")
    seal = seal_of(write, row, seal_no)
    event(write, row.id, Kind.SEAL, label_no=label_no, seal_no=seal)
    if len(open_ones) == sum(not line.seal_no for line in view.lines):
        settle_manifest_todo(write, row.id, "seal_no", "noted")
    return len(open_ones)
