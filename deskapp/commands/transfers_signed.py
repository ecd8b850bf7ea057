"""The signed paper of a hand-over, scanned or photographed: filed with the hand-over it signs."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from deskapp.commands.checkin import attach
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers_desk import settle_manifest_todo
from deskapp.errors import N_, Refused
from deskapp.models import transfers
from deskapp.models.stock import Attachment
from deskapp.models.store import Write, command
from deskapp.models.transfer import Manifest
from deskapp.rules.transfers import Fact, View

PAPER = "paper"
MOST_PAGES = 24
"""Pages of one manifest: two hundred lines, both copies, with room."""


@command(N_("File the signed manifest"), right="transfer")
def file_signed_manifest(write: Write, *, manifest_id: str, pages: tuple[Photo, ...]) -> int:
    """File the pages of a signed manifest with the hand-over that was signed here; returns how many are filed now.

    The sender's copy belongs to the hand-over to the courier, the receiver's to the receipt. The to-do that asked
    for the signature is settled. A page that is filed already is not filed twice. Raises Refused before anything
    was handed over here.
    """
    if not pages:
        raise Refused(N_("Add the scanned paper first."), field="photos", code="missing")
    view = transfers.view_of(write.session, manifest_id)
    fact = _signed_here(write, manifest_id, view)
    if fact is None:
        raise Refused(N_("Nothing of this manifest was signed for here yet."), field="manifest", code="state")
    filed = set(
        write.session.scalars(
            select(Attachment.sha256).where(Attachment.subject_id == fact.uid, Attachment.kind == PAPER)
        )
    )
    new = {page.sha256: page for page in pages if page.sha256 not in filed}
    if len(filed) + len(new) > MOST_PAGES:
        raise Refused(N_("That are more pages than a manifest has ({count})."), field="photos", code="many",
                      count=MOST_PAGES)  # fmt: skip
    for page in new.values():
        attach(write, "manifest_event", fact.uid, replace(page, kind=PAPER))
    settle_manifest_todo(write, manifest_id, "signature", PAPER, fact.kind)
    return len(filed) + len(new)


def _signed_here(write: Write, manifest_id: str, view: View) -> Fact | None:
    """Return the hand-over whose paper lies here: what we gave away, else what we received."""
    row = write.session.get(Manifest, manifest_id)
    ours = row is not None and transfers.same_site(write.session, row.site_id, write.site_id)
    return view.sent if ours and view.sent is not None else view.closed
