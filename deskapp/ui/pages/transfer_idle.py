"""What stands beside the list of a van while no device is in the hand: what comes next."""

from __future__ import annotations

from deskapp.errors import N_
from deskapp.queries.transfers import Manifested
from deskapp.ui.kit import Card

FIRST = N_("Nothing yet. Scan the label of the first device.")


class IdleCard(Card):
    """The place of the device that is looked at, while there is none."""

    def __init__(self) -> None:
        super().__init__(N_("The device in your hand"), icon="device-mobile", hint=FIRST)

    def show_van(self, view: Manifested) -> None:
        """Say what to do next with this van."""
        if view.row.state == "arrived" and not view.unsigned:
            self.hint.say(N_("This van is finished."))
        elif view.lines and view.received >= len(view.lines):
            self.hint.say(N_("Every device is received. Finish, and both sign."))
        else:
            self.hint.say(N_("Scan the label of the next device.") if view.received else FIRST)
