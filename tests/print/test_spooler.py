"""The spooler: every queued paper comes out once, or says why not; nothing in doubt is sent twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import zxingcpp
from sqlalchemy import select

from deskapp import settings
from deskapp.commands import printing
from deskapp.commands.papers import queue
from deskapp.commands.printer_profiles import save_printer, tune_printer
from deskapp.errors import N_
from deskapp.models.local import PrintJob, SettingRow
from deskapp.models.repair import PrintFact
from deskapp.models.store import Store, Write, command
from deskapp.print import printers, raster
from deskapp.print.printers import Condition, InDoubt, NotSent, Outcome, Readiness
from deskapp.print.spooler import Spooled, Spooler
from deskapp.rules import papers
from deskapp.rules.printer_profiles import Profile, Tune
from tests.conftest import People
from tests.print import samples


@command(N_("Queue test papers"), right="")
def queue_papers(write: Write, *, cards: list[papers.Card]) -> list[str]:
    return [queue(write, card, subject_kind="repair_item", subject_id="item-1").id for card in cards]


@command(N_("Set a test printer"), right="")
def set_printer(write: Write, *, key: str, value: str) -> None:
    write.session.merge(SettingRow(key=key, value=value))


@command(N_("Break a stored paper"), right="")
def break_card(write: Write, *, job_id: str) -> None:
    write.session.get_one(PrintJob, job_id).card = "{}"


@dataclass
class Machine:
    """A printer on the far side of the port: it takes what it is told to take."""

    address: str = "machine:1"
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: list[BaseException] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def condition(self) -> Condition:
        return Condition(Readiness.READY, "Ready")

    def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
        if self.trouble and isinstance(self.trouble[0], NotSent):
            raise self.trouble.pop(0)
        self.taken.append((title, data))
        if self.trouble:
            raise self.trouble.pop(0)
        return f"machine:{len(self.taken)}"

    def outcome(self, evidence: str) -> Outcome:
        return self.outcomes.pop(0) if self.outcomes else Outcome.DONE

    def take_back(self, evidence: str) -> bool:
        return False


class Crash(BaseException):
    """The power goes."""


def state_of(store: Store, job_id: str) -> PrintJob:
    return store.ask(lambda session: session.get_one(PrintJob, job_id))


def facts(store: Store) -> int:
    return len(store.ask(lambda session: session.scalars(select(PrintFact)).all()))


def one_job(store: Store) -> str:
    return store.run(queue_papers(cards=[samples.device_label()])).result[0]


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def spooler(store: Store, machine: Machine) -> Spooler:
    store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode("machine:1")))
    moment = iter(range(0, 10**6, 10_000))
    return Spooler(store, open_printer=lambda address: machine, tick=lambda: next(moment), pause=lambda seconds: None)


def test_every_paper_comes_out_once_under_its_number(store: Store, spooler: Spooler, machine: Machine) -> None:
    cards = [samples.device_label(), samples.accessory_label()]
    jobs = store.run(queue_papers(cards=list(cards))).result
    assert spooler.drain() == 2
    assert [title for title, _ in machine.taken] == ["D001230000711 device_label", "A001230000720 accessory_label"]
    assert all(data.startswith(b"%PDF") for _, data in machine.taken)
    assert [state_of(store, job).state for job in jobs] == ["printed", "printed"]
    assert facts(store) == 2
    assert spooler.drain() == 0


def test_a_computer_without_printers_puts_papers_into_its_folder(store: Store) -> None:
    job = store.run(queue_papers(cards=[samples.pickup_slip()])).result[0]
    assert Spooler(store).drain() == 1
    assert state_of(store, job).evidence == "file:K00123250314004P pickup_slip.pdf"
    assert (store.home.papers / "K00123250314004P pickup_slip.pdf").read_bytes().startswith(b"%PDF")


def test_a_dead_printer_is_a_reason_in_words_and_tried_again(store: Store, spooler: Spooler, machine: Machine) -> None:
    job = one_job(store)
    machine.trouble.append(NotSent("The printing system did not take the paper.", code="refused"))
    assert spooler.drain() == 0
    assert (state_of(store, job).state, state_of(store, job).error) == (
        "failed", "The printing system did not take the paper.",
    )  # fmt: skip
    assert facts(store) == 0
    assert spooler.drain() == 1
    assert state_of(store, job).attempts == 2


def test_a_paper_in_doubt_is_never_sent_again_by_itself(store: Store, spooler: Spooler, machine: Machine) -> None:
    job = one_job(store)
    machine.trouble.append(InDoubt("The connection broke while the paper was being sent.", code="doubt"))
    spooler.drain()
    assert state_of(store, job).state == "unknown"
    assert spooler.drain() == 0
    assert len(machine.taken) == 1
    store.run(printing.answer_window(job_id=job, last_job_id=""))
    assert spooler.drain() == 1
    assert [title for title, _ in machine.taken] == ["D001230000711 device_label"] * 2
    assert machine.taken[0][1] == machine.taken[1][1]  # the same piece of paper, to the byte


def test_a_crash_after_the_first_byte_leaves_a_question_and_no_second_paper(
    store: Store, spooler: Spooler, machine: Machine
) -> None:
    job = one_job(store)
    machine.trouble.append(Crash())
    with pytest.raises(Crash):
        spooler.drain()
    assert state_of(store, job).state == "sending"  # committed before the byte left
    again = Spooler(store, open_printer=lambda address: machine)
    assert again.recover() == [job]
    assert again.drain() == 0
    assert len(machine.taken) == 1
    store.run(printing.answer_window(job_id=job, last_job_id=job))
    assert state_of(store, job).state == "printed"
    assert again.drain() == 0


def test_a_printer_that_sits_on_a_paper_is_said_to_hold_it(store: Store, spooler: Spooler, machine: Machine) -> None:
    job = one_job(store)
    machine.outcomes += [Outcome.HELD]
    spooler.drain()
    assert state_of(store, job).state == "held"
    assert spooler.drain() == 0
    assert len(machine.taken) == 1


def test_a_broken_card_stops_only_itself(store: Store, spooler: Spooler, machine: Machine) -> None:
    bad, good = store.run(queue_papers(cards=[samples.device_label(), samples.accessory_label()])).result
    store.run(break_card(job_id=bad))
    assert spooler.drain() == 1
    assert state_of(store, bad).state == "failed"
    assert state_of(store, good).state == "printed"
    assert spooler.drain() == 0
    assert state_of(store, bad).attempts == 1


def test_a_reprint_carries_its_mark_and_a_title_of_its_own(store: Store, spooler: Spooler, machine: Machine) -> None:
    @command(N_("Queue a copy"), right="")
    def copy(write: Write) -> str:
        return queue(write, samples.device_label(), subject_kind="", subject_id="", copy_no=1, of_job="x").id

    store.run(copy())
    spooler.drain()
    title, data = machine.taken[0]
    assert title == "D001230000711 device_label copy 1"
    assert "补打 1" in raster.text(data)


def waiting_for(wanted: Callable[[Spooled], bool]) -> tuple[threading.Event, Callable[[Spooled], None], list[Spooled]]:
    reached, seen = threading.Event(), []

    def tell(step: Spooled) -> None:
        seen.append(step)
        if wanted(step):
            reached.set()

    return reached, tell, seen


def test_in_the_background_a_wake_prints_what_a_commit_queued(store: Store, machine: Machine) -> None:
    store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode("machine:1")))
    reached, tell, seen = waiting_for(lambda step: step.state == "printed")
    spooler = Spooler(store, tell=tell, open_printer=lambda address: machine)
    spooler.start()
    job = one_job(store)
    spooler.wake()
    assert reached.wait(20)
    spooler.stop()
    assert [(step.job_id, step.state) for step in seen] == [(job, "sending"), (job, "printed")]
    assert all(step.changes is not None and step.changes.touches("print_job") for step in seen)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("spooler", "printer "))]


def test_one_slow_printer_does_not_keep_the_others_waiting(store: Store, tmp_path: Path) -> None:
    gate = threading.Event()

    class Slow(Machine):
        def send(self, data: bytes, mime: str, title: str, *, page_mm: tuple[float, float] | None = None) -> str:
            assert gate.wait(20)
            return super().send(data, mime, title)

    slow, folder = Slow(), printers.FolderPrinter(tmp_path)
    store.run(set_printer(key=settings.LABEL_PRINTER.key, value=settings.LABEL_PRINTER.encode("slow:1")))
    store.run(queue_papers(cards=[samples.device_label(), samples.pickup_slip()]))
    reached, tell, _ = waiting_for(lambda step: step.kind == "pickup_slip" and step.state == "printed")
    both = threading.Event()
    spooler = Spooler(
        store,
        tell=lambda step: (tell(step), both.set() if step.kind == "device_label" and step.state == "printed" else None),
        open_printer=lambda address: slow if address == "slow:1" else folder,
    )
    spooler.start()
    assert reached.wait(20)
    assert slow.taken == []
    gate.set()
    assert both.wait(20)
    spooler.stop()
    assert len(slow.taken) == 1


def test_papers_a_font_cannot_write_are_told_to_the_clerk(store: Store, machine: Machine) -> None:
    _, tell, seen = waiting_for(lambda step: False)
    store.run(queue_papers(cards=[samples.device_label(merchant="赵\U0003134f")]))
    Spooler(store, tell=tell, open_printer=lambda address: machine).drain()
    assert [warning.code for warning in seen[-1].warnings] == ["missing_characters"]


def test_labels_that_are_sent_to_a_sheet_share_it_from_the_chosen_cell(store: Store, machine: Machine) -> None:
    jobs = store.run(queue_papers(cards=[samples.device_label(number=f"D00123000{n:04d}") for n in range(3)])).result
    store.run(
        printing.redirect_job(job_id=jobs[0], printer="machine:1", medium="a4-labels", start_cell=4, whole_batch=True)
    )
    spooler = Spooler(store, open_printer=lambda address: machine)
    assert spooler.drain() == 3
    assert [state_of(store, job).state for job in jobs] == ["printed"] * 3
    assert len(machine.taken) == 1
    text = raster.text(machine.taken[0][1])
    assert all(f"D00123000{n:04d}" in text for n in range(3))
    assert facts(store) == 3


def test_a_label_sent_elsewhere_is_not_taken_by_the_printer_it_waited_for(
    store: Store, spooler: Spooler, machine: Machine
) -> None:
    job = one_job(store)
    store.run(printing.redirect_job(job_id=job, printer="machine:2"))
    assert store.run(printing.claim_job(job_id=job, printer="machine:1")).result is None
    assert store.run(printing.claim_job(job_id=job, printer="machine:2")).result is not None


def code_at_mm(pdf: bytes) -> tuple[float, float]:
    """Where the code of a page begins, in mm from its upper left corner."""
    (code,) = zxingcpp.read_barcodes(raster.pages(pdf, 300 / 72, grey=True)[0])
    return code.position.top_left.x / 300 * 25.4, code.position.top_left.y / 300 * 25.4


def test_what_a_page_printer_was_calibrated_to_counts_for_every_page(
    store: Store, machine: Machine, people: People
) -> None:
    address = "cups:laser"
    store.run(save_printer(profile=Profile(address)), by=people.admin)
    store.run(set_printer(key=settings.PAGE_PRINTER.key, value=settings.PAGE_PRINTER.encode(address)))
    spooler = Spooler(store, open_printer=lambda address: machine, pause=lambda seconds: None)
    store.run(queue_papers(cards=[samples.repair_receipt()]))
    spooler.drain()
    tune = Tune("a5", offset_x_um=3000, offset_y_um=-2000, scale_x_ppm=1_020_000, scale_y_ppm=980_000)
    store.run(tune_printer(address=address, tune=tune), by=people.admin)
    store.run(queue_papers(cards=[samples.repair_receipt(number="C00123250319004T")]))
    spooler.drain()

    plain, trued = (code_at_mm(data) for _title, data in machine.taken)
    assert trued[0] == pytest.approx(1.02 * (plain[0] + 3.0), abs=0.3)
    assert trued[1] == pytest.approx(0.98 * (plain[1] - 2.0), abs=0.3)
