"""Finding printers: what the system knows, what hangs at USB, and the network only when asked."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from deskapp.print import discovery
from tests.print.virtual_printers import VirtualPrinter


def test_usb_printers_say_who_they_are_and_what_they_speak(tmp_path: Path) -> None:
    usb, about = tmp_path / "usb", tmp_path / "about"
    usb.mkdir()
    told = {
        "lp0": "MFG:Zebra Technologies;CMD:ZPL;MDL:ZTC ZD420;CLS:PRINTER;",
        "lp2": "MFG:Gprinter;MDL:Gprinter GP-2120TU;CMD:TSPL,ESC/POS;\0",
        "lp10": "MANUFACTURER:EPSON;MODEL:TM-T82;COMMAND SET:ESC/POS;",
    }
    for name, text in told.items():
        (usb / name).touch()
        (about / name / "device").mkdir(parents=True)
        (about / name / "device" / "ieee1284_id").write_text(text)
    (usb / "lp3").touch()  # says nothing
    (usb / "hiddev0").touch()  # no printer

    found = discovery.usb_printers(usb, about)

    assert [(one.address.removeprefix(f"usb:{usb}/"), one.name, one.language) for one in found] == [
        ("lp0", "Zebra Technologies ZTC ZD420", "zpl"),
        ("lp2", "Gprinter GP-2120TU", "tspl"),
        ("lp3", "lp3", ""),
        ("lp10", "EPSON TM-T82", "escpos"),
    ]


def test_without_usb_there_is_nothing_and_no_error(tmp_path: Path) -> None:
    assert discovery.usb_printers(tmp_path / "none", tmp_path) == []
    assert discovery.read_device_id("") == ("", "") and discovery.read_device_id("rubbish;;:") == ("", "")


def test_the_network_shows_who_takes_a_connection_and_is_sent_nothing() -> None:
    with VirtualPrinter("zpl") as printer:
        tried: list[int] = []
        found = discovery.search(
            ["127.0.0.1", "127.0.0.2"], port=printer.port, told=lambda count: tried.append(count) or True
        )
        assert [one.address for one in found] == [printer.address]
        assert printer.wait_for(lambda: printer.connections == 1 and not printer._open)
        assert printer.received == 0 and tried == [2]


def test_a_person_may_end_the_search() -> None:
    tried: list[int] = []
    discovery.search(["127.0.0.9"] * 300, port=1, wait_s=0.05, told=lambda count: bool(tried.append(count)))
    assert tried == [128]


def test_only_the_own_private_networks_are_searched() -> None:
    networks = discovery.own_networks()
    assert all(one.prefixlen == 24 and one.is_private for one in networks)
    assert len(discovery.hosts_of([ipaddress.IPv4Network("192.168.7.0/24")])) == 254


def test_everything_known_is_one_list(tmp_path: Path) -> None:
    (tmp_path / "lp1").touch()
    found = discovery.seen_printers(tmp_path, tmp_path / "none")
    assert f"usb:{tmp_path}/lp1" in [one.address for one in found]
