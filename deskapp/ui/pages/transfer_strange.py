"""What is said of a code that is no device of the van while it is packed or counted out: seals, accessories, others."""

from __future__ import annotations

from deskapp.errors import N_, DeskError
from deskapp.queries.transfers import Manifested
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.pages.scan_desk import ScanPanel


def not_counted(panel: ScanPanel, view: Manifested | None, text: str) -> None:
    """Say why a scan counts nothing out: a seal and an accessory leave with their device, all else stays here."""
    scan = parse_scan(text)
    if view is not None and scan.number in view.seals:
        panel.again(scan.number, N_("The seal of a bag: count the devices in it"))
    elif scan.kind is ScanKind.ACCESSORY:
        panel.again(scan.number, N_("An accessory: count the device it belongs to"))
    else:
        panel.wrong(scan.number, N_("Not on this manifest: put it aside"))


def not_packed(panel: ScanPanel, number: str, seal: str, error: DeskError) -> None:
    """Say why a scan was not packed; what is no device here may be a seal, of this bag or of the next one."""
    if error.code != "unknown" or not seal:
        panel.refused(number, error)
    elif number == seal:
        panel.again(number, N_("This bag is open: scan the devices that go into it"))
    else:
        panel.wrong(number, N_("No device that is here. The next seal? Then close this bag first"))
