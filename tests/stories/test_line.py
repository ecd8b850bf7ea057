"""The line of the played days that can be cut: what passes, what breaks off, and that it comes back where it was."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from deskapp.tour.line import HOST, CutLine

PATIENCE_S = 20.0


@pytest.fixture
def far() -> Iterator[int]:
    """A server that says everything once more, at its port."""
    listening = socket.create_server((HOST, 0))

    def answer(one: socket.socket) -> None:
        with one:
            while words := one.recv(1000):
                one.sendall(words)

    def serve() -> None:
        while True:
            try:
                one, _who = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    yield int(listening.getsockname()[1])
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    serving.join(PATIENCE_S)


def knock(line: CutLine) -> socket.socket:
    host, port = line.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), PATIENCE_S)


def said_back(one: socket.socket, words: bytes) -> bytes:
    one.sendall(words)
    heard = b""
    while len(heard) < len(words) and (piece := one.recv(100_000)):
        heard += piece
    return heard


def test_everything_passes_both_ways_until_it_is_cut(far: int) -> None:
    line = CutLine(far)
    words = bytes(range(256)) * 1000
    with knock(line) as one, knock(line) as another:
        assert said_back(one, words[:700]) == words[:700]
        assert said_back(another, words[:500]) == words[:500]

        line.cut()

        assert one.recv(1) == b"" and another.recv(1) == b""
    with pytest.raises(OSError):
        knock(line)


def test_a_mended_line_is_where_it_was(far: int) -> None:
    line = CutLine(far)
    before = line.url
    line.cut()
    line.cut()

    line.mend()
    line.mend()

    assert line.url == before
    with knock(line) as one:
        assert said_back(one, b"here again") == b"here again"
    line.cut()


def test_a_line_to_nowhere_ends_what_is_begun() -> None:
    with socket.create_server((HOST, 0)) as nobody:
        port = int(nobody.getsockname()[1])
    line = CutLine(port)

    with knock(line) as one:
        assert one.recv(1) == b""
    line.cut()
