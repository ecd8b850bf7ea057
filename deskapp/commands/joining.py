"""A desk that came to its branch by the server: people are known here, their PINs are not, since PINs never travel.

The first PIN is chosen by the supervisor or administrator who connects the desk; everybody else chooses one at the
first sign-in here, with such a person standing by, who proves it by an own PIN.
"""

from __future__ import annotations

from sqlalchemy import func, select

from deskapp.commands.catalogue_setup import fill_catalogues
from deskapp.commands.people import Tried, actor_of, check_pin, new_staff, person_named, set_pin, try_pin
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import sync_state
from deskapp.models.device import DeviceModel
from deskapp.models.local import SettingRow
from deskapp.models.people import Staff, StaffSecret
from deskapp.models.store import Actor, Write, command
from deskapp.rules import access
from deskapp.settings import SYNC_AUTHORITY

LETS_IN = ("pin_reset", "staff")
"""Whoever has one of these rights may let colleagues in."""

FIRST_ROLES = ("administrator", "site_supervisor")
"""What the first person of a branch is about which the server knows nobody; more is given on the page about staff."""


def lets_in(roles: access.Roles, held: list[str]) -> bool:
    """Say whether a person with these roles may let others in."""
    return any(access.may(roles, held, right) for right in LETS_IN)


@command(N_("Choose the first PIN on this computer"), right="")
def choose_first_pin(write: Write, *, staff_no: str, pin: str, name: str = "") -> Actor:
    """Let the person who connected this desk choose a PIN; only while nobody has one here.

    Where the server knows nobody who may let others in, the person is added as administrator (then with a `name`).
    """
    if not sync_state.state(write.session, "station"):
        raise Forbidden(N_("This desk is not connected to a server."), code="not_enrolled")
    if _anybody(write):
        raise Forbidden(N_("Somebody has a PIN here already. Sign in; a supervisor lets you in."), code="set_up")
    person = person_named(write, staff_no)
    if person is None:
        if _somebody_lets_in(write):
            raise Refused(
                N_("The server knows nobody with this number. Check it, or ask whoever looks after the staff."),
                field="staff_no", code="unknown",
            )  # fmt: skip
        identity = new_staff(write, staff_no=staff_no, name=name, roles=list(FIRST_ROLES), pin=pin)
        person = write.session.get_one(Staff, identity)
    elif not lets_in(write.roles, person.roles):
        raise Refused(
            N_("The first PIN on a computer is a supervisor's or an administrator's, who then lets the others in."),
            field="staff_no", code="right",
        )  # fmt: skip
    else:
        set_pin(write, person.id, pin, must_change=False)
    if not write.session.scalar(select(func.count()).select_from(DeviceModel)):
        fill_catalogues(write)  # the first desk of a new server: what it brings along is everybody's
    return actor_of(person)


@command(N_("Choose a PIN at the first sign-in"), right="")
def choose_pin_with(write: Write, *, who: str, pin: str, helper: str, helper_pin: str) -> Tried:
    """Let a person without a PIN here choose one while a supervisor or administrator stands by and agrees.

    The helper's wrong PIN is an answer, not an error: the wrong try has to be saved. An administrator is let in by an
    administrator, or by the recovery code.
    """
    person, other = person_named(write, who), person_named(write, helper)
    if person is None:
        return Tried(None, N_("This staff number or badge is not known here."))
    if write.session.get(StaffSecret, person.id) is not None:
        return Tried(None, N_("You have a PIN here. A supervisor can set a new one on the page about staff."))
    if other is None or other.id == person.id:
        return Tried(None, N_("Somebody else has to agree: a supervisor or an administrator."))
    if not lets_in(write.roles, other.roles):
        return Tried(None, N_("This person may not allow that."))
    if access.Role.ADMINISTRATOR in person.roles and access.Role.ADMINISTRATOR not in other.roles:
        return Tried(None, N_("An administrator is let in by an administrator, or with the recovery code."))
    check_pin(pin)  # first: what is no PIN must not cost the helper a try
    sentence, wait = try_pin(write, other, helper_pin)
    if sentence:
        return Tried(None, sentence, wait)
    set_pin(write, person.id, pin, must_change=False)
    return Tried(actor_of(person))


@command(N_("Trust an organisation's own authority"), right="")
def trust_authority(write: Write, *, path: str) -> None:
    """Note the file with the certificates that say which server is the right one; empty: the computer's own list."""
    write.session.merge(SettingRow(key=SYNC_AUTHORITY.key, value=SYNC_AUTHORITY.encode(path)))


@command(N_("Keep the settings of a first start"), right="")
def keep_first_settings(write: Write, *, values: dict[str, object]) -> None:
    """Keep what was chosen before anybody could sign in; only while nobody has a PIN here."""
    from deskapp.settings import declared

    if _anybody(write):
        raise Forbidden(N_("This branch is set up already."), code="set_up")
    for key, value in values.items():
        write.session.merge(SettingRow(key=key, value=declared(key).encode(value)))


def _anybody(write: Write) -> bool:
    return bool(write.session.scalar(select(func.count()).select_from(StaffSecret)))


def _somebody_lets_in(write: Write) -> bool:
    people = write.session.scalars(select(Staff).where(Staff.active)).all()
    return any(lets_in(write.roles, person.roles) for person in people)
