"""The way to the server where a proxy stands in it.

Only here the large HTTP library is loaded, which knows every such way; most desks never need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from deskapp.sync.spoken import Garbled, TooMuch
from deskapp.sync.straight import Untrusted

_BROKEN: type[Exception] = requests.exceptions.BaseHTTPError  # type: ignore[attr-defined]
"""What the library below raises while a body is read piece by piece."""

_PIECE = 64 * 1024


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


class Proxied:
    """What the large library knows of the way to one server, and requests by a proxy; for one thread at a time."""

    def __init__(self, url: str, *, pin: str, authority: str, proxy: str, most: int) -> None:
        """`proxy` is a URL, empty for what the computer says; `most` the largest body that is taken, in bytes."""
        self._url, self._most = url, most
        self._session = requests.Session()
        if pin:
            self._session.mount("https://", _Pinned(pin.replace(":", "").lower()))
        if proxy:
            self._session.trust_env = False
            self._session.proxies = {"http": proxy, "https": proxy}
        self._session.headers.clear()
        # Given here: set on the session, the computer's own variables would go before it. And looked up once: for every
        # request it would take longer than the request, and no cookie, redirect or password of its own is wanted.
        self._told: dict[str, Any] = dict(
            self._session.merge_environment_settings(url, {}, True, authority or None, None)
        )
        self._adapter = self._session.get_adapter(url)

    @property
    def wanted(self) -> bool:
        """Whether this server is to be reached by a proxy at all."""
        return requests.utils.select_proxy(self._url, self._told["proxies"]) is not None

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> tuple[int, dict[str, str], bytes, bool]:
        """Return status, headers (names in small letters), body as it travelled, and whether that broke off.

        Raises Untrusted, TooMuch, OSError. `timeout` is for connecting and for what comes next, in seconds.
        """
        request = requests.Request(method, self._url + target, headers=dict(headers), data=body or None)
        try:
            with self._adapter.send(request.prepare(), timeout=timeout, **self._told) as reply:
                content, cut = self._whole(reply)
                told = {str(name).lower(): str(value) for name, value in reply.headers.items()}
                return reply.status_code, told, content, cut
        except requests.exceptions.SSLError as error:
            raise Untrusted from error
        except (requests.RequestException, _BROKEN) as error:
            raise Garbled(type(error).__name__) from error

    def _whole(self, reply: requests.Response) -> tuple[bytes, bool]:
        promised = reply.headers.get("Content-Length", "")
        pieces: list[bytes] = []
        size, cut = 0, False
        try:
            for piece in reply.raw.stream(_PIECE, decode_content=False):
                size += len(piece)
                if size > self._most:
                    raise TooMuch
                pieces.append(piece)
        except (_BROKEN, OSError):
            cut = True
        cut = cut or (promised.isdigit() and size != int(promised) and reply.request.method != "HEAD")
        return b"".join(pieces), cut

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()
