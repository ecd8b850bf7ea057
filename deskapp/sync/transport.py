"""Bytes to the server and back: proxy, private CA or pinned certificate, time limits, and how large an answer may be.

Nothing here knows what the bytes mean. A server that cannot be reached is `Unavailable` with code `offline`.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from deskapp.errors import N_, Refused, Unavailable
from deskapp.sync.spoken import Garbled, Spoken, TooMuch

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


_BROKEN: type[Exception] = requests.exceptions.BaseHTTPError  # type: ignore[attr-defined]
"""What the library below raises while a body is read piece by piece."""

_UNTRUSTED: type[Exception] = requests.adapters._SSLError  # type: ignore[attr-defined]
"""What it raises where a certificate is not the pinned one."""


class _Untrusted(Exception):
    """The other side is not who this desk trusts."""


class _Pinned(HTTPAdapter):
    """Takes one certificate and no other, whoever signed it."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        super().__init__(max_retries=0)

    def _only(self) -> dict[str, Any]:
        return {"assert_fingerprint": self._fingerprint, "assert_hostname": False}

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named | self._only())

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """A proxy may lead anywhere: the certificate behind it has to be the same one."""
        return super().proxy_manager_for(proxy, **named | self._only())

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        super().cert_verify(conn, url, False, cert)  # type: ignore[no-untyped-call]


class Network:
    """A kept connection to one server. Belongs to one thread at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._session = requests.Session()
        if address.pin:
            self._session.mount("https://", _Pinned(address.pin.replace(":", "").lower()))
        if address.proxy == NO_PROXY:
            self._session.trust_env = False
        elif address.proxy:
            self._session.trust_env = False
            self._session.proxies = {"http": address.proxy, "https": address.proxy}
        self._session.headers.clear()
        self._known_way: tuple[BaseAdapter, dict[str, Any]] | None = None
        self._spoken: Spoken | None = None
        self.meanwhile: Callable[[], None] | None = None

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        """Return the answer of the server; it is read to its end, but never past `LARGEST_ANSWER`."""
        try:
            adapter, told = self._way()
            if not self._proxied(told):
                return self._directly(adapter, told, method, target, body, headers, read_s, half)
            request = requests.Request(method, self._address.url + target, headers=dict(headers), data=body or None)
            with adapter.send(request.prepare(), timeout=(CONNECT_S, read_s), **told) as reply:
                body, cut = _whole(reply, half)
                return Answer(reply.status_code, _lower(reply.headers), body, cut)
        except (requests.exceptions.SSLError, _Untrusted) as error:
            log.warning("certificate: %s", type(error).__name__)
            raise Unavailable(
                N_("The server's certificate is not the one this desk trusts. Nothing was sent."), code="certificate"
            ) from error
        except (requests.RequestException, _BROKEN, OSError, ValueError) as error:
            log.info("no answer: %s", type(error).__name__)
            raise Unavailable(N_("The server cannot be reached."), code="offline") from error

    def _proxied(self, told: Mapping[str, Any]) -> bool:
        return requests.utils.select_proxy(self._address.url, told["proxies"]) is not None

    def _directly(
        self, adapter: BaseAdapter, told: Mapping[str, Any], method: str, target: str, body: bytes,
        headers: Mapping[str, str], read_s: float, half: bool,
    ) -> Answer:  # fmt: skip
        """Speak on the kept connection, or on a new one where the server has let go of it."""
        spoken = self._spoken
        if spoken is None or spoken.gone():
            if spoken is not None:
                spoken.close()
            spoken = self._spoken = self._connected(adapter, told)
        try:
            meanwhile, self.meanwhile = self.meanwhile, None
            status, heads, content, cut = spoken.ask(method, target, body, headers, read_s, meanwhile)
        except TooMuch as error:
            raise Unavailable(N_("The server's answer is too large to be right."), code="too_large") from error
        if cut and not half:
            raise Garbled("half an answer")
        return Answer(status, heads, content, cut)

    def _connected(self, adapter: Any, told: Mapping[str, Any]) -> Spoken:
        """Return a new connection; the library connects, checks the certificate and knows every way to do both."""
        request = requests.Request("GET", self._address.url).prepare()
        pool: Any = adapter.get_connection_with_tls_context(request, told["verify"], proxies=None, cert=told["cert"])
        adapter.cert_verify(pool, self._address.url, told["verify"], told["cert"])
        connection: Any = pool._new_conn()
        connection.timeout = CONNECT_S
        try:
            connection.connect()
        except (ssl.SSLError, _UNTRUSTED) as error:
            raise _Untrusted from error
        parts = urlsplit(self._address.url)
        if parts.scheme == "https" and not connection.is_verified:
            connection.close()
            raise _Untrusted
        return Spoken(connection.sock, parts.netloc, LARGEST_ANSWER)

    def _way(self) -> tuple[BaseAdapter, dict[str, Any]]:
        """Return what carries a request, and by which proxy and which authority: looked up once a connection.

        The session itself would look through the computer's variables for every request, longer than the request
        takes, and no cookie, redirect or password of its own is wanted here.
        """
        if self._known_way is None:
            url = self._address.url
            # Given here: set on the session, the computer's own variables would go before it.
            told = dict(self._session.merge_environment_settings(url, {}, True, self._address.authority or None, None))
            self._known_way = self._session.get_adapter(url), told
        return self._known_way

    def close(self) -> None:
        """Let go of the connection; a request that waits on another thread ends with it."""
        spoken, self._spoken = self._spoken, None
        if spoken is not None:
            spoken.close()
        self._session.close()
        self._known_way = None


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _whole(reply: requests.Response, half: bool) -> tuple[bytes, bool]:
    """Return the body as it travelled, and whether it broke off (only where `half` is wanted; else that raises)."""
    promised = reply.headers.get("Content-Length", "")
    pieces: list[bytes] = []
    size, cut = 0, False
    try:
        for piece in reply.raw.stream(64 * 1024, decode_content=False):
            size += len(piece)
            if size > LARGEST_ANSWER:
                raise Unavailable(N_("The server's answer is too large to be right."), code="too_large")
            pieces.append(piece)
    except (_BROKEN, OSError):
        cut = True
    cut = cut or (promised.isdigit() and size != int(promised) and reply.request.method != "HEAD")
    if cut and not half:
        raise requests.exceptions.ContentDecodingError("half an answer")
    return b"".join(pieces), cut
