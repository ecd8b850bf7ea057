"""Device files: a terminal pair stands in for the kernel's printer driver."""

from __future__ import annotations

import os
import pty
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskapp.print.lines import Broken
from deskapp.print.printers import Evidence, NotSent
from deskapp.print.raw import Trouble
from deskapp.print.raw_printer import LinePrinter, forget_manners
from deskapp.print.usb import Usb, trouble_of_wires
from deskapp.rules.printer_profiles import Profile
from tests.print.printer_desk import LANGUAGES, SHORT
from tests.print.virtual_printers import Device, VirtualPrinter, label


@pytest.fixture
def device() -> Iterator[tuple[int, Path]]:
    far, near = pty.openpty()
    tty.setraw(near)
    path = Path(os.ttyname(near))
    yield far, path
    os.close(near)


@pytest.mark.parametrize("language", LANGUAGES)
def test_papers_come_out_with_the_printers_own_proof(language: str, device: tuple[int, Path]) -> None:
    forget_manners()
    far, path = device
    with VirtualPrinter(language) as printer:
        printer.attach(Device(far))
        desk = LinePrinter(Profile(f"usb:{path}", language=language), Usb(path, SHORT), SHORT)
        done = desk.send_window([label(language, f"P{number}", size=2000) for number in range(3)], "three")
        assert (done.printed, done.whole) == (3, True)
        assert done.evidence in (Evidence.COUNTER, Evidence.ACK)
        assert printer.texts == ["P0", "P1", "P2"]
        printer.set(cover_open=True)
        assert desk.trouble() is Trouble.COVER_OPEN


def test_a_silent_device_took_it_and_proves_nothing(device: tuple[int, Path]) -> None:
    forget_manners()
    far, path = device
    with VirtualPrinter("zpl", silent=True) as printer:
        printer.attach(Device(far))
        done = LinePrinter(Profile(f"usb:{path}", language="zpl"), Usb(path, SHORT), SHORT).send_window(
            [label("zpl", "P")], "one"
        )
        assert (done.whole, done.printed, done.evidence) == (True, None, Evidence.NONE)
        assert printer.wait_printed(1)


def test_pulling_the_plug_in_the_middle_is_in_doubt(device: tuple[int, Path]) -> None:
    far, path = device
    line = Usb(path, SHORT).open()
    taken = threading.Event()

    def printer() -> None:
        os.read(far, 1000)
        taken.set()
        os.close(far)

    thread = threading.Thread(target=printer)
    thread.start()
    with pytest.raises(Broken) as broken:
        line.write(bytes(1_000_000))
    assert taken.wait(5) and 0 < broken.value.left < 1_000_000
    assert line.finish(0.1) is False and line.read(0.1) is None
    line.close()
    thread.join(5)


def test_a_device_that_takes_nothing_is_given_up(device: tuple[int, Path]) -> None:
    far, path = device
    line = Usb(path, SHORT).open()
    with pytest.raises(Broken) as broken:
        line.write(bytes(1_000_000))
    assert broken.value.stuck
    line.close()
    os.close(far)


def test_what_is_not_plugged_in_or_no_device_gets_no_byte(tmp_path: Path) -> None:
    plain = tmp_path / "lp0"
    plain.write_bytes(b"keep me")
    for path in (tmp_path / "lp9", plain, tmp_path):
        with pytest.raises(NotSent) as refusal:
            Usb(path, SHORT).open()
        assert refusal.value.code == "no_device"
    assert plain.read_bytes() == b"keep me"


@pytest.mark.parametrize(
    ("wires", "trouble"),
    [(0x18, None), (0x38, Trouble.PAPER_OUT), (0x10, Trouble.FAULT), (0x08, Trouble.OFFLINE), (0x00, Trouble.FAULT)],
)
def test_the_old_status_wires_are_read(wires: int, trouble: Trouble | None) -> None:
    assert trouble_of_wires(wires) is trouble
