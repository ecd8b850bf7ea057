"""What waits for a person has a name of its own and a place to go; papers that no longer hold say so."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import deskapp
from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.papers import device_label, reprint
from deskapp.commands.pickup_correct import void_pickup
from deskapp.commands.printing import claim_job
from deskapp.errors import N_, Refused
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store, Write, command
from deskapp.models.superseded import superseded
from deskapp.print import render
from deskapp.print.edition import Edition
from deskapp.queries.printing import paper_numbered, recent_jobs
from deskapp.queries.today import CARD_TITLES
from deskapp.rules.paper_store import NO_LONGER_VALID, from_json
from deskapp.ui.pages.reviews import PLACES
from tests.checkin_shop import stock_shop, taken_in
from tests.commands.test_pickup_correct import picked_up
from tests.conftest import People
from tests.factories_pickup import Line

COMMANDS = Path(deskapp.__file__).parent / "commands"


def raised() -> set[tuple[str, str]]:
    """Every kind of card that commands raise by name, with what it is about."""
    found = set()
    for path in COMMANDS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "raise_card"
            if named and isinstance(node.args[1], ast.Constant) and isinstance(node.args[2], ast.Constant):
                found.add((str(node.args[1].value), str(node.args[2].value)))
    return found


def test_every_card_has_a_title_of_its_own_and_leads_somewhere() -> None:
    cards = raised()
    assert len(cards) > 12, "the cards were not found"
    assert {kind for kind, _about in cards} <= CARD_TITLES.keys()
    assert {about for _kind, about in cards} <= PLACES.keys()
    assert len(set(CARD_TITLES.values())) == len(CARD_TITLES)


@command(N_("Print for the test"), right="")
def came_out(write: Write, *, number: str) -> str:
    job = write.session.query(PrintJob).filter_by(number=number, of_job="").one()
    job.state = "printed"
    return job.id


def test_a_void_receipt_is_printed_again_with_its_mark_across(store: Store, people: People) -> None:
    _order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    job_id = store.run(came_out(number=done.receipt_no)).result
    assert store.ask(lambda s: superseded(s, [done.receipt_no])) == {}
    plain = _picture(store, done.receipt_no)
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)

    copy = store.run(reprint(job_id=job_id, reason="jam"), by=people.clerk).result

    claimed = store.run(claim_job(job_id=copy, printer="pdf:x")).result
    assert claimed is not None and claimed.superseded_by == NO_LONGER_VALID
    assert _picture(store, done.receipt_no) != plain
    assert all(job.superseded_by for job in store.ask(recent_jobs) if job.number == done.receipt_no)


def _picture(store: Store, number: str) -> bytes:
    job: Any = store.ask(lambda s: paper_numbered(s, number))
    return render.render_png(job.kind, from_json(job.card), Edition(job.medium, job.language, superseded_by=job.superseded_by))  # fmt: skip


def test_the_mark_names_the_later_paper_where_there_is_one(store: Store, people: People) -> None:
    import pypdfium2

    _order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    job: Any = store.ask(lambda s: paper_numbered(s, done.receipt_no))

    def words(by: str) -> str:
        made = render.render(job.kind, from_json(job.card), Edition(job.medium, "zh_CN", superseded_by=by))
        return str(pypdfium2.PdfDocument(made.pdf)[0].get_textpage().get_text_bounded())

    assert "已作废 SUPERSEDED" in words(NO_LONGER_VALID) and "SUPERSEDED →" not in words(NO_LONGER_VALID)
    assert "SUPERSEDED → C1" in words("C1") and "SUPERSEDED" not in words("")


def test_a_voided_check_in_leaves_no_good_paper(store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)
    label = done.devices[0].label_no
    job_id = store.run(came_out(number=label)).result
    act = void_check_in(order_id=done.order_id, reason="登记错商户", given_back_to="张三")
    store.run(act, by=people.supervisor)

    marked = store.ask(lambda s: superseded(s, [label, done.slip_no, "something else"]))
    assert marked == {label: NO_LONGER_VALID, done.slip_no: NO_LONGER_VALID}
    with pytest.raises(Refused) as refusal:
        store.run(reprint(job_id=job_id, reason="damaged_label"), by=people.clerk)
    assert refusal.value.code == "superseded"


@command(N_("Forget the model for the test"), right="")
def unknown_model(write: Write, *, item_id: str) -> str:
    item = write.session.get_one(RepairItem, item_id)
    unit = write.session.get_one(Device, item.device_id)
    unit.model_id, unit.note = "", "蓝色大屏收银机，背面有贴纸"
    return device_label(write.session, item).model


def test_a_label_says_the_words_that_were_typed_for_an_unknown_model(store: Store, people: People) -> None:
    store.run(stock_shop())
    done = taken_in(store, people)

    assert store.run(unknown_model(item_id=done.devices[0].item_id)).result == "蓝色大屏收银机，背面有贴纸"
