"""What the first start does once everything is asked: makes the store, opens the branch. Runs on a work thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskapp import secrets
from deskapp.clock import system_clock
from deskapp.errors import N_, DeskError, Refused, Unavailable
from deskapp.models import opening
from deskapp.paths import Home

Report = Callable[[int, int], None]


@dataclass(slots=True)
class Answers:
    """What was answered so far; nothing of it is on the disk before the last step."""

    language: str = "zh_CN"
    site: dict[str, Any] = field(default_factory=dict)
    staff_no: str = ""
    name: str = ""
    pin: str = field(default="", repr=False)
    roles: list[str] = field(default_factory=list)
    passphrase: str | None = field(default=None, repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings that differ from their default, by key."""


def set_up(
    home: Home, answers: Answers, fresh: opening.Fresh, report: Report = lambda done, total: None,
    left: bytes | None = None,
) -> bytes:  # fmt: skip
    """Make the store of a real branch with its first person, catalogues and settings; returns the data key.

    `left` is the data key of what an earlier first start left here, if it is known. Raises Refused or Unavailable with
    a sentence; then nothing usable is left and it can be tried again.
    """
    from deskapp.commands.catalogue_setup import copy_catalogues
    from deskapp.commands.setup import SiteForm, open_branch, set_setting
    from deskapp.models.store import Store

    report(0, 4)
    keyring = secrets.system_keyring() if answers.passphrase is None else None
    clear_unfinished(home, left)
    opening.make(home, fresh, now=system_clock(), passphrase=answers.passphrase, keyring=keyring)
    report(1, 4)
    try:
        with Store(home, fresh.key) as store:
            act = open_branch(
                site=SiteForm(**answers.site), staff_no=answers.staff_no, name=answers.name, pin=answers.pin,
                roles=answers.roles,
            )  # fmt: skip
            actor = store.run(act).result.actor
            report(2, 4)
            store.run(copy_catalogues(), by=actor)
            report(3, 4)
            for key, value in {"window.language": answers.language, **answers.settings}.items():
                store.run(set_setting(key=key, value=value), by=actor)
    except DeskError:
        clear_unfinished(home, fresh.key)
        raise
    report(4, 4)
    return fresh.key


def set_up_sample(home: Home, language: str = "zh_CN", report: Report = lambda done, total: None) -> tuple[Home, bytes]:
    """Make the practice branch beside a home, or find the one that is there; returns its home and data key."""
    from deskapp.commands import sample
    from deskapp.commands.setup import set_setting
    from deskapp.models.store import Store

    place = opening.practice_home(home)
    report(0, 3)
    if opening.exists(place):
        key = opening.find_key(place)
        if not opening.unfinished(place, key):
            return place, key
        clear_unfinished(place, key)
    keyring = secrets.system_keyring()
    fresh = opening.Fresh()
    passphrase = None if keyring else opening.PRACTICE_PASSPHRASE
    opening.make(place, fresh, now=system_clock(), passphrase=passphrase, keyring=keyring, practice=True)
    report(1, 3)
    with Store(place, fresh.key) as store:
        sample.fill(store)
        store.run(set_setting(key="window.language", value=language))
    report(3, 3)
    return place, fresh.key


def clear_unfinished(home: Home, key: bytes | None = None) -> None:
    """Remove what a broken-off first start left: a store in which nobody works and nobody has done anything.

    `key` is its data key; where only a passphrase opens it there is no other way to it.
    """
    from deskapp.models import schema

    if not opening.exists(home):
        return
    known = key if key is not None else opening.find_key(home)
    if not opening.unfinished(home, known):
        raise Refused(N_("This branch is set up already."), code="set_up")
    schema.discard(home.database)
    home.identity.unlink(missing_ok=True)


def bring_back(home: Home, file: Path, code: str, passphrase: str | None) -> tuple[bytes, opening.Restored]:
    """Restore a backup on this computer by its recovery code; returns the data key and what came back."""
    keyring = secrets.system_keyring() if passphrase is None else None
    if keyring is None and not passphrase and not home.vault.exists():
        raise Unavailable(
            N_("This computer has no key store. Choose a passphrase for the data."),
            field="passphrase", code="needs_passphrase",
        )  # fmt: skip
    key = opening.key_in_backup(file, code)
    done = opening.restore(home, file, now=system_clock(), key=key, passphrase=passphrase, keyring=keyring)
    return key, done


def recovery_sheet(code: str, site_name: str, made_by: str, language: str) -> tuple[bytes, float, float]:
    """Return the sheet for the safe as PDF with its size in mm. It is never stored by the program."""
    from deskapp.print.edition import Edition
    from deskapp.print.render import render
    from deskapp.rules.papers import RecoveryCodeCard, Site

    card = RecoveryCodeCard(number="", code=code, site=Site(name=site_name), made_ms=system_clock(), made_by=made_by)
    made = render("recovery_code", card, Edition("a5", language))
    return made.pdf, made.width_mm, made.height_mm


def print_sheet(address: str, sheet: tuple[bytes, float, float]) -> None:
    """Send the sheet for the safe to a printer; raises Unavailable."""
    from deskapp.print.printers import PDF, open_printer

    pdf, width, height = sheet
    open_printer(address).send(pdf, PDF, "deskapp", page_mm=(width, height))


def save_sheet(path: Path, sheet: tuple[bytes, float, float]) -> None:
    """Write the sheet for the safe to a file that only this person can read; raises Unavailable."""
    try:
        path.write_bytes(sheet[0])
        if os.name == "posix":
            path.chmod(0o600)
    except OSError as error:
        raise Unavailable(
            N_("The file could not be written: {reason}"), reason=error.strerror or type(error).__name__
        ) from error
