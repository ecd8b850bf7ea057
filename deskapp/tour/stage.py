"""The stage of a played day: the real desk with its window, who sits at it, what time it shows."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from deskapp.app import Beside, Desk
from deskapp.clock import instant, play_at, shop_day, stopwatch, system_clock
from deskapp.errors import DeskError
from deskapp.i18n import say
from deskapp.paths import Home
from deskapp.tour.diary import Diary
from deskapp.tour.place import HOME, PAPERS
from deskapp.ui.application import application
from deskapp.ui.hands import Hands, NotSeen

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Command, ReadSession
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.page import Page
    from deskapp.ui.window import Window

T = TypeVar("T")

PASSPHRASE: Final = "a day at the counter"
"""Opens the store of a played day. Public on purpose: nothing in there is real."""

SIZE: Final = (1280, 800)
DAY_OVER: Final = time(18, 0)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works on the played day."""

    staff_no: str
    name: str
    roles: tuple[str, ...]
    pin: str


BOSS = Person("1001", "王主任", ("administrator", "site_supervisor"), "730469")
CLERK = Person("1002", "林受理", ("counter_clerk",), "407185")
TECHNICIAN = Person("1003", "陈维修", ("technician", "parts_keeper"), "518237")
INSPECTOR = Person("1004", "黄质检", ("qc_inspector",), "629374")
PEOPLE: Final = (BOSS, CLERK, TECHNICIAN, INSPECTOR)


