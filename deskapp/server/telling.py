"""What the server's commands write to the terminal: in Chinese where the terminal is set to it, else in English."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Final

from deskapp.errors import N_
from deskapp.i18n import counted, translate

WORDS: Final = {
    "active": N_("station|active"), "retiring": N_("station|retiring"), "retired": N_("station|retired"),
    "lost": N_("station|lost"), "stopped": N_("station|stopped"),
}  # fmt: skip
"""States, as they are shown."""


def language() -> str:
    """Return the language that the terminal asks for (LC_ALL, LC_MESSAGES, LANG, the first that is set)."""
    names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh_CN" if next((name for name in names if name), "").lower().startswith("zh") else "en"


def words_of(sentence: str, **values: object) -> str:
    """Return a sentence in the terminal's language."""
    told = {name: translate(one, language()) if isinstance(one, str) else one for name, one in values.items()}
    return counted(sentence, told, language()).format(**told)


def word(state: str) -> str:
    """Return a state in the terminal's language."""
    return translate(WORDS[state], language()).rpartition("|")[2]


def say(text: str) -> None:
    """Write a line for the person at the terminal; signs that it does not know become question marks."""
    try:
        sys.stdout.write(text + "\n")
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


def tell(sentence: str, **values: object) -> None:
    """Write a sentence in the terminal's language."""
    say(words_of(sentence, **values))


def who() -> str:
    """Return the name of the person at the terminal, as the computer knows it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def draw_qr(text: str) -> str:
    """Return a QR drawn with half blocks, two rows of modules a line, with its quiet zone.

    A terminal that has no such blocks gets two blanks or two signs for a module.
    """
    from deskapp.print.codes import qr

    matrix = qr(text, "M")
    width = -(-matrix.columns // 8) * 2
    lines = [matrix.hex[start : start + width] for start in range(0, width * matrix.rows, width)]
    black = [[bit == "1" for bit in f"{int(line, 16):0{width * 4}b}"[: matrix.columns]] for line in lines]
    edge, empty = [False] * matrix.quiet, [False] * (matrix.columns + 2 * matrix.quiet)
    rows = [empty] * matrix.quiet + [[*edge, *row, *edge] for row in black] + [empty] * (matrix.quiet + 1)
    try:
        "█▄▀".encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return "\n".join("".join("  " if bit else "##" for bit in row) for row in rows)
    marks = {(False, False): "█", (True, False): "▄", (False, True): "▀", (True, True): " "}
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return "\n".join("".join(marks[two] for two in zip(upper, lower, strict=True)) for upper, lower in pairs)
