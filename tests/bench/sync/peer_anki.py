"""Anki's own library and its own sync server on workload W; run with its set of packages and this folder on the path.

A record is a note of 12 fields with one card. Anki compares whole notes by whole seconds, so of two edits of one note
the later one stays: what it keeps is counted. `first fill` is its transfer of the whole file.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import matter  # type: ignore[import-not-found]
from anki.collection import AddNoteRequest, Collection  # type: ignore[import-not-found]
from anki.decks import DeckId  # type: ignore[import-not-found]
from matter import FIELDS, Step

PEER, EMPTY = "Anki", 60


class Bench:
    """Two collections and a server."""

    def __init__(self, count: int, folder: Path, url: str, pid: int) -> None:
        self.count, self.pids = count, [pid]
        self.a, self.b = Collection(str(folder / "a.anki2")), Collection(str(folder / "b.anki2"))
        kind = self.a.models.new("rec")
        for name in FIELDS:
            self.a.models.add_field(kind, self.a.models.new_field(name))
        card = self.a.models.new_template("card")
        card["qfmt"], card["afmt"] = "{{id}}", "{{fault}}"
        self.a.models.add_template(kind, card)
        self.a.models.add(kind)
        self.kind = self.a.models.by_name("rec")
        first = self.a.new_note(self.kind)
        first["id"] = "first"
        self.a.add_note(first, DeckId(1))
        self.login = self.a.sync_login("u", "p", url)
        self.whole(self.a, upload=True)
        self.whole(self.b, upload=False)

    def whole(self, collection: Any, *, upload: bool) -> None:
        """Carry the whole file."""
        told = collection.sync_collection(self.login, False)
        collection.close_for_full_sync()
        collection.full_upload_or_download(auth=self.login, server_usn=told.server_media_usn, upload=upload)
        collection.reopen(after_full_sync=True)

    def sync(self, collection: Any) -> None:
        """Carry what changed."""
        collection.sync_collection(self.login, False)

    def run(self) -> None:
        """Take every step in its order."""
        some = matter.records(self.count)
        with Step(PEER, "create", self.count):
            asked = []
            for one in some:
                note = self.a.new_note(self.kind)
                note.fields = [one[name] for name in FIELDS]
                asked.append(AddNoteRequest(note=note, deck_id=DeckId(1)))
            self.a.add_notes(asked)
        with Step(PEER, "push", self.count, self.pids):
            self.sync(self.a)
        with Step(PEER, "pull", self.count, self.pids):
            self.sync(self.b)
        assert self.b.note_count() == self.count + 1
        self.a.mod_schema(check=False)
        self.whole(self.a, upload=True)
        with Step(PEER, "first fill", self.count, self.pids):
            self.whole(self.b, upload=False)
        self.reconcile(some)
        took = []
        with Step(PEER, "empty", EMPTY, self.pids) as step:
            for _one in range(EMPTY):
                began = time.perf_counter()
                self.sync(self.a)
                took.append(time.perf_counter() - began)
            step.more["median_ms"] = round(statistics.median(took) * 1000, 3)
        self.a.close()
        self.b.close()

    def reconcile(self, some: list[dict[str, str]]) -> None:
        """Edit the same notes on both sides in different fields, and let all agree."""
        ids = {text.split("\x1f", 1)[0]: note for note, text in self.a.db.all("SELECT id, flds FROM notes")}
        sides = matter.edits(some, max(1, self.count // 10))
        for collection, side in zip((self.a, self.b), sides, strict=True):
            notes = []
            for record, name, value in side:
                note = collection.get_note(ids[record])
                note[name] = value
                notes.append(note)
            collection.update_notes(notes)
            time.sleep(1.1)  # whole seconds decide: the second side's edits are to be the later ones
        with Step(PEER, "reconcile", 2 * len(sides[0]), self.pids):
            for collection in (self.a, self.b, self.a):
                self.sync(collection)
        question = "SELECT id, flds FROM notes ORDER BY id"
        assert self.a.db.all(question) == self.b.db.all(question)
        kept = sum(self.a.get_note(ids[record])[name] == value for side in sides for record, name, value in side)
        print(f'{{"peer": "{PEER}", "step": "edits kept", "n": {2 * len(sides[0])}, "kept": {kept}}}', flush=True)


def main() -> None:
    """Run it."""
    folder = Path(tempfile.mkdtemp(prefix="deskapp-anki-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"SYNC_USER1": "u:p", "SYNC_HOST": "127.0.0.1", "SYNC_PORT": str(port), "SYNC_BASE": str(folder / "server")}
    server = subprocess.Popen(
        [sys.executable, "-m", "anki.syncserver"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, **told, "RUST_LOG": "error", "MAX_SYNC_PAYLOAD_MEGS": "1000"},
    )  # fmt: skip
    try:
        for _try in range(300):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        Bench(int(sys.argv[1]), folder, f"http://127.0.0.1:{port}/", server.pid).run()
    finally:
        matter.end(server)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
