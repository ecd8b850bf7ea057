"""A connection to the server without anybody in between, and who may stand at its other end.

Loads no HTTP library: an idle desk that belongs to a server holds this line all day.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import certifi


class Untrusted(Exception):
    """The other side is not who this desk trusts."""


def connected(url: str, timeout_s: float, *, pin: str = "", authority: str = "") -> socket.socket:
    """Return a line to the server of a URL, which has proved who it is; raises Untrusted and OSError.

    `pin` is the SHA-256 of its certificate as hexadecimal text: then no authority is asked, whoever signed it.
    `authority` is a file (or a folder) with the certificates of those who may have signed it; without one those count
    who come with this program. `timeout_s` is how long connecting may take, and then proving.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    line = socket.create_connection((host, parts.port or (443 if secure else 80)), timeout_s)
    try:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _proved(line, host, pin, authority) if secure else line
    except BaseException:
        line.close()
        raise


def _proved(line: socket.socket, host: str, pin: str, authority: str) -> ssl.SSLSocket:
    context = _context(pinned=bool(pin), authority=authority)
    try:
        wrapped = context.wrap_socket(line, server_hostname=host)
    except ssl.SSLError as error:
        raise Untrusted from error
    if pin:
        shown = hashlib.sha256(wrapped.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(shown.encode(), pin.replace(":", "").lower().encode()):
            wrapped.close()
            raise Untrusted
    return wrapped


def _context(*, pinned: bool, authority: str) -> ssl.SSLContext:
    if pinned:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate itself is compared, before anything is said
    else:
        named = authority or certifi.where()
        folder = Path(named).is_dir()
        context = ssl.create_default_context(cafile=None if folder else named, capath=named if folder else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
