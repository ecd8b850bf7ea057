"""The first minutes of a branch: its site, its first administrator, its settings; and go-live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.commands.people import actor_of, clean_note, new_staff
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import transfers
from deskapp.models.free_text import refuse_card_numbers
from deskapp.models.local import SettingRow, StoreInfo
from deskapp.models.people import CalendarDay, Shelf, Site, Staff
from deskapp.models.store import Actor, Write, command
from deskapp.settings import declared


@dataclass(frozen=True, slots=True)
class SiteForm:
    """What is asked about a branch at the first start, and can be changed later."""

    code: str
    name: str
    short_name: str = ""
    depot_code: str = ""
    is_outlet: bool = True
    is_depot: bool = True
    solo: bool = False
    region: str = ""
    address: str = ""
    phone: str = ""
    hotline: str = ""
    complaint_phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class BranchOpened:
    """A branch that is ready to work."""

    site_id: str
    actor: Actor


@command(N_("Set up this branch"), right="")
def open_branch(
    write: Write, *, site: SiteForm, staff_no: str, name: str, pin: str, roles: list[str] | None = None
) -> BranchOpened:
    """Create the site and its first staff member; only possible while nobody works here yet.

    The first person is administrator and whatever else was chosen: somebody has to be able to
    add the others, and a one-person branch has to be able to work.
    """
    if write.session.scalar(select(func.count()).select_from(Staff)):
        raise Forbidden(N_("This branch is set up already."), code="set_up")
    row = Site(id=write.new_id(), code=site.code, name=site.name)
    write.session.add(row)
    _fill_site(row, site)
    write.session.merge(StoreInfo(key="site_id", value=row.id))
    chosen = list(dict.fromkeys(["administrator", *(roles or [])]))
    person_id = new_staff(write, staff_no=staff_no, name=name, roles=chosen, pin=pin)
    return BranchOpened(row.id, actor_of(write.session.get_one(Staff, person_id)))


@command(N_("Change the branch's details"), right="settings")
def change_site(write: Write, *, site_id: str, site: SiteForm) -> None:
    """Change a site's name, address, phones, hours and roles."""
    _fill_site(write.session.get_one(Site, site_id), site)


@command(N_("Add a shelf"), right="settings")
def add_shelf(write: Write, *, code: str, zone: str = "", use: str = "repair") -> str:
    """Add a shelf with a label of its own and return its id."""
    code = code.strip().upper()
    if not code:
        raise Refused(N_("Enter the shelf's code, such as B-03-2."), field="code")
    if transfers.shelf_at(write.session, write.site_id, code) is not None:
        raise Refused(N_("Shelf {shelf} is there already."), field="code", shelf=code)
    zone, use = clean_note(zone, "zone"), clean_note(use, "use")
    row = Shelf(id=write.new_id(), site_id=write.site_id, code=code, zone=zone, use=use, label_no=write.label("L"))
    write.session.add(row)
    return row.id


@command(N_("Change a setting"), right="")
def set_setting(write: Write, *, key: str, value: object) -> None:
    """Change one setting of this computer; what belongs to the window may be changed by everyone."""
    setting = declared(key)
    if setting.page not in ("window", "shortcuts"):
        from deskapp.rules import access

        access.require(write.roles, write.actor.roles, "settings")
    refuse_card_numbers({"value": value}, lambda _text: ())  # texts of templates are settings too
    write.session.merge(SettingRow(key=key, value=setting.encode(value)))


@command(N_("Edit the calendar"), right="calendar")
def set_calendar_day(write: Write, *, day: str, works: bool, note: str = "") -> None:
    """Say that this site works, or does not, on one day, whatever the public calendar says."""
    row = write.session.scalars(
        select(CalendarDay).where(CalendarDay.site_id == write.site_id, CalendarDay.day == day)
    ).first()
    if row is None:
        row = CalendarDay(id=write.new_id(), site_id=write.site_id, day=day, works=works)
        write.session.add(row)
    row.works, row.note, row.active = works, clean_note(note, "note"), True


@command(N_("Take a day off the calendar"), right="calendar")
def clear_calendar_day(write: Write, *, day: str) -> None:
    """Let the public calendar decide about a day again."""
    row = write.session.scalars(
        select(CalendarDay).where(CalendarDay.site_id == write.site_id, CalendarDay.day == day)
    ).first()
    if row is not None:
        row.active = False


@command(N_("Change the service times"), right="calendar")
def change_service_times(
    write: Write, *, week: Mapping[int, tuple[int, int] | None], promises: Mapping[int, tuple[int, int, bool]]
) -> None:
    """Change when this site is open and what it promises.

    `week` gives opening and closing minute after midnight by weekday (0 is Monday), None for a closed
    day; `promises` give by priority 1 to 4 the minutes to the first response, the working days to the
    end, and whether the first runs round the clock.
    """
    open_days = {day: hours for day, hours in week.items() if hours is not None}
    if not open_days:
        raise Refused(N_("Leave at least one day open."), field="week")
    for day, (opens, closes) in open_days.items():
        if not (0 <= day <= 6 and 0 <= opens < closes <= 24 * 60):
            raise Refused(N_("A day has to open before it closes."), field=f"day_{day}", code="hours")
    for priority, (first, days, _clock) in promises.items():
        if priority not in (1, 2, 3, 4) or first < 1 or days < 1:
            raise Refused(N_("Enter at least one minute and one working day."), field=f"priority_{priority}")
    row = write.session.get_one(Site, write.site_id)
    row.service_times = {
        "week": {str(day): list(hours) for day, hours in sorted(open_days.items())},
        "priority": {str(number): list(promise) for number, promise in sorted(promises.items())},
    }


def _fill_site(row: Site, form: SiteForm) -> None:
    if not form.code.strip():
        raise Refused(N_("Enter the branch's code."), field="code")
    if not form.name.strip():
        raise Refused(N_("Enter the branch's name."), field="name")
    if not (form.is_outlet or form.is_depot):
        raise Refused(N_("A site is an outlet, a depot, or both."), field="is_outlet")
    for name in SiteForm.__slots__:
        value = getattr(form, name)
        setattr(row, name, clean_note(value, name) if isinstance(value, str) else value)
    row.short_name = row.short_name or row.name
