"""The command line: one subcommand per verb, no logic of its own.

Exit status: 0 done, 1 refused with a sentence, 2 wrong usage. While a window is open the
work is handed to it; else the store is opened here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from deskapp import i18n
from deskapp.cli.parser import parse
from deskapp.errors import N_, DeskError, Unavailable
from deskapp.paths import Home, default_home

if TYPE_CHECKING:
    import argparse

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words ask for and return the exit status."""
    i18n.use(system_language())
    try:
        words = parse(sys.argv[1:] if argv is None else argv)
    except SystemExit as end:  # argparse has said what was wrong, or shown its help
        return DONE if not end.code else WRONG_USAGE
    home = Home(Path(words.home).expanduser().resolve()) if words.home else default_home_checked()
    if words.verb is None:
        return _window(home, words)
    try:
        reply = _do(home, words)
    except DeskError as error:
        from deskapp.cli.reply import refusal

        reply = refusal(error)
    except KeyboardInterrupt:
        return REFUSED
    return _tell(reply, as_json=words.json)


def default_home_checked() -> Home:
    """Return the home of this operating-system user."""
    return Home(default_home())


def system_language() -> str:
    """Return the language of the computer: Chinese where it is set to Chinese, English elsewhere."""
    chosen = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    if sys.platform == "win32" and not chosen:
        import ctypes

        return "zh_CN" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == 0x04 else "en"
    return "zh_CN" if chosen.lower().startswith("zh") else "en"


def _window(home: Home, words: argparse.Namespace) -> int:
    if not _has_screen():
        note = N_("There is no screen here. “deskapp tour --out DIR” plays a day at the counter without one.")
        sys.stderr.write(i18n.translate(note) + "\n")
        return REFUSED
    from deskapp import app
    from deskapp.cli.verbs import answer
    from deskapp.secrets import passphrase_given

    try:
        passphrase = passphrase_given(Path(words.passphrase_file) if words.passphrase_file else None)
        return app.open_desk(home, passphrase=passphrase, answer=answer)
    except DeskError as error:
        sys.stderr.write(i18n.say(error) + "\n")
        return REFUSED


def _has_screen() -> bool:
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _do(home: Home, words: argparse.Namespace) -> dict[str, Any]:
    if words.verb == "tour":
        from deskapp import tour

        out = sys.stderr if words.json else sys.stdout
        return tour.play(Path(words.out).expanduser().resolve(), tell=lambda line: _line(out, line))
    if words.verb == "doctor":
        from deskapp.cli.doctor import examine

        return examine(home, words)
    if words.verb == "restore":
        from deskapp.cli.restoring import restore

        return restore(home, words)
    return _on_the_store(home, words)


def _on_the_store(home: Home, words: argparse.Namespace) -> dict[str, Any]:
    """Do work that needs the store: by the window that has it, or by opening it here."""
    from deskapp.cli.people import with_pin
    from deskapp.ui.knock import WORK_S, knock

    message = with_pin(_message(words), words)
    reply = knock(home, {**message, "language": i18n.language(), "window": True}, wait_s=WORK_S)
    if reply is not None and "refused" not in reply:
        return reply
    if reply is not None:
        raise Unavailable(N_("The window is just starting. Try again in a moment."), code="starting")
    from deskapp.cli.people import key_of
    from deskapp.cli.verbs import answer
    from deskapp.models.store import Store

    with Store(home, key_of(home, words)) as store:
        done = answer(store, {**message, "language": i18n.language()}, lambda changes: None)
    if home.ended.exists():
        _ended(home)
    return done


def _ended(home: Home) -> None:
    """This desk's data has ended while it was spoken with the server: destroy it, and say so; raises Unavailable."""
    from deskapp.models import opening
    from deskapp.sync.farewell import hand_in_receipt

    try:
        opening.find_key(home)
    finally:
        hand_in_receipt(home)


def _message(words: argparse.Namespace) -> dict[str, Any]:
    """Return the words as a message; paths are made absolute, the window may stand in another folder."""
    message = {name: value for name, value in vars(words).items() if name in _SENT and value is not None}
    for name in ("file", "to", "carry_out", "carry_in"):
        if name in message:
            message[name] = str(Path(message[name]).expanduser().resolve())
    return message


_SENT = frozenset({
    "verb", "kind", "file", "to", "dry_run", "number", "staff", "printer", "reason", "test", "server", "code",
    "pin_sha256", "carry_out", "carry_in",
})  # fmt: skip


def _line(out: TextIO, line: str) -> None:
    """Write a line of progress at once."""
    out.write(f"{line}\n")
    out.flush()


def _tell(reply: dict[str, Any], *, as_json: bool) -> int:
    status = int(reply.get("status", DONE))
    if as_json:
        sys.stdout.write(json.dumps(reply, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        out = sys.stdout if status == DONE else sys.stderr
        for sentence in reply.get("sentences", []):
            out.write(f"{sentence}\n")
    return status
