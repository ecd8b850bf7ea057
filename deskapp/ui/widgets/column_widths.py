"""How wide the columns of a table are: as declared where there is room, else as narrow as their contents allow.

Large letters beside a form leave a table little room. Sideways scrolling would hide the last column and take the
height of a row, so the columns give way instead: first the air, then words that run on, then other words. Numbers
and headings come last: half a name is still a name, half a number is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """What one column asks for, px: its declared width (0 takes what is left), its heading, its widest contents.

    `number` is the width of the widest number among its contents, 0 where it has words only.
    """

    declared: int
    heading: int
    contents: int
    number: int = 0

    @property
    def needed(self) -> int:
        """The width at which nothing of it is cut; never more than declared, but for a number."""
        whole = max(self.heading, self.contents)
        return max(min(self.declared, whole), self.number) if self.declared else whole

    def least(self, narrow: int) -> int:
        """The width at which only words are cut: they keep their heading, and `narrow` where they need so much."""
        return min(self.needed, max(self.heading, self.number, narrow))


def widths(wishes: Sequence[Wish], room: int, least_open: int) -> list[int]:
    """Return the width of every column so that they fill the room; wider only where the headings alone are.

    `least_open` is what a column without a declared width gets at least where there is room for everything.
    """
    usual = _usual(wishes, room, least_open)
    if sum(usual) <= room or not wishes:
        return usual
    floors = [wish.needed if wish.declared else wish.least(least_open) for wish in wishes]
    if sum(floors) <= room:
        ceilings = [max(wish.declared, floor) if wish.declared else max(floor, wish.needed)
                    for wish, floor in zip(wishes, floors, strict=True)]  # fmt: skip
        shared = _between(floors, ceilings, room)
        # What nobody needs goes to the words that run on, as where there is room: no table ends before its edge.
        for place in [place for place, wish in enumerate(wishes) if not wish.declared][:1]:
            shared[place] += room - sum(shared)
        return shared
    # Words that run on give way before other words and states do, and those before numbers.
    half = least_open // 2
    soft = [floor if wish.declared else min(floor, wish.least(half))
            for wish, floor in zip(wishes, floors, strict=True)]  # fmt: skip
    if sum(soft) <= room:
        return _between(soft, floors, room)
    softer = [min(one, wish.least(half)) for wish, one in zip(wishes, soft, strict=True)]
    if sum(softer) <= room:
        return _between(softer, soft, room)
    return _between([min(wish.heading, narrow) for wish, narrow in zip(wishes, softer, strict=True)], softer, room)


def _usual(wishes: Sequence[Wish], room: int, least_open: int) -> list[int]:
    open_columns = sum(1 for wish in wishes if not wish.declared)
    fixed = sum(wish.declared for wish in wishes)
    left = max(least_open * open_columns, room - fixed)
    return [wish.declared or left // max(1, open_columns) for wish in wishes]


def _between(lows: Sequence[int], highs: Sequence[int], room: int) -> list[int]:
    """Share what is left above the lows by how much each could take; the last pixels go to the widest wish."""
    slack = [max(0, high - low) for low, high in zip(lows, highs, strict=True)]
    left = max(0, room - sum(lows))
    whole = sum(slack)
    if not whole:
        return list(lows)
    shared = [low + min(gap, left * gap // whole) for low, gap in zip(lows, slack, strict=True)]
    shared[slack.index(max(slack))] += max(0, room - sum(shared)) if left <= whole else 0
    return shared
