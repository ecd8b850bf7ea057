"""Every paper as PDF, judged by programs nobody here wrote; and hostile text through every renderer there is."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest

from deskapp.print import fonts, raw_pieces, render
from deskapp.print.edition import Edition
from deskapp.print.media import POINTS_PER_MM, Form, medium
from deskapp.rules import papers
from deskapp.rules.printer_profiles import Profile
from tests.print import papers_filled, samples
from tests.print.oracles import shelf
from tests.print.virtual_printers import VirtualPrinter

KINDS = sorted(samples.ALL)
LANGUAGES = ("zh_CN", "en")
RARE = "赵𬸚㛃䶮𬭎"
ACTIVE = (b"/URI", b"/JavaScript", b"/JS", b"/Annots", b"/OpenAction", b"/AA", b"/Launch", b"/EmbeddedFile",
          b"/Subtype /Image", b"/GoToR", b"/AcroForm", b"/XFA", b"/RichMedia")  # fmt: skip
HOSTILE = (
    *papers_filled.HOSTILE,
    "^XZ^XA^FDx^FS~JA",
    'PRINT 9\r\nCLS\r\nTEXT 0,0,"0',
    "\x1b@\x1dV\x00\x10\x14\x08",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*{printed}{number}",
    "é́ñ ﷽ ﬃ Å ①㈱",
)


def told(*command: str | Path) -> str:
    """What an oracle says; its complaint is the failure."""
    if shutil.which(str(command[0])) is None:
        shelf.missing(f"{command[0]} is not installed; as root: apt-get install -y qpdf poppler-utils")
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
    return done.stdout.decode("utf-8", "replace")


def flat(text: str) -> str:
    """A text without anything blank."""
    return "".join(text.split())


def made(kind: str, stock: str, language: str = "zh_CN", card: papers.Card | None = None) -> render.Rendered:
    return render.render(kind, card or samples.ALL[kind], Edition(stock, language, printed_at_ms=samples.NOW))


def opened(pdf: Path) -> bytes:
    """Everything in a PDF, streams uncompressed, but what is inside its fonts."""
    plain = pdf.with_suffix(".qdf")
    told("qpdf", "--qdf", "--object-streams=disable", "--stream-data=uncompress", pdf, plain)
    return plain.read_bytes()


def check_inert(pdf: Path) -> None:
    """Nothing in it acts, links or loads, and the only pictures are 1-bit masks lying in the page itself."""
    inside = opened(pdf)
    assert [word for word in ACTIVE if re.search(re.escape(word) + rb"(?![A-Za-z])", inside)] == []
    pictures = re.findall(rb"\bBI /W \d+ /H \d+ /BPC 1 /IM true ", inside)
    assert len(pictures) == len(re.findall(rb"\bBI /W\b", inside))


@pytest.mark.parametrize("kind", KINDS)
def test_every_pdf_is_sound_embedded_searchable_and_inert(kind: str, tmp_path: Path) -> None:
    for stock in render.MEDIA_OF[kind]:
        for language in LANGUAGES:
            paper = made(kind, stock, language)
            file = tmp_path / f"{stock}-{language}.pdf"
            file.write_bytes(paper.pdf)
            told("qpdf", "--check", file)
            listed = told("pdffonts", file).splitlines()[2:]
            assert listed
            for line in listed:
                assert re.search(r"\byes yes yes\b", line), f"{stock}: not embedded, subset and searchable: {line}"
                assert re.match(r"[A-Z]{6}\+NotoSansSC-", line), f"{stock}: {line}"
            text = flat(told("pdftotext", "-layout", file, "-"))
            assert flat(samples.ALL[kind].number) in text, f"{stock} {language}"
            check_inert(file)
            document = pypdfium2.PdfDocument(paper.pdf)
            wide, high = document[0].get_size()
            document.close()
            assert wide == pytest.approx(medium(stock).width_mm * POINTS_PER_MM, abs=0.1)
            if medium(stock).form is not Form.ROLL:
                assert high == pytest.approx(medium(stock).height_mm * POINTS_PER_MM, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_card_says_is_found_in_its_paper(kind: str, tmp_path: Path) -> None:
    card = samples.ALL[kind]
    wanted = {
        name: flat(value)
        for name in ("number", "order_no", "merchant", "merchant_no", "terminal_no", "invoice_no", "waybill", "clerk")
        if isinstance(value := getattr(card, name, ""), str) and value
    }
    stock = next(name for name in reversed(render.MEDIA_OF[kind]) if medium(name).form is not Form.SHEET)
    if kind in papers.LABEL_KINDS:
        stock = "label-60x40"
        wanted = {name: value for name, value in wanted.items() if name in ("number", "merchant")}
    paper = made(kind, stock)
    assert [one.code for one in paper.warnings] == []
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper.pdf)
    text = flat(told("pdftotext", "-layout", file, "-"))
    whole = text + flat(told("pdftotext", "-raw", file, "-"))  # a value over two lines is whole in one order at least
    absent = {name: value for name, value in wanted.items() if value not in whole}
    # Not every paper shows every field of its card; its number it always shows.
    assert "number" not in absent
    assert len(absent) <= 2, absent


@pytest.mark.parametrize(("kind", "stock"), [
    ("device_label", "label-60x40"), ("device_label", "label-50x30"), ("device_label", "a4-labels"), ("pickup_slip", "a5"),
    ("pickup_slip", "roll-58"), ("repair_receipt", "a5"), ("repair_receipt", "roll-80"), ("quote", "a5"),
])  # fmt: skip
def test_names_beyond_the_basic_plane_are_searched_and_copied_by_another_reader(
    kind: str, stock: str, tmp_path: Path
) -> None:
    card = dataclasses.replace(samples.ALL[kind], merchant=RARE)  # type: ignore[call-arg]
    paper = made(kind, stock, card=card)
    assert paper.warnings == ()
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper.pdf)
    for how in ("-layout", "-raw"):
        assert RARE in flat(told("pdftotext", how, file, "-"))


# ---------------------------------------------------------------- hostile text


def hostile(kind: str, text: str) -> papers.Card:
    """A card with that text as merchant's name, and as fault where it has one."""
    card = samples.ALL[kind]
    names = {one.name for one in dataclasses.fields(card)}
    return dataclasses.replace(card, **{name: text for name in ("merchant", "fault") if name in names})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(("kind", "stock"), [
    ("device_label", "label-60x40"), ("accessory_label", "label-50x30"), ("pickup_slip", "a5"), ("pickup_slip", "roll-58"),
    ("repair_receipt", "a5"), ("quote", "roll-80"), ("call_note", "a5"),
])  # fmt: skip
def test_hostile_text_is_only_text_and_what_is_lost_is_told(kind: str, stock: str, text: str, tmp_path: Path) -> None:
    if stock not in render.MEDIA_OF[kind]:
        stock = render.MEDIA_OF[kind][0]
    paper = made(kind, stock, card=hostile(kind, text))
    file = tmp_path / "paper.pdf"
    file.write_bytes(paper.pdf)
    told("qpdf", "--check", file)
    check_inert(file)
    warned = {one.code: one.values for one in paper.warnings}
    shown = flat(told("pdftotext", "-raw", file, "-"))
    absent = set(warned.get("missing_characters", {}).get("characters", ""))
    if fonts.hidden(text):
        assert "hidden_characters" in warned
    if "cut" not in warned:
        for character in set(flat(fonts.clean(text))) - absent:
            assert shown.count(character) >= flat(fonts.clean(text)).count(character), f"lost: {character!r}"
    if absent:
        assert fonts.GETA in shown or "cut" in warned


