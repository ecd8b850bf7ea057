"""One simulated world: three desks (two at a branch, one at the depot), the centre, and a schedule that is played."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskapp.errors import DeskError, Unavailable
from deskapp.sync.machine import Machine
from tests.sim import invariants
from tests.sim.carried import CARRIED, photos_are_whole, settle_photos, small_pieces
from tests.sim.chance import START, Chance, played
from tests.sim.desk import FINE, SimClock, SimDesk
from tests.sim.disk import Killed, cheap_disks, copy_home
from tests.sim.machines import machines
from tests.sim.net import SimLine
from tests.sim.newer import Newer
from tests.sim.oracle import Oracle
from tests.sim.reached import seen_at_rest
from tests.sim.scarce import SCARCE
from tests.sim.schedule import Schedule, Step
from tests.sim.stage import BLANK, SITES, Stage, stage

ROUNDS = 3
"""In how many conversations of each desk everything must have settled (I22)."""


@dataclass(slots=True)
class Outcome:
    """How a world ended: what does not hold, the story, how often each rare thing happened, and how many syncs."""

    broken: list[str]
    story: list[str]
    reached: Counter[str]
    syncs: int

    @property
    def text(self) -> str:
        return "\n".join([*self.story, "", *(f"BROKEN {one}" for one in self.broken)])


@dataclass(slots=True)
class World:
    """A world that is being played."""

    stage: Stage
    schedule: Schedule
    chance: Chance
    desks: dict[str, SimDesk] = field(default_factory=dict)
    oracle: Oracle = field(default_factory=Oracle)
    story: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    images: dict[str, Path] = field(default_factory=dict)
    newer: Newer | None = None
    cloned: set[str] = field(default_factory=set)
    copies: dict[str, str] = field(default_factory=dict)
    """The newest copy of each desk's disk that runs on a computer of its own: half of what is done is done there."""

    step_no: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """What is said instead of the ids of sites and stations."""

    def tell(self, words: str) -> None:
        self.story.append(f"{(self.chance.now - START) / 1000:12.3f}  {words}")

    def teller(self, name: str) -> Callable[[str], None]:
        return lambda words: self.tell(f"  {name}: {words}")

    # -- the beginning -----------------------------------------------------------------

    def begin(self) -> None:
        stage, schedule = self.stage, self.schedule
        for stick in stage.folder.glob("stick-*"):
            stick.unlink()
        self.chance.now = stage.made_at + 60_000
        stage.centre.begin(self.chance, stage.template, archive=schedule.archive)
        for _more in range(schedule.servers - 1):
            stage.centre.start()
        self.oracle = stage.oracle.copy()
        stage.centre.look = self.oracle.look
        stage.centre.grown = lambda: sum(map(len, self.oracle.logs.values()))
        stage.centre.on_request, stage.centre.on_reply = self.oracle.asked, self.oracle.answered
        for place, name in enumerate(schedule.desks):
            copy_home(stage.template / name, stage.folder / name)
            self.add(name, page=schedule.pages[place], piece=schedule.pieces[place])

    def add(self, name: str, *, page: int = 0, piece: int = 0) -> SimDesk:
        """Start a computer on the files of its home."""
        clock = SimClock(self.chance)
        store = self.stage.store_of(name, clock)
        told = self.teller(name)
        desk = SimDesk(name, store.home, store, clock, SimLine(self.stage.centre, told), told, SITES[name], page, piece)
        desk.count = 100  # texts of the template are other ones
        desk.close_look = self.schedule.seed % 8 == 0
        desk.photos = self.schedule.carried
        self.desks[name] = desk
        store.on_act = lambda seq: self.oracle.act(desk, seq)
        desk.awake = lambda: self.oracle.catch_up(desk)
        store.on_piece = lambda piece: self._piece(desk, piece)
        store.after_piece = lambda piece: self._laid_down(desk, piece)
        return desk

    def _piece(self, desk: SimDesk, piece: Any) -> None:
        held = {scope: (n, chain) for scope, n, chain in desk.rows("SELECT scope, n, chain FROM sync_feed")}
        before = len(self.oracle.broken)
        self.oracle.piece(desk, held, piece)
        kinds = Counter(one.kind for one in piece.entries)
        came = ", ".join(f"{times} {kind}" for kind, times in sorted(kinds.items())) or "nothing"
        upto = ", ".join(
            f"{scope} {held.get(scope, (0,))[0]}→{n}" for scope, (n, _chain) in sorted(piece.cursors.items())
        )
        self.tell(f"    {desk.name} lays down {came}{f'; {upto}' if upto else ''}")
        for one in self.oracle.broken[before:]:
            self.tell(f"BROKEN {one}")
        if len(piece.cursors) > 1:
            self.reached["several scopes in one piece"] += 1
        for one in piece.entries:
            self.reached[f"entry {one.kind}"] += 1

    def _laid_down(self, desk: SimDesk, piece: Any) -> None:
        self.oracle.laid_down(desk, piece)
        waiting = [uid for (uid,) in desk.rows("SELECT uid FROM change_set WHERE acked_at = 0 ORDER BY seq")]
        self.broken += self.oracle.still_shown(desk, waiting)
        self.broken += self.oracle.shown.laid_down(desk, piece, waiting, self.oracle.acts)

    # -- playing ----------------------------------------------------------------------

    def play(self) -> None:
        for step in self.schedule.steps:
            self.step_no += 1
            self.chance.pass_by(self.chance.source.choice((1, 7, 400, 9_000)))
            self.tell(str(step))
            before = self.reached.total()
            STEPS[step.kind](self, step)
            if step.kind in COUNTED and self.reached.total() == before:
                self.tell("  (that cannot be now: nothing happens)")
            if self.broken or self.oracle.broken:
                return

    def _desk(self, step: Step) -> SimDesk | None:
        desk = self.desks.get(step.who)
        if step.kind in ("act", "sync") and step.pick % 2 and step.who in self.copies:
            desk = self.desks[self.copies[step.who]]
            self.tell(f"  at the copy, {desk.name}")
            self.reached["something done at a copy"] += 1
        if desk is not None and desk.wiped:  # nothing of it is left that could be switched on
            return None
        if desk is not None and desk.dark:
            desk.restart()
            self.tell(f"  {desk.name} is switched on again")
        return desk

    def act(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is None or desk.out == "retired":
            return
        try:
            told = desk.act(step.what, step.pick)
        except Killed:
            desk.dark = True
            told = "goes dark"
            self.reached["killed in an act"] += 1
        except DeskError as error:
            told = f"{type(error).__name__} {error.code}"
            if error.code == "disk_full" and desk.room >= 0:
                self.reached["an act refused on a full disk"] += 1
            elif error.code == "retired" and desk.has_heard_its_end():
                self.reached["an act refused at a desk that ends"] += 1
            else:
                desk.strange.append(f"{desk.name} {step}: {told}")
        self.tell(f"    {told}")

    def guarded(self, desk: SimDesk, step: Step, work: Callable[[], object]) -> None:
        """Do something at a desk that may be in trouble, or go dark over it."""
        told = ""
        try:
            work()
        except Killed:
            desk.dark, told = True, "goes dark"
        except DeskError as error:
            told = f"{type(error).__name__} {error.code}"
            if isinstance(error, Unavailable) and error.code not in (*FINE, "not_enrolled", "no_station_key"):
                desk.strange.append(f"{desk.name} {step}: {told}")
        self.tell(f"    {told}")

    def sync(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is None or desk.out == "retired":
            return
        if step.what:
            desk.line.faults.extend([""] * step.pick + [step.what])
        desk.sync()
        desk.line.faults.clear()
        if desk.dark:
            self.reached["killed in a conversation"] += 1

    def talk(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is None or desk.out == "retired":
            return
        if step.what:
            desk.line.faults.append(step.what)
        desk.go_on()
        if desk.dark:
            self.reached["killed in a conversation"] += 1

    def late(self, step: Step) -> None:
        for desk in list(self.desks.values()):
            if desk.line.deliver_late():
                self.reached["a request came late"] += 1

    def wait(self, step: Step) -> None:
        self.chance.pass_by(step.pick)

    def kill(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is not None:
            desk.store.kill_at = {step.what: step.pick}

    def restart(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is not None:
            desk.restart()

    def clock(self, step: Step) -> None:
        desk = self.desks.get(step.who)
        if desk is None:
            return
        if step.what in "+-":
            desk.clock.wrong_ms += step.pick * (1000 if step.what == "+" else -1000)
            if desk.clock() < 0:
                desk.clock.wrong_ms = -self.chance.now // 2
        else:
            desk.clock.drift += step.pick % 1_000 * (1 if step.what == "fast" else -1)

    # -- disks ------------------------------------------------------------------------

    def image(self, step: Step) -> None:
        desk = self._desk(step)
        if desk is not None and desk.talk is None:
            target = self.stage.folder / f"image-{step.who}"
            copy_home(desk.home.root, target)
            self.images[step.who] = target

    def reset(self, step: Step) -> None:
        """Put a disk back as it was at its image; only the numbers used stay (they lie beside the database)."""
        desk = self._desk(step)
        if desk is None or step.who not in self.images or desk.out:
            return
        desk.sync()
        desk.sync()
        if desk.dark or desk.out or desk.rows("SELECT 1 FROM change_set WHERE acked_at = 0"):
            return  # what was never sent would be gone with the disk: nobody can give that back
        if self.stage.centre.restores or self.stage.centre.backups:
            return
        desk.restart()
        desk.store.shut()
        copy_home(self.images[step.who], desk.home.root)
        desk.restart()
        self.oracle.shown.forget(step.who)
        self.cloned.add(step.who)
        self.reached["a disk set back"] += 1

    def clone(self, step: Step) -> None:
        """Start a copy of a disk as another computer, which the program can or cannot see."""
        name = next((one for one in ("C1", "C2") if one not in self.desks), "")
        desk = self._desk(step)
        if desk is None or not name or desk.talk is not None or desk.out or desk.leaving:
            return
        copy_home(desk.home.root, self.stage.folder / name)
        made = self.add(name)
        made.site = desk.site
        made.count = 1000 * (1 + len(self.desks))
        self.cloned |= {step.who, name}
        self.copies[step.who] = name
        if step.what == "other":
            self.tell(f"  {name} is another machine")
            made.machine = Machine("same", frozenset({name}))
        self.reached["a disk cloned"] += 1
        if self.schedule.seed % 2:
            for one in (step.who, name):  # both take the next number
                self.tell(f"  {one} opens a ticket")
                self.act(Step("act", one, "ticket"))

    # -- the centre ---------------------------------------------------------------------

    def backup(self, _step: Step) -> None:
        self.stage.centre.back_up()

    def restore(self, step: Step) -> None:
        if self.stage.centre.backups and not self.cloned:
            self.oracle.rewound()
            self.stage.centre.restore(by_hand=bool(step.what))
            self.stage.centre.ask(self.oracle.look)
            self.reached["a server set back"] += 1

    def reboot(self, _step: Step) -> None:
        self.stage.centre.restart()

    def floor(self, _step: Step) -> None:
        self.stage.centre.raise_floors()
        self.reached["logs forgotten"] += 1

    def mend(self, _step: Step) -> None:
        self.stage.centre.mend()

    def poison(self, step: Step) -> None:
        self._newer().poison(step.pick)

    def send_newer(self, step: Step) -> None:
        self._newer().push(step.pick)

    def _newer(self) -> Newer:
        if self.newer is None or not self.newer.belongs():
            self.newer = Newer(self)
        return self.newer

    # -- churn --------------------------------------------------------------------------

    def enrol(self, _step: Step) -> None:
        if BLANK in self.desks:
            return
        copy_home(self.stage.template / BLANK, self.stage.folder / BLANK)
        desk = self.add(BLANK)
        desk.enrol(self.stage.centre.code(SITES[BLANK]))
        self.reached["a desk enrolled"] += 1

    def retire(self, step: Step) -> None:
        self._mark(step, lost=False)

    def revoke(self, step: Step) -> None:
        self._mark(step, lost=True)

    def _mark(self, step: Step, *, lost: bool) -> None:
        if step.who == "A1" or step.who in self.cloned:
            return  # somebody has to be left
        desk = self.desks.get(step.who)
        if desk is None or desk.out or desk.dark:
            return
        self.stage.centre.mark(desk.store.facts.station_no, lost=lost)
        desk.leaving = "lost" if lost else "retired"
        self.reached[f"a station {desk.leaving}"] += 1

    # -- the end ------------------------------------------------------------------------

    def settle(self) -> None:
        """After the last fault: everybody is switched on and has a good line, and speaks a few times."""
        self.tell("all faults end")
        self.stage.centre.fill_disk(False)
        for desk in self.desks.values():
            desk.line.faults.clear()
            desk.store.kill_at = {}
            desk.more = ""
            if not desk.wiped:
                desk.make_room()
            if desk.dark and not desk.wiped:
                desk.restart()
            if desk.talk is not None:
                desk.sync()
            while desk.line.deliver_late():
                pass
        for number in range(ROUNDS):
            before = self._traffic()
            for desk in list(self.desks.values()):
                if desk.out in ("lost", "retired"):
                    continue
                if desk.out == "unknown":
                    self.tell(f"  {desk.name} is connected again by hand")
                    desk.enrol(self.stage.centre.code(desk.site))
                    self.reached["enrolled again"] += 1
                self.chance.pass_by(1_000)
                if not number or not self._rests(desk):
                    desk.sync()
            self.chance.pass_by(10_000)
            if number < ROUNDS - 1:
                self.stage.centre.mend()
            if self._traffic() == before:
                return
        for desk in self.desks.values():
            if not (desk.out or desk.leaving or self._rests(desk)):
                self.broken.append(
                    f"I22 {desk.name} does not rest after {ROUNDS} conversations in which nothing went wrong"
                )

    def _rests(self, desk: SimDesk) -> bool:
        """Say whether a desk would hear nothing new and has nothing to say: it is spared a conversation."""
        if desk.leaving or desk.rows("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1"):
            return False
        logs = self.oracle.logs
        return all(
            n == len(logs.get(scope, ())) and (not n or logs[scope][n - 1].chain == chain)
            for scope, n, chain in desk.rows("SELECT scope, n, chain FROM sync_feed")
        )

    def _traffic(self) -> tuple[int, int]:
        """Return how much everybody has sent and received so far."""
        rounds = [desk.exchange.moved for desk in self.desks.values() if desk.exchange is not None]
        entries = sum(map(len, self.oracle.logs.values()))
        return sum(one[0] for one in rounds) + entries, sum(one[1] for one in rounds) + len(self.desks)

    def end(self) -> Outcome:
        try:
            self.play()
            if not (self.broken or self.oracle.broken):
                self.settle()
                if self.schedule.carried:
                    settle_photos(self)
                    self.broken += photos_are_whole(self)
                self.broken += invariants.broken(self)
                self.reached += seen_at_rest(self)
        except Exception as error:  # noqa: BLE001 (whatever the program raises is the finding)
            where = traceback.extract_tb(error.__traceback__)[-4:]
            self.broken.append(
                f"{type(error).__name__}: {error} @ "
                + " < ".join(f"{one.filename.rsplit('/', 1)[-1]}:{one.lineno}" for one in reversed(where))
            )
        finally:
            for desk in self.desks.values():
                if desk.talk is not None:
                    desk.store.dead = True
                    desk.talk.kill()
        self.broken[:0] = self.oracle.broken
        self.broken += [f"server: {one}" for one in self.stage.centre.broken]
        self.broken += [one for desk in self.desks.values() for one in desk.strange]
        for desk in self.desks.values():
            self.reached.update({f"line {what}": times for what, times in desk.line.met.items()})
            self.reached["a lost desk wiped"] += desk.wiped
        self._name_everybody()
        return Outcome(
            list(map(self.plainly, self.broken)), list(map(self.plainly, self.story)), self.reached,
            sum(desk.syncs for desk in self.desks.values()),
        )  # fmt: skip

    def _name_everybody(self) -> None:
        """Learn what sites and stations are called by people."""
        with self.stage.centre.database.read() as tx:
            self.names |= dict(map(tuple, tx.all("SELECT id, code FROM site")))
        for desk in self.desks.values():
            self.names |= {desk.store.facts.station: desk.name}

    def plainly(self, words: str) -> str:
        """Return a sentence with names instead of ids."""
        for one, name in self.names.items():
            words = words.replace(one, name)
        return words


COUNTED = frozenset(("reset", "clone", "restore", "retire", "revoke", "enrol"))
"""Steps that are counted where they are possible."""

STEPS: dict[str, Callable[[World, Step], None]] = {
    "act": World.act, "sync": World.sync, "talk": World.talk, "late": World.late, "wait": World.wait,
    "kill": World.kill, "restart": World.restart, "clock": World.clock, "image": World.image, "reset": World.reset,
    "clone": World.clone, "backup": World.backup, "restore": World.restore, "reboot": World.reboot,
    "floor": World.floor, "mend": World.mend, "enrol": World.enrol, "retire": World.retire, "revoke": World.revoke,
    "poison": World.poison, "newer": World.send_newer, **CARRIED, **SCARCE,
}  # fmt: skip


def run(schedule: Schedule) -> Outcome:
    """Play a schedule in a world of its own."""
    place = stage()
    with cheap_disks(), small_pieces(), played(Chance(schedule.seed)) as chance:
        world = World(place, schedule, chance)
        with machines(world):
            world.begin()
            return world.end()


__all__ = ["Outcome", "World", "invariants", "machines", "run", "stage"]
