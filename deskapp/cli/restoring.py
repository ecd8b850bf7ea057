"""Bringing a backup back from the command line; never while a window has the store."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from deskapp import i18n, secrets
from deskapp.cli.people import key_of, read_secret
from deskapp.cli.reply import done, sentence
from deskapp.clock import shop_time, system_clock
from deskapp.errors import N_, Corrupt, Refused, Unavailable
from deskapp.i18n import _
from deskapp.models import opening
from deskapp.paths import Home


def restore(home: Home, words: argparse.Namespace) -> dict[str, Any]:
    """Restore a backup: beside data that opens by an administrator, else by the recovery code."""
    from deskapp.models.backup import read_manifest

    file = Path(words.file).expanduser().resolve()
    read_manifest(file)
    with_code = bool(words.recovery_code_file) or not opening.exists(home)
    key = None if with_code else _key_by_a_person(home, words)
    code = read_secret(words.recovery_code_file, _("Recovery code: ")) if with_code else ""
    passphrase = secrets.passphrase_given(Path(words.passphrase_file) if words.passphrase_file else None)
    keyring = None if passphrase is not None else secrets.system_keyring()
    with opening.held(home):
        back = opening.restore(
            home, file, now=system_clock(), code=code, key=key, passphrase=passphrase, keyring=keyring
        )
    language = i18n.language()
    when = f"{shop_time(back.made_at):%Y-%m-%d %H:%M}"
    told = [sentence(N_("The backup of {when} is back: {tickets} tickets, {devices} devices."), language, when=when,
                     tickets=back.tickets, devices=back.devices)]  # fmt: skip
    if back.new_station_no:
        text = N_("This computer gives its papers a new station number, {number}. Printed numbers stay valid.")
        told.append(sentence(text, language, number=back.new_station_no))
    return done(*told, made_at=back.made_at, tickets=back.tickets, devices=back.devices, station_no=back.new_station_no)


def _key_by_a_person(home: Home, words: argparse.Namespace) -> bytes:
    """Return the key after somebody who may restore has given a PIN; a damaged store lets nobody be checked."""
    from deskapp.cli.acting import actor_of
    from deskapp.models.store import Store
    from deskapp.rules import access

    key = key_of(home, words)
    try:
        with Store(home, key) as store:
            if not words.staff:
                raise Refused(N_("Say who acts: --staff NUMBER."), field="staff", code="no_staff")
            pin = read_secret(words.pin_file, _("PIN of {staff}: ").format(staff=words.staff))
            actor = actor_of(store, {"staff": words.staff, "pin": pin}, lambda changes: None)
            access.require(store.roles, actor.roles, "restore")
    except Corrupt:
        raise Unavailable(
            N_("The data is damaged, so nobody can be checked. Use the recovery code: --recovery-code-file FILE."),
            code="damaged",
        ) from None
    return key
