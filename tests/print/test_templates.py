"""Templates are checked when they are loaded: a mistake is named by file, line and field, with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskapp.errors import Refused
from deskapp.paths import Home, resource
from deskapp.print import expressions, label_template, render, sheet_template, templates
from deskapp.print.edition import Edition
from deskapp.print.expressions import Names, Scene
from deskapp.print.template_reader import BadText, TemplateRefused, Words
from deskapp.rules import papers
from tests.print import samples

SHIPPED = resource("labels", "device_label.toml").read_text(encoding="utf-8")
OWN = SHIPPED.replace('id = "device_label"', 'id = "ours"')
NAMES = Names(papers.DeviceLabelCard, ("footer",), ("rush",))
SCENE = Scene("zh_CN", {"copy": "补打 2"}, {"footer": "谢谢"}, {"rush": Words("急", "RUSH")})


def branch(home: Path, text: str, name: str = "ours.toml", family: str = "labels") -> Path:
    """Put one template into a branch's folder and return the folder."""
    folder = home / "templates" / family
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return home / "templates"


def refused(home: Path, text: str) -> TemplateRefused:
    folder = branch(home, text)
    with pytest.raises(TemplateRefused) as caught:
        templates.load(folder / "labels" / "ours.toml", "labels", own=True)
    return caught.value


def said(source: str, card: object = None) -> str:
    return expressions.text(source, NAMES)(card or samples.device_label(), SCENE)


# ---------------------------------------------------------------- what texts may say


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{order_no}", "R00123250314007D"),
        ("{order_no} {line_no}/{line_count}", "R00123250314007D 2/3"),
        ("{site.name}·{site.code}", "鼓楼支局·FZ-D1"),
        ("{received_ms:moment}", "2025-03-14 14:25"),
        ("{received_ms:short_day}", "03-14"),
        ("{serial_no:tail8}", "10024571"),
        ("{serial_no:head4}", "0000"),
        ("{model:upper}", "联迪 APOS A8"),
        ("{warranty:word}", "保内"),
        ("{warranty}", "保内"),
        ("{rush:if rush}", ""),
        ("{paper.copy}", "补打 2"),
        ("{option.footer}", "谢谢"),
        ("{word.rush}{second.rush}", "急RUSH"),
        ("{{{number}}}", "{D001230000711}"),
        ("附件{accessories}件", "附件2件"),
    ],
)
def test_a_text_says_the_fields_of_a_card(source: str, shown: str) -> None:
    assert said(source) == shown


def test_a_field_with_a_question_mark_takes_the_whole_text_away_when_it_is_empty() -> None:
    assert said("架位 {shelf?}", samples.device_label(shelf="")) == ""
    assert said("架位 {shelf?}") == "架位 B-03-2"
    assert said("{received_ms?:day} 收", samples.device_label(received_ms=None)) == ""
    assert said("{shelf:dash}", samples.device_label(shelf=" ")) == "—"


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("{ordr_no}", "order_no"),
        ("{site}", "site.name"),
        ("{site.nmae}", "site.name"),
        ("{received_ms}", "{received_ms:moment}"),
        ("{received_ms:yuan}", "{received_ms:moment}"),
        ("{order_no:moment}", "tail8"),
        ("{serial_no:tail}", "tail8"),
        ("{rush}", "if WORD"),
        ("{rush:if hurry}", "rush"),
        ("{paper.colour}", "paper.copy"),
        ("{option.foot}", "option.footer"),
        ("{__class__}", "order_no"),
        ("{number.__len__}", "order_no"),
        ("{order_no!r}", "order_no"),
        ("{0}", "order_no"),
        ("lone { brace", "twice"),
    ],
)
def test_a_text_that_makes_no_sense_is_told_with_what_would(source: str, hint: str) -> None:
    with pytest.raises(BadText) as caught:
        expressions.text(source, NAMES)
    assert hint in caught.value.sentence.format(**caught.value.values)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="{}:?!.a_b rush_noserial:tail8if", max_size=40))
def test_any_text_is_either_told_or_said(source: str) -> None:
    try:
        made = expressions.text(source, NAMES)
    except BadText as problem:
        assert problem.sentence.format(**problem.values)
    else:
        assert isinstance(made(samples.device_label(), SCENE), str)


def test_conditions_name_fields_options_and_values() -> None:
    card = samples.device_label(rush=True)
    for source, holds in (
        ("rush", True), ("!rush", False), ("warranty=in", True), ("warranty=out", False), ("!warranty=out", True),
        ("rush, shelf", True), ("rush, !shelf", False), ("option.footer", True), ("paper.copy", True),
    ):  # fmt: skip
        assert expressions.test(source, NAMES).holds(card, SCENE) is holds, source
    for wrong in ("warranty=maybe", "hurry", "rush and shelf", ""):
        with pytest.raises(BadText):
            expressions.test(wrong, NAMES)


