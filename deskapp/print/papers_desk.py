"""The papers handed over the counter: pickup slip, repair receipt, quote."""

from __future__ import annotations

from typing import Any

from reportlab.platypus import Flowable

from deskapp.print.charges import charge_table, total_lines
from deskapp.print.flow import Build, Paper, Rule, Story
from deskapp.print.kit import (
    beside,
    caption_markup,
    choice,
    foot,
    gap,
    grid,
    head,
    markup,
    notes,
    rich,
    section,
    signatures,
    stacked,
    table,
    text,
)
from deskapp.print.words import DASH, caption, day, moment, say, word, yuan
from deskapp.rules import papers

_LONG = 400  # characters; about a quarter of an A5 page


def _columns(paper: Paper) -> int:
    return 2 if paper.roll else 4


# ---------------------------------------------------------------- pickup slip


def pickup_slip(paper: Paper, card: papers.PickupSlipCard) -> Story:
    """What the merchant takes home at check-in, with a stub that stays."""
    paper.site = card.site
    payload = f"PS1:{card.number}:{card.token}" if card.token else card.number
    story = head(paper, "paper|PICKUP SLIP", "paper|Slip No", card.number, payload, "Q")
    story.append(
        grid(
            paper,
            [
                ("paper|Order", card.order_no),
                ("paper|Received", moment(card.received_ms)),
                ("paper|Merchant", card.merchant),
                ("paper|MID", card.merchant_no),
                ("paper|Delivered by", " ".join(part for part in (card.deliverer, card.deliverer_phone) if part)),
                ("paper|Estimate", day(card.estimate_ms)),
            ],
            _columns(paper),
            bold=("paper|Merchant",),
        )
    )
    story += section(paper, "paper|Devices")
    for index, device in enumerate(card.devices, 1):
        story.append(_slip_device(paper, device, index))
    story += _slip_promises(paper, card)
    story += section(paper, "paper|Terms")
    story.append(list(notes(paper, _terms(paper, card), columns=1 if paper.roll or paper.language != "zh_CN" else 2)))
    consent = say("paper|I agree to repair by the vendor", paper.language)
    returned = say("paper|Return replaced parts to me", paper.language)
    boxes = [(consent, card.vendor_consent is True), (returned, card.parts_return is True)]
    ticks: list[Flowable] = [gap(5), *choice(paper, boxes)]
    signed = moment(card.signed_ms) if card.signed_ms is not None else ""
    story.append(
        [
            *ticks,
            gap(2),
            signatures(paper, [("paper|Customer signature", signed), ("paper|Clerk signature", card.clerk)]),
        ]
    )
    story.append(_stub(paper, card))
    return story + foot(paper)


