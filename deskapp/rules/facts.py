"""Taking back a fact: nothing is edited away, a later fact voids an earlier one.

Facts stand in the order of the journal, so the fact that voids comes after the one it voids.
A voiding fact can itself be voided; then the first one counts again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Voidable(Protocol):
    """A fact that can be taken back by a later one."""

    @property
    def uid(self) -> str: ...

    @property
    def voids(self) -> str | None: ...


F = TypeVar("F", bound=Voidable)


def without_voided(facts: Sequence[F]) -> tuple[list[F], list[F]]:
    """Return the facts that count (neither voided nor voiding), and the voiding facts that void nothing."""
    known = {fact.uid for fact in facts if fact.uid}
    voided: set[str] = set()
    for fact in reversed(facts):
        if fact.voids and not (fact.uid and fact.uid in voided):
            voided.add(fact.voids)
    counted = [fact for fact in facts if not fact.voids and not (fact.uid and fact.uid in voided)]
    dangling = [fact for fact in facts if fact.voids and fact.voids not in known]
    return counted, dangling
