"""Copies the shipped models, parts and prices into the branch's own tables, where they can be edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.models.device import DeviceModel
from deskapp.models.stock import Part, PriceLine
from deskapp.models.store import Write, command


@dataclass(frozen=True, slots=True)
class Copied:
    """How many lines were added; what was there already stays as the branch has it."""

    models: int
    parts: int
    prices: int


@command(N_("Take over the shipped catalogues"), right="catalogue")
def copy_catalogues(write: Write) -> Copied:
    """Add every shipped model, part and price that the branch does not have yet."""
    return fill_catalogues(write)


def fill_catalogues(write: Write) -> Copied:
    """Add the shipped catalogues inside another act (first start, sample branch).

    Ids are made of the catalogue's own names, so that two desks which both start from the
    shipped files mean the same model, part or price.
    """
    return Copied(
        _add(write, DeviceModel, [_model(entry) for entry in catalogue.shipped_models()]),
        _add(write, Part, [_part(entry) for entry in catalogue.shipped_parts()]),
        _add(write, PriceLine, _prices(catalogue.shipped_prices())),
    )


def _add(write: Write, entity: type[DeviceModel] | type[Part] | type[PriceLine], rows: list[Any]) -> int:
    there = set(write.session.scalars(select(entity.id)))
    fresh = [row for row in rows if row.id not in there]
    write.session.add_all(fresh)
    write.session.flush()
    return len(fresh)


def _model(entry: dict[str, Any]) -> DeviceModel:
    return DeviceModel(
        id=entry["id"],
        brand=entry["brand"]["zh"],
        brand_en=entry["brand"]["en"],
        name=entry["model"],
        kind=entry["kind"],
        unionpay_device_type=entry.get("unionpay_device_type", ""),
        capabilities=list(entry.get("capabilities", [])),
        accessories=list(entry.get("accessories", [])),
        serial_pattern=entry.get("serial_pattern", ""),
        warranty_months=entry.get("warranty_months", 12),
        key_load_on_board_change=entry.get("needs_key_load_on_board_change", True),
    )


def _part(entry: dict[str, Any]) -> Part:
    return Part(
        id=f"part-{entry['part_no']}",
        part_no=entry["part_no"],
        name=entry["zh"],
        name_en=entry["en"],
        fits=list(entry["fits"]),
        price_fen=entry["fen"],
        warranty_days=entry["warranty_days"],
        serialised=entry["serialised"],
    )


def _prices(file: dict[str, Any]) -> list[PriceLine]:
    return [
        PriceLine(
            id=f"price-{file['version']}-{line['code']}",
            version=file["version"],
            code=line["code"],
            kind=line["kind"],
            name=line["zh"],
            name_en=line["en"],
            fen=line["fen"],
            region=file["region"],
            valid_from=file["valid_from"],
        )
        for line in file["lines"]
    ]
