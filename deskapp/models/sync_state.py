"""How far this computer has come with the server: cursors, server images, results, photos on their way.

None of it travels. `n` of a scope is the number of the last log entry applied here, `chain` the server's
hash there; both move only together with the rows (`models.absorb`).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from deskapp.models.act_session import driver_of
from deskapp.models.base import Base
from deskapp.models.journal import ChangeSet


class SyncFeed(Base):
    """One scope this station may read. `filled` is 0 until its first fill is complete."""

    __tablename__ = "sync_feed"

    no: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(unique=True)
    n: Mapped[int] = mapped_column(default=0)
    chain: Mapped[str] = mapped_column(default="")
    filled: Mapped[bool] = mapped_column(default=False)


class SyncHeld(Base):
    """A record that the server has put into a scope; a row stays here while any held scope contains it.

    A fact without a row here is this computer's own and not yet acknowledged.
    """

    __tablename__ = "sync_held"
    __table_args__ = {"sqlite_with_rowid": False}

    record_id: Mapped[str] = mapped_column(primary_key=True)
    feed_no: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str]


class SyncShadow(Base):
    """What the server holds of a field group that was changed here and not yet judged, and its version there."""

    __tablename__ = "sync_shadow"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[str] = mapped_column(default="")


class SyncExtra(Base):
    """What a newer program wrote and this one has no column or table for; taken up after an update."""

    __tablename__ = "sync_extra"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str]
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)


class SyncAlias(Base):
    """Two records that were found to be one thing: the first lives on as the second."""

    __tablename__ = "sync_alias"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    into_id: Mapped[str]


class SyncState(Base):
    """Single values: server address, epoch, clock offset, counter of requests, last contact (`KEYS` says which)."""

    __tablename__ = "sync_state"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class SyncResult(Base):
    """What the server said to one of our change sets. `settled` once the feed has passed its effect."""

    __tablename__ = "sync_result"
    __table_args__ = (Index("ix_sync_result_open", "uid", sqlite_where=text("NOT settled")),)

    uid: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[int]
    settled: Mapped[bool] = mapped_column(default=False)


UNSENT: Final = (
    "s.acked_at = 0 AND NOT EXISTS (SELECT 1 FROM sync_result r WHERE r.uid = s.uid AND r.code <> 'parked')"
)
"""Of a row `s` of `change_set`: no server has it, by all that was heard on the line and by sticks."""


class SyncRound(Base):
    """One contact with the server, for the page that shows them: how many were sent and received, how it ended."""

    __tablename__ = "sync_round"

    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[int]
    took_ms: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(default="")


class BlobTransfer(Base):
    """A photo or signature on its way: `way` up or down, `done` bytes of `size`, lower `rank` first.

    States: waiting, done, missing (not on this computer, or not yet on the server), failed (with a `note`).
    """

    __tablename__ = "blob_transfer"
    __table_args__ = (Index("ix_blob_transfer_due", "state", "rank", "next_at"),)

    sha256: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(primary_key=True)
    attachment_id: Mapped[str] = mapped_column(index=True)
    rank: Mapped[int] = mapped_column(default=9)
    size: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[int] = mapped_column(default=0)
    noted_at: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")


Index("ix_change_set_unsent", ChangeSet.seq, sqlite_where=ChangeSet.acked_at == 0)

KEYS = {
    "server": "address of the server, without a path at its end",
    "site": "the server's id of this site",
    "station": "this station's UUID at the server; empty while not enrolled",
    "epoch": "epoch of the server as last seen",
    "counter": "number of the last signed request",
    "offset_ms": "what has to be added to this computer's clock to get the server's",
    "contact_at": "when the server last answered, in this computer's time",
    "problem": "code of what went wrong last; empty while all is well",
    "blobs_seen": "local number of the newest attachment whose transfer is noted",
    "fingerprint": "the computer on which this store was last opened",
    "key": "the station's private key, sealed, where there is no keyring",
    "asked_as": "the station's UUID by which it last asked to belong and heard nothing yet, after a mark of the code",
    "looked": "highest local numbers of watched tables when it was last looked for what does not fit, as a mapping",
    "pin": "SHA-256 of the server's certificate, where it is pinned",
    "reissue": "up to which act the journal was issued anew under a new identity and may have to be sent again",
    "carry": "code of the file that was last written for a stick",
    "retired": "1 once the server has let this station go",
    "orders": "the public key by which this desk's server signs orders",
    "lost_at": "when the server first ordered this desk to be wiped",
    "leaving": "the journal's last number when everything was handed over and the server told that this desk is empty",
    "metered": "largest photo in bytes that goes by the line of now; empty where the line is not paid by volume",
    "files_asked": "where this station's own log stood when the server was last asked which photos it lacks",
    "branch": "the branch's name, kept when this desk left: its record goes with all others",
    "recopy": "1 while the copy of the journal still holds what was erased",
    "erased_at": "when somebody was erased here (ms UTC), the last time of each day, as a list",
    "papers_due": "papers kept as files, of somebody who was erased, that are to be removed, as a list",
    "blobs_due": "photos and signatures of somebody who was erased (SHA-256) that are to be destroyed, as a list",
    "moved": "the computer that took a number of its own before the server could be asked for one",
    "audited_at": "when both sides were last compared scope by scope (or, before that, when this desk first spoke)",
    "differing": "in how many scopes they differed then; those were fetched anew",
}


def state(session: Session, key: str, default: str = "") -> str:
    """Return one value of `KEYS`."""
    # Asked some ten times in every contact: a prepared statement, not the ORM.
    row = driver_of(session, SyncState).execute("SELECT value FROM sync_state WHERE key = ?", (key,)).fetchone()
    return default if row is None else str(row[0])


def number(session: Session, key: str) -> int:
    """Return one value of `KEYS` that is a whole number, 0 where there is none."""
    return int(state(session, key, "0") or "0")


def keep(session: Session, key: str, value: str | int) -> None:
    """Set one value of `KEYS`."""
    if key not in KEYS:
        raise ValueError(key)
    row = session.get(SyncState, key)
    if row is None:
        session.add(SyncState(key=key, value=str(value)))
    else:
        row.value = str(value)
