"""Every page, walked without a mouse, with large letters, in every look and every language."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QWidget

from deskapp import i18n, settings
from deskapp.catalogue import words
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.finding import StoreFinder
from deskapp.ui.first_start import Gate
from deskapp.ui.jobs import Jobs
from deskapp.ui.lock import LockScreen, Tile
from deskapp.ui.page import Page
from deskapp.ui.pages.table import PAGES
from deskapp.ui.speech import without_mnemonic
from deskapp.ui.widgets.tabs import in_reading_order
from deskapp.ui.window import Window
from installer import scenes
from installer.compile_catalogue import merge, translations_of
from tests import walker
from tests.branch_day import BranchDay, fill_branch
from tests.conftest import KEY, CountedIds, FixedClock, People
from tests.keys import press_key

ROOT = Path(__file__).resolve().parent.parent
SCREEN, FOR_LONG_WORDS = (1280, 720), (1366, 768)
"""The smallest screen that shops still have, in px; and the one for words a third longer than any real ones."""
PATIENCE_S = 60.0
PAGE_IDS = tuple(spec.id for spec in PAGES)


@dataclass(frozen=True, slots=True)
class View:
    """One state of one page: what it is opened with. `page` alone is the page as the navigation opens it."""

    page: str
    state: str = ""

    def __str__(self) -> str:
        return f"{self.page}-{self.state}" if self.state else self.page

    def arguments(self, day: BranchDay) -> dict[str, str]:
        """What `navigate` hands to the page."""
        order = day.order
        assert order is not None
        one = day.jobs.get(self.state) or day.jobs["repairing"]
        return {
            "ticket": {"ticket_id": day.ticket},
            "guidance": {"ticket_id": day.guided} if self.state else {},
            "merchant": {"merchant_id": day.merchant},
            "device": {"device_id": day.device},
            "bench": {"item_id": one.item_id} if self.state else {},
            "order": {"id": order.order_id, "order_id": order.order_id, "kind": "order", "number": order.order_no},
            "pickup": {"order_id": order.order_id, "kind": "order"} if self.state else {},
            "visit": {"id": day.planned if self.state == "planned" else day.there} if self.state
            else {"ticket_id": day.guided},
            "shelf": {"id": "shelf-b1", "shelf_id": "shelf-b1", "kind": "shelf", "number": "B-01-1"},
            "settings": {"section": self.state} if self.state else {},
            "tickets": {"which": self.state} if self.state else {},
        }.get(self.page, {})


VIEWS = (
    *(View(page) for page in PAGE_IDS),
    View("guidance", "question"), View("pickup", "order"), View("tickets", "all"), View("check_in", "known"),
    View("visit", "planned"), View("visit", "there"),
    *(View("settings", section) for section in settings.PAGES),
    *(View("bench", step) for step in ("checked_in", "diagnosing", "diagnosed", "repairing", "testing")),
)  # fmt: skip


class CountedJobs(Jobs):
    """Jobs that know which answers are still on their way."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.under_way: list[Any] = []

    def _send(self, parcel: Any) -> None:
        self.under_way.append(parcel)
        super()._send(parcel)

    def _deliver(self, parcel: Any) -> None:
        try:
            super()._deliver(parcel)
        finally:
            if parcel in self.under_way:
                self.under_way.remove(parcel)

    def told(self) -> str:
        """Return who waits for what, for a test that fails."""
        return ", ".join(f"{type(one.owner).__name__} {one.key} {one.future}" for one in self.under_way) or "nothing"


@dataclass(slots=True)
class Desk:
    """A furnished window over the branch, and how a test looks at its pages."""

    app: QApplication
    window: Window
    jobs: CountedJobs
    day: BranchDay
    crashes: list[BaseException] = field(default_factory=list)

    def look(self, *, language: str = "en", mode: str = "light", scale: int = 100) -> None:
        """Set language, colours and size of letters, with no page open."""
        assert self.window.shell is not None
        self.window.shell.forget_pages()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if (theme.now().mode, theme.now().scale) != (mode, scale):
            theme.apply(self.app, mode, scale)
        if i18n.language() != language:
            i18n.use(language)
        self.window.resize(*(FOR_LONG_WORDS if language == "qps" else SCREEN))
        self.window.shell.keep_narrow(False)  # as the window does with each size of letters

    def open(self, view: View) -> Page:
        """Open a page and wait until everything it asked for is there."""
        self.window.navigate(view.page, **view.arguments(self.day))
        self.settle()
        shell = self.window.shell
        assert shell is not None
        assert not self.crashes, self.crashes
        page = shell.page()
        assert page is not None
        if str(view) == "check_in-known":
            page.scan(self.day.serial)
            self.settle()
        return page

    def settle(self) -> None:
        """Wait until nothing is asked any more and the layout has come to rest."""
        settle(self.app, self.jobs)


def settle(app: QApplication, jobs: CountedJobs) -> None:
    """Wait until nothing is asked any more and the layout has come to rest."""
    began, rounds, quiet = time.monotonic(), 0, 0
    while quiet < 3:
        took = time.monotonic() - began
        widgets = len(app.allWidgets()) if took > PATIENCE_S else 0
        assert took < PATIENCE_S, f"after {rounds} rounds among {widgets} widgets this is asked: {jobs.told()}"
        app.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        rounds, quiet = rounds + 1, quiet + 1 if not jobs.under_way else 0


