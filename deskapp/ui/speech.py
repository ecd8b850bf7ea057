"""How widgets speak: they keep message ids and say them again when the language changes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtWidgets import QWidget

from deskapp.i18n import _, counted, language


def spoken(text: str, **values: object) -> str:
    """Return the text in the window's language with its values filled in."""
    if not values:
        return _(text)
    said = counted(text, values)
    try:
        return said.format(**values)
    except (KeyError, IndexError, ValueError):
        return said


def listed(parts: Iterable[str]) -> str:
    """Return several words as one list, set apart as the window's language does."""
    return ("、" if language() == "zh_CN" else ", ").join(part for part in parts if part)


def clauses(parts: Iterable[str]) -> str:
    """Return several clauses as one sentence, set apart as the window's language does."""
    return ("；" if language() == "zh_CN" else "; ").join(part for part in parts if part)


def without_mnemonic(text: str) -> str:
    """Return the text without its access key: the ampersand, or all of the “(&N)” that Chinese texts add."""
    return re.sub(r"\s?\(&\w\)", "", text).replace("&&", "\0").replace("&", "").replace("\0", "&")


def retranslate_tree(root: QWidget) -> None:
    """Let every widget below `root`, then `root` itself, say its texts again."""
    for widget in root.findChildren(QWidget):
        _again(widget)
    _again(root)


def _again(widget: QWidget) -> None:
    retranslate = getattr(widget, "retranslate", None)
    if callable(retranslate):
        retranslate()
