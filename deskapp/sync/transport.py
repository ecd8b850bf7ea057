"""Bytes to the server and back: proxy, private CA or pinned certificate, time limits, and how large an answer may be.

Nothing here knows what the bytes mean. A server that cannot be reached is `Unavailable` with code `offline`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from deskapp.errors import N_, Refused, Unavailable
from deskapp.sync.spoken import Garbled, Spoken, TooMuch
from deskapp.sync.straight import Untrusted, connected

if TYPE_CHECKING:
    from deskapp.sync.proxied import Proxied

log = logging.getLogger(__name__)

CONNECT_S = 8.0
READ_S = 40.0
LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of an answer as they come over the line; what they unpack to is limited where they are unpacked."""

SYSTEM_PROXY, NO_PROXY = "", "none"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cut: bool = False
    """The body broke off before its end."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and what proves that it is the right one.

    `url` has a scheme and no path. `pin` is the SHA-256 of the server's certificate as hexadecimal text (then no
    authority is asked), `authority` a file with the certificates of a private CA, both empty = the computer's own
    list. `proxy` is a URL, empty for the computer's own setting, `none` for a direct line.
    """

    url: str
    pin: str = ""
    authority: str = ""
    proxy: str = SYSTEM_PROXY


class Line(Protocol):
    """Anything that carries a request to the server: a network, or a test."""

    meanwhile: Callable[[], None] | None
    """What is to be done once while the next answer is awaited; a line need not do it."""

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        """Return the answer; raises Unavailable (`offline`, `certificate`, `too_large`).

        `half`: return what came of a body that breaks off, as `cut`.
        """

    def close(self) -> None:
        """Let go of the connection."""


def checked_url(typed: str) -> str:
    """Return a typed server address as `https://host:port`; raises Refused. Plain http only to this computer."""
    text = typed.strip().rstrip("/")
    if "://" not in text:
        text = f"https://{text}"
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or port == -1:
        raise Refused(N_("Enter the server's address, such as sync.example.org."), field="server", code="address")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise Refused(N_("The server has to be reached by https, or anybody could read along."), field="server")
    return f"{parts.scheme}://{parts.netloc}"


_OTHER_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables by which a computer names whom it trusts, where the settings of this desk name nobody."""


class Network:
    """A kept connection to one server. Belongs to one thread at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._way: tuple[Proxied | None, str] | None = None
        self._spoken: Spoken | None = None
        self.meanwhile: Callable[[], None] | None = None

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        """Return the answer of the server; it is read to its end, but never past `LARGEST_ANSWER`."""
        try:
            proxied, authority = self._known_way()
            if proxied is not None:
                told = proxied.send(method, target, body, headers, (CONNECT_S, read_s))
            else:
                told = self._straight(authority, method, target, body, headers, read_s)
        except TooMuch as error:
            raise Unavailable(N_("The server's answer is too large to be right."), code="too_large") from error
        except Untrusted as error:
            log.warning("certificate: %s", type(error.__cause__ or error).__name__)
            raise Unavailable(
                N_("The server's certificate is not the one this desk trusts. Nothing was sent."), code="certificate"
            ) from error
        except (OSError, ValueError) as error:
            raise _offline(error) from error
        answer = Answer(*told)
        if answer.cut and not half:
            raise _offline(Garbled("half an answer"))
        return answer

    def _straight(
        self, authority: str, method: str, target: str, body: bytes, headers: Mapping[str, str], read_s: float
    ) -> tuple[int, dict[str, str], bytes, bool]:
        """Speak on the kept connection, or on a new one where the server has let go of it."""
        spoken = self._spoken
        if spoken is None or spoken.gone():
            if spoken is not None:
                spoken.close()
            url, pin = self._address.url, self._address.pin
            line = connected(url, CONNECT_S, pin=pin, authority=authority)
            spoken = self._spoken = Spoken(line, urlsplit(url).netloc, LARGEST_ANSWER)
        meanwhile, self.meanwhile = self.meanwhile, None
        return spoken.ask(method, target, body, headers, read_s, meanwhile)

    def _known_way(self) -> tuple[Proxied | None, str]:
        """Return what carries requests by a proxy (None: there is none), and whose signature counts; looked up once."""
        if self._way is None:
            one = self._address
            proxied = None
            authority = one.authority or _other_authorities(one)
            if _in_the_way(one):
                from deskapp.sync.proxied import Proxied

                proxied = Proxied(one.url, pin=one.pin, authority=authority, proxy=one.proxy, most=LARGEST_ANSWER)
                if not proxied.wanted:
                    proxied.close()
                    proxied = None
            self._way = proxied, authority
        return self._way

    def close(self) -> None:
        """Let go of the connection; a request that waits on another thread ends with it."""
        spoken, self._spoken = self._spoken, None
        if spoken is not None:
            spoken.close()
        way, self._way = self._way, None
        if way is not None and way[0] is not None:
            way[0].close()


def _in_the_way(address: Address) -> bool:
    """Tell whether there may be a proxy: then the large library is asked."""
    if address.proxy:
        return address.proxy != NO_PROXY
    from urllib.request import getproxies

    return bool(getproxies())


def _other_authorities(address: Address) -> str:
    """Return where those lie whom the computer trusts instead of the program's own, if it says so and may."""
    if address.proxy != SYSTEM_PROXY:
        return ""
    return next((named for name in _OTHER_AUTHORITIES if (named := os.environ.get(name))), "")


def _offline(error: Exception) -> Unavailable:
    log.info("no answer: %s", type(error).__name__)
    return Unavailable(N_("The server cannot be reached."), code="offline")
