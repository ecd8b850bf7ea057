"""Who acts on the command line, and how the data is unlocked without a window."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from deskapp import secrets
from deskapp.errors import N_, Refused, Unavailable
from deskapp.i18n import _
from deskapp.models import opening
from deskapp.paths import Home

WITHOUT_A_PERSON = frozenset({"backup", "doctor", "tour"})


def with_pin(message: dict[str, Any], words: argparse.Namespace) -> dict[str, Any]:
    """Return the message with the PIN of who acts; asks for it on a terminal, or reads `--pin-file`."""
    if message["verb"] == "sync" and not (message.get("server") and words.staff):
        return message  # only connecting needs a person, and not in a store that is still empty
    if message["verb"] in WITHOUT_A_PERSON or (message["verb"] == "printers" and not message.get("test")):
        return message
    if not words.staff:
        raise Refused(N_("Say who acts: --staff NUMBER."), field="staff", code="no_staff")
    return {**message, "staff": words.staff, "pin": _pin(words)}


def key_of(home: Home, words: argparse.Namespace) -> bytes:
    """Return the data key; the passphrase comes from a file, the environment or the terminal."""
    given = secrets.passphrase_given(Path(words.passphrase_file) if words.passphrase_file else None)
    try:
        return opening.find_key(home, given)
    except Unavailable as error:
        if error.code != "needs_passphrase" or not _terminal():
            raise
    return opening.find_key(home, getpass.getpass(_("Passphrase: "), sys.stderr))


def read_secret(file: str | None, asking: str) -> str:
    """Return a secret from a file, or from the terminal; raises Refused where there is neither."""
    if file:
        try:
            return Path(file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Unavailable(N_("The file cannot be read: {place}"), place=file) from None
    if not _terminal():
        raise Refused(N_("There is no terminal to ask on. Name a file instead."), code="no_terminal")
    return getpass.getpass(asking, sys.stderr)


def _pin(words: argparse.Namespace) -> str:
    return read_secret(words.pin_file, _("PIN of {staff}: ").format(staff=words.staff))


def _terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()
