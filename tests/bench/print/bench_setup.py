"""How long it takes to set up a label printer and a receipt printer: the real window, keys only, emulated printers.

    python -m tests.bench.print.bench_setup [--at DIR] [--pictures DIR]

Every key goes to whatever has the focus, as from a keyboard; the next one is pressed when the window shows what it waits
for. What the program takes is measured. What a person takes is reckoned by the keystroke-level model (Card, Moran and
Newell, 1980): 0.28 s a key for somebody used to a keyboard and 0.5 s for somebody who is not, 1.35 s to make up one's
mind at each step; a first-time user also reads every word on the panels passed through once, four hundred characters a minute, and
looks the address up on the printer's self-test. Looking at a test paper counts five seconds for both.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.make_store import PIN, Size, cached, copy
from tests.bench.side_by_side import compile_all, machine, spawn
from tests.print.virtual_printers import VirtualPrinter

GATE_S = 120.0
SIZE = Size(2_000, 1_000, 300)
KEY_S, SLOW_KEY_S, MIND_S = 0.28, 0.5, 1.35
READ_S = 0.15
LOOK_S, SELF_TEST_S = 5.0, 20.0

SCRIPT = """
import json, os, sys, time
from pathlib import Path
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel
from deskapp.app import Beside, Desk
from deskapp.paths import Home
from deskapp.ui.application import application
from tests.keys import press_key, type_keys

home, pin, printers, pictures = Home(Path(sys.argv[1])), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
app = application()
desk = Desk(home)
desk.begin(Beside(home, find_key=lambda: bytes(range(32))))
window, told, keys, steps, waited, seen = desk.window, {}, 0, 0, 0.0, set()
window.resize(1280, 800)
K = Qt.Key

def failed(error):
    print(error, QApplication.focusWidget(), file=sys.stderr)
    os._exit(4)

sys.excepthook = lambda kind, error, trace: (sys.__excepthook__(kind, error, trace), os._exit(4))

def until(so, what):
    global waited
    start = time.monotonic()
    while not so():
        if time.monotonic() - start > 20:
            failed(f"waited in vain for {what}")
        app.processEvents()
        time.sleep(0.002)
    waited += time.monotonic() - start

def press(*given, **more):
    global keys
    for key in given:
        target = QApplication.focusWidget() or window
        if isinstance(key, str):
            for letter in key:
                type_keys(QApplication.focusWidget() or target, letter)
                keys += 1
                settle(0.08)  # a hand is no scanner
        else:
            press_key(target, key, **more)
            keys += 1
    app.processEvents()

def mind(name):
    # A step at which a person looks, reads and decides.
    global steps
    steps += 1
    app.processEvents()
    page = window.shell.page() if window.shell else None
    for label in page.findChildren(QLabel) if page else ():
        if label.isVisible():
            seen.add(label.text())
    if pictures:
        settle(0.4)
        window.grab().save(f"{pictures}/{name}-{steps}.png")

def page():
    return window.shell.page()

def set_up(kind, address, name):
    global keys, steps, waited
    keys, steps, waited = 0, 0, 0.0
    known = set(seen)
    mind(kind)
    press(K.Key_K, modifier=Qt.KeyboardModifier.ControlModifier)
    until(lambda: QApplication.focusWidget() is not None and QApplication.focusWidget().window().isVisible(), "palette")
    press("printers")
    settle(0.15)
    press(K.Key_Return)
    until(lambda: window.shell.page_id() == "printers", "the page")
    settle(0.05)
    mind(kind)
    press(K.Key_A, modifier=Qt.KeyboardModifier.AltModifier)
    setup = page().setup
    until(lambda: setup.isVisible() and setup.finder.again.isEnabled(), "the list")
    settle(0.05)
    mind(kind)
    if not setup.address.hasFocus():
        press(K.Key_D, modifier=Qt.KeyboardModifier.AltModifier)
        if not setup.address.hasFocus():
            failed("the address is not reached by Alt+A")
    press(address, K.Key_Return)
    until(lambda: setup.stepper.current() == 1 and setup.medium.value() is not None and setup.medium.hasFocus(), "the language")
    mind(kind)
    press(K.Key_Return)
    until(lambda: setup.print_again.isEnabled() and setup.stepper.current() == 2, "the test paper")
    until(lambda: setup.came.hasFocus(), "the question")
    mind(kind)
    press("1", K.Key_Return)
    until(lambda: setup.stepper.current() == 3 and setup.name.hasFocus(), "the name")
    mind(kind)
    press(name, K.Key_Return)
    until(lambda: page().bar.value() == "list" and page().printers.profile is not None, "the end")
    mind(kind)
    told[kind] = {"keys": keys, "steps": steps, "waited": waited, "read": sum(map(len, seen - known))}

def settle(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)

def begin():
    for kind, (address, name) in printers.items():
        set_up(kind, address, name)
    print(json.dumps(told), flush=True)
    os._exit(0)

def enter():
    window.signed_in.connect(lambda _actor: QTimer.singleShot(1500, begin))
    window.lock_screen.attempted.emit("0001", pin)

window.furnished.connect(lambda: QTimer.singleShot(200, enter))
QTimer.singleShot(120_000, lambda: failed("took too long"))
app.exec()
"""


def persons(told: dict[str, Any]) -> tuple[float, float]:
    """Return the seconds a practised and a first-time user need, from what was counted and measured."""
    practised = told["keys"] * KEY_S + told["steps"] * MIND_S + told["waited"] + LOOK_S
    first = told["keys"] * SLOW_KEY_S + told["steps"] * MIND_S + told["read"] * READ_S + told["waited"]
    return practised, first + LOOK_S + SELF_TEST_S


def main() -> int:
    """Set both up, print what it took, and return 1 when two minutes are not enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=Path)
    parser.add_argument("--pictures", default="")
    words = parser.parse_args()
    shared = cached(SIZE, words.at)
    compile_all()
    with (
        tempfile.TemporaryDirectory(prefix="deskapp-bench-setup-", dir=words.at) as name,
        VirtualPrinter("zpl") as labels,
        VirtualPrinter("escpos") as slips,
    ):
        printers = {"labels": (labels.address.removeprefix("tcp://"), "Labels"),
                    "receipts": (slips.address.removeprefix("tcp://"), "Slips")}  # fmt: skip
        told = spawn(SCRIPT, str(copy(shared, Path(name) / "home").root), PIN, json.dumps(printers), words.pictures)
    print(machine())
    both = [0.0, 0.0]
    for kind in printers:
        found = told[kind]
        practised, first = persons(found)
        both = [both[0] + practised, both[1] + first]
        print(
            f"{kind:9} {found['keys']} keys, {found['steps']} steps, the program {found['waited']:.1f} s, "
            f"{found['read']} characters to read: practised {practised:.0f} s, first time {first:.0f} s"
        )
    print(f"both      practised {both[0]:.0f} s, first time {both[1]:.0f} s (two minutes for a practised clerk)")
    return 0 if both[0] <= GATE_S else 1


if __name__ == "__main__":
    sys.exit(main())
