"""The Windows spooler: the port with a spooler of our own behind it, and the system calls with a library of our own."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from deskapp.print import winspool
from deskapp.print.printers import Evidence, NotSent, Readiness
from deskapp.print.raw import Trouble
from deskapp.print.raw_printer import open_raw
from deskapp.print.winspool import CtypesSpool, SpoolPrinter, spool_printers
from deskapp.rules.printer_profiles import Profile
from tests.print.printer_desk import SHORT


class OwnSpool:
    """A spooler in memory. `flags` are the states a job goes through, one a question; None = it is gone."""

    def __init__(self, *, flags: list[int | None] | None = None, piece: int = 1000, fails_after: int = -1) -> None:
        self.flags = flags if flags is not None else [winspool.JOB_PRINTING, None]
        self.piece, self.fails_after = piece, fails_after
        self.printer = (0, 0)
        self.jobs: dict[int, bytearray] = {}
        self.done: list[int] = []
        self.deleted: list[int] = []
        self.handles = 0

    def names(self) -> list[str]:
        return ["标签机", "Receipts"]

    def open(self, name: str) -> int:
        if name not in self.names():
            raise OSError(1801, "invalid printer name")
        self.handles += 1
        return 7

    def close(self, handle: int) -> None:
        self.handles -= 1

    def state(self, handle: int) -> tuple[int, int]:
        return self.printer

    def begin(self, handle: int, title: str) -> int:
        number = len(self.jobs) + 1
        self.jobs[number] = bytearray()
        return number

    def write(self, handle: int, data: bytes) -> int:
        job = self.jobs[len(self.jobs)]
        if 0 <= self.fails_after <= len(job):
            raise OSError(5, "the spooler is gone")
        job += data[: self.piece]
        return min(len(data), self.piece)

    def end(self, handle: int) -> None:
        self.done.append(len(self.jobs))

    def job(self, handle: int, number: int) -> int | None:
        return self.flags.pop(0) if len(self.flags) > 1 else self.flags[0]

    def delete(self, handle: int, number: int) -> bool:
        self.deleted.append(number)
        return True


def desk(spool: OwnSpool, name: str = "标签机") -> SpoolPrinter:
    return SpoolPrinter(name, Profile(f"spool:{name}", language="zpl"), spool=spool, limits=SHORT)


def test_papers_go_whole_and_a_job_that_is_gone_was_handed_over() -> None:
    spool = OwnSpool()
    done = desk(spool).send_window([b"a" * 1500, b"b" * 1500], "two")

    assert bytes(spool.jobs[1]) == b"a" * 1500 + b"b" * 1500 and spool.done == [1]
    assert (done.sent, done.printed, done.evidence, done.whole) == (2, None, Evidence.SPOOL, True)
    assert spool.handles == 0


@pytest.mark.parametrize("flags", [winspool.JOB_PRINTED, winspool.JOB_COMPLETE | winspool.JOB_PRINTING])
def test_a_job_that_says_so_is_over(flags: int) -> None:
    assert desk(OwnSpool(flags=[flags])).send_window([b"x"], "one").evidence is Evidence.SPOOL


@pytest.mark.parametrize(
    ("flags", "trouble"),
    [
        (winspool.JOB_PAPEROUT, Trouble.PAPER_OUT),
        (winspool.JOB_OFFLINE | winspool.JOB_ERROR, Trouble.OFFLINE),
        (winspool.JOB_ERROR, Trouble.FAULT),
        (winspool.JOB_PAUSED, Trouble.PAUSED),
    ],
)
def test_a_job_that_waits_is_held_and_seen_again(flags: int, trouble: Trouble) -> None:
    spool = OwnSpool(flags=[flags])
    printer = desk(spool)
    assert printer.send_window([b"x"], "one").held is trouble
    spool.flags = [None]
    assert printer.look_again(1).evidence is Evidence.SPOOL
    assert printer.cancel() and spool.deleted == [1]


def test_somebody_may_go_on_waiting() -> None:
    asked: list[Trouble] = []
    spool = OwnSpool(flags=[winspool.JOB_PAPEROUT, winspool.JOB_PAPEROUT, None])
    done = desk(spool).send_window([b"x"], "one", keep_on=lambda trouble: not asked.append(trouble))
    assert done.evidence is Evidence.SPOOL and asked == [Trouble.PAPER_OUT] * 2


def test_a_job_somebody_deleted_is_in_doubt() -> None:
    done = desk(OwnSpool(flags=[winspool.JOB_DELETING])).send_window([b"x"], "one")
    assert not done.whole and done.evidence is Evidence.NONE


def test_a_spooler_that_takes_nothing_has_nothing_and_one_that_breaks_is_in_doubt() -> None:
    nothing = OwnSpool(fails_after=0)
    with pytest.raises(NotSent):
        desk(nothing).send_window([b"x" * 3000], "one")
    some = OwnSpool(fails_after=2000)
    done = desk(some).send_window([b"x" * 3000], "one")
    assert not done.whole and done.begun == 1 and done.sent == 0
    assert nothing.deleted == some.deleted == [1] and nothing.handles == some.handles == 0


def test_its_condition_comes_from_the_printers_flags() -> None:
    spool = OwnSpool()
    assert desk(spool).condition().readiness is Readiness.READY
    spool.printer = (winspool.PRINTER_DOOR, 0)
    assert desk(spool).trouble() is Trouble.COVER_OPEN
    spool.printer = (0, winspool.PRINTER_WORK_OFFLINE)
    assert desk(spool).condition().readiness is Readiness.STOPPED
    assert desk(spool, "gone").condition().readiness is Readiness.MISSING
    with pytest.raises(NotSent):
        desk(spool, "gone").send_window([b"x"], "one")
    assert [one.address for one in spool_printers(spool)] == ["spool:标签机", "spool:Receipts"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is a spooler")
def test_elsewhere_there_is_no_spooler_and_no_error() -> None:
    printer = open_raw(Profile("spool:Zebra", language="zpl"))
    assert printer.condition().readiness is Readiness.MISSING
    assert spool_printers() == []
    with pytest.raises(NotSent):
        printer.send_window([b"x"], "one")


# ---------------------------------------------------------------- the system's calls


class OwnLibrary:
    """Functions with the names and arguments of winspool.drv, writing into the caller's memory as those do."""

    def __init__(self) -> None:
        self.taken = b""
        self.said: list[Any] = []
        self.keep: list[Any] = []
        self.pointer = ctypes.sizeof(ctypes.c_void_p)

    def OpenPrinterW(self, name: str, handle: Any, defaults: None) -> int:  # noqa: N802
        if name != "Zebra":
            return 0
        handle._obj.value = 0x7FFF_FFFF_0001  # wider than an int: a handle cut to 32 bits would not come back
        return 1

    def ClosePrinter(self, handle: Any) -> int:  # noqa: N802
        self.said.append(("close", handle.value))
        return 1

    def StartDocPrinterW(self, handle: Any, level: int, about: Any) -> int:  # noqa: N802
        self.said.append((handle.value, level, about._obj.name, about._obj.file, about._obj.kind))
        return 42

    def WritePrinter(self, handle: Any, data: bytes, size: int, taken: Any) -> int:  # noqa: N802
        self.taken += data[: min(size, 3)]
        taken._obj.value = min(size, 3)
        return 1

    def EndDocPrinter(self, handle: Any) -> int:  # noqa: N802
        return 1

    def SetJobW(self, handle: Any, number: int, level: int, job: None, control: int) -> int:  # noqa: N802
        self.said.append(("delete", number, control))
        return 1

    def _fill(self, buffer: Any, size: Any, needed: Any, total: int, numbers: dict[int, int]) -> int:
        needed._obj.value = total
        if buffer is None:
            return 0
        for place, number in numbers.items():
            ctypes.c_uint32.from_buffer(buffer, place).value = number
        return 1

    def GetJobW(self, handle: Any, number: int, level: int, buffer: Any, size: Any, needed: Any) -> int:  # noqa: N802
        if number != 42:
            return 0
        return self._fill(buffer, size, needed, 12 * self.pointer, {7 * self.pointer: winspool.JOB_PAPEROUT})

    def GetPrinterW(self, handle: Any, level: int, buffer: Any, size: Any, needed: Any) -> int:  # noqa: N802
        start = 13 * self.pointer
        return self._fill(buffer, size, needed, 200, {start: 0x400, start + 20: winspool.PRINTER_PAPER_OUT})

    def EnumPrintersW(  # noqa: N802
        self, flags: int, name: None, level: int, buffer: Any, size: Any, needed: Any, count: Any
    ) -> int:
        names = ["Zebra", "小票"]
        needed._obj.value = len(names) * 3 * self.pointer
        if buffer is None:
            return 0
        for number, one in enumerate(names):
            text = ctypes.create_unicode_buffer(one)
            self.keep.append(text)
            ctypes.c_void_p.from_buffer(buffer, number * 3 * self.pointer).value = ctypes.addressof(text)
        count._obj.value = len(names)
        return 1


