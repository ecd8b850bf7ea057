"""Worlds in which photos travel and acts are carried by hand: what the usual worlds leave out, because it costs time.

Their schedules are drawn apart, so that the seeds of the usual worlds go on telling the same stories.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from deskapp import cipher
from deskapp.errors import N_
from deskapp.models.blobs import Blobs
from deskapp.models.stock import Attachment
from deskapp.models.store import Write, command
from deskapp.rules import small_pictures
from deskapp.server import acts, erasing, erasing_photos
from deskapp.sync import blobs as desk_blobs
from deskapp.sync import carrier
from deskapp.sync.framing import load
from tests.sim.desk import ACTS
from tests.sim.net import FAULTS
from tests.sim.schedule import Schedule, Step
from tests.small_photos import thumbnail

if TYPE_CHECKING:
    from deskapp.server.database import Transaction
    from tests.sim.world import World

OFFSET = 1_000_000
"""Seeds of these worlds begin here."""

PIECE = 1_000
"""Bytes of one piece, so that a photo of a few kB takes several."""

CODE = "-".join(["AAAAA"] * 5)
DESKS = ("A1", "A2", "D1")
_KINDS = (
    *("act",) * 8, *("photo",) * 4, *("sync",) * 6, *("bad",) * 4, *("kill",) * 2, *("write",) * 3, *("bring",) * 3,
    *("take",) * 3, "restart", "late", "wait", "reboot", "floor", "retire", "revoke", "backup", "restore",
)  # fmt: skip


def drawn_carried(seed: int, *, longer: int = 1) -> Schedule:
    """Draw a schedule with photos and sticks."""
    chance = random.Random(seed + OFFSET)
    steps = tuple(_step(chance) for _step_no in range(18 * longer))
    return Schedule(seed + OFFSET, steps, archive=chance.random() < 0.5, carried=True)


def _step(chance: random.Random) -> Step:
    kind, who, pick = chance.choice(_KINDS), chance.choice(DESKS), chance.randrange(1_000)
    if kind == "act":
        return Step("act", who, chance.choice(tuple(ACTS)), pick)
    if kind == "bad":
        return Step("sync", who, chance.choice(FAULTS), pick % 6)
    if kind == "kill":
        return Step("kill", who, chance.choice(("before", "after")), pick % 9)
    if kind == "wait":
        return Step("wait", "", "", chance.choice((1_500, 61_000, 400_000, 7_200_000)))
    if kind == "restore":
        return Step("restore", "", chance.choice(("", "by hand")))
    if kind in ("reboot", "floor", "backup"):
        return Step(kind, "", "", pick)
    return Step(kind, who, "", pick)


# -- at a desk ---------------------------------------------------------------------------


@command(N_("Attach a photo in a simulation"), right="")
def attach(write: Write, *, ticket_id: str, sha256: str, size: int, kind: str, small: str) -> None:
    """Name a file that lies beside the database."""
    write.session.add(Attachment(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind="service_ticket", subject_id=ticket_id,
        kind=kind, sha256=sha256, mime="image/jpeg", size=size, thumbnail=small,
    ))  # fmt: skip


def photo(world: World, step: Step) -> None:
    """Take a photo of something at a desk."""
    desk = world._desk(step)
    if desk is None or desk.out:
        return
    ticket = desk._ticket(step.pick)
    if not ticket:
        return
    content = f"{desk.words()} ".encode() * (50 + step.pick % 400)
    try:
        sha256 = Blobs(desk.home.blobs, desk.store.key).keep(content, "image/jpeg", desk.clock())
        kind = "signature" if step.pick % 3 == 0 else "photo"
        small = thumbnail(step.pick) if kind == "photo" else ""
        act = attach(ticket_id=ticket, sha256=sha256, size=len(content), kind=kind, small=small)
        world.guarded(desk, step, lambda: desk.store.run(act, by=desk.boss()))
    finally:
        world.reached["a photo"] += 1
    if step.pick % 2:
        erase_photo(world, step.pick)


def erase_photo(world: World, pick: int) -> None:
    """Erase a photo at the centre, as somebody who is forgotten has all of theirs erased.

    Not where the centre is going to be set back without its archive: that brings back what was erased.
    """
    server = world.stage.centre.server
    if any(step.kind == "restore" and (step.what or not world.schedule.archive) for step in world.schedule.steps):
        return

    def work(tx: Transaction) -> bool:
        rows = tx.all("SELECT id, vals FROM record WHERE entity = 'attachment' ORDER BY id")
        here = [identity for identity, vals in rows if load(bytes(vals)).get("sha256")]
        chosen = [erasing_photos.Photo(here[pick % len(here)], "photo")] if here else []
        if chosen:
            acts.act(tx, erasing.COMMAND, erasing_photos.operations(chosen), server.clock(), server.archive)
        return bool(chosen)

    world.reached["a photo erased"] += server.database.retrying(work)
    world.stage.centre.ask(world.oracle.look)


def _stick(world: World, name: str) -> Path:
    return world.stage.folder / f"stick-{name}"


def write_stick(world: World, step: Step) -> None:
    """Write what waits at a desk into a file."""
    desk = world._desk(step)
    if desk is not None and desk.talk is None and not desk.out:
        with patch.object(carrier, "system_clock", desk.clock):
            world.guarded(desk, step, lambda: carrier.write_file(desk.store, _stick(world, desk.name)))
        world.reached["a stick written"] += 1


def bring_stick(world: World, step: Step) -> None:
    """Bring another desk's file to the server; the line may do to it what it does to every request."""
    desk = world._desk(step)
    others = sorted(path.name for path in world.stage.folder.glob("stick-*"))
    if desk is None or desk.out or desk.talk is not None or not others:
        return
    file = world.stage.folder / others[step.pick % len(others)]
    if step.pick % 4 == 0:
        desk.line.faults.append(FAULTS[step.pick % len(FAULTS)])

    def work() -> None:
        with patch.object(carrier, "system_clock", desk.clock):
            carrier.read_file(desk.store, file, code=CODE, line=desk.line)
        world.reached["a stick brought"] += 1

    brought = world.reached["a stick brought"]
    world.guarded(desk, step, work)
    desk.line.faults.clear()
    if step.pick % 2 and world.reached["a stick brought"] > brought:
        take_stick(world, Step("take", file.name.removeprefix("stick-")))  # it is carried back at once


