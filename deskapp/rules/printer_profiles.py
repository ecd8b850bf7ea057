"""What a computer knows about a printer and a medium in it, and which values make sense.

Lengths are micrometres, scales millionths (1,000,000 = true size), so that nothing is rounded
between the calibration, the store and the printer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from deskapp.errors import N_, Refused

LANGUAGES: Final = ("zpl", "tspl", "escpos")
RAW_SCHEMES: Final = ("tcp", "usb", "spool")
"""Addresses that take a printer's own language; the others take pages."""

TRUE_SIZE: Final = 1_000_000
MOST_OFFSET_UM: Final = 15_000
MOST_SCALE_OFF: Final = 50_000
RAW_PORT: Final = 9100
HEADS: Final = {"zpl": 832, "tspl": 832, "escpos": 576}
"""Dots across the usual head of each language: 104 mm and 72 mm at 8 dots per mm."""

_DEVICE = re.compile(r"/dev/usb/lp\d{1,3}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]{2,45}")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a test run learned; None = not tried, so worth a try."""

    status: bool | None = None
    counter: bool | None = None
    ack: bool | None = None
    closes: bool | None = None
    model: str = ""
    ms_per_piece: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return what is stored; what was not tried is left out."""
        every = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in every.items() if value not in (None, "", 0) or value is False}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Capabilities:
        """Read what is stored; a value of a wrong kind counts as not tried."""

        def flag(name: str) -> bool | None:
            value = stored.get(name)
            return value if isinstance(value, bool) else None

        pace = stored.get("ms_per_piece")
        return cls(
            flag("status"), flag("counter"), flag("ack"), flag("closes"), str(stored.get("model", ""))[:80],
            pace if isinstance(pace, int) and not isinstance(pace, bool) and pace > 0 else 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tune:
    """How a printer is set for one medium. `darkness` in per cent, `speed` in inches a second, None = as it is."""

    medium: str
    feed: str = "gap"
    gap_um: int = 2000
    darkness: int | None = None
    speed: int | None = None
    rotation: int = 0
    offset_x_um: int = 0
    offset_y_um: int = 0
    scale_x_ppm: int = TRUE_SIZE
    scale_y_ppm: int = TRUE_SIZE
    smallest_module: int = 0
    roll_pieces: int = 0
    roll_at: int = 0
    calibrated_at: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """One printer as this computer knows it; see `models.local.PrinterProfile` for the meaning of each."""

    address: str
    name: str = ""
    language: str = ""
    dots_per_mm: int = 8
    head_dots: int = 0
    columns: bool = False
    cut: bool = True
    drawer: bool = False
    paused: bool = False
    shared: bool = False
    fallback: str = ""
    learned: Capabilities = field(default_factory=Capabilities)
    learned_at: int = 0
    tunes: Mapping[str, Tune] = field(default_factory=dict)

    @property
    def raw(self) -> bool:
        """Whether the printer is spoken to in its own language."""
        return scheme_of(self.address) in RAW_SCHEMES and self.language in LANGUAGES

    def tune(self, medium: str) -> Tune:
        """Return the setting for a medium; for one never set up, what fits its form."""
        found = self.tunes.get(medium) or self.tunes.get(base_of(medium))
        if found is not None:
            return found
        return Tune(medium, feed="continuous" if medium.startswith("roll") else "gap")


def scheme_of(address: str) -> str:
    """Return what stands before the first colon of an address."""
    return address.partition(":")[0]


def base_of(medium: str) -> str:
    """Return a medium's name without resolution and symbol: `label-60x40@300+qr` is `label-60x40`."""
    return re.split(r"[@+]", medium, maxsplit=1)[0]


def tcp_parts(address: str) -> tuple[str, int]:
    """Return host and port of `tcp://host:9100`; ValueError when it is no such address."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port if parts.port is not None else RAW_PORT
    if parts.scheme != "tcp" or not _HOST.fullmatch(host) or parts.path or parts.query or parts.fragment or not port:
        raise ValueError(f"no printer can be at {address!r}")
    return host, port


def checked_address(text: str) -> str:
    """Return an address in the form in which it is kept; a bare host is a network printer. Raises Refused."""
    address = text.strip()
    if address.startswith("/dev/usb/"):
        address = f"usb:{address}"
    if address and re.match(r"[A-Za-z]+:", address) is None or re.fullmatch(r"[A-Za-z0-9.-]+:\d{1,5}", address):
        address = f"tcp://{address}"
    scheme, _, rest = address.partition(":")
    scheme = scheme.lower()
    try:
        if scheme == "tcp":
            host, port = tcp_parts(f"tcp:{rest}")
            return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"
    except ValueError:
        rest = ""
    good = {"usb": bool(_DEVICE.fullmatch(rest)), "tcp": bool(rest)}.get(scheme, bool(rest.strip()))
    if scheme not in ("tcp", "usb", "spool", "cups", "qt", "pdf") or not good:
        raise Refused(
            N_("This is no printer address. Write for example 192.168.1.50 or /dev/usb/lp0."), field="address"
        )
    return f"{scheme}:{rest}"


def check_profile(profile: Profile) -> None:
    """Refuse values no printer has. Raises Refused at the field that has to change."""
    if scheme_of(profile.address) in RAW_SCHEMES and profile.language not in LANGUAGES:
        raise Refused(N_("Choose the language of this printer: ZPL, TSPL or ESC/POS."), field="language")
    if profile.dots_per_mm not in (8, 12):
        raise Refused(N_("A printer has 203 or 300 dots per inch."), field="dots_per_mm")
    if not 0 <= profile.head_dots <= 4096:
        raise Refused(N_("The head of a printer has between 100 and 4096 dots."), field="head_dots")
    if profile.fallback and profile.fallback == profile.address:
        raise Refused(N_("A printer cannot take over from itself."), field="fallback")


def check_tune(tune: Tune) -> None:
    """Refuse settings that would move the print off the paper. Raises Refused at the field that has to change."""
    if tune.feed not in ("gap", "mark", "continuous"):
        raise Refused(N_("Labels are told apart by gaps or by marks; a roll is continuous."), field="feed")
    if tune.rotation not in (0, 180):
        raise Refused(N_("A label can be printed upright or upside down."), field="rotation")
    bounds = (
        ("gap_um", 0, 30_000, N_("A gap is between 0 and 30 mm.")),
        ("offset_x_um", -MOST_OFFSET_UM, MOST_OFFSET_UM, N_("More than 15 mm off means another paper size.")),
        ("offset_y_um", -MOST_OFFSET_UM, MOST_OFFSET_UM, N_("More than 15 mm off means another paper size.")),
        ("scale_x_ppm", TRUE_SIZE - MOST_SCALE_OFF, TRUE_SIZE + MOST_SCALE_OFF, N_("A size can be corrected by 5 %.")),
        ("scale_y_ppm", TRUE_SIZE - MOST_SCALE_OFF, TRUE_SIZE + MOST_SCALE_OFF, N_("A size can be corrected by 5 %.")),
        ("darkness", 0, 100, N_("Darkness is between 0 and 100 per cent.")),
        ("speed", 1, 14, N_("Speed is between 1 and 14.")),
        ("roll_pieces", 0, 100_000, N_("A roll holds up to 100,000 papers.")),
        ("smallest_module", 0, 8, N_("A bar is between 1 and 8 dots wide.")),
    )
    for name, low, high, sentence in bounds:
        value = getattr(tune, name)
        if value is not None and not low <= value <= high:
            raise Refused(sentence, field=name)