def test_conditions_that_never_hold_together_are_known() -> None:
    def one(source: str) -> expressions.Test:
        return expressions.test(source, NAMES)

    assert one("rush").excludes(one("!rush"))
    assert one("warranty=in, rush").excludes(one("warranty=out"))
    assert not one("rush").excludes(one("shelf"))
    assert not one("!warranty=in").excludes(one("warranty=out"))


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("old", "new", "place", "hint"),
    [
        ('value = "{model}"', 'value = "{modle}"', "cells.model.value", "model"),
        ("template = 1", "template = 2", "template", "newer version"),
        ("version = 1", 'version = "one"', "version", "whole number"),
        ('kind = "device_label"', 'kind = "device_lable"', "kind", "device_label"),
        ('id = "ours"', 'id = "Our Label"', "id", "Small letters"),
        ('name = "收机标签 / Device label"', "", "name", "missing"),
        ("  { line = 44 },", "  { lines = 44 },", "layout.1.draw.2", "line"),
        ("  { line = 44 },", '  { line = "44" },', "layout.1.draw.2.line", "whole number"),
        ("  { line = 44 },", "  { line = 44, thick = 3 },", "layout.1.draw.2.thick", "right"),
        ("module = 5", "module = 3", "layout.1.draw.3.module", "4 to 10"),
        ("height = 56", "height = 30", "layout.1.draw.4.height", "40 to 320"),
        ('{ row = ["label"], x = 158', '{ row = ["labl"], x = 158', "layout.1.draw.5.row.1.cell", "label"),
        ('{ row = ["label"], x = 158', '{ row = ["label"], size = [14, 12], x = 158', "layout.1.draw.5.size", "18"),
        ('["order"], x = 158, y = 167', '["order"], x = 158, y = 150', "layout.1.draw.6", "layout.1.draw.5"),
        ('["order"], x = 158, y = 167', '["order"], x = 300, right = 340, y = 167', "layout.1.draw.6.row", "narrow"),
        ("x = 30, y = 68", "x = 1, y = 68", "layout.1.draw.3", "printable area"),
        ('when = "option.shelf"', 'when = "option.shelve"', "cells.shelf.when", "option.shelf"),
        ('kind = "flag"', 'kind = "box"', "options.merchant.kind", "flag"),
        ('size = "60x40"', 'size = "60x60"', "layout.1.size", "60x40"),
        ('size = "50x30"\ncode = "qr"', 'size = "50x30"\ncode = "code128"', "layout.3", "two layouts"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, place: str, hint: str
) -> None:
    assert old in OWN
    text = OWN.replace(old, new, 1)
    problem = refused(tmp_path, text)
    found = next((fault for fault in problem.faults if fault.place == place), None)
    assert found is not None, [(fault.place, fault.plain()) for fault in problem.faults]
    assert hint in found.plain() or "narrow" in hint
    assert problem.file == "ours.toml"
    if new:
        begins = OWN[: OWN.index(old)].count("\n") + 1
        assert found.line in (begins, begins - 1)  # a layout begins with its header


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    problem = refused(tmp_path, OWN.replace("{model}", "{modle}").replace("module = 5", "module = 50"))
    assert {fault.place for fault in problem.faults} == {"cells.model.value", "layout.1.draw.3.module"}
    assert "ours.toml" in str(problem)


def test_a_label_that_would_hide_a_reprint_is_refused(tmp_path: Path) -> None:
    text = OWN.replace("{rush:if rush} {paper.copy}", "{rush:if rush}")
    assert any("paper.copy" in fault.plain() for fault in refused(tmp_path, text).faults)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"template = ", "TOML"),
        ("name = '收机'".encode("gbk"), "UTF-8"),
        (b"x" * 200_000, "too large"),
        (b"a = " + b"[" * 5000, "TOML"),
    ],
)
def test_a_file_that_is_no_template_at_all_says_so(tmp_path: Path, content: bytes, hint: str) -> None:
    folder = branch(tmp_path, "")
    file = folder / "labels" / "ours.toml"
    file.write_bytes(content)
    with pytest.raises(TemplateRefused) as caught:
        templates.load(file, "labels")
    assert hint in caught.value.faults[0].plain()


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    folder = branch(tmp_path, "")
    file = folder / "labels" / "ours.toml"
    file.write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())
    assert templates.load(file, "labels").id == "ours"


