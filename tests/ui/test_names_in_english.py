"""What the branch's data has names for in two languages is shown in the window's own, and at once when that changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from deskapp import catalogue, i18n
from deskapp.commands.bench import start_diagnosis
from deskapp.commands.drafts import save_draft
from deskapp.commands.people import actor_of
from deskapp.models.people import Staff
from deskapp.models.store import Store
from deskapp.queries import around, registry
from deskapp.queries.bench import bench_queue
from deskapp.queries.board import board
from deskapp.queries.find import find
from deskapp.queries.orders import order_of
from deskapp.queries.registry_cards import ModelRow
from deskapp.queries.today import today
from deskapp.ui.kit import Pill
from deskapp.ui.pages.bench_queue import QueueList
from deskapp.ui.pages.table import PAGES
from deskapp.ui.window import Window
from tests.conftest import FixedClock, People
from tests.factories_bench import Shop, open_shop
from tests.ui.test_bench_page import prepared
from tests.walker import tables

CHINESE = re.compile(r"[\u4e00-\u9fff]")
BRANDS = frozenset(model["brand"]["zh"] for model in catalogue.shipped_models())


@pytest.fixture
def shop(store: Store, people: People) -> Shop:
    return open_shop(store, people)


def test_every_shipped_name_has_an_english_one_without_chinese() -> None:
    lists = [
        *catalogue.shipped_models(), *catalogue.shipped_parts(), *catalogue.shipped_prices()["lines"],
        *({"en": word.en} for name in catalogue._file("codes") if name != "version"
          for word in catalogue.words(name).values()),
        *catalogue._file("testplans")["steps"], *catalogue._file("testplans")["counter_tests"],
        *catalogue._file("retention")["rules"],
    ]  # fmt: skip
    names = [entry["brand"]["en"] if "brand" in entry else entry["en"] for entry in lists]

    assert len(names) > 200
    assert [name for name in names if not name.strip() or CHINESE.search(name)] == []
    assert [one["model"] for one in catalogue.shipped_models() if CHINESE.search(one["model"])] == []


def test_answers_name_models_and_parts_in_the_windows_language(shop: Shop, clock: FixedClock) -> None:
    one, now = shop.take_in(), clock()

    def names() -> dict[str, str]:
        with shop.store.read() as session:
            device = find(session, one.serial_no).hits[0]
            return {
                "today": today(session, now + 90 * 86_400_000).late[0].model,
                "bench": bench_queue(session, now)[0].model,
                "board": board(session, now + 90 * 86_400_000).stuck[0].model,
                "devices": around.device_rows(session, one.serial_no)[0].model,
                "by brand": around.device_rows(session, "newland")[0].model,
                "by its Chinese brand": around.device_rows(session, "新大陆")[0].model,
                "order": order_of(session, one.order_id).lines[0].model,  # type: ignore[union-attr]
                "catalogue": next(row.title() for row in registry.models(session) if row.id == "newland-n910"),
                "found": device.subtitle.partition(" · ")[0],
                "part": next(hit.title for group in find(session, "BAT-N910").groups for hit in group.hits),
            }

    english = names()
    i18n.use("zh_CN")
    chinese = names()

    assert english.pop("part") == "Battery for N910" and chinese.pop("part") == "N910 锂电池"
    assert set(english.values()) == {"Newland N910"}, english
    assert set(chinese.values()) == {"新大陆 N910"}, chinese


def test_a_brand_without_an_english_name_keeps_the_one_it_has() -> None:
    row = ModelRow("x", "本地牌", "", "X1", "smart_pos", "", (), (), "", 12, True, "", "", "", True)

    assert row.title() == "本地牌 X1"


# -- in the window -------------------------------------------------------------


@pytest.fixture
def window(make_window: Callable[..., Window], store: Store, people: People, shop: Shop) -> Window:
    with store.read() as session:
        who = actor_of(session.get_one(Staff, people.supervisor.staff_id))
    made = make_window(list(PAGES))
    made.enter(who)
    return made


def texts(window: Window) -> Iterator[str]:
    """What stands on the page in sight."""
    assert window.shell is not None
    page = window.shell.page()
    assert page is not None
    for widget in page.findChildren(QWidget):
        if isinstance(widget, QLabel | QAbstractButton | Pill) and widget.isVisible():
            yield widget.text()
        elif isinstance(widget, QueueList) and widget.isVisible():
            yield widget.accessibleDescription()
    for table in tables(page):
        yield from (str(table.data(table.index(row, column)) or "")
                    for row in range(min(table.rowCount(), 30)) for column in range(table.columnCount()))  # fmt: skip


def brands_shown(window: Window) -> set[str]:
    return {text for text in texts(window) if any(brand in text for brand in BRANDS)}


def shown(window: Window, wanted: str) -> bool:
    return any(wanted in text for text in texts(window))


@pytest.mark.parametrize("place", ["today", "check_in"])
def test_the_page_in_sight_changes_the_names_with_its_language(
    qtbot: Any, window: Window, shop: Shop, clock: FixedClock, place: str
) -> None:
    one = prepared(shop, "diagnosed")
    clock.forward(days=30)
    window.navigate(place)
    assert window.shell is not None
    if place == "check_in":
        window.shell.page().scan(one.serial_no)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: shown(window, "Newland N910"), timeout=20_000)
    assert brands_shown(window) == set()

    i18n.use("zh_CN")
    qtbot.waitUntil(lambda: bool(brands_shown(window)) and not shown(window, "Newland"), timeout=20_000)

    i18n.use("en")
    qtbot.waitUntil(lambda: shown(window, "Newland N910") and not brands_shown(window), timeout=20_000)


@pytest.mark.parametrize(
    ("step", "chosen"),
    [
        ("repair", {"actions": [["replace_battery", "更换电池"]], "advice": "请勿摔落"}),
        ("diagnose", {"cause": "battery_worn", "parts": [["BAT-N910", "N910 锂电池"]], "words": "请勿摔落"}),
    ],
)
def test_what_is_chosen_at_the_bench_is_said_again_and_a_draft_comes_back_in_the_windows_language(
    qtbot: Any, window: Window, shop: Shop, step: str, chosen: dict[str, Any]
) -> None:
    one = prepared(shop, "repair") if step == "repair" else shop.take_in()
    if step == "diagnose":
        start = start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok")
        shop.store.run(start, by=shop.people.technician)
        chosen = {**chosen, "parts": [[shop.ids["BAT-N910"], "N910 锂电池"]]}
    draft = save_draft(draft_id=f"bench:{one.item_id}", page="bench", form={"step": step, **chosen})
    shop.store.run(draft, by=shop.people.technician)
    window.navigate("bench", id=one.item_id, kind="item", number=one.label_no)
    assert window.shell is not None
    panel = window.shell.page().panel  # type: ignore[union-attr]

    def said() -> list[str]:
        at = panel.steps.get(step)
        if at is None:
            return []
        picker = at.work if step == "repair" else at.parts
        cause = [] if step == "repair" else [at.cause.text()]
        return [*cause, *(text for _key, text in picker.chips.items)]

    english = ["Battery replaced"] if step == "repair" else ["Battery worn out", "Battery for N910"]
    qtbot.waitUntil(lambda: said() == english, timeout=20_000)

    i18n.use("zh_CN")

    listed, code = ("actions", "replace_battery") if step == "repair" else ("causes", "battery_worn")
    chinese = [catalogue.title(listed, code, "zh_CN"), *(["N910 锂电池"] if step == "diagnose" else [])]
    qtbot.waitUntil(lambda: said() == chinese, timeout=20_000)
    typed = panel.steps[step].advice if step == "repair" else panel.steps[step].words
    assert typed.text() == "请勿摔落"  # typed: nobody's to translate
