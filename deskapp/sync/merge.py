"""What becomes of a change to a field group that somebody else has changed meanwhile. Pure, and the same everywhere.

The unit is the field group: columns that change together, so that no record arises which nobody wrote. What a
station saw is named by a version (the operation that last set the group). If that is still the current one, the
change holds. If not: equal values are nothing new; a text is woven together line by line, then word by word;
identity fields stay as they were first accepted; for all others the later time the server counts wins. What
loses is returned, never dropped: the server puts it on a card for a person.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

MOST_LINES: Final = 2_000
MOST_WORDS: Final = 4_000
"""Beyond so many lines or words a text is not woven: it counts as changed in one piece."""

MOST_STEPS: Final = 500_000
"""Comparisons of lines and words for one text. A thousand lines that are all alike would take more than a minute."""

AHEAD_MS: Final = 2_000
"""How far after its receipt a change may be dated."""

TEXTS: Final = frozenset((
    ("service_ticket", "words"), ("repair_item", "words"), ("merchant", "note"), ("device", "note"),
    ("device_model", "note"), ("service_contract", "open_questions"),
))  # fmt: skip
"""Free texts, by entity and column."""

IDENTITIES: Final = frozenset((("merchant", "identity"), ("device", "identity")))
"""Field groups that say what a thing is, by entity and group: the first accepted stays."""

LEAVING: Final = ("staff", "roles")
"""The group that says whether somebody is at work: who was let go stays so until somebody who saw it says else."""

_WORD: Final = re.compile(r"[0-9A-Za-z]+|\s|.", re.DOTALL)


class Outcome(StrEnum):
    """How a change to a field group came out."""

    SET = "set"  # nobody else had changed it
    SAME = "same"  # it says what is there already
    WOVEN = "woven"  # both changes of a text are in the result
    WON = "won"  # it replaces the other change
    LOST = "lost"  # the other change stays
    KEPT = "kept"  # identity: the first accepted stays


@dataclass(frozen=True, slots=True)
class Version:
    """Who last set a group: the operation's uid (empty: its creation) and the time counted for it (ms UTC)."""

    uid: str = ""
    eff: int = 0


class Judged(NamedTuple):
    """`values` are what the columns are to be now (those that change), `lost` what is not to be seen any more."""

    outcome: Outcome
    values: Mapping[str, Any]
    lost: Mapping[str, Any]


def judge(
    entity: str,
    group: str,
    change: Mapping[str, Any],
    mine: Version,
    base: str,
    current: Mapping[str, Any],
    theirs: Version,
    before: Mapping[str, Any] | None,
) -> Judged:
    """Judge one change.

    `change` are the columns that the operation sets, `mine` its uid and time, `base` the version it replaces;
    `current` all columns of the group as they are, `theirs` who set them last; `before` all columns of
    the group as they were at `base`, None where nobody knows any more.
    """
    if base == theirs.uid:
        return Judged(Outcome.SET, dict(change), {})
    if all(name in current and current[name] == value for name, value in change.items()):
        return Judged(Outcome.SAME, {}, {})
    if (entity, group) in IDENTITIES:
        return Judged(Outcome.KEPT, {}, _different(change, current))
    later = (mine.eff, mine.uid) > (theirs.eff, theirs.uid)
    saw = current if before is None else before
    whole = {**saw, **change}
    if (entity, group) == LEAVING and bool(whole.get("active", True)) != bool(current.get("active", True)):
        later = not whole.get("active", True)
    woven: dict[str, Any] = {}
    for name in whole:
        if before is not None and (entity, name) in TEXTS and _are_texts(before, whole, current, name):
            text, clean = weave(before[name], whole[name], current[name], mine_later=later)
            if clean:
                woven[name] = text
    rest = {name: value for name, value in whole.items() if name not in woven}
    here = {name: current.get(name) for name in rest}
    if rest == here or (before is not None and all(rest[name] == before.get(name) for name in rest)):
        # Nothing but texts was changed here, and they went together.
        return Judged(Outcome.WOVEN, _different(woven, current), {})
    if before is not None and all(here[name] == before.get(name) for name in rest):
        return Judged(Outcome.WOVEN, _different({**rest, **woven}, current), {})
    if later:
        return Judged(Outcome.WON, _different({**rest, **woven}, current), _different(here, rest))
    return Judged(Outcome.LOST, _different(woven, current), _different(rest, current))


def effective_time(said: int, offset: int, since: int, received: int, bases: Sequence[int]) -> int:
    """Return the time that counts for a change, in ms UTC.

    `said` is what the station's clock showed, `offset` the server's time less the station's when it asked, `since`
    its contact before, `received` now. A clock that is wrong by years can place a change only
    between that contact and its receipt; it comes after every version it was built on (`bases`).
    """
    at = max(min(said + offset, received + AHEAD_MS), since)
    return max([at, *(base + 1 for base in bases)])


