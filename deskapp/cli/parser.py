"""The words of the command line, and what they mean."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deskapp import __version__
from deskapp.i18n import _

IMPORTS = ("merchants", "devices", "models", "parts")
EXPORTS = ("tickets", "devices", "merchants")
PAPERS = ("label", "slip", "receipt")


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Return the words as fields; wrong usage ends with status 2, as is the custom."""
    words = _window_only(argv) or _parser().parse_args(list(argv))
    for name in ("home", "passphrase_file", "pin_file", "staff"):
        if not hasattr(words, name):
            setattr(words, name, None)
    words.json = getattr(words, "json", False)
    return words


def _window_only(argv: Sequence[str]) -> argparse.Namespace | None:
    """Return what the plain start of the window means, for which no parser has to be built."""
    if len(argv) == 0:
        return argparse.Namespace(verb=None)
    if len(argv) == 2 and argv[0] == "--home" and not argv[1].startswith("-"):
        return argparse.Namespace(verb=None, home=argv[1])
    return None


def _parser() -> argparse.ArgumentParser:
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
    paper = verb("print", _("draw a paper as PDF or PNG"))
    paper.add_argument("kind", choices=PAPERS)
    paper.add_argument("number")
    paper.add_argument("--to", required=True, metavar="FILE.pdf|.png")
    verb("backup", _("write a verified, encrypted copy of everything")).add_argument("file")
    back = verb("restore", _("bring a backup back")).add_argument
    back("file")
    back("--recovery-code-file", metavar="FILE", help=_("the recovery code, for a new computer"))
    verb("doctor", _("check this computer and its store"))
    tour = verb("tour", _("play one day at the counter on sample data"))
    tour.add_argument("--out", required=True, metavar="DIR")
    return parser


def _common() -> argparse.ArgumentParser:
    """Return what every verb takes; given before the verb it counts too."""
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--home", metavar="DIR", help=_("another store than the usual one"))
    common.add_argument("--json", action="store_true", help=_("answer in JSON, for programs"))
    common.add_argument("--staff", metavar="NUMBER", help=_("who acts"))
    common.add_argument("--pin-file", metavar="FILE", help=_("the PIN, instead of being asked for it"))
    common.add_argument("--passphrase-file", metavar="FILE", help=_("the passphrase of the data"))
    return common
