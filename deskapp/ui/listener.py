"""What a running window listens on: a second start that wants it in front, and the command line's work.

One process owns the store. The address and a random token lie in a file of the private home;
whoever cannot read that file cannot speak to the window. `deskapp.ui.knock` is the other end.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from deskapp.cipher import write_durably
from deskapp.clock import random_token
from deskapp.paths import Home
from deskapp.ui.knock import PATIENCE_S, Message, receive, send

log = logging.getLogger(__name__)

Answer = Callable[[Message, Callable[[object], None]], Message]
"""Does a message's work and returns the reply; is handed where to report `Changes`."""


class Listener(QObject):
    """Answers on a thread of its own, one message at a time.

    Signals:
        wanted: a second start wants the window in front.
        changed: work of the command line was committed; carries `Changes`.
    """

    wanted = Signal()
    changed = Signal(object)

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._token = random_token()
        self._answer: Answer | None = None
        self._ready = threading.Event()
        self._closing = threading.Event()
        self._socket, self._address = _listen(home)
        # Any thread emits; the receivers live in the window's.
        note = json.dumps({"address": self._address, "token": self._token, "pid": os.getpid()})
        write_durably(home.socket, note.encode())
        if os.name == "posix":
            home.socket.chmod(0o600)
        self._thread = threading.Thread(target=self._serve, name="listener", daemon=True)
        self._thread.start()

    def answer_with(self, answer: Answer | None) -> None:
        """Do work by this function from now on; None while the store is not open."""
        self._answer = answer
        if answer is not None:
            self._ready.set()
        else:
            self._ready.clear()

    def close(self) -> None:
        """Stop listening and take the address away."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(PATIENCE_S)
        with contextlib.suppress(OSError):
            self._home.socket.unlink(missing_ok=True)
            if isinstance(self._address, str):
                Path(self._address).unlink(missing_ok=True)

    def forward_changes(self, receiver: Any) -> None:
        """Send what was changed on to a signal of the window's thread."""
        self.changed.connect(receiver, Qt.ConnectionType.QueuedConnection)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.settimeout(PATIENCE_S)
                    message = receive(connection)
                    reply = self._reply(message)
                    connection.settimeout(PATIENCE_S)
                    send(connection, reply)
                except (OSError, ValueError) as error:
                    log.warning("listener: %s", type(error).__name__)

    def _reply(self, message: Message) -> Message:
        if not hmac.compare_digest(str(message.pop("token", "")).encode(), self._token.encode()):
            log.warning("listener: wrong token")
            return {"refused": "token"}
        if message.get("verb") == "show":
            self.wanted.emit()
            return {"status": 0}
        if not self._ready.wait(PATIENCE_S) or self._answer is None:
            return {"refused": "starting"}
        return self._answer(message, self.changed.emit)


def _listen(home: Home) -> tuple[socket.socket, str | int]:
    if hasattr(socket, "AF_UNIX") and os.name == "posix":
        path = str(home.root / "desk.sock")
        if len(path.encode()) > 100:  # the system's limit is near 108 bytes
            import tempfile

            path = os.path.join(tempfile.mkdtemp(prefix="deskapp-"), "desk.sock")
        Path(path).unlink(missing_ok=True)  # of a window that was killed; the store's lock says who is alive
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(path)
        os.chmod(path, 0o600)
        listening.listen(8)
        return listening, path
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen(8)
    return listening, int(listening.getsockname()[1])
