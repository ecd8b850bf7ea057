"""Fills the lock screen from a raw look at the store, at the start and each time it locks. Imports nothing heavy."""

from __future__ import annotations

from deskapp import settings
from deskapp.errors import N_
from deskapp.models.glance import Glance
from deskapp.ui.lock import LockScreen, Tile
from deskapp.ui.speech import spoken


def show_on(screen: LockScreen, seen: Glance) -> None:
    """Show counts, and who works here unless names are hidden; a practice branch tells its public PINs."""
    screen.show_counts(
        (
            (N_("{count} devices here"), seen.held),
            (N_("{count} ready"), seen.ready),
            (N_("{count} late"), seen.late),
            (N_("{count} open tickets"), seen.open_tickets),
        )
    )
    if seen.practice:
        pins = _practice_pins()
        screen.show_people(
            [Tile(number, spoken(N_("{name}, PIN {pin}"), name=name, pin=pins[number]))
             for number, name in seen.people if number in pins]
        )  # fmt: skip
    else:
        names = () if seen.values[settings.HIDE_NAMES] else seen.people
        screen.show_people([Tile(number, name) for number, name in names])


def _practice_pins() -> dict[str, str]:
    import tomllib

    from deskapp.paths import resource

    branch = tomllib.loads(resource("samples", "sample_branch.toml").read_text("utf-8"))
    return {entry["staff_no"]: entry["pin"] for entry in branch["staff"]}
