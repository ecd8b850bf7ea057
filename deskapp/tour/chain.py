"""The second morning: a central server, the branch connects with it, and the depot's first computer joins."""

from __future__ import annotations

from typing import cast

from deskapp import settings
from deskapp.commands.imports import import_file
from deskapp.commands.people import add_staff
from deskapp.commands.setup import SiteForm, add_shelf, change_site, set_setting
from deskapp.models.store import ReadSession
from deskapp.paths import resource
from deskapp.queries.syncing import sync_badge
from deskapp.queries.transfers import sites
from deskapp.tour.place import SERVER
from deskapp.tour.stage import BOSS, DEPOT_PEOPLE, HEAD, PASSPHRASE, Stage
from deskapp.ui.pages.first_start import Welcome
from deskapp.ui.pages.first_start_join import JoinWizard
from deskapp.ui.pages.sync import SyncPage

BRANCH_CODE, DEPOT_CODE = "35010099", "35019001"
BRANCH_NAME, DEPOT_NAME = "示例市鼓楼邮政支局", "示例市终端维修中心"
DEPOT_LISTS = {"devices": ("depot_units.csv", 2), "parts": ("depot_parts.csv", 3)}
"""The depot's own files: units of its pool, parts with their serial numbers; and their lines."""

SHELVES = (("D-01-1", "repair"), ("D-01-2", "repair"), ("R-01-1", "pickup"))


def connect_branch(stage: Stage) -> None:
    """Start the server and connect the branch, which has worked without one so far, by its page."""
    from deskapp.tour.centre import Centre  # a desk may be installed without a server's packages

    centre = stage.centre = Centre(stage.out / SERVER)
    hands = stage.hands
    ours = centre.add_site(BRANCH_CODE, BRANCH_NAME)
    stage.story.sent.depot_site = centre.add_site(DEPOT_CODE, DEPOT_NAME)
    centre.add_person(HEAD)
    stage.sign_in(BOSS)
    page = cast("SyncPage", stage.open("sync"))
    hands.until(lambda: page.enrol.isVisible() and page.enrol.server.hasFocus(), "the address has the focus")
    hands.say(centre.url)
    hands.press("⏎")
    hands.say(centre.code_for(ours, "一号窗口"))
    stage.shot("connect")
    hands.press("⏎")
    hands.until(lambda: not page.enrol.isVisible(), "the branch is connected")
    settled(stage)
    hands.until(lambda: stage.ask(_knows_depot), "the branch knows the depot")
    hands.until(lambda: page.view is not None and page.view.badge.unsent == 0, "the page says so")
    hands.go(page.now_button)
    stage.shot("connected")
    stage.diary.expect("the branch: acts that wait to be sent", 0, page.view.badge.unsent if page.view else -1)
    stage.diary.number("station", f"{stage.store.facts.station_no:05d}")


def settled(stage: Stage) -> None:
    """Wait until a desk has sent all it holds."""
    stage.hands.until(
        lambda: stage.ask(lambda session: sync_badge(session, stage.now)).unsent == 0, "everything is sent"
    )


def _knows_depot(session: ReadSession) -> bool:
    return any(one.code == DEPOT_CODE for one in sites(session))


def join_depot(stage: Stage) -> None:
    """Let the depot's first computer join: recovery code, server, a PIN of one's own."""
    depot = stage.beside()
    depot.start()
    hands, gate = depot.hands, depot.desk.gate
    assert gate is not None
    welcome = cast("Welcome", gate.panels.currentWidget())
    hands.until(welcome.set_up.hasFocus, "the first way has the focus")
    hands.push(welcome.join)
    hands.until(lambda: isinstance(gate.panels.currentWidget(), JoinWizard), "the wizard")
    wizard = cast("JoinWizard", gate.panels.currentWidget())
    hands.until(lambda: wizard.key.needs_passphrase, "it is known that there is no key store")
    stage.story.depot_recovery_code = "-".join(wizard.key.groups)
    for place, entry in zip(wizard.key.asked, wizard.key.typed, strict=True):
        hands.fill(entry, wizard.key.groups[place], enter=True)
    hands.fill(wizard.key.passphrase, PASSPHRASE, enter=True)
    hands.fill(wizard.key.once_more, PASSPHRASE)
    hands.press("⏎")
    hands.until(lambda: wizard.stack.currentWidget() is wizard.printers, "the printers")
    hands.push(wizard.next_button)
    hands.until(lambda: wizard.stack.currentWidget() is wizard.server, "the server")
    hands.until(wizard.card.server.hasFocus, "the address has the focus")
    hands.say(stage.server.depot_line.url)
    hands.press("⏎")
    hands.say(stage.server.code_for(stage.story.sent.depot_site, "维修台一"))
    depot.shot("server")
    hands.press("⏎")
    hands.until(lambda: wizard.you.here, "the depot's records are here")
    you = wizard.you
    for entry, words in ((you.staff_no, HEAD.staff_no), (you.pin, HEAD.pin), (you.again, HEAD.pin)):
        hands.fill(entry, words)
    depot.shot("you")
    hands.press("⏎")
    depot.furnished()
    depot.shot("lock_screen")


def furnish_depot(stage: Stage) -> None:
    """Say what the site is, add colleagues, shelves, units of the pool and parts."""
    depot = stage.depot
    depot.sign_in(HEAD)
    depot.page("today")
    site_id = depot.site_id
    form = SiteForm(
        DEPOT_CODE, DEPOT_NAME, "维修中心", DEPOT_CODE, is_outlet=False, is_depot=True, region="示例市",
        address="示例市仓山区样板大道618号", phone="0591-80000618", hours="周一至周五 8:30-17:30",
    )  # fmt: skip
    depot.do(change_site(site_id=site_id, site=form))
    depot.do(set_setting(key=settings.PRINT_FOLDER.key, value=str(depot.papers)))
    for person in DEPOT_PEOPLE[1:]:
        depot.do(add_staff(staff_no=person.staff_no, name=person.name, roles=list(person.roles), pin=person.pin))
    for code, use in SHELVES:
        depot.do(add_shelf(code=code, zone=code[0], use=use))
    hands = depot.hands
    hands.until(lambda: not depot.ask(_models_missing), "the models have come from the branch")
    for kind, (file, lines) in DEPOT_LISTS.items():
        found = depot.do(import_file(kind=kind, file=str(resource("samples", file))))
        stage.diary.expect(f"{file}: lines taken", lines, found.lines)
    page = depot.open("settings")
    hands.until(page.isVisible, "the settings")
    hands.press("7")
    depot.shot("site")
    hands.press("8")
    depot.shot("shelves")
    settled(depot)


def _models_missing(session: ReadSession) -> bool:
    from deskapp.queries.bench import parts_for

    return not parts_for(session, "pax-s90", "BAT-S90", limit=2)
