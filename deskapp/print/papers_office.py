"""The papers that stay in the branch: day end, register, recovery code; and the service card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Flowable

from deskapp.print import fonts
from deskapp.print.flow import Box, Build, Paper, Rule, Story
from deskapp.print.kit import (
    beside,
    caption_markup,
    gap,
    grid,
    head,
    ink,
    markup,
    notes,
    rich,
    section,
    signatures,
    square,
    stacked,
    table,
    text,
)
from deskapp.print.words import DASH, caption, moment, say, short_moment, yuan
from deskapp.rules import papers

_LINES = [
    ("LINEBELOW", (0, 0), (-1, 0), 0.6, "black"),
    ("LINEBELOW", (0, 1), (-1, -1), 0.25, "#bbbbbb"),
    ("TOPPADDING", (0, 1), (-1, -1), 2.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-2, -1), 5),
]


def listing(
    paper: Paper,
    columns: Sequence[tuple[str, float, str]],
    rows: Sequence[Sequence[Any]],
    *,
    size: float = 8.2,
    total: Sequence[str] | None = None,
) -> Any:
    """Return a table: `columns` are caption, share of the width, alignment; the head repeats on each page."""
    shares = sum(share for _, share, _ in columns)
    widths = [paper.width * share / shares for _, share, _ in columns]
    heads: list[Any] = []
    for msgid, _, align in columns:
        first, second = caption(msgid, paper.language)
        heads.append(
            rich(
                f'{markup(first)}<br/><font size="5.6" color="{ink(paper)}">{markup(second)}</font>',
                7.2,
                align=align,
                tight=True,
            )
        )
    made: list[list[Any]] = [heads]
    for row in rows:
        made.append(
            [
                text(value, size, align=column[2], tight=True) if isinstance(value, str) else value
                for value, column in zip(row, columns, strict=True)
            ]
        )
    style: list[tuple[Any, ...]] = list(_LINES)
    style += [("ALIGN", (n, 0), (n, -1), align.upper()) for n, (_, _, align) in enumerate(columns)]
    if total is not None:
        made.append(
            [text(value, size + 0.8, bold=True, align=column[2]) for value, column in zip(total, columns, strict=True)]
        )
        style.append(("LINEABOVE", (0, -1), (-1, -1), 0.6, "black"))
    return table(made, widths, style, repeatRows=1, splitByRow=1)


# ---------------------------------------------------------------- day end


def day_end(paper: Paper, card: papers.DayEndCard) -> Story:
    """The close of a day: money by method, waivers, refunds, devices against the count, open calls."""
    paper.site = card.site
    story = head(paper, "paper|DAY END", "paper|No", card.number, "")
    taken = sum(line.amount_fen for line in card.takings)
    refunded = sum(line.amount_fen for line in card.refunds)
    story.append(_tiles(paper, card, taken - refunded))
    story += section(paper, "paper|Takings")
    columns = [("paper|Payment", 4.0, "left"), ("paper|Count", 1.5, "right"), ("paper|Amount", 2.5, "right")]
    story.append(
        listing(
            paper,
            columns,
            [(line.method, str(line.count), yuan(line.amount_fen)) for line in card.takings],
            total=(say("paper|Sum", paper.language), str(sum(line.count for line in card.takings)), yuan(taken)),
            size=9,
        )
    )
    for title, lines in (("paper|Waivers", card.waivers), ("paper|Refunds", card.refunds)):
        story += _exceptions(paper, title, lines)
    story += _held(paper, card)
    story += section(paper, "paper|Open calls")
    if card.open_calls:
        story.append(
            listing(
                paper,
                [
                    ("paper|Order", 3, "left"),
                    ("paper|Merchant", 4, "left"),
                    ("paper|Tel", 2.4, "left"),
                    ("paper|Reason", 3.4, "left"),
                    ("paper|Attempts", 1.2, "right"),
                ],
                [(one.order_no, one.merchant, one.phone, one.reason, str(one.attempts)) for one in card.open_calls],
            )
        )
    else:
        story.append(text(say("paper|None.", paper.language), 9))
    closing: list[Flowable] = [gap(8)]
    if card.remarks:
        closing += [stacked(paper, "paper|Remarks", card.remarks), gap(6)]
    slots = [("paper|Clerk", card.clerk), ("paper|Supervisor", card.supervisor), ("paper|Date", "")]
    story.append([*closing, gap(4), signatures(paper, slots)])
    return story


def _tiles(paper: Paper, card: papers.DayEndCard, net: int) -> Any:
    """Return the five figures of the day, large."""
    tiles = [
        ("paper|Day", card.day),
        ("paper|Net takings", f"¥{yuan(net)}"),
        ("paper|Devices in", str(card.received_count)),
        ("paper|Devices out", str(card.returned_count)),
        ("paper|Devices held", str(len(card.held))),
        ("paper|Tickets", f"{card.tickets_opened} / {card.tickets_closed}"),
    ]
    widths = [paper.width * share for share in (0.19, 0.24, 0.14, 0.14, 0.14, 0.15)]
    return table(
        [[stacked(paper, msgid, value, size=13, bold=True) for msgid, value in tiles]],
        widths,
        [("BOTTOMPADDING", (0, 0), (-1, -1), 6)],
    )


def _exceptions(paper: Paper, title: str, lines: Sequence[papers.ExceptionLine]) -> Story:
    story: Story = list(section(paper, title))
    if not lines:
        return [*story, text(say("paper|None.", paper.language), 9)]
    columns = [
        ("paper|Receipt No", 3.2, "left"),
        ("paper|Reason", 4, "left"),
        ("paper|Allowed by", 2, "left"),
        ("paper|Amount", 2, "right"),
    ]
    rows = [(line.number, line.reason, line.allowed_by, yuan(line.amount_fen)) for line in lines]
    total = (say("paper|Sum", paper.language), "", "", yuan(sum(line.amount_fen for line in lines)))
    return [*story, listing(paper, columns, rows, total=total)]


def _held(paper: Paper, card: papers.DayEndCard) -> Story:
    """Devices by the books against the shelf count."""
    language = paper.language
    story: Story = list(section(paper, "paper|Devices held"))
    seen = sum(one.counted is True for one in card.held)
    absent = sum(one.counted is False for one in card.held)
    line = say(
        "paper|In the books {held}, found {found}, missing {absent}, not counted {open}, extra {extra}",
        language,
        held=len(card.held),
        found=seen,
        absent=absent,
        open=len(card.held) - seen - absent,
        extra=len(card.extra_on_shelf),
    )
    story += [text(line, 9, bold=bool(absent or card.extra_on_shelf)), gap(4)]
    if card.extra_on_shelf:
        story += [beside(paper, "paper|Not in the books", "  ".join(card.extra_on_shelf)), gap(3)]
    if card.held:
        story.append(
            listing(
                paper,
                [
                    ("paper|Label", 2.7, "left"),
                    ("paper|Model", 1.9, "left"),
                    ("paper|SN", 2.9, "left"),
                    ("paper|Merchant", 3, "left"),
                    ("paper|Bin", 1.4, "left"),
                    ("paper|State", 1.8, "left"),
                    ("paper|Days", 0.9, "right"),
                    ("paper|Found", 1.2, "center"),
                ],
                [
                    (
                        one.label_no,
                        one.model,
                        one.serial_no,
                        one.merchant,
                        one.shelf,
                        one.state,
                        str(one.days),
                        Box(one.counted is True, 6.5, crossed=one.counted is False),
                    )
                    for one in card.held
                ],
                size=7.6,
            )
        )
    return story


# ---------------------------------------------------------------- register


def register(paper: Paper, card: papers.RegisterCard) -> Story:
    """The register of receipts and returns, as an inspector expects it on paper."""
    paper.site = card.site
    story = head(paper, "paper|REGISTER", "paper|No", card.number, "")
    period = card.first_day if card.first_day == card.last_day else f"{card.first_day} – {card.last_day}"
    returned = sum(line.returned_ms is not None for line in card.lines)
    story.append(
        grid(
            paper,
            [
                ("paper|Period", period),
                ("paper|Received devices", str(len(card.lines))),
                ("paper|Returned devices", str(returned)),
                ("paper|Amount", f"¥{yuan(sum(line.amount_fen or 0 for line in card.lines))}"),
            ],
            4,
            bold=("paper|Period",),
        )
    )
    columns = [
        ("paper|#", 0.9, "right"),
        ("paper|Received", 1.9, "left"),
        ("paper|Order", 3.2, "left"),
        ("paper|Merchant", 3.2, "left"),
        ("paper|Model", 1.7, "left"),
        ("paper|SN", 2.6, "left"),
        ("paper|Accessories", 1.8, "left"),
        ("paper|Fault", 2.6, "left"),
        ("paper|Delivered by", 1.5, "left"),
        ("paper|Received by", 1.5, "left"),
        ("paper|Returned", 1.9, "left"),
        ("paper|Collected by", 1.6, "left"),
        ("paper|Handed by", 1.5, "left"),
        ("paper|Amount", 1.5, "right"),
        ("paper|Remark", 1.7, "left"),
    ]
    rows = [
        (
            str(line.index),
            short_moment(line.received_ms),
            line.order_no,
            line.merchant,
            line.model,
            line.serial_no,
            line.accessories,
            line.fault,
            line.deliverer,
            line.received_by,
            short_moment(line.returned_ms) if line.returned_ms is not None else "",
            line.collector,
            line.returned_by,
            yuan(line.amount_fen) if line.amount_fen is not None else "",
            line.remark,
        )
        for line in card.lines
    ]
    story.append(gap(3))
    story.append(listing(paper, columns, rows, size=6.6))
    slots = [("paper|Kept by", ""), ("paper|Checked by", ""), ("paper|Date", "")]
    story.append([gap(10), signatures(paper, slots)])
    return story


# ---------------------------------------------------------------- recovery code


def recovery_code(paper: Paper, card: papers.RecoveryCodeCard) -> Story:
    """The sheet for the safe: the code large, and what it is for."""
    paper.site = card.site
    story = head(paper, "paper|RECOVERY CODE", "paper|Store", card.store_id[-12:].upper() or DASH, "")
    groups = card.code.replace("-", " ").split()
    shown = [groups[start : start + 4] for start in range(0, len(groups), 4)]
    wide = max((len(row) for row in shown), default=1)
    largest = max((fonts.width(group, 1, True) for group in groups), default=1)
    size = min(21.0, (paper.width / max(wide, 1) - 10) / max(largest, 1))
    cells = [
        [text(group, size, bold=True, align="center", tight=True) for group in row] + [""] * (wide - len(row))
        for row in shown
    ]
    code = table(
        cells or [[""]],
        [paper.width / max(wide, 1)] * max(wide, 1),
        [
            ("TOPPADDING", (0, 0), (-1, -1), 6),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
            ("BOX", (0, 0), (-1, -1), 1.2, "black"),
        ],
    )
    lines = [
        say(line, paper.language)
        for line in (
            "paper|With this code the records are opened again if this computer or its password store is lost.",
            "paper|Keep the sheet in the safe, apart from the computer and its backups.",
            "paper|Whoever has the code and a backup can read everything. Show it to nobody without need.",
            "paper|If the sheet is lost, have a new code made at once; the old one then opens no newer backup.",
        )
    ]
    return [
        *story,
        gap(8),
        code,
        gap(14),
        grid(
            paper,
            [
                ("paper|Made", moment(card.made_ms)),
                ("paper|Made by", card.made_by),
                ("paper|Station", card.site.station),
            ],
            3,
        ),
        gap(8),
        *notes(paper, lines, 9),
        gap(24),
        [signatures(paper, [("paper|Sealed by", ""), ("paper|Witness", ""), ("paper|Date", "")])],
    ]


# ---------------------------------------------------------------- service card


def service_card(paper: Paper, card: papers.ServiceCardCard) -> Story:
    """The card beside the terminal: whom to call and what to try first."""
    paper.site = card.site
    first, second = caption("paper|SERVICE CARD", paper.language)
    code = square(paper, card.number, module=3)
    left: list[Flowable] = [
        rich(
            f'{markup(first, True)} <font name="{fonts.REGULAR}" size="6" color="{ink(paper)}">{markup(second)}</font>',
            11,
            bold=True,
            tight=True,
        ),
        text(card.site.name, 7.6),
        gap(2),
        rich(caption_markup(paper, "paper|Hotline", 6.4), 6.4),
        text(card.hotline or DASH, 13, bold=True, tight=True),
    ]
    story: Story = [
        table([[left, code]], [paper.width - code.width - 8, code.width + 8], [("ALIGN", (1, 0), (1, 0), "RIGHT")]),
        gap(2),
        Rule(paper.width, 0.8),
        gap(2),
        rich(
            f"{caption_markup(paper, 'paper|Merchant', 6)} {markup(card.merchant)}&nbsp;&nbsp; "
            f"{caption_markup(paper, 'paper|TID', 6)} {markup(card.terminal_no)}",
            7.4,
            tight=True,
        ),
        rich(
            f"{caption_markup(paper, 'paper|Model', 6)} {markup(card.model)}&nbsp;&nbsp; "
            f"{caption_markup(paper, 'paper|SN', 6)} {markup(card.serial_no)}",
            7.4,
            tight=True,
        ),
        gap(2),
    ]
    return [*story, *notes(paper, card.advice, 6.2)]


STORIES: dict[str, Build] = {
    "day_end": day_end,
    "register": register,
    "recovery_code": recovery_code,
    "service_card": service_card,
}
