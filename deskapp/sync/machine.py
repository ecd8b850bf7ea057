"""Which computer this is, as far as it can tell: a disk that was cloned runs on another one.

Read from the system, nothing is asked of a network. The same computer with another network card is
still the same; two computers from one image share the system's id but no card.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The system's own id, and what the hardware is known by: network cards, on Windows the board."""

    system: str
    cards: frozenset[str]

    def text(self) -> str:
        """Return what is stored."""
        return json.dumps({"system": self.system, "cards": sorted(self.cards)})

    @staticmethod
    def of(text: str) -> Machine | None:
        """Return what was stored, or None where nothing readable was."""
        try:
            raw = json.loads(text)
            return Machine(str(raw["system"]), frozenset(str(card) for card in raw["cards"]))
        except (ValueError, KeyError, TypeError):
            return None

    def same(self, other: Machine) -> bool:
        """Say whether two looks were at one computer; in doubt they were."""
        if self.system != other.system:
            return False
        return not self.cards or not other.cards or bool(self.cards & other.cards)


def this_machine() -> Machine:
    """Look at this computer."""
    if sys.platform == "win32":
        return Machine(_registry(_GUID), frozenset({_registry(_HARDWARE)} - {""}))
    system = ""
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            system = system or Path(place).read_text("ascii").strip()
        except (OSError, ValueError):
            continue
    return Machine(system, _linux_cards())


def _linux_cards() -> frozenset[str]:
    """Addresses of cards that hang on a bus and bring their own: bridges, tunnels and drawn addresses are left out."""
    found = set()
    try:
        for card in Path("/sys/class/net").iterdir():
            if (card / "device").exists() and (card / "addr_assign_type").read_text().strip() == "0":
                found.add((card / "address").read_text().strip().lower())
    except OSError:
        return frozenset()
    return frozenset(found - {"", "00:00:00:00:00:00"})


_GUID = (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid")
_HARDWARE = (r"SYSTEM\CurrentControlSet\Control\SystemInformation", "ComputerHardwareId")
"""Made when the system was set up, and worked out from the board: an image takes only the first along."""


def _registry(place: tuple[str, str]) -> str:
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place[0]) as key:
                return str(winreg.QueryValueEx(key, place[1])[0])
        except OSError:
            return ""
    return ""
