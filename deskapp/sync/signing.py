"""Who sends a request: an Ed25519 signature over method, path, body, the station's counter and the server's epoch.

No bearer tokens: whoever overhears one request can repeat nothing but that request, and that is refused.
The counter is the station's idea of the server's time in milliseconds, made strictly greater with every
request. It is learned from replies, so a wrong PC clock costs one retry and never blocks. The epoch is
signed but not sent: after a restore of the server it is another one, and what was signed before is void.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SCHEME: Final = "Desk1"
"""First word of the `Authorization` header."""

WINDOW_MS: Final = 5 * 60 * 1000
"""How far a counter may lie from the server's time."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_COUNTER: Final = 2**53


class BadSignature(ValueError):
    """The header is no signature, or not one over this request."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an `Authorization` header says: which station, its counter, and its signature (64 bytes)."""

    station: str
    counter: int
    signature: bytes

    def header(self) -> str:
        """Return the header's value: `Desk1 <station>.<counter>.<signature>` (base64url, base 36, base64url)."""
        number = bytes.fromhex(self.station.replace("-", ""))
        return f"{SCHEME} {_b64(number)}.{_base36(self.counter)}.{_b64(self.signature)}"


class StationKey:
    """A station's key pair; the private half is made on the station and never leaves it."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @staticmethod
    def make() -> StationKey:
        """Make a new key pair."""
        return StationKey(Ed25519PrivateKey.generate())

    @staticmethod
    def of(secret: str) -> StationKey:
        """Return the key of a stored secret; raises ValueError when it is none."""
        return StationKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))

    @property
    def secret(self) -> str:
        """The private half as 64 hexadecimal digits, for the system's key store only."""
        return self._private.private_bytes_raw().hex()

    @property
    def public(self) -> str:
        """The public half as 64 hexadecimal digits."""
        return self._private.public_key().public_bytes_raw().hex()

    def sign(self, method: str, path: str, body: bytes, *, station: str, counter: int, epoch: str) -> Claim:
        """Sign a request; `path` is with its query as sent, `body` as it travels (packed)."""
        text = request_text(method, path, body, station=station, counter=counter, epoch=epoch)
        return Claim(station, counter, self._private.sign(text))


def request_text(method: str, path: str, body: bytes, *, station: str, counter: int, epoch: str) -> bytes:
    """Return the bytes that are signed: seven lines, of which none can hold a line end."""
    digest = hashlib.sha256(body).hexdigest()
    lines = (SCHEME, method.upper(), path, digest, station, str(counter), epoch)
    return "\n".join(lines).encode("ascii", "backslashreplace")


def read_header(value: str) -> Claim:
    """Return the claim of an `Authorization` header; raises BadSignature."""
    scheme, _, rest = value.partition(" ")
    parts = rest.split(".")
    if scheme != SCHEME or len(parts) != 3 or len(value) > 200:
        raise BadSignature("header")
    try:
        station, counter, signature = _unb64(parts[0]), int(parts[1], 36), _unb64(parts[2])
    except ValueError as error:
        raise BadSignature("header") from error
    if len(station) != 16 or len(signature) != 64 or not 0 < counter < _MOST_COUNTER:
        raise BadSignature("header")
    return Claim(_as_id(station), counter, signature)


def _as_id(number: bytes) -> str:
    """Return 16 bytes in the way a UUID is written."""
    digits = number.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def verify(public: str, claim: Claim, method: str, path: str, body: bytes, *, epoch: str) -> None:
    """Raise BadSignature unless the claim is the holder of this public key's word for this request."""
    text = request_text(method, path, body, station=claim.station, counter=claim.counter, epoch=epoch)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(claim.signature, text)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature("signature") from error


def sign_words(key: StationKey, words: bytes) -> str:
    """Sign a self-made text (an enrolment, a file on a stick); return 128 hexadecimal digits."""
    return key._private.sign(words).hex()


def words_hold(public: str, words: bytes, signature: str) -> bool:
    """Say whether a text was signed by the holder of a public key."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), words)
    except (InvalidSignature, ValueError):
        return False
    return True


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("base64") from error


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"
