"""The queue and a real (emulated) label printer: every sheet accounted for, whatever happens to cable, paper or power."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deskapp import settings
from deskapp.commands import printing
from deskapp.commands.printer_profiles import choose_printer, pause_printer, save_printer
from deskapp.models.local import PrintJob
from deskapp.models.store import Store
from deskapp.print.lines import Limits
from deskapp.print.printers import Delivery
from deskapp.print.raw.status import Trouble, sentence
from deskapp.print.raw_printer import forget_manners, open_raw
from deskapp.print.spooler import Spooler
from deskapp.queries.printing import steps_of, window_of
from deskapp.rules.printer_profiles import Capabilities, Profile
from tests.print import samples
from tests.print.printer_desk import Between
from tests.print.test_spooler import Crash, queue_papers, set_printer
from tests.print.virtual_printers import VirtualPrinter

QUICK = Limits(
    connect=1, answer=0.3, close=0.3, stall=1, told_every=0.2, piece=0.5, settle=0.02, sure=0.2, drain=2, lock=5
)


@pytest.fixture
def escpos() -> Iterator[VirtualPrinter]:
    forget_manners()
    with VirtualPrinter("escpos") as printer:
        yield printer


class Clock:
    """Time that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def desk(store: Store, printer: VirtualPrinter, language: str = "zpl", **more: object) -> Spooler:
    """Set a printer up for labels and return a spooler for it."""
    profile = Profile(printer.address, language=language, **more)  # type: ignore[arg-type]
    store.run(save_printer(profile=profile))
    store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode(printer.address)))
    return Spooler(store, open_raw=lambda found: open_raw(found, QUICK))


def labels(store: Store, count: int) -> list[str]:
    cards = [samples.device_label(number=f"D00123{n:07d}") for n in range(count)]
    return list(store.run(queue_papers(cards=list(cards))).result)


def states(store: Store, jobs: list[str]) -> list[str]:
    return [store.ask(lambda session, job=job: session.get_one(PrintJob, job).state) for job in jobs]


def digests(printer: VirtualPrinter) -> list[str]:
    return [sheet.sha256 for sheet in printer.sheets]


def test_ten_labels_come_out_once_each_and_the_printers_count_proves_it(store: Store, zpl: VirtualPrinter) -> None:
    spooler = desk(store, zpl)
    jobs = labels(store, 10)
    assert spooler.drain() == 10
    assert states(store, jobs) == ["printed"] * 10
    assert len(set(digests(zpl))) == len(zpl.sheets) == 10
    assert store.ask(lambda session: session.get_one(PrintJob, jobs[7]).evidence) == "counter"
    assert [step.state for step in store.ask(lambda session: steps_of(session, jobs[0]))] == [
        "queued", "sending", "printed",
    ]  # fmt: skip


def test_paper_that_runs_out_holds_the_rest_in_words_and_goes_on_by_itself(store: Store, zpl: VirtualPrinter) -> None:
    spooler = desk(store, zpl)
    zpl.set(paper_left=2)
    jobs = labels(store, 4)
    spooler.drain()
    assert states(store, jobs) == ["printed", "printed", "held", "held"]
    assert store.ask(lambda session: session.get_one(PrintJob, jobs[3]).error) == sentence(Trouble.PAPER_OUT)
    zpl.set(paper_out=False)
    assert zpl.wait_printed(4)
    spooler.settle_open()
    assert states(store, jobs) == ["printed"] * 4
    assert len(set(digests(zpl))) == len(zpl.sheets) == 4


def test_a_printer_that_is_out_of_paper_before_the_first_byte_is_told_about_and_nothing_is_lost(
    store: Store, zpl: VirtualPrinter
) -> None:
    spooler = desk(store, zpl)
    zpl.set(paper_out=True)
    jobs = labels(store, 2)
    assert spooler.drain() == 0
    assert states(store, jobs) == ["failed"] * 2
    assert store.ask(lambda session: session.get_one(PrintJob, jobs[0]).error) == sentence(Trouble.PAPER_OUT)
    zpl.set(paper_out=False)
    assert spooler.drain() == 2
    assert len(zpl.sheets) == 2


def test_a_cable_pulled_inside_a_label_costs_no_label_and_doubles_none(store: Store, zpl: VirtualPrinter) -> None:
    spooler = desk(store, zpl)
    jobs = labels(store, 5)
    spooler_bytes = 6_000
    zpl.set(cut_after=spooler_bytes)
    spooler.drain()
    assert "printed" not in set(states(store, jobs)[3:])
    zpl.set(cut_after=None)
    spooler.settle_open()
    for _ in range(3):
        spooler.drain()
    assert states(store, jobs) == ["printed"] * 5
    assert len(set(digests(zpl))) == len(zpl.sheets) == 5


