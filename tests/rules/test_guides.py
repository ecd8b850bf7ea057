from __future__ import annotations

from pathlib import Path

import pytest

from deskapp.errors import Refused
from deskapp.rules.guides import MOST_ANSWERS, Answer, Ending, Guide, check, ending_of, longest_way, parse

KNOWLEDGE = Path(__file__).resolve().parents[2] / "resources" / "knowledge"
SHIPPED = sorted((KNOWLEDGE / "guides").glob("*.toml"))
PICTURES = [path.name for path in (KNOWLEDGE / "pictures").glob("*.svg")]

HEAD = """
id = "g"
version = 1
symptoms = []
[title]
zh = "题"
en = "title"
[tip]
zh = "提示"
en = "tip"
"""


def step(name: str, yes: str, no: str, could_not: str = "visit") -> str:
    return f"""
[[steps]]
id = "{name}"
text = {{ zh = "问", en = "ask" }}
on_yes = "{yes}"
on_no = "{no}"
on_could_not = "{could_not}"
"""


def load(path: Path) -> Guide:
    return parse(path.read_text(encoding="utf-8"))


def every_way(guide: Guide) -> list[list[str]]:
    ways: list[list[str]] = []
    waiting: list[list[str]] = [[guide.first.id]]
    while waiting:
        way = waiting.pop()
        assert len(way) <= MOST_ANSWERS + 1, way
        if ending_of(way[-1]):
            ways.append(way)
            continue
        for target in {guide.step(way[-1]).after(answer) for answer in Answer}:
            waiting.append([*way, target])
    return ways


def test_the_five_guides_are_shipped() -> None:
    assert [path.stem for path in SHIPPED] == [
        "faint_print", "manual_update", "no_power", "prevention_care", "transaction_anomaly"
    ]  # fmt: skip


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_guide_is_sound(path: Path) -> None:
    guide = load(path)
    assert guide.id == path.stem
    assert check(guide, PICTURES) == ()
    assert 6 <= len(guide.steps) <= 12
    assert all(step.hint.zh and step.hint.en for step in guide.steps)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_way_through_a_guide_ends_within_fifteen_answers(path: Path) -> None:
    guide = load(path)
    ways = every_way(guide)
    longest = longest_way(guide)
    assert max(len(way) - 1 for way in ways) == longest
    assert longest is not None and longest <= MOST_ANSWERS
    assert Ending.SOLVED in {way[-1] for way in ways}


def test_an_abnormal_transaction_goes_to_the_bank_first() -> None:
    guide = load(KNOWLEDGE / "guides" / "transaction_anomaly.toml")
    assert "银行" in guide.first.text.zh and "bank" in guide.first.text.en
    for way in every_way(guide):
        solved_without_bank = way[-1] == Ending.SOLVED and "bank_result" not in way
        assert not solved_without_bank, way


def test_no_guide_lets_a_merchant_open_the_case() -> None:
    for path in SHIPPED:
        for one in load(path).steps:
            if "螺丝刀" in one.hint.zh:
                assert "不要打开" in one.hint.zh


def test_a_sound_small_guide_has_no_problems() -> None:
    guide = parse(HEAD + step("a", "solved", "b") + step("b", "solved", "send_in"))
    assert check(guide) == ()
    assert longest_way(guide) == 2
    assert guide.step("b").after(Answer.NO) == Ending.SEND_IN
    with pytest.raises(KeyError):
        guide.step("solved")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        (step("a", "solved", "nowhere"), "leads to nowhere"),
        (step("a", "solved", "b") + step("b", "a", "visit"), "circle"),
        (step("a", "a", "solved"), "circle"),
        (step("a", "solved", "visit") + step("b", "solved", "visit"), "b is never reached"),
        (step("a", "solved", "visit") + step("a", "solved", "visit"), "there twice"),
        (step("solved", "solved", "visit"), "name of an ending"),
        ("".join(step(f"s{n}", f"s{n + 1}", "visit") for n in range(15)) + step("s15", "solved", "visit"),
         "16 answers"),
    ],
)  # fmt: skip
def test_a_broken_tree_is_named(steps: str, problem: str) -> None:
    assert any(problem in found for found in check(parse(HEAD + steps)))


def test_a_missing_translation_or_picture_is_named() -> None:
    one_language = step("a", "solved", "visit").replace('en = "ask"', 'en = " "')
    assert check(parse(HEAD + one_language)) == ("step a has no text in en",)
    pictured = step("a", "solved", "visit") + 'picture = "gone.svg"\n'
    assert check(parse(HEAD + pictured), ["here.svg"]) == ("step a shows gone.svg, which does not exist",)


@pytest.mark.parametrize(
    "text",
    ["= no toml", "", HEAD, HEAD.replace("version = 1", "version = true") + step("a", "solved", "visit"),
     HEAD + '[[steps]]\nid = "a"\n', HEAD + step("a", "solved", "visit").replace('"visit"', "3")],
)  # fmt: skip
def test_an_unreadable_guide_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(text)
    assert "{" not in str(refused.value)


def test_the_language_of_a_text_follows_the_reader() -> None:
    guide = load(SHIPPED[0])
    assert guide.title.in_language("zh_CN") == guide.title.zh
    assert guide.title.in_language("en_GB") == guide.title.en
