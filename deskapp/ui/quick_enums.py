"""Makes the enumerations of Qt quickly: there are hundreds with thousands of members, each made at the first use.

PySide6 asks Python's functional interface for each of them. That goes through a working dictionary, a check of
every name and a temporary object for every member, most of which is for enumerations that people write; with it
the constants alone take an eighth of the time until the first window. Here the empty class of a kind is made once
by Python itself and copied, and plain members (a name and a whole number) are put in. Everything else, and every
Python whose enumerations were not compared with ours in a test, goes the usual way.
"""

from __future__ import annotations

import enum
import sys
from typing import Any

COMPARED_FROM, COMPARED_BEFORE = (3, 11, 7), (3, 12)
"""The versions of Python for which a test has shown that the result is the same: from the one, before the other.

Not 3.11.2, which Debian 12 has: what it does with the bits of a flag that no name stands for was changed after it.
"""

_usual: Any = enum.EnumType._create_  # type: ignore[attr-defined]
_blank: dict[tuple[Any, Any], dict[str, Any]] = {}
_SPECIAL = frozenset(("name", "value", "mro", ""))


def is_compared(version: tuple[int, ...]) -> bool:
    """Say whether enumerations made quickly are those that a version of Python makes itself."""
    return COMPARED_FROM <= version < COMPARED_BEFORE


def begin() -> None:
    """Make enumerations quickly from now on, in this whole process."""
    if is_compared(sys.version_info[:3]):
        enum.EnumType._create_ = _create  # type: ignore[attr-defined]


def end() -> None:
    """Make enumerations the usual way again."""
    enum.EnumType._create_ = _usual  # type: ignore[attr-defined]


def _create(cls: Any, class_name: str, names: Any, **more: Any) -> Any:
    """Return a new enumeration, as `EnumType._create_` does."""
    if more.get("module") is None:
        more["module"] = sys._getframe(2).f_globals.get("__name__")
    if more.get("type") is not None or not _plain(names):
        return _usual(cls, class_name, names, **more)
    key = (cls, more.get("boundary"))
    blank = _blank.get(key)
    if blank is None:
        blank = _blank[key] = _blank_of(_usual(cls, "Blank", (), **more))
    made = type.__new__(
        cls.__class__, class_name, (cls,),
        {**blank, "__module__": more["module"], "_member_names_": [], "_member_map_": {}, "_value2member_map_": {},
         "_unhashable_values_": []},
    )  # fmt: skip
    if more.get("qualname") is not None:
        type.__setattr__(made, "__qualname__", more["qualname"])
    _fill(made, names)
    if issubclass(made, enum.Flag):
        _mask(made, names)
    return made


def _plain(names: Any) -> bool:
    if type(names) is not list:
        return False
    seen = set()
    for item in names:
        if type(item) is not tuple or len(item) != 2:
            return False
        name, value = item
        if type(value) is not int or type(name) is not str or name in _SPECIAL or name[:1] == "_":
            return False
        seen.add(name)
    return len(seen) == len(names)  # a name that comes twice is Python's to refuse


def _blank_of(empty: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(empty).items() if name not in ("__dict__", "__weakref__", "__doc__")}


def _fill(made: Any, names: list[tuple[str, int]]) -> None:
    listed, by_name, by_value = made._member_names_, made._member_map_, made._value2member_map_
    with_number = issubclass(made, int)
    flag = issubclass(made, enum.Flag)
    new: Any = int.__new__ if with_number else object.__new__
    put = type.__setattr__
    for name, value in names:
        member = by_value.get(value)
        if member is None:
            member = new(made, value) if with_number else new(made)
            member._value_ = value
            member._name_ = name
            member.__objclass__ = made
            member._sort_order_ = len(listed)
            by_value[value] = member
            if not flag or (value and not value & (value - 1)):
                listed.append(name)  # of flags only single bits are listed
        by_name[name] = member
        put(made, name, member)


def _mask(made: Any, names: list[tuple[str, int]]) -> None:
    mask = singles = 0
    for _name, value in names:
        mask |= value
        if value and not value & (value - 1):
            singles |= value
    put = type.__setattr__
    put(made, "_flag_mask_", mask)
    put(made, "_singles_mask_", singles)
    put(made, "_all_bits_", 2 ** mask.bit_length() - 1)
    values = [made._member_map_[name]._value_ for name in made._member_names_]
    if values != sorted(values):
        put(made, "_iter_member_", made._iter_member_by_def_)
