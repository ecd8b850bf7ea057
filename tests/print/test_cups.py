"""The Unix printing system itself, a real one: three pages through it, and what its words are worth.

What CUPS calls completed is only handed over: here a printer is switched off with a fragment of a
receipt in its memory, and the system has no complaint. So the evidence of such a paper names the queue and the
job, never the paper, and the PDF of our own is what is kept.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from deskapp import settings
from deskapp.commands import printing
from deskapp.models.local import PrintJob
from deskapp.models.store import Store
from deskapp.print import printers, raster, render
from deskapp.print.cups import CupsPrinter
from deskapp.print.edition import Edition
from deskapp.print.printers import NotSent, Outcome, Readiness
from deskapp.print.spooler import Spooler
from tests.print import samples
from tests.print.oracles import shelf
from tests.print.own_cups import PAGE_DRIVER, PDF_DRIVER, Listener, OwnCups, free_port, lacking, own_cups, wait_until
from tests.print.test_spooler import queue_papers, set_printer

NUMBERS = [f"D00123000{index}711" for index in range(3)]
MERCHANT = "赵𬸚鱼丸店"


@pytest.fixture(scope="module")
def system() -> Iterator[OwnCups]:
    """A printing system of our own; a skip with its reason where there is none, a failure in CI."""
    if os.geteuid() != 0:
        pytest.skip("cupsd and its PDF printer run as root only, and these tests do not")
    if reason := lacking():
        shelf.missing(reason)
    with own_cups() as cups:
        yield cups


@pytest.fixture
def cups(system: OwnCups, monkeypatch: pytest.MonkeyPatch) -> OwnCups:
    """The system, as the one this program asks."""
    monkeypatch.setenv("CUPS_SERVER", system.server)
    return system


def three_labels() -> bytes:
    """One PDF of three labels."""
    cards = [("device_label", samples.device_label(number=number, merchant=MERCHANT)) for number in NUMBERS]
    return render.render_many(cards, Edition("label-60x40", "zh_CN")).pdf


def numbers_on(pdf: bytes) -> list[str]:
    """The number each page's codes carry, at the dots of a label printer."""
    found = []
    for page in raster.pages(pdf, 203.2 / 72, grey=True):
        read = {code.text for code in zxingcpp.read_barcodes(page)}
        assert len(read) == 1, read
        found.append(read.pop())
    return found


