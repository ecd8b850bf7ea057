"""What a raw printer has to be told before it prints: medium, heat, speed and what comes after the paper."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deskapp.print.raw.bits import Bits

# Heads of receipt printers in dots: 48 mm of a 58 mm roll, 72 mm of an 80 mm roll, and 80 mm wide heads.
ROLL_HEADS = {58: 384, 80: 576, 82: 640}


class Feed(StrEnum):
    """How the printer finds where one piece ends and the next begins."""

    GAP = "gap"
    MARK = "mark"
    CONTINUOUS = "continuous"


@dataclass(frozen=True, slots=True)
class Setup:
    """The whole set-up of one job, sent with every job: nothing of the program before may remain.

    `width_dots` x `height_dots` is the piece; height 0 on a continuous roll means "as
    long as the picture". `gap_mm` is the length of the gap, or of the black mark.
    `darkness` is per cent of what the printer can (0-100), `speed` inches a second
    (ESC/POS: the printer's own level 1-9); None leaves both as the printer has them.
    `head_dots` is the width of a roll printer's head (0 = the width of the piece);
    `columns` prints a roll by `ESC *`, for clones that do not know `GS v 0`. `cut` and
    `drawer` come after each piece. ValueError for what no printer can do.
    """

    dots_per_mm: int
    width_dots: int
    height_dots: int = 0
    feed: Feed = Feed.GAP
    gap_mm: float = 2.0
    darkness: int | None = None
    speed: int | None = None
    rotate: int = 0
    cut: bool = False
    drawer: bool = False
    copies: int = 1
    head_dots: int = 0
    columns: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.dots_per_mm <= 48:
            raise ValueError(f"{self.dots_per_mm} dots per mm")
        if not 8 <= self.width_dots <= 32_000 or not 0 <= self.height_dots <= 32_000:
            raise ValueError(f"a piece of {self.width_dots} x {self.height_dots} dots")
        if self.height_dots == 0 and self.feed is not Feed.CONTINUOUS:
            raise ValueError("a label has a height")
        if not 0 <= self.gap_mm <= 25.4:
            raise ValueError(f"a gap of {self.gap_mm} mm")
        if self.darkness is not None and not 0 <= self.darkness <= 100:
            raise ValueError(f"a darkness of {self.darkness} per cent")
        if self.speed is not None and not 1 <= self.speed <= 14:
            raise ValueError(f"a speed of {self.speed}")
        if self.rotate not in (0, 180):
            raise ValueError(f"turned by {self.rotate} degrees")
        if not 1 <= self.copies <= 999:
            raise ValueError(f"{self.copies} copies")
        if self.head_dots and (self.head_dots % 8 or not 8 <= self.head_dots <= 32_000):
            raise ValueError(f"a head of {self.head_dots} dots")

    @property
    def head(self) -> int:
        """The width that is burned, in dots."""
        return self.head_dots or self.width_dots

    def fitted(self, bits: Bits) -> Bits:
        """Return the picture as it has to be burned: turned, cropped or padded to the head and the piece.

        A roll is wider than its head, and the head sits in its middle: of a picture of
        the whole roll the same goes off at both sides. Labels begin at the left.
        """
        turned = self._turned(bits)
        return turned.fitted(self.head, self.height_dots or turned.height, left=self._off(turned))

    def loses(self, bits: Bits) -> bool:
        """Say whether something of the picture would not be burned: a warning for the clerk.

        The last dot of a line that runs to the very edge is not counted.
        """
        turned = self._turned(bits)
        box = turned.black_box()
        if box is None:
            return False
        left = self._off(turned)
        low = self.height_dots or turned.height
        return box[0] < left - 1 or box[2] > left + self.head + 1 or box[3] > low + 1

    def _turned(self, bits: Bits) -> Bits:
        return bits.rotated() if self.rotate == 180 else bits

    def _off(self, bits: Bits) -> int:
        """How many dots go off at the left."""
        return max(0, bits.width - self.head) // 2 if self.feed is Feed.CONTINUOUS else 0
