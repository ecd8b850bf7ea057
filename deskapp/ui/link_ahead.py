"""Links Qt's and the database's libraries on a thread of its own, while Python reads its modules.

The linker works without Python's lock and needs a seventh of the time until the first window; done ahead, the
imports that come later find everything in place. Bound lazily: most of what these libraries name is never called.
Where it does not work nothing is lost, the imports link as ever.
"""

from __future__ import annotations

import _thread
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES

_LIBRARIES = ("PySide6/QtCore.abi3.so", "PySide6/QtWidgets.abi3.so", f"sqlcipher3/_sqlite3{EXTENSION_SUFFIXES[0]}")
"""What names all the others."""


def begin() -> None:
    """Start to link, where the libraries lie as they do in a wheel for Linux."""
    if sys.platform != "linux" or "PySide6" in sys.modules:
        return
    place = next((entry for entry in sys.path if os.path.isdir(f"{entry}/PySide6/Qt/lib")), None)
    if place is None:
        return
    try:
        # Python's own small libraries first: once the linker is busy they would wait for it. And the whole of
        # ctypes would take the time that is won.
        import datetime  # noqa: F401
        import json  # noqa: F401
        import math  # noqa: F401
        import struct  # noqa: F401
        import unicodedata  # noqa: F401
        import zlib  # noqa: F401
        from _ctypes import dlopen
    except ImportError:
        return
    _thread.start_new_thread(_link, (dlopen, place))


def _link(dlopen: object, place: str) -> None:
    for name in _LIBRARIES:
        try:
            dlopen(f"{place}/{name}", os.RTLD_LAZY)  # type: ignore[operator]
        except OSError:
            return