@dataclass(slots=True)
class Story:
    """What later steps need from earlier ones."""

    recovery_code: str = ""
    ticket_id: str = ""
    ticket_no: str = ""
    order_id: str = ""
    order_no: str = ""
    slip_no: str = ""
    items: dict[str, str] = field(default_factory=dict)
    """Ids of the devices on the order by serial number."""
    labels: dict[str, str] = field(default_factory=dict)
    """Label numbers by serial number."""
    accessories: list[str] = field(default_factory=list)
    shelf_label: str = ""
    code: str = ""
    quote_fen: int = 0
    receipts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the day: its title (a message id), the time the clock shows, and what happens."""

    title: str
    at: str
    act: Callable[[Stage], None]


class Stage:
    """Puts the desk up, plays steps and takes it down again."""

    def __init__(self, out: Path, diary: Diary) -> None:
        self.out, self.diary = out, diary
        self.home = Home(out / HOME)
        self.story = Story()
        self.desk = Desk(self.home)
        self.trouble = ""
        self.hands = Hands(self.front, lambda: self.trouble)
        self._day = _played_day()
        self._hooks = (sys.excepthook, threading.excepthook)
        sys.excepthook = lambda kind, error, trace: self._note(error)
        threading.excepthook = lambda args: self._note(args.exc_value)
        self._printed: set[str] = set()

    # -- putting up and taking down --------------------------------------------------

    def start(self) -> None:
        """Begin like the program does where there is no store yet."""
        application().setQuitOnLastWindowClosed(False)
        self.desk.begin(Beside(self.home, PASSPHRASE))
        self.hands.until(lambda: self.desk.gate is not None, "the window of the first start")
        self._size(self.front())

    def furnished(self) -> None:
        """Wait for the desk behind the lock screen."""
        self.hands.until(lambda: self.desk.window is not None and self.desk.window.shell is not None, "the desk")
        self._size(self.window)
        self.jobs.crashed.connect(self._note)

    def close(self) -> None:
        """Let papers come out, finish what is being written, and let go of everything."""
        window = self.desk.window
        self.desk.end()
        if window is not None:
            window.close()
        sys.excepthook, threading.excepthook = self._hooks
        play_at(None)

    def play(self, step: Step) -> bool:
        """Play one step; False when the day cannot go on."""
        self.diary.begin(step.title)
        self.clock_to(step.at)
        began = stopwatch()
        try:
            step.act(self)
            self.papers_out()
        except (NotSeen, DeskError, AssertionError, OSError) as error:
            self._broken(error)
        if self.trouble and not self.diary.broken:
            self.diary.break_off(self.trouble)
        self.diary.end(stopwatch() - began, complete=not self.diary.broken)
        return not self.diary.broken

    def _broken(self, error: Exception) -> None:
        self.diary.break_off(say(error, "en") if isinstance(error, DeskError) else f"{type(error).__name__}: {error}")
        try:
            self.shot("broken_off")
        except (NotSeen, OSError, RuntimeError):
            self.diary.pictures.pop()

    def secrets(self) -> dict[str, Any]:
        """Return what opens the store of the day again; it is made-up, so the summary may hold it."""
        people = [
            {"staff_no": one.staff_no, "name": one.name, "roles": list(one.roles), "pin": one.pin} for one in PEOPLE
        ]
        return {"home": HOME, "passphrase": PASSPHRASE, "recovery_code": self.story.recovery_code, "people": people}

    # -- the desk --------------------------------------------------------------------

    @property
    def window(self) -> Window:
        """The desk's window."""
        if self.desk.window is None:
            raise NotSeen("the desk's window")
        return self.desk.window

    @property
    def jobs(self) -> Jobs:
        """What runs questions and acts."""
        if self.desk.jobs is None:
            raise NotSeen("the open store")
        return self.desk.jobs

    def front(self) -> Any:
        """Return the window that is in front."""
        return self.desk.window or self.desk.gate

    def ask(self, question: Callable[[ReadSession], T]) -> T:
        """Answer a question."""
        return self.hands.ask(self.jobs, question)

    def do(self, act: Command[T], by: Actor | None = None) -> T:
        """Do an act as whoever is signed in."""
        return self.hands.do(self.jobs, act, by)

    def sign_in(self, person: Person) -> None:
        """Let a person come to the desk: switch user, staff number, PIN."""
        window = self.window
        if window.actor is not None and window.actor.staff_no == person.staff_no:
            return
        if window.actor is not None:
            self.key("window:switch_user")
        lock = window.lock_screen
        self.hands.until(lambda: lock.isVisible() and lock.who.isEnabled(), "the lock screen")
        self.hands.fill(lock.who, person.staff_no, enter=True)
        self.hands.fill(lock.pin, person.pin, enter=True)
        self.hands.until(
            lambda: window.actor is not None and window.actor.staff_no == person.staff_no, f"{person.staff_no} is in"
        )

    def key(self, handler: str) -> None:
        """Do an action of the window by its key."""
        action = next(one for one in self.window.actions_table if one.handler == handler)
        if action.shortcut:
            self.hands.chord(action.shortcut)
        else:
            self.window.act(action)

    def open(self, page_id: str) -> Page:
        """Go to a page by its key."""
        self.key(f"open:{page_id}")
        return self.page(page_id)

    def page(self, page_id: str) -> Page:
        """Wait until a page is shown and return it."""
        shell = self.window.shell
        assert shell is not None
        self.hands.until(lambda: shell.page_id() == page_id and shell.page() is not None, f"the page {page_id}")
        shown = shell.page()
        assert shown is not None
        self.hands.rest()  # a page puts the focus where it wants it once it is on the screen
        return shown

    def shot(self, name: str) -> None:
        """Take a picture of the window."""
        self.hands.picture(self.diary.picture(name))

    def clock_to(self, wall: str) -> None:
        """Move the clock on to a time of the played day; never back."""
        hour, minute = wall.split(":")
        wanted = instant(datetime.combine(self._day, time(int(hour), int(minute))))
        if wanted > system_clock() or self._before_the_day():
            play_at(wanted)

    def _before_the_day(self) -> bool:
        return shop_day(system_clock()) != self._day

    def papers_out(self) -> None:
        """Wait until every queued paper has come out, and keep each."""
        if self.desk.jobs is None or self.desk.store is None:
            return
        from deskapp.queries.printing import counts, recent_jobs

        self.hands.until(lambda: not self.ask(counts), "every paper has come out")
        for job in reversed(self.ask(recent_jobs)):
            if job.id not in self._printed:
                self._printed.add(job.id)
                copy = f" copy {job.copy_no}" if job.copy_no else ""
                self.diary.paper(job, self.out / PAPERS / f"{job.number} {job.kind}{copy}.pdf")

    def _size(self, window: Any) -> None:
        window.resize(*SIZE)
        window.activateWindow()
        self.hands.until(window.isVisible, "a window on the screen")

    def _note(self, error: object) -> None:
        if not self.trouble and isinstance(error, BaseException):
            last = traceback.extract_tb(error.__traceback__)[-1:]
            place = f" ({Path(last[0].filename).name}:{last[0].lineno})" if last else ""
            self.trouble = f"{type(error).__name__}: {error}{place}"


def _played_day() -> date:
    """Return the last weekday whose working hours are over: nothing in the store lies in the future."""
    now = system_clock()
    day = shop_day(now)
    while day.weekday() >= 5 or instant(datetime.combine(day, DAY_OVER)) > now:
        day -= timedelta(days=1)
    return day
