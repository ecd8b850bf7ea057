"""The folder of a played day: empty before, ours from the first moment on, never used twice."""

from __future__ import annotations

from pathlib import Path

from deskapp.errors import N_, Refused

MARK = "tour.started"
SUMMARY = "summary.json"
HOME, PAPERS, SCREENS = "home", "papers", "screens"
DEPOT_HOME, DEPOT_PAPERS, SERVER, STICK = "depot-home", "depot-papers", "server", "stick"


def prepare(out: Path) -> None:
    """Take a new or empty folder for a day; raises Refused with the reason where it holds something.

    The mark is made first and exclusively, so of two tours that start together one is refused, and
    what a killed tour left is recognised.
    """
    if out.exists() and not out.is_dir():
        raise Refused(N_("{place} is a file. Name a new or empty folder."), field="out", code="file", place=str(out))
    if (out / SUMMARY).exists():
        raise Refused(
            N_("A day has been played in {place} already. Choose another folder; nothing in this one was touched."),
            field="out", code="played", place=str(out),
        )  # fmt: skip
    if (out / MARK).exists():
        raise Refused(
            N_("A tour was begun in {place} and did not end. Delete that folder or choose another one; nothing in it"
               " was touched."),
            field="out", code="begun", place=str(out),
        )  # fmt: skip
    if out.exists() and any(out.iterdir()):
        raise Refused(N_("{place} is not empty. Choose a new or empty folder."), field="out", code="not_empty",
                      place=str(out))  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    try:
        with (out / MARK).open("x", encoding="utf-8") as mark:
            mark.write("A day at the counter is being played here.\n")
    except FileExistsError:
        raise Refused(
            N_("Another tour has just begun in {place}. Choose another folder."), field="out", code="begun",
            place=str(out),
        ) from None  # fmt: skip
    for name in (PAPERS, DEPOT_PAPERS, SCREENS, STICK):
        (out / name).mkdir()
