"""When the desk speaks: after acts, on hints, at leisure, and more and more rarely while nobody answers."""

from __future__ import annotations

import threading

from deskapp.errors import Unavailable
from deskapp.models.write import Changes
from deskapp.sync.pulse import ASLEEP_MS, Pulse, Round
from deskapp.sync.rhythm import FIRST_RETRY_MS, GATHER_MS, LONGEST_RETRY_MS, USUAL_MS, Rhythm


def rhythm(chance: float = 0.5) -> Rhythm:
    return Rhythm(lambda: chance)


def test_a_quiet_desk_speaks_every_five_minutes_give_or_take() -> None:
    for chance, due in ((0.0, int(USUAL_MS * 0.7)), (0.5, USUAL_MS), (1.0, int(USUAL_MS * 1.3))):
        one = rhythm(chance)
        one.succeeded(1_000)
        assert abs(one.due - 1_000 - due) <= 1


def test_an_act_is_sent_within_a_moment() -> None:
    one = rhythm()
    one.succeeded(0)
    one.wanted(10_000)
    assert one.due == 10_000 + GATHER_MS
    one.wanted(10_100)
    assert one.due == 10_000 + GATHER_MS, "more acts do not put it off"


def test_every_failure_doubles_the_pause_up_to_a_limit() -> None:
    one, pauses = rhythm(), []
    for _try in range(12):
        one.failed(0)
        pauses.append(one.due)
    assert pauses[:4] == [FIRST_RETRY_MS, 2 * FIRST_RETRY_MS, 4 * FIRST_RETRY_MS, 8 * FIRST_RETRY_MS]
    assert pauses[-1] == LONGEST_RETRY_MS


def test_acts_do_not_hammer_a_server_that_is_gone() -> None:
    one = rhythm()
    for _try in range(6):
        one.failed(0)
    one.wanted(100)
    assert one.due == FIRST_RETRY_MS


def test_a_pause_the_server_asked_for_is_kept() -> None:
    one = rhythm()
    one.failed(0, retry_after_ms=90_000)
    one.wanted(1_000)
    assert one.due == 90_000
    one.at_once(2_000)
    assert one.due == 2_000, "but a person may ask at once"


def test_a_wait_that_breaks_off_is_looked_into_soon_but_not_by_all_desks_at_once() -> None:
    dues = []
    for chance in (0.0, 0.5, 1.0):
        one = Rhythm(lambda chance=chance: chance)
        one.succeeded(0)
        one.doubted(1_000)
        dues.append(one.due)
    assert dues == [1_150, 11_150, 21_150]

    one.failed(30_000)
    one.doubted(30_100)
    assert one.due >= 32_000  # a pause after a failure is not shortened by it


class Speaker:
    """Counts contacts; what it should do is put into `does`."""

    url = ""

    def __init__(self) -> None:
        self.spoke = threading.Semaphore(0)
        self.does: list[object] = []
        self.ended = threading.Event()
        self.inside: object = None

    def speak(self) -> Round:
        self.spoke.release()
        if callable(self.inside):
            self.inside()
        told = self.does.pop(0) if self.does else Round()
        if isinstance(told, Exception):
            raise told
        assert isinstance(told, Round)
        return told

    def wait(self) -> bool:
        self.ended.wait(20)
        return False

    def interrupt(self) -> None:
        self.ended.set()


class Time:
    """A clock that only the test moves, for both kinds of time."""

    def __init__(self) -> None:
        self.ms, self.ahead = 0, 10**12

    def monotonic(self) -> float:
        return self.ms / 1000

    def wall(self) -> int:
        return self.ms + self.ahead


def pulsed(speaker: Speaker, time: Time, network: list[str] | None = None) -> Pulse:
    places = network or ["here"]
    return Pulse(
        speaker, monotonic=time.monotonic, wall=time.wall, chance=lambda: 0.5, network=lambda _url: places[0]
    )  # fmt: skip


