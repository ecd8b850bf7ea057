"""A desk that writes and syncs without pause until it is killed: `python -m tests.sync.busy_desk HOME TICKET TURN`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from deskapp.clock import new_uuid7
from deskapp.commands.people import actor_of
from deskapp.commands.tickets import add_note
from deskapp.errors import Unavailable
from deskapp.models.people import Staff
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.sync.exchange import Exchange
from tests.conftest import KEY


def work(home: Path, ticket: str, turn: str) -> None:
    """Work for ever."""
    store = Store(Home(home), KEY, new_id=new_uuid7)
    exchange = Exchange(store)
    with store.read() as session:
        boss = actor_of(session.scalars(select(Staff).where(Staff.staff_no == "S01")).one())
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    for number in range(10**6):
        store.run(add_note(ticket_id=ticket, words=f"忙{turn}.{number}"), by=boss)
        with suppress(Unavailable):
            exchange.speak()


if __name__ == "__main__":
    work(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
