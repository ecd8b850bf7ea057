"""The warranty terms that hold for a device: its merchant's running contracts, its model, the shipped default."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from deskapp import catalogue
from deskapp.models.act_session import find
from deskapp.models.device import DeviceModel
from deskapp.models.merchant import ServiceContract
from deskapp.rules.warranty_terms import CONTRACT, GRACE, MODEL, REPAIR, Said, Term, term

TERMS = "terms"
"""Where a model keeps its own terms, beside the rules of its test plan (`DeviceModel.tests`)."""


def running_contracts(session: Session, merchant_id: str, on: date) -> list[ServiceContract]:
    """Return the contracts of a merchant that have not ended on a day."""
    if not merchant_id:
        return []
    rows = find(session, ServiceContract, merchant_id=merchant_id)
    return [row for row in rows if row.active and not (row.ends_on and row.ends_on < on.isoformat())]


def grace_term(session: Session, model: DeviceModel | None, merchant_id: str, on: date) -> Term:
    """Return the months of grace where only the date of manufacture is known."""
    return _term(GRACE, session, model, merchant_id, on)


def repair_term(session: Session, model: DeviceModel | None, merchant_id: str, on: date) -> Term:
    """Return for how many months a repair that is finished on a day is covered."""
    return _term(REPAIR, session, model, merchant_id, on)


def _term(key: str, session: Session, model: DeviceModel | None, merchant_id: str, on: date) -> Term:
    said = [
        Said(CONTRACT, row.number, catalogue.contract_terms(row.kind))
        for row in running_contracts(session, merchant_id, on)
        if not row.starts_on or row.starts_on <= on.isoformat()
    ]
    if model is not None:
        own = dict((model.tests or {}).get(TERMS) or {})
        said.append(Said(MODEL, model.name, {**catalogue.model_terms(model.id), **own}))
    return term(key, said, catalogue.usual_term(key))
