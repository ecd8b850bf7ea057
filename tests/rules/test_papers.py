"""Cards survive the store unchanged, and foreign text is refused."""

from __future__ import annotations

import json

import pytest

from deskapp.errors import Corrupt
from deskapp.rules import papers


def test_a_card_read_back_is_the_card_that_was_stored() -> None:
    card = papers.RepairReceiptCard(
        number="C00123250314001A",
        site=papers.Site(name="鼓楼支局", code="FZ-D1"),
        devices=(
            papers.ReceiptDevice(
                model="SP60",
                keys=papers.KeyStatus.RELOADED,
                keys_ms=1_700_000_000_000,
                tests=(papers.CounterTest("开机", papers.CheckResult.PASS),),
            ),
        ),
        lines=(papers.ChargeLine(name="打印头", amount_fen=12_000),),
        total_fen=12_000,
        rating=None,
    )
    assert papers.from_json(papers.to_json(card)) == card


@pytest.mark.parametrize("kind", sorted(papers.kinds()))
def test_every_kind_survives_with_its_defaults(kind: str) -> None:
    card = papers.kinds()[kind](number="X1")
    assert papers.kind_of(card) == kind
    if papers.is_secret(kind):
        with pytest.raises(ValueError, match="never stored"):
            papers.to_json(card)
    else:
        assert papers.from_json(papers.to_json(card)) == card


def test_the_text_is_canonical_whatever_the_order_of_fields() -> None:
    text = papers.to_json(papers.ShelfLabelCard(number="L1", location="B-03-2"))
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def test_a_field_added_later_takes_its_default_in_an_old_card() -> None:
    body = json.loads(papers.to_json(papers.ShelfLabelCard(number="L1", zone="甲区")))
    del body["card"]["use"]
    body["card"]["dropped_long_ago"] = 1
    assert papers.from_json(json.dumps(body)) == papers.ShelfLabelCard(number="L1", zone="甲区")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"kind":"nothing","version":1,"card":{}}',
        '{"kind":"quote","version":1,"card":{}}',
        '{"kind":"quote","version":1,"card":{"number":"Q1","total_fen":"12"}}',
        '{"kind":"quote","version":1,"card":{"number":"Q1","lines":{}}}',
        '{"kind":"quote","version":1,"card":{"number":"Q1","basis":"free"}}',
        '{"kind":"quote","version":99,"card":{"number":"Q1"}}',
    ],
)
def test_text_nobody_wrote_is_corrupt(text: str) -> None:
    with pytest.raises(Corrupt):
        papers.from_json(text)
