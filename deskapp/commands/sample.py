"""The practice branch: made-up people, merchants and devices, in a store of its own that holds nothing real."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from deskapp.commands.catalogue_setup import fill_catalogues
from deskapp.commands.imports import ImportRefused, take_file
from deskapp.commands.people import new_staff
from deskapp.commands.setup import BranchOpened, SiteForm, open_branch
from deskapp.errors import N_, Refused
from deskapp.models.people import Shelf, Site
from deskapp.models.store import Command, Store, Write, command
from deskapp.paths import resource

FILES = ("models", "merchants", "devices", "parts")
"""What is imported, in an order in which each finds what it refers to."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the sample branch, with the public PIN of a practice store."""

    staff_no: str
    name: str
    roles: tuple[str, ...]
    pin: str


@dataclass(frozen=True, slots=True)
class Filled:
    """How much came into the practice branch."""

    people: int
    shelves: int
    lines: int


def sample_people() -> tuple[Person, ...]:
    """Return who works at the sample branch, so that the sign-in screen can tell their PINs."""
    return tuple(
        Person(entry["staff_no"], entry["name"], tuple(entry["roles"]), entry["pin"]) for entry in _branch()["staff"]
    )


def open_sample_branch() -> Command[BranchOpened]:
    """Return the first act of the practice branch: its site and its administrator."""
    site, names = _branch()["site"], SiteForm.__slots__
    first = next(person for person in sample_people() if "administrator" in person.roles)
    return open_branch(
        site=SiteForm(**{name: value for name, value in site.items() if name in names}),
        staff_no=first.staff_no,
        name=first.name,
        pin=first.pin,
    )


@command(N_("Fill the practice branch"), right="import")
def fill_sample_branch(write: Write) -> Filled:
    """Bring people, shelves, a depot to send to and the sample files into a practice store, in one commit.

    Raises Refused in a real store: made-up records never come between real ones.
    """
    if not write.practice:
        raise Refused(N_("Sample records are only for the practice branch."), code="not_practice")
    fill_catalogues(write)
    first = write.actor.staff_no
    people = [person for person in sample_people() if person.staff_no != first]
    for person in people:
        new_staff(
            write, staff_no=person.staff_no, name=person.name, roles=list(person.roles), pin=person.pin
        )
    for entry in _branch()["elsewhere"]:
        write.session.add(Site(id=write.new_id(), **entry))
    shelves = _branch()["shelves"]
    for entry in shelves:
        write.session.add(
            Shelf(
                id=write.new_id(), site_id=write.site_id, code=entry["code"], zone=entry["zone"], use=entry["use"],
                label_no=write.label("L"),
            )  # fmt: skip
        )
    lines = 0
    for kind in FILES:
        found = take_file(write, kind, resource("samples", f"{kind}.csv"))
        if found.problems:
            raise ImportRefused(found)
        lines += found.lines
    return Filled(len(people) + 1, len(shelves), lines)


def fill(store: Store) -> Filled:
    """Open and fill the practice branch of an empty practice store: two acts."""
    opened = store.run(open_sample_branch()).result
    return store.run(fill_sample_branch(), by=opened.actor).result


@cache
def _branch() -> dict[str, Any]:
    return tomllib.loads(resource("samples", "sample_branch.toml").read_text("utf-8"))
