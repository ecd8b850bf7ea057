"""Receipts, compared with another writer's and printed by an emulator nobody here wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deskapp.print.raw import LANGUAGES, Bits, Status, Trouble, piece
from tests.print.oracles import shelf
from tests.print.oracles.emulator import Emulator, running, told
from tests.print.oracles.pictures import Sample, codes_of

ESCPOS = LANGUAGES["escpos"]


def _receipts(pictures: list[Sample]) -> list[Sample]:
    found = [one for one in pictures if not one.is_label and one.setup.head == 576]
    assert len(found) >= 4
    return found


# ---------------------------------------------------------------- python-escpos


def test_python_escpos_writes_the_same_bands(pictures: list[Sample], encoders: shelf.Oracle, tmp_path: Path) -> None:
    for one in pictures:  # what is burned, without what a printer could take for a command
        ESCPOS.burned(one.bits, one.setup).picture().save(tmp_path / f"{one.name}.png")
    encoders.run("ask_encoders.py", "encode", tmp_path)
    for one in pictures:
        assert ESCPOS.page(one.bits, one.setup) == (tmp_path / f"{one.name}.gsv0").read_bytes(), one.name


def test_python_escpos_writes_the_same_strips(pictures: list[Sample], encoders: shelf.Oracle, tmp_path: Path) -> None:
    setups = {one.name: replace(one.setup, columns=True) for one in pictures}
    for one in pictures:
        ESCPOS.burned(one.bits, setups[one.name]).picture().save(tmp_path / f"{one.name}.png")
    encoders.run("ask_encoders.py", "encode", tmp_path)
    for one in pictures:
        ours = ESCPOS.page(one.bits, setups[one.name])
        theirs = (tmp_path / f"{one.name}.column").read_bytes().replace(b"\x1b2\x1b3\x10", b"")
        assert ours[:2] == theirs[:2]
        # Our lines are as close as a strip is high at 203 dpi; theirs suit another unit.
        assert ours[3:] == theirs[3:], one.name


# ---------------------------------------------------------------- emupos


@pytest.fixture(scope="module")
def printer(emupos: shelf.Oracle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator, once for all tests here."""
    with running(emupos, tmp_path_factory.mktemp("emupos")) as emulator:
        yield emulator


def _same(paper_bits: Bits, burned: Bits) -> bool:
    return paper_bits.fitted(burned.width, burned.height) == burned and paper_bits.black() == burned.black()


@pytest.mark.parametrize("columns", [False, True], ids=["bands", "strips"])
def test_every_dot_of_a_receipt_is_on_the_paper_of_the_emulator(
    pictures: list[Sample], printer: Emulator, columns: bool
) -> None:
    for one in _receipts(pictures):
        setup = replace(one.setup, columns=columns)
        known = printer.receipts()
        with printer.connect() as line:
            line.sendall(piece(ESCPOS, one.bits, setup))
            paper = printer.paper(known)
        assert codes_of(paper) == one.codes, one.name
        assert one.codes
        assert _same(Bits.of_picture(paper), ESCPOS.burned(one.bits, setup)), one.name
        assert len(printer.receipts()) == len(known) + 1  # cut once


def test_the_emulator_tells_its_troubles_and_we_understand_them(printer: Emulator) -> None:
    expected = {
        "paper-near-end": {Trouble.PAPER_LOW},
        "cover-open": {Trouble.COVER_OPEN, Trouble.OFFLINE},
        "paper-out": {Trouble.PAPER_OUT, Trouble.OFFLINE},
    }
    with printer.connect() as line:
        assert ESCPOS.read(told(line, ESCPOS.ask(), 4)) == Status()
        for fault, troubles in expected.items():
            printer.fault(fault, on=True)
            status = ESCPOS.read(told(line, ESCPOS.ask(), 4))
            printer.fault(fault, on=False)
            assert status is not None, fault
            assert status.troubles == troubles, fault
        assert ESCPOS.read(told(line, ESCPOS.ask(), 4)) == Status()


def test_a_receipt_sent_while_paper_is_out_is_held_and_printed_once_after_the_new_roll(
    pictures: list[Sample], printer: Emulator
) -> None:
    one = _receipts(pictures)[0]
    known = printer.receipts()
    printer.fault("paper-out", on=True)
    try:
        with printer.connect() as line:
            line.sendall(piece(ESCPOS, one.bits, one.setup))
            answer = told(line, ESCPOS.ask_drained() + ESCPOS.ask(), 5, patience=0.5)
            assert ESCPOS.read_drained(answer) is None  # silent in turn,
            status = ESCPOS.read(answer)  # but not at once
            assert status is not None
            assert status.stopped
            assert printer.receipts() == known
            printer.fault("paper-out", on=False)
            assert ESCPOS.read_drained(told(line, b"", 1)) is True
        assert codes_of(printer.paper(known)) == one.codes
        assert len(printer.receipts()) == len(known) + 1
    finally:
        printer.fault("paper-out", on=False)


def test_the_drawer_opens_only_when_it_is_asked_to(pictures: list[Sample], printer: Emulator) -> None:
    one = _receipts(pictures)[0]
    with printer.connect() as line:
        told(line, piece(ESCPOS, one.bits, one.setup) + ESCPOS.ask_drained(), 1)
        assert printer.drawer() == "closed"
        told(line, piece(ESCPOS, one.bits, replace(one.setup, drawer=True)) + ESCPOS.ask_drained(), 1)
        assert printer.drawer() == "open"
    printer.close_drawer()


def test_a_printer_that_does_not_know_the_question_for_the_end_stays_silent(printer: Emulator) -> None:
    with printer.connect() as line:
        answer = told(line, ESCPOS.ask_done(7) + ESCPOS.ask_drained(), 1)
    assert ESCPOS.read_done(answer, 7) is None
    assert ESCPOS.read_drained(answer) is True
