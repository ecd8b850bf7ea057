"""One translation catalogue for every layer: window, paper, command line and rules.

The English text is the message id, so English is always complete; Simplified Chinese
comes from `resources/locale`. A pseudo-language (`qps`) lengthens and accents every
text for layout tests.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable
from functools import cache, lru_cache

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
    """A compiled catalogue, looked up in place: its texts lie sorted, so a text is found by halving.

    Decoding all of them at once costs the start more than the whole lock screen, and a table of
    their places half a megabyte; the halving takes some 5 us.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._count, self._originals, self._translations = struct.unpack_from("<3I", content, 8)

    def find(self, text: str) -> str | None:
        """Return the translation of a text, or of "one NUL many"; Chinese has one form for every number."""
        wanted = text.encode()
        number = bisect_left(range(self._count), wanted, key=self._original)
        if number == self._count or self._original(number) != wanted:
            return None
        return self._piece(self._translations, number).decode().partition("\0")[0]

    def _original(self, number: int) -> bytes:
        return self._piece(self._originals, number)

    def _piece(self, table: int, number: int) -> bytes:
        """Return one text; the table at that offset holds its length and its place."""
        size, place = struct.unpack_from("<2I", self._content, table + 8 * number)
        return self._content[place : place + size]


@cache
def _catalogue(language: str) -> _Messages | None:
    file = resource("locale", language, "LC_MESSAGES", "deskapp.mo")
    try:
        content = file.read_bytes()
    except OSError:
        return None
    return _Messages(content) if content[:4] == _MAGIC else None


@lru_cache(maxsize=1000)  # a few pages' worth; painting a table asks for the same words again and again
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
        key: translate(value, language) if isinstance(value, str) else value for key, value in error.values.items()
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