def test_papers_behind_a_doubt_do_not_spoil_the_count_that_will_settle_it(store: Store, zpl: VirtualPrinter) -> None:
    """The cable is out with a window in doubt; more papers wait, are tried, and nobody is asked when it is in again."""
    spooler = desk(store, zpl)
    first = labels(store, 5)
    zpl.set(cut_after=6_000)
    spooler.drain()
    zpl.set(cut_after=None, vanished=True)
    assert "unknown" in states(store, first)
    cards = [samples.device_label(number=f"D00123{n:07d}") for n in range(50, 57)]
    more = list(store.run(queue_papers(cards=list(cards))).result)
    for _ in range(2):
        spooler.drain()
    assert set(states(store, more)) <= {"failed", "queued"}
    zpl.set(vanished=False)
    for _ in range(4):
        spooler.drain()
    assert states(store, [*first, *more]) == ["printed"] * 12
    assert len(set(digests(zpl))) == len(zpl.sheets) == 12
    by_people = [store.ask(lambda session, job=job: session.get_one(PrintJob, job).resolved_by) for job in first]
    assert by_people == [""] * 5


def test_a_crash_after_the_first_byte_is_settled_by_the_printers_own_count(store: Store, zpl: VirtualPrinter) -> None:
    desk(store, zpl)
    jobs = labels(store, 3)

    class Dies(Between):
        """A printer in front of which the power goes, after all bytes have left."""

        def send_window(self, *given: object, **more: object) -> None:
            self.real.send_window(*given, **more)  # type: ignore[arg-type]
            raise Crash

    with pytest.raises(Crash):
        Spooler(store, open_raw=lambda profile: Dies(open_raw(profile, QUICK))).drain()  # type: ignore[arg-type,return-value]
    assert states(store, jobs) == ["sending"] * 3
    again = Spooler(store, open_raw=lambda profile: open_raw(profile, QUICK))
    assert again.recover() == jobs
    again.settle_open()
    assert states(store, jobs) == ["printed"] * 3
    assert again.drain() == 0
    assert len(zpl.sheets) == 3


def test_without_a_count_a_person_says_once_which_was_the_last(store: Store) -> None:
    forget_manners()
    with VirtualPrinter("tspl", silent=True, no_counter=True) as printer:
        spooler = desk(store, printer, "tspl", learned=Capabilities(status=False, counter=False, ack=False))
        jobs = labels(store, 4)
        printer.set(cut_after=30_000)
        spooler.drain()
        doubtful = [job for job in jobs if states(store, [job]) == ["unknown"]]
        assert doubtful == jobs[: len(doubtful)] and doubtful
        assert [job.id for job in store.ask(lambda session: window_of(session, doubtful[0]))] == doubtful
        assert printer.wait_for(lambda: len(printer.sheets) >= 1)
        printer.set(cut_after=None)
        store.run(printing.answer_window(job_id=doubtful[0], last_job_id=jobs[0]))
        assert states(store, jobs)[0] == "printed"
        spooler.drain()
        assert states(store, jobs) == ["printed"] * 4
        assert store.ask(lambda session: session.get_one(PrintJob, jobs[0]).evidence) == "person"


def test_the_second_printer_takes_over_what_the_first_never_got(
    store: Store, zpl: VirtualPrinter, escpos: VirtualPrinter
) -> None:
    with VirtualPrinter("zpl") as other:
        store.run(save_printer(profile=Profile(other.address, language="zpl")))
        spooler = desk(store, zpl, fallback=other.address)
        zpl.set(vanished=True)
        jobs = labels(store, 2)
        spooler.drain()
        spooler.drain()
        assert states(store, jobs) == ["printed"] * 2
        assert len(other.sheets) == 2
        path = [(step.state, step.printer) for step in store.ask(lambda session: steps_of(session, jobs[0]))]
        assert path == [
            ("queued", ""), ("sending", zpl.address), ("failed", zpl.address), ("queued", other.address), ("sending", other.address), ("printed", other.address),
        ]  # fmt: skip


def test_a_paused_printer_takes_nothing_until_it_is_resumed(store: Store, zpl: VirtualPrinter) -> None:
    spooler = desk(store, zpl)
    store.run(pause_printer(address=zpl.address))
    jobs = labels(store, 1)
    assert spooler.drain() == 0
    assert states(store, jobs) == ["queued"]
    store.run(pause_printer(address=zpl.address, paused=False))
    assert spooler.drain() == 1


