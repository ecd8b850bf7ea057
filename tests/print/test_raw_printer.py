"""Raw printers over real sockets: proof where the printer gives it, and every fault told for what it is."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from deskapp.print.printers import Evidence, NotSent, Readiness
from deskapp.print.raw import Trouble
from deskapp.print.raw_printer import open_raw
from deskapp.print.windows import Sent, judge
from deskapp.rules.printer_profiles import Capabilities, Profile
from tests.print.printer_desk import LANGUAGES, SHORT, raw
from tests.print.virtual_printers import Process, VirtualPrinter, label

PROOF = {"zpl": Evidence.COUNTER, "tspl": Evidence.COUNTER, "escpos": Evidence.ACK}


def papers(printer: VirtualPrinter, count: int, *, size: int = 0, first: int = 1) -> list[bytes]:
    return [label(printer.language, f"P{number}", size=size) for number in range(first, first + count)]


# ---------------------------------------------------------------- all is well


def test_five_papers_come_out_in_order_with_proof(printer: VirtualPrinter) -> None:
    done = raw(printer).send_window(papers(printer, 5), "five")

    assert (done.sent, done.printed, done.evidence, done.held, done.whole) == (
        5,
        5,
        PROOF[printer.language],
        None,
        True,
    )
    assert printer.texts == ["P1", "P2", "P3", "P4", "P5"]


def test_a_slow_head_is_waited_for(printer: VirtualPrinter) -> None:
    printer.print_s = 0.1
    done = raw(printer).send_window(papers(printer, 3), "slow")

    assert done.printed == 3 and len(printer.sheets) == 3


def test_the_counter_goes_on_from_window_to_window(printer: VirtualPrinter) -> None:
    if printer.language == "escpos":
        pytest.skip("receipt printers count in ways of their own")
    desk = raw(printer)
    before = desk.counter()
    first = desk.send_window(papers(printer, 2), "one", counter_before=before)
    second = desk.send_window(papers(printer, 3), "two", counter_before=first.counter)

    assert before is not None and first.counter == before + 2 and second.counter == before + 5
    assert desk.counter() == before + 5


def test_a_printer_without_a_counter_proves_by_what_it_has(printer: VirtualPrinter) -> None:
    printer.set(no_counter=True, no_ack=True)
    printer.print_s = 0.05
    done = raw(printer).send_window(papers(printer, 2), "two")

    assert (done.printed, done.evidence, done.counter) == (2, Evidence.STATUS, None)


def test_of_a_shared_printer_the_counter_proves_nothing(printer: VirtualPrinter) -> None:
    if printer.language == "escpos":
        pytest.skip("no counter")
    desk = raw(printer, shared=True)
    done = desk.send_window(papers(printer, 2), "two", counter_before=None)

    assert desk.counter() is None and "counter" not in printer.asked
    assert (done.printed, done.evidence) == (2, Evidence.STATUS)


def test_its_condition_is_told_in_words(printer: VirtualPrinter) -> None:
    desk = raw(printer)
    assert desk.condition().readiness is Readiness.READY and desk.trouble() is None
    printer.set(paper_out=True)
    assert desk.condition().readiness is Readiness.STOPPED
    assert desk.condition().sentence == "The paper is used up. Change the roll, then continue."
    assert desk.trouble() is Trouble.PAPER_OUT
    printer.set(paper_out=False, cover_open=True)
    assert desk.trouble() is Trouble.COVER_OPEN
    printer.set(vanished=True)
    assert desk.condition().readiness is Readiness.MISSING and desk.trouble() is Trouble.OFFLINE


# ---------------------------------------------------------------- before the first byte


@pytest.mark.parametrize(("fault", "trouble"), [("paper_out", Trouble.PAPER_OUT), ("cover_open", Trouble.COVER_OPEN)])
def test_a_printer_that_says_it_cannot_print_gets_no_byte(
    printer: VirtualPrinter, fault: str, trouble: Trouble
) -> None:
    printer.set(**{fault: True})
    with pytest.raises(NotSent) as refusal:
        raw(printer).send_window(papers(printer, 2), "two")

    assert refusal.value.code == trouble.value
    printer.set(**{fault: False})
    assert raw(printer).send_window(papers(printer, 1, first=9), "again").printed == 1
    assert printer.texts == ["P9"]


def test_a_person_may_send_all_the_same(printer: VirtualPrinter) -> None:
    printer.set(paper_out=True)
    done = raw(printer).send_window(papers(printer, 1), "one", regardless=True)

    assert done.held is Trouble.PAPER_OUT and not done.printed and not printer.sheets
    printer.set(paper_out=False)
    assert printer.wait_printed(1)


def test_a_printer_that_is_not_there_gets_no_byte(printer: VirtualPrinter) -> None:
    printer.set(vanished=True)
    with pytest.raises(NotSent) as refusal:
        raw(printer).send_window(papers(printer, 1), "one")
    assert refusal.value.code == "refused"

    printer.set(vanished=False)
    assert raw(printer).send_window(papers(printer, 1), "one").printed == 1
    assert len(printer.sheets) == 1


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9100/x", "tcp://", "pdf:/tmp", "usb:/tmp/lp0", "usb:/dev/usb/../null"]
)
def test_no_other_address_is_a_raw_printer(address: str) -> None:
    with pytest.raises(NotSent):
        open_raw(Profile(address, language="zpl"), SHORT).send_window([b"^XA^XZ"], "x")


# ---------------------------------------------------------------- afterwards


def test_paper_that_runs_out_in_the_middle_holds_the_rest_and_nothing_is_printed_twice(printer: VirtualPrinter) -> None:
    printer.set(paper_left=2)
    done = raw(printer).send_window(papers(printer, 5), "five", counter_before=raw(printer).counter())

    assert done.held is Trouble.PAPER_OUT and done.whole and done.sent == 5
    # TSPL's count and the receipt printer's word for the second paper are told in turn, so not now.
    assert done.printed == {"zpl": 2, "tspl": None, "escpos": 1}[printer.language]
    printer.set(paper_out=False)
    assert printer.wait_printed(5)
    assert printer.texts == ["P1", "P2", "P3", "P4", "P5"]
    again = raw(printer).look_again(5, counter_before=1000 if printer.language == "zpl" else None)
    assert again.held is None and again.printed in (5, None)
    assert len(printer.sheets) == 5


def test_a_silent_printer_prints_and_is_asked_less_and_less(printer: VirtualPrinter) -> None:
    printer.set(silent=True)
    first = raw(printer).send_window(papers(printer, 2), "one")
    asked = printer.asked.count("status")
    second = raw(printer).send_window(papers(printer, 2, first=3), "two")

    assert first.whole and first.printed is None and first.evidence is Evidence.CLOSED and first.held is None
    assert second.whole and printer.wait_printed(4)
    assert printer.asked.count("status") - asked < asked


def test_a_printer_learned_to_be_silent_is_not_asked_at_all(printer: VirtualPrinter) -> None:
    printer.set(silent=True)
    learned = Capabilities(status=False, counter=False, ack=False)
    done = raw(printer, learned=learned).send_window(papers(printer, 1), "one")

    assert done.whole and done.evidence is Evidence.CLOSED and printer.wait_printed(1)
    assert printer.asked == []


def test_rubbish_is_no_status_and_stops_nothing(printer: VirtualPrinter) -> None:
    printer.set(rubbish=True)
    done = raw(printer).send_window(papers(printer, 2), "two")

    assert done.sent == 2 and done.begun == 2 and printer.wait_printed(2)
    assert printer.texts == ["P1", "P2"]


def test_one_that_spoke_before_and_is_silent_now_stands_still(printer: VirtualPrinter) -> None:
    raw(printer).send_window(papers(printer, 1), "one")
    printer.set(silent=True, paper_out=True)
    done = raw(printer).send_window(papers(printer, 1, first=2), "two")

    assert done.held is Trouble.OFFLINE
    assert not done.printed and len(printer.sheets) == 1


def test_a_printer_that_hangs_ends_in_doubt_and_says_what_left(printer: VirtualPrinter) -> None:
    desk = raw(printer, learned=Capabilities(status=False, counter=False, ack=False))
    printer.set(hang=True)
    done = desk.send_window(papers(printer, 4, size=300_000), "big")

    assert not done.whole and done.printed is None and done.held is Trouble.BUFFER_FULL
    assert done.sent < done.begun < 4  # what was never begun may go again by itself


def test_while_the_printer_takes_nothing_it_is_waited_as_long_as_somebody_wants(printer: VirtualPrinter) -> None:
    desk = raw(printer, learned=Capabilities(status=False, counter=False, ack=False))
    printer.set(memory=300_000, paper_out=True)
    asked: list[Trouble] = []

    def keep_on(trouble: Trouble) -> bool:
        asked.append(trouble)
        if len(asked) == 8:
            printer.set(paper_out=False)
        return len(asked) < 100

    done = desk.send_window(papers(printer, 4, size=400_000), "big", keep_on=keep_on)

    assert done.whole and done.sent == 4 and printer.wait_printed(4)
    assert len(asked) >= 8 and set(asked) == {Trouble.BUFFER_FULL}


def test_one_that_closes_early_is_in_doubt(printer: VirtualPrinter) -> None:
    desk = raw(printer, learned=Capabilities(status=False, counter=False, ack=False))
    printer.set(close_after=60_000)
    done = desk.send_window(papers(printer, 5, size=48_000), "five")

    assert not done.whole and done.printed is None and done.begun >= done.sent


def test_a_cable_pulled_in_the_middle_is_in_doubt_and_the_printer_goes_on(printer: VirtualPrinter) -> None:
    printer.print_s = 0.05
    printer.set(cut_after=120_000)
    before = raw(printer).counter()
    done = raw(printer).send_window(papers(printer, 5, size=48_000), "five", counter_before=before)
    printer.set(cut_after=None)

    assert not done.whole and done.printed in (None, 1, 2)
    if before is not None:
        after = raw(printer).counter()
        assert after is not None and after - before == len(printer.sheets) == 2


@pytest.mark.parametrize("language", ["zpl", "tspl"])
def test_after_a_cut_at_any_byte_the_count_tells_the_missing_tail_exactly(language: str) -> None:
    chance = random.Random(f"cut {language}")
    with VirtualPrinter(language, print_ms=10) as printer:
        for _ in range(8):
            before, came_out = raw(printer).counter(), len(printer.sheets)
            printer.set(cut_after=chance.randrange(20, 5 * 9000))
            try:
                done = raw(printer).send_window(papers(printer, 5, size=8000), "five", counter_before=before)
            except NotSent:
                done = None
            printer.set(cut_after=None)
            found = raw(printer).look_again(5, counter_before=before)

            assert found.printed == len(printer.sheets) - came_out and not printer.waiting
            if found.evidence is Evidence.COUNTER and done is not None and done.printed is not None:
                assert done.printed <= found.printed
            if done is None:
                assert found.printed == 0


@pytest.mark.parametrize("language", ["zpl", "tspl"])
def test_a_line_that_breaks_after_the_last_byte_proves_nothing_missing(language: str) -> None:
    """All papers are in the printer, its count has not moved yet: they are a question, never sent again for that."""
    with VirtualPrinter(language, print_ms=60) as printer:
        before = raw(printer).counter()
        cut = threading.Thread(target=lambda: (printer.wait_for(lambda: printer.waiting >= 5), printer.cut()))
        cut.start()
        done = raw(printer).send_window(papers(printer, 5), "five", counter_before=before)
        cut.join(20)
        assert done.sent == 5 and not done.at_rest
        told = judge([Sent(str(number)) for number in range(5)], done)
        assert "queued" not in [one.state for one in told]
        assert printer.wait_printed(5)
        found = raw(printer).look_again(5, counter_before=before)
        assert (found.printed, found.evidence) == (5, Evidence.COUNTER)
        assert len(printer.sheets) == 5


def test_a_printer_slower_than_anybody_waits_proves_nothing_missing() -> None:
    with VirtualPrinter("zpl", print_ms=400) as printer:
        desk = raw(printer, limits=replace(SHORT, piece=0.1))
        done = desk.send_window(papers(printer, 4), "four", counter_before=desk.counter())
        told = judge([Sent(str(number)) for number in range(4)], done)
        assert "queued" not in [one.state for one in told]
        assert printer.wait_printed(4)


def test_a_printer_that_vanishes_between_jobs_is_found_again(printer: VirtualPrinter) -> None:
    assert raw(printer).send_window(papers(printer, 1), "one").printed == 1
    printer.set(vanished=True)
    with pytest.raises(NotSent):
        raw(printer).send_window(papers(printer, 1, first=2), "two")
    printer.set(vanished=False)
    assert raw(printer).send_window(papers(printer, 1, first=2), "two").printed == 1
    assert printer.texts == ["P1", "P2"]


def test_a_printer_that_keeps_its_end_open_is_whole_all_the_same(printer: VirtualPrinter) -> None:
    printer.set(keeps_open=True, silent=True)
    done = raw(printer).send_window(papers(printer, 1), "one")

    assert done.whole and done.evidence is Evidence.NONE and printer.wait_printed(1)


def test_cancel_clears_what_the_printer_holds(printer: VirtualPrinter) -> None:
    printer.set(paper_left=1)
    raw(printer).send_window(papers(printer, 4), "four")
    assert raw(printer).cancel()
    assert printer.wait_for(lambda: not printer.waiting)
    printer.set(paper_out=False)
    raw(printer).send_window(papers(printer, 1, first=9), "after")

    assert printer.texts == ["P1", "P9"]


# ---------------------------------------------------------------- two at one printer


def test_two_threads_take_turns(printer: VirtualPrinter) -> None:
    printer.print_s = 0.02
    printer.set(busy_line=True)
    found = []

    def send(first: int) -> None:
        found.append(raw(printer).send_window(papers(printer, 3, first=first), "three"))

    threads = [threading.Thread(target=send, args=(first,)) for first in (1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert [one.printed for one in found] == [3, 3]
    assert printer.texts in (["P1", "P2", "P3", "P11", "P12", "P13"], ["P11", "P12", "P13", "P1", "P2", "P3"])


def test_another_program_is_kept_off_while_one_prints(tmp_path: Path) -> None:
    import subprocess
    import sys

    holder = (
        "import sys\nfrom deskapp.print.lines import alone\n"
        "with alone(sys.argv[1], 5):\n    print('has it', flush=True)\n    sys.stdin.readline()\n"
    )
    with VirtualPrinter("zpl") as printer:
        with subprocess.Popen(
            [sys.executable, "-c", holder, printer.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2],
        ) as other:  # fmt: skip
            assert other.stdout is not None and other.stdin is not None
            assert other.stdout.readline() == "has it\n"
            with pytest.raises(NotSent) as refusal:
                raw(printer).send_window(papers(printer, 1), "one")
            assert refusal.value.code == "taken"
            assert raw(printer).condition().readiness is Readiness.READY
            other.stdin.write("\n")
            other.stdin.flush()
            other.wait(10)
        assert raw(printer).send_window(papers(printer, 1), "one").printed == 1
    assert printer.connections == 1 or printer.texts == ["P1"]


# ---------------------------------------------------------------- greeted while papers are drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printer_is_asked_while_its_paper_is_still_drawn_and_gets_it_on_the_same_line(language: str) -> None:
    with VirtualPrinter(language) as printer:
        desk = raw(printer)
        with desk.reserve(), desk.greeted():
            assert printer.wait_for(lambda: "status" in printer.asked), "nobody has sent anything yet"
            before = desk.counter()
            assert (before is None) == (language == "escpos")
            assert desk.send_window(papers(printer, 2), "two", counter_before=before).printed == 2
        assert printer.connections == 1
        assert printer.texts == ["P1", "P2"]


def test_a_printer_that_hangs_up_on_the_greeting_gets_its_paper_on_a_new_line() -> None:
    with VirtualPrinter("zpl", close_after=1) as printer:
        desk = raw(printer)
        with desk.reserve(), desk.greeted():
            assert printer.wait_for(lambda: printer.received > 0)
            printer.set(close_after=None)
            assert desk.send_window(papers(printer, 1), "one").whole
        assert printer.wait_printed(1)
        assert printer.texts == ["P1"]


def test_a_printer_that_is_not_there_is_told_when_the_paper_is_ready(tmp_path: Path) -> None:
    with VirtualPrinter("zpl") as printer:
        printer.set(vanished=True)
        desk = raw(printer)
        with desk.reserve(), desk.greeted():
            with pytest.raises(NotSent):
                desk.send_window(papers(printer, 1), "one")
            with pytest.raises(NotSent):
                desk.send_window(papers(printer, 1), "again")
    assert printer.received == 0


def test_a_greeting_nobody_answered_with_a_paper_leaves_no_line_open() -> None:
    with VirtualPrinter("escpos", busy_line=True) as printer:
        desk = raw(printer)
        with desk.reserve(), desk.greeted():
            assert printer.wait_for(lambda: printer.connections == 1)
        assert desk.send_window(papers(printer, 1), "one").printed == 1
        assert printer.connections == 2


# ---------------------------------------------------------------- a printer in a process of its own


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printer_of_its_own_process_writes_its_paper_down(language: str, tmp_path: Path) -> None:
    with Process(language, tmp_path / "paper", print_ms=5) as printer:
        desk = open_raw(Profile(printer.address, language=language), SHORT)
        assert desk.send_window([label(language, "P1"), label(language, "P2")], "two").printed == 2
        assert [sheet["text"] for sheet in printer.sheets()] == ["P1", "P2"]
        printer.say(set={"cover_open": True})
        assert desk.trouble() is Trouble.COVER_OPEN
        assert printer.say(set={"cover_open": False}, wait={"printed": 2})["printed"] == 2
