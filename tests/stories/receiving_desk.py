"""A desk that receives a van by scanner in a process of its own, and writes each label when the page says it is in.

Usage: receiving_desk.py HOME MANIFEST. It goes on with whatever the sheet still expects. At a van of which something
was received already it first writes on which shelf, and from which courier, the page goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QDeadlineTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deskapp import i18n
from deskapp.clock import system_clock
from deskapp.models.store import Actor, Store
from deskapp.paths import Home
from deskapp.queries.transfers import LineRow
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext
from deskapp.ui.pages.transfer_in import TransferInPage

KEY = bytes(range(32))
SHELF, COURIER = "A-01", "赵师傅"
PATIENCE_MS = 30_000


def main() -> None:
    """Receive until nothing is expected any more, or until the process is killed."""
    home, manifest_id = Home(Path(sys.argv[1])), sys.argv[2]
    app = QApplication([])
    theme.apply(app, "light", 100)
    i18n.use("en")
    boss = Actor("desk-boss", "S09", "欧阳静", ("site_supervisor", "depot_supervisor"))
    with Store(home, KEY) as store:
        jobs = Jobs(lambda: store)
        jobs.actor = boss
        page = TransferInPage(
            PageContext(
                jobs=jobs, navigate=lambda page, **args: None, toast=lambda text, **values: None,
                ask_supervisor=lambda right, then, **values: None, values=Values, actor=lambda: boss, now=system_clock,
            )
        )  # fmt: skip
        jobs.changed.connect(page.changed)
        page.show()
        page.open(id=manifest_id)
        until(lambda: page.view is not None)
        _begin(page)
        while (line := _expected(page)) is not None:
            _receive(page, line)
        say("done")
        jobs.close()


def _begin(page: TransferInPage) -> None:
    assert page.view is not None
    if page.view.received:
        say(f"on {page.shelf} {page.courier.text()}")
        return
    page.courier.setText(COURIER)
    page.scan(SHELF)
    until(lambda: page.shelf == SHELF)


def _expected(page: TransferInPage) -> LineRow | None:
    return next((line for line in page.listed.table.rows() if line.state == "open"), None)


def _receive(page: TransferInPage, line: LineRow) -> None:
    page.scan(line.label_no)
    page.scan(line.serial_no)
    until(page.look.ready)
    page.verb("OK")
    until(lambda: line.label_no in [done.label_no for done in page.desk.acts])
    say(line.label_no)
    until(lambda: line.label_no not in {one.label_no for one in page.listed.table.rows() if one.state == "open"})


def until(what: Callable[[], object]) -> None:
    """Wait for something to come true."""
    deadline = QDeadlineTimer(PATIENCE_MS)
    while not what():
        if deadline.hasExpired():
            raise TimeoutError
        QTest.qWait(2)


def say(words: str) -> None:
    """Write a line at once."""
    os.write(1, f"{words}\n".encode())


if __name__ == "__main__":
    main()
