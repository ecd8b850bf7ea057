"""Compile the catalogues: all fragments `resources/locale/zh_CN/*.po` become one `deskapp.mo`, and `en/*.po` another.

Each page and module has a fragment of its own, so that two people never edit one file. A text may stand in
several fragments as long as the translations agree; where they differ, nothing is written and both files
are named. The same fragments always give the same bytes. The English catalogue holds what texts with a number in
them say of one (`deskapp.i18n.counted`).
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

LOCALE = "zh_CN"
LOCALES = ("en", LOCALE)
"""Chinese last: `run` takes its file for the age of both."""
DOMAIN = "deskapp"
ROOT = Path(__file__).resolve().parent.parent

#: How a text is found again: its context (mostly none) and its English singular.
Key = tuple[str | None, str]


class CatalogueError(Exception):
    """Fragments that cannot be merged; one line per fault, each naming its files."""


def key_of(message: Message) -> Key:
    """The identity of a message, the same for plain and plural entries."""
    english = message.id if isinstance(message.id, str) else message.id[0]
    return message.context, english


def translations_of(message: Message) -> tuple[str, ...]:
    """The Chinese forms of a message: one, as Chinese has one plural form; empty when untranslated."""
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return tuple(form for form in forms if form)


def read_fragment(path: Path) -> list[Message]:
    """The messages of one fragment in their order, without its header and without fuzzy entries."""
    try:
        with path.open("rb") as stream:
            # A fragment may leave out its header; it is always UTF-8, and no text has more forms than one.
            catalogue = read_po(stream, locale=LOCALE, charset="utf-8", abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    return [message for message in catalogue if message.id and not message.fuzzy]


def merge(fragments: list[Path]) -> Catalog:
    """One catalogue of all fragments, sorted by text.

    Raises `CatalogueError` where two fragments translate the same text differently, or one text is plural in
    one fragment and not in another.
    """
    kept: dict[Key, tuple[Message, Path]] = {}
    faults: list[str] = []
    for path in sorted(fragments):
        for message in read_fragment(path):
            chinese = translations_of(message)
            if not chinese:
                continue
            key = key_of(message)
            if key not in kept:
                kept[key] = message, path
                continue
            other, other_path = kept[key]
            if translations_of(other) != chinese:
                faults.append(
                    f"{other_path.name} and {path.name} differ on {key[1]!r}: "
                    f"{translations_of(other)[0]!r} and {chinese[0]!r}"
                )
            elif bool(other.pluralizable) != bool(message.pluralizable):
                faults.append(f"{other_path.name} and {path.name}: {key[1]!r} is plural in only one of them")
    if faults:
        raise CatalogueError("\n".join(faults))
    catalogue = Catalog(locale=LOCALE, domain=DOMAIN, charset="utf-8")
    for key in sorted(kept, key=lambda item: (item[1], item[0] or "")):
        message, _ = kept[key]
        catalogue.add(message.id, message.string, context=message.context)
    return catalogue


def compiled(catalogue: Catalog, locale: str = LOCALE) -> bytes:
    """The catalogue as the bytes of a `.mo` file: no dates, no names of tools, nothing that varies."""
    catalogue.mime_headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Language", locale),
        ("Plural-Forms", "nplurals=1; plural=0;"),
    ]
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def compile_catalogue(root: Path = ROOT) -> Path:
    """Write the catalogues of the tree at `root`; return the path of the Chinese one. The old ones stay until then."""
    made = {locale: compiled(merge(_fragments(root, locale)), locale) for locale in LOCALES}
    for locale, content in made.items():
        target = _target(root, locale)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{DOMAIN}.mo.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(target)
    return _target(root, LOCALE)


def up_to_date(root: Path = ROOT) -> bool:
    """Whether no fragment was changed, added or taken away since the catalogues were compiled."""
    return all(_newer(root, locale) for locale in LOCALES)


def _newer(root: Path, locale: str) -> bool:
    target = _target(root, locale)
    if not target.exists():
        return False
    made = target.stat().st_mtime_ns
    return all(path.stat().st_mtime_ns <= made for path in (target.parent.parent, *_fragments(root, locale)))


def _fragments(root: Path, locale: str) -> list[Path]:
    return list((root / "resources" / "locale" / locale).glob("*.po"))


def _target(root: Path, locale: str) -> Path:
    return root / "resources" / "locale" / locale / "LC_MESSAGES" / f"{DOMAIN}.mo"


def main() -> int:
    """Compile the catalogues of this tree; 1 and a line per fault where the fragments do not agree."""
    if "--if-older" in sys.argv[1:] and up_to_date():
        return 0
    try:
        compile_catalogue()
    except CatalogueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
