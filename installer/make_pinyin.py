"""Build `resources/catalogue/pinyin.tsv.xz` from pypinyin (MIT), a tool of development only.

    python installer/make_pinyin.py

The table says with which Latin letters the readings of a character begin, so that a clerk
finds 重庆 by `cq`. Each line of the file is `everyday[-rare]<TAB>characters`: the first letters
of the everyday readings, the most usual one first, then after a hyphen those of rare and
old readings. Usual is what the word list of pypinyin shows; readings as surnames count as
everyday ones. Characters: CJK Unified Ideographs, extension A, and those of the further
extensions that the shipped font can draw (rare surnames, elements).
"""

from __future__ import annotations

import lzma
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

from pypinyin.constants import PINYIN_DICT
from pypinyin.phrases_dict import phrases_dict
from reportlab.pdfbase.ttfonts import TTFont

RESOURCES = Path(__file__).resolve().parent.parent / "resources"
TARGET = RESOURCES / "catalogue" / "pinyin.tsv.xz"
FONT = RESOURCES / "fonts" / "NotoSansSC-Regular.ttf"

# A reading that makes up less than this share of a character's occurrences in words is rare.
RARE_SHARE = 0.04

RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))

# Surnames that are read differently from the usual word; letters of the reading as a surname.
_AS_SURNAME = (
    "曾z 单s 仇q 解x 盖g 尉wy 万wm 区o 朴p 查z 翟zd 乐yl 员y 种c 繁p 秘b 召s 盛s "
    "祭z 缪m 谌cs 黑h 折s 逄p 冼x 那n 覃qt 隗wk 车c 呙g 柏b 晟sc 沈s 哈h 句g 洗x "
    "佴n 便p 不f 费fb 贾j 郗xc 郇xh 藉j 乜n 葛g 长cz 行xh 适k 瞿q 令l 褚c 訾z 卜b "
    "都d 牟m 参s 薄b"
)
SURNAMES = {entry[0]: entry[1:] for entry in _AS_SURNAME.split()}


def letter(reading: str) -> str:
    """First Latin letter of a reading, without tone marks; empty for readings without a vowel."""
    bare = unicodedata.normalize("NFD", reading)
    first = bare[:1].lower()
    return first if "a" <= first <= "z" else ""


def usage() -> dict[str, Counter[str]]:
    """How often each first letter of a character is met in the word list."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for word, readings in phrases_dict.items():
        for character, choices in zip(word, readings, strict=False):
            first = letter(choices[0])
            if first:
                seen[character][first] += 1
    return seen


def key_of(character: str, readings: str, seen: Counter[str]) -> str:
    """The `everyday[-rare]` letters of one character; empty if it has no Latin reading."""
    order: list[str] = []
    for reading in readings.split(","):
        first = letter(reading)
        if first and first not in order:
            order.append(first)
    if not order:
        return ""
    surname = SURNAMES.get(character, "")
    total = sum(seen.values())
    if total:
        everyday = [order[0]] if seen[order[0]] or total < 5 else []
        everyday += [one for one in order if one not in everyday and seen[one] / total >= RARE_SHARE]
        everyday.sort(key=lambda one: -seen[one])
        if not everyday:
            everyday = [order[0]]
    else:
        everyday = [order[0]]
    everyday += [one for one in surname if one not in everyday]
    rare = [one for one in order if one not in everyday]
    return "".join(everyday) + ("-" + "".join(rare) if rare else "")


def table() -> str:
    """The whole table as text."""
    seen = usage()
    groups: dict[str, list[str]] = defaultdict(list)
    drawable = _drawable()
    for code, readings in sorted(PINYIN_DICT.items()):
        wanted = any(low <= code <= high for low, high in RANGES) or code in drawable
        if not wanted:
            continue
        key = key_of(chr(code), readings, seen.get(chr(code), Counter()))
        if key:
            groups[key].append(chr(code))
    return "".join(f"{key}\t{''.join(groups[key])}\n" for key in sorted(groups))


def _drawable() -> frozenset[int]:
    """Code points the shipped font can draw: what nobody can print, nobody types either."""
    face = TTFont("desk", str(FONT)).face
    return frozenset(face.charToGlyph)


def main() -> int:
    """Write the table."""
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(table().encode("utf-8"), preset=9 | lzma.PRESET_EXTREME)
    TARGET.write_bytes(packed)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
