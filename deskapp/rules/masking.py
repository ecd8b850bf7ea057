"""What of a personal value may be seen on lists, papers, exports and logs.

A mask never returns the whole value of a person: what cannot be read as its kind is hidden more, not
less. Showing the rest is an act of its own, with a permission, a reason and an entry in the journal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from deskapp.rules.identifier_cleaning import compact
from deskapp.rules.identifier_people import read_phone

_HIDDEN: Final = "****"

_PAIRS: Final = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离"
    "长孙宇文司徒鲜于司空闾丘子车亓官司寇巫马公西颛孙壤驷公良漆雕乐正宰父谷梁拓跋夹谷轩辕令狐段干百里呼延东郭"
    "南门羊舌微生左丘西门第五南荣东里东宫仲长即墨达奚褚师纳兰完颜叶赫那拉耶律哥舒贺兰贺若屈突斛律尔朱相里毋丘"
    "淳于单于太公公户歐陽諸葛東方獨孤司馬尉遲長孫聞人濮陽澹臺軒轅鮮于閭丘鍾離納蘭萬俟申屠"
)
COMPOUND_SURNAMES: Final = frozenset(
    first + second for first, second in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)
)
"""Surnames of two characters, traditional forms included."""

_HAN: Final = r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_PROVINCE: Final = rf"(?:{_HAN}{{2,8}}?(?:特别行政区|自治区|省))?"
# A street name may end a group only by mistake (菜市场, 小区): such endings are kept out.
_CITY: Final = rf"(?:(?:(?![路街巷号村]){_HAN}){{1,10}}?(?:自治州|地区|盟|市(?![场口民政])))?"
_INNER: Final = rf"{_HAN}{{0,1}}{_HAN}(?:(?![路街镇乡村巷弄号]){_HAN}){{0,13}}?"
_DISTRICT: Final = rf"(?:{_INNER}(?:(?<![小社校厂街景院片])区|县|旗|市(?![场口民政])))?"
_STREET: Final = (
    rf"(?:{_HAN}{{1,10}}?(?:街道|镇|乡))?(?:{_HAN}{{1,12}}?(?:大道|大街|路|街|道|巷|村|胡同|弄))?"
)


def mask(kind: str, text: str) -> str:
    """Return the masked form of a value: kinds `phone name resident_id merchant_no card address`.

    An address keeps its district, as papers do; `mask_address` has the form for staff. Nothing stays
    nothing. Raises ValueError for an unknown kind.
    """
    if kind not in _MASKS:
        raise ValueError(f"no mask for {kind!r}")
    stripped = text.strip()
    return _MASKS[kind](stripped) if stripped else ""


def mask_address(text: str, *, street: bool = False) -> str:
    """Return province, city and district of an address, with `street` also the name of the street."""
    clean = "".join(unicodedata.normalize("NFKC", text).split())
    if not clean:
        return ""
    # The module re keeps both patterns compiled; compiling takes 7 ms that starting up does not have.
    region = re.match(_PROVINCE + _CITY + _DISTRICT, clean)
    shown = region[0] if region else ""
    if street:
        name = re.match(_STREET, clean[len(shown) :])
        shown += name[0] if name else ""
    return shown + _HIDDEN


def surname(name: str) -> str:
    """Return the surname of a Chinese name, "" of any other: the first one or two characters."""
    han = "".join(name.split())
    if re.match(_HAN, han) is None or "·" in han:
        return ""
    return han[:2] if len(han) > 2 and han[:2] in COMPOUND_SURNAMES else han[:1]


def polite_name(name: str, title: str) -> str:
    """Return how papers name a person: the surname and the title given (先生, 女士), else the mask."""
    family = surname(name)
    return family + title if family else mask("name", name)


def _mask_phone(text: str) -> str:
    phone = read_phone(text)
    if phone is None:
        digits = compact(text)
        return _HIDDEN + (digits[-4:] if len(digits) >= 8 else "")
    if phone.kind == "service":
        # A hotline is a public number and belongs to nobody.
        return phone.number
    head = phone.area or phone.number[: 4 if phone.kind == "foreign" else 3]
    return f"{head}{_HIDDEN}{phone.number[-4:]}"


def _mask_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    family = surname(name)
    if family:
        hidden = len("".join(name.split())) - len(family)
        return family + "*" * hidden if hidden else "*"
    # Other names keep the first letter of each word.
    return re.sub(r"[^\s·•.\-]+", lambda word: word[0][0] + "*" * max(1, len(word[0]) - 1), name)


def _mask_resident_id(text: str) -> str:
    number = compact(text)
    return "*" * 14 + (number[-4:] if len(number) >= 4 else "")


def _mask_merchant_no(text: str) -> str:
    number = compact(text)
    if len(number) < 13:
        return "*" * max(4, len(number) - 4) + (number[-4:] if len(number) >= 8 else "")
    return f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}"


def _mask_card(text: str) -> str:
    digits = "".join(char for char in compact(text) if "0" <= char <= "9")
    return _HIDDEN + (digits[-4:] if len(digits) >= 4 else "")


_MASKS: Final[dict[str, Callable[[str], str]]] = {
    "phone": _mask_phone,
    "name": _mask_name,
    "resident_id": _mask_resident_id,
    "merchant_no": _mask_merchant_no,
    "card": _mask_card,
    "address": mask_address,
}