LINES = SHIPPED.splitlines()


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_template_somebody_typed_into_is_refused_usefully_or_prints(tmp_path: Path, data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        at = data.draw(st.integers(0, len(line)))
        typed = data.draw(st.sampled_from(["", "9", '"', "{", "}", "]", "x", "-", "中", "\t", ".", "=", "{}", "0 "]))
        lines[place] = line[:at] + typed + line[at + data.draw(st.integers(0, 3)) :]
    folder = branch(tmp_path, "\n".join(lines))
    try:
        template = templates.load(folder / "labels" / "ours.toml", "labels", own=True)
    except TemplateRefused as problem:
        assert all(fault.plain() and (fault.line or fault.place) for fault in problem.faults)
    else:
        assert template.kind == "device_label"


# ---------------------------------------------------------------- choosing and tuning


def text_of(chosen: templates.Chosen | None, card: papers.Card | None = None, medium: str = "label-60x40") -> str:
    from deskapp.print import raster

    made = render.render("device_label", card or samples.device_label(), Edition(medium, "zh_CN", templates=chosen))
    return raster.text(made.pdf)


def test_every_kind_of_label_has_its_shipped_template() -> None:
    for kind in papers.LABEL_KINDS:
        template = templates.shipped(kind)
        assert (template.id, template.kind, template.own) == (kind, kind, False)
        assert template.stamp.startswith(f"{kind}@{template.head.version}:")


def test_a_branch_prints_with_its_own_template_where_it_chose_it(tmp_path: Path) -> None:
    own = OWN.replace('name = "收机标签', 'name = "我们的').replace('"故障 / Fault", value', '"毛病 / Fault", value')
    library = templates.Library(branch(tmp_path, own))
    assert [one.id for one in library.of_kind("device_label")] == ["device_label", "ours"]
    assert "毛病" in text_of(library.choose({"device_label": "ours"}))
    assert "毛病" not in text_of(library.choose())
    only_small = library.choose({"device_label@label-50x30": "ours"})
    assert "毛病" not in text_of(only_small)
    assert "毛病" in text_of(only_small, medium="label-50x30")


def test_a_broken_own_template_gives_way_to_the_shipped_one_with_a_notice(tmp_path: Path) -> None:
    library = templates.Library(branch(tmp_path, OWN.replace("{model}", "{modle}")))
    chosen = library.choose({"device_label": "ours"})
    assert text_of(chosen) == text_of(None)
    first, second = chosen.notices
    assert first.values == {"file": "ours.toml"}
    assert first.faults[0].place == "cells.model.value"
    assert second.values["name"] == "ours"


def test_an_own_template_cannot_take_the_name_of_another(tmp_path: Path) -> None:
    branch(tmp_path, SHIPPED, "a.toml")
    branch(tmp_path, OWN, "b.toml")
    library = templates.Library(branch(tmp_path, OWN, "c.toml"))
    assert [problem.file for problem in library.broken] == ["a.toml", "c.toml"]
    assert list(library.own) == ["ours"]


def test_a_size_an_own_template_has_not_is_printed_by_the_shipped_one(tmp_path: Path) -> None:
    own = OWN[: OWN.index('[[layout]]\nsize = "50x30"')].replace("故障 / Fault", "毛病 / Fault")
    chosen = templates.Library(branch(tmp_path, own)).choose({"device_label": "ours"})
    assert "毛病" in text_of(chosen)
    assert "毛病" not in text_of(chosen, medium="label-40x30")


def test_options_change_a_label_without_a_new_template() -> None:
    library = templates.Library()
    plain = library.choose(tuning={"device_label": {"second_language": False, "merchant": False}})
    assert plain.notices == ()
    shown = text_of(plain)
    assert "Order" not in shown
    assert "老街鱼丸店" not in shown
    assert "单号" in shown
    assert "Order" in text_of(None)


def test_an_option_nobody_knows_or_of_a_wrong_type_is_told_and_left_alone() -> None:
    chosen = templates.Library().choose(tuning={"device_label": {"merchnat": False, "fault": "no"}})
    assert len(chosen.notices) == 2
    assert "merchant" in chosen.notices[0].faults[0].plain()
    assert text_of(chosen) == text_of(None)


def test_a_shipped_template_is_copied_to_be_changed(tmp_path: Path) -> None:
    for kind in papers.LABEL_KINDS:
        file = templates.begin_own(kind, tmp_path, f"our_{kind}")
        assert file.parent == tmp_path / "labels"
    library = templates.Library(tmp_path)
    assert not library.broken
    assert set(library.own) == {f"our_{kind}" for kind in papers.LABEL_KINDS}
    for name in ("our_device_label", "device_label", "Ours", "../x", ""):
        with pytest.raises(Refused):
            templates.begin_own("device_label", tmp_path, name)


def test_what_was_cut_is_told_by_its_caption() -> None:
    card = samples.device_label(merchant="阿卜杜热合曼·买买提" * 5)
    made = render.render("device_label", card, Edition("label-60x40", "zh_CN"))
    assert made.warnings == (render.PaperWarning("cut", {"fields": "商户"}),)


def test_rows_close_up_when_cells_are_switched_off() -> None:
    from deskapp.print import labels
    from deskapp.print.media import medium

    chosen = templates.Library().choose(tuning={"device_label": {"merchant": False}})
    page = labels.draw(samples.device_label(), medium("label-60x40"), "zh_CN", chosen=chosen)
    fault = next(mark for mark in page.texts if mark.text.startswith("打印字迹"))
    assert fault.baseline == 242


# ---------------------------------------------------------------- sheets


def test_every_shipped_sheet_lies_on_its_paper() -> None:
    found, broken = sheet_template.layouts()
    assert not broken
    assert {"3x7", "3x8", "2x7"} <= set(found)
    assert next(iter(found)) == "3x7"
    for cells in found.values():
        assert len(cells.boxes_mm()) == cells.cells
        for x, y, wide, high in cells.boxes_mm():
            assert x >= 0
            assert y >= 0
            assert x + wide <= 210.05
            assert y + high <= 297.05


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("columns = 3", "columns = 4", "210"),
        ("pitch_y = 42.3", "pitch_y = 40", "over each other"),
        ('label = "60x40"', 'label = "60x41"', "60x40"),
        ("cell_height = 42.3", "cell_height = 39", "does not fit"),
        ("top = 0.4", 'top = "0.4"', "number"),
        ("rows = 7", "rows = 7\nrow = 3", "rows"),
    ],
)
def test_a_wrong_sheet_is_refused(tmp_path: Path, old: str, new: str, hint: str) -> None:
    text = resource("sheets", "3x7.toml").read_text(encoding="utf-8")
    assert old in text
    folder = branch(tmp_path, text.replace(old, new).replace('"3x7"', '"own"'), family="sheets")
    _, broken = sheet_template.layouts(folder / "sheets")
    assert any(hint in fault.plain() for fault in broken[0].faults)


