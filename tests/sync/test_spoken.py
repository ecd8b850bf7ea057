"""HTTP as the desk speaks it: whatever comes back is an answer or an error, and a connection is kept only if it may be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.sync.spoken import Garbled, Spoken, TooMuch

Ends = tuple[Spoken, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    here, there = socket.socketpair()
    yield Spoken(here, "server:1", 100), there
    here.close()
    there.close()


def ask(ends: Ends, answer: bytes, *, method: str = "POST", over: bool = False) -> tuple[int, bytes, bool]:
    spoken, there = ends
    there.sendall(answer)
    if over:
        there.shutdown(socket.SHUT_WR)
    status, _heads, body, cut = spoken.ask(method, "/x", b"", {}, 2.0)
    return status, body, cut


@pytest.mark.parametrize(
    ("answer", "body", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", True),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nhi", b"hi", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi", False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nh\r\n1\r\ni\r\n0\r\nX: y\r\n\r\n",
            b"hi",
            True,
        ),
    ],
)
def test_an_answer_is_read_to_its_end(ends: Ends, answer: bytes, body: bytes, kept: bool) -> None:
    assert ask(ends, answer) == (200, body, False)
    assert ends[0].kept is kept
    assert ends[0].gone() is not kept


def test_an_answer_without_a_length_ends_with_its_connection(ends: Ends) -> None:
    assert ask(ends, b"HTTP/1.1 200 OK\r\n\r\nhi", over=True) == (200, b"hi", False)
    assert not ends[0].kept


@pytest.mark.parametrize("status", [204, 304])
def test_answers_that_have_no_body_are_not_waited_for(ends: Ends, status: int) -> None:
    assert ask(ends, b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status) == (status, b"", False)
    assert ends[0].kept


def test_the_answer_to_head_has_none_either(ends: Ends) -> None:
    assert ask(ends, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", method="HEAD") == (200, b"", False)


@pytest.mark.parametrize(
    ("answer", "came"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi", b"hi"),
    ],
)
def test_a_body_that_breaks_off_is_told_to_be_half(ends: Ends, answer: bytes, came: bytes) -> None:
    assert ask(ends, answer, over=True) == (200, came, True)
    assert not ends[0].kept


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n", b"HTTP/3.7 oh\r\n\r\n",
        b"HTTP/1.1 101 Other\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error(ends: Ends, answer: bytes) -> None:
    with pytest.raises(Garbled):
        ask(ends, answer, over=True)
    assert ends[0].gone()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101,
    ],
)
def test_nothing_larger_than_agreed_is_read(ends: Ends, answer: bytes) -> None:
    with pytest.raises(TooMuch):
        ask(ends, answer, over=True)


def test_a_head_cannot_be_smuggled_in(ends: Ends) -> None:
    with pytest.raises(ValueError, match="header"):
        ends[0].ask("GET", "/x", b"", {"A": "b\r\nC: d"}, 2.0)
    ends[1].setblocking(False)
    assert ends[1].recv(100) == b""


def test_a_request_goes_out_whole(ends: Ends) -> None:
    ends[1].sendall(b"HTTP/1.1 204 X\r\n\r\n")
    ends[0].ask("POST", "/x?y=1", b"body", {"A": "b"}, 2.0)
    assert ends[1].recv(1000) == b"POST /x?y=1 HTTP/1.1\r\nHost: server:1\r\nA: b\r\nContent-Length: 4\r\n\r\nbody"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda some: b"HTTP/1.1 200 OK\r\n" + some))
def test_whatever_comes_is_an_answer_or_an_error(answer: bytes) -> None:
    here, there = socket.socketpair()
    with here, there:
        try:
            status, _body, _cut = ask((Spoken(here, "server:1", 100), there), answer, over=True)
        except (Garbled, TooMuch):
            return
        assert 200 <= status < 600


def test_an_answer_that_comes_too_late_is_never_the_answer_to_the_next_question(ends: Ends) -> None:
    spoken, there = ends
    with pytest.raises(OSError, match="timed out"):
        spoken.ask("POST", "/first", b"", {}, 0.01)
    there.setblocking(False)
    there.recv(1000)
    with suppress(OSError):  # nobody is there any more
        there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
    assert spoken.gone()
    with pytest.raises(OSError):
        spoken.ask("POST", "/second", b"", {}, 0.01)
