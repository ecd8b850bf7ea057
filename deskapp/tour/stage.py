"""The stage of the played days: real desks with their windows, who sits at them, what time they show."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from deskapp import i18n
from deskapp.app import Beside, Desk
from deskapp.clock import instant, play_at, shop_day, system_clock
from deskapp.errors import DeskError
from deskapp.i18n import say
from deskapp.paths import Home
from deskapp.queries.syncing import sync_badge
from deskapp.tour.diary import Diary
from deskapp.tour.place import DEPOT_HOME, DEPOT_PAPERS, HOME, PAPERS
from deskapp.tour.story import Story
from deskapp.tour.timing import StepClock
from deskapp.ui.application import application
from deskapp.ui.hands import Hands, NotSeen

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Command, ReadSession, Store
    from deskapp.tour.centre import Centre
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.page import Page
    from deskapp.ui.window import Window

T = TypeVar("T")

PASSPHRASE: Final = "a day at the counter"
"""Opens the store of a played day. Public on purpose: nothing in there is real."""

FILE: Final = "file:"
"""How the printing path proves a paper that became a file."""

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

HEAD = Person("2001", "钱主管", ("administrator", "depot_supervisor"), "852913")
RECEIVER = Person("2002", "郑收发", ("depot_receiver", "parts_keeper"), "641728")
REPAIRER = Person("2003", "孙维修", ("technician",), "375904")
TESTER = Person("2004", "周质检", ("qc_inspector",), "918254")
CUSTODIANS = (
    Person("2005", "吴密管", ("key_custodian",), "260873"), Person("2006", "何密管", ("key_custodian",), "794126"),
)  # fmt: skip
DEPOT_PEOPLE: Final = (HEAD, RECEIVER, REPAIRER, TESTER, *CUSTODIANS)


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a desk of the played days keeps its store and its papers, below the folder of the tour."""

    name: str
    home: str
    papers: str