def test_it_speaks_at_the_start_and_after_an_act() -> None:
    speaker, time = Speaker(), Time()
    pulse = pulsed(speaker, time)
    pulse.start()
    assert speaker.spoke.acquire(timeout=10)
    pulse.heard(Changes(frozenset(), 0))
    assert not speaker.spoke.acquire(timeout=0.05), "what does not travel is no reason to speak"
    pulse.heard(Changes(frozenset(), 7))
    time.ms += GATHER_MS
    pulse.nudge()
    assert speaker.spoke.acquire(timeout=10)
    pulse.stop()


def test_an_act_during_a_contact_is_not_forgotten() -> None:
    speaker, time = Speaker(), Time()
    pulse = pulsed(speaker, time)

    def act() -> None:
        speaker.inside = None
        pulse.heard(Changes(frozenset(), 8))

    speaker.inside = act
    pulse.start()
    assert speaker.spoke.acquire(timeout=10)
    for _turn in range(100):
        if pulse.rhythm.due == GATHER_MS:
            break
        threading.Event().wait(0.01)
    assert pulse.rhythm.due == GATHER_MS
    pulse.stop()


def test_a_fault_of_ours_does_not_end_syncing() -> None:
    speaker, time = Speaker(), Time()
    speaker.does = [ValueError("a bug"), Unavailable("gone", code="offline"), Round()]
    pulse = pulsed(speaker, time)
    pulse.start()
    for _contact in range(3):
        assert speaker.spoke.acquire(timeout=10)
        time.ms += LONGEST_RETRY_MS
        pulse.nudge(at_once=True)
    pulse.stop()


def test_waking_up_and_a_new_network_are_reasons_to_speak() -> None:
    for wakes in (True, False):
        speaker, time, places = Speaker(), Time(), ["here"]
        pulse = pulsed(speaker, time, places)
        pulse.start()
        assert speaker.spoke.acquire(timeout=10)
        for _turn in range(100):
            if pulse.rhythm.due > USUAL_MS // 2:
                break
            threading.Event().wait(0.01)
        if wakes:
            time.ahead += 2 * ASLEEP_MS
        else:
            places[0] = "elsewhere"
        with pulse._door:
            pulse._door.notify_all()
        assert speaker.spoke.acquire(timeout=10)
        pulse.stop()


class Hinted(Speaker):
    """A speaker who hears of something new as often as it asks, until it has been fetched; broken off it fails."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.waits, self.news = 0, True

    def wait(self) -> bool:
        self.waits += 1
        self.asked.release()
        if not self.news:
            self.ended.wait(20)
            raise Unavailable("gone", code="offline")
        return True


def test_one_hint_is_enough_until_what_it_told_of_was_fetched() -> None:
    """During a long contact the cursors stand still, so the server answered at once, some thousand times a minute."""
    speaker, time = Hinted(), Time()
    pulse = pulsed(speaker, time)
    fetching, fetched = threading.Event(), threading.Event()

    def fetch() -> None:
        fetching.set()
        assert fetched.wait(20)
        speaker.news = False

    pulse.start()
    assert speaker.spoke.acquire(timeout=10) and speaker.asked.acquire(timeout=10)
    speaker.inside = fetch
    while not fetching.wait(0.01):
        time.ms += GATHER_MS
        pulse.nudge()
    assert speaker.waits == 1

    fetched.set()
    assert speaker.asked.acquire(timeout=10), "and then it is waited for the next"
    assert speaker.waits == 2
    pulse.stop()


def test_nothing_of_an_agent_is_left_once_it_was_stopped() -> None:
    """The thread that waits for hints waited for ever for a contact that nobody makes any more, and held the store."""
    speaker, time = Hinted(), Time()
    speaker.news = False
    pulse = pulsed(speaker, time)
    pulse.start()
    assert speaker.asked.acquire(timeout=10)

    pulse.stop()

    for thread in pulse._threads:
        thread.join(10)
        assert not thread.is_alive()