def take_stick(world: World, step: Step) -> None:
    """Let a desk hear what the server said to its own file."""
    desk = world._desk(step)
    if desk is None or desk.out or desk.talk is not None or not _stick(world, desk.name).exists():
        return

    def work() -> None:
        carrier.read_file(desk.store, _stick(world, desk.name), line=desk.line)
        world.reached["a stick come back"] += 1

    world.guarded(desk, step, work)


CARRIED = {"photo": photo, "write": write_stick, "bring": bring_stick, "take": take_stick}


def _vault(path: Path, _code: str) -> Any:
    """Open a stick's file without its lock, which is slow on purpose."""
    return cipher.driver.connect(str(path), isolation_level=None)


@contextmanager
def small_pieces() -> Iterator[None]:
    """Photos in several pieces, and sticks without their lock."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(desk_blobs, "PIECE", PIECE))
        stack.enter_context(patch.object(cipher, "connect_vault", _vault))
        yield


# -- at rest -----------------------------------------------------------------------------


def settle_photos(world: World) -> None:
    """Give photos the time that they take after a failure, and let everybody speak again."""
    for _round in range(3):
        world.chance.pass_by(7 * 3_600_000)
        for desk in world.desks.values():
            if not desk.out:
                desk.sync()


def photos_are_whole(world: World) -> Iterator[str]:
    """I21: a photo is at the server whole or not at all, and whoever holds its record has it, if anybody gave it.

    Its small picture stands in every record that names a photo, and in no other: not in one that was erased.
    """
    with world.stage.centre.database.read() as tx:
        there = {sha256 for (sha256,) in tx.all("SELECT sha256 FROM blob WHERE done > 0")}
        for sha256 in there:
            rows = tx.all("SELECT content FROM blob_piece WHERE sha256 = ? ORDER BY start", (sha256,))
            if hashlib.sha256(b"".join(bytes(row[0]) for row in rows)).hexdigest() != sha256:
                yield f"I21 the photo {sha256[:6]} at the server is not what its name says"
    for name, desk in world.desks.items():
        if desk.out or desk.wiped:
            continue
        here = Blobs(desk.home.blobs, desk.store.key)
        for sha256, kind, small in desk.rows("SELECT sha256, kind, thumbnail FROM attachment"):
            if (small_pictures.read(small) is None) != (kind != "photo" or not sha256):
                yield f"I21 {name} has of {sha256[:6]} ({kind}) the small picture {small[:12]}"
        for (sha256,) in desk.rows("SELECT DISTINCT sha256 FROM attachment WHERE sha256 <> ''"):
            if sha256 in there and here.size_of(sha256) is None:
                yield f"I21 {name} holds the record of {sha256[:6]} and never got the photo"
            own = desk.rows("SELECT 1 FROM blob_transfer WHERE sha256 = ? AND way = 'up'", sha256)
            if sha256 not in there and own and here.size_of(sha256) is not None:
                yield f"I21 {name} has the photo {sha256[:6]} and never gave it to the server"


__all__ = ["CARRIED", "drawn_carried", "photos_are_whole", "settle_photos", "small_pieces"]
