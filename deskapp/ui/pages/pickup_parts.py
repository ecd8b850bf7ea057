"""What the steps of a pickup are made of: the step itself, and the shared state of one visit at the counter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.pickup_forms import Payment, Reduction
from deskapp.queries.pickup import PickupCard, PickupDevice
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Jobs, PageContext
from deskapp.ui.tokens import LARGE


@dataclass(slots=True)
class Visit:
    """What has been entered about one pickup so far; the page shows it, the last step sends it."""

    card: PickupCard
    release_id: str = ""
    chosen: set[str] = field(default_factory=set)
    accessories: set[str] = field(default_factory=set)
    loaners_back: set[str] = field(default_factory=set)
    tamper: dict[str, str] = field(default_factory=dict)
    tests: dict[str, dict[str, str]] = field(default_factory=dict)
    old_parts: dict[str, str] = field(default_factory=dict)
    """What becomes of each old part (by `OldPart.move_id`)."""
    reductions: list[Reduction] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    change_fen: int = 0
    """What goes back to the collector of the cash that was handed over."""

    @property
    def devices(self) -> tuple[PickupDevice, ...]:
        """The devices that go."""
        return tuple(device for device in self.card.ready if device.item_id in self.chosen)

    @property
    def owed_fen(self) -> int:
        """What is owed for them before anything is let off."""
        return sum(device.due_fen for device in self.devices)

    @property
    def due_fen(self) -> int:
        """What has to be paid."""
        return max(0, self.owed_fen - sum(reduction.fen for reduction in self.reductions))

    @property
    def rest_fen(self) -> int:
        """What is still to be paid."""
        return max(0, self.due_fen - sum(payment.fen for payment in self.payments))

    @property
    def all_tests(self) -> bool:
        """Say whether every test of every device that goes has an answer."""
        return all(
            self.tests.get(device.item_id, {}).get(step.code) for device in self.devices for step in device.tests
        )


class Host(Protocol):
    """The page a step stands on."""

    context: PageContext
    jobs: Jobs
    visit: Visit | None

    def go_on(self) -> None:
        """Go to the next step."""

    def touched(self) -> None:
        """Show the summary and the main button anew."""

    def complain(self, sentence: str) -> None:
        """Show a finished sentence about the step."""

    def reload(self) -> None:
        """Ask for the order again."""


class Step(QWidget):
    """One step: a column of cards, and what has to be there before the next one."""

    button = ""
    icon = "chevron-right"

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.context, self.jobs = host.context, host.jobs
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(LARGE)

    @property
    def visit(self) -> Visit:
        """The visit that is being entered."""
        visit = self.host.visit
        assert visit is not None
        return visit

    def show_visit(self, *, anew: bool) -> None:
        """Show the visit; `anew` when it is another order's."""

    def first(self) -> QWidget:
        """Return where the focus goes."""
        return self

    def done(self) -> bool:
        """Say whether the next step can come; if not, say why where it is."""
        return True

    def take(self, text: str) -> bool:
        """Take a scanned code; True when it was meant for this step."""
        return False


def yuan(fen: int) -> str:
    """Return an amount as the window shows it."""
    return format_yuan(fen)
