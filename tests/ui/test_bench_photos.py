"""Photos at the bench: a restart costs none, each stays with its device, the repair keeps before and after."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from deskapp.commands.bench import start_diagnosis
from deskapp.commands.bench_charge import WantedLine
from deskapp.commands.bench_quote import make_quote
from deskapp.commands.checkin_after import attach_photo
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.drafts import save_draft
from deskapp.models.blobs import Blobs
from deskapp.models.repair import WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Store
from deskapp.queries.drafts import draft, drafts
from deskapp.rules.card_numbers import strip_card_numbers
from deskapp.settings import PHOTO_FOLDER, Values
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageContext
from deskapp.ui.pages.job_photos import PAGE
from deskapp.ui.pages.order import OrderPage
from tests.conftest import People
from tests.factories_bench import Benched, Shop, open_shop
from tests.keys import press_key
from tests.ui.test_bench_page import Desk, prepared


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


@pytest.fixture
def sit(qtbot: Any, jobs: Jobs, context: PageContext, shop: Shop) -> Iterator[Callable[[], Desk]]:
    """Sit down at a bench page that was just started; a second one knows nothing of the first."""
    made: list[Desk] = []

    def begin() -> Desk:
        made.append(Desk(qtbot, jobs, context, shop))
        return made[-1]

    yield begin
    for one in made:
        one.page.leave()
    qtbot.waitUntil(lambda: jobs._running == 0)


def picture(colour: str, size: tuple[int, int] = (120, 80)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


def begun(shop: Shop) -> Benched:
    one = shop.take_in(warranty_until="2027-01-09")
    shop.store.run(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), by=shop.people.technician)
    return one


def named(store: Store, one: Benched, step: str) -> list[tuple[str, str]]:
    """What the draft names: SHA-256 and what the photo shows."""
    card = store.ask(lambda session: draft(session, f"bench:{one.item_id}:photos:{step}"))
    return [(photo["sha256"], photo["kind"]) for photo in card.form["photos"]] if card else []


def on_record(store: Store, one: Benched) -> list[tuple[str, str]]:
    with store.read() as session:
        rows = session.query(Attachment).filter_by(subject_id=one.item_id).order_by(Attachment.n).all()
        return [(row.sha256, row.kind) for row in rows]


def test_photos_that_were_not_recorded_come_back_after_a_restart_as_they_were(
    sit: Callable[[], Desk], store: Store, shop: Shop
) -> None:
    one, desk = begun(shop), sit()
    desk.open(one, "diagnose")
    photos = desk.step("diagnose").photos  # type: ignore[attr-defined]
    for colour in ("#d8d8d8", "#345678"):
        photos.strip.add_bytes(picture(colour), f"{colour}.png")
        desk.qtbot.waitUntil(lambda: not photos.strip.busy())
    photos.kind.buttons[1].click()  # the newest is chosen: it shows the device before the repair
    shas = [photo.sha256 for photo in photos.photos()]
    desk.qtbot.waitUntil(lambda: named(store, one, "diagnose") == [(shas[0], "damage"), (shas[1], "before")])
    assert on_record(store, one) == []

    again = sit()  # nobody left the first page: it was killed
    again.open(one, "diagnose")
    back = again.step("diagnose").photos  # type: ignore[attr-defined]
    again.qtbot.waitUntil(lambda: len(back.photos()) == 2 and not back.busy())
    assert {photo.sha256 for photo in back.photos()} == set(shas)  # the same files, not encoded once more
    assert back.kind.isVisible() and sorted(back.strip.says(one) for one in back.photos()) == ["Before", "Damage"]

    again.step("diagnose").restore({"confirmed": "yes", "flag": "none", "cause": "drop_damage"})  # type: ignore[attr-defined]
    again.page.panel.submit()
    again.qtbot.waitUntil(lambda: len(on_record(store, one)) == 2)
    assert set(on_record(store, one)) == {(shas[0], "damage"), (shas[1], "before")}
    again.qtbot.waitUntil(lambda: store.ask(lambda s: drafts(s, PAGE)) == [])
    assert back.photos() == []


def test_a_draft_that_outlived_its_record_brings_nothing_twice(
    sit: Callable[[], Desk], store: Store, shop: Shop
) -> None:
    one, desk = prepared(shop, "repair"), sit()
    desk.open(one, "repair")
    photos = desk.step("repair").photos  # type: ignore[attr-defined]
    photos.strip.add_bytes(picture("#992222"), "open.png")
    desk.qtbot.waitUntil(lambda: len(named(store, one, "repair")) == 1)
    sha = photos.photos()[0].sha256
    store.run(attach_photo(item_id=one.item_id, photo=Photo(sha)), by=shop.people.clerk)  # at another desk

    desk.page.panel.ask()
    desk.qtbot.waitUntil(lambda: photos.photos() == [] and store.ask(lambda s: drafts(s, PAGE)) == [])

    entry = {"sha256": sha, "kind": "before", "name": "x.jpg"}
    act = save_draft(draft_id=f"bench:{one.item_id}:photos:repair", page=PAGE, form={"photos": [entry]}, known=(sha,))
    store.run(act, by=shop.people.technician)
    again = sit()
    again.open(one, "repair")
    again.qtbot.waitUntil(lambda: store.ask(lambda s: drafts(s, PAGE)) == [])
    assert again.step("repair").photos.photos() == []  # type: ignore[attr-defined]


def test_who_saves_at_once_after_a_restart_saves_the_photos_of_the_draft_too(
    sit: Callable[[], Desk], store: Store, shop: Shop
) -> None:
    one, desk = prepared(shop, "repair"), sit()
    desk.open(one, "repair")
    photos = desk.step("repair").photos  # type: ignore[attr-defined]
    photos.strip.add_bytes(picture("#992222"), "open.png")
    desk.qtbot.waitUntil(lambda: len(named(store, one, "repair")) == 1)

    found: list[object] = []
    again = sit()
    panel = again.page.panel
    panel.open(one.item_id)
    again.qtbot.waitUntil(lambda: panel.step_name == "repair")
    panel.steps["repair"].work.put([("replace_battery", "x")])  # type: ignore[attr-defined]
    panel.steps["repair"].photos.keep(lambda kept: found.append([one.kind for one in kept]), found.append)  # type: ignore[attr-defined]
    again.qtbot.waitUntil(lambda: found == [["after"]])


def test_a_photo_whose_file_is_gone_holds_nobody_up(sit: Callable[[], Desk], store: Store, shop: Shop) -> None:
    one, name = prepared(shop, "repair"), "ab" * 32
    entry = {"sha256": name, "kind": "before", "name": "x.jpg"}
    act = save_draft(draft_id=f"bench:{one.item_id}:photos:repair", page=PAGE, form={"photos": [entry]})
    store.run(act, by=shop.people.technician)
    desk = sit()
    desk.open(one, "repair")
    repair = desk.step("repair")
    desk.qtbot.waitUntil(lambda: "not on this computer" in repair.photos.strip.note.text())  # type: ignore[attr-defined]
    repair.work.put([("replace_battery", "x")])  # type: ignore[attr-defined]

    desk.page.panel.submit()

    desk.at("test")
    desk.qtbot.waitUntil(lambda: store.ask(lambda s: drafts(s, PAGE)) == [])


def test_a_photo_that_arrives_late_is_kept_for_the_device_it_was_taken_of(
    sit: Callable[[], Desk], store: Store, shop: Shop
) -> None:
    one, other, desk = begun(shop), begun(shop), sit()
    desk.open(one, "diagnose")
    photos = desk.step("diagnose").photos  # type: ignore[attr-defined]
    photos.strip.add_bytes(picture("#222222", (2400, 1800)), "slow.png")
    desk.open(other, "diagnose")
    desk.qtbot.waitUntil(lambda: desk.page.panel.card.item_id == other.item_id)  # type: ignore[union-attr]

    desk.qtbot.waitUntil(lambda: len(named(store, one, "diagnose")) == 1)
    assert named(store, other, "diagnose") == [] and photos.photos() == []


def test_a_photo_that_is_removed_leaves_the_draft_and_the_last_takes_it_along(
    sit: Callable[[], Desk], store: Store, shop: Shop
) -> None:
    one, desk = begun(shop), sit()
    desk.open(one, "diagnose")
    photos = desk.step("diagnose").photos  # type: ignore[attr-defined]
    for colour in ("#111111", "#eeeeee"):
        photos.strip.add_bytes(picture(colour), "x.png")
        desk.qtbot.waitUntil(lambda: not photos.strip.busy())
    desk.qtbot.waitUntil(lambda: len(named(store, one, "diagnose")) == 2)

    for left in (1, 0):
        photos.strip.list.setCurrentRow(0)
        press_key(photos.strip, Qt.Key.Key_Delete)
        desk.qtbot.waitUntil(lambda left=left: len(named(store, one, "diagnose")) == left)
    desk.qtbot.waitUntil(lambda: store.ask(lambda s: drafts(s, PAGE)) == [])


def test_no_name_of_a_photo_is_taken_for_a_card_number(sit: Callable[[], Desk], store: Store, shop: Shop) -> None:
    plain = io.BytesIO()
    Image.new("RGB", (8, 8), "#777777").save(plain, "JPEG")
    unlucky = next(
        content for number in range(100_000)
        if strip_card_numbers(hashlib.sha256(content := plain.getvalue() + str(number).encode()).hexdigest())[1]
    )  # fmt: skip
    one, desk = begun(shop), sit()
    desk.open(one, "diagnose")
    photos = desk.step("diagnose").photos  # type: ignore[attr-defined]

    photos.strip.add_kept(lambda _progress: unlucky, "unlucky.jpg")

    desk.qtbot.waitUntil(lambda: len(named(store, one, "diagnose")) == 1)
    assert named(store, one, "diagnose")[0][0] == hashlib.sha256(unlucky).hexdigest()


@pytest.mark.parametrize("action", ["replace_battery", "replace_board"])
def test_the_repair_keeps_its_photos_before_and_after_with_the_record(
    sit: Callable[[], Desk], store: Store, shop: Shop, action: str
) -> None:
    one, desk = prepared(shop, "repair"), sit()
    desk.open(one, "repair")
    repair = desk.step("repair")
    photos = repair.photos  # type: ignore[attr-defined]
    assert photos.isVisible() and not photos.kind.isVisible()
    photos.strip.add_bytes(picture("#992222"), "open.png")
    desk.qtbot.waitUntil(lambda: len(photos.photos()) == 1)
    photos.kind.buttons[1].click()  # the one that just came shows the device before the repair
    photos.strip.list.clearSelection()
    photos.kind.buttons[2].click()  # what comes from now on shows it after
    photos.strip.add_bytes(picture("#229922"), "closed.png")
    desk.qtbot.waitUntil(lambda: len(named(store, one, "repair")) == 2)
    repair.work.put([(action, action)])  # type: ignore[attr-defined]
    repair._changed_actions()  # type: ignore[attr-defined]

    desk.page.panel.submit()

    desk.at("test" if action == "replace_battery" else "keys")
    kept = on_record(store, one)
    assert [kind for _sha, kind in kept] == ["before", "after"]
    blobs = Blobs(store.home.blobs, store.key)
    assert all(blobs.fetch(sha) for sha, _kind in kept)
    with store.read() as session:
        (done,) = session.query(WorkEvent).filter_by(item_id=one.item_id, move="record_repair").all()
        ids = [row.id for row in session.query(Attachment).filter_by(subject_id=one.item_id).order_by(Attachment.n)]
        assert done.data["photos"] == ids
    desk.qtbot.waitUntil(lambda: named(store, one, "repair") == [])


def test_what_the_phone_saves_arrives_with_the_answer_to_a_quote(
    qtbot: Any, jobs: Jobs, context: PageContext, shop: Shop, tmp_path: Path
) -> None:
    one = prepared(shop, "diagnosed", warranty="2025-12-31")
    shop.store.run(make_quote(item_id=one.item_id, lines=[WantedLine("LAB-M")]), by=shop.people.clerk)
    desk = Desk(qtbot, jobs, replace(context, values=in_folder(tmp_path)), shop)
    desk.sit(shop.people.clerk)
    desk.open(one, "answer")
    answer = desk.step("answer")
    desk.focus(answer.channel)  # type: ignore[attr-defined]
    saved_by_phone(tmp_path, "too_early.png")
    desk.type("1")
    qtbot.waitUntil(lambda: answer.files.isVisible())  # type: ignore[attr-defined]

    saved_by_phone(tmp_path, "signed.png")

    qtbot.waitUntil(lambda: [one.name for one in answer.files.photos] == ["signed.png"], timeout=15_000)  # type: ignore[attr-defined]
    desk.page.leave()
    qtbot.waitUntil(lambda: jobs._running == 0)


def test_what_the_phone_saves_arrives_in_the_open_act_of_an_order_and_in_no_other(
    qtbot: Any, context: PageContext, shop: Shop, tmp_path: Path
) -> None:
    one = shop.take_in()
    context.values = in_folder(tmp_path)
    page = OrderPage(context)
    qtbot.addWidget(page)
    page.resize(1180, 800)
    page.show()
    page.open(id=one.order_id)
    signature, photos = page.acts.acts["signature"], page.acts.acts["photos"]
    qtbot.waitUntil(lambda: photos.line is not None, timeout=20_000)
    page.acts.buttons["photos"].click()
    qtbot.waitUntil(photos.photos.isVisible)

    saved_by_phone(tmp_path, "back.png")

    qtbot.waitUntil(lambda: [one.name for one in photos.photos.photos] == ["back.png"], timeout=15_000)
    page.acts.buttons["signature"].click()
    qtbot.waitUntil(signature.scan_of.isVisible)
    saved_by_phone(tmp_path, "slip.png")
    qtbot.waitUntil(lambda: [one.name for one in signature.scan_of.photos] == ["slip.png"], timeout=15_000)
    assert [one.name for one in photos.photos.photos] == ["back.png"]


def in_folder(folder: Path) -> Callable[[], Values]:
    return lambda: Values().having(PHOTO_FOLDER, str(folder))


def saved_by_phone(folder: Path, name: str) -> None:
    (folder / name).write_bytes(picture("#446688"))
