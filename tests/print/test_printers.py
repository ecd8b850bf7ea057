"""Handing papers over: whole files, honest failures, and the printing system asked in its own words."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deskapp.print import printers
from deskapp.print.cups import CupsPrinter
from deskapp.print.printers import FolderPrinter, NotSent, Outcome, Readiness

PAPER = b"%PDF-1.4 one"


def test_a_paper_lands_in_the_folder_whole_and_under_its_number(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path / "new" / "papers")
    assert printer.condition().readiness is Readiness.READY
    evidence = printer.send(PAPER, printers.PDF, "K00123250314004P pickup_slip")
    assert evidence == "file:K00123250314004P pickup_slip.pdf"
    assert (printer.folder / "K00123250314004P pickup_slip.pdf").read_bytes() == PAPER
    assert sorted(os.listdir(printer.folder)) == ["K00123250314004P pickup_slip.pdf"]


def test_another_paper_of_that_name_replaces_nothing_and_the_same_one_is_no_second(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path)
    printer.send(PAPER, printers.PDF, "C1")
    assert printer.send(PAPER, printers.PDF, "C1") == "file:C1.pdf"
    assert printer.send(b"%PDF other", printers.PDF, "C1") == "file:C1 (2).pdf"
    assert printer.send(b"%PDF other", printers.PDF, "C1") == "file:C1 (2).pdf"
    assert (tmp_path / "C1.pdf").read_bytes() == PAPER


@pytest.mark.parametrize("title", ["../../etc/passwd", "a/b\\c:d", "", "...", "\n", "x" * 500])
def test_no_title_leads_out_of_the_folder(tmp_path: Path, title: str) -> None:
    evidence = FolderPrinter(tmp_path / "in").send(PAPER, printers.PDF, title)
    made = tmp_path / "in" / evidence.removeprefix("file:")
    assert made.read_bytes() == PAPER
    assert made.resolve().parent == (tmp_path / "in").resolve()


def test_a_folder_that_cannot_be_is_a_condition_and_sends_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("x")
    printer = FolderPrinter(blocked / "papers")
    assert printer.condition().readiness is Readiness.MISSING
    with pytest.raises(NotSent):
        printer.send(PAPER, printers.PDF, "C1")


@pytest.mark.parametrize("address", ["", "pdf", "pdf:", "usb:x", "cups:-o raw", "cups:a b", "cups:a/b"])
def test_an_address_nobody_knows_sends_nothing(address: str) -> None:
    with pytest.raises(NotSent):
        printers.open_printer(address)


def test_a_registered_kind_is_opened_and_found(tmp_path: Path) -> None:
    printer = FolderPrinter(tmp_path)
    found = printers.Found("tray:1", "Tray", printer.condition())
    printers.register("tray", lambda rest: printer, lambda: [found])
    assert printers.open_printer("tray:1") is printer
    assert found in printers.find_printers()


# ---------------------------------------------------------------- a printing system of shell scripts

LP = """#!/bin/sh
echo "$@" > "{spool}/args"
cat > "{spool}/data"
[ -e "{spool}/refuse" ] && exit 1
echo "request id is laser-7 (0 file(s))"
"""
LPSTAT = """#!/bin/sh
[ "$1" = -l ] && shift
case "$1" in
-e) printf 'laser\\nbad name\\nlabel_1\\n';;
-p) [ "$2" = gone ] && {{ echo "lpstat: Invalid destination" >&2; exit 1; }}
    [ -e "{spool}/stopped" ] && echo "printer $2 disabled since now -" && exit 0
    echo "printer $2 is idle.  enabled since now";;
-W) [ "$2" = not-completed ] && [ -e "{spool}/waiting" ] && printf 'laser-6  clerk 1 now\n\tAlerts: job-hold\nlaser-7  clerk 1 now\n\tAlerts: ' &&
    cat "{spool}/waiting" && printf '\n\tqueued for laser\n'; exit 0;;
esac
"""


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "spool"
    programs = tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name, text in (("lp", LP), ("lpstat", LPSTAT)):
        file = programs / name
        file.write_text(text.format(spool=folder))
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_the_printing_system_gets_the_bytes_and_the_size_of_the_paper(spool: Path) -> None:
    evidence = CupsPrinter("laser").send(PAPER, printers.PDF, "C1 `id` $(id)", page_mm=(60, 40))
    assert evidence == "cups:laser-7"
    assert (spool / "data").read_bytes() == PAPER
    args = (spool / "args").read_text()
    assert "-d laser" in args
    assert "media=Custom.60x40mm" in args
    assert "print-scaling=none" in args
    assert "$(id)" in args  # a title, never a command


def test_a_paper_the_system_refuses_may_be_sent_again(spool: Path) -> None:
    (spool / "refuse").touch()
    with pytest.raises(NotSent):
        CupsPrinter("laser").send(PAPER, printers.PDF, "C1")


def test_a_job_is_done_when_it_left_the_queue_and_held_by_a_stopped_printer(spool: Path) -> None:
    printer = CupsPrinter("laser")
    assert printer.outcome("cups:laser-7") is Outcome.DONE
    (spool / "waiting").write_text("job-printing")
    assert printer.outcome("cups:laser-7") is Outcome.WAITING
    (spool / "waiting").write_text("job-completed-with-errors")  # cannot be converted: it stays there for ever
    assert printer.outcome("cups:laser-7") is Outcome.HELD
    (spool / "waiting").write_text("none")
    assert printer.outcome("cups:laser-7") is Outcome.WAITING
    assert printer.outcome("cups:laser-70") is Outcome.DONE
    (spool / "stopped").touch()
    assert printer.outcome("cups:laser-7") is Outcome.HELD
    assert printer.condition().readiness is Readiness.STOPPED


def test_queues_are_found_with_their_condition(spool: Path) -> None:
    found = {
        one.address: one.condition.readiness for one in printers.find_printers() if one.address.startswith("cups:")
    }
    assert found == {"cups:laser": Readiness.READY, "cups:label_1": Readiness.READY}
    assert CupsPrinter("gone").condition().readiness is Readiness.MISSING


def test_without_a_printing_system_there_are_words_and_no_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert CupsPrinter("laser").condition().readiness is Readiness.MISSING
    assert [one for one in printers.find_printers() if one.address.startswith("cups:")] == []
    with pytest.raises(NotSent):
        CupsPrinter("laser").send(PAPER, printers.PDF, "C1")