def test_a_branch_can_have_sheets_of_its_own(tmp_path: Path) -> None:
    text = resource("sheets", "3x8.toml").read_text(encoding="utf-8").replace('"3x8"', '"own"')
    chosen = templates.Library(branch(tmp_path, text, family="sheets")).choose()
    card = samples.device_label()
    made = render.render_many(
        [("device_label", card)] * 3, Edition("a4-labels.own", "zh_CN", templates=chosen), start_cell=22
    )
    assert made.pages == 2


# ---------------------------------------------------------------- the guide


def test_the_guide_names_everything_a_label_template_may_say() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    things = [f"`{name} = " in guide or f", `{name} = " in guide for name in label_template._ELEMENTS]
    assert all(things)
    for kind in papers.LABEL_KINDS:
        for name in expressions.field_names(papers.kinds()[kind]):
            assert f"`{name}`" in guide, name
    formats = (*expressions._INSTANTS, *expressions._AMOUNTS, *expressions._LISTS, *expressions._TEXTS, "if ", "word")
    assert [name for name in formats if f":{name}" not in guide] == []
    assert [name for name in expressions.PAPER_NAMES if f"{{paper.{name}}}" not in guide] == []


def test_the_examples_of_the_guide_are_templates(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    pieces = guide[: guide.index("\n## Label sheets")].split("```toml\n")[1:]
    head, options, words, cells = (piece.partition("```")[0] for piece in pieces[:4])
    layout = '[[layout]]\nsize = "60x40"\ndraw = [\n  { head = "{site.name}" },\n  { row = ["order", "shelf"], y = 90 },\n]\n'
    text = head + words + options + '[options.shelf]\nwords = "a"\nkind = "flag"\n' + cells + layout
    folder = branch(tmp_path, text)
    assert templates.load(folder / "labels" / "ours.toml", "labels").id == "our_device"


def test_a_logo_is_kept_beside_the_templates_so_that_a_backup_carries_it(home: Home, tmp_path: Path) -> None:
    from PIL import Image

    from deskapp import settings as known
    from deskapp.print.here import keep_logo, templates_of

    file = tmp_path / "our sign.PNG"
    picture = Image.new("L", (120, 60), 255)
    picture.paste(0, (20, 20, 100, 40))
    picture.save(file)
    name = keep_logo(home, str(file))
    file.unlink()

    assert (home.templates / name).is_file() and "/" not in name
    assert keep_logo(home, name) == name
    values = known.Values({known.LOGO.key: known.LOGO.encode(name)})
    chosen = templates_of(home, values)
    assert chosen.notices == () and chosen.of("repair_receipt", "a5").logo is not None
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(Refused):
        keep_logo(home, str(tmp_path / "no.png"))