@pytest.fixture(scope="module")
def desk(
    qapp: QApplication, branch_template: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """One branch in the middle of its day and one window over it, for all tests of this file."""
    root, people = branch_template
    place = tmp_path_factory.mktemp("walk") / "home"
    shutil.copytree(root, place)
    clock = FixedClock()
    theme.load_bold()
    theme.apply(qapp, "light", 100)
    i18n.use("en")
    with Store(Home(place), KEY, clock=clock, new_id=CountedIds(1_000_000)) as store:
        day = fill_branch(store, people)
        jobs = CountedJobs(lambda: store)
        window = Window(Values().having(settings.LANGUAGE, "en").having(settings.IDLE_LOCK, 240), "鼓楼支局")
        window.furnish(jobs, PAGES, StoreFinder(), now=clock, may=lambda roles, right: True)
        made = Desk(qapp, window, jobs, day)
        jobs.crashed.connect(made.crashes.append)
        window.resize(*SCREEN)
        window.show()
        window.enter(day.boss)
        made.settle()
        yield made
        window.close()
        jobs.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    theme.apply(qapp, "light", 100)
    i18n.use("zh_CN")


@pytest.fixture(autouse=True)
def _no_old_crashes(desk: Desk) -> None:
    desk.crashes.clear()


each_view = pytest.mark.parametrize("view", VIEWS, ids=str)


# ---------------------------------------------------------------- keyboard and screen reader


@each_view
@pytest.mark.parametrize(("language", "other"), [("zh_CN", "en"), ("en", "zh_CN")])
def test_a_page_is_worked_by_keys_and_read_aloud_in_the_language_of_the_moment(
    desk: Desk, view: View, language: str, other: str
) -> None:
    desk.look(language=language)
    page = desk.open(view)
    faults = {
        "takes the focus and has no name": walker.nameless(page),
        "is said in the other language": untranslated(page, language),
        "Tab goes against the reading order": walker.backward(page),
        "needs a mouse": walker.mouse_only(page),
        "two controls in sight share a letter": walker.double_keys(desk.window),
        "a state told by colour alone": walker.colour_alone(page),
    }
    i18n.use(other)
    desk.settle()
    faults["stays in the language from before"] = untranslated(page, other)

    assert {what: found for what, found in faults.items() if found} == {}


def test_the_key_itself_goes_where_the_eye_goes_when_parts_came_later(desk: Desk) -> None:
    desk.look()
    page = desk.open(View("merchant"))
    wanted = in_reading_order(page)
    visible = [stop for stop in wanted if stop.isVisibleTo(page) and stop.isEnabled()]
    desk.window.activateWindow()
    visible[0].setFocus()
    desk.settle()

    for here, there in zip(visible[:11], visible[1:12], strict=True):
        assert desk.app.focusWidget() is here
        press_key(here, Qt.Key.Key_Tab)
        assert desk.app.focusWidget() is there


def test_the_bars_around_the_pages_are_reached_by_keys_and_have_names(desk: Desk) -> None:
    desk.look()
    shell = desk.window.shell
    assert shell is not None
    bars: list[QWidget] = [shell.rail, shell.status, shell.find_field]

    assert [fault for bar in bars for fault in walker.nameless(bar)] == []
    actions = {action.handler for action in desk.window.actions_table}
    beyond_tab = [
        page for page, button in shell.rail.buttons.items()
        if not walker.takes_tab(button) and f"open:{page}" not in actions
    ]  # fmt: skip
    assert beyond_tab == []


# ---------------------------------------------------------------- large letters, long words


@each_view
@pytest.mark.parametrize(
    ("language", "scale", "mode"), [("zh_CN", 150, "dark"), ("en", 150, "contrast"), ("qps", 100, "light")]
)
def test_no_text_is_cut_in_any_look(desk: Desk, view: View, language: str, scale: int, mode: str) -> None:
    # Warnings of Qt fail a test by themselves; the contrast of every pair of colours is proved in ui/test_theme.py.
    desk.look(language=language, scale=scale, mode=mode)
    page = desk.open(view)
    for _round in range(20):  # a wrapped line asks for its height one layout later than the page that holds it
        if not walker.squeezed(page):
            break
        desk.settle()

    assert walker.squeezed(page) == []
    if language != "qps":
        assert walker.short_headings(page) == []
        assert walker.short_numbers(page) == []
    ground, corner = theme.colour("surface"), page.grab().toImage().pixelColor(3, 3)
    assert (corner.red(), corner.green(), corner.blue()) == (ground.red(), ground.green(), ground.blue())


# ---------------------------------------------------------------- beside the pages


@pytest.fixture(scope="module")
def gate(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The window before the desk, where there is no data yet and the computer has no key store."""
    made = Gate(Home(tmp_path_factory.mktemp("nothing") / "home"), lambda: True)
    made.resize(*scenes.GATE_SIZE)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@dataclass(slots=True)
class Scene:
    """One thing that is seen beside the pages: what is new, and the window whose keys count with it."""

    part: QWidget
    window: QWidget


@pytest.fixture
def show_scene(desk: Desk, gate: Gate) -> Iterator[Callable[[str], Scene]]:
    """Show a scene, and take it away at the end."""
    shown: list[str] = []

    def show(name: str) -> Scene:
        shown.append(name)
        if name == scenes.LOCK:
            desk.window.lock()
            screen = desk.window.lock_screen
            screen.show_people([Tile(f"C0{place}", one) for place, one in enumerate(("林小芳", "欧阳建国", "王丽"))])
            desk.settle()
            return Scene(screen, screen)
        if name in scenes.OVER_THE_DESK:
            desk.open(View("today"))
            part = scenes.over_the_desk(desk.window, name, desk.settle)
            return Scene(part, part)
        part = scenes.before_the_desk(gate, name, lambda: gate_settled(desk, gate))
        return Scene(part, gate)

    yield show
    if scenes.LOCK in shown:
        desk.window.enter(desk.day.boss)
    scenes.clear(desk.window, desk.settle)


def gate_settled(desk: Desk, gate: Gate) -> None:
    """Wait until the window before the desk knows whether the computer has a key store."""
    deadline = time.monotonic() + PATIENCE_S
    quiet = 0
    while quiet < 3:
        assert time.monotonic() < deadline, "the window keeps asking"
        desk.settle()
        quiet = 0 if gate.jobs.working else quiet + 1


each_scene = pytest.mark.parametrize("name", scenes.SCENES)


@each_scene
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_beside_the_pages_everything_has_a_name_a_key_and_a_place_in_the_order(
    desk: Desk, show_scene: Callable[[str], Scene], name: str, language: str
) -> None:
    desk.look(language=language)
    scene = show_scene(name)

    assert walker.nameless(scene.part) == []
    assert walker.backward(scene.part) == []
    assert walker.mouse_only(scene.part) == []
    assert walker.colour_alone(scene.part) == []
    assert walker.double_keys(scene.window) == []
    assert untranslated(scene.part, language) == []


@each_scene
@pytest.mark.parametrize(("language", "scale"), [("zh_CN", 150), ("en", 150)])
def test_beside_the_pages_no_text_is_cut(
    desk: Desk, show_scene: Callable[[str], Scene], name: str, language: str, scale: int
) -> None:
    desk.look(language=language, scale=scale)
    scene = show_scene(name)
    for _round in range(20):
        if not walker.squeezed(scene.part):
            break
        desk.settle()

    assert walker.squeezed(scene.part) == []


def test_the_tiles_of_the_lock_screen_stand_apart_when_the_letters_grow(
    desk: Desk, show_scene: Callable[[str], Scene]
) -> None:
    desk.look(language="zh_CN")
    screen = show_scene(scenes.LOCK).part
    assert isinstance(screen, LockScreen)
    for scale in (100, 150, 200, 125):
        theme.apply(desk.app, "light", scale)
        desk.settle()
        rooms = [walker.place(tile, screen) for tile in screen.tiles] + [walker.place(screen.who, screen)]
        assert [(one, other) for place, one in enumerate(rooms) for other in rooms[place + 1 :]
                if one.intersects(other)] == [], scale  # fmt: skip


# ---------------------------------------------------------------- language


LISTS = ("symptoms", "contact_channels", "call_results", "capabilities", "accessory_types", "device_kinds",
         "payment_methods", "reprint_reasons", "no_photo_reasons", "tamper_items")  # fmt: skip


def catalogue() -> dict[str, str]:
    """Every English text without values whose Chinese differs: of the program, and of the lists of codes."""
    texts: dict[str, str] = {}
    texts.update((word.en, word.zh) for name in LISTS for word in words(name).values() if word.zh != word.en)
    for message in merge(sorted((ROOT / "resources" / "locale" / "zh_CN").glob("*.po"))):
        english = message.id if isinstance(message.id, str) else message.id[0] if message.id else ""
        chinese = translations_of(message)
        if english and chinese and chinese[0] != english and "{" not in english:
            texts[without_mnemonic(english)] = without_mnemonic(chinese[0])
    return texts


CATALOGUE = catalogue()
CODES = [word for name in LISTS for word in words(name).values()]
OWN = {
    "zh_CN": frozenset(CATALOGUE.values()).union(word.zh for word in CODES),
    "en": frozenset(CATALOGUE).union(word.en for word in CODES),
}
"""Texts that are right in a language; some words, such as Wi-Fi, are right in both."""
FOREIGN = {"zh_CN": frozenset(CATALOGUE), "en": frozenset(CATALOGUE.values())}
"""Texts that must not be seen in a language: the ones of the other."""


def untranslated(page: QWidget, language: str) -> list[str]:
    """What the page says in the other language."""
    own, foreign = OWN[language], FOREIGN[language]
    return [
        f"{said.text!r} by {said.by}" for said in walker.sayings(page)
        if not walker.forms(said.text) & own and walker.forms(said.text) & foreign
    ]  # fmt: skip
