"""Speaking to the running window from another process. Knows no Qt, so that the command line stays quick.

A message is four bytes of length (big-endian) and JSON; it carries the token of the window's
address file, which only this user can read.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from deskapp.paths import Home

LARGEST = 4 * 1024 * 1024
PATIENCE_S = 3.0
"""How long a knock waits for the window to take the message; the work itself may take longer."""

WORK_S = 600.0

Message = dict[str, Any]


def knock(home: Home, message: Message, *, wait_s: float = PATIENCE_S) -> Message | None:
    """Send a message to the window of a home and return its reply; None when no window is there."""
    try:
        note = json.loads(home.socket.read_text("utf-8"))
        connection = _dial(note["address"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with connection:
        try:
            connection.settimeout(PATIENCE_S)
            send(connection, {**message, "token": note["token"]})
            connection.settimeout(wait_s)
            return receive(connection)
        except (OSError, ValueError):
            return None


def _dial(address: str | int) -> socket.socket:
    if isinstance(address, str):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        target: Any = address
    else:
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        target = ("127.0.0.1", address)
    try:
        connection.settimeout(PATIENCE_S)
        connection.connect(target)
    except OSError:
        connection.close()
        raise
    return connection


def send(connection: socket.socket, message: Message) -> None:
    """Send one message."""
    body = json.dumps(message, ensure_ascii=False).encode()
    connection.sendall(len(body).to_bytes(4) + body)


def receive(connection: socket.socket) -> Message:
    """Return one message; raises OSError or ValueError when it is not whole."""
    size = int.from_bytes(_exactly(connection, 4))
    if size > LARGEST:
        raise ValueError("message too long")
    message = json.loads(_exactly(connection, size))
    if not isinstance(message, dict):
        raise ValueError("no message")
    return message


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces = b""
    while len(pieces) < size:
        piece = connection.recv(size - len(pieces))
        if not piece:
            raise OSError("connection ended")
        pieces += piece
    return pieces
