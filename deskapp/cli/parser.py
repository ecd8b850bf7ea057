"""The words of the command line, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

from deskapp import __version__
from deskapp.i18n import _

if TYPE_CHECKING:
    import argparse

IMPORTS = ("merchants", "devices", "models", "parts")
EXPORTS = ("tickets", "devices", "merchants")
PAPERS = (
    "label", "slip", "receipt", "quote", "manifest", "discrepancy", "inspection", "traveller", "loan", "swap", "card",
    "note", "refund", "day-end", "register", "custody", "stocktake", "depot",
)  # fmt: skip


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the words as fields; wrong usage ends with status 2, as is the custom."""
    words = _window_only(argv) or _parser().parse_args(list(argv))
    for name in ("home", "passphrase_file", "pin_file", "staff"):
        if not hasattr(words, name):
            setattr(words, name, None)
    words.json = getattr(words, "json", False)
    return words


def _window_only(argv: Sequence[str]) -> argparse.Namespace | None:
    """Return what the plain start of the window means, for which no parser has to be built, nor even loaded."""
    if len(argv) == 0:
        return SimpleNamespace(verb=None)  # type: ignore[return-value]
    if len(argv) == 2 and argv[0] == "--home" and not argv[1].startswith("-"):
        return SimpleNamespace(verb=None, home=argv[1])  # type: ignore[return-value]
    return None


def _parser() -> argparse.ArgumentParser:
    import argparse

    common = _common()
    parser = argparse.ArgumentParser(
        prog="deskapp", description=_("The after-sales desk for POS terminals. Without a verb the window opens."),
        parents=[common], allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"deskapp {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=text, description=text, parents=[common], allow_abbrev=False)

    taken = verb("import", _("take in a CSV or Excel file, all of it or nothing"))
    taken.add_argument("kind", choices=IMPORTS)
    taken.add_argument("file")
    taken.add_argument("--dry-run", action="store_true", help=_("only say what would happen"))
    given = verb("export", _("write a CSV or Excel file (by the ending of its name)"))
    given.add_argument("kind", choices=EXPORTS)
    given.add_argument("file")
    paper = verb("print", _("draw a paper into a file, or print it"))
    paper.add_argument("kind", choices=PAPERS)
    paper.add_argument("number")
    where = paper.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="FILE.pdf|.png|.zpl|.tspl|.escpos")
    where.add_argument("--printer", metavar="NAME", help=_("the printer, by its name or address"))
    paper.add_argument("--reason", metavar="TEXT", help=_("why a paper that came out is printed again"))
    devices = verb("printers", _("list the printers, or find out what one can say"))
    devices.add_argument("--test", metavar="NAME", help=_("print test papers on this printer"))
    line = verb("sync", _("speak with the server once, connect this desk, or carry acts by a file"))
    how = line.add_mutually_exclusive_group(required=True)
    how.add_argument("--once", action="store_true", help=_("send what waits here and take what waits there"))
    how.add_argument("--server", metavar="URL", help=_("connect this desk to a server (with --code)"))
    how.add_argument("--export", dest="carry_out", metavar="FILE", help=_("write what waits here into a file"))
    how.add_argument(
        "--import", dest="carry_in", metavar="FILE", help=_("bring a file to the server, or take its answer in")
    )
    line.add_argument("--code", help=_("the one-time code of the server, or the code of the file"))
    line.add_argument("--pin-sha256", metavar="HEX", help=_("SHA-256 of the server's certificate, to trust only this"))
    verb("backup", _("write a verified, encrypted copy of everything")).add_argument("file")
    back = verb("restore", _("bring a backup back")).add_argument
    back("file")
    back("--recovery-code-file", metavar="FILE", help=_("the recovery code, for a new computer"))
    verb("doctor", _("check this computer and its store"))
    tour = verb("tour", _("play a day at the counter and one with the depot, on sample data"))
    tour.add_argument("--out", required=True, metavar="DIR")
    return parser


def _common() -> argparse.ArgumentParser:
    """Return what every verb takes; given before the verb it counts too."""
    import argparse

    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--home", metavar="DIR", help=_("another store than the usual one"))
    common.add_argument("--json", action="store_true", help=_("answer in JSON, for programs"))
    common.add_argument("--staff", metavar="NUMBER", help=_("who acts"))
    common.add_argument("--pin-file", metavar="FILE", help=_("the PIN, instead of being asked for it"))
    common.add_argument("--passphrase-file", metavar="FILE", help=_("the passphrase of the data"))
    return common