@pytest.mark.parametrize("language", ["zpl", "tspl", "escpos"])
def test_hostile_text_is_one_whole_paper_at_every_raw_printer(language: str) -> None:
    kind, stock = ("pickup_slip", "roll-80") if language == "escpos" else ("device_label", "label-60x40")
    with VirtualPrinter(language) as printer:
        profile = Profile(printer.address, language=language)
        for count, text in enumerate(HOSTILE, 1):
            job = Job(kind, papers.to_json(hostile(kind, text)), stock)
            pieces = raw_pieces.make(job, profile).pieces
            assert len(pieces) == 1
            send(printer, pieces[0])
            assert printer.wait_printed(count), text
        assert not any(sheet.half for sheet in printer.sheets)
        assert len(printer.sheets) == len(HOSTILE)
        # Another name is another picture, and the printer reads no word of it: dots are all it gets.
        assert len({sheet.sha256 for sheet in printer.sheets}) >= len(HOSTILE) - 3
        assert not any("HYPERLINK" in sheet.text or "FDx" in sheet.text for sheet in printer.sheets)


@dataclasses.dataclass(frozen=True)
class Job:
    """What a queued job says about its paper."""

    kind: str
    card: str
    medium: str
    id: str = "job-1"
    language: str = "zh_CN"
    copy_no: int = 0
    created_at: int = samples.NOW
    superseded_by: str = ""


def send(printer: VirtualPrinter, data: bytes) -> None:
    """Hand over bytes the plainest way there is."""
    import socket

    with socket.create_connection(("127.0.0.1", printer.port)) as wire:
        wire.sendall(data)
