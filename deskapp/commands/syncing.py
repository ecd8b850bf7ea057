"""What the program itself writes down about syncing, and what a person settles on the page that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select, update

from deskapp.errors import N_, Refused
from deskapp.models import reissue, sync_state
from deskapp.models.act_session import driver_of
from deskapp.models.local import StoreInfo
from deskapp.models.stock import Attachment
from deskapp.models.store import Write, command
from deskapp.models.sync_state import BlobTransfer, SyncResult, SyncRound

OFFERED_AGAIN_MS = 15 * 24 * 3600 * 1000
"""No backup of a server that comes back is older."""

ROUNDS_KEPT = 500
"""Contacts that the page can show; a quiet desk makes some hundred a day."""


@command(N_("Take a station's identity"), right="")
def take_identity(
    write: Write, *, station: str, station_no: int, site_id: str, after: int, state: Mapping[str, str]
) -> int:
    """Write down who this station is at the server, and chain every act above `after` to it; return how many.

    `state` are values of `sync_state.KEYS`. Papers keep their numbers.
    """
    told = {"station": station, "station_no": str(station_no)} | ({"site_id": site_id} if site_id else {})
    for key, value in told.items():
        write.session.merge(StoreInfo(key=key, value=value))
    for key, value in state.items():
        sync_state.keep(write.session, key, value)
    return reissue.issue_anew(write.session, station, after)


@command(N_("Offer acts to the server once more"), right="")
def offer_again(write: Write, *, above: int) -> int:
    """Let every act above a number count as not sent, because the server lost it; return how many those are."""
    _look_for_files_again(write)
    return reissue.offer_again(write.session, above)


@command(N_("Offer photos to the server once more"), right="", waits=True)
def offer_files_again(write: Write) -> None:
    """Let photos of this desk be looked for at the server again, because it was set back; what is there is not sent."""
    _look_for_files_again(write)


def _look_for_files_again(write: Write) -> None:
    own = update(BlobTransfer).where(BlobTransfer.way == "up", BlobTransfer.state == "done")
    recent = own.where(BlobTransfer.noted_at > write.now - OFFERED_AGAIN_MS)
    write.session.execute(recent.values(state="waiting", done=0, tries=0, next_at=0))


@command(N_("Send photos that the server lacks"), right="", waits=True)
def send_files_again(write: Write, *, files: Sequence[tuple[str, int]], asked: str) -> int:
    """Let files (SHA-256, size) that are here go up once more; `asked`: where the station's own log stood.

    Returns how many go. A file that came down from the server goes up from here too: whoever sent it may be gone.
    """
    count = 0
    for sha256, size in files:
        row = write.session.get(BlobTransfer, (sha256, "up"))
        kind = write.session.execute(select(Attachment.id, Attachment.kind).where(Attachment.sha256 == sha256)).first()
        if row is None and kind is not None:
            rank = 0 if kind.kind == "signature" else 5
            write.session.add(BlobTransfer(sha256=sha256, way="up", attachment_id=kind.id, rank=rank, size=size,
                                           noted_at=write.now))  # fmt: skip
            count += 1
        elif row is not None:
            if row.state != "waiting":
                row.state, row.done, row.size = "waiting", 0, size
            row.tries = row.next_at = 0
            count += 1
    sync_state.keep(write.session, "files_asked", asked)
    return count


@command(N_("Note a contact with the server"), right="", waits=True)
def note_round(write: Write, *, took_ms: int, sent: int, received: int, outcome: str, state: Mapping[str, str]) -> None:
    """Keep how a contact ended; quiet ones only move the time of the last contact."""
    for key, value in state.items():
        sync_state.keep(write.session, key, value)
    if not (sent or received or outcome):
        return
    driver = driver_of(write.session, SyncRound)
    (newest,) = driver.execute("SELECT coalesce(max(n), 0) + 1 FROM sync_round").fetchone()
    write.session.add(SyncRound(n=newest, at=write.now, took_ms=took_ms, sent=sent, received=received, outcome=outcome))
    driver.execute("DELETE FROM sync_round WHERE n <= ?", (newest - ROUNDS_KEPT,))


@command(N_("Keep a value of syncing"), right="", waits=True)
def keep_state(write: Write, *, state: Mapping[str, str]) -> None:
    """Set values of `sync_state.KEYS`."""
    for key, value in state.items():
        sync_state.keep(write.session, key, value)


@command(N_("Put a refused act away"), right="")
def dismiss_refused(write: Write, *, uid: str) -> None:
    """Take an act that the server refused off the list of what waits for a person; the journal keeps its words."""
    row = write.session.get(SyncResult, uid)
    if row is None or not row.settled:
        raise Refused(N_("This act is not on the list any more."), code="gone")
    write.session.delete(row)


@command(N_("Note photos that have to travel"), right="", waits=True)
def note_transfers(write: Write, *, transfers: Sequence[tuple[str, str, str, int, int]], seen: int) -> None:
    """Note files by SHA-256, way (up, down), attachment, rank and size, and up to which attachment all are noted."""
    for sha256, way, attachment_id, rank, size in transfers:
        if write.session.get(BlobTransfer, (sha256, way)) is None:
            write.session.add(
                BlobTransfer(
                    sha256=sha256, way=way, attachment_id=attachment_id, rank=rank, size=size, noted_at=write.now
                )
            )  # fmt: skip
    sync_state.keep(write.session, "blobs_seen", seen)


@command(N_("Note how far a photo has come"), right="", waits=True)
def move_transfer(write: Write, *, sha256: str, way: str, values: Mapping[str, int | str]) -> None:
    """Set what is known of a file on its way."""
    row = write.session.get(BlobTransfer, (sha256, way))
    if row is not None:
        for name, value in values.items():
            setattr(row, name, value)