def _slip_device(paper: Paper, device: papers.SlipDevice, index: int) -> list[Flowable]:
    mark = word(device.warranty, paper.language)
    apart = "<br/>" if paper.roll else "&nbsp;&nbsp; "
    title = rich(f"{index}.&nbsp; {markup(device.model, True)}{apart}{markup(device.serial_no, True)}", 9.6, bold=True)
    top = table(
        [[title, text(mark, 8.4, align="right")]], [paper.width - 70, 70], [("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    kept = "、".join(device.accessories) if paper.language == "zh_CN" else ", ".join(device.accessories)
    cells = [
        beside(paper, "paper|TID", device.terminal_no),
        beside(paper, "paper|Label", device.label_no),
        beside(paper, "paper|Fault", device.fault),
        beside(paper, "paper|Accessories kept", kept or say("paper|none", paper.language)),
        beside(paper, "paper|Condition", device.condition),
    ]
    if paper.roll:
        rows: list[list[Any]] = [[cell] for cell in cells]
        body = table(rows, [paper.width], [("LEFTPADDING", (0, 0), (-1, -1), 11)])
    else:
        rows = [[cells[0], cells[1]], [cells[2], cells[3]], [cells[4], ""]]
        spans = [("SPAN", (0, 2), (1, 2))]
        body = table(
            rows,
            [paper.width / 2] * 2,
            [("LEFTPADDING", (0, 0), (0, -1), 14), ("BOTTOMPADDING", (0, 0), (-1, -1), 1), *spans],
        )
    return [top, gap(1), body, gap(5)]


def _slip_promises(paper: Paper, card: papers.PickupSlipCard) -> Story:
    """What was promised: ceiling, loaner, and how to reach the site."""
    cells = [
        ("paper|Fee ceiling", f"¥{yuan(card.ceiling_fen)}" if card.ceiling_fen is not None else DASH),
        ("paper|Tel", card.site.phone),
    ]
    if card.loaner_serial_no:
        cells += [
            ("paper|Loaner", f"{card.loaner_model} {card.loaner_serial_no}".strip()),
            ("paper|Return loaner by", day(card.loaner_due_ms)),
        ]
    return [
        Rule(paper.width, 0.4, grey=0 if paper.roll else 0.7),
        gap(4),
        grid(paper, cells, _columns(paper), bold=("paper|Fee ceiling",)),
        beside(paper, "paper|Address", card.site.address, size=8.4),
        beside(paper, "paper|Hours", card.site.hours, size=8.4),
    ]


def _terms(paper: Paper, card: papers.PickupSlipCard) -> list[str]:
    return [
        say(line, paper.language, days=card.storage_days)
        for line in (
            "paper|Please settle and sign off the terminal before handing it in. We keep no card data.",
            "paper|Bring this slip, or the pickup code, and an identity document to collect.",
            "paper|An agent brings this slip and the agent's own identity document.",
            "paper|If the slip is lost, report it at once with your identity document.",
            "paper|Devices not collected within {days} days of our notice may cost a storage fee.",
            "paper|Your personal data serves this repair only and is kept as long as the law asks.",
        )
    ]


def _stub(paper: Paper, card: papers.PickupSlipCard) -> list[Flowable]:
    first, second = caption("paper|Stub", paper.language)
    labels = "  ".join(device.label_no for device in card.devices if device.label_no)
    return [
        gap(9),
        Rule(paper.width, 0.6, dash=True),
        gap(4),
        table(
            [
                [
                    rich(f"{markup(first, True)} <font size='6.4'>{markup(second)}</font>", 9, bold=True),
                    text(card.number, 9, bold=True, align="right"),
                ]
            ],
            [paper.width * 0.4, paper.width * 0.6],
        ),
        text(f"{card.order_no}   {card.merchant}", 8),
        text(labels, 8),
        beside(paper, "paper|Received", moment(card.received_ms), size=8),
    ]


# ---------------------------------------------------------------- repair receipt


def repair_receipt(paper: Paper, card: papers.RepairReceiptCard) -> Story:
    """What was found, done and paid; signed at pickup."""
    paper.site = card.site
    title = "paper|REFUND" if card.refund else "paper|REPAIR RECEIPT"
    story = head(paper, title, "paper|Receipt No", card.number, card.number)
    cells = [
        ("paper|Merchant", card.merchant),
        ("paper|Order", card.order_no),
        ("paper|Slip", card.slip_no),
        ("paper|Received", day(card.received_ms)),
        ("paper|Repaired", day(card.repaired_ms)),
        ("paper|Collected", moment(card.collected_ms)),
    ]
    if card.merchant_no:
        cells.append(("paper|MID", card.merchant_no))
    if card.uscc:
        cells.append(("paper|USCC", card.uscc))
    story.append(grid(paper, cells, _columns(paper), bold=("paper|Merchant",)))
    story += section(paper, "paper|Repair")
    for device in card.devices:
        story.append(_receipt_device(paper, device))
    story += section(paper, "paper|Charges")
    story += charge_table(paper, card.lines, until=True)
    total = "paper|Refunded" if card.refund else "paper|Total"
    story.append(total_lines(paper, card.total_fen, card.discount_fen, card.discount_reason, total))
    story.append(
        grid(
            paper,
            [
                ("paper|Payment", card.payment),
                ("paper|Invoice", card.invoice_no),
                ("paper|Basis", word(card.basis, paper.language)),
                ("paper|Old parts", word(card.old_parts, paper.language)),
                ("paper|Price list", card.price_list),
                ("paper|Collected by", card.collector + (f"  {card.id_last4}" if card.id_last4 else "")),
                ("paper|Rating", "★" * card.rating + "☆" * (5 - card.rating) if card.rating else DASH),
                ("paper|Complaints", card.complaint_phone),
            ],
            2 if paper.roll else 4,
            size=8.4,
        )
    )
    closing: list[Flowable] = []
    if card.advice:
        closing += [beside(paper, "paper|Care advice", card.advice, size=8.4), gap(3)]
    small = say("paper|This paper is not a tax invoice.", paper.language)
    if card.solo_site:
        small += " " + say("paper|One-person site: repair and final test by the same person.", paper.language)
    signed = moment(card.signed_ms) if card.signed_ms is not None else ""
    slots = [
        ("paper|Customer signature", signed),
        ("paper|Clerk", card.clerk),
        ("paper|Technician", card.technician),
        ("paper|QC", card.inspector),
    ]
    story.append([*closing, text(small, 7.2), gap(4), signatures(paper, slots)])
    return story + foot(paper)


def _receipt_device(paper: Paper, device: papers.ReceiptDevice) -> list[Flowable]:
    name = f"{markup(device.model, True)}&nbsp;&nbsp; {markup(device.serial_no, True)}"
    if device.new_serial_no:
        first, _ = caption("paper|New SN", paper.language)
        name += f"<br/>→ <font size='7.2'>{markup(first)}</font> {markup(device.new_serial_no, True)}"
    if not device.repaired:
        name += f"&nbsp;&nbsp; [{markup(say('paper|not repaired', paper.language), True)}]"
    pairs = [("paper|Symptom", device.fault), ("paper|Cause", device.cause), ("paper|Action", device.action)]
    numbers = [("paper|TID", device.terminal_no)]
    if device.version_before or device.version_after:
        versions = [version for version in (device.version_before, device.version_after) if version]
        numbers.append(("paper|Version", " → ".join(dict.fromkeys(versions))))
    keys = word(device.keys, paper.language)
    if device.keys_ms is not None:
        keys += f"  {day(device.keys_ms)}"
    numbers.append(("paper|Keys", keys))
    body: list[Flowable] = [rich(name, 10, bold=True), gap(1)]
    known = [(msgid, value) for msgid, value in pairs if value]
    signs = {papers.CheckResult.FAIL: " ×", papers.CheckResult.SKIPPED: " —"}
    tests = [(test.name + signs.get(test.result, ""), test.result is papers.CheckResult.PASS) for test in device.tests]
    # A table row cannot be parted between pages, a paragraph can.
    if paper.roll or any(len(value) > _LONG for _, value in known):
        body += [beside(paper, msgid, value, size=8.8) for msgid, value in (*numbers, *known)]
        if tests:
            body += [rich(caption_markup(paper, "paper|Counter test", 7.2), 8.8), *choice(paper, tests, 8.8)]
        return [*body, gap(4)]
    rows: list[list[Any]] = [[rich(caption_markup(paper, msgid), 8.8), text(value, 8.8)] for msgid, value in known]
    if tests:
        rows.append(
            [rich(caption_markup(paper, "paper|Counter test"), 8.8), choice(paper, tests, 8.8, paper.width - 82)]
        )
    line = [beside(paper, msgid, value, size=8.8) for msgid, value in numbers]
    shares = {1: (1.0,), 2: (0.42, 0.58), 3: (0.24, 0.32, 0.44)}[len(line)]
    body.append(table([line], [paper.width * share for share in shares], [("BOTTOMPADDING", (0, 0), (-1, -1), 1)]))
    if rows:
        body.append(table(rows, [82, paper.width - 82], [("BOTTOMPADDING", (0, 0), (-1, -1), 0.8)]))
    return [*body, gap(4)]


# ---------------------------------------------------------------- quote


def quote(paper: Paper, card: papers.QuoteCard) -> Story:
    """An offer the merchant can accept or decline until a day."""
    paper.site = card.site
    story = head(paper, "paper|QUOTE", "paper|Quote No", card.number, card.number)
    work = say("paper|{count} working days", paper.language, count=card.work_days) if card.work_days else DASH
    story.append(
        grid(
            paper,
            [
                ("paper|Merchant", card.merchant),
                ("paper|Contact", " ".join(part for part in (card.contact, card.contact_phone) if part)),
                ("paper|Order", card.order_no),
                ("paper|Model", card.model),
                ("paper|SN", card.serial_no),
                ("paper|TID", card.terminal_no),
                ("paper|Quoted", moment(card.quoted_ms)),
                ("paper|Valid until", day(card.valid_until_ms)),
                ("paper|Work time", work),
            ],
            4,
            bold=("paper|Merchant", "paper|Valid until"),
        )
    )
    story += section(paper, "paper|Diagnosis")
    rows: list[list[Any]] = [
        [rich(caption_markup(paper, msgid), 8.8), text(value or DASH, 8.8)]
        for msgid, value in (("paper|Symptom", card.fault), ("paper|Cause", card.cause), ("paper|Action", card.action))
    ]
    story.append(table(rows, [82, paper.width - 82], [("BOTTOMPADDING", (0, 0), (-1, -1), 1)]))
    story += section(paper, "paper|Offer")
    story += charge_table(paper, card.lines, until=False)
    story.append(total_lines(paper, card.total_fen, card.discount_fen, "", "paper|Total"))
    declined = f"¥{yuan(card.declined_fee_fen)}" if card.declined_fee_fen is not None else DASH
    story.append(
        grid(
            paper,
            [
                ("paper|Basis", word(card.basis, paper.language)),
                ("paper|Price list", card.price_list),
                ("paper|Fee if declined", declined),
            ],
            3,
        )
    )
    lines = [
        say(
            "paper|Work starts after your approval. Nothing beyond this quote is charged without asking again.",
            paper.language,
        ),
        say("paper|If you decline, the device is returned as it came; only the fee above is due.", paper.language),
    ]
    if card.warranty_note:
        lines.append(card.warranty_note)
    story += notes(paper, lines, 7.4)
    story.append(_answer(paper, card))
    return story


def _answer(paper: Paper, card: papers.QuoteCard) -> list[Flowable]:
    if card.decision:
        return [
            gap(8),
            stacked(paper, "paper|Answer", card.decision, bold=True),
            gap(6),
            signatures(paper, [("paper|Technician", card.technician)]),
        ]
    yes, no = say("paper|Approved, please repair", paper.language), say("paper|Declined", paper.language)
    slots = [("paper|Customer signature", ""), ("paper|Date", ""), ("paper|Technician", card.technician)]
    return [gap(8), *choice(paper, [(yes, False), (no, False)], 9), gap(6), signatures(paper, slots)]


STORIES: dict[str, Build] = {
    "pickup_slip": pickup_slip,
    "repair_receipt": repair_receipt,
    "quote": quote,
}
