"""Logs that tell the story of a day with ids only: no names, phones, numbers of people or cards."""

from __future__ import annotations

import faulthandler
import logging
import re
from pathlib import Path
from typing import IO

_DIGITS = re.compile(r"\d(?:[ -]?\d){6,}")
_PATTERN = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Redactor(logging.Filter):
    """Cut every run of seven or more digits down to its last two: phones, cards and ids never reach a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the finished message of the record; always let it pass."""
        text = record.getMessage()
        record.msg = _DIGITS.sub(lambda run: "*" * (len(run.group()) - 2) + run.group()[-2:], text)
        record.args = ()
        return True


class _Plain(logging.Formatter):
    def formatException(self, ei: object) -> str:  # noqa: N802 (the library's name)
        """Format a traceback without the digits its values may hold."""
        text = super().formatException(ei)  # type: ignore[arg-type]
        return _DIGITS.sub(lambda run: "*" * len(run.group()), text)


def start(folder: Path) -> None:
    """Write logs to `folder`, 2 MB a file and five files, and stacks of hard crashes beside them."""
    from logging.handlers import RotatingFileHandler

    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "desk.log", maxBytes=2_000_000, backupCount=5, encoding="utf-8")
    handler.setFormatter(_Plain(_PATTERN))
    handler.addFilter(Redactor())
    root = logging.getLogger("deskapp")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def stop() -> None:
    """Close the log files."""
    root = logging.getLogger("deskapp")
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()


def watch_hard_crashes(folder: Path) -> IO[str]:
    """Let the interpreter write its stack to a file when it dies; return the open file, which must stay open."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "hard-crash.txt").open("w", encoding="utf-8")
    faulthandler.enable(file)
    return file
