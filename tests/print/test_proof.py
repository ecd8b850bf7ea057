"""The picture before the print warns of codes that a printer was found too coarse for, and of no others."""

from __future__ import annotations

import pytest

from deskapp.print import raw_pieces
from deskapp.print.proof import proof
from deskapp.print.spooler import JobCard
from deskapp.rules import papers
from deskapp.rules.printer_profiles import Profile, Tune
from tests.print import samples


def job_of(card: papers.Card, medium: str) -> JobCard:
    return JobCard(
        "job-1", papers.kind_of(card), card.number, "", "", 0, "", "", "zh_CN", medium, "", "queued", "", 0,
        samples.NOW, samples.NOW, papers.to_json(card),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("medium", "dots", "smallest", "warned"),
    [
        ("label-60x40", 8, 0, False),  # never tried
        ("label-60x40", 8, 2, False),  # bars of two dots are read, and the label has no finer ones
        ("label-60x40", 8, 3, True),
        ("label-60x40", 12, 3, False),  # the same label at 300 dpi has bars of three dots
        ("label-60x40", 12, 4, True),
    ],
)
def test_a_code_too_fine_for_the_printer_is_told_by_its_real_bars(
    medium: str, dots: int, smallest: int, warned: bool
) -> None:
    tune = Tune(medium, smallest_module=smallest)
    profile = Profile("tcp://127.0.0.1:9100", language="zpl", dots_per_mm=dots, tunes={medium: tune})
    job = job_of(samples.device_label(), medium)

    for warnings in (proof(job, profile).warnings, raw_pieces.make(job, profile).warnings):
        found = {one.code: one.values for one in warnings}
        assert ("coarse" in found) is warned
        if warned:
            assert int(found["coarse"]["finest"]) < smallest == int(found["coarse"]["dots"])


def test_a_receipt_is_judged_by_its_own_code() -> None:
    for smallest, warned in ((2, False), (8, True)):
        tune = Tune("roll-80", smallest_module=smallest)
        profile = Profile("tcp://127.0.0.1:9100", language="escpos", tunes={"roll-80": tune})
        told = proof(job_of(samples.repair_receipt(), "roll-80"), profile).warnings
        assert ("coarse" in [one.code for one in told]) is warned
