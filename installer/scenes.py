"""What is seen beside the pages: lock screen, keys, command palette, first start, recovery.

Pictures (`take_screens.py`) and the walk without a mouse (`tests/test_walker.py`) show the same scenes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLineEdit, QWidget

from deskapp.errors import N_, Corrupt, Unavailable
from deskapp.ui.speech import spoken

if TYPE_CHECKING:
    from deskapp.ui.first_start import Gate
    from deskapp.ui.window import Window

Settle = Callable[[], None]

OVER_THE_DESK = ("keys", "palette", "supervisor")
BEFORE_THE_DESK = (
    "first_start", "first_start_branch", "first_start_person", "first_start_code", "first_start_printers",
    "join_server", "join_certificate", "join_you", "passphrase", "recovery", "recovery_damaged", "recovery_key",
)  # fmt: skip
LOCK = "lock"
SCENES = (LOCK, *OVER_THE_DESK, *BEFORE_THE_DESK)
TITLES = {
    LOCK: "Lock screen", "keys": "All keys (F1)", "palette": "Command palette",
    "supervisor": "A second person's consent", "first_start": "First start",
    "first_start_branch": "First start, branch", "first_start_person": "First start, person",
    "first_start_code": "First start, recovery code", "first_start_printers": "First start, printers",
    "join_server": "First start, joining by the server", "join_certificate": "Joining, whom to trust",
    "join_you": "Joining, a PIN of one's own", "passphrase": "Passphrase", "recovery": "Recovery",
    "recovery_damaged": "Recovery, damaged data", "recovery_key": "Recovery, lost key",
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
    elif name.startswith("join_"):
        _joining(gate, name, settle)
    else:
        gate.set_up()
        wizard = gate.panels.currentWidget()
        wizard.go(BEFORE_THE_DESK.index(name) - 1)  # type: ignore[attr-defined]
    settle()
    shown = gate.panels.currentWidget()
    assert shown is not None
    for field in shown.findChildren(QLineEdit):
        if "/" in field.placeholderText():  # where the data of these pictures happens to lie for a minute
            field.setPlaceholderText("~/deskapp/papers")
    return shown


def _joining(gate: Gate, name: str, settle: Settle) -> None:
    """Show a step of joining a branch; no server is asked."""
    from deskapp.queries.joining import Welcomed
    from deskapp.sync.invitation import Certificate, Joined

    gate.connect_desk()
    wizard: Any = gate.panels.currentWidget()
    wizard.go(2)
    wizard.card.server.setText("sync.fzpost.example:8750")
    wizard.card.code.setText("K7QM-2XTR-9PHD")
    if name == "join_certificate":
        seen = Certificate("3fa9c2" * 10 + "0d1e", "sync.fzpost.example", "Example Post CA", 0, 2**42)
        wizard.card._look = lambda _url: seen
        wizard.card.refuse(Unavailable(
            N_("The server's certificate is not the one this desk trusts. Nothing was sent."), code="certificate"
        ))  # fmt: skip
        settle()
    elif name == "join_you":
        wizard.you.show_joined(Joined(57, "FZ-A1", "示例市鼓楼邮政支局", 0))
        wizard.you.show_welcome(Welcomed("示例市鼓楼邮政支局", 12, True))
        wizard.go(3)


_TROUBLES: dict[str, Callable[[], Exception]] = {
    "recovery_damaged": lambda: Corrupt(N_("The data file is damaged."), code="damaged"),
    "recovery_key": lambda: Unavailable(
        N_("This computer has no key for the data. Enter the recovery code to open it."), code="no_key"
    ),
}
