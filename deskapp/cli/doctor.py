"""Looking at this computer and its store: one line a check, what is wrong first, and what to do about it."""

from __future__ import annotations

import argparse
import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskapp import __version__, cipher, i18n, secrets
from deskapp.cli.people import key_of
from deskapp.cli.reply import sentence
from deskapp.clock import shop_time, system_clock
from deskapp.errors import N_, Corrupt, DeskError
from deskapp.models import opening
from deskapp.paths import Home, resource

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `ok`, `note` (worth knowing) or `wrong`; the sentence is finished."""

    name: str
    level: str
    sentence: str


def examine(home: Home, words: argparse.Namespace) -> dict[str, Any]:
    """Run every check. The status is 1 when something is wrong; a check that breaks is itself a finding."""
    found: list[Finding] = []
    for check in _CHECKS:
        try:
            found += check(home, words)
        except DeskError as error:
            found.append(Finding(check.__name__.strip("_"), "wrong", i18n.say(error)))
    marks = {"ok": "✓", "note": "·", "wrong": "✗"}
    order = {"wrong": 0, "note": 1, "ok": 2}
    lines = [f"{marks[one.level]} {one.sentence}" for one in sorted(found, key=lambda one: order[one.level])]
    wrong = sum(one.level == "wrong" for one in found)
    return {
        "status": 1 if wrong else 0,
        "sentences": lines,
        "wrong": wrong,
        "checks": [{"name": one.name, "level": one.level, "sentence": one.sentence} for one in found],
    }


def _say(check: str, level: str, text: str, /, **values: object) -> Finding:
    return Finding(check, level, sentence(text, i18n.language(), **values))


def _versions(_home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        qt = version("PySide6-Essentials")
    except PackageNotFoundError:
        qt = "?"
    yield _say("version", "ok", N_("deskapp {version}, Python {python}, Qt {qt}, {system}"), version=__version__,
               python=platform.python_version(), qt=qt, system=f"{platform.system()} {platform.machine()}")  # fmt: skip
    if not (3, 11) <= sys.version_info < (3, 14):
        yield _say("python", "wrong", N_("Python 3.11, 3.12 or 3.13 is needed."))


def _driver(_home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    cipher.gate()
    yield _say("driver", "ok", N_("The database library is new enough: SQLite {version}."),
               version=cipher.driver.sqlite_version)  # fmt: skip


def _place(home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    opening.check_place(home)
    yield _say("place", "ok", N_("The data lies at {place}."), place=str(home.root))
    free = opening.free_bytes(home.root)
    low = free < opening.LOW_DISK_BYTES
    text = N_("{gigabytes} GB are free on its disk.")
    yield _say("disk", "wrong" if low else "ok", text, gigabytes=f"{free / 1024**3:.1f}")
    if home.root.exists() and not home.ballast.exists():
        yield _say("ballast", "note", N_("The reserve for a full disk is not there yet; the window makes it."))
    if os.name == "posix" and home.root.exists() and stat.S_IMODE(home.root.stat().st_mode) & 0o077:
        yield _say("permissions", "wrong", N_("Other users of this computer may look into the data folder."))
    if home.root.exists() and not os.access(home.root, os.W_OK):
        yield _say("writable", "wrong", N_("The data folder cannot be written to."))


def _keyring(home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    there = secrets.system_keyring() is not None
    if home.vault.exists():
        yield _say("key", "ok", N_("The key lies behind a passphrase."))
    elif there:
        yield _say("key", "ok", N_("The key lies in the system's key store."))
    elif opening.exists(home):
        yield _say("key", "wrong", N_("There is no key store and no passphrase file: only the recovery code helps."))
    else:
        yield _say("key", "note", N_("This computer has no key store; the first start asks for a passphrase."))
    if opening.exists(home) and not home.recovery.exists():
        yield _say("recovery", "wrong", N_("The recovery code is missing. Make a new one on the page “Backup”."))


def _running(home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    from deskapp.ui.knock import knock

    if knock(home, {"verb": "doctor"}) is not None:
        yield _say("window", "note", N_("The window is open; the store was only looked at from outside."))


def _store(home: Home, words: argparse.Namespace) -> Iterator[Finding]:
    if not opening.exists(home):
        yield _say("store", "note", N_("There is no data yet; the window's first start makes it."))
        return
    from deskapp.models import backup, schema

    key = key_of(home, words)
    connection = cipher.connect(home.database, key)
    try:
        version = schema.check(connection)
        (acts,) = connection.execute("SELECT count(*) FROM change_set").fetchone()
        last = connection.execute("SELECT at FROM change_set ORDER BY seq DESC LIMIT 1").fetchone()
    finally:
        connection.close()
    yield _say("store", "ok", N_("The store opens: format {version}, {acts} acts."), version=version, acts=acts)
    found = backup.integrity(home, key, thorough=True)
    if found:
        yield _say("integrity", "wrong", N_("The data file is damaged. Start the window: it can rebuild it."))
    else:
        yield _say("integrity", "ok", N_("Every page of the data file passed its check."))
        yield from _chain(home, key)
    if last is not None and opening.clock_concern(int(last[0]), system_clock()) is not None:
        yield _say("clock", "wrong", N_("This computer's clock stands before the last entry. Set date and time."))


def _chain(home: Home, key: bytes) -> Iterator[Finding]:
    from deskapp.models.backup import check_journal

    try:
        count = check_journal(home, key)
    except Corrupt as broken:
        yield Finding("chain", "wrong", i18n.say(broken))
    else:
        yield _say("chain", "ok", N_("The journal is whole: {count} entries in one chain."), count=count)


def _backups(home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    if not opening.exists(home):
        return
    from deskapp.models.backup import newest_backup

    newest = newest_backup(home)
    if newest is None:
        yield _say("backup", "wrong", N_("There is no backup yet."))
        return
    path, made = newest
    days = max(0, system_clock() - made) // DAY_MS
    yield _say("backup", "note" if days > 3 else "ok", N_("Newest backup: {when} ({name})."),
               when=f"{shop_time(made):%Y-%m-%d %H:%M}", name=path.name)  # fmt: skip


def _syncing(home: Home, words: argparse.Namespace) -> Iterator[Finding]:
    """Tell how the desk stands with its server, as its window would."""
    if not opening.exists(home):
        return
    from deskapp.models import schema
    from deskapp.queries.syncing import Standing, badge_by

    now = system_clock()
    connection = cipher.connect(home.database, key_of(home, words))
    try:
        if schema.check(connection) != schema.VERSION:
            return  # brought up to date at the next start
        badge = badge_by(connection, now)
    except cipher.DatabaseError:
        return  # damaged: the check of the store says so
    finally:
        connection.close()
    last = f"{shop_time(badge.contact_at):%Y-%m-%d %H:%M}" if badge.contact_at else "-"
    if badge.standing is Standing.ALONE:
        text = N_("This desk is not connected to a server; {count} acts are kept on this computer only.")
        yield _say("sync", "note", text, count=badge.unsent)
    elif badge.standing is Standing.TROUBLE:
        text = N_("Not syncing, {count} acts wait, last contact {when}: {problem}")
        yield _say("sync", "wrong", text, count=badge.unsent, when=last, problem=i18n.translate(badge.problem))
    elif badge.standing is Standing.OFFLINE:
        text = N_(
            "The server was not reached lately (last contact {when}); {count} acts wait and are sent by themselves."
        )
        yield _say("sync", "note", text, count=badge.unsent, when=last)
    else:
        yield _say("sync", "ok", N_("Syncing works: last contact {when}, {count} acts unsent."), when=last,
                   count=badge.unsent)  # fmt: skip
    if badge.refused:
        text = N_("{count} acts were refused by the server; see the page “Syncing”.")
        yield _say("refused", "wrong", text, count=badge.refused)
    if badge.clock_off_ms:
        text = N_("This computer's clock differs from the server's by {minutes} minutes. Set date and time.")
        yield _say("server_clock", "wrong", text, minutes=abs(badge.clock_off_ms) // 60_000)


def _paper(_home: Home, _words: argparse.Namespace) -> Iterator[Finding]:
    from deskapp.print.printers import find_printers

    missing = [name for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf") if not _whole(name)]
    if missing:
        yield _say("fonts", "wrong", N_("The font {name} is missing; Chinese cannot be printed."), name=missing[0])
    else:
        yield _say("fonts", "ok", N_("The fonts for window and paper are there."))
    found = find_printers()
    if not found:
        yield _say("printers", "note", N_("No printer is set up; papers go to the folder as PDF files."))
    for printer in found:
        ready = printer.condition.readiness == "ready"
        yield Finding(
            "printers", "ok" if ready else "note", f"{printer.name}: {i18n.translate(printer.condition.sentence)}"
        )


def _whole(name: str) -> bool:
    path: Path = resource("fonts", name)
    return path.is_file() and path.stat().st_size > 1_000_000


_CHECKS: tuple[Callable[[Home, argparse.Namespace], Iterator[Finding]], ...] = (
    _versions, _driver, _place, _keyring, _running, _store, _backups, _syncing, _paper,
)  # fmt: skip
