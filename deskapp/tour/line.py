"""The depot's line to the central server: bytes that pass through here both ways until somebody cuts it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Final

HOST: Final = "127.0.0.1"
_PIECE: Final = 65_536
_PATIENCE_S: Final = 5.0


class CutLine:
    """A way to a port of this machine that breaks like a real line: open connections end, new ones are refused."""

    def __init__(self, port: int) -> None:
        self._far = port
        self._door = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listening: socket.socket | None = None
        self._near = 0
        self.mend()

    @property
    def url(self) -> str:
        """Where the server is for whoever stands at the near end; the same before and after a cut."""
        return f"http://{HOST}:{self._near}"

    def mend(self) -> None:
        """Let bytes pass from now on; raises OSError when the port was given to another program meanwhile."""
        if self._listening is not None:
            return
        self._listening = socket.create_server((HOST, self._near))
        self._near = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, args=(self._listening,), name="line", daemon=True).start()

    def cut(self) -> None:
        """Let nothing pass any more."""
        listening, self._listening = self._listening, None
        if listening is None:
            return
        _end(listening)
        listening.close()  # from now on there is nobody to knock at
        with self._door:
            for one in self._ends:
                _end(one)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _who = listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((HOST, self._far), _PATIENCE_S)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            with self._door:
                self._ends |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), name="line", daemon=True).start()
            if self._listening is not listening:  # it was cut while this connection was put through
                _end(near)

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        """Carry what comes in at one end out at the other, until either ends."""
        with suppress(OSError):
            while piece := one.recv(_PIECE):
                other.sendall(piece)
        _end(other)
        with self._door:
            self._ends.discard(one)
        one.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
