"""What both sides print: the same labels and the same receipt, for the peer as plain values and places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from deskapp.paths import resource
from deskapp.print import fonts, labels
from deskapp.print.media import medium
from deskapp.print.words import day, moment
from deskapp.rules import papers
from deskapp.rules.money import amount_in_words_cn
from tests.bench.print import cards
from tests.print import samples

STOCK = "label-60x40"
DOTS_PER_MM = 8
RECEIPTS = 40


def write(file: Path, count: int) -> None:
    """Put everything the peer prints into one file: texts with their places, codes, values, the fonts' files.

    Beside it the card of the first label as our store keeps it, which is all that ours is given.
    """
    fonts.load()
    matter = {
        "fonts": [str(resource("fonts", name)) for name in ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf")],
        "labels": [_label(card) for card in cards.labels(count)],
        "receipts": [_receipt(card) for card in cards.receipts(RECEIPTS)],
    }
    file.write_text(json.dumps(matter, ensure_ascii=False), "utf-8")
    file.with_name("card.json").write_text(papers.to_json(samples.device_label()), "utf-8")


def _label(card: papers.Card) -> dict[str, Any]:
    """A label as a template of the peer would have it after its fields were filled in; lengths in mm."""
    drawing = labels.draw(card, medium(STOCK), "zh_CN")
    return {
        "texts": [
            [mark.x / DOTS_PER_MM, (mark.baseline - 0.88 * mark.size) / DOTS_PER_MM, mark.size / DOTS_PER_MM, mark.bold,
             mark.text]
            for mark in drawing.texts
        ],
        "blocks": [[one / DOTS_PER_MM for one in (mark.x, mark.y, mark.width, mark.height)] for mark in drawing.blocks],
        "codes": [
            [mark.x / DOTS_PER_MM, mark.y / DOTS_PER_MM, (mark.box()[2] - mark.x) / DOTS_PER_MM, mark.height / DOTS_PER_MM,
             mark.matrix.rows > 1, mark.matrix.text]
            for mark in drawing.symbols
        ],
    }  # fmt: skip


def _receipt(card: papers.RepairReceiptCard) -> dict[str, Any]:
    """The values of the receipt, in the order in which a reader meets them."""
    assert card.site is not None
    assert card.collected_ms is not None
    device = card.devices[0]
    yuan = "{:,.2f}".format
    return {
        "office": f"{card.site.name} {card.site.code}", "number": card.number,
        "head": [
            ["商户", "Merchant", card.merchant], ["单号", "Order", card.order_no], ["凭证号", "Slip", card.slip_no],
            ["收机", "Received", day(card.received_ms)], ["修复", "Repaired", day(card.repaired_ms or 0)],
            ["取机", "Collected", moment(card.collected_ms)], ["商户号", "MID", card.merchant_no],
            ["统一社会信用代码", "USCC", card.uscc],
        ],
        "device": f"{device.model} {device.serial_no}",
        "facts": [
            ["终端号", "TID", device.terminal_no],
            ["软件版本", "Version", f"{device.version_before} → {device.version_after}"], ["密钥状态", "Keys", "已重新灌装"],
        ],
        "story": [["故障现象", "Symptom", device.fault], ["故障原因", "Cause", device.cause], ["处理措施", "Action", device.action]],
        "tests": [test.name for test in device.tests],
        "lines": [
            [line.name or "工时费", f"{line.part_no} {line.new_serial_no} {line.warranty_until}", str(line.quantity),
             yuan(line.unit_price_fen / 100), yuan(line.amount_fen / 100)]
            for line in card.lines
        ],
        "discount": yuan(-card.discount_fen / 100), "total": yuan(card.total_fen / 100),
        "words": amount_in_words_cn(card.total_fen),
        "foot": [
            ["付款方式", "Payment", card.payment], ["发票号", "Invoice", card.invoice_no], ["收费依据", "Basis", "保外收费"],
            ["旧件处理", "Old parts", "旧件退回"], ["价目表版本", "Price list", card.price_list],
            ["取机人", "Collected by", card.collector], ["满意度", "Rating", "★★★★★"],
            ["监督电话", "Complaints", card.complaint_phone],
        ],
        "advice": card.advice,
        "signed": [["客户签字", "Customer", ""], ["经办人", "Clerk", card.clerk], ["维修员", "Technician", card.technician],
                   ["质检", "QC", card.inspector]],
        "last": f"{card.number} · {card.site.name} · 工作站 {card.site.station} · 打印 {moment(samples.NOW)} · 正本 / ORIGINAL",
    }  # fmt: skip
