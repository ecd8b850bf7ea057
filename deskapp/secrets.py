"""Where the data key lives: the system's keyring, or a vault behind a passphrase. Never in plain sight.

One random 32-byte key per store. The recovery code, printed once, opens a small vault
with the same key; a copy of that vault travels in every backup.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskapp import cipher
from deskapp.errors import N_, Refused, Unavailable

SERVICE = "deskapp"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: the code is read out and typed

log = logging.getLogger(__name__)


def new_key() -> bytes:
    """Return a fresh random data key of 32 bytes."""
    return os.urandom(32)


def new_recovery_code() -> str:
    """Return 25 characters in groups of five (125 bit), to be printed and kept in the safe."""
    letters = "".join(_ALPHABET[byte % 32] for byte in os.urandom(25))
    return "-".join(letters[start : start + 5] for start in range(0, 25, 5))


def plain_code(typed: str) -> str:
    """Return a typed recovery code without blanks and hyphens, in capitals, or raise Refused."""
    letters = "".join(typed.upper().split()).replace("-", "")
    if len(letters) != 25 or any(letter not in _ALPHABET for letter in letters):
        raise Refused(
            N_("A recovery code has 25 letters and digits in five groups."), field="recovery_code", code="code_form"
        )
    return letters


# -- vaults --------------------------------------------------------------------


def lock_away(path: Path, key: bytes, passphrase: str) -> None:
    """Write the data key into a vault file that the passphrase opens; replaces an older vault when whole."""
    building = path.with_name(path.name + ".new")
    building.unlink(missing_ok=True)
    connection = cipher.connect_vault(building, passphrase)
    try:
        connection.execute("CREATE TABLE vault (key TEXT NOT NULL)")
        connection.execute("INSERT INTO vault VALUES (?)", (base64.b64encode(key).decode(),))
    finally:
        connection.close()
    building.replace(path)
    cipher.sync_folder(path.parent)


def take_out(path: Path, passphrase: str) -> bytes:
    """Return the data key from a vault; raises Refused when the passphrase does not open it."""
    if not path.exists():
        raise Unavailable(N_("There is no key file here."), code="no_vault")
    try:
        with contextlib.closing(cipher.connect_vault(path, passphrase)) as connection:
            (text,) = connection.execute("SELECT key FROM vault").fetchone()
    except cipher.DatabaseError:
        raise Refused(N_("This passphrase or code does not open the data."), field="passphrase", code="wrong") from None
    return base64.b64decode(text)


# -- the keyring ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keyring:
    """The system's own key store. Every way in which it can be missing is told as `Unavailable`."""

    backend: Any

    def get(self, store_id: str) -> bytes | None:
        """Return the key of a store, or None when the keyring does not know it."""
        with _keyring_errors():
            text = self.backend.get_password(SERVICE, store_id)
        return base64.b64decode(text) if text else None

    def set(self, store_id: str, key: bytes) -> None:
        """Keep the key of a store."""
        with _keyring_errors():
            self.backend.set_password(SERVICE, store_id, base64.b64encode(key).decode())

    def forget(self, store_id: str) -> None:
        """Remove the key of a store; without its recovery code the store is then lost for good."""
        with _keyring_errors(), contextlib.suppress(Exception):
            self.backend.delete_password(SERVICE, store_id)


def system_keyring() -> Keyring | None:
    """Return the system's keyring, or None where there is none, it is locked, or only a plain-text one.

    The back end is named, not searched for: a search takes 60 to 180 ms and could find a
    plain-text keyring that somebody installed.
    """
    if os.environ.get("DESKAPP_NO_KEYRING"):
        return None
    try:
        if sys.platform == "win32":
            from keyring.backends.Windows import WinVaultKeyring as Backend
        elif sys.platform == "darwin":
            from keyring.backends.macOS import Keyring as Backend
        else:
            if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
                return None
            from keyring.backends.SecretService import Keyring as Backend
        backend: Any = Backend()  # type: ignore[no-untyped-call]
        _ = Backend.priority  # raises where the service is missing
        backend.get_password(SERVICE, "probe")
    except Exception as error:  # noqa: BLE001 (every back end fails in its own way)
        log.info("no keyring: %s", type(error).__name__)
        return None
    return Keyring(backend)


@contextlib.contextmanager
def _keyring_errors() -> Any:
    try:
        yield
    except Exception as error:
        log.warning("keyring: %s", type(error).__name__)
        raise Unavailable(
            N_("The system's key store does not answer. Unlock it, or use the recovery code."), code="keyring"
        ) from error


# -- finding the key of a home -------------------------------------------------


def passphrase_given(file: Path | None = None) -> str | None:
    """Return the passphrase handed in by `--passphrase-file` or `DESKAPP_PASSPHRASE`, or None."""
    if file is not None:
        try:
            return file.read_text("utf-8").strip("\r\n")
        except OSError:
            raise Unavailable(N_("The passphrase file cannot be read: {place}"), place=str(file)) from None
    return os.environ.get("DESKAPP_PASSPHRASE")


def find_key(vault: Path, store_id: str, passphrase: str | None, keyring: Keyring | None) -> bytes:
    """Return the data key of a store.

    Raises Unavailable with code `needs_passphrase` when only a passphrase can open it, and
    with code `no_key` when this computer has no way in (then the recovery code helps).
    """
    if vault.exists():
        if passphrase is None:
            raise Unavailable(N_("Enter the passphrase of this computer's data."), code="needs_passphrase")
        return take_out(vault, passphrase)
    key = keyring.get(store_id) if keyring else None
    if key is None:
        raise Unavailable(
            N_("This computer has no key for the data. Enter the recovery code to open it."), code="no_key"
        )
    return key


def keep_key(vault: Path, store_id: str, key: bytes, passphrase: str | None, keyring: Keyring | None) -> None:
    """Keep the data key in a vault when a passphrase is given, otherwise in the keyring; raises Unavailable."""
    if passphrase is not None:
        if len(passphrase) < 8:
            raise Refused(N_("A passphrase needs at least eight characters."), field="passphrase", code="short")
        lock_away(vault, key, passphrase)
    elif keyring is not None:
        keyring.set(store_id, key)
    else:
        raise Unavailable(
            N_("This computer has no key store. Choose a passphrase for the data."), code="needs_passphrase"
        )
