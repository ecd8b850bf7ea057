"""One translation catalogue for every layer: window, paper, command line and rules.

The English text is the message id, so English is always complete; Simplified Chinese
comes from `resources/locale`. A pseudo-language (`qps`) lengthens and accents every
text for layout tests.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from functools import cache

from deskapp.errors import DeskError
from deskapp.paths import resource

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
PSEUDO = "qps"
DEFAULT = "zh_CN"

_ACCENTS = str.maketrans("aeiounAEIOUN", "àéîöüñÀÉÎÖÜÑ")


class _Current:
    """The language of this process' window; papers and tests name theirs."""

    language = DEFAULT


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language in ("en", PSEUDO):
        return gettext.NullTranslations()
    return gettext.translation("deskapp", str(resource("locale")), [language], fallback=True)


def _pseudo(text: str) -> str:
    """Accent and lengthen a text by half, leaving `{placeholders}` alone."""
    pieces = []
    rest = text
    while rest:
        head, brace, tail = rest.partition("{")
        pieces.append(head.translate(_ACCENTS))
        if not brace:
            break
        name, close, rest = tail.partition("}")
        pieces.append(brace + name + close)
    return "".join(pieces) + "~" * max(1, len(text) // 2)


def translate(text: str, language: str | None = None) -> str:
    """Return the text in a language (the window's when none is named); unknown texts stay English."""
    wanted = language or _Current.language
    if not text or wanted == "en":
        return text
    if wanted == PSEUDO:
        return _pseudo(text)
    return _catalogue(wanted).gettext(text)


def _(text: str) -> str:
    """Return the text in the window's language."""
    return translate(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or plural text in the window's language."""
    wanted = _Current.language
    if wanted == PSEUDO:
        return _pseudo(one if count == 1 else many)
    return _catalogue(wanted).ngettext(one, many, count)


def say(error: DeskError, language: str | None = None) -> str:
    """Return the sentence of a deliberate error in the reader's language, with its values."""
    sentence = translate(error.sentence, language)
    values = {
        key: translate(value, language) if isinstance(value, str) else value
        for key, value in error.values.items()
    }
    try:
        return sentence.format(**values)
    except (KeyError, IndexError, ValueError):
        return sentence


def language() -> str:
    """Return the language of the window."""
    return _Current.language


def use(language: str) -> None:
    """Switch the language of the window; unknown languages fall back to Chinese."""
    _Current.language = language if language in LANGUAGES or language == PSEUDO else DEFAULT
    for listener in list(_listeners):
        listener()


_listeners: list[Callable[[], None]] = []


def on_change(listener: Callable[[], None]) -> None:
    """Call the listener after each switch of language (the window keeps one)."""
    _listeners.append(listener)


def forget_listener(listener: Callable[[], None]) -> None:
    """Stop calling a listener."""
    if listener in _listeners:
        _listeners.remove(listener)
