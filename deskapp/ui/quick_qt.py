"""Loads the Python part of PySide6 from bytecode, as every other module is loaded.

PySide6 6.9 carries some of its modules as source inside a library and compiles them at every start, for an
eighth of the time until the first window. Compiled once, they lie beside our own bytecode; what does not fit
(another PySide6, another Python, a damaged file, a folder that cannot be written) is compiled as before.
"""

from __future__ import annotations

import builtins
import contextlib
import marshal
import os
import sys
import zlib
from pathlib import Path
from typing import Any

_OURS = "shibokensupport/"
"""What the names of those modules begin with."""


def load() -> None:
    """Import PySide6, once; later calls do nothing."""
    if "PySide6" in sys.modules:
        return
    file = Path(__file__).with_name("__pycache__") / f"shiboken.{sys.implementation.cache_tag}.bin"
    kept = _kept(file)
    known = len(kept)
    compiled = builtins.compile

    def compile_or_take(source: Any, filename: Any, *rest: Any, **more: Any) -> Any:
        if not (isinstance(source, bytes) and isinstance(filename, str) and filename.startswith(_OURS)):
            return compiled(source, filename, *rest, **more)
        key = (filename, len(source), zlib.crc32(source))
        code = kept.get(key)
        if code is None:
            code = kept[key] = compiled(source, filename, *rest, **more)
        return code

    builtins.compile = compile_or_take
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.compile = compiled
    if len(kept) != known and not sys.dont_write_bytecode:
        _keep(file, kept)


def _kept(file: Path) -> dict[Any, Any]:
    try:
        found = marshal.loads(file.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(file: Path, kept: dict[Any, Any]) -> None:
    with contextlib.suppress(OSError, ValueError):
        file.parent.mkdir(exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}")
        half.write_bytes(marshal.dumps(kept))
        half.replace(file)
