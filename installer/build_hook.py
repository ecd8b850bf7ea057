"""Build step of the wheel: compile the translation catalogue, so that an installed desk speaks Chinese."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface):  # type: ignore[misc]  # hatchling brings no types
    """Called by hatchling before it packs `resources/`, where the compiled file then lies."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile. `version` is the kind of wheel and `build_data` what is packed; both stay as they are."""
        root = Path(self.root)
        place = root / "installer" / "compile_catalogue.py"
        spec = importlib.util.spec_from_file_location("compile_catalogue", place)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.compile_catalogue(root)
