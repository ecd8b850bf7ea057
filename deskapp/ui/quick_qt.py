"""Loads the Python part of PySide6 without what only its developers need.

PySide6 6.9 carries a dozen modules as source inside a library. It unpacks, compiles and runs all of them at every
start, together with half of Python's library, for a quarter of the time until the first window; what they are for
(signatures in error messages and help texts, stubs for editors, `from __feature__ import`) a running desk hardly
ever asks for. Compiled once, they lie beside our own bytecode, and the large ones run when something of theirs is
first asked for. What does not fit (another PySide6, another Python, a damaged file, a folder that cannot be
written) is loaded as PySide6 would load it.
"""

from __future__ import annotations

import builtins
import contextlib
import marshal
import os
import sys
import threading
import zlib
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from deskapp.ui import quick_enums

_BOOTSTRAP = "signature_bootstrap.py"
_OURS = "shibokensupport/"
"""What the names of the modules inside the library begin with."""

_LATER = frozenset(("feature", "mapping", "errorhandler", "layout", "parser", "enum_sig", "pyi_generator", "tool"))
"""The modules that run when they are first asked for something."""

_ENUMS = "PYSIDE6_OPTION_PYTHON_ENUM"
_UNUSED = frozenset(("zipfile", "base64", "textwrap", "traceback", "tempfile", "typing"))
"""What shiboken6 and its loader import for the modules inside the library, and do not use themselves."""


def load(file: Path | None = None) -> None:
    """Import PySide6, once; later calls do nothing. What is kept lies in `file`, beside our bytecode by itself."""
    if "PySide6" in sys.modules:
        return
    quick_enums.begin()
    file = file or Path(__file__).with_name("__pycache__") / f"shiboken.{sys.implementation.cache_tag}.bin"
    kept = None if _switched() else _kept(file)
    if kept is not None:
        if not _quickly(kept):
            file.unlink(missing_ok=True)  # what does not fit is kept anew at the next start
        return
    found = _as_it_comes()
    if found is not None and not sys.dont_write_bytecode:
        _keep(file, found)


def _switched() -> bool:
    """Tell whether a developer's switch is set, for which PySide6 is loaded as it comes.

    "True" is what PySide6 itself leaves in the environment of the programs it starts.
    """
    return "SBK_EMBED" in os.environ or os.environ.get(_ENUMS, "True") != "True"


# -- the usual way, looking on --------------------------------------------------------


def _as_it_comes() -> dict[str, Any] | None:
    """Import PySide6 and return what can be kept of it."""
    compiled = builtins.compile
    codes: dict[str, tuple[str, bytes]] = {}
    found: dict[str, Any] = {"modules": codes}

    def compile_and_note(source: Any, filename: Any, *rest: Any, **more: Any) -> Any:
        code = compiled(_steady(source, filename), filename, *rest, **more)
        if isinstance(source, bytes) and filename == _BOOTSTRAP:
            found["bootstrap"] = zlib.crc32(source)
        elif isinstance(source, bytes) and isinstance(filename, str) and filename.startswith(_OURS):
            codes[_module_of(filename)] = (filename, marshal.dumps(code))
        return code

    builtins.compile = compile_and_note
    try:
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.compile = compiled
    # WORKAROUND(PySide6 6.9): it puts an import of its own in place of Python's, which reads the source of every
    # module that is loaded later, to see whether it names PySide6. Only `from __feature__ import` needs that, and
    # it costs the start a tenth and the memory every source; Python's own import is kept beside it.
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    packed = getattr(sys.modules.get("signature_bootstrap"), "zipstring_sequence", None)
    if packed is None or "bootstrap" not in found or "shibokensupport.signature.loader" not in codes:
        return None
    found["packed"] = _sum_of(packed)
    found["enums"] = getattr(sys, _ENUMS.lower(), None)
    return found


def _steady(source: Any, filename: Any) -> Any:
    """Return the library's bootstrap so that it bears another thread that imports meanwhile; all else as it is.

    WORKAROUND(PySide6 6.9): it walks along `sys.modules`, into which the thread that looks for the key puts modules at
    that moment, and ends the process where that happens.
    """
    if filename != _BOOTSTRAP or not isinstance(source, bytes):
        return source
    return source.replace(b"for key in sys.modules if", b"for key in list(sys.modules) if")


def _module_of(filename: str) -> str:
    return filename.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _sum_of(packed: list[str]) -> int:
    return zlib.crc32("".join(packed).encode())


