"""Printers: the printing section of the settings as a page of its own, since people look for it by that name."""

from __future__ import annotations

from deskapp.ui.pages.settings import SettingsPage


class PrintersPage(SettingsPage):
    """The settings, opened where the printers are."""

    def open(self, **args: object) -> None:
        """Show the printers first."""
        super().open(**{"section": "printing", **args})
