"""A station that is not the only one of its name takes a new one, and issues anew what the server has not confirmed.

A cloned disk and a database set back to an old backup look alike to the server: another act under a number
that is used up. The acts keep their uids, so that none is done twice; only station, chain and hash are new.
"""

from __future__ import annotations

import json

from sqlalchemy.orm import Session

from deskapp.models.act_session import ActSession, driver_of
from deskapp.models.canonical import canonical, digest


def issue_anew(session: Session, station: str, after: int) -> int:
    """Chain every act above `after` to another station and return how many; what was confirmed stays so."""
    driver = driver_of(session)
    before = driver.execute("SELECT hash FROM change_set WHERE seq = ?", (after,)).fetchone()
    prev = before[0] if before else ""
    rows = driver.execute("SELECT seq, body FROM change_set WHERE seq > ? ORDER BY seq", (after,)).fetchall()
    for seq, text in rows:
        body = canonical({**json.loads(text), "station": station, "seq": seq, "prev": prev})
        hashed = digest(body)
        driver.execute(
            "UPDATE change_set SET station = ?, body = ?, prev = ?, hash = ? WHERE seq = ?",
            (station, body, prev, hashed, seq),
        )
        prev = hashed
    if isinstance(session, ActSession):
        session.kept.last = None
    return len(rows)


def offer_again(session: Session, above: int) -> int:
    """Let every act above a number count as not sent, because the server lost it; return how many those are."""
    driver = driver_of(session)
    driver.execute("DELETE FROM sync_result WHERE uid IN (SELECT uid FROM change_set WHERE seq > ?)", (above,))
    return int(driver.execute("UPDATE change_set SET acked_at = 0 WHERE seq > ? AND acked_at <> 0", (above,)).rowcount)
