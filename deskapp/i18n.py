"""One translation catalogue for every layer: window, paper, command line and rules.

The English text is the message id, so English is always complete; Simplified Chinese
comes from `resources/locale`. A pseudo-language (`qps`) lengthens and accents every
text for layout tests.

A text with a number in it is written for many ("{count} devices wait"). Chinese says it so of
one as well; English has its words for one in a catalogue of its own (`resources/locale/en`), and
whoever fills a text in asks `counted` for it.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from os.path import commonprefix

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
        """Return the translation of a text, None where there is none."""
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


def counted(text: str, values: Mapping[str, object], language: str | None = None) -> str:
    """Return the text in a language, in the form that these values need; they are not filled in yet."""
    wanted = language or _Current.language
    if values and wanted in ("en", PSEUDO):
        ones = tuple(sorted(name for name, value in values.items() if _is_one(value)))
        if ones:
            text = _of_one(text, ones)
    return translate(text, wanted)


def _is_one(value: object) -> bool:
    return value == "1" or (value == 1 and isinstance(value, int) and not isinstance(value, bool))


@lru_cache(maxsize=500)
def _of_one(text: str, names: tuple[str, ...]) -> str:
    """Return an English text with the words for one behind the values of these names; its other words stay."""
    messages = _catalogue("en")
    changes = []
    for name in names:
        said = messages.find(f"{name}|{text}") if messages else None
        if said is not None:
            changes.append(_change(text, said))
    for start, end, instead in sorted(changes, reverse=True):
        text = text[:start] + instead + text[end:]
    return text


def _change(text: str, said: str) -> tuple[int, int, str]:
    """Return the stretch in which two texts differ, and what stands there in the other."""
    start = len(commonprefix((text, said)))
    most = min(len(text), len(said)) - start
    same = len(commonprefix((text[::-1][:most], said[::-1][:most])))
    return start, len(text) - same, said[start : len(said) - same]


def say(error: DeskError, language: str | None = None) -> str:
    """Return the sentence of a deliberate error in the reader's language, with its values."""
    sentence = counted(error.sentence, error.values, language)
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