def _are_texts(before: Mapping[str, Any], whole: Mapping[str, Any], current: Mapping[str, Any], name: str) -> bool:
    return all(isinstance(one.get(name), str) for one in (before, whole, current))


def _different(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in others or others[name] != value}


# -- texts -------------------------------------------------------------------------------


class Hunk(NamedTuple):
    """A stretch of the text both came from that one side replaced: from, to (not with it), by what."""

    start: int
    end: int
    new: tuple[str, ...]


def weave(base: str, mine: str, theirs: str, *, mine_later: bool) -> tuple[str, bool]:
    """Return both changes of a text in one, and whether nothing was lost; where they overlap the later one stays."""
    if mine == theirs or theirs == base:
        return mine, True
    if mine == base:
        return theirs, True
    lines = base.split("\n"), mine.split("\n"), theirs.split("\n")
    if max(map(len, lines)) > MOST_LINES:
        return (mine if mine_later else theirs), False
    clean, steps = True, _Steps()

    def overlap(old: Sequence[str], left: Sequence[str], right: Sequence[str]) -> Sequence[str]:
        nonlocal clean
        if not old:
            # Both added lines at one place: both stay, the earlier first.
            return [*right, *left] if mine_later else [*left, *right]
        text, fits = _weave_words("\n".join(old), "\n".join(left), "\n".join(right), mine_later=mine_later, steps=steps)
        clean = clean and fits
        return text.split("\n")

    try:
        return "\n".join(_woven(*lines, overlap, steps)), clean
    except _TooMany:
        return (mine if mine_later else theirs), False


def _weave_words(base: str, mine: str, theirs: str, *, mine_later: bool, steps: _Steps) -> tuple[str, bool]:
    words = [_WORD.findall(text) for text in (base, mine, theirs)]
    later = mine if mine_later else theirs
    if max(map(len, words)) > MOST_WORDS:
        return later, False
    clean = True

    def overlap(_old: Sequence[str], left: Sequence[str], right: Sequence[str]) -> Sequence[str]:
        nonlocal clean
        clean = False
        return left if mine_later else right

    woven = "".join(_woven(words[0], words[1], words[2], overlap, steps))
    # Half a sentence of each is a sentence nobody wrote: where words overlap, the later text stays whole.
    return (woven, True) if clean else (later, False)


Overlap = Callable[[Sequence[str], Sequence[str], Sequence[str]], Sequence[str]]


def _woven(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], overlap: Overlap, steps: _Steps
) -> list[str]:  # fmt: skip
    """Lay the hunks of both sides over the base; `overlap` decides about stretches that both replaced."""
    left, right = _hunks(base, mine, steps), _hunks(base, theirs, steps)
    out: list[str] = []
    at = 0
    while left or right:
        first = min([*left[:1], *right[:1]], key=lambda hunk: (hunk.start, hunk.end))
        start, end = first.start, first.end
        some: tuple[list[Hunk], list[Hunk]] = ([], [])
        grew = True
        while grew:
            grew = False
            for side, taken in ((left, some[0]), (right, some[1])):
                while side and (side[0].start < end or side[0].start == start or side[0].start == side[0].end == end):
                    hunk = side.pop(0)
                    taken.append(hunk)
                    end, grew = max(end, hunk.end), True
        out += base[at:start]
        old = base[start:end]
        mines, others = _applied(old, some[0], start), _applied(old, some[1], start)
        if not some[1] or mines == others:
            out += mines
        elif not some[0]:
            out += others
        else:
            out += overlap(old, mines, others)
        at = end
    return [*out, *base[at:]]


class _TooMany(Exception):
    """Two texts are so much alike in so many places that comparing them would take too long."""


@dataclass(slots=True)
class _Steps:
    """Comparisons that are left for one text."""

    left: int = MOST_STEPS


class _Matcher(difflib.SequenceMatcher[str]):
    """Compares two texts in a bounded number of steps; raises _TooMany."""

    def __init__(self, base: Sequence[str], changed: Sequence[str], steps: _Steps) -> None:
        super().__init__(None, base, changed, autojunk=False)
        self._base, self._times, self._steps = base, Counter(changed), steps

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:  # fmt: skip
        """Return the longest stretch that both have; each place of the one is held against its like in the other."""
        self._steps.left -= sum([self._times[word] + 1 for word in self._base[alo:ahi]])
        if self._steps.left < 0:
            raise _TooMany
        return super().find_longest_match(alo, ahi, blo, bhi)


def _hunks(base: Sequence[str], changed: Sequence[str], steps: _Steps) -> list[Hunk]:
    matcher = _Matcher(base, changed, steps)
    return [Hunk(a, b, tuple(changed[c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"]


def _applied(old: Sequence[str], hunks: Sequence[Hunk], start: int) -> list[str]:
    out: list[str] = []
    at = 0
    for hunk in hunks:
        out += [*old[at : hunk.start - start], *hunk.new]
        at = hunk.end - start
    return [*out, *old[at:]]
