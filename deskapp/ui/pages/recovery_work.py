"""What the recovery page does, on a work thread: heal, restore, let an administrator in, keep the key here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deskapp import secrets
from deskapp.clock import shop_time, system_clock
from deskapp.errors import N_
from deskapp.models import opening
from deskapp.paths import Home
from deskapp.ui import first_start_work as work


@dataclass(frozen=True, slots=True)
class Mended:
    """A store that can be opened again, and the sentences (message ids with values) that say what was done."""

    home: Home
    key: bytes
    report: tuple[tuple[str, dict[str, object]], ...]


def heal(home: Home, key: bytes | None, passphrase: str | None = None) -> Mended:
    """Rebuild a damaged store from its newest good backup and the copy of the journal; raises Unavailable."""
    from deskapp.models import backup

    known = key if key is not None else opening.find_key(home, passphrase)
    now = system_clock()
    with opening.held(home):
        healed = backup.heal(home, known, now)
    made = backup.read_manifest(home.backups / healed.backup)
    return Mended(
        home, known,
        (
            (N_("Rebuilt from the backup of {when}."), {"when": f"{shop_time(made.made_at):%Y-%m-%d %H:%M}"}),
            (N_("{count} later acts were taken over from the copy of the journal."), {"count": healed.replayed}),
            (N_("The damaged files were set aside in the folder “{folder}”; nothing was deleted."),
             {"folder": home.quarantine.name}),
        ),
    )  # fmt: skip


def restore(home: Home, key: bytes | None, file: Path, code: str, passphrase: str | None) -> Mended:
    """Bring a backup back: here by the key, on a new computer by the recovery code; raises Refused, Unavailable."""
    with opening.held(home):
        if key is not None and opening.exists(home) and not code.strip():
            done, known = opening.restore(home, file, now=system_clock(), key=key), key
        else:
            known, done = work.bring_back(home, file, code, passphrase)
    report: list[tuple[str, dict[str, object]]] = [
        (N_("The backup of {when} is back: {tickets} tickets, {devices} devices."),
         {"when": f"{shop_time(done.made_at):%Y-%m-%d %H:%M}", "tickets": done.tickets, "devices": done.devices}),
    ]  # fmt: skip
    if done.new_station_no:
        report.append(
            (N_("This computer gives its papers a new station number, {number}. Printed numbers stay valid."),
             {"number": done.new_station_no})
        )  # fmt: skip
    return Mended(home, known, tuple(report))


def unlock(home: Home, code: str, passphrase: str | None) -> Mended:
    """Open a store whose key this computer lost by the recovery code, and keep the key here again."""
    key = opening.key_from_code(home, code)
    keyring = secrets.system_keyring() if not passphrase else None
    opening.keep_key_here(home, key, passphrase or None, keyring)
    return Mended(home, key, ((N_("The recovery code fits. This computer opens the data again."), {}),))


def let_administrator_in(home: Home, code: str, staff_no: str, pin: str) -> Mended:
    """Give an administrator a new PIN after the recovery code was entered; raises Refused at the wrong field."""
    from deskapp.commands.people import recover_administrator
    from deskapp.models.store import Store

    key = opening.key_from_code(home, code)
    with Store(home, key) as store:
        store.run(recover_administrator(staff_no=staff_no, pin=pin))
    said = N_("{staff_no} can sign in with the new PIN.")
    return Mended(home, key, ((said, {"staff_no": staff_no.strip().upper()}),))
