"""The search field and the scanner: every printed code opens its record at its step, every part of a text finds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from deskapp.clock import shop_day
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import AccessoryItem, MoneyEvent, Pickup, RepairItem, RepairOrder
from deskapp.models.stock import Part
from deskapp.models.store import Store, Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.find import Found, HitKind, Step, Target, Why, find, resolve_scan
from deskapp.queries.hits import STEP_OF
from deskapp.rules.numbers import make, make_label, slip_payload
from deskapp.rules.states import WorkState

DAY = shop_day(1_773_280_800_000)
LABEL, SECOND_LABEL = make_label("D", 123, 1), make_label("D", 123, 2)
ACCESSORY, SHELF, BADGE, PART = (make_label(letter, 123, 9) for letter in "ALUP")
ORDER, SLIP, RECEIPT, QUOTE, TICKET, MANIFEST = (make(letter, 123, DAY, 7) for letter in "RKCQTM")
UNKNOWN_ORDER = make("R", 99, DAY, 1)


@command("Add", right="")
def add(write: Write, *rows: object) -> None:
    """Put rows in as they are."""
    write.session.add_all(rows)


@pytest.fixture
def shop(store: Store) -> Store:
    store.run(
        add(
            DeviceModel(id="newland-n910", brand="新大陆", brand_en="Newland", name="N910"),
            Merchant(id="m1", merchant_no="403110154110001", name="重庆长乐超市", address="解放路8号"),
            MerchantContact(id="c1", merchant_id="m1", name="曾小贤", phone="13812345678", main=True),
            Merchant(id="m2", merchant_no="403110154110002", name="福来小吃店"),
            Device(id="d1", serial_no="NLN9120471B77", tusn="00000402123456789012", model_id="newland-n910",
                   imei="860000000000012", iccid="89860000000000000017", merchant_id="m1", terminal_no="10000321"),
            Device(id="d2", serial_no="PXS9000111C01", model_id="newland-n910", merchant_id="m2"),
            ServiceTicket(id="t1", number=TICKET, opened_at=1, merchant_id="m1", device_id="d1",
                          callback_phone="13812345678", caller_name="曾小贤", words="打印机卡纸，换过热敏纸也不行"),
            RepairOrder(id="o1", number=ORDER, slip_no=SLIP, slip_token="ABCDEFGH", opened_at=1, merchant_id="m1",
                        ticket_id="t1", deliverer_name="王店员", deliverer_phone="13700001111"),
            RepairItem(id="i1", order_id="o1", device_id="d1", label_no=LABEL),
            AccessoryItem(id="a1", item_id="i1", kind="power_adapter", label_no=ACCESSORY),
            MoneyEvent(id="q1", at=1, item_id="i1", order_id="o1", kind="quote", fen=100, number=QUOTE),
            Shelf(id="s1", site_id="site", code="A-03", label_no=SHELF),
            Staff(id="u1", staff_no="0042", name="何工", badge_no=BADGE),
            Part(id="p1", part_no="PT-1001", name="热敏打印头", name_en="print head"),
        )
    )  # fmt: skip
    return store


@command("Set a derived state", right="")
def set_state(write: Write, item_id: str, state: str) -> None:
    """Write what a fold of facts would have given."""
    write.session.execute(update(RepairItem).where(RepairItem.id == item_id).values(work_state=state))


def become(store: Store, state: str) -> None:
    store.run(set_state("i1", state))


def scanned(store: Store, text: str) -> Target:
    return store.ask(lambda session: resolve_scan(session, text))


def looked_for(store: Store, text: str, limit: int = 20) -> Found:
    return store.ask(lambda session: find(session, text, limit=limit))


def ids(found: Found, kind: HitKind) -> list[str]:
    return [hit.id for hit in found.hits if hit.kind is kind]


@pytest.mark.parametrize(
    ("state", "step"),
    [("checked_in", Step.BENCH), ("diagnosing", Step.BENCH), ("repairing", Step.BENCH), ("qc_testing", Step.TEST),
     ("awaiting_approval", Step.APPROVAL), ("ready_for_pickup", Step.PICKUP), ("abandoned", Step.PICKUP),
     ("quarantined", Step.QUARANTINE), ("closed", Step.HISTORY), ("registered", Step.CHECK_IN)],
)  # fmt: skip
@pytest.mark.parametrize("code", [LABEL, ACCESSORY, QUOTE, f"PS1:{LABEL}:{ORDER}", f" {LABEL.lower()}\r"])
def test_a_label_opens_its_device_at_the_step_its_state_wants(shop: Store, state: str, step: Step, code: str) -> None:
    become(shop, state)
    target = scanned(shop, code)

    assert (target.kind, target.id, target.step) == (HitKind.ITEM, "i1", step)


def test_every_state_has_a_step() -> None:
    assert set(STEP_OF) == set(WorkState)


def test_a_slip_opens_the_pickup_with_its_secret(shop: Store) -> None:
    become(shop, "ready_for_pickup")
    target = scanned(shop, slip_payload(SLIP, "ABCDEFGH"))

    assert (target.kind, target.id, target.step, target.token) == (HitKind.ORDER, "o1", Step.PICKUP, "ABCDEFGH")
    assert target.hint == ""


@pytest.mark.parametrize(
    ("state", "step", "hint"), [("repairing", Step.OPEN, "not_ready"), ("closed", Step.HISTORY, "picked_up")]
)
def test_a_slip_of_nothing_ready_says_so(shop: Store, state: str, step: Step, hint: str) -> None:
    become(shop, state)
    target = scanned(shop, SLIP)

    assert (target.id, target.step, target.hint) == ("o1", step, hint)
    assert target.sentence


def test_a_blocked_slip_says_so(shop: Store) -> None:
    become(shop, "ready_for_pickup")

    @command("Block", right="")
    def block(write: Write) -> None:
        write.session.get_one(RepairOrder, "o1").slip_blocked = True

    shop.run(block())

    assert scanned(shop, SLIP).hint == "slip_blocked"


def test_a_receipt_opens_the_order_s_history(shop: Store) -> None:
    shop.run(add(Pickup(id="pick", at=1, order_id="o1", receipt_no=RECEIPT, item_ids=["i1"])))
    target = scanned(shop, RECEIPT)

    assert (target.kind, target.id, target.step) == (HitKind.ORDER, "o1", Step.HISTORY)


@pytest.mark.parametrize(
    ("code", "kind", "identity", "step"),
    [(TICKET, HitKind.TICKET, "t1", Step.OPEN), (ORDER, HitKind.ORDER, "o1", Step.OPEN),
     (SHELF, HitKind.SHELF, "s1", Step.SHELF), (BADGE, HitKind.STAFF, "u1", Step.SIGN_IN)],
)  # fmt: skip
def test_other_papers_open_their_records(shop: Store, code: str, kind: HitKind, identity: str, step: Step) -> None:
    target = scanned(shop, code)

    assert (target.kind, target.id, target.step) == (kind, identity, step)


@pytest.mark.parametrize(
    "code",
    ["nln9120471b77", "NLN9120471B77", "00000402123456789012", "89860000000000000017", "860000000000012", "10000321"],
)
def test_a_number_on_the_device_opens_the_repair_under_way(shop: Store, code: str) -> None:
    become(shop, "repairing")
    target = scanned(shop, code)

    assert (target.kind, target.id, target.step) == (HitKind.ITEM, "i1", Step.BENCH)


def test_a_device_that_is_not_here_is_checked_in(shop: Store) -> None:
    become(shop, "closed")
    target = scanned(shop, "NLN9120471B77")

    assert (target.kind, target.id, target.step, target.hint) == (HitKind.DEVICE, "d1", Step.CHECK_IN, "new_visit")


def test_merchant_and_part_numbers_open_their_records(shop: Store) -> None:
    assert scanned(shop, "403110154110002").id == "m2"
    assert scanned(shop, "PT-1001").id == "p1"


def test_an_unknown_serial_is_offered_for_check_in(shop: Store) -> None:
    target = scanned(shop, "ZZ99887766")

    assert (target.kind, target.step, target.hint, target.number) == (None, Step.CHECK_IN, "not_known", "ZZ99887766")


def test_a_serial_with_look_alikes_offers_the_known_one(shop: Store) -> None:
    target = scanned(shop, "NLN912O47IB77")

    assert target.step is Step.CHOOSE
    assert [hit.id for hit in target.choices] == ["d1"]


def test_twins_are_offered_until_they_are_joined(shop: Store) -> None:
    shop.run(add(Device(id="d3", serial_no="NLN9120471B77")))
    assert [hit.id for hit in scanned(shop, "NLN9120471B77").choices] == ["d1", "d3"]

    @command("Join", right="")
    def join(write: Write) -> None:
        write.session.get_one(Device, "d3").joined_into = "d1"

    shop.run(join())
    become(shop, "repairing")

    assert scanned(shop, "NLN9120471B77").id == "i1"
    assert ids(looked_for(shop, "NLN9120471B77"), HitKind.DEVICE) == ["d1"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [(LABEL[:-1] + str((int(LABEL[-1]) + 1) % 10), "check"), ("努力碎片2604020编辑", "ime"), ("", "empty"),
     ("X:NONSENSE", "command"), (UNKNOWN_ORDER, "other_branch"), (MANIFEST, "paper"), ("PS9:ABC", "version")],
)  # fmt: skip
def test_what_cannot_be_opened_is_explained(shop: Store, text: str, hint: str) -> None:
    target = scanned(shop, text)

    assert (target.kind, target.step, target.hint) == (None, Step.UNKNOWN, hint)
    assert target.sentence


def test_a_command_code_gives_its_verb(shop: Store) -> None:
    target = scanned(shop, "X:NEXT")

    assert (target.step, target.number) == (Step.COMMAND, "NEXT")


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE device; --",
        "%",
        "\x00",
        '"*',
        "打\ud800印",
        "ABC\ud800123",
        "\ud83d\ude00a",
        "a" * 3000,
        "。" * 200,
    ],
)
@pytest.mark.parametrize("ask", [resolve_scan, find])
def test_hostile_texts_are_no_error(shop: Store, text: str, ask: Callable[..., object]) -> None:
    shop.ask(lambda session: ask(session, text))


@pytest.mark.parametrize(
    ("text", "kind", "identity", "why"),
    [("0471", HitKind.DEVICE, "d1", Why.SERIAL), ("0321", HitKind.DEVICE, "d1", Why.TERMINAL_NO),
     ("5678", HitKind.MERCHANT, "m1", Why.PHONE), ("5678", HitKind.TICKET, "t1", Why.PHONE),
     ("长乐", HitKind.MERCHANT, "m1", Why.NAME), ("cqcl", HitKind.MERCHANT, "m1", Why.INITIALS),
     ("zxx", HitKind.MERCHANT, "m1", Why.INITIALS), ("小贤", HitKind.MERCHANT, "m1", Why.PERSON),
     ("卡纸", HitKind.TICKET, "t1", Why.WORDS), ("1111", HitKind.ORDER, "o1", Why.PHONE),
     (ORDER[-7:], HitKind.ORDER, "o1", Why.NUMBER), (LABEL[-7:], HitKind.ORDER, "o1", Why.NUMBER),
     ("4110002", HitKind.MERCHANT, "m2", Why.MERCHANT_NO), ("解放路", HitKind.MERCHANT, "m1", Why.ADDRESS)],
)  # fmt: skip
def test_any_part_finds_and_says_why(shop: Store, text: str, kind: HitKind, identity: str, why: Why) -> None:
    found = looked_for(shop, text)
    hit = next(hit for hit in found.hits if hit.kind is kind)

    assert (hit.id, hit.why) == (identity, why)


def test_hits_never_show_a_whole_phone_number_or_name(shop: Store) -> None:
    become(shop, "repairing")
    for text in ("13812345678", "5678", "长乐", "卡纸", "13700001111", "王店员", "小贤", LABEL):
        shown = " ".join(f"{hit.title} {hit.subtitle}" for hit in looked_for(shop, text).hits)
        assert "13812345678" not in shown
        assert "13700001111" not in shown
        assert "曾小贤" not in shown
        assert "王店员" not in shown


def test_what_is_in_our_hands_comes_first_and_opens_at_its_step(shop: Store) -> None:
    become(shop, "qc_testing")
    for text in ("长乐", "0471", ORDER[-7:]):
        first = looked_for(shop, text).hits[0]
        assert (first.kind, first.id, first.step, first.state) == (HitKind.ITEM, "i1", Step.TEST, "qc_testing"), text


def test_a_merchant_leads_to_its_tickets(shop: Store) -> None:
    hit = next(hit for hit in looked_for(shop, "cqclcs").hits if hit.kind is HitKind.TICKET)

    assert (hit.id, hit.why) == ("t1", Why.MERCHANT)


def test_a_model_finds_its_devices_also_with_a_part_of_the_serial(shop: Store) -> None:
    assert set(ids(looked_for(shop, "N910"), HitKind.DEVICE)) == {"d1", "d2"}
    assert ids(looked_for(shop, "新大陆 0471"), HitKind.DEVICE) == ["d1"]


def test_a_number_typed_in_groups_is_found(shop: Store) -> None:
    assert ids(looked_for(shop, "138-1234-5678"), HitKind.MERCHANT) == ["m1"]
    assert ids(looked_for(shop, f"{ORDER[:6]}-{ORDER[6:]}"), HitKind.ORDER) == ["o1"]


def test_a_part_is_found_by_number_and_by_name_in_both_languages(shop: Store) -> None:
    for text in ("PT-10", "热敏 打印头", "Head"):
        assert ids(looked_for(shop, text), HitKind.PART) == ["p1"], text


def test_a_shelf_is_found_by_its_code(shop: Store) -> None:
    for text in ("A-03", "a-0"):
        assert ids(looked_for(shop, text), HitKind.SHELF) == ["s1"], text


def test_our_own_code_gives_its_target_beside_the_hits(shop: Store) -> None:
    become(shop, "ready_for_pickup")
    found = looked_for(shop, LABEL)

    assert found.target is not None
    assert (found.target.id, found.target.step) == ("i1", Step.PICKUP)
    assert looked_for(shop, "长乐").target is None


@pytest.mark.parametrize("text", ["", " ", "%%%", "___", "''", "，。", "\x00"])
def test_signs_alone_find_nothing(shop: Store, text: str) -> None:
    assert looked_for(shop, text).hits == ()


def test_no_more_than_the_limit_and_a_word_that_there_are_more(shop: Store) -> None:
    shop.run(add(*(ServiceTicket(id=f"x{n}", number="", opened_at=n, words="黑屏") for n in range(30))))
    (group,) = looked_for(shop, "黑屏", limit=5).groups

    assert [hit.id for hit in group.hits] == ["x29", "x28", "x27", "x26", "x25"]
    assert group.more


def test_a_full_fit_comes_before_parts_of_others(shop: Store) -> None:
    shop.run(
        add(
            Merchant(id="m8", name="长乐超市大卖场分店"),
            Merchant(id="m9", name="长乐"),
            Merchant(id="m10", name="北长乐店"),
        )
    )

    assert ids(looked_for(shop, "长乐"), HitKind.MERCHANT)[0] == "m9"


def test_a_fragment_of_a_label_finds_its_device_before_the_others_of_the_order(shop: Store) -> None:
    shop.run(add(RepairItem(id="i2", order_id="o1", device_id="d2", label_no=SECOND_LABEL)))
    for item in ("i1", "i2"):
        shop.run(set_state(item, "checked_in"))
    for label, item in ((LABEL, "i1"), (SECOND_LABEL, "i2")):
        for fragment in (label[-6:], label[-5:], label[2:], label[3:].lower()):
            with shop.read() as session:
                found = find(session, fragment)
            items = next(group.hits for group in found.groups if group.kind is HitKind.ITEM)
            assert (items[0].id, items[0].why) == (item, Why.NUMBER), fragment
            assert {hit.id for hit in items} == {"i1", "i2"}


def test_people_are_found_by_name_initials_and_number(shop: Store) -> None:
    for text, why in (("何工", Why.NAME), ("hg", Why.INITIALS), ("0042", Why.NUMBER), ("何", Why.NAME)):
        with shop.read() as session:
            found = find(session, text)
        people = [hit for hit in found.hits if hit.kind is HitKind.STAFF]
        assert [(hit.id, hit.why) for hit in people] == [("u1", why)], text
    with shop.read() as session:
        assert not [hit for hit in find(session, BADGE[3:]).hits if hit.kind is HitKind.STAFF]
