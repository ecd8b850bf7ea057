"""The window follows its commits to the second place of the journal copy by itself."""

from __future__ import annotations

from pathlib import Path

from deskapp import settings
from deskapp.commands.setup import add_shelf, set_setting
from deskapp.models.second_copy import Second
from deskapp.models.store import Store
from deskapp.ui.jobs import Jobs
from deskapp.ui.second_place import SecondPlace
from tests.conftest import People


def test_a_commit_is_in_the_second_place_a_moment_later(
    qtbot, jobs: Jobs, store: Store, people: People, tmp_path: Path
) -> None:
    told: list[Second] = []
    jobs.actor = people.admin
    store.run(set_setting(key=settings.JOURNAL_FOLDER.key, value=str(tmp_path)), by=people.admin)
    following = SecondPlace(jobs, store)
    following._pause.setInterval(20)
    following.told.connect(told.append)
    following.begin()
    qtbot.waitUntil(lambda: len(told) == 1)

    jobs.do(add_shelf(code="Z-1"), owner=following)

    qtbot.waitUntil(lambda: told[-1].head == told[0].head + 1)
    assert told[-1].folder == str(tmp_path)
