"""The oracles, fetched once a run, and the pictures they are asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.print.oracles import shelf
from tests.print.oracles.pictures import Sample, samples_of_every_kind


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """Real papers of every kind, as dots, also lying as PNG files in one folder."""
    return samples_of_every_kind(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def encoders() -> shelf.Oracle:
    """zplkit, python-escpos and zebrafy."""
    return shelf.python_set("encoders")


@pytest.fixture(scope="session")
def labeljetty() -> shelf.Oracle:
    """A TSPL writer."""
    return shelf.python_set("labeljetty")


@pytest.fixture(scope="session")
def emupos() -> shelf.Oracle:
    """An ESC/POS printer without paper."""
    return shelf.python_set("emupos", shelf.python_at_least(13))


@pytest.fixture(scope="session")
def zpl_renderer() -> tuple[str, Path]:
    """Node and the folder with zpl-renderer-js."""
    return shelf.node_set("zpl_renderer")
