"""Everything a page is made of, under one name; `docs/ui.md` says what is for what."""

from __future__ import annotations

from deskapp.ui.jobs import Jobs, Progress
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.speech import listed, spoken
from deskapp.ui.widgets.choice import Choice, ChoiceBar
from deskapp.ui.widgets.fields import (
    LatinField,
    NumberField,
    PhoneField,
    ScanField,
    TextArea,
    TextField,
)
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.widgets.forms import Card, Facts, Form, FormRow, Line, Scroll, column, row
from deskapp.ui.widgets.money_date import DateField, MoneyField
from deskapp.ui.widgets.notices import Banner, ConfirmBar, EmptyState, Toasts
from deskapp.ui.widgets.paged import PagedModel, RowSource
from deskapp.ui.widgets.photos import Photo, PhotoStrip
from deskapp.ui.widgets.pins import PinField, PinPad, SupervisorPanel
from deskapp.ui.widgets.progress import BigNumber, Happening, Stepper, Timeline
from deskapp.ui.widgets.signature import Signature, SignaturePad
from deskapp.ui.widgets.suggest import SuggestField, Suggestion
from deskapp.ui.widgets.table import Cell, Column, DataTable, RowsModel
from deskapp.ui.widgets.text import Button, KeyCap, Picture, Pill, Text, reveal

__all__ = [
    "Banner", "BigNumber", "Button", "Card", "Cell", "Choice", "ChoiceBar", "Column", "ConfirmBar", "DataTable",
    "DateField", "EmptyState", "Facts", "FlowLayout", "Form", "FormRow", "Happening", "Jobs", "KeyCap", "LatinField",
    "Line", "MoneyField", "NumberField", "Page", "PageContext", "PageSpec", "PagedModel", "PhoneField", "Photo",
    "PhotoStrip", "Picture", "Pill", "PinField", "PinPad", "Progress", "RowSource", "RowsModel", "ScanField", "Scroll",
    "Signature", "SignaturePad", "Stepper", "SuggestField", "Suggestion", "SupervisorPanel", "Text", "TextArea",
    "TextField", "Timeline", "Toasts", "column", "listed", "reveal", "row", "spoken",
]  # fmt: skip