def _kept(file: Path) -> dict[str, Any] | None:
    try:
        content = file.read_bytes()
        if zlib.crc32(content[4:]) != int.from_bytes(content[:4]):
            return None
        found = marshal.loads(content[4:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    whole = isinstance(found, dict) and {"modules", "bootstrap", "packed", "enums"} <= found.keys()
    return found if whole else None


def _keep(file: Path, found: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, ValueError):
        file.parent.mkdir(exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}")
        content = marshal.dumps(found)
        half.write_bytes(zlib.crc32(content).to_bytes(4) + content)
        half.replace(file)


# -- the quick way ----------------------------------------------------------------------


def _quickly(kept: dict[str, Any]) -> bool:
    """Import PySide6 from what was kept; tells whether that still fits. If not, PySide6 is loaded as it comes."""
    compiled, hand = builtins.compile, _Hand
    hand.kept, hand.fits, hand.refused = kept, False, False

    def compile_or_take(source: Any, filename: Any, *rest: Any, **more: Any) -> Any:
        if not (isinstance(source, bytes) and filename == _BOOTSTRAP):
            return compiled(source, filename, *rest, **more)
        hand.source = source
        same = not hand.refused and zlib.crc32(source) == kept["bootstrap"]
        return compiled(_OWN_BOOTSTRAP if same else _steady(source, filename), filename, *rest, **more)

    builtins.compile = compile_or_take
    try:
        if sys.platform != "win32":  # there PySide6 first has to say where the libraries lie
            _shiboken()
        import PySide6.QtCore  # noqa: F401
    finally:
        builtins.compile = compiled
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
    return hand.fits


class _Hand:
    """What goes to and fro between us and the library's own code, which knows nothing of us."""

    kept: dict[str, Any] = {}
    source: bytes = b""
    fits = refused = False


_OWN_BOOTSTRAP = "from deskapp.ui.quick_qt import bootstrap_with\ndef bootstrap(): return bootstrap_with(globals())\n"


def bootstrap_with(library: dict[str, Any]) -> Any:
    """Return the loader that shiboken asks for; `library` are the names it has put beside its bootstrap."""
    kept = _Hand.kept
    finder = _Finder(kept["modules"])
    if _sum_of(library["zipstring_sequence"]) != kept["packed"] or not finder.whole():
        _Hand.refused = True
        exec(compile(_steady(_Hand.source, _BOOTSTRAP), _BOOTSTRAP, "exec"), library)
        return library["bootstrap"]()
    _Hand.fits = True
    if getattr(sys, _ENUMS.lower(), None) is None:
        setattr(sys, _ENUMS.lower(), kept["enums"])  # the parser would have said so, had it run
    sys.meta_path.insert(0, finder)
    try:
        loader: Any = import_module("shibokensupport.signature.loader")
    finally:
        sys.meta_path.remove(finder)
    loader.post_init = lambda: None  # leaves Python's own import in its place: see _as_it_comes
    return loader


def _shiboken() -> None:
    """Import the package shiboken6 without what it loads ahead for modules that now wait."""
    spec = PathFinder.find_spec("shiboken6")
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return  # somebody has packed it differently
    code = spec.loader.get_code("shiboken6")
    from importlib._bootstrap import module_from_spec

    module = module_from_spec(spec)
    sys.modules["shiboken6"] = module
    try:
        _run_lean(code, module)
    except BaseException:
        del sys.modules["shiboken6"]
        raise


def _run_lean(code: Any, module: ModuleType) -> None:
    """Run a module's code; what it would import without using it stays away."""

    def lean(name: str, *rest: Any, **more: Any) -> Any:
        return builtins if name in _UNUSED else __import__(name, *rest, **more)

    place = module.__dict__
    place["__builtins__"] = {**vars(builtins), "__import__": lean}
    try:
        exec(code, place)
    finally:
        place["__builtins__"] = vars(builtins)
    for name in _UNUSED & place.keys():
        del place[name]


_WHOLE = ("shibokensupport", "shibokensupport.signature", "shibokensupport.signature.loader")


class _Finder:
    """Finds the modules inside the library among those that were kept."""

    def __init__(self, modules: dict[str, tuple[str, bytes]]) -> None:
        self._modules = modules

    def whole(self) -> bool:
        """Tell whether the loader and its packages are there."""
        return all(name in self._modules for name in _WHOLE)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in self._modules else None  # type: ignore[arg-type]

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        filename, code = self._modules[name]
        package = filename.endswith("/__init__.py")
        if package:
            module.__path__ = []
        if name.rpartition(".")[2] in _LATER and not package:
            _put_off(module, code)
        else:
            _run_lean(marshal.loads(code), module)
        module.__file__ = filename
        module.__package__ = name if package else name.rpartition(".")[0]


_filling = threading.RLock()

_DOORS = {"shibokensupport.signature.mapping": "update_mapping"}
"""What the library takes out of a module's dictionary by itself, where no module can answer for a missing name."""


def _put_off(module: ModuleType, code: bytes) -> None:
    """Let a module run when something in it is first asked for."""
    place, door = module.__dict__, _DOORS.get(module.__name__, "")

    def run() -> None:
        with _filling:
            if place.pop("__getattr__", None) is None:
                return
            place.pop(door, None)
            given = {key: value for key, value in place.items() if key[:2] != "__"}
            exec(marshal.loads(code), place)
            place.update(given)  # what the loader has put in is not undone

    def ask(name: str) -> Any:
        if name[:2] == "__" and name != "__init__":
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        run()
        return getattr(module, name)

    def pass_door(*words: Any, **more: Any) -> Any:
        run()
        return place[door](*words, **more)

    place["__getattr__"] = ask
    if door:
        place[door] = pass_door
