"""The design system: contrast, fonts, immediate switching, icons."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel

from deskapp.paths import resource
from deskapp.ui import icons, theme
from deskapp.ui.sheet import style_sheet
from deskapp.ui.tokens import PAIRS, PALETTES, contrast
from deskapp.ui.widgets.text import Button


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_every_text_stands_out_from_its_ground(mode, ink, ground):
    palette = PALETTES[mode]
    least = 7.0 if mode == "contrast" else 4.5

    assert contrast(palette.of(ink), palette.of(ground)) >= least


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("edge", ["strong_border", "focus"])
def test_borders_of_inputs_and_the_focus_ring_are_seen(mode, edge):
    palette = PALETTES[mode]

    assert contrast(palette.of(edge), palette.raised) >= 3.0


def test_the_contrast_of_black_and_white_is_21():
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0
    assert contrast("#777777", "#777777") == 1.0


@pytest.mark.parametrize("mode", PALETTES)
@pytest.mark.parametrize("scale", [100, 150, 200])
def test_the_style_sheet_has_no_open_place(mode, scale):
    text = style_sheet(mode, scale, "/images")

    assert "@" not in text
    assert text.count("{") == text.count("}")


def test_the_images_of_the_style_sheet_are_shipped():
    folder = resource("icons", "sheet")
    for mode in PALETTES:
        named = set(re.findall(r"url\(([^)]+)\)", style_sheet(mode, 100, folder.as_posix())))
        assert named
        for path in named:
            assert (folder / path.rsplit("/", 1)[-1]).is_file(), path


def test_chinese_is_drawn_with_the_shipped_font(look: QApplication):
    def picture(text: str) -> QImage:
        label = QLabel(text)
        label.resize(60, 40)
        return label.grab().toImage()

    assert look.font().family() == "Noto Sans SC"
    assert picture("打") != picture("印")


def test_switching_the_look_reaches_a_window_that_is_open(qtbot, look: QApplication):
    button = Button("Save", "primary", icon="check")
    qtbot.addWidget(button)
    button.show()
    light, height = button.grab().toImage(), button.sizeHint().height()

    theme.apply(look, "dark", 150)

    assert button.grab().toImage() != light
    assert button.sizeHint().height() > height
    assert theme.px(10) == 15


def test_an_unknown_look_is_the_light_one(look: QApplication):
    theme.apply(look, "mauve", 900)

    assert (theme.now().mode, theme.now().scale) == ("light", 200)


def test_icons_take_the_colour_of_their_role():
    plain, danger = icons.pixmap("alert-circle", "text").toImage(), icons.pixmap("alert-circle", "danger").toImage()

    assert plain != danger
    assert any(danger.pixelColor(x, danger.height() // 2).alpha() for x in range(danger.width()))


def test_every_shipped_icon_can_be_drawn():
    for path in resource("icons").glob("*.svg"):
        image = icons.pixmap(path.stem, "text").toImage()
        inked = any(image.pixelColor(x, y).alpha() for x in range(0, image.width(), 2) for y in range(image.height()))
        assert inked, path.stem


def test_the_icons_come_with_their_licence():
    assert "MIT" in resource("icons", "LICENSE.txt").read_text("utf-8")
