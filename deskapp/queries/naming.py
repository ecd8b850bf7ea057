"""Names of the branch's catalogue as the window says them: brands and parts have an English name beside the Chinese.

Papers name theirs themselves, in the language of the paper; what a person typed is nobody's to translate.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from deskapp.i18n import language
from deskapp.models import handing_out
from deskapp.models.device import Device, DeviceModel


def in_window(name: str, name_en: str) -> str:
    """Return the name for the window's language; the Chinese one where there is no other."""
    return name if language() == "zh_CN" or not name_en else name_en


def model_title(brand: str | None, brand_en: str | None, name: str | None) -> str:
    """Return brand and model: 新大陆 N910, Newland N910; empty where no model is known (an outer join)."""
    return " ".join(part for part in (in_window(brand or "", brand_en or ""), name) if part)


def title_of(model: DeviceModel | None) -> str:
    """Return brand and model of a row of the catalogue, empty without one."""
    return model_title(model.brand, model.brand_en, model.name) if model else ""


def model_words(session: Session, device: Device | None) -> str:
    """Return brand and model of a device, or the words somebody typed for an unknown one."""
    return handing_out.model_words(session, device, language())