def test_a_receipt_roll_is_chosen_per_kind_of_document(store: Store, escpos: VirtualPrinter) -> None:
    store.run(save_printer(profile=Profile(escpos.address, language="escpos")))
    store.run(choose_printer(kind="pickup_slip", address=escpos.address, medium="roll-58"))
    job = store.run(queue_papers(cards=[samples.pickup_slip()])).result[0]
    assert Spooler(store, open_raw=lambda found: open_raw(found, QUICK)).drain() == 1
    row = store.ask(lambda session: session.get_one(PrintJob, job))
    assert (row.state, row.medium, len(escpos.sheets)) == ("printed", "roll-58", 1)


def test_what_a_person_cancels_is_cleared_from_the_printer_too(store: Store, zpl: VirtualPrinter) -> None:
    spooler = desk(store, zpl)
    zpl.set(paper_left=1)
    jobs = labels(store, 3)
    spooler.drain()
    assert states(store, jobs) == ["printed", "held", "held"]
    assert spooler.clear_printer(zpl.address)
    assert states(store, jobs) == ["printed", "cancelled", "cancelled"]
    zpl.set(paper_out=False)
    after = labels(store, 1)
    spooler.drain()
    assert states(store, after) == ["printed"]
    assert len(zpl.sheets) == 2


def test_in_the_background_a_batch_of_twenty_goes_out_in_windows_of_five(
    store: Store, zpl: VirtualPrinter, tmp_path: Path
) -> None:
    spooler = desk(store, zpl)
    jobs = labels(store, 20)
    spooler.start()
    done: Callable[[], bool] = lambda: len(zpl.sheets) >= 20  # noqa: E731
    assert zpl.wait_for(done, 30)
    spooler.stop()
    windows = {store.ask(lambda session, job=job: session.get_one(PrintJob, job).window_id): None for job in jobs}
    assert len(windows) >= 4
    assert states(store, jobs) == ["printed"] * 20
    assert len(set(digests(zpl))) == len(zpl.sheets) == 20


@pytest.mark.long
def test_a_batch_of_a_thousand_is_interrupted_again_and_again_and_resumed(store: Store, zpl: VirtualPrinter) -> None:
    """Cables, empty rolls, a pause and two ends of the program: each label comes out once, and nobody is asked."""
    desk(store, zpl)
    zpl.print_s = 0.001
    jobs = labels(store, 1000)

    def interrupt(turn: int, spooler: Spooler) -> None:
        out = len(zpl.sheets)
        if turn % 4 == 0:
            zpl.set(cut_after=zpl.received % 7_000 + 500)
        elif turn % 4 == 1:
            zpl.set(paper_left=3)
            zpl.wait_for(lambda: len(zpl.sheets) >= min(out + 3, 1000))
        elif turn % 4 == 2:
            store.run(pause_printer(address=zpl.address))
            spooler.wake()
            zpl.wait_for(lambda: not zpl.waiting)
            store.run(pause_printer(address=zpl.address, paused=False))
        else:
            zpl.set(vanished=True)
        zpl.wait_for(lambda: len(zpl.sheets) > out + 4, 0.3)
        zpl.set(cut_after=None, paper_out=False, paper_left=None, vanished=False)

    for turn in range(12):
        spooler = Spooler(store, open_raw=lambda profile: open_raw(profile, QUICK))
        spooler.start()
        for step in range(3):
            zpl.wait_for(lambda turn=turn, step=step: len(zpl.sheets) >= turn * 75 + step * 20, 20)
            interrupt(turn + step, spooler)
            spooler.hurry()
        if turn < 11:
            spooler.stop()
    assert zpl.wait_for(lambda: len(zpl.sheets) >= 1000, 120)
    zpl.wait_for(lambda: all(state == "printed" for state in states(store, jobs)), 30)
    spooler.stop()
    assert Counter(states(store, jobs)) == {"printed": 1000}
    assert len(set(digests(zpl))) == len(zpl.sheets) == 1000


def test_a_printer_whose_memory_is_full_is_waited_for_in_words(store: Store, zpl: VirtualPrinter) -> None:
    desk(store, zpl)

    class Full(Between):
        """A printer that takes no more for a while, then everything."""

        def send_window(self, pieces: Sequence[bytes], title: str, **more: Any) -> Delivery:
            assert more["keep_on"](Trouble.BUFFER_FULL)
            words.append(store.ask(lambda session: session.get_one(PrintJob, jobs[0]).error))
            return self.real.send_window(pieces, title, **more)

    words: list[str] = []
    jobs = labels(store, 2)
    told: list[str] = []
    full: Any = Full
    Spooler(
        store, open_raw=lambda found: full(open_raw(found, QUICK)), tell=lambda step: told.append(step.error)
    ).drain()
    assert words == [sentence(Trouble.BUFFER_FULL)]
    assert sentence(Trouble.BUFFER_FULL) in told
    assert states(store, jobs) == ["printed"] * 2
    assert len(zpl.sheets) == 2
