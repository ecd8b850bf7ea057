"""One picture of dots, as thermal heads burn it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image  # loaded where it draws: the desk knows the languages long before it prints


@dataclass(frozen=True, slots=True)
class Bits:
    """A picture of `width` x `height` dots; 1 = black, first dot in the highest bit.

    Each row is padded with white to whole bytes; `rows` holds them from top to
    bottom. ValueError if `rows` has another length or a padding bit is black.
    """

    width: int
    height: int
    rows: bytes

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a picture of {self.width} x {self.height} dots")
        stride = self.stride
        if len(self.rows) != stride * self.height:
            raise ValueError(f"{len(self.rows)} bytes for {self.width} x {self.height} dots")
        spare = stride * 8 - self.width
        if spare and any(last & ((1 << spare) - 1) for last in self.rows[stride - 1 :: stride]):
            raise ValueError("the padding is not white")

    @property
    def stride(self) -> int:
        """Bytes in a row."""
        return (self.width + 7) // 8

    @staticmethod
    def of_picture(picture: Image.Image) -> Bits:
        """Return the dots of a picture; what is not 1-bit is cut at half, never dithered."""
        plain = picture if picture.mode == "1" else picture.convert("L").point(lambda grey: 255 * (grey > 127), "1")
        raw = bytearray(plain.tobytes().translate(_OTHERWISE))
        if spare := -plain.width % 8:
            stride = (plain.width + 7) // 8
            last = slice(stride - 1, None, stride)
            raw[last] = bytes(byte & 0xFF << spare & 0xFF for byte in raw[last])
        return Bits(plain.width, plain.height, bytes(raw))

    def picture(self) -> Image.Image:
        """Return the dots as a 1-bit picture, 0 = black: what a preview shows."""
        from PIL import Image

        return Image.frombytes("1", (self.width, self.height), self.rows.translate(_OTHERWISE))

    def inverted(self) -> bytes:
        """Return the rows with 0 = black, padding white as well."""
        return self.rows.translate(_OTHERWISE)

    def fitted(self, width: int, height: int, *, left: int = 0) -> Bits:
        """Take `left` dots off the left, then crop at the right and below, or pad there with white."""
        if (width, height, left) == (self.width, self.height, 0):
            return self
        from PIL import Image

        board = Image.new("1", (width, height), 255)
        board.paste(self.picture(), (-left, 0))
        return Bits.of_picture(board)

    def rotated(self) -> Bits:
        """Turn by 180 degrees."""
        from PIL import Image

        return Bits.of_picture(self.picture().transpose(Image.Transpose.ROTATE_180))

    def bands(self, rows: int) -> list[Bits]:
        """Cut from top to bottom into pieces of at most `rows` rows."""
        stride = self.stride
        return [
            Bits(self.width, min(rows, self.height - top), self.rows[top * stride : (top + rows) * stride])
            for top in range(0, self.height, rows)
        ]

    def black_box(self) -> tuple[int, int, int, int] | None:
        """Return the smallest (left, top, right, bottom) around all black dots; None for white paper."""
        from PIL import Image

        return Image.frombytes("1", (self.width, self.height), self.rows).getbbox()

    def black(self) -> int:
        """Return how many dots are black."""
        return int.from_bytes(self.rows).bit_count()

    def black_share(self) -> float:
        """Return how much of the paper is black, 0-1: what a battery or a weak power supply has to bear."""
        return self.black() / (self.width * self.height)

    def darkest_run(self) -> int:
        """Return the longest run of rows that are more than half black: such a bar sticks and smears."""
        stride, best, run = self.stride, 0, 0
        for top in range(0, len(self.rows), stride):
            dark = int.from_bytes(self.rows[top : top + stride]).bit_count() * 2 > self.width
            run = run + 1 if dark else 0
            best = max(best, run)
        return best


_OTHERWISE = bytes(255 - value for value in range(256))
