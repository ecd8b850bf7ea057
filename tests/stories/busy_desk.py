"""A desk at work in a process of its own: does acts one after the other and writes each one's uid when it is saved.

Usage: busy_desk.py HOME COUNT [synchronous]. With a value for `synchronous` the store is weakened on
purpose, as the control that shows that the test can see a loss.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from deskapp import cipher
from deskapp.clock import new_uuid7
from deskapp.commands.tickets import TicketForm, add_note, open_ticket
from deskapp.models.store import Actor, Command, Store
from deskapp.paths import Home

KEY = bytes(range(32))


def main() -> None:
    """Work until the count is done or the process is killed."""
    home, count = Home(Path(sys.argv[1])), int(sys.argv[2])
    if len(sys.argv) > 3:
        weaker = tuple(
            f"PRAGMA synchronous={sys.argv[3]}" if "synchronous" in line else line for line in cipher._WRITER
        )
        cipher._WRITER = weaker
    clerk = Actor("desk-clerk", "C01", "", ("counter_clerk", "site_supervisor"))
    with Store(home, KEY) as store:
        for number in range(count):
            form = TicketForm(
                callback_phone="13800138000", model_words="N910", symptom_code="no_power", words=f"第{number}单",
                business_stopped=False,
            )  # fmt: skip
            opened = _do(store, open_ticket(form=form), clerk)
            _do(store, add_note(ticket_id=opened.ticket_id, words=f"备注{number}"), clerk)


def _do(store: Store, act: Command, clerk: Actor) -> object:
    named = replace(act, uid=new_uuid7())
    done = store.run(named, by=clerk)
    os.write(1, f"{named.uid}\n".encode())
    return done.result


if __name__ == "__main__":
    main()
