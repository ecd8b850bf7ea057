"""The generated style sheet: tokens in, QSS text out. Widgets are chosen by class and by the property `role`."""

from __future__ import annotations

from deskapp.ui.tokens import INPUT_HEIGHT, INPUT_RADIUS, PALETTES, RADIUS, TYPE


def style_sheet(mode: str, scale: int, images: str) -> str:
    """Return the style sheet of a mode and text size; `images` is the folder of the ready-tinted marks."""
    colours = PALETTES[mode]
    values: dict[str, str] = {name: colours.of(name) for name in colours.__slots__}
    for name, (size, _weight) in TYPE.items():
        values[f"t_{name}"] = f"{round(size * scale / 100)}px"
    for length in (1, 2, 3, 4, 6, 8, 10, 12, 16, 18, 20, 24, 28, 32, 36, 44, 56):
        values[f"p{length}"] = f"{max(1, round(length * scale / 100))}px"
    values["height"] = f"{round((INPUT_HEIGHT - 2) * scale / 100)}px"
    values["radius"] = f"{RADIUS}px"
    values["small_radius"] = f"{INPUT_RADIUS}px"
    values["line"] = "2px" if mode == "contrast" else "1px"
    values["images"] = images
    values["mode"] = mode
    text = _SHEET
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name};", f"{values[name]};").replace(f"@{name} ", f"{values[name]} ")
        text = text.replace(f"@({name})", values[name])
    return text


