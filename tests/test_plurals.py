"""One of something is said as one in English: every text with a number in it has its words for one."""

from __future__ import annotations

import re

import pytest

from deskapp import i18n
from deskapp.errors import Refused
from deskapp.print import words
from deskapp.ui.speech import spoken
from installer.compile_catalogue import read_fragment
from tests.test_catalogue_complete import ROOT, placeholders, texts_of_the_program

FRAGMENTS = sorted((ROOT / "resources" / "locale" / "en").glob("*.po"))

COUNTED = re.compile(r"\{(\w+)\}(?= (?:[a-z-]+ ){0,2}(?:[a-z-]+s|people)\b)")
"""A number and, within three words, a word in the plural."""

VERBS = frozenset({
    "belongs", "comes", "does", "ends", "fits", "gives", "goes", "hangs", "has", "holds", "is", "lies", "names", "prints",
    "pushes", "takes", "tests", "this", "travels", "us", "waits", "was",
})  # fmt: skip
"""Words that end like a plural; behind them no other is looked for."""

NEVER_ONE = {
    "dpi": "dots per inch of a printer",
    "height": "dots of a picture's side",
    "longest": "the upper end of a range",
    "most": "the upper end of a range",
}
NOT_OF_IT = {
    "1 to {count} things can be drawn on a label.": "the upper end of a range",
    "{count} ms": "a unit",
    "A label of {size} mm does not fit into a cell of {width} × {height} mm.": "no number of things",
}


def counted_texts() -> list[tuple[str, str]]:
    """Return every text of the program with the name of each number of things in it."""
    found = []
    for text in texts_of_the_program():
        for hit in COUNTED.finditer(text):
            behind = re.findall(r"[\w'-]+", text[hit.end() :])[:3]
            word = next((one for one in behind if one in VERBS or one.endswith("s") or one == "people"), "")
            of_a_whole = text[: hit.start()].endswith("} of ")  # 1 of 1 devices
            if word not in VERBS and hit[1] not in NEVER_ONE and not of_a_whole:
                found.append((text, hit[1]))
    return found


def entries() -> dict[tuple[str, str], str]:
    """Return what the English catalogue says of one, by text and number."""
    found = {}
    for path in FRAGMENTS:
        for message in read_fragment(path):
            name, _bar, text = str(message.id).partition("|")
            found[text, name] = str(message.string)
    return found


# ---------------------------------------------------------------- what is shipped


def test_every_counted_text_of_the_program_has_its_words_for_one() -> None:
    texts, known = counted_texts(), entries()
    assert len(texts) > 120, "hardly any text with a number was found: the search is broken"
    missing = [f"{name}|{text}" for text, name in texts if text not in NOT_OF_IT and (text, name) not in known]
    assert missing == [], "resources/locale/en/one.po does not say what these say of one"


def test_no_words_for_one_are_kept_of_a_text_that_is_gone() -> None:
    used = texts_of_the_program()
    assert [text for text, _name in entries() if text not in used] == []


def test_the_words_for_one_need_no_other_values() -> None:
    wrong = [(text, one) for (text, _name), one in entries().items() if not placeholders(one) <= placeholders(text)]
    assert wrong == []


def test_two_numbers_of_one_text_do_not_change_the_same_words() -> None:
    for text in {text for text, _name in entries()}:
        names = [name for (one, name) in entries() if one == text]
        stretches = sorted(i18n._change(text, entries()[text, name]) for name in names)
        assert all(first[1] <= second[0] for first, second in zip(stretches, stretches[1:], strict=False)), text


def test_the_compiled_catalogue_finds_every_entry() -> None:
    for (text, name), one in entries().items():
        assert i18n.counted(text, {name: 1}, "en") == one


# ---------------------------------------------------------------- how it is said


@pytest.fixture
def english() -> object:
    before = i18n.language()
    i18n.use("en")
    yield
    i18n.use(before)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 devices wait"), (1, "1 device waits"), (2, "2 devices wait"), ("1", "1 device waits")]
)
def test_one_device_waits_and_two_devices_wait(count: object, said: str) -> None:
    assert spoken("{count} devices wait", count=count) == said


@pytest.mark.usefixtures("english")
def test_each_number_of_a_text_is_looked_at_by_itself() -> None:
    text = "Taken over: {models} models, {parts} parts, {prices} prices"
    assert spoken(text, models=1, parts=2, prices=1) == "Taken over: 1 model, 2 parts, 1 price"
    assert spoken(text, models=1, parts=1, prices=1) == "Taken over: 1 model, 1 part, 1 price"


@pytest.mark.usefixtures("english")
def test_a_refusal_counts_too() -> None:
    error = Refused("{count} devices of this ticket are not finished yet.", count=1)
    assert i18n.say(error) == "1 device of this ticket is not finished yet."
    assert i18n.say(error, "zh_CN").startswith("此工单") or "1" in i18n.say(error, "zh_CN")


def test_chinese_says_one_like_many() -> None:
    text = "{count} devices wait"
    assert i18n.counted(text, {"count": 1}, "zh_CN") == i18n.translate(text, "zh_CN")


@pytest.mark.usefixtures("english")
def test_yes_is_not_one_and_a_text_without_an_entry_stays() -> None:
    assert i18n.counted("{count} devices wait", {"count": True}) == "{count} devices wait"
    assert spoken("Nobody counted {count} of these.", count=1) == "Nobody counted 1 of these."


def test_papers_count_in_the_language_of_the_paper() -> None:
    assert words.say("{count} devices wait", "en", count=1) == "1 device waits"
    assert words.say("{count} devices wait", "zh_CN", count=1) == words.say("{count} devices wait", "zh_CN", count=1)
