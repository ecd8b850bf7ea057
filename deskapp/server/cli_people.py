"""Commands about who belongs: sites, stations, people, and the book of what was done to them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from deskapp.clock import new_uuid7, shop_time
from deskapp.errors import N_, Refused
from deskapp.rules.access import Role
from deskapp.server import (
    acts,
    archive_erasing,
    aside,
    copies,
    erasing,
    erasing_photos,
    missing,
    screening,
    stations,
    wiping,
)
from deskapp.server.database import Transaction
from deskapp.server.known import Station
from deskapp.server.push import Fork
from deskapp.server.service import Server
from deskapp.server.telling import draw_qr, say, tell, who, word, words_of
from deskapp.sync.framing import load

MOST_CODE = 20


def add_words(verbs: Any, with_server: Callable[..., Any]) -> None:
    """Add these commands to the parser; `with_server` makes a verb of a function on an open server."""
    site = verbs.add_parser("site", help="sites").add_subparsers(required=True, metavar="ACTION")
    add = with_server(site, "add", site_add, "make a site known")
    add.add_argument("code")
    add.add_argument("name")
    with_server(site, "list", site_list, "list the sites")
    station = verbs.add_parser("station", help="stations").add_subparsers(required=True, metavar="ACTION")
    enrol = with_server(station, "enrol", station_enrol, "print a one-time code for a computer, and a QR")
    enrol.add_argument("site", help="the site's code")
    enrol.add_argument("--name", default="", help="a name for the computer")
    enrol.add_argument("--minutes", type=int, default=10, help="how long the code holds (at most a week)")
    enrol.add_argument("--address", default="", help="the server's address, for the QR")
    with_server(station, "list", station_list, "list the stations")
    for name, run, words in (
        ("retire", station_retire, "ask a station to push what it holds and purge itself"),
        ("revoke", station_revoke, "shut a station out, with all that its key has vouched for"),
        ("found", station_found, "a station that was lost is back in the right hands"),
    ):
        with_server(station, name, run, words).add_argument("number", type=int)
    revoke = station.choices["revoke"]
    revoke.add_argument("--lost", action="store_true", required=True, help="it is lost or stolen")
    revoke.add_argument("--only", action="store_true", help="this one, not its family")
    put_by = with_server(station, "aside", station_aside, "show what lost stations sent, and take or drop it")
    put_by.add_argument("number", type=int, nargs="?", help="without it: of which stations there is something")
    either = put_by.add_mutually_exclusive_group()
    either.add_argument("--take", action="store_true", help="take it as if the station had not been lost")
    either.add_argument("--drop", action="store_true", help="throw it away")
    staff = verbs.add_parser("staff", help="people").add_subparsers(required=True, metavar="ACTION")
    with_server(staff, "list", staff_list, "list the people of all sites")
    add = with_server(staff, "add", staff_add, "add a person")
    add.add_argument("number")
    add.add_argument("name")
    add.add_argument("--role", action="append", default=[], help="may be given several times")
    with_server(staff, "stop", staff_stop, "a person no longer acts anywhere").add_argument("number")
    person = with_server(verbs, "person", person_found, "find what is kept of a person, and erase it everywhere")
    person.add_argument("text", nargs="+", help="a name or a telephone number, exactly as it was entered")
    person.add_argument("--erase", action="store_true", help="empty these cells and replace these texts, for good")
    person.add_argument("--everywhere", action="store_true", help="a name in every text, not only near the person")
    files = with_server(verbs, "files", files_missing, "list photos that records name and that are not here")
    files.add_argument("--ask", action="store_true", help="ask the desks for all of them now")
    audit = with_server(verbs, "audit", show_audit, "show the book of enrolments and revocations")
    audit.add_argument("--most", type=int, default=50)


def _clean(text: str, field: str, most: int) -> str:
    """Return what was typed, without blanks around it.

    Raises Refused for nothing, too much, control characters or the number of a card.
    """
    text = text.strip()
    if not text or len(text) > most or not text.isprintable() or screening.screen_text(text)[1]:
        raise Refused(N_("{text} cannot be used as {what}."), text=repr(text[:40]), what=field)
    return text


# -- sites -----------------------------------------------------------------------------


def site_add(server: Server, given: argparse.Namespace) -> int:
    """Make a site known to all desks."""
    code, name = _clean(given.code, N_("a site's code"), MOST_CODE), _clean(given.name, N_("a name"), 100)
    with server.database.write() as tx:
        known = stations.site_by_code(tx, code)
        site_id = known.id if known else new_uuid7()
        if known is None:
            acts.act(tx, "add_site", [acts.site_record(site_id, code, name)], server.clock(), server.archive)
            stations.note(tx, server.clock(), "site_add", code, who(), id=site_id)
    say(f"{code}  {site_id}")
    return 0


def site_list(server: Server, _given: argparse.Namespace) -> int:
    """List the sites."""
    with server.database.read() as tx:
        for site in stations.sites(tx):
            say(f"{site.code:<10} {site.id}  {site.name}")
    return 0


# -- stations --------------------------------------------------------------------------


def station_enrol(server: Server, given: argparse.Namespace) -> int:
    """Print a one-time code, and a QR of it."""
    if not 1 <= given.minutes <= stations.MOST_CODE_MS // 60_000:
        raise Refused(N_("A code holds for 1 to {most} minutes."), most=stations.MOST_CODE_MS // 60_000)
    with server.database.write() as tx:
        site = stations.site_by_code(tx, given.site)
        if site is None:
            raise Refused(N_("There is no site {site}. Add it with `deskapp-server site add`."), site=given.site)
        code = stations.issue_code(tx, site.id, given.name, server.clock(), valid_ms=given.minutes * 60_000, who=who())
    tell(N_("Code for one computer of {site}, good for {minutes} minutes:"), site=site.name, minutes=given.minutes)
    say(f"\n    {code}\n")
    say(draw_qr(f"DESK:{given.address}#{code}" if given.address else code))
    return 0


def station_list(server: Server, _given: argparse.Namespace) -> int:
    """List the stations."""
    with server.database.read() as tx:
        orders = wiping.states(tx)
        for number, name, site, state, seq, seen_at, identity, by in stations.listed(tx):
            after = words_of(N_("(vouched for by {number})"), number=f"{by:05d}") if by else ""
            after += _wipe_words(*orders[identity]) if identity in orders else ""
            when = f"{shop_time(seen_at):%Y-%m-%d %H:%M}"
            say(f"{number:05d} {site:<8} {word(state):<9} {seq:>7} {when}  {name} {after}".rstrip())
    return 0


def _wipe_words(told: int, done: int) -> str:
    """Say how far the wiping of a lost station has come."""
    if done:
        return words_of(N_("(wiped {when})"), when=f"{shop_time(done):%Y-%m-%d %H:%M}")
    return words_of(N_("(told to wipe itself)") if told else N_("(to be wiped)"))


def _station(tx: Transaction, number: int) -> Station:
    station = stations.find_by_number(tx, number)
    if station is None:
        raise Refused(N_("There is no station {number}."), number=number)
    return station


def station_retire(server: Server, given: argparse.Namespace) -> int:
    """Ask a station to leave in order."""
    with server.database.write() as tx:
        station = _station(tx, given.number)
        if not stations.retire(tx, station, server.clock(), who()):
            raise Refused(
                N_("Station {number} is not at work: {state}."), number=given.number, state=word(station.state)
            )
        server.archive_station(tx, station.id)
    tell(N_("Station {number} pushes what it holds at its next contact, and then purges itself."), number=given.number)
    return 0


def station_revoke(server: Server, given: argparse.Namespace) -> int:
    """Shut a lost station out, with its family."""
    with server.database.write() as tx:
        named = _station(tx, given.number)
        shut = stations.revoke(tx, named, server.clock(), who(), only=given.only)
        wiping.wanted(tx, named, server.clock(), who())
        for one in shut:
            server.archive_station(tx, one.id)
    server.epoch.shut_out(one.id for one in shut)
    for one in shut:
        tell(N_("Station {number} ({name}) is shut out."), number=f"{one.no:05d}", name=one.name)
    if not shut:
        tell(N_("Station {number} was shut out already."), number=f"{given.number:05d}")
    tell(N_("Station {number} is wiped at its next contact, after what it holds was set aside here."),
         number=f"{given.number:05d}")  # fmt: skip
    if len(shut) > 1:
        tell(N_("They share a key. Let one back in with `deskapp-server station found NUMBER` when you have seen it."))
        tell(
            N_("The others keep their data, for they may be other computers. Revoke by its number what is to be wiped.")
        )
    return 0


def station_found(server: Server, given: argparse.Namespace) -> int:
    """Let a station that was lost back in."""
    with server.database.write() as tx:
        station = _station(tx, given.number)
        if not stations.found_again(tx, station, server.clock(), who()):
            state = word(station.state)
            raise Refused(N_("Station {number} was not lost: {state}."), number=given.number, state=state)
        told = wiping.withdrawn(tx, station)
    server.epoch.let_in_again(station.id)
    tell(N_("Station {number} may work again; it sends what it still holds by itself."), number=given.number)
    if told:
        tell(N_("It had been told to wipe itself by then. If it is empty, enrol it anew; what it sent is in `aside`."))
    return 0


def station_aside(server: Server, given: argparse.Namespace) -> int:
    """Show, take or drop what lost stations sent."""
    if given.number is None:
        with server.database.read() as tx:
            for number, name, pushes in aside.waiting(tx):
                tell(N_("{number} {name}: {count} pushes"), number=f"{number:05d}", name=name, count=pushes)
        return 0
    with server.database.read() as tx:
        station = _station(tx, given.number)
        found = aside.listed(tx, station)
    if given.drop or given.take:
        count = len({one.uid for push in found for one in push.sets})
        taken = sum(_taken(server, given.number, push) for push in found) if given.take else 0
        with server.database.write() as tx:
            left = aside.not_taken(tx, found) if given.take else []
            ended = "aside_dropped" if given.drop else "aside_partly" if left else "aside_taken"
            aside.drop(tx, station, server.clock(), ended, who(), taken, but=left)
        if left:
            tell(N_("{taken} of {count} acts were taken."), taken=taken, count=count)
            tell(N_("Pushes that do not follow on what is here, and are still kept aside: {count}."), count=len(left))
            return 1
        tell(N_("{taken} of {count} acts were taken, nothing is kept aside any more."), taken=taken, count=count)
        return 0
    for push in found:
        for one in push.sets:
            records = ", ".join(sorted({op.entity for op in one.ops}))
            say(f"{shop_time(push.at):%Y-%m-%d %H:%M} {one.seq:>7} {one.command:<24} {one.staff:<36} {records}")
    return 0


def _taken(server: Server, number: int, push: aside.Aside) -> int:
    """Take one push of a station, as far as it follows on what is here; return how many acts."""
    with server.database.read() as tx:
        station = _station(tx, number)
    try:
        return server.take_again(station, push.sets)
    except Fork:
        return 0


# -- people ----------------------------------------------------------------------------


def _people(tx: Transaction) -> list[tuple[str, dict[str, Any]]]:
    rows = tx.all("SELECT id, vals FROM record WHERE entity = 'staff' ORDER BY id")
    return [(identity, load(bytes(vals))) for identity, vals in rows]


def staff_list(server: Server, _given: argparse.Namespace) -> int:
    """List the people of all sites."""
    with server.database.read() as tx:
        for _id, values in _people(tx):
            state = "" if values.get("active", True) else f"  ({word('stopped')})"
            say(f"{values.get('staff_no', ''):<8} {values.get('name', '')}  {' '.join(values.get('roles', []))}{state}")
    return 0


def staff_add(server: Server, given: argparse.Namespace) -> int:
    """Add a person to all desks."""
    number, name = _clean(given.number, N_("a staff number"), MOST_CODE), _clean(given.name, N_("a name"), 100)
    unknown = [role for role in given.role if role not in set(Role) or role == Role.SYSTEM]
    if unknown:
        known = ", ".join(role for role in Role if role != Role.SYSTEM)
        raise Refused(N_("There is no role {name}. The roles are: {roles}."), name=unknown[0], roles=known)
    with server.database.write() as tx:
        if any(values.get("staff_no") == number for _id, values in _people(tx)):
            raise Refused(N_("There is a person with the number {number} already."), number=number)
        op = acts.new_record(
            "staff", new_uuid7(), staff_no=number, name=name, badge_no="", roles=given.role, active=True, language=""
        )
        acts.act(tx, "add_staff", [op], server.clock(), server.archive)
        stations.note(tx, server.clock(), "staff_add", number, who(), roles=given.role)
    return 0


def staff_stop(server: Server, given: argparse.Namespace) -> int:
    """Let a person act nowhere any more."""
    with server.database.write() as tx:
        found = [one for one, values in _people(tx) if values.get("staff_no") == given.number]
        if not found:
            raise Refused(N_("There is nobody with the number {number}."), number=given.number)
        ops = [acts.changed(tx, "staff", one, "roles", active=False) for one in found]
        acts.act(tx, "stop_staff", ops, server.clock(), server.archive)
        stations.note(tx, server.clock(), "staff_stop", given.number, who())
    return 0


def person_found(server: Server, given: argparse.Namespace) -> int:
    """Show in which records a name or a number stands, or erase it there and at every desk."""
    with server.database.read() as tx:
        found = erasing.find(tx, given.text)
        texts = erasing.texts_with(tx, given.text, [one.id for one in found], everywhere=given.everywhere)
        photos = erasing_photos.find(tx, [one.id for one in found], given.text, server.clock())
    if given.erase:
        return _erase(server, given, [one.id for one in found], photos)
    for one in found:
        say(f"{one.entity:<18} {one.id}  {' '.join(one.columns)}")
    near, far = [one for one in texts.hits if one.near], [one for one in texts.hits if not one.near]
    for sentence, some in (
        (N_("In free texts, to be replaced by a mark:"), near),
        (N_("The name stands here too, but perhaps of somebody else; it stays unless you give --everywhere:"), far),
    ):
        if some:
            tell(sentence)
        for hit in some:
            older = "" if hit.now else words_of(N_("(an earlier version)"))
            say(f"{hit.entity:<18} {hit.id}  {hit.column:<12} {hit.count:>2}  {hit.shown} {older}".rstrip())
    for photo in photos:
        until = words_of(N_("(held until {day})"), day=erasing_photos.day(photo)) if photo.until else ""
        say(f"{'attachment':<18} {photo.id}  {photo.kind} {until}".rstrip())
    if photos:
        tell(N_("Photos and signatures of the person: {count}."), count=len(photos))
    tell(N_("{count} records, {texts} free texts. Nothing was changed."), count=len(found), texts=len(near))
    return 0


def _erase(server: Server, given: argparse.Namespace, ids: list[str], photos: list[erasing_photos.Photo]) -> int:
    """Erase a person in the database, in the archive, and say what is left for others to do, and until when."""
    archive = server.options.archive
    if archive is not None:
        archive_erasing.turn(archive)
    count = acts.erase(server, ids, given.text, everywhere=given.everywhere)
    now = server.clock()
    with server.database.write() as tx:
        stations.note(tx, now, "erase_person", "", who(), records=count)
        erased, stale = erasing.erased_so_far(tx), copies.stale(tx)
    day = f"{shop_time(now + erasing.GRACE_MS):%Y-%m-%d}"
    tell(N_("{count} records are emptied; desks follow at their next contact, the older logs by {day}."),
         count=count, day=day)  # fmt: skip
    held = [one for one in photos if one.until]
    if len(photos) > len(held):
        tell(N_("Photos and signatures that are destroyed, at the desks at their next contact: {count}."),
             count=len(photos) - len(held))  # fmt: skip
    if held:
        tell(N_("Held because they prove something, and gone by themselves by {day}: {count}."),
             day=erasing_photos.day(max(held, key=lambda one: one.until)), count=len(held))  # fmt: skip
    tell(N_("Run this again on {day}: a desk that was away may have sent something written before."), day=day)
    for one in stale:
        due = f"{shop_time(one.due):%Y-%m-%d}"
        tell(N_("The backup {place} is older. It is removed by the first backup after {day}."),
             place=str(one.place), day=due)  # fmt: skip
    if archive is None:
        return 0
    done = archive_erasing.erase(archive, erased, given.text)
    tell(N_("{count} files of the archive were written anew."), count=done.files)
    for name in done.left:
        tell(N_("The file {place} of the archive could not be read to its end. Remove it when you can."), place=name)
    return 1 if done.left else 0


def files_missing(server: Server, given: argparse.Namespace) -> int:
    """Show the photos that records name and that are not here, and ask the desks for them."""
    with server.database.read() as tx:
        found = missing.find(tx)
    for one in found:
        when = f"{shop_time(one.made_at):%Y-%m-%d %H:%M}" if one.made_at else "–"
        say(f"{one.sha256[:16]}  {one.record}  {when}")
    count = missing.ask(server, now_all=True) if given.ask else 0
    tell(N_("{count} photos are not here; {asked} were asked for."), count=len(found), asked=count)
    return 0


def show_audit(server: Server, given: argparse.Namespace) -> int:
    """Show the book."""
    with server.database.read() as tx:
        for at, what, subject, by, detail in stations.audit(tx, given.most):
            say(f"{shop_time(at):%Y-%m-%d %H:%M:%S} {what:<14} {subject} {by} {detail}")
    return 0
