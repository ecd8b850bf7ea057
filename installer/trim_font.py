"""Trim Noto Sans SC Bold to the characters papers may set in bold; Regular stays whole.

Run once by hand with fonttools installed: python installer/trim_font.py FULL.ttf OUT.ttf
Kept: the 8,105 standard characters, GB 2312, Latin, punctuation and symbols. What
the trimmed font lacks is printed in Regular. The licence (OFL-1.1) allows it: "Noto"
is no reserved font name.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

STANDARD = Path(__file__).parent.parent / "resources" / "fonts" / "standard_characters.txt"
SYMBOLS = (
    (0x20, 0x250),
    (0x370, 0x400),
    (0x2000, 0x2070),
    (0x20A0, 0x20C0),
    (0x2100, 0x2800),
    (0x3000, 0x3130),
    (0x3200, 0x3400),
    (0xFE30, 0xFE50),
    (0xFF00, 0xFFF0),
)


def wanted() -> set[int]:
    """Return the code points to keep."""
    lines = STANDARD.read_text(encoding="utf-8").splitlines()
    keep = {ord(character) for line in lines if not line.startswith("#") for character in line}
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                keep.add(ord(bytes([high, low]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    for first, end in SYMBOLS:
        keep.update(range(first, end))
    return keep


def trim(source: Path, target: Path) -> None:
    """Write the trimmed font; hinting and layout tables go, as printing uses neither."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "vhea", "vmtx", "VORG", "STAT", "BASE", "DSIG", "meta"]
    font = subset.load_font(str(source), options)
    worker = subset.Subsetter(options)
    worker.populate(unicodes=wanted())
    worker.subset(font)
    subset.save_font(font, str(target), options)


if __name__ == "__main__":
    trim(Path(sys.argv[1]), Path(sys.argv[2]))
