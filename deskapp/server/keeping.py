"""What the administrator's commands look after beside the data itself: missing photos, backups whose time is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.server import copies, missing, stations
from deskapp.server.check import Wrong, wrong
from deskapp.server.telling import tell, who

if TYPE_CHECKING:
    from deskapp.server.service import Server


def look(server: Server) -> list[Wrong]:
    """Ask desks for photos that are missing or damaged; return what is wrong beside the data itself."""
    now = server.clock()
    damaged = missing.drop_damaged(server)
    with server.database.read() as tx:
        gone, stale = missing.find(tx), copies.stale(tx)
    found = []
    if gone:
        missing.ask(server, now_all=True)
        tell(N_("{count} photos that records name are not here; the desks are asked for them."), count=len(gone))
    if damaged:
        tell(N_("{count} damaged photos were thrown away."), count=damaged)
    long = sum(now - one.made_at > missing.LONG_MS for one in gone)
    if long:
        found.append(wrong(N_("{count} photos are missing for more than a week."), count=long))
    for one in stale:
        if one.due <= now:
            sentence = N_("The backup {place} holds somebody who was erased, and should be gone since {day}.")
            found.append(wrong(sentence, place=str(one.place), day=f"{shop_time(one.due):%Y-%m-%d}"))
    return found


def backed_up(server: Server, target: Path) -> None:
    """Note a backup in the book, and let older ones go that hold somebody who was erased and whose time is over."""
    now, place = server.clock(), target.resolve()
    with server.database.write() as tx:
        stations.note(tx, now, "backup", str(place), who())
        for one in copies.rotate(tx, now):
            stations.note(tx, now, "backup_removed", str(one.place), who())
            tell(N_("{place} is removed: it held somebody who was erased."), place=str(one.place))
