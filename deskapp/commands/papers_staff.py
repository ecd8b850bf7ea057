"""The badge of a member of staff as a label."""

from __future__ import annotations

from deskapp.commands.papers import paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.models.people import Staff
from deskapp.models.store import Write, command
from deskapp.rules import papers


@command(N_("Print a staff badge"), right="staff")
def queue_badge_label(write: Write, *, staff_id: str) -> str:
    """Queue the badge of a person who works here and return its code.

    The code alone lets nobody in: the PIN belongs to it.
    """
    person = write.session.get(Staff, staff_id)
    if person is None or not person.active:
        raise Refused(N_("Only somebody who works here gets a badge."), field="badge_no", code="left")
    if not person.badge_no:
        raise Refused(N_("This person has no badge number yet. Save the form first."), field="badge_no", code="none")
    card = papers.BadgeLabelCard(
        number=person.badge_no, site=paper_site(write.session, write.site_id), name=person.name,
        staff_no=person.staff_no,
    )  # fmt: skip
    queue(write, card, subject_kind="staff", subject_id=person.id)
    return person.badge_no