_SHEET = """
QWidget { font-size: @t_body; color: @text; }
QMainWindow, QDialog, QWidget[role="page"], QStackedWidget[role="pages"] { background: @surface; }
QToolTip { background: @text; color: @raised; border: none; padding: @p4 @p8; font-size: @t_caption; }

QLabel { background: transparent; }
QLabel[role="muted"] { color: @muted; }
QLabel[role="caption"] { color: @muted; font-size: @t_caption; }
QLabel[role="strong"] { font-weight: 700; }
QLabel[role="struck"] { color: @muted; text-decoration: line-through; }
QLabel[role="label"] { color: @text; font-weight: 700; }
QLabel[role="heading"] { font-size: @t_heading; font-weight: 700; }
QLabel[role="title"] { font-size: @t_title; font-weight: 700; }
QLabel[role="display"] { font-size: @t_display; font-weight: 700; }
QLabel[role="number"] { font-size: @t_number; font-weight: 700; }
QLabel[role="error"] { color: @danger; }
QLabel[role="danger"] { color: @danger; }
QLabel[role="warn"] { color: @warn; }
QLabel[role="ok"] { color: @ok; }
QLabel[role="info"] { color: @info; }
QLabel[role="accent"] { color: @accent; font-weight: 700; }
QLabel[role="key"] { background: @sunken; color: @muted; border: 1px solid @border; border-bottom: 2px solid @border;
  border-radius: 4px; padding: 0px @p6; font-size: @t_caption; }

QFrame[role="card"] { background: @raised; border: @line solid @border; border-radius: @radius; }
QFrame[role="inset"] { background: @sunken; border: none; border-radius: @small_radius; }
QFrame[role="line"] { background: @border; border: none; max-height: 1px; min-height: 1px; }
QFrame[role="banner-info"] { background: @info_soft; border: @line solid @info; border-radius: @radius; }
QFrame[role="banner-ok"] { background: @ok_soft; border: @line solid @ok; border-radius: @radius; }
QFrame[role="banner-warn"] { background: @warn_soft; border: @line solid @warn; border-radius: @radius; }
QFrame[role="banner-danger"] { background: @danger_soft; border: @line solid @danger; border-radius: @radius; }
QFrame[role="toast"] { background: @text; border: none; border-radius: @radius; }
QFrame[role="toast"] QLabel { color: @raised; }
QFrame[role="toast"] QPushButton { color: @raised; background: transparent; border: 1px solid @raised;
  min-height: @p24; padding: 0px @p10; }
QFrame[role="toast"] QPushButton:hover, QFrame[role="toast"] QPushButton:focus { background: @muted; }
QFrame[role="popup"] { background: @raised; border: @line solid @strong_border; border-radius: @radius; }

QPushButton { outline: none; background: @raised; border: 1px solid @strong_border; border-radius: @small_radius;
  min-height: @height; padding: 0px @p16; color: @text; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @sunken; }
QPushButton:focus { border: 2px solid @focus; padding: 0px @(p16); }
QPushButton:disabled { color: @muted; border-color: @border; background: @sunken; }
QPushButton[role="primary"] { background: @accent; color: @on_accent; border: 1px solid @accent; font-weight: 700; }
QPushButton[role="primary"]:hover { background: @focus; }
QPushButton[role="primary"]:focus { border: 2px solid @text; }
QPushButton[role="primary"]:disabled { background: @sunken; color: @muted; border-color: @border; }
QPushButton[role="danger"] { color: @danger; border-color: @danger; }
QPushButton[role="quiet"] { background: transparent; border: 1px solid transparent; padding: 0px @p8; }
QPushButton[role="quiet"]:hover { background: @hover; }
QPushButton[role="quiet"]:focus { border: 2px solid @focus; }
QPushButton[role="link"] { background: transparent; border: 1px solid transparent; color: @accent; padding: 0px @p4;
  min-height: @p24; text-align: left; }
QPushButton[role="link"]:hover { text-decoration: underline; }
QPushButton[role="link"]:focus { border: 2px solid @focus; }
QPushButton[role="choice"] { background: @raised; border: 1px solid @strong_border; padding: 0px @p12; }
QPushButton[role="choice"]:hover { background: @hover; }
QPushButton[role="choice"]:checked { background: @accent_soft; border: 2px solid @accent; color: @accent; }
QPushButton[role="choice"]:focus { border: 2px solid @focus; }
QPushButton[role="digit"] { font-size: @t_title; min-height: @p44; min-width: @p56; padding: 0px; }
QPushButton[role="tile"] { text-align: left; padding: 0px @p12; min-height: @p36; background: @raised;
  border: 1px solid @border; }
QPushButton[role="tile"]:hover { border-color: @accent; background: @hover; }
QPushButton[role="tile"]:focus { border: 2px solid @focus; }
QPushButton[role="rail"] { background: transparent; border: 1px solid transparent; border-radius: @small_radius;
  text-align: left; padding: 0px @p12; min-height: @p32; color: @muted; }
QPushButton[role="rail-head"] { background: transparent; border: 1px solid transparent; text-align: left;
  padding: 0px @p8; min-height: @p24; color: @muted; font-size: @t_caption; font-weight: 700; }
QPushButton[role="rail-head"]:hover { color: @text; }
QPushButton[role="rail-head"]:focus { border: 2px solid @focus; }
QPushButton[role="rail"]:hover { background: @hover; color: @text; }
QPushButton[role="rail"]:checked { background: @accent_soft; color: @accent; font-weight: 700; }
QPushButton[role="rail"]:focus { border: 2px solid @focus; }
QPushButton[role="status"] { background: transparent; border: 1px solid transparent; min-height: @p24;
  padding: 0px @p6; color: @muted; font-size: @t_caption; border-radius: 4px; }
QPushButton[role="status"]:hover { background: @hover; color: @text; }
QPushButton[role="status"]:focus { border: 1px solid @focus; }
QPushButton[role="status-warn"] { background: @warn_soft; color: @warn; border: 1px solid transparent;
  min-height: @p24; padding: 0px @p6; font-size: @t_caption; border-radius: 4px; }
QPushButton[role="status-warn"]:focus { border: 1px solid @focus; }

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateEdit, QKeySequenceEdit {
  background: @raised; border: 1px solid @strong_border; border-radius: @small_radius;
  selection-background-color: @accent; selection-color: @on_accent; color: @text; }
QLineEdit, QComboBox, QSpinBox, QDateEdit { min-height: @height; padding: 0px @p8; }
QPlainTextEdit, QTextEdit { padding: @p4; }
QLineEdit:hover, QPlainTextEdit:hover, QComboBox:hover { border-color: @muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus {
  border: 2px solid @focus; }
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"], QComboBox[wrong="true"] { border: 2px solid @danger; }
QLineEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled { background: @sunken; color: @muted; }
QLineEdit:read-only { background: @sunken; }
QLineEdit[role="search"] { background: @sunken; border: 1px solid @border; padding: 0px @p8; }
QLineEdit[role="search"]:focus { background: @raised; border: 2px solid @focus; }
QLineEdit[role="pin"] { font-size: @t_heading; }
QLineEdit[role="big"] { font-size: @t_title; min-height: @p44; }

QComboBox::drop-down { border: none; width: @p28; }
QComboBox::down-arrow { image: url(@(images)/chevron-down-@(mode).svg); width: @p16; height: @p16; }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @strong_border; outline: none;
  selection-background-color: @accent_soft; selection-color: @text; padding: @p4; }
QSpinBox::up-button, QDateEdit::up-button { border: none; width: @p20; }
QSpinBox::down-button, QDateEdit::down-button { border: none; width: @p20; }
QSpinBox::up-arrow, QDateEdit::up-arrow { image: url(@(images)/chevron-up-@(mode).svg); width: @p12; height: @p12; }
QSpinBox::down-arrow, QDateEdit::down-arrow { image: url(@(images)/chevron-down-@(mode).svg);
  width: @p12; height: @p12; }

QCheckBox, QRadioButton { spacing: @p8; min-height: @p24; border: 1px solid transparent; border-radius: 4px; }
QCheckBox:focus, QRadioButton:focus { border: 1px solid @focus; }
QCheckBox::indicator, QRadioButton::indicator { width: @p16; height: @p16; border: 1px solid @strong_border;
  background: @raised; border-radius: 4px; }
QRadioButton::indicator { border-radius: @p8; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent;
  image: url(@(images)/check-@(mode).svg); }
QRadioButton::indicator:checked { background: @accent; border: @p4 solid @accent_soft; }

QTableView, QListView, QTreeView { background: @raised; border: @line solid @border; border-radius: @radius;
  padding: 1px; outline: none; alternate-background-color: @surface; gridline-color: @border; }
QTableView:focus, QListView:focus { border: 2px solid @focus; padding: 0px; }
QTableView[role="plain"], QListView[role="plain"] { border: none; border-radius: 0px; padding: 0px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: @raised; color: @muted; border: none; border-bottom: @line solid @border;
  padding: @p6 @p8; font-size: @t_caption; font-weight: 700; }
QHeaderView::section:first, QHeaderView::section:only-one { border-top-left-radius: @small_radius; }
QHeaderView::section:last, QHeaderView::section:only-one { border-top-right-radius: @small_radius; }
QHeaderView::section:hover { color: @text; }
QHeaderView::up-arrow { image: url(@(images)/chevron-up-@(mode).svg); width: @p12; height: @p12; }
QHeaderView::down-arrow { image: url(@(images)/chevron-down-@(mode).svg); width: @p12; height: @p12; }
QListView::item { padding: @p6 @p8; border-radius: 4px; }
QListView::item:selected { background: @accent_soft; color: @text; }
QListView::item:hover { background: @hover; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[role="scrolled"] { background: transparent; }
QScrollBar:vertical { background: transparent; width: @p12; margin: 0px; }
QScrollBar:horizontal { background: transparent; height: @p12; margin: 0px; }
QScrollBar::handle { background: @border; border-radius: @p3; min-height: @p32; min-width: @p32; margin: @p3; }
QScrollBar::handle:hover { background: @strong_border; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0px; height: 0px; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QMenu { background: @raised; border: 1px solid @strong_border; padding: @p4; }
QMenu::item { padding: @p6 @p24 @p6 @p12; border-radius: 4px; }
QMenu::item:selected { background: @accent_soft; color: @text; }
QMenu::separator { height: 1px; background: @border; margin: @p4 @p8; }

QTabBar::tab { background: transparent; color: @muted; padding: @p8 @p12; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @accent; border-bottom: 2px solid @accent; font-weight: 700; }
QTabBar::tab:focus { color: @text; }
QTabWidget::pane { border: none; border-top: 1px solid @border; }
QProgressBar { background: @sunken; border: none; border-radius: @p4; max-height: @p8; min-height: @p8; }
QProgressBar::chunk { background: @accent; border-radius: @p4; }
QSplitter::handle { background: @border; }

QWidget[role="bar"] { background: @raised; border-bottom: 1px solid @border; }
QWidget[role="rail-panel"] { background: @raised; border-right: 1px solid @border; }
QWidget[role="status-line"] { background: @raised; border-top: 1px solid @border; }
QWidget[role="status-line"] QLabel { font-size: @t_caption; color: @muted; }
QWidget[role="lock"] { background: @surface; }
QWidget[role="veil"] { background: @surface; }
QLabel[role="practice"] { background: @warn_soft; color: @warn; border-radius: 4px; padding: 0px @p8;
  font-weight: 700; }
"""
