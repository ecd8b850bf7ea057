"""Which language a printer speaks is found out by asking, one line a language, and nothing is printed."""

from __future__ import annotations

import pytest

from deskapp.print.guess import ORDER, guess_language
from deskapp.print.lines import Limits
from deskapp.print.printers import NotSent
from deskapp.print.raw_printer import open_raw
from deskapp.rules.printer_profiles import Profile
from tests.print.own_cups import free_port
from tests.print.virtual_printers import VirtualPrinter

QUICK = Limits(connect=1, answer=0.2, close=0.2)


@pytest.mark.parametrize("language", ORDER)
def test_a_printer_that_answers_is_known_by_its_answer_after_one_line_a_language(language: str) -> None:
    with VirtualPrinter(language) as printer:
        found = guess_language(Profile(printer.address), lambda asked: open_raw(asked, QUICK))
        assert found == language
        assert printer.connections == ORDER.index(language) + 1, "a person waits for every line more"
        assert not printer.sheets


def test_a_silent_printer_has_no_language_and_one_that_is_not_there_is_told() -> None:
    with VirtualPrinter("zpl") as printer:
        printer.set(silent=True)
        assert guess_language(Profile(printer.address), lambda asked: open_raw(asked, QUICK)) == ""
        assert not printer.sheets
    with pytest.raises(NotSent):
        guess_language(Profile(f"tcp://127.0.0.1:{free_port()}"), lambda asked: open_raw(asked, QUICK))
