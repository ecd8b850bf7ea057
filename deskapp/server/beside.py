"""A server on a thread of this process, on a free port of this machine: for played days, never for a branch.

It answers by HTTP like any other and goes by the clock of its process.
"""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Final

import uvicorn

from deskapp.clock import stopwatch
from deskapp.errors import N_, Unavailable
from deskapp.server.app import make_app
from deskapp.server.lines import Bounded, Prompt
from deskapp.server.service import Options, Server

HOST: Final = "127.0.0.1"
PATIENCE_S: Final = 20.0


class Beside:
    """A server at work from its making until `close`. `server` is what it works on."""

    def __init__(self, folder: Path) -> None:
        """Open the database in a folder and answer; raises Unavailable where no port can be had."""
        try:
            self._listening = socket.create_server((HOST, 0))
        except OSError as error:
            raise Unavailable(N_("No port of this computer can be opened: {reason}"), reason=str(error)) from error
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.server = Server(Options(str(folder / "server.db"), folder))
        app = make_app(self.server, poll_s=0.2)
        config = uvicorn.Config(
            app, host=HOST, log_config=None, access_log=False, server_header=False, date_header=False, ws="none",
            http=Bounded, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._prompt = Prompt(config, app.state.hub)
        self._thread = threading.Thread(target=self._answer, name="server", daemon=True)
        self._thread.start()
        self._await()

    @property
    def port(self) -> int:
        """The port of this machine at which it answers."""
        return int(self._listening.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def close(self) -> None:
        """End; who waits for a hint is let go."""
        if self._thread.is_alive():
            self._prompt.should_exit = True
            self._thread.join(PATIENCE_S)
        self._listening.close()

    def _answer(self) -> None:
        self._prompt.run(sockets=[self._listening])

    def _await(self) -> None:
        until = stopwatch() + PATIENCE_S
        while not self._prompt.started:
            if not self._thread.is_alive() or stopwatch() > until:
                raise Unavailable(N_("The server did not start."))
            self._thread.join(0.01)
