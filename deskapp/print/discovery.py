"""Which printers there are: in the system's queues, at the USB sockets, in Windows' list, and in the own network.

The network is only searched when a person asks for it: printers of other offices are none of our business.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deskapp.errors import N_
from deskapp.print import printers
from deskapp.print.printers import Condition, Readiness
from deskapp.print.winspool import spool_printers
from deskapp.rules.printer_profiles import RAW_PORT

NOT_ASKED = N_("Found, not asked yet.")
_AT_ONCE = 128
_WAIT_S = 0.6
_COMMANDS = (("ZPL", "zpl"), ("TSPL", "tspl"), ("TSC", "tspl"), ("ESC/POS", "escpos"), ("ESCPOS", "escpos"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A printer that could be set up; `language` is what it says it speaks, empty when it does not say."""

    address: str
    name: str
    condition: Condition
    language: str = ""


def seen_printers(usb: Path = Path("/dev/usb"), about: Path = Path("/sys/class/usbmisc")) -> list[Seen]:
    """Return every printer this computer knows of; takes a moment, so not in the window's thread."""
    found = [Seen(one.address, one.name, one.condition) for one in printers.find_printers()]
    found += usb_printers(usb, about)
    found += [Seen(one.address, one.name, one.condition) for one in spool_printers()]
    return found


def usb_printers(usb: Path = Path("/dev/usb"), about: Path = Path("/sys/class/usbmisc")) -> list[Seen]:
    """Return the printers at USB sockets under Linux, by what they say about themselves (IEEE 1284 device id)."""
    if sys.platform == "win32" or not usb.is_dir():
        return []
    found = []
    devices = [path for path in usb.iterdir() if re.fullmatch(r"lp\d{1,3}", path.name)]
    for path in sorted(devices, key=lambda path: int(path.name[2:])):
        told = ""
        with contextlib.suppress(OSError):
            told = (about / path.name / "device" / "ieee1284_id").read_text("utf-8", "replace")
        name, language = read_device_id(told)
        found.append(Seen(f"usb:{path}", name or path.name, Condition(Readiness.READY, NOT_ASKED), language))
    return found


def read_device_id(told: str) -> tuple[str, str]:
    """Return name and language from `MFG:Zebra;CMD:ZPL;MDL:ZD420;`; empty where it does not say."""
    fields = {}
    for part in told.strip().strip("\0").split(";"):
        key, colon, value = part.partition(":")
        if colon:
            fields[key.strip().upper()] = value.strip()
    maker = fields.get("MFG") or fields.get("MANUFACTURER") or ""
    model = fields.get("MDL") or fields.get("MODEL") or ""
    commands = (fields.get("CMD") or fields.get("COMMAND SET") or "").upper()
    language = next((language for word, language in _COMMANDS if word in commands), "")
    name = model if model.upper().startswith(maker.upper()) else f"{maker} {model}"
    return name.strip()[:60], language


# ---------------------------------------------------------------- the network, on a person's order


def own_networks() -> list[ipaddress.IPv4Network]:
    """Return the networks of 254 addresses this computer is in; private ones only."""
    found = set()
    with contextlib.suppress(OSError):
        for *_, place in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            found.add(str(place[0]))
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing; asks only which way would be taken (RFC 5737 address)
        found.add(str(probe.getsockname()[0]))
    places = [ipaddress.IPv4Address(one) for one in found]
    networks = {
        ipaddress.IPv4Network((one, 24), strict=False) for one in places if one.is_private and not one.is_loopback
    }
    return sorted(networks)


def search(
    hosts: Iterable[str],
    *,
    port: int = RAW_PORT,
    wait_s: float = _WAIT_S,
    told: Callable[[int], bool] = lambda tried: True,
) -> list[Seen]:
    """Return the hosts that take a connection at the printers' port; nothing is sent to them.

    `told` is called with the number tried so far; False ends the search.
    """
    found: list[Seen] = []
    waiting = list(hosts)
    tried = 0
    while waiting:
        now, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        for host in _open(now, port, wait_s):
            address = f"tcp://{host}:{port}"
            found.append(Seen(address, host, Condition(Readiness.READY, NOT_ASKED)))
        tried += len(now)
        if not told(tried):
            break
    return sorted(found, key=lambda one: tuple(int(part) if part.isdigit() else 0 for part in one.name.split(".")))


def hosts_of(networks: Iterable[ipaddress.IPv4Network]) -> list[str]:
    """Return every address that can be a printer's."""
    return [str(host) for network in networks for host in network.hosts()]


def _open(hosts: list[str], port: int, wait_s: float) -> list[str]:
    """Connect to all at once and return those that answered in time."""
    opened: list[str] = []
    with selectors.DefaultSelector() as selector:
        for host in hosts:
            wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            wire.setblocking(False)
            try:
                state = wire.connect_ex((host, port))
            except OSError:
                wire.close()
                continue
            if state in (0, errno.EINPROGRESS, errno.EWOULDBLOCK, 10035):  # 10035: the same under Windows
                selector.register(wire, selectors.EVENT_WRITE, host)
            else:
                wire.close()
        until = time.monotonic() + wait_s
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                wire = key.fileobj  # type: ignore[assignment]
                if wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    opened.append(str(key.data))
                selector.unregister(wire)
                wire.close()
        for key in list(selector.get_map().values()):
            selector.unregister(key.fileobj)
            key.fileobj.close()  # type: ignore[union-attr]
    return opened
