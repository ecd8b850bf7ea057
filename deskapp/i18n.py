"""One translation catalogue for every layer: window, paper, command line and rules.

The English text is the message id, so English is always complete; Simplified Chinese
comes from `resources/locale`. A pseudo-language (`qps`) lengthens and accents every
text for layout tests.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache

from deskapp.errors import DeskError
from deskapp.paths import resource

LANGUAGES = {"zh_CN": "简体中文", "en": "English"}
PSEUDO = "qps"
DEFAULT = "zh_CN"
_MAGIC = (0x950412DE).to_bytes(4, "little")

_ACCENTS = str.maketrans("aeiounAEIOUN", "àéîöüñÀÉÎÖÜÑ")


class _Current:
    """The language of this process' window; papers and tests name theirs."""

    language = DEFAULT


class _Messages:
    """A compiled catalogue, read as a table of places; a text is decoded when it is first wanted.

    The standard library decodes all of them at once, which costs the start more than the whole lock screen.
    """

    def __init__(self, content: bytes) -> None:
        count, originals, translations = struct.unpack_from("<3I", content, 8)
        here = struct.unpack_from(f"<{2 * count}I", content, originals)
        there = struct.unpack_from(f"<{2 * count}I", content, translations)
        self._content = content
        self._places = {
            content[place : place + size]: (there[number + 1], there[number])
            for number, size, place in zip(range(0, 2 * count, 2), here[::2], here[1::2], strict=True)
        }

    def find(self, text: str) -> str | None:
        """Return the translation of a text, or of "one NUL many"; Chinese has one form for every number."""
        found = self._places.get(text.encode())
        if found is None:
            return None
        place, size = found
        return self._content[place : place + size].decode().partition("\0")[0]


@cache
def _catalogue(language: str) -> _Messages | None:
    file = resource("locale", language, "LC_MESSAGES", "deskapp.mo")
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return _Messages(content) if content[:4] == _MAGIC else None


def _found(language: str, text: str) -> str | None:
    messages = None if language in ("en", PSEUDO) else _catalogue(language)
    return messages.find(text) if messages else None


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
    return _found(wanted, text) or text


def _(text: str) -> str:
    """Return the text in the window's language."""
    return translate(text)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the singular or plural text in the window's language."""
    wanted = _Current.language
    if wanted == PSEUDO:
        return _pseudo(one if count == 1 else many)
    return _found(wanted, f"{one}\0{many}") or (one if count == 1 else many)


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
