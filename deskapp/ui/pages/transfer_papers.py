"""The papers of a van, printed from any page that shows it."""

from __future__ import annotations

from functools import partial

from deskapp.commands.transfers_papers import print_discrepancy_note, print_manifest
from deskapp.errors import N_
from deskapp.ui.kit import Page


def print_van(page: Page, manifest_id: str) -> None:
    """Print a manifest as it stands, with what was received."""
    said = partial(page.context.toast, N_("Manifest {number} prints"), tone="ok")
    page.jobs.do(print_manifest(manifest_id=manifest_id), owner=page, then=lambda number: said(number=number))


def print_note(page: Page, manifest_id: str) -> None:
    """Print the note of what does not match."""
    said = partial(page.context.toast, N_("The note of {number} prints"), tone="ok")
    page.jobs.do(print_discrepancy_note(manifest_id=manifest_id), owner=page, then=lambda number: said(number=number))
