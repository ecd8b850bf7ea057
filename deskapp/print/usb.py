"""Printers at a USB socket under Linux: the device file of the kernel's printer driver, read and written.

The kernel lets one program at a time open it. There is no end of a connection to wait for; what the
kernel took is on its way. The old status wires (paper, online, fault) are asked where the driver knows them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import stat
import struct
import sys
from pathlib import Path

from deskapp.print.lines import SENTENCES, Limits, Line, PacedLine
from deskapp.print.printers import NotSent
from deskapp.print.raw.status import Trouble

_PORT_STATUS = 0x060B  # LPGETSTATUS of linux/lp.h
_PAPER_OUT, _SELECTED, _NO_FAULT = 0x20, 0x10, 0x08
_WHY = {
    errno.ENOENT: "no_device", errno.ENODEV: "no_device", errno.ENXIO: "no_device", errno.EIO: "no_device",
    errno.EACCES: "not_allowed", errno.EPERM: "not_allowed", errno.EBUSY: "taken",
}  # fmt: skip


class Usb:
    """The printer behind a device file."""

    def __init__(self, path: Path, limits: Limits | None = None) -> None:
        self.path = path
        self._limits = limits or Limits()

    def open(self) -> Line:
        """Open the device. Raises NotSent."""
        if sys.platform == "win32":
            raise NotSent(SENTENCES["no_device"], code="no_device")
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        except OSError as problem:
            why = _WHY.get(problem.errno or 0, "no_device")
            raise NotSent(SENTENCES[why], code=why) from problem
        if not stat.S_ISCHR(os.fstat(handle).st_mode):
            os.close(handle)  # whatever a wrong address names, nothing but a device is ever written to
            raise NotSent(SENTENCES["no_device"], code="no_device")
        return UsbLine(handle, self._limits)


class UsbLine(PacedLine):
    """The opened device; a device file has no end from the other side."""

    piece = 8_192  # the driver's own buffer

    def __init__(self, handle: int, limits: Limits) -> None:
        super().__init__(limits)
        self._handle = handle

    def finish(self, within_s: float) -> bool | None:
        """Wait until the printer has taken the last piece: the driver throws it away when the file is closed before.

        None at best.
        """
        if not self._broken and not self._polled(select.POLLOUT, max(within_s, self._limits.stall))[1]:
            self._broken = True
        return False if self._broken else None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._handle)

    def port_trouble(self) -> Trouble | None:
        """Return what the status wires say, for printers that answer nothing; None when fine or not known."""
        if sys.platform != "linux":
            return None
        import fcntl

        try:
            (wires,) = struct.unpack("i", fcntl.ioctl(self._handle, _PORT_STATUS, b"\0\0\0\0"))
        except OSError:
            return None
        return trouble_of_wires(int(wires))

    def _ready(self, *, write: bool, within_s: float) -> tuple[bool, bool]:
        return self._polled(select.POLLIN | (select.POLLOUT if write else 0), within_s)

    def _polled(self, wanted: int, within_s: float) -> tuple[bool, bool]:
        poll = select.poll()
        poll.register(self._handle, wanted)
        events = poll.poll(within_s * 1000)
        seen = events[0][1] if events else 0
        if seen & (select.POLLERR | select.POLLHUP | select.POLLNVAL) and not seen & select.POLLIN:
            self._broken = True
            return False, False
        return bool(seen & select.POLLIN), bool(seen & select.POLLOUT)

    def _put(self, data: bytes) -> int:
        return os.write(self._handle, data)

    def _get(self) -> bytes | None:
        return os.read(self._handle, 4096)


def trouble_of_wires(wires: int) -> Trouble | None:
    """Read the status byte of IEEE 1284: paper out, selected, no fault."""
    if wires & _PAPER_OUT:
        return Trouble.PAPER_OUT
    if not wires & _NO_FAULT:
        return Trouble.FAULT
    return None if wires & _SELECTED else Trouble.OFFLINE
