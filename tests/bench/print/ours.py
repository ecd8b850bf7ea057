"""Our side of the same tasks, with nothing loaded that the paper does not need.

python ours.py TASK COUNT OUT TIMES
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import gc
import json
import os
import time
from collections.abc import Callable

TASK, COUNT, OUT, TIMES = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])


def labels(cards: list[object]) -> None:
    """Make the PDF of some labels, as the program does, and put it on the disk."""
    from deskapp.print import render
    from deskapp.print.edition import Edition

    made = render.render_many([("device_label", card) for card in cards], Edition("label-60x40", "zh_CN"))  # type: ignore[misc]
    OUT.write_bytes(made.pdf)


def receipt(card: object) -> None:
    """Make a receipt, as the program does, and put it on the disk."""
    from deskapp.print import render
    from deskapp.print.edition import Edition
    from tests.print import samples

    made = render.render("repair_receipt", card, Edition("a5", "zh_CN", printed_at_ms=samples.NOW))  # type: ignore[arg-type]
    OUT.write_bytes(made.pdf)


def timed(make: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds of one call by the clock, and of the processor."""
    start, cpu = time.perf_counter(), time.process_time()
    make()
    return time.perf_counter() - start, time.process_time() - cpu


def medians(found: list[tuple[float, float]]) -> dict[str, float]:
    """Return both medians, and the least by the clock."""
    import statistics  # a fresh process does without

    told = {"seconds": statistics.median(one[0] for one in found), "cpu": statistics.median(one[1] for one in found)}
    return {**told, "least": min(one[0] for one in found)}


def main() -> None:
    """Do one task and tell what it cost as one line of JSON."""
    told: dict[str, float] = {}
    if TASK in ("warm", "receipt"):
        gc.disable()  # as the window does: it looks for garbage at moments of its own (deskapp/ui/garbage.py)
    if TASK == "fresh":
        from deskapp.rules import papers

        labels([papers.from_json(OUT.with_name("card.json").read_text("utf-8"))])
        told.update(at=time.monotonic(), cpu=time.process_time())
    elif TASK == "receipt":
        from tests.bench.print import cards

        papers_given = cards.receipts(COUNT)
        for card in papers_given[:10]:
            receipt(card)
        told = medians([timed(lambda one=one: receipt(one)) for one in papers_given[10 : TIMES + 10]])  # type: ignore[misc]
    else:
        from tests.bench.print import cards

        given: list[object] = list(cards.labels(COUNT))
        if TASK == "many":
            told = medians([timed(lambda: labels(given))])
        else:
            for card in given[:10]:
                labels([card])
            told = medians([timed(lambda one=one: labels([one])) for one in given[10 : TIMES + 10]])  # type: ignore[misc]
    import resource

    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told["bytes"] = OUT.stat().st_size
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    os._exit(0)


main()
