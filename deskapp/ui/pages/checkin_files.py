"""Photos and signatures on their way into the blob store and back; all of it runs on work threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.models.blobs import Blobs
from deskapp.models.store import Store
from deskapp.ui.kit import Photo, Progress, Signature

SIGNATURE = "signature"
"""The key under which the kept signature is found."""

Work = Callable[[Progress], dict[str, Kept]]


def keep_files(store: Store, photos: Sequence[Photo], signature: Signature | None, now: int) -> Work | None:
    """Return the work that stores the files and answers with what to name on the record; None without files."""
    if not photos and signature is None:
        return None
    cards = [
        (one.jpeg, Kept(one.sha256, "image/jpeg", len(one.jpeg), "front", one.name, one.thumbnail)) for one in photos
    ]
    drawn = signature.svg.encode() if signature is not None else b""

    def work(_progress: Progress) -> dict[str, Kept]:
        blobs = Blobs(store.home.blobs, store.key)
        kept = {blobs.keep(content, card.mime, now): card for content, card in cards}
        if drawn:
            sha256 = blobs.keep(drawn, "image/svg+xml", now)
            kept[SIGNATURE] = Kept(sha256, "image/svg+xml", len(drawn), SIGNATURE)
        return kept

    return work


def fetch_photo(store: Store, sha256: str) -> Callable[[Progress], bytes]:
    """Return the work that brings a stored photo back; it raises Unavailable when that is not on this computer."""
    return lambda _progress: Blobs(store.home.blobs, store.key).fetch(sha256)