def test_the_calls_have_the_systems_arguments() -> None:
    library = OwnLibrary()
    spool = CtypesSpool(library)
    handle = spool.open("Zebra")
    assert handle == 0x7FFF_FFFF_0001
    assert spool.begin(handle, "标签 D0012") == 42
    assert library.said == [(handle, 1, "标签 D0012", None, "RAW")]
    assert spool.write(handle, b"^XA^XZ") == 3 and library.taken == b"^XA"
    assert spool.job(handle, 42) == winspool.JOB_PAPEROUT and spool.job(handle, 43) is None
    assert spool.state(handle) == (winspool.PRINTER_PAPER_OUT, 0x400)
    assert spool.delete(handle, 42) and library.said[-1] == ("delete", 42, 5)
    spool.end(handle)
    spool.close(handle)
    assert library.said[-1] == ("close", handle)
    assert spool.names() == ["Zebra", "小票"]
    with pytest.raises(OSError, match="winspool"):
        spool.open("gone")


def test_a_whole_delivery_through_the_systems_calls() -> None:
    library = OwnLibrary()
    printer = SpoolPrinter("Zebra", Profile("spool:Zebra", language="zpl"), spool=CtypesSpool(library), limits=SHORT)
    done = printer.send_window([b"^XA^XZ", b"^XA^XZ"], "two")
    assert library.taken == b"^XA^XZ^XA^XZ" and done.held is Trouble.PAPER_OUT
