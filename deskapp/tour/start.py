"""The morning before the door opens: the first start, colleagues, lists."""

from __future__ import annotations

from typing import cast

from deskapp import settings
from deskapp.commands.imports import ImportRefused, import_file
from deskapp.commands.people import add_staff
from deskapp.commands.setup import add_shelf, set_setting
from deskapp.paths import resource
from deskapp.tour.place import PAPERS
from deskapp.tour.stage import BOSS, PASSPHRASE, PEOPLE, Stage
from deskapp.ui.pages.first_start import Welcome, Wizard

LISTS = {"models": 22, "merchants": 12, "devices": 30, "parts": 24}
"""Lines of the sample files."""


def first_start(stage: Stage) -> None:
    """Set the branch up in the window of the first start, by keyboard."""
    stage.start()
    hands, gate = stage.hands, stage.desk.gate
    assert gate is not None
    welcome = cast("Welcome", gate.panels.currentWidget())
    hands.until(welcome.set_up.hasFocus, "the first way has the focus")
    stage.shot("welcome")
    hands.press("·")
    hands.until(lambda: isinstance(gate.panels.currentWidget(), Wizard), "the wizard")
    wizard = cast("Wizard", gate.panels.currentWidget())
    hands.until(lambda: wizard.key.needs_passphrase, "it is known that there is no key store")
    hands.until(wizard.branch.name.hasFocus, "the first field has the focus")
    for words in (
        "示例市鼓楼邮政支局", "35010099", "鼓楼示例支局", "福州", "示例市鼓楼区示例路100号", "0591-80000000",
        "0591-80000001", "0591-80000002",
    ):  # fmt: skip
        hands.say(words)
        hands.press("⏎")
    hands.say("周一至周六 8:30-17:30")
    stage.shot("branch")
    hands.press("⏎⏎⏎")  # what is done here and how many work here stay as they are proposed
    hands.until(lambda: wizard.stack.currentWidget() is wizard.person, "the second step")
    _first_person(stage, wizard)
    hands.until(lambda: wizard.stack.currentWidget() is wizard.key, "the third step")
    stage.story.recovery_code = "-".join(wizard.key.groups)
    for place, entry in zip(wizard.key.asked, wizard.key.typed, strict=True):
        hands.fill(entry, wizard.key.groups[place], enter=True)
    hands.fill(wizard.key.passphrase, PASSPHRASE, enter=True)
    hands.fill(wizard.key.once_more, PASSPHRASE)
    stage.shot("recovery_code")
    hands.press("⏎")
    hands.until(lambda: wizard.stack.currentWidget() is wizard.printers, "the last step")
    stage.shot("printers")
    hands.push(wizard.next_button)
    stage.furnished()
    stage.shot("lock_screen")
    stage.diary.expect("the store is there, encrypted", True, _encrypted(stage))


def _first_person(stage: Stage, wizard: Wizard) -> None:
    hands = stage.hands
    hands.until(wizard.person.name.hasFocus, "the name has the focus")
    for words in (BOSS.name, BOSS.staff_no, BOSS.pin):
        hands.say(words)
        hands.press("⏎")
    hands.say(BOSS.pin)
    for role, tick in wizard.person.ticks.items():
        if role.value in BOSS.roles:
            hands.push(tick)
    stage.shot("person")
    hands.go(wizard.person.again)
    hands.press("⏎⏎")  # by the roles


def _encrypted(stage: Stage) -> bool:
    return stage.home.database.exists() and not stage.home.database.read_bytes()[:16].startswith(b"SQLite format 3")


def fill_branch(stage: Stage) -> None:
    """Sign in for the first time, add colleagues and shelves, import the branch's own files."""
    stage.sign_in(BOSS)
    stage.page("today")
    stage.shot("today_empty")
    stage.do(set_setting(key=settings.PRINT_FOLDER.key, value=str(stage.out / PAPERS)))
    for person in PEOPLE[1:]:
        stage.do(add_staff(staff_no=person.staff_no, name=person.name, roles=list(person.roles), pin=person.pin))
    for code, zone, use in (("A-01-1", "A", "repair"), ("A-01-2", "A", "repair"), ("B-01-1", "B", "pickup")):
        stage.do(add_shelf(code=code, zone=zone, use=use))
    for kind, lines in LISTS.items():
        found = stage.do(import_file(kind=kind, file=str(resource("samples", f"{kind}.csv"))))
        stage.diary.expect(f"{kind}.csv: lines taken", lines, found.lines)
    _wrong_file(stage)
    stage.open("merchants")
    stage.shot("merchants")


def _wrong_file(stage: Stage) -> None:
    """A file of another system is refused as a whole."""
    from deskapp.errors import Refused

    said = ""
    try:
        stage.do(import_file(kind="devices", file=str(resource("samples", "devices_gb18030_wrong_columns.csv"))))
    except ImportRefused as error:
        said = error.code
    except Refused as error:
        said = error.code
    stage.diary.expect("a file with other columns is refused", True, bool(said))
