"""What is seen beside the pages: lock screen, keys, command palette, first start, recovery.

Pictures (`take_screens.py`) and the walk without a mouse (`tests/test_walker.py`) show the same scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from deskapp.errors import N_, Corrupt, Unavailable
from deskapp.ui.speech import spoken

if TYPE_CHECKING:
    from deskapp.ui.first_start import Gate
    from deskapp.ui.window import Window

Settle = Callable[[], None]

OVER_THE_DESK = ("keys", "palette", "supervisor")
BEFORE_THE_DESK = (
    "first_start", "first_start_branch", "first_start_person", "first_start_code", "first_start_printers",
    "passphrase", "recovery", "recovery_damaged", "recovery_key",
)  # fmt: skip
LOCK = "lock"
SCENES = (LOCK, *OVER_THE_DESK, *BEFORE_THE_DESK)
TITLES = {
    LOCK: "Lock screen", "keys": "All keys (F1)", "palette": "Command palette",
    "supervisor": "A second person's consent", "first_start": "First start",
    "first_start_branch": "First start, branch", "first_start_person": "First start, person",
    "first_start_code": "First start, recovery code", "first_start_printers": "First start, printers",
    "passphrase": "Passphrase", "recovery": "Recovery", "recovery_damaged": "Recovery, damaged data",
    "recovery_key": "Recovery, lost key",
}  # fmt: skip
"""What the list of pictures calls them."""

GATE_SIZE = (1080, 760)


def over_the_desk(window: Window, name: str, settle: Settle) -> QWidget:
    """Show a scene over the page that is open and return what is new; `clear` takes it away."""
    shell = window.shell
    assert shell is not None
    if name == "keys":
        window.help()
        settle()
        assert window.sheet is not None
        return window.sheet
    if name == "supervisor":
        why = N_("Accept a number that is not on file?")
        window.entrance.ask_supervisor("override", lambda _consent: None, why=why)
        settle()
        return shell.supervisor
    wanted = spoken(N_("Print"))
    shell.find_field.setFocus()
    shell.find_field.setText(wanted)
    shell.find_field.textEdited.emit(wanted)
    settle()
    return shell.find_field.popup


def clear(window: Window, settle: Settle) -> None:
    """Take away whatever stands over the page."""
    shell = window.shell
    assert shell is not None
    if window.sheet is not None and window.sheet.isVisible():
        window.help()
    shell.supervisor.hide()
    shell.find_field.reset()
    settle()


def before_the_desk(gate: Gate, name: str, settle: Settle) -> QWidget:
    """Show a panel of the window before the desk and return it."""
    if name == "first_start":
        gate.first_start()
    elif name == "passphrase":
        gate.passphrase()
    elif name.startswith("recovery"):
        gate.recovery(_TROUBLES.get(name, lambda: None)())
    else:
        gate.set_up()
        wizard = gate.panels.currentWidget()
        wizard.go(BEFORE_THE_DESK.index(name) - 1)  # type: ignore[attr-defined]
    settle()
    shown = gate.panels.currentWidget()
    assert shown is not None
    return shown


_TROUBLES: dict[str, Callable[[], Exception]] = {
    "recovery_damaged": lambda: Corrupt(N_("The data file is damaged."), code="damaged"),
    "recovery_key": lambda: Unavailable(
        N_("This computer has no key for the data. Enter the recovery code to open it."), code="no_key"
    ),
}
