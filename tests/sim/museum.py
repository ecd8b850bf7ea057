"""The bug museum: mistakes that other sync engines made, each done to our own code by exchanging one function.

A mutant never lives in the product: `bred` swaps the function while a world is played. Each one has to be found by the
simulator within a few worlds, or by a named test; `test_museum` does both, and docs/sync.md shows who finds which.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from tests.sim import mutants
from tests.sim.mutants import Swap


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. `first` are seeds of worlds that are known to show it; `killer` a test, where worlds cannot."""

    name: str
    seen_at: str
    breed: Callable[[], list[Swap]]
    first: tuple[int, ...] = ()
    killer: str = ""


@contextmanager
def bred(mutant: Mutant) -> Iterator[None]:
    """Let the program make this mistake."""
    with ExitStack() as stack:
        for target, name, value in mutant.breed():
            stack.enter_context(patch.object(target, name, value))
        yield


_TABLE: tuple[tuple[Callable[[], list[Swap]], str, str], ...] = (
    (mutants.bigserial, "commanded/eventstore#3, Eventuous#222", ""),
    (mutants.gap_timeout, "JasperFx/marten#3865, couchbase/sync_gateway#1309", ""),
    (mutants.cursor_before_data, "apache/pouchdb#1240, tursodatabase/libsql PR #398", ""),
    (mutants.ignored_during_push, "pubkey/rxdb#5571", ""),
    (mutants.marked_as_sent, "Nozbe/WatermelonDB#1374", ""),
    (mutants.deleted_comes_back, "Nozbe/WatermelonDB#649", ""),
    (mutants.queue_blocks_downloads, "powersync-ja/powersync-js#1058", ""),
    (mutants.own_change_flickers, "nowhere: it is what I8 forbids", ""),
    (mutants.bad_head_blocks_queue, "powersync.dart#307",
     "tests/server/test_conflicts.py::test_a_malformed_act_is_rejected_and_those_behind_it_are_taken"),
    (mutants.flag_survives_crash, "powersync-sqlite-core#162", ""),
    (mutants.exit_judged_after_commit, "electric-sql/electric#4004", ""),
    (mutants.entry_skipped, "electric-sql/pglite#883", ""),
    (mutants.removed_while_readable, "couchbase/sync_gateway PR #5021",
     "tests/sync/test_absorb.py::test_a_row_stays_while_any_scope_holds_it"),
    (mutants.revoked_before_dropped, "couchbase/sync_gateway#1791", ""),
    (mutants.mover_not_told, "couchbase-lite-c#241", ""),
    (mutants.touch_beats_edit, "open-spaced-repetition/fsrs4anki-helper#648", ""),
    (mutants.stale_edit_wins, "Nozbe/WatermelonDB#1114", ""),
    (mutants.local_time_cursor, "Nozbe/WatermelonDB#1192", ""),
    (mutants.made_twice_after_timeout, "odoo/odoo#40567", ""),
    (mutants.cloned_counter, "odoo/odoo#7388", ""),
    (mutants.cloned_client, "tursodatabase/turso#8129", ""),
    (mutants.server_rewound, "anolilab/lunora#752", ""),
    (mutants.compaction_resets_versions, "arul28/ADE#1063", ""),
    (mutants.tidied_below_a_cursor, "turso PR #5994", ""),
    (mutants.conflict_drops_queue, "hyperb1iss/sibyl#265", ""),
    (mutants.refused_and_shown_as_done, "elk-work/ark#46, rocicorp/replicache#466",
     "tests/sync/test_absorb.py::test_a_refused_change_gives_way_to_what_was_before"),
    (mutants.mismatch_overwrites, "ankidroid/Anki-Android#3574", ""),
    (mutants.claim_believed, "nowhere: who may write what",
     "tests/server/test_rights.py::test_nobody_is_an_administrator_by_claiming_so"),
    (mutants.names_of_groups_believed, "here, before it was tried",
     "tests/server/test_stolen_key.py::test_a_program_that_calls_itself_newer_hides_no_roles_among_habits"),
    (mutants.erased_comes_back, "nowhere: decision 0019",
     "tests/sync/test_erasing_photos.py"
     "::test_photos_of_a_person_go_at_the_server_and_at_every_desk_and_nobody_brings_them_again"),
    (mutants.together_unaware, "nowhere: pushes that come at one moment",
     "tests/server/test_together.py"
     "::test_an_act_that_two_disks_hold_is_taken_once_though_both_push_it_in_one_transaction"),
    (mutants.overlap_forgets, "nowhere: an answer is laid down while the next is awaited",
     "tests/sync/test_overlap.py::test_what_cannot_be_laid_down_meanwhile_is_asked_for_again[wrong0]"),
    (mutants.lost_answer_drops_debt, "nowhere: the same, and that next answer never comes", ""),
    (mutants.late_answer_heard, "nowhere: HTTP of our own on a kept line",
     "tests/sync/test_spoken.py::test_an_answer_that_comes_too_late_is_never_the_answer_to_the_next_question"),
    (mutants.number_unseen, "nowhere: a copied disk prints numbers that were printed", ""),
    (mutants.small_picture_stays, "nowhere: decision 0021",
     "tests/sync/test_thumbnails.py"
     "::test_erased_with_the_photo_it_stands_nowhere_at_the_server_or_at_any_desk"),
)  # fmt: skip

