"""Makes `store-VERSION.zip`: a small working branch as this release leaves it on the disk.

    python -m tests.golden.make_golden

Run once per release and keep the file for ever: every later release has to open it.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from deskapp import __version__
from deskapp.commands.people import actor_of, new_staff
from deskapp.commands.setup import SiteForm, open_branch
from deskapp.commands.tickets import TicketForm, add_note, open_ticket
from deskapp.errors import N_
from deskapp.models import schema
from deskapp.models.people import Staff
from deskapp.models.store import Actor, Store, Write, command
from deskapp.paths import Home
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import KEY, START, CountedIds, FixedClock, People

HERE = Path(__file__).parent


@command(N_("Hire the people of the golden branch"), right="")
def _hire(write: Write) -> tuple[Actor, Actor]:
    clerk = new_staff(write, staff_no="C01", name="李秀英", roles=["counter_clerk"], pin="739518")
    chief = new_staff(write, staff_no="S01", name="欧阳静", roles=["site_supervisor"], pin="903571")
    return actor_of(write.session.get_one(Staff, clerk)), actor_of(write.session.get_one(Staff, chief))


def make(home: Home) -> None:
    """Work for a morning in an empty home: a call with a note, and two devices taken in."""
    schema.create(home, KEY, store_id="golden", station="golden-station", station_no=123, made_at=START)
    with Store(home, KEY, clock=FixedClock(), new_id=CountedIds()) as store:
        form = SiteForm("FZ-D1", "福州鼓楼邮政支局", short_name="鼓楼支局", depot_code="FZ-D1")
        admin = store.run(open_branch(site=form, staff_no="A01", name="管理员", pin="274860")).result.actor
        clerk, chief = store.run(_hire()).result
        people = People(clerk, clerk, clerk, clerk, chief, admin, admin)
        store.run(stock_shop())
        call = TicketForm(callback_phone="13800138000", model_words="N910", symptom_code="no_power",
                          words="早上开不了机", business_stopped=False)  # fmt: skip
        opened = store.run(open_ticket(form=call), by=clerk).result
        store.run(add_note(ticket_id=opened.ticket_id, words="已回电"), by=clerk)
        taken_in(store, people)


def main() -> None:
    """Write the file for the present version."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").make()
        make(home)
        with zipfile.ZipFile(HERE / f"store-{__version__}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in ("desk.db", "identity.json"):
                archive.write(home.root / name, name)


if __name__ == "__main__":
    main()
