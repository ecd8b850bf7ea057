"""What printers say, as their manuals print it, and what they never should say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.print.raw import LANGUAGES, STOPS, Language, Status, Trouble, sentence

ZPL, TSPL, ESCPOS = LANGUAGES["zpl"], LANGUAGES["tspl"], LANGUAGES["escpos"]
_FUZZ = settings(max_examples=300, deadline=None)


def _hs(one: str = "030,0,0,0320,000,0,0,0,000,0,0,0", two: str = "000,0,0,0,0,2,4,0,00000000,1,000") -> bytes:
    return f"\x02{one}\x03\r\n\x02{two}\x03\r\n\x021234,0\x03\r\n".encode("ascii")


def test_an_idle_zebra_is_idle() -> None:
    status = ZPL.read(_hs())
    assert status == Status(frozenset(), 0)
    assert status.idle
    assert not status.stopped


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (_hs(one="030,1,0,0320,000,0,0,0,000,0,0,0"), Trouble.PAPER_OUT),
        (_hs(one="030,0,1,0320,000,0,0,0,000,0,0,0"), Trouble.PAUSED),
        (_hs(one="030,0,0,0320,000,1,0,0,000,0,0,0"), Trouble.BUFFER_FULL),
        (_hs(one="030,0,0,0320,000,0,0,1,000,0,0,0"), Trouble.HALF_RECEIVED),
        (_hs(one="030,0,0,0320,000,0,0,0,000,1,0,0"), Trouble.FAULT),
        (_hs(one="030,0,0,0320,000,0,0,0,000,0,1,0"), Trouble.TOO_COLD),
        (_hs(one="030,0,0,0320,000,0,0,0,000,0,0,1"), Trouble.OVERHEATED),
        (_hs(two="000,0,1,0,0,2,4,0,00000000,1,000"), Trouble.COVER_OPEN),
        (_hs(two="000,0,0,1,0,2,4,0,00000000,1,000"), Trouble.RIBBON_OUT),
        (_hs(two="000,0,0,0,0,1,4,1,00000000,1,000"), Trouble.LABEL_WAITING),
    ],
)
def test_every_flag_of_a_zebra_is_read(answer: bytes, trouble: Trouble) -> None:
    status = ZPL.read(answer)
    assert status is not None
    assert status.troubles == {trouble}


def test_a_zebra_tells_how_much_it_still_holds_and_only_the_newest_whole_answer_counts() -> None:
    busy = _hs(one="030,0,0,0320,003,0,0,0,000,0,0,0", two="000,0,0,0,0,2,4,0,00000007,1,000")
    status = ZPL.read(_hs() + busy)
    assert status == Status(frozenset({Trouble.BUSY}), 10)
    assert not status.idle
    assert ZPL.read(busy + _hs()[:-8]) == status  # the newer one is not complete yet
    for short in range(len(busy) - 3):
        assert ZPL.read(busy[:short]) is None


def test_the_odometer_of_a_zebra() -> None:
    assert ZPL.ask_counter().endswith(b"\r\n")
    assert ZPL.read_counter(b'"4711"\r\n') == 4711
    assert ZPL.read_counter(b'"4711""4715"') == 4715
    assert ZPL.read_counter(b'"?"') is None
    assert ZPL.read_counter(b"4711") is None


@pytest.mark.parametrize(
    ("byte", "troubles"),
    [
        (0x00, set()),
        (0x01, {Trouble.COVER_OPEN}),
        (0x02, {Trouble.JAM}),
        (0x04, {Trouble.PAPER_OUT}),
        (0x05, {Trouble.PAPER_OUT, Trouble.COVER_OPEN}),
        (0x08, {Trouble.RIBBON_OUT}),
        (0x10, {Trouble.PAUSED}),
        (0x20, {Trouble.BUSY}),
        (0x40, {Trouble.COVER_OPEN}),
        (0x80, {Trouble.FAULT}),
    ],
)
def test_the_status_byte_of_tspl(byte: int, troubles: set[Trouble]) -> None:
    status = TSPL.read(bytes([byte]))
    assert status is not None
    assert status.troubles == troubles
    assert TSPL.read(b"123\r\n" + bytes([byte])) == status
    assert TSPL.read(bytes([byte]) * 3) == status


@pytest.mark.parametrize(
    ("frame", "troubles"),
    [
        (b"@@@@", set()),
        (b"`@@@", {Trouble.PAUSED}),
        (b"P@@@", {Trouble.BUSY}),
        (b"L@@@", {Trouble.LABEL_WAITING}),
        (b"@A@@", {Trouble.PAPER_LOW}),
        (b"@B@@", {Trouble.RIBBON_LOW}),
        (b"@H@@", {Trouble.BUFFER_FULL}),
        (b"@@A@", {Trouble.OVERHEATED}),
        (b"E@H@", {Trouble.FAULT, Trouble.CUTTER}),
        (b"E@@A", {Trouble.FAULT, Trouble.PAPER_OUT}),
        (b"E@@B", {Trouble.FAULT, Trouble.JAM}),
        (b"@@@`", {Trouble.COVER_OPEN}),
    ],
)
def test_the_long_status_of_tspl(frame: bytes, troubles: set[Trouble]) -> None:
    status = TSPL.read(b"\x02" + frame + b"\x03\r\n")
    assert status is not None
    assert status.troubles == troubles


def test_a_tspl_printer_counts_its_labels_and_answers_in_turn() -> None:
    assert TSPL.read_counter(b"\x0042\r\n") == 42
    assert TSPL.read_counter(b"41\r\n42\r\n") == 42
    assert TSPL.read_counter(b"42") is None
    assert TSPL.read_drained(b"DRAINED\r\n")
    assert TSPL.read_drained(b"DRAI") is None


@pytest.mark.parametrize(
    ("answer", "troubles"),
    [
        ("12121212", set()),
        ("1a32127e", {Trouble.OFFLINE, Trouble.PAPER_OUT}),
        ("1216121e", {Trouble.COVER_OPEN, Trouble.PAPER_LOW}),
        ("1212121e", {Trouble.PAPER_LOW}),
        ("1a521a12", {Trouble.OFFLINE, Trouble.CUTTER}),
        ("1a523212", {Trouble.OFFLINE, Trouble.FAULT}),
        ("1a525212", {Trouble.OFFLINE, Trouble.OVERHEATED}),
        ("1a565212", {Trouble.OFFLINE, Trouble.COVER_OPEN}),
        ("16121212", set()),  # the drawer
    ],
)
def test_the_four_bytes_of_escpos(answer: str, troubles: set[Trouble]) -> None:
    status = ESCPOS.read(bytes.fromhex(answer))
    assert status is not None
    assert status.troubles == troubles


def test_an_escpos_printer_returns_the_token_of_a_finished_receipt() -> None:
    told = ESCPOS.ask_done(1234)
    assert told.startswith(b"\x1d(H\x06\x00\x30\x30")
    back = b"\x37\x22" + told[-4:] + b"\x00"
    assert ESCPOS.read_done(back, 1234) is True
    assert ESCPOS.read_done(back, 1235) is False
    assert ESCPOS.read_done(b"\x12\x12" + back[:-1], 1234) is None
    assert ESCPOS.read_done(ESCPOS.ask_done(7)[-4:] + back, 1234) is True
    tokens = {ESCPOS.ask_done(token)[-4:] for token in range(5000)}
    assert len(tokens) == 5000


def test_answers_to_other_questions_are_not_taken_for_a_status() -> None:
    # "2222" has the fixed bits of a status in every byte.
    assert ESCPOS.read(b"\x37\x222222\x00") is None
    assert ESCPOS.read(b"\x37\x222222\x00\x12\x12\x12\x12") == Status()
    assert ESCPOS.read(b"\x12\x12\x12\x12\x37\x2222") == Status()
    assert ESCPOS.read(b"\x12\x12\x12") is None
    assert ESCPOS.read_drained(b"\x12\x12\x12\x12") is None
    assert ESCPOS.read_drained(b"\x12\x12\x12\x12\x00")
    assert ESCPOS.read_drained(b"\x37\x222222\x00") is None


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES.keys())
@_FUZZ
@given(st.data())
def test_no_rubbish_makes_a_reader_stumble(language: Language, data: st.DataObject) -> None:
    told = [_hs(), b"\x02@@@@\x03\r\n", b"\x12\x12\x12\x12", b'"12"\r\n', b"\x37\x222222\x00", b"12\r\n", b"\x20"]
    parts = data.draw(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(told)), max_size=6))
    answer = b"".join(parts)[data.draw(st.integers(0, 3)) :]
    status = language.read(answer)
    assert status is None or (status.troubles <= set(Trouble) and (status.waiting or 0) >= 0)
    counter = language.read_counter(answer)
    assert counter is None or 0 <= counter < 10**10
    assert language.read_done(answer, 7) in (True, False, None)
    assert language.read_drained(answer) in (True, None)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_silence_and_web_pages_are_no_status(language: Language) -> None:
    for answer in (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"<html></html>", b"SSH-2.0-x\r\n"):
        assert language.read(answer) is None
        assert language.read_counter(answer) is None
        assert language.read_done(answer, 1) is None


def test_every_trouble_has_a_sentence_that_says_what_to_do() -> None:
    assert len({sentence(trouble) for trouble in Trouble}) == len(Trouble)
    for trouble in STOPS:
        assert sentence(trouble).count(".") >= 2, trouble


def test_the_worst_trouble_is_told_first_and_being_busy_is_none() -> None:
    assert Status(frozenset({Trouble.PAPER_LOW, Trouble.OFFLINE, Trouble.COVER_OPEN})).worst is Trouble.COVER_OPEN
    assert Status(frozenset({Trouble.BUSY})).worst is None
    assert not Status(frozenset({Trouble.BUSY})).idle
    assert not Status(frozenset({Trouble.PAPER_LOW})).stopped


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_cancelling_is_never_part_of_a_job(language: Language) -> None:
    assert language.cancel()
    assert language.ask()
