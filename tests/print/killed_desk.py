"""Desks that print and are killed: ours, and the naive ones that have to fail beside it."""

from __future__ import annotations

import json
import os
import socket
from multiprocessing.connection import Connection
from pathlib import Path

from deskapp.clock import new_uuid7, system_clock
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.print.lines import Limits
from deskapp.print.raw_printer import open_raw
from deskapp.print.spooler import Spooler
from deskapp.queries.printing import open_jobs
from tests.conftest import KEY
from tests.print.virtual_printers import label

QUICK = Limits(connect=1, answer=0.5, close=0.3, stall=1, told_every=0.2, piece=1, settle=0.01, drain=5, lock=5)


def ours(folder: str, tell: Connection) -> None:
    """Print the queue of a store, settling first what an earlier life left open; says when nothing is open."""
    with Store(Home(Path(folder)), KEY, clock=system_clock, new_id=new_uuid7) as store:
        spooler = Spooler(store, open_raw=lambda profile: open_raw(profile, QUICK))
        tell.send("printing")
        spooler.recover()
        while store.ask(open_jobs):
            spooler.settle_open()
            if not spooler.drain() and not store.ask(open_jobs):
                break
    tell.send("done")


def marked_after_sending(folder: str, port: int, count: int, tell: Connection) -> None:
    """The usual sender: each label is noted as printed after it was handed to the socket, and sent again otherwise."""
    noted = Path(folder) / "printed.txt"
    done = set(noted.read_text().split()) if noted.exists() else set()
    tell.send("printing")
    with socket.create_connection(("127.0.0.1", port)) as wire, noted.open("a") as file:
        for number in range(count):
            if str(number) in done:
                continue
            wire.sendall(label("zpl", f"{number}", size=4_000))
            file.write(f"{number}\n")
            file.flush()
            os.fsync(file.fileno())
    tell.send("done")


def marked_at_the_end(folder: str, port: int, count: int, tell: Connection) -> None:
    """The usual batch: sent whole, noted as printed at the end, sent again from the start otherwise."""
    tell.send("printing")
    with socket.create_connection(("127.0.0.1", port)) as wire:
        for number in range(count):
            wire.sendall(label("zpl", f"{number}", size=4_000))
    (Path(folder) / "done.json").write_text(json.dumps(True))
    tell.send("done")
