"""What a person gives to connect this desk to a server, and what comes of it. Plain data: no network in here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

CLOCK_WRONG_MS: Final = 2 * 60_000
"""From here on this computer's clock is called wrong; syncing itself works with any clock."""

_INVITATION: Final = re.compile(r"\s*DESK:(?P<url>[^#\s]{1,200})#(?P<code>[0-9A-Za-z -]{12,20})\s*", re.IGNORECASE)
_PIN: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Where this desk shall belong, as it was typed.

    `pin` is the SHA-256 of the server's certificate in hexadecimal, `authority` the path of a file with the
    certificates of the organisation's own authority; both empty: the computer's own list decides.
    """

    url: str
    code: str
    pin: str = ""
    authority: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """This desk belongs: its number for papers from now on, its site, and how far its clock is off (ms, server less
    desk; 0 where that does not matter)."""

    number: int
    site_code: str
    site_name: str
    clock_off_ms: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A server's certificate as it shows it, believed by nobody yet; times in ms UTC."""

    fingerprint: str
    issued_to: str
    issued_by: str
    valid_from: int
    valid_to: int
    names: tuple[str, ...] = ()
    """Names and addresses of servers that it is made out to; empty where it tells none."""

    def made_out_to(self, host: str) -> bool:
        """Say whether a server at this address may show it; one that names nobody is not judged by it."""
        host = host.lower().rstrip(".")
        _first, _dot, domain = host.partition(".")
        return not self.names or any(name.lower() in (host, f"*.{domain}") for name in self.names)

    def in_groups(self) -> str:
        """Return the fingerprint as people compare it: 16 groups of four."""
        return in_groups(self.fingerprint)


def in_groups(fingerprint: str) -> str:
    """Return hexadecimal digits in groups of four, large."""
    digits = fingerprint.upper()
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def plain_pin(typed: str) -> str:
    """Return a typed fingerprint as 64 small digits, or an empty text where it is none."""
    digits = re.sub(r"[\s:\-]", "", typed).lower()
    return digits if _PIN.fullmatch(digits) else ""


def read_invitation(text: str) -> tuple[str, str] | None:
    """Return address and code of the QR that `deskapp-server station enrol` prints, or None where it is none."""
    found = _INVITATION.fullmatch(text)
    return (found["url"], found["code"].strip().upper()) if found else None