def sizes_mm(pdf: bytes) -> set[tuple[int, int]]:
    """The page sizes, in whole millimetres."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return {tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in document}  # type: ignore[misc]
    finally:
        document.close()


def test_three_receipts_pass_a_network_printer_with_their_codes_and_size(cups: OwnCups) -> None:
    numbers = [f"C0012325031900{index}X" for index in range(3)]
    cards = [("repair_receipt", samples.repair_receipt(number=number)) for number in numbers]
    ours = render.render_many(cards, Edition("a5", "zh_CN")).pdf
    with Listener() as listener:
        cups.add("network", listener.device, PAGE_DRIVER)
        printer = CupsPrinter("network")
        assert printer.condition().readiness is Readiness.READY
        evidence = printer.send(ours, printers.PDF, "three receipts", page_mm=(148, 210))
        assert evidence.startswith("cups:network-")
        assert listener.wait_for(1), cups.errors()
        assert wait_until(lambda: printer.outcome(evidence) is Outcome.DONE), cups.errors()
    came = listener.papers[0]
    came = came[came.index(b"%PDF") :]
    assert sizes_mm(came) == {(148, 210)}
    assert numbers_on(came) == numbers


def test_three_labels_come_out_of_the_pdf_printer_and_our_own_pdf_stays_the_archive(cups: OwnCups) -> None:
    folder = Path(pwd.getpwuid(os.geteuid()).pw_dir) / "PDF"
    was_there, title = folder.exists(), f"deskapp three labels {os.getpid()}"
    cups.add("pdf", "cups-pdf:/", PDF_DRIVER)
    printer, ours = CupsPrinter("pdf"), three_labels()
    evidence = printer.send(ours, printers.PDF, title, page_mm=(60, 40))
    assert wait_until(lambda: printer.outcome(evidence) is Outcome.DONE), cups.errors()

    def made() -> list[Path]:
        places = (folder, Path("/var/spool/cups-pdf/ANONYMOUS"))
        stem = title.replace(" ", "_")
        return [file for place in places if place.is_dir() for file in place.iterdir() if stem in file.name]

    try:
        assert wait_until(lambda: bool(made())), cups.errors()
        theirs = made()[0].read_bytes()
        assert numbers_on(theirs) == NUMBERS
        assert sizes_mm(theirs) == {(60, 40)}
        # What a printing system makes of it can be looked at, but not always searched: ours can.
        assert raster.text(ours).count(MERCHANT) == 3
    finally:
        for file in made():
            file.unlink()
        if not was_there and folder.is_dir():
            folder.rmdir()


def test_a_paper_in_a_stopped_queue_is_held_and_comes_out_once_when_it_goes_on(cups: OwnCups) -> None:
    with Listener() as listener:
        cups.add("stopped", listener.device, PAGE_DRIVER)
        printer = CupsPrinter("stopped")
        cups.run("cupsdisable", "stopped")
        assert printer.condition().readiness is Readiness.STOPPED
        evidence = printer.send(three_labels(), printers.PDF, "held", page_mm=(60, 40))
        assert printer.outcome(evidence) is Outcome.HELD
        assert not cups.finished(evidence.removeprefix("cups:"))
        assert listener.papers == []
        cups.run("cupsenable", "stopped")
        assert listener.wait_for(1), cups.errors()
        assert wait_until(lambda: printer.outcome(evidence) is Outcome.DONE), cups.errors()
        assert cups.finished(evidence.removeprefix("cups:"))
    assert len(listener.papers) == 1


def test_a_paper_the_system_cannot_convert_is_held_and_not_called_printed(cups: OwnCups) -> None:
    with Listener() as listener:
        cups.add("strict", listener.device, PAGE_DRIVER)
        printer = CupsPrinter("strict")
        evidence = printer.send(b"%PDF-1.4 nothing that could be printed", printers.PDF, "broken")
        assert wait_until(lambda: printer.outcome(evidence) is Outcome.HELD, 10), cups.errors()
    assert listener.papers in ([], [b""])


def test_a_paper_on_its_way_is_waiting_until_the_printer_has_taken_it(cups: OwnCups) -> None:
    port = free_port()  # nobody answers there: the system goes on trying by itself
    cups.add("away", f"socket://127.0.0.1:{port}/?waiteof=false&snmp=false", PAGE_DRIVER)  # fmt: skip
    printer = CupsPrinter("away")
    evidence = printer.send(three_labels(), printers.PDF, "away", page_mm=(60, 40))
    assert printer.outcome(evidence) is Outcome.WAITING
    assert wait_until(lambda: printer.condition().readiness is Readiness.SILENT), printer.condition()
    cups.run("cancel", "-a", "away")
    assert wait_until(lambda: printer.outcome(evidence) is Outcome.DROPPED)


def hasty(store: Store, queue: str) -> Spooler:
    """A spooler that prints on a queue and has no patience: every look at its clock is a minute later."""
    store.run(set_printer(key=settings.PAGE_PRINTER.key, value=settings.PAGE_PRINTER.encode(f"cups:{queue}")))
    minutes = iter(range(0, 10**6, 60))
    return Spooler(store, tick=lambda: next(minutes), pause=lambda _seconds: None)


@contextmanager
def stopped(cups: OwnCups, store: Store, queue: str) -> Iterator[tuple[Listener, list[str], Spooler]]:
    """A printer whose queue stands still, with a paper that waits in it."""
    with Listener() as listener:
        cups.add(queue, listener.device, PAGE_DRIVER)
        cups.run("cupsdisable", queue)
        jobs = store.run(queue_papers(cards=[samples.repair_receipt()])).result
        spooler = hasty(store, queue)
        spooler.drain()
        yield listener, jobs, spooler


def states(store: Store, jobs: list[str]) -> list[str]:
    return [store.ask(lambda session, job=job: session.get_one(PrintJob, job).state) for job in jobs]  # type: ignore[misc]


def test_papers_for_a_printer_that_is_switched_off_wait_and_come_out_once_when_it_is_on(
    cups: OwnCups, store: Store
) -> None:
    port = free_port()
    cups.add("off", f"socket://127.0.0.1:{port}/?waiteof=false&snmp=false", PAGE_DRIVER)
    jobs = store.run(queue_papers(cards=[samples.repair_receipt(), samples.quote()])).result
    spooler = hasty(store, "off")
    assert spooler.drain() == 0
    # The first is with the system and was not printed; the second stays here, where it can still be sent elsewhere.
    assert states(store, jobs) == ["held", "queued"]
    assert wait_until(lambda: CupsPrinter("off").condition().readiness is Readiness.SILENT)
    spooler.settle_open()
    assert states(store, jobs) == ["held", "queued"]
    assert "switched on" in store.ask(lambda session: session.get_one(PrintJob, jobs[0]).error)
    with Listener(port=port) as listener:
        assert listener.wait_for(1), cups.errors()

        def settled() -> bool:
            Spooler(store).settle_open()  # as after a new start: what is known lies in the store
            return states(store, jobs)[0] == "printed"

        assert wait_until(settled), cups.errors()
        assert Spooler(store).drain() == 1
        assert listener.wait_for(2), cups.errors()
    assert states(store, jobs) == ["printed", "printed"]
    assert len(listener.papers) == 2


def test_a_paper_taken_back_from_a_queue_is_cancelled_and_can_go_elsewhere(cups: OwnCups, store: Store) -> None:
    with stopped(cups, store, "takeback") as (listener, jobs, spooler):
        assert states(store, jobs) == ["held"]
        assert spooler.clear_printer("cups:takeback")
        assert states(store, jobs) == ["cancelled"]
        cups.run("cupsenable", "takeback")
        folder = f"pdf:{store.home.root / 'elsewhere'}"
        store.run(printing.redirect_job(job_id=jobs[0], printer=folder))
        assert spooler.drain() == 1
    assert states(store, jobs) == ["printed"]
    assert listener.papers == []


def test_a_paper_somebody_cancels_in_the_queue_is_a_question_and_not_called_printed(
    cups: OwnCups, store: Store
) -> None:
    with stopped(cups, store, "cancelled") as (listener, jobs, spooler):
        cups.run("cancel", "-a", "cancelled")
        spooler.settle_open()
        assert states(store, jobs) == ["unknown"]
        # A person who says that it did not come out gets it, once.
        cups.run("cupsenable", "cancelled")
        store.run(printing.answer_window(job_id=jobs[0], last_job_id=""))
        assert Spooler(store).drain() == 1
        assert listener.wait_for(1), cups.errors()
    assert len(listener.papers) == 1


def test_a_held_paper_a_person_sends_again_leaves_its_first_queue_before(cups: OwnCups, store: Store) -> None:
    with stopped(cups, store, "again") as (listener, jobs, spooler):
        store.run(printing.answer_window(job_id=jobs[0], last_job_id=""))
        assert spooler.drain() == 0
        assert states(store, jobs) == ["held"]
        cups.run("cupsenable", "again")
        assert listener.wait_for(1), cups.errors()
        assert wait_until(lambda: "again-" not in cups.run("lpstat", "-W", "not-completed", "-o", "again"))
    assert len(listener.papers) == 1


def test_completed_means_handed_over_and_no_more(cups: OwnCups, store: Store) -> None:
    with Listener(reads=2_048) as listener:
        cups.add("forgetful", listener.device, PAGE_DRIVER)
        store.run(set_printer(key=settings.PAGE_PRINTER.key, value=settings.PAGE_PRINTER.encode("cups:forgetful")))
        job = store.run(queue_papers(cards=[samples.repair_receipt()])).result[0]
        Spooler(store).drain()
        found = store.ask(lambda session: session.get_one(PrintJob, job))
        assert cups.finished(found.evidence.removeprefix("cups:"))
        listener.off.set()
        assert listener.wait_for(1)
    # The system calls it completed, and the printer had a fragment when it was switched off.
    assert len(listener.papers[0]) < 10_000
    assert b"%%EOF" not in listener.papers[0]
    # So what is kept is whose word it is: a queue and its job, nothing a printer said of paper.
    assert found.state == "printed"
    assert found.evidence.startswith("cups:forgetful-")
    assert found.evidence not in set(printers.Evidence)


def test_a_receipt_goes_from_the_queue_to_the_system_whole(cups: OwnCups, store: Store) -> None:
    with Listener() as listener:
        cups.add("desk", listener.device, PAGE_DRIVER)
        store.run(set_printer(key=settings.PAGE_PRINTER.key, value=settings.PAGE_PRINTER.encode("cups:desk")))
        job = store.run(queue_papers(cards=[samples.repair_receipt()])).result[0]
        Spooler(store).drain()
        assert listener.wait_for(1), cups.errors()
    found = store.ask(lambda session: session.get_one(PrintJob, job))
    assert found.state == "printed"
    assert found.evidence.startswith("cups:desk-")
    pages = raster.pages(listener.papers[0][listener.papers[0].index(b"%PDF") :], 203.2 / 72, grey=True)
    assert len(pages) == 1
    assert [code.text for code in zxingcpp.read_barcodes(pages[0])] == ["C00123250319002X"]


def test_a_queue_that_is_gone_and_a_system_that_is_away_send_nothing(
    cups: OwnCups, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = CupsPrinter("never_was")
    assert gone.condition().readiness is Readiness.MISSING
    with pytest.raises(NotSent):
        gone.send(three_labels(), printers.PDF, "gone")
    monkeypatch.setenv("CUPS_SERVER", f"127.0.0.1:{free_port()}")
    away = CupsPrinter("network")
    assert away.condition().readiness is not Readiness.READY
    with pytest.raises(NotSent):
        away.send(three_labels(), printers.PDF, "away")


def test_queues_are_found_and_told_with_their_condition(cups: OwnCups) -> None:
    with Listener() as listener:
        cups.add("found", listener.device, PAGE_DRIVER)
        found = {one.address: one.condition.readiness for one in printers.find_printers()}
    assert found["cups:found"] is Readiness.READY


def test_titles_cannot_give_the_system_orders(cups: OwnCups) -> None:
    with Listener() as listener:
        cups.add("titles", listener.device, PAGE_DRIVER)
        evidence = CupsPrinter("titles").send(three_labels(), printers.PDF, "-o raw $(id) \u202e囍", page_mm=(60, 40))
        assert listener.wait_for(1), cups.errors()
        assert wait_until(lambda: CupsPrinter("titles").outcome(evidence) is Outcome.DONE)
    assert numbers_on(listener.papers[0][listener.papers[0].index(b"%PDF") :]) == NUMBERS
