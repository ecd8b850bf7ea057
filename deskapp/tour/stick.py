"""The evening van without a line: the depot's acts ride along on a stick, and are there once when the line is back."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from deskapp.i18n import counted
from deskapp.queries.outbox import journal_end
from deskapp.queries.syncing import Standing, SyncBadge, sync_badge
from deskapp.queries.transfers import manifest, transports
from deskapp.tour.chain import settled
from deskapp.tour.compared import store_sums
from deskapp.tour.place import STICK
from deskapp.tour.stage import CLERK, RECEIVER, Stage
from deskapp.tour.vans import states
from deskapp.ui.pages.sync import SyncPage

FILE: Final = "depot.deskapp-acts"
WRITTEN: Final = "{count} acts are in {file}."
BROUGHT: Final = "{sent} acts of another desk brought to the server. Bring the file back there."
CONFIRMED: Final = "The server has the {sent} acts of this file. What others did comes when the line is back."
"""What the page says, by which a person knows that it has worked."""


def cut(stage: Stage) -> None:
    """Let the depot's line go down once all that was done so far is sent."""
    settled(stage.depot)
    stage.story.carried.before = _newest(stage)
    stage.depot.away = True
    stage.server.depot_line.cut()


def write(stage: Stage) -> None:
    """Write what waits at the depot onto a stick; the code that opens it is said by telephone."""
    depot, hands, carried = stage.depot, stage.depot.hands, stage.story.carried
    depot.sign_in(RECEIVER)
    hands.until(lambda: _badge(depot).standing is Standing.OFFLINE, "the desk knows that its line is down")
    page = cast("SyncPage", depot.open("sync"))
    hands.until(page.stick.isVisible, "the way by a stick")
    depot.shot("line_down")
    carried.acts = _newest(stage) - carried.before
    hands.fill(page.stick.out, str(_stick(stage)))
    hands.push(page.stick.write_button)
    hands.until(page.stick.code.isVisible, "the code of the file")
    carried.code = page.stick.code.text()
    hands.go(page.stick.write_button)
    depot.shot("on_the_stick")
    number, content = _number(stage), _stick(stage).read_bytes()
    expect = stage.diary.expect
    expect("the stick: all acts of the van are on it", _said(stage, WRITTEN, count=carried.acts, file=FILE),
           page.stick.note.text.text())  # fmt: skip
    expect("the depot: acts that wait to be sent", carried.acts, _badge(depot).unsent)
    expect("the van made more than one act", True, carried.acts > 1)
    expect("the server: acts of the depot before the stick", carried.before, stage.server.newest_of(_station(stage)))
    expect("the manifest cannot be read on the stick without its code", False, number.encode() in content)


def bring(stage: Stage) -> None:
    """Read the stick at the branch, with the code that was said: its acts go to the server, the van is announced."""
    hands, carried, number = stage.hands, stage.story.carried, _number(stage)
    stage.sign_in(CLERK)
    page = cast("SyncPage", stage.open("sync"))
    hands.until(page.stick.isVisible, "the way by a stick")
    stage.diary.expect("the branch: vans from the depot it knows of before the stick", 0, _vans(stage, number))
    hands.fill(page.stick.come, str(_stick(stage)))
    hands.fill(page.stick.come_code, carried.code, enter=True)
    hands.until(page.stick.note.isVisible, "what became of the stick")
    hands.go(page.stick.read_button)
    stage.shot("brought")
    stage.diary.expect("the stick: all its acts are brought to the server", _said(stage, BROUGHT, sent=carried.acts),
                       page.stick.note.text.text())  # fmt: skip
    stage.diary.expect("the server: acts of the depot after the stick", carried.before + carried.acts,
                       stage.server.newest_of(_station(stage)))  # fmt: skip
    hands.until(lambda: _vans(stage, number), "the van is announced at the branch")
    stage.diary.expect("the branch: vans from the depot it knows of after the stick", 1, _vans(stage, number))


def line_back(stage: Stage) -> None:
    """Mend the line: the depot offers its acts once more and hears what others did; the stick comes back late."""
    depot, hands, carried = stage.depot, stage.depot.hands, stage.story.carried
    settled(stage)
    later = _newest(stage) - carried.before - carried.acts
    held = _logs(stage)
    stage.diary.expect("the depot has heard nothing of what the branch did", True, states(depot) != states(stage))
    stage.server.depot_line.mend()
    depot.away = False
    page = cast("SyncPage", depot.open("sync"))
    hands.push(page.now_button)
    hands.until(lambda: _badge(depot).standing is Standing.ONLINE, "the line is back")
    settled(depot)
    hands.until(lambda: not _badge(depot).photos, "the signatures have followed")
    depot.shot("line_back")
    hands.until(lambda: states(depot) == states(stage), "the depot has heard what the branch did")
    expect = stage.diary.expect
    expect("the depot did nothing after the stick was written", 0, later)
    expect("the server: acts of the depot once the line is back", carried.before + carried.acts,
           stage.server.newest_of(_station(stage)))  # fmt: skip
    expect("what came by stick was not written into the logs again", held, _logs(stage))
    _stick_comes_back(stage, page)


def _stick_comes_back(stage: Stage, page: SyncPage) -> None:
    """Read the stick's answer at the depot, where the line was quicker."""
    depot, hands = stage.depot, stage.depot.hands
    before = (depot.ask(store_sums), _logs(stage), _newest(stage))
    hands.fill(page.stick.come, str(_stick(stage)))
    hands.push(page.stick.read_button)
    said = _said(stage, CONFIRMED, sent=stage.story.carried.acts)
    hands.until(lambda: page.stick.note.text.text() == said, "the stick's answer is read")
    hands.go(page.stick.read_button)
    depot.shot("stick_back")
    settled(depot)
    stage.diary.expect("the stick that came back changed nothing any more", True,
                       before == (depot.ask(store_sums), _logs(stage), _newest(stage)))  # fmt: skip
    for desk in (stage, depot):
        stage.diary.expect(f"{desk.seat.name}: the evening's van is there once", 1,
                           _vans(desk, _number(stage)))  # fmt: skip


# -- what is compared --------------------------------------------------------------------


def _stick(stage: Stage) -> Path:
    return stage.out / STICK / FILE


def _station(stage: Stage) -> str:
    return stage.depot.store.facts.station


def _newest(stage: Stage) -> int:
    return stage.depot.ask(journal_end).newest


def _logs(stage: Stage) -> dict[str, int]:
    """Return how far the logs of all that the depot holds have come at the server."""
    return stage.server.heads(sorted(stage.depot.ask(store_sums)))


def _number(stage: Stage) -> str:
    identity, now = stage.story.sent.back, stage.now
    view = stage.depot.ask(lambda session: manifest(session, identity, now))
    return view.row.number if view else ""


def _vans(stage: Stage, number: str) -> int:
    """Return how many vans of a number a desk knows of."""
    now = stage.now
    known = stage.ask(lambda session: transports(session, now))
    return sum(row.number == number for rows in (known.drafts, known.under_way, known.arrived) for row in rows)


def _badge(stage: Stage) -> SyncBadge:
    now = stage.now
    return stage.ask(lambda session: sync_badge(session, now))


def _said(stage: Stage, words: str, **values: object) -> str:
    return counted(words, values, stage.diary.language).format(**values)