FIRST: dict[str, tuple[int, ...]] = {
    "bigserial": (1,),
    "gap_timeout": (0,),
    "cursor_before_data": (0,),
    "ignored_during_push": (0,),
    "marked_as_sent": (2,),
    "deleted_comes_back": (8,),
    "queue_blocks_downloads": (3,),
    "own_change_flickers": (0,),
    "flag_survives_crash": (17,),
    "exit_judged_after_commit": (18,),
    "entry_skipped": (1,),
    "revoked_before_dropped": (8,),
    "mover_not_told": (18,),
    "touch_beats_edit": (58,),
    "stale_edit_wins": (13,),
    "local_time_cursor": (2,),
    "made_twice_after_timeout": (4,),
    "cloned_counter": (4,),
    "cloned_client": (2,),
    "server_rewound": (26,),
    "compaction_resets_versions": (116,),
    "tidied_below_a_cursor": (25,),
    "conflict_drops_queue": (4,),
    "mismatch_overwrites": (53,),
    "lost_answer_drops_debt": (55,),
    "number_unseen": (49,),
}
"""Worlds in which a mutant is known to show itself; where none of them does any more, others are searched."""

BEGINS = "===== mutant "
"""Begins the part of the output that is about one mutant."""

BY: dict[str, str] = {"own_change_flickers": "I8", "number_unseen": "I20 of copies"}
"""The invariant that has to see a mistake, where others see it too."""

MUTANTS = tuple(
    Mutant(breed.__name__, seen_at, breed, FIRST.get(breed.__name__, ()), killer) for breed, seen_at, killer in _TABLE
)


def page() -> str:
    """Return the table of the documentation: each mistake, where it was seen, and who finds it here."""
    lines = ["| mistake | seen at | what it does | found by |", "| --- | --- | --- | --- |"]
    for one in MUTANTS:
        what = " ".join((one.breed.__doc__ or "").split())
        killer = f"`{one.killer}`" if one.killer else f"the simulator, for instance in world {one.first[0]}"
        lines.append(f"| {one.name.replace('_', ' ')} | {one.seen_at} | {what} | {killer} |")
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """`--page` prints the table; names of mutants run the tests that have to find them, and say how each ended."""
    if words == ["--page"]:
        sys.stdout.write(page())
        return 0
    ended = 1
    for mutant in (one for one in MUTANTS if one.name in words):
        sys.stdout.write(f"{BEGINS}{mutant.name}\n")
        with bred(mutant):
            ended &= int(
                pytest.main(["-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-k", "not postgres", mutant.killer])
            )
    return ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
