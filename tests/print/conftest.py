"""Printers that several tests of the raw languages talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deskapp.print.raw_printer import forget_manners
from tests.print.printer_desk import LANGUAGES
from tests.print.virtual_printers import VirtualPrinter


@pytest.fixture(params=LANGUAGES)
def printer(request: pytest.FixtureRequest) -> Iterator[VirtualPrinter]:
    """A printer of each language in turn, of which nothing is known yet."""
    yield from _fresh(request.param)


@pytest.fixture
def zpl() -> Iterator[VirtualPrinter]:
    """A label printer of which nothing is known yet."""
    yield from _fresh("zpl")


def _fresh(language: str) -> Iterator[VirtualPrinter]:
    forget_manners()
    with VirtualPrinter(language) as printer:
        yield printer
