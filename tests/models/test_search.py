"""The search index: whatever part of a text somebody types, the row is found; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from deskapp import cipher
from deskapp.models import schema, search
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket
from deskapp.paths import Home
from deskapp.rules.grams import folded, words
from tests.bench import make_store

NAMES = count(1)

# Chinese old and rare, full-width forms, letters with and without case, separators, and what breaks queries.
LETTERS = st.sampled_from(
    "打印机卡纸重曾〇\U00020000\U000323af\uf900ＮＬ５１nlNL5120479éÉжЖΣßﬁ①㎡ "
    "，。、·-/_.%'\"*()^:{}\\\n\u3000\u00a0\u200b\U0001f5a8"
)
TEXTS = st.text(LETTERS, max_size=40) | st.text(max_size=20)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    connection = cipher.driver.connect(":memory:", isolation_level=None, check_same_thread=False)
    schema.build(connection)
    engine = create_engine("sqlite://", module=cipher.driver, creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda bound: bound.exec_driver_sql("BEGIN"))
    with Session(engine) as opened:
        yield opened
    connection.close()


@pytest.fixture(autouse=True)
def undone(session: Session) -> Iterator[None]:
    yield
    session.rollback()


def add(session: Session, *rows: object) -> None:
    session.add_all(rows)
    session.flush()
    search.update(session, {(row.__tablename__, row.id): row for row in rows})  # type: ignore[attr-defined]


def ticket(words: str = "", **more: object) -> ServiceTicket:
    n = next(NAMES)
    return ServiceTicket(id=f"ticket-{n}", number=more.pop("number", ""), opened_at=n, words=words, **more)


def found(session: Session, text: str, index: search.Index = search.TICKET, limit: int = 50) -> list[str]:
    return search.newest(session, index, text, limit)


def says_something(text: str) -> bool:
    return words(text) is not None


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.data())
def test_every_part_of_every_text_is_found(session: Session, texts: list[str], data: st.DataObject) -> None:
    rows = [ticket(text) for text in texts]
    add(session, *rows)

    for row in rows:
        whole = folded(row.words)
        start = data.draw(st.integers(0, len(whole)))
        part = whole[start : start + data.draw(st.integers(1, 20))]
        if says_something(part) and folded(part) == part:
            assert row.id in found(session, part)
    session.rollback()


@settings(max_examples=200, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_nothing_is_found_that_does_not_have_the_words(session: Session, texts: list[str], query: str) -> None:
    rows = [ticket(text) for text in texts]
    add(session, *rows)

    parts = [part for part in folded(query).split() if says_something(part)]
    expected = [row.id for row in reversed(rows) if parts and all(part in folded(row.words) for part in parts)]
    assert found(session, query) == expected
    session.rollback()


@pytest.mark.parametrize("query", ["%", "%%%", "_", "'", '"', "*", "\x00", "，。", "", "  ", "-", "()", "\\", "🖨"])
def test_signs_alone_list_nothing(session: Session, query: str) -> None:
    add(session, ticket("打印机 %%% ___ ''' \"\" 🖨"))

    assert found(session, query) == []


@pytest.mark.parametrize(
    "query",
    ["打印' OR 1=1 --", 'NEAR("打印" "机")', "grams:打印", "打印*", '"打印', "打印 AND", "NOT 打印", "{打印}",
     "打\x00印", "%打印%", "_打印_", "打印\\", "^打印", "打印 -卡纸", "a" * 5000, "打印" * 3000],
)  # fmt: skip
def test_no_query_is_an_error(session: Session, query: str) -> None:
    add(session, ticket("打印机卡纸"))

    found(session, query)


def test_percent_and_underscore_mean_themselves(session: Session) -> None:
    add(session, ticket("电量50%以下"), ticket("电量50度以下"), ticket("app_9版"), ticket("appX9版"))

    assert len(found(session, "50%以")) == 1
    assert len(found(session, "app_9")) == 1


def test_the_newest_come_first_and_no_more_than_asked(session: Session) -> None:
    rows = [ticket("黑屏") for _ in range(30)]
    add(session, *rows)

    assert found(session, "黑屏", limit=5) == [row.id for row in reversed(rows[-5:])]
    assert found(session, "黑屏", limit=0) == []


def test_a_single_character_is_found_beyond_the_newest_rows(session: Session) -> None:
    rare = ticket("龘字招牌 q7")
    rows = [ticket("打印") for _ in range(search.TICKET.newest + 5)]
    add(session, rare, *rows)

    assert found(session, "龘") == [rare.id]
    assert found(session, "q") == [rare.id]
    assert found(session, "7") == [rare.id]
    assert found(session, "招 q") == [rare.id]


def test_all_words_must_occur_in_any_order(session: Session) -> None:
    both, one = ticket("打印机卡纸，已换电池"), ticket("打印机卡纸")
    add(session, both, one)

    assert found(session, "电池 卡纸") == [both.id]
    assert found(session, "卡纸 电池 黑屏") == []


def test_grams_that_occur_apart_do_not_make_a_word(session: Session) -> None:
    add(session, ticket("打印 印机 机卡 123456 345678"))

    assert found(session, "打印机卡") == []
    assert found(session, "12345678") == []


def test_full_width_and_case_do_not_matter(session: Session) -> None:
    row = ticket("ＳＩＭ卡 Ｎ９１０ Éclair")
    add(session, row)

    for query in ("sim卡", "SIM", "n910", "Ｎ９", "éclair", "ÉCL", "sim卡 N910"):
        assert found(session, query) == [row.id], query


def test_a_changed_text_is_found_by_its_new_words_only(session: Session) -> None:
    row = ticket("打印机卡纸", callback_phone="13800138000")
    add(session, row)
    row.words, row.callback_phone = "电池鼓包", "13911112222"
    session.flush()
    search.update(session, {("service_ticket", row.id): row})

    assert found(session, "鼓包") == found(session, "2222") == [row.id]
    assert found(session, "卡纸") == found(session, "8000") == []


def test_an_untouched_row_keeps_its_place_when_another_changes(session: Session) -> None:
    first, second = ticket("黑屏"), ticket("黑屏")
    add(session, first, second)
    search.update(session, {("service_ticket", first.id): first})

    assert found(session, "黑屏") == [second.id, first.id]


def test_a_merchant_is_found_by_name_number_phone_contact_and_initials(session: Session) -> None:
    row = Merchant(id="m1", merchant_no="403110154110001", name="重庆长乐超市", address="解放路8号")
    contact = MerchantContact(id="c1", merchant_id="m1", name="曾小贤", phone="13812345678")
    add(session, row, contact)

    for query in ("长乐", "重", "154110", "5678", "小贤", "cqcl", "zqcl", "zxx", "cxx", "解放路", "clcs"):
        assert found(session, query, search.MERCHANT) == ["m1"], query
    assert "cqclcs" in session.connection().exec_driver_sql("SELECT initials FROM merchant").scalar_one()


def test_a_new_contact_makes_the_merchant_findable_by_it(session: Session) -> None:
    add(session, Merchant(id="m1", name="福来小吃店"))
    add(session, MerchantContact(id="c1", merchant_id="m1", name="单田", phone="02887654321"))

    assert found(session, "单田", search.MERCHANT) == found(session, "st", search.MERCHANT) == ["m1"]
    assert found(session, "4321", search.MERCHANT) == ["m1"]


def test_a_device_is_found_by_any_part_of_its_numbers(session: Session) -> None:
    add(session, Device(id="d1", serial_no="NL-N910/A.77", tusn="00000402123456789012", imei="860000000000012"))

    for query in ("nl-n910", "N910", "/A.77", "77", "4021234", "0012"):
        assert found(session, query, search.DEVICE) == ["d1"], query


def test_a_chinese_character_in_a_number_is_found_too(session: Session) -> None:
    add(session, Device(id="d1", serial_no="旧号7788990011"), Device(id="d2", serial_no="7788990011"))

    for query in ("旧", "号", "旧号", "号 8990", "旧 7788990011", "号７７８８"):
        assert found(session, query, search.DEVICE) == ["d1"], query


def test_a_long_number_is_found_by_all_of_it_however_it_repeats_itself(session: Session) -> None:
    numbers = ["T900172412180912", "T900172412180913", "000000000000", "120000000000", "1234123412341234"]
    add(session, *(Device(id=number, serial_no=number) for number in numbers))

    for number in numbers:
        assert found(session, number, search.DEVICE) == [number]
    assert found(session, "341234123412", search.DEVICE) == ["1234123412341234"]
    assert set(found(session, "0000000000", search.DEVICE)) == {"000000000000", "120000000000"}


def test_an_order_is_found_by_its_slip_its_labels_and_its_deliverer(session: Session) -> None:
    add(
        session,
        RepairOrder(
            id="o1", number="R9001726060100A", slip_no="K9001726060100B", opened_at=1, deliverer_phone="13700001111"
        ),
        RepairItem(id="i1", order_id="o1", device_id="d1", label_no="D900170000423"),
    )

    for query in ("6060100a", "k900", "0423", "1111"):
        assert found(session, query, search.ORDER) == ["o1"], query


def test_a_rebuilt_index_finds_the_same(session: Session) -> None:
    row = ticket("打印机卡纸")
    add(session, row, Merchant(id="m1", name="重庆长乐超市"))
    session.connection().exec_driver_sql("UPDATE merchant SET initials = ''")
    search.drop_and_rebuild(session)

    assert found(session, "机卡") == [row.id]
    assert found(session, "cqcl", search.MERCHANT) == ["m1"]


def test_forgotten_values_leave_no_grams_behind(session: Session) -> None:
    row = ticket("打印机", callback_phone="13800138000")
    add(session, row)
    n = session.connection().exec_driver_sql("SELECT n FROM service_ticket").scalar_one()
    row.callback_phone = ""
    session.flush()
    search.forget(session, search.TICKET, n, "13800138000 打印")
    rows = session.connection().exec_driver_sql
    match = "SELECT count(*) FROM search_service_ticket WHERE search_service_ticket MATCH ?"

    assert rows(match, ('"8000"',)).scalar_one() == 0
    assert rows(match, ('"打印"',)).scalar_one() == 1
    assert found(session, "打印机") == [row.id]


def test_a_generated_store_opens_and_its_index_is_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "made")
    make_store.make(home, make_store.Size(600, 300, 40))

    with Store(home, make_store.KEY) as store, store.read() as reading:
        (one,) = reading.connection().exec_driver_sql("SELECT words FROM service_ticket ORDER BY n LIMIT 1").scalars()
        assert search.newest(reading, search.TICKET, one[:12], 5)
        assert len(search.newest(reading, search.DEVICE, "0000", 1000)) == 300
