"""What is too large for one answer is fetched part by part: whole scopes, photos.

However large it is, a part is in memory at a time, a line that breaks costs one part, and whoever asks gets a turn
between two of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from deskapp.errors import N_, Unavailable
from deskapp.sync.signed import Signed
from deskapp.sync.transport import READ_S, Answer

PART: Final = 4 * 1024 * 1024
"""Bytes of a whole scope that are asked for at once."""

_TOLD: Final = re.compile(r"bytes ([0-9]{1,12})-[0-9]{1,12}/([0-9]{1,12})")


def asked_for(start: int, size: int) -> dict[str, str]:
    """Return the header that asks for so many bytes from a place on."""
    return {"Range": f"bytes={start}-{start + size - 1}"}


def size_of_all(answer: Answer) -> int | None:
    """Return how large the whole is of which an answer is a part; None where it does not say."""
    told = _TOLD.fullmatch(answer.headers.get("content-range", ""))
    return int(told[2]) if told else None


def fetched(signed: Signed, target: str, go_on: Callable[[], None], *, size: int = PART) -> Iterator[bytes]:
    """Yield what lies at an address part by part; `go_on` is called after each answer, and may raise.

    Raises Unavailable (`torn`) where it became another one between two parts: it is to be begun anew.
    """
    start, tag = 0, ""
    while True:
        answer = signed.call("GET", target, headers=asked_for(start, size), read_s=4 * READ_S, fine=(200, 206, 416))
        go_on()
        if answer.status == 200 and start == 0:  # an older server knows no end of a part
            yield answer.body
            return
        told, every = answer.headers.get("etag", ""), size_of_all(answer)
        if every is None or not answer.body or (start and told != tag):
            raise Unavailable(N_("The server's answer came incomplete."), code="torn")
        yield answer.body
        start, tag = start + len(answer.body), told
        if start >= every:
            return
