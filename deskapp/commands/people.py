"""Who is at the desk: signing in with PIN or badge, a second person's consent, staff and their rights."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import or_, select

from deskapp.clock import random_token
from deskapp.errors import N_, Refused
from deskapp.models.people import Staff, StaffSecret, Voucher
from deskapp.models.store import Actor, Override, Write, command
from deskapp.rules import access, pins

CONSENT_MS = 120_000

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with the least that OWASP's Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane.

More would keep a clerk waiting many times a day and protect no PIN: docs/decisions/0006."""


@dataclass(frozen=True, slots=True)
class Tried:
    """The outcome of a PIN: the person, or the sentence that says why not and how long to wait (ms).

    `outdated` asks for `renew_verifier` when there is time for it. `no_pin`: the person is known, but never chose a
    PIN on this computer (`commands.joining.choose_pin_with`).
    """

    actor: Actor | None
    sentence: str = ""
    wait_ms: int = 0
    must_change: bool = False
    outdated: bool = False
    no_pin: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """The outcome of asking a second person: a token to spend within two minutes, or a sentence."""

    token: str
    staff_no: str = ""
    sentence: str = ""
    wait_ms: int = 0

    def for_reason(self, reason: str) -> Override:
        """Return what a command takes as the second person's consent."""
        return Override(self.token, reason)


@command(N_("Sign in"), right="")
def sign_in(write: Write, *, who: str, pin: str) -> Tried:
    """Check the PIN of a person named by staff number or badge.

    A wrong PIN is an answer, not an error: the wrong try has to be saved, so that the next
    one waits longer.
    """
    person = person_named(write, who)
    if person is None:
        return Tried(None, N_("This staff number or badge is not known here."))
    sentence, wait = try_pin(write, person, pin)
    if sentence:
        return Tried(None, sentence, wait, no_pin=write.session.get(StaffSecret, person.id) is None)
    secret = write.session.get_one(StaffSecret, person.id)
    outdated = HASHER.check_needs_rehash(secret.pin_hash)
    return Tried(actor_of(person), must_change=secret.must_change, outdated=outdated)


@command(N_("Ask for a second person's consent"), right="")
def vouch(write: Write, *, who: str, pin: str, right: str) -> Consent:
    """Check the PIN of a second person who holds a right, and give a token that is good once for two minutes."""
    person = person_named(write, who)
    if person is None:
        return Consent("", sentence=N_("This staff number or badge is not known here."))
    if not access.may(write.roles, person.roles, right):
        return Consent("", sentence=N_("This person may not allow that."))
    if person.id == write.actor.staff_id and right == "co_sign":
        return Consent("", sentence=N_("The second person must be somebody else."))
    sentence, wait = try_pin(write, person, pin)
    if sentence:
        return Consent("", sentence=sentence, wait_ms=wait)
    token = random_token()
    write.session.add(
        Voucher(token=token, staff_id=person.id, right=right, expires_at=write.now + CONSENT_MS)
    )
    return Consent(token, person.staff_no)


@command(N_("Add a staff member"), right="staff")
def add_staff(
    write: Write, *, staff_no: str, name: str, roles: list[str], pin: str, badge_no: str = ""
) -> str:
    """Add a person and return the new id; the PIN is kept only as an argon2id verifier."""
    return new_staff(write, staff_no=staff_no, name=name, roles=roles, pin=pin, badge_no=badge_no)


@command(N_("Change a staff member"), right="staff")
def change_staff(
    write: Write, *, staff_id: str, name: str, roles: list[str], badge_no: str, active: bool
) -> None:
    """Change a person's name, roles, badge or whether they work here; the last administrator stays."""
    person = write.session.get_one(Staff, staff_id)
    if not name.strip():
        raise Refused(N_("Enter the name."), field="name")
    _check_roles(roles)
    keeps = active and access.Role.ADMINISTRATOR in roles
    if access.Role.ADMINISTRATOR in person.roles and not keeps and _administrators(write) <= 1:
        raise Refused(N_("This is the last administrator. Make somebody else administrator first."), field="roles")
    person.name, person.active = clean_note(name, "name"), active
    badge_no = badge_no.strip().upper()
    if badge_no != person.badge_no:
        _free_badge(write, badge_no, staff_id)
        person.badge_no = badge_no
    if sorted(roles) != sorted(person.roles):
        person.roles = list(roles)


@command(N_("Set a new PIN for a colleague"), right="pin_reset")
def reset_pin(write: Write, *, staff_id: str, pin: str) -> None:
    """Give a colleague a new PIN, which has to be changed at the next sign-in."""
    person = write.session.get_one(Staff, staff_id)
    if access.Role.ADMINISTRATOR in person.roles and access.Role.ADMINISTRATOR not in write.actor.roles:
        raise Refused(N_("An administrator's PIN is set by an administrator, or with the recovery code."), field="pin")
    set_pin(write, staff_id, pin, must_change=True)


@command(N_("Change my PIN"), right="")
def change_pin(write: Write, *, old_pin: str, new_pin: str) -> Tried:
    """Change the acting person's own PIN; the old one is asked for."""
    person = write.session.get_one(Staff, write.actor.staff_id)
    sentence, wait = try_pin(write, person, old_pin)
    if sentence:
        return Tried(None, sentence, wait)
    if old_pin == new_pin:
        raise Refused(N_("Choose a PIN that differs from the old one."), field="new_pin")
    set_pin(write, person.id, new_pin, must_change=False, field="new_pin")
    return Tried(actor_of(person))