BRANCH: Final = Seat("branch", HOME, PAPERS)
DEPOT: Final = Seat("depot", DEPOT_HOME, DEPOT_PAPERS)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its title (a message id), the time the clock shows, what happens, and on which of the played days."""

    title: str
    at: str
    act: Callable[[Stage], None]
    day: int = 0


class Stage:
    """Puts a desk up, plays steps and takes it down again.

    `near` is the stage that a second desk stands beside: story, diary and trouble are one.
    """

    def __init__(self, out: Path, diary: Diary, seat: Seat = BRANCH, near: Stage | None = None) -> None:
        self.out, self.diary, self.seat = out, diary, seat
        self.home = Home(out / seat.home)
        self.story: Story = near.story if near else Story()
        self.desk = Desk(self.home)
        self.near = near
        self.far: Stage | None = None
        self.centre: Centre | None = None
        self.away = False
        """Whether this desk's line to the server is down."""
        self.trouble = ""
        self.hands = Hands(self.front, lambda: (near or self).trouble)
        self._days = played_days()
        self._hooks = (sys.excepthook, threading.excepthook)
        if near is None:
            sys.excepthook = lambda kind, error, trace: self._note(error)
            threading.excepthook = lambda args: self._note(args.exc_value)
        self._printed: set[str] = set()

    # -- putting up and taking down --------------------------------------------------

    def start(self) -> None:
        """Begin like the program does where there is no store yet."""
        application().setQuitOnLastWindowClosed(False)
        self.desk.begin(Beside(self.home, PASSPHRASE))
        self.hands.until(lambda: self.desk.gate is not None, "the window of the first start")
        i18n.use(self.diary.language)  # as the button at its top does; the choice is kept with the first settings
        self._size(self.front())

    def furnished(self) -> None:
        """Wait for the desk behind the lock screen."""
        self.hands.until(lambda: self.desk.window is not None and self.desk.window.shell is not None, "the desk")
        self._size(self.window)
        self.jobs.crashed.connect(self._note)

    def close(self) -> None:
        """Let papers come out, finish what is being written, and let go of everything."""
        if self.far is not None:
            self.far.close()
        window = self.desk.window
        with suppress(NotSeen):  # a contact under way would hold the store open a little longer than this
            self.hands.until(self.quiet, "the line is quiet")
        self.desk.end()
        if window is not None:
            window.close()
        if self.near is not None:
            return
        if self.centre is not None:
            self.centre.close()
        sys.excepthook, threading.excepthook = self._hooks
        play_at(None)

    def beside(self) -> Stage:
        """Put a second desk beside this one: the depot's, with a store of its own."""
        self.far = Stage(self.out, self.diary, DEPOT, self)
        return self.far

    @property
    def depot(self) -> Stage:
        """The depot's desk."""
        if self.far is None:
            raise NotSeen("the depot's desk")
        return self.far

    @property
    def server(self) -> Centre:
        """The central server."""
        if self.centre is None:
            raise NotSeen("the central server")
        return self.centre

    def play(self, step: Step) -> bool:
        """Play one step; False when the day cannot go on."""
        self.diary.begin(step.title)
        self.clock_to(step.at, step.day)
        clock = StepClock(lambda: [desk.hands for desk in filter(None, (self, self.far))])
        try:
            step.act(self)
            self.papers_out()
            if self.far is not None:
                self.far.papers_out()
        except (NotSeen, DeskError, AssertionError, OSError) as error:
            self._broken(error)
        if self.trouble and not self.diary.broken:
            self.diary.break_off(self.trouble)
        self.diary.end(clock.took(), complete=not self.diary.broken)
        return not self.diary.broken

    def _broken(self, error: Exception) -> None:
        self.diary.break_off(say(error, "en") if isinstance(error, DeskError) else f"{type(error).__name__}: {error}")
        for desk in filter(None, (self, self.far)):
            try:
                desk.shot(f"broken_off_{desk.seat.name}")
            except (NotSeen, OSError, RuntimeError):
                self.diary.pictures.pop()

    def secrets(self) -> dict[str, Any]:
        """Return what opens the store of the day again; it is made-up, so the summary may hold it."""
        people = [
            {"staff_no": one.staff_no, "name": one.name, "roles": list(one.roles), "pin": one.pin}
            for one in (*PEOPLE, *DEPOT_PEOPLE)
        ]
        return {
            "home": HOME, "depot_home": DEPOT_HOME, "passphrase": PASSPHRASE,
            "recovery_code": self.story.recovery_code, "depot_recovery_code": self.story.depot_recovery_code,
            "people": people,
        }  # fmt: skip

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

    @property
    def now(self) -> int:
        """The desk's time in ms UTC."""
        return self.store.now

    @property
    def site_id(self) -> str:
        """The id of the desk's site."""
        return self.store.facts.site_id

    @property
    def store(self) -> Store:
        """The open store."""
        if self.desk.store is None:
            raise NotSeen("the open store")
        return self.desk.store

    def quiet(self) -> bool:
        """Tell whether the desk is not in the middle of a contact with the server."""
        return self.desk.agent is None or not self.desk.agent.door().speaking()

    @property
    def papers(self) -> Path:
        """Where this desk's papers come out."""
        return self.out / self.seat.papers

    def front(self) -> Any:
        """Return the window that is in front; its scanner alone takes keys, as two computers have two keyboards."""
        for desk in filter(None, (self, self.far or self.near)):
            scanner = desk.desk.window.scanner if desk.desk.window is not None else None
            if scanner is not None:
                scanner.enabled = desk is self
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
        shown, trouble = shell.page(), (self.near or self).trouble
        if shown is None or trouble:
            raise NotSeen(f"the page {page_id}: {trouble}")
        self.calm()  # a page puts the focus where it wants it once it is on the screen
        return shown

    def shot(self, name: str) -> None:
        """Take a picture of the window; what passes by itself has passed before the next one, as it does for people."""
        self.calm()
        self.hands.picture(self.diary.picture(name))
        if self.desk.window is not None:
            self.desk.window.toasts.clear()

    def calm(self) -> None:
        """Wait until the window shows what it asked for."""
        desk = self.desk
        self.hands.calm(desk.jobs or (desk.gate.jobs if desk.gate is not None else None))

    def clock_to(self, wall: str, day: int = 0) -> None:
        """Move the clock on to a time of a played day; never back."""
        hour, minute = wall.split(":")
        wanted = instant(datetime.combine(self._days[day], time(int(hour), int(minute))))
        if wanted > system_clock() or shop_day(system_clock()) > self._days[day]:
            desks = [desk for desk in (self, self.far) if desk is not None and desk.desk.agent is not None]
            for desk in desks:  # between a question to the server and its answer the clock would seem wrong
                desk.hands.until(desk.quiet, "the line is quiet")
            play_at(wanted)
            for desk in desks:
                desk.greet(wanted)

    def greet(self, since: int) -> None:
        """Let time have passed: notices have gone by, and the server was heard of again where there is one."""
        self.window.toasts.clear()
        agent = self.desk.agent
        if agent is not None and not self.away and self._contact_at():
            agent.door().hurry()
            self.hands.until(lambda: self._contact_at() >= since, "a contact with the server")

    def _contact_at(self) -> int:
        now = self.now
        return self.ask(lambda session: sync_badge(session, now)).contact_at

    def papers_out(self) -> None:
        """Wait until every queued paper has come out, and keep each."""
        if self.desk.jobs is None or self.desk.store is None:
            return
        from deskapp.queries.printing import counts, recent_jobs

        self.hands.until(lambda: not self.ask(counts), "every paper has come out")
        for job in reversed(self.ask(recent_jobs)):
            # One that was queued between both questions comes with the next call.
            if job.id not in self._printed and job.evidence.startswith(FILE):
                self._printed.add(job.id)
                self.diary.paper(job, self.papers / job.evidence.removeprefix(FILE))

    def paper(self, kind: str) -> None:
        """Wait until a paper of a kind has come out at this desk, and keep it."""
        folder = f"{self.seat.papers}/"

        def here() -> bool:
            self.papers_out()
            return any(one["kind"] == kind and one["file"].startswith(folder) for one in self.diary.papers)

        self.hands.until(here, f"a paper of the kind {kind}")

    def _size(self, window: Any) -> None:
        window.resize(*SIZE)
        window.activateWindow()
        self.hands.until(window.isVisible, "a window on the screen")

    def _note(self, error: object) -> None:
        if self.near is not None:
            self.near._note(error)
        elif not self.trouble and isinstance(error, BaseException):
            last = traceback.extract_tb(error.__traceback__)[-1:]
            place = f" ({Path(last[0].filename).name}:{last[0].lineno})" if last else ""
            self.trouble = f"{type(error).__name__}: {error}{place}"


def played_days() -> tuple[date, date]:
    """Return the last two weekdays whose working hours are over: nothing in a store lies in the future."""
    now = system_clock()
    last = shop_day(now)
    if instant(datetime.combine(last, DAY_OVER)) > now:
        last -= timedelta(days=1)
    return _weekday(_weekday(last) - timedelta(days=1)), _weekday(last)


def _weekday(day: date) -> date:
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day
