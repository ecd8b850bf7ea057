"""The store of photos on a disk that fails: whoever asks hears a sentence, never the library's own words."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deskapp.errors import Corrupt, DeskError, Unavailable
from deskapp.models.blobs import Blobs
from tests.conftest import KEY

PHOTO = os.urandom(60_000)
NAME = hashlib.sha256(PHOTO).hexdigest()
ACTS: dict[str, Callable[[Blobs], object]] = {
    "keep": lambda blobs: [blobs.keep(os.urandom(900_000), "image/jpeg", 1) for _photo in range(3)],
    "fetch": lambda blobs: blobs.fetch(NAME),
    "destroy": lambda blobs: blobs.destroy([NAME]),
    "size": lambda blobs: blobs.size_of(NAME),
    "piece": lambda blobs: blobs.piece(NAME, 0, 60_000),
    "parted": lambda blobs: blobs.parted(NAME),
    "part": lambda blobs: blobs.keep_part(NAME, 0, PHOTO),
    "drop": lambda blobs: blobs.drop_parts(NAME),
    "finish": lambda blobs: blobs.finish(NAME, "image/jpeg", 1),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_a_damaged_store_of_photos_is_told_in_a_sentence(tmp_path: Path, act: Callable[[Blobs], object]) -> None:
    blobs = Blobs(tmp_path / "photos.db", KEY)
    blobs.keep(PHOTO, "image/jpeg", 1)
    blobs.keep_part(NAME, 0, PHOTO)
    whole = bytearray((tmp_path / "photos.db").read_bytes())
    whole[4096:] = os.urandom(len(whole) - 4096)  # the first page opens it
    (tmp_path / "photos.db").write_bytes(bytes(whole))
    for rest in tmp_path.glob("photos.db-*"):
        rest.unlink()

    with pytest.raises(DeskError) as told:
        act(blobs)
    assert isinstance(told.value, (Corrupt, Unavailable)) and told.value.sentence