@command(N_("Renew how my PIN is kept"), right="")
def renew_verifier(write: Write, *, pin: str) -> bool:
    """Keep the acting person's unchanged PIN by today's measure; tells whether there was anything to do.

    The PIN is checked once more, so that this is no way round the old PIN; a wrong one changes nothing.
    """
    secret = write.session.get(StaffSecret, write.actor.staff_id)
    if secret is None or not HASHER.check_needs_rehash(secret.pin_hash):
        return False
    try:
        HASHER.verify(secret.pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
    secret.pin_hash = HASHER.hash(pin)
    return True


@command(N_("Let an administrator in again"), right="")
def recover_administrator(write: Write, *, staff_no: str, pin: str) -> str:
    """Set an administrator's PIN after the recovery code was entered; the caller has checked the code."""
    person = person_named(write, staff_no)
    if person is None or access.Role.ADMINISTRATOR not in person.roles:
        raise Refused(N_("Name an administrator."), field="staff_no")
    person.active = True
    set_pin(write, person.id, pin, must_change=False)
    return person.id


def new_staff(
    write: Write, *, staff_no: str, name: str, roles: list[str], pin: str, badge_no: str = ""
) -> str:
    """Add a person inside another act (first start, sample branch, import) and return the id."""
    staff_no, name = staff_no.strip().upper(), clean_note(name, "name")
    if not staff_no:
        raise Refused(N_("Enter a staff number."), field="staff_no")
    if not name:
        raise Refused(N_("Enter the name."), field="name")
    if person_named(write, staff_no) is not None:
        raise Refused(N_("Staff number {staff_no} is already taken."), field="staff_no", staff_no=staff_no)
    _check_roles(roles)
    badge_no = badge_no.strip().upper()
    _free_badge(write, badge_no, "")
    person = Staff(
        id=write.new_id(), staff_no=staff_no, name=name, roles=list(roles), badge_no=badge_no or write.label("U")
    )
    write.session.add(person)
    write.session.flush()
    set_pin(write, person.id, pin, must_change=False)
    return person.id


def clean_note(text: str, field: str) -> str:
    """Return a free text as it may be kept; raises Refused at the field for a card number or a key."""
    from deskapp.commands.entry import Entry  # judging texts is not needed to sign in

    return Entry().note(text, field)


def _free_badge(write: Write, badge_no: str, staff_id: str) -> None:
    """Refuse a badge that opens the desk for somebody else, or reads like somebody's staff number."""
    if not badge_no:
        return
    taken = write.session.scalars(
        select(Staff).where(or_(Staff.badge_no == badge_no, Staff.staff_no == badge_no), Staff.id != staff_id)
    ).first()
    if taken is not None:
        raise Refused(N_("This badge belongs to {name}."), field="badge_no", name=taken.name)


def actor_of(person: Staff) -> Actor:
    """Return the acting person of a staff row."""
    return Actor(person.id, person.staff_no, person.name, tuple(person.roles))


def person_named(write: Write, who: str) -> Staff | None:
    """Return the person with a staff number or badge who works here, if there is one."""
    wanted = who.strip().upper()
    return write.session.scalars(
        select(Staff).where(or_(Staff.staff_no == wanted, Staff.badge_no == wanted), Staff.active)
    ).first()


def _administrators(write: Write) -> int:
    people = write.session.scalars(select(Staff).where(Staff.active)).all()
    return sum(access.Role.ADMINISTRATOR in person.roles for person in people)


def _check_roles(roles: list[str]) -> None:
    known = {role.value for role in access.Role if role is not access.Role.SYSTEM}
    if not roles or not set(roles) <= known:
        raise Refused(N_("Choose at least one role."), field="roles")


def try_pin(write: Write, person: Staff, pin: str) -> tuple[str, int]:
    """Return ("", 0) for the right PIN; else the sentence and how long to wait in ms. Saves the wrong try."""
    secret = write.session.get(StaffSecret, person.id)
    if secret is None:
        return N_("This person has no PIN on this computer yet. A supervisor can set one."), 0
    if secret.failures >= pins.LOCKED_AFTER:
        return N_("Too many wrong PINs. A supervisor has to set a new one."), 0
    if write.now < secret.blocked_until:
        return N_("Wait a moment before the next try."), secret.blocked_until - write.now
    try:
        HASHER.verify(secret.pin_hash, pin)
    except (VerificationError, InvalidHashError):
        secret.failures += 1
        wait = pins.pin_delay_ms(secret.failures)
        wait = max(wait, 0)
        secret.blocked_until = write.now + wait
        return N_("The PIN is not right."), wait
    secret.failures, secret.blocked_until = 0, 0
    return "", 0


def check_pin(pin: str, field: str = "pin") -> None:
    """Raise Refused unless this can be a PIN that nobody guesses."""
    if not (pin.isascii() and pin.isdigit() and pins.SHORTEST <= len(pin) <= pins.LONGEST):
        raise Refused(
            N_("A PIN has {shortest} to {longest} digits."), field=field, shortest=pins.SHORTEST, longest=pins.LONGEST
        )
    if pins.pin_weak(pin):
        raise Refused(N_("This PIN is too easy to guess."), field=field)


def set_pin(write: Write, staff_id: str, pin: str, *, must_change: bool, field: str = "pin") -> None:
    """Keep a person's PIN on this computer, as an argon2id verifier."""
    check_pin(pin, field)
    secret = write.session.get(StaffSecret, staff_id)
    if secret is None:
        secret = StaffSecret(staff_id=staff_id, pin_hash="")
        write.session.add(secret)
    secret.pin_hash = HASHER.hash(pin)
    secret.failures, secret.blocked_until, secret.must_change = 0, 0, must_change
