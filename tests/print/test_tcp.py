"""Our own sockets: what left is known, time goes by size, and what was given up never prints."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from deskapp.print.lines import Broken, Limits
from deskapp.print.printers import NotSent
from deskapp.print.tcp import Tcp
from tests.print.printer_desk import SHORT


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener


def address(listener: socket.socket) -> str:
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}"


def reads_all(wire: socket.socket, into: bytearray) -> threading.Thread:
    def work() -> None:
        while came := wire.recv(4096):
            into.extend(came)
        wire.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize(
    "text", ["tcp://host:9100/path", "tcp://", "tcp://a b", "http://host", "tcp://host:99999", "tcp://host?x"]
)
def test_what_is_no_address_is_no_printer(text: str) -> None:
    with pytest.raises(ValueError, match="printer|Port|port|netloc"):
        Tcp(text)


def test_the_port_of_printers_is_the_default() -> None:
    assert (Tcp("tcp://192.0.2.7").host, Tcp("tcp://192.0.2.7").port) == ("192.0.2.7", 9100)
    assert Tcp("tcp://[::1]:9101").host == "::1"


def test_every_byte_arrives_and_the_end_is_seen(listener: socket.socket) -> None:
    line = Tcp(address(listener), SHORT).open()
    wire, _ = listener.accept()
    got = bytearray()
    thread = reads_all(wire, got)
    data = os.urandom(400_000)
    line.write(data)
    assert line.finish(2.0) is True
    line.close()
    thread.join(5)
    assert bytes(got) == data


def test_answers_are_heard_while_we_write(listener: socket.socket) -> None:
    line = Tcp(address(listener), SHORT).open()
    wire, _ = listener.accept()
    wire.sendall(b"hello")
    got = bytearray()
    thread = reads_all(wire, got)
    line.write(bytes(300_000))
    assert line.read(1.0) == b"hello" and line.read(0.0) == b""
    line.finish(2.0)
    assert line.read(0.0) is None
    line.close()
    thread.join(5)


def test_a_printer_that_takes_nothing_is_given_time_by_size_and_no_more(listener: socket.socket) -> None:
    limits = Limits(connect=1, stall=0.2, bytes_per_second=10_000_000, told_every=0.1)
    assert limits.write(20_000_000) == pytest.approx(2.2)
    line = Tcp(address(listener), limits).open()
    wire, _ = listener.accept()
    started = time.monotonic()
    with pytest.raises(Broken) as broken:
        line.write(bytes(2_000_000))
    assert broken.value.stuck and 0 < broken.value.left < 2_000_000
    assert time.monotonic() - started < 3
    line.close()
    with pytest.raises(ConnectionResetError):  # what had not left was thrown away, and the printer can tell
        while wire.recv(65_536):
            pass
    wire.close()


def test_a_reset_tells_how_much_had_left(listener: socket.socket) -> None:
    line = Tcp(address(listener), SHORT).open()
    wire, _ = listener.accept()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.close()
    with pytest.raises(Broken) as broken:
        for _ in range(100):
            line.write(bytes(10_000))
    assert not broken.value.stuck
    assert line.finish(0.2) is False
    line.close()


def test_one_that_closes_with_bytes_unread_is_not_believed(listener: socket.socket) -> None:
    line = Tcp(address(listener), SHORT).open()
    wire, _ = listener.accept()
    line.write(bytes(9_000))
    assert wire.recv(10) == bytes(10)
    wire.close()
    assert line.finish(1.0) is False
    line.close()


def test_one_that_reads_all_and_never_closes_is_whole_after_a_while(listener: socket.socket) -> None:
    line = Tcp(address(listener), SHORT).open()
    wire, _ = listener.accept()
    line.write(b"paper")
    assert line.finish(0.2) is None
    line.close()
    assert wire.recv(10) == b"paper" and wire.recv(10) == b""
    wire.close()


def test_nobody_there_sends_nothing(listener: socket.socket) -> None:
    gone = address(listener)
    listener.close()
    with pytest.raises(NotSent) as refusal:
        Tcp(gone, SHORT).open()
    assert refusal.value.code == "refused"
    with pytest.raises(NotSent) as unknown:
        Tcp("tcp://no-such-printer.invalid:9100", SHORT).open()
    assert unknown.value.code == "gone"


def test_an_address_that_never_answers_costs_the_time_to_connect(listener: socket.socket) -> None:
    listener.listen(0)
    full = [socket.socket() for _ in range(4)]  # the queue of those who wait is full, so nobody answers
    for wire in full:
        wire.setblocking(False)
        wire.connect_ex(listener.getsockname())
    started = time.monotonic()
    with pytest.raises(NotSent):
        Tcp(address(listener), Limits(connect=0.3)).open()
    assert time.monotonic() - started < 2
    for wire in full:
        wire.close()
