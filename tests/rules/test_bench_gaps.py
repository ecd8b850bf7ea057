"""The rules behind the gaps of the bench: storage fees, warranty terms, reasons as codes, commands that need proof."""

from __future__ import annotations

import pytest

from deskapp import catalogue
from deskapp.rules.depot import codes_of_reason, keys_gone_by
from deskapp.rules.numbers import COMMANDS, DANGEROUS_COMMANDS, ScanKind, parse_scan
from deskapp.rules.storage_fee import Terms, reckon, terms_of
from deskapp.rules.warranty_terms import CONTRACT, GRACE, MODEL, REPAIR, Said, from_entry, term


@pytest.mark.parametrize(
    ("waited", "days", "fen", "capped"),
    [(0, 0, 0, False), (30, 0, 0, False), (31, 1, 100, False), (119, 89, 8900, False), (120, 90, 9000, False),
     (121, 91, 9000, True), (400, 370, 9000, True)],
)  # fmt: skip
def test_storage_costs_nothing_while_it_is_free_then_by_the_day_up_to_the_cap(
    waited: int, days: int, fen: int, capped: bool
) -> None:
    fee = reckon(Terms("2025-01", 30, 100, 9000), waited)
    assert (fee.days, fee.fen, fee.capped) == (days, fen, capped)
    assert fee.to_record()["price_list"] == "2025-01"


def test_the_lines_of_a_price_list_say_the_terms_of_storage() -> None:
    assert terms_of("a", {"STO-DAY": 50, "STO-FREE-7": 0, "STO-CAP": 100}) == Terms("a", 7, 50, 100)
    assert terms_of("b", {"STO-DAY": 50, "STO-FREE-X": 0}) == Terms("b", 30, 50, 0)
    assert reckon(terms_of("c", {}), 500).fen == 0, "a list without a line for storage charges none"


def test_the_first_source_that_says_a_term_counts_and_of_several_contracts_the_longest() -> None:
    short, long = Said(CONTRACT, "A", {REPAIR: 4}), Said(CONTRACT, "B", {REPAIR: 9})
    model = Said(MODEL, "N910", {REPAIR: 24, GRACE: 1})
    assert term(REPAIR, [short, long, model], 3).to_record() == {"months": 9, "source": "contract", "name": "B"}
    assert term(GRACE, [short, long, model], 3).to_record() == {"months": 1, "source": "model", "name": "N910"}
    usual = term(GRACE, [short], 3)
    assert usual.to_record() == {"months": 3, "source": "usual", "name": ""}
    assert from_entry({"until": "2026-01-01"}) is None and from_entry(usual.to_record()) == usual


def test_a_contract_is_known_by_a_word_in_its_kind() -> None:
    assert catalogue.contract_terms("年度维保合同") == catalogue.contract_terms("maintenance") == {"repair_months": 6}
    assert catalogue.contract_terms("") == catalogue.contract_terms("收单") == {}


def test_reasons_of_older_versions_are_words_and_stay_words() -> None:
    assert codes_of_reason(keys_gone_by(["replace_board", "reload_firmware"])) == ("replace_board", "reload_firmware")
    assert codes_of_reason(keys_gone_by([])) == ("tamper",)
    assert codes_of_reason("更换主板") == ()


def test_every_grave_word_of_the_sheet_is_a_command() -> None:
    assert DANGEROUS_COMMANDS < COMMANDS and not DANGEROUS_COMMANDS & {"OK", "NEXT", "UNDO", "PRINT"}
    assert {parse_scan(f"X:{word}").kind for word in COMMANDS} == {ScanKind.COMMAND}
