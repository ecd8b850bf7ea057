"""The passport: a test run learns what a printer can say, and believes no counter that does not fit."""

from __future__ import annotations

from deskapp.print import calibration, passport
from deskapp.print.printers import RawPrinter
from deskapp.print.raw_printer import forget_manners, open_raw
from deskapp.rules.printer_profiles import Capabilities, Profile
from tests.print.printer_desk import SHORT
from tests.print.virtual_printers import VirtualPrinter, label


def opened(profile: Profile) -> RawPrinter:
    return open_raw(profile, SHORT)


def trial(printer: VirtualPrinter, count: int = passport.LABELS) -> passport.Passport:
    profile = Profile(printer.address, language=printer.language)
    return passport.run(profile, [label(printer.language, f"P{n}") for n in range(count)], opened)


def test_a_good_printer_shows_what_it_can(printer: VirtualPrinter) -> None:
    found = trial(printer)

    learned = found.learned
    assert learned is not None and learned.status and learned.closes and found.sent == found.printed == 10
    assert learned.counter == (printer.language != "escpos")
    assert learned.ack == (True if printer.language == "escpos" else None)
    assert len(printer.sheets) == 10 and passport.SENTENCES["status_yes"] in found.findings


def test_a_clone_that_says_nothing_is_known_for_it_and_prints(printer: VirtualPrinter) -> None:
    printer.set(silent=True, keeps_open=True)
    found = trial(printer, 2)

    learned = found.learned
    assert learned is not None
    assert (learned.status, learned.counter, learned.closes) == (False, False, False)
    assert printer.wait_printed(2) and found.printed is None
    assert passport.SENTENCES["status_no"] in found.findings


def test_a_counter_that_counts_something_else_is_not_believed() -> None:
    with VirtualPrinter("zpl") as printer:
        forget_manners()
        double = label("zpl", "P").replace(b"^PQ1", b"^PQ2")  # two papers, as if the feed button had been pressed
        found = passport.run(Profile(printer.address, language="zpl"), [double], opened)

    assert found.learned is not None and found.learned.counter is False
    assert passport.SENTENCES["count_wrong"] in found.findings


def test_a_printer_in_trouble_learns_nothing(printer: VirtualPrinter) -> None:
    printer.set(paper_out=True)
    found = trial(printer, 2)
    assert found.learned is None and found.sent == 0
    assert found.reason == "The paper is used up. Change the roll, then continue."

    printer.set(vanished=True)
    assert trial(printer, 2).learned is None


def test_paper_that_runs_out_in_the_test_breaks_it_off(printer: VirtualPrinter) -> None:
    printer.set(paper_left=1)
    found = trial(printer, 3)
    assert found.learned is None and found.sent == 3


def test_what_was_learned_before_does_not_count(printer: VirtualPrinter) -> None:
    profile = Profile(
        printer.address, language=printer.language, learned=Capabilities(status=False, counter=False, ack=False)
    )
    found = passport.run(profile, [label(printer.language, "P")], opened)
    assert found.learned is not None and found.learned.status


def test_the_calibration_papers_are_what_is_printed(printer: VirtualPrinter) -> None:
    medium = "roll-80" if printer.language == "escpos" else "label-60x40"
    profile = Profile(printer.address, "前台", printer.language)
    pieces = calibration.pieces(profile, medium, 0 if printer.language == "escpos" else passport.LABELS)
    found = passport.run(profile, pieces, opened)

    assert found.learned is not None and found.sent == len(pieces) == len(printer.sheets)
    assert len({sheet.sha256 for sheet in printer.sheets}) == 2
