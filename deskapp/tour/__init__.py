"""A day at the counter and a day with the depot, through real windows, real commands and the real printing path.

`play` needs no people: it sets up a throw-away branch in an empty folder and works through a day on the sample files.
The next day a central server runs on this machine, the branch connects with it, a depot joins with a store of its own,
and two terminals go there and back. It leaves the stores, every paper, pictures of each step and `summary.json`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskapp import i18n
from deskapp.errors import N_, Unavailable
from deskapp.tour.place import SUMMARY, prepare

if TYPE_CHECKING:
    from deskapp.tour.diary import Diary

Tell = Callable[[str], None]


def play(out: Path, tell: Tell = lambda line: None) -> dict[str, Any]:
    """Play the day in a folder that is new or empty and return the reply for the command line.

    `tell` gets a line of progress for each step, in the language of the command line. Status 1 when
    something was not as it should be; then the sentence and `summary.json` say what. Raises
    Refused where the folder holds something already, Unavailable where nothing can be written.
    """
    language = i18n.language()
    try:
        prepare(out)
    except OSError as error:
        raise Unavailable(
            N_("The file could not be written: {reason}"), field="out", reason=error.strerror or type(error).__name__
        ) from error
    # The day must not touch what belongs to the person who plays it: no keyring, no other home.
    os.environ["DESKAPP_NO_KEYRING"] = "1"
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from deskapp.tour.day import chosen
    from deskapp.tour.diary import Diary
    from deskapp.tour.stage import Stage

    steps, left_out = chosen()
    diary = Diary(out, tell, language, len(steps), left_out)
    stage = Stage(out, diary)
    try:
        for step in steps:
            if not stage.play(step):
                break
    finally:
        with suppress(Exception):
            stage.close()
        i18n.use(language)
    diary.finish(stage)
    return reply(diary, out, language)


def reply(diary: Diary, out: Path, language: str) -> dict[str, Any]:
    """Return what the command line says about a played day."""
    failed = [check for check in diary.checks if not check["ok"]]
    values = {
        "place": str(out), "steps": diary.done, "papers": len(diary.papers), "pictures": len(diary.pictures),
        "checks": len(diary.checks), "failed": len(failed),
    }  # fmt: skip
    if diary.broken:
        said = N_("The day broke off in step {step}: {reason} What was made so far is in {place}.")
        text = i18n.translate(said, language).format(step=diary.done + 1, reason=diary.broken, **values)
    elif failed:
        said = N_("The day was played to the end, but {failed} of {checks} things were not as expected: see {summary}.")
        text = i18n.counted(said, values, language).format(summary=out / SUMMARY, **values)
    else:
        said = N_(
            "The day is over: {steps} steps, {papers} papers, {pictures} pictures, {checks} things checked."
            " Look into {place}; summary.json tells everything."
        )
        text = i18n.counted(said, values, language).format(**values)
    ok = not diary.broken and not failed
    texts = [text, *([i18n.translate(diary.left_out, language)] if diary.left_out else [])]
    return {"status": 0 if ok else 1, "sentences": texts, "code": "" if ok else "tour", "field": "", **values,
            "summary": str(out / SUMMARY)}  # fmt: skip
