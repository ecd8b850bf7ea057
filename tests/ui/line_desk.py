"""A desk in a process of its own, whose system bus is the one that its environment names: tells what it hears of its
line, one word after the other, until its input ends.

Without a folder it only follows the line; with one the agent of the desk there speaks with its server, and it is told
how many photos and signatures are still to go, and how many of them are held back.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, Signal

from deskapp.ui.line_watch import LineWatch, sentence, tells


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Ended(QObject):
    """Says on the window's thread that the input is over."""

    over = Signal()

    def wait(self) -> None:
        sys.stdin.read()
        self.over.emit()


def speak(app: QCoreApplication, folder: Path) -> None:
    from deskapp.clock import system_clock
    from deskapp.models.store import Store
    from deskapp.paths import Home
    from deskapp.queries.syncing import sync_badge
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.sync_agent import SyncAgent
    from tests.conftest import KEY

    store = Store(Home(folder), KEY)
    agent = SyncAgent(Jobs(lambda: store), store)
    told = [""]

    def look() -> None:
        badge = store.ask(lambda session: sync_badge(session, system_clock()))
        text = f"held {badge.held} of {badge.photos}"
        if text != told[-1]:
            told.append(text)
            tell(text)

    agent.moved.connect(look)
    agent.begin()
    app.exec()
    agent.end()
    store.close()


def main() -> None:
    app = QCoreApplication(["line_desk"])
    watch, ended = LineWatch(), Ended()
    ended.over.connect(app.quit)
    watch.changed.connect(lambda: tell(f"metered {watch.metered}"))
    watch.begin()
    tell(f"begins {tells()} {watch.metered} {sentence()}")
    threading.Thread(target=ended.wait, daemon=True).start()
    if len(sys.argv) > 1:
        speak(app, Path(sys.argv[1]))
    else:
        app.exec()


if __name__ == "__main__":
    main()
