"""What a person repairs, and how a model is tested: the data by which the bench gives out and judges work."""

from __future__ import annotations

from collections.abc import Sequence

from deskapp import catalogue
from deskapp.commands.catalogue import KINDS
from deskapp.errors import N_, Refused
from deskapp.models.bench import OWN_TESTS
from deskapp.models.device import DeviceModel
from deskapp.models.people import Staff
from deskapp.models.store import Write, command
from deskapp.models.warranty_terms import TERMS
from deskapp.rules.depot import TestsWrong, read_tests
from deskapp.rules.warranty_terms import GRACE, LONGEST, REPAIR


@command(N_("Set what a person repairs"), right="override")
def set_skills(write: Write, *, staff_id: str, skills: Sequence[str]) -> None:
    """Name the models or kinds a person repairs; none means all of them. A supervisor's act."""
    person = write.session.get(Staff, staff_id)
    if person is None:
        raise Refused(N_("This staff number or badge is not known here."), field="staff")
    chosen = list(dict.fromkeys(one.strip() for one in skills if one.strip()))
    for one in chosen:
        if one not in KINDS and write.session.get(DeviceModel, one) is None:
            raise Refused(N_("This model is not in the catalogue: {model}"), field="skills", model=one)
    if chosen != list(person.skills):
        person.skills = chosen


@command(N_("Set the test plan of a model"), right="catalogue")
def set_tests(write: Write, *, model_id: str, text: str) -> int:
    """Narrow the test plan of a model, one rule a line (`rules.depot.read_tests`); returns how many rules hold.

    Tests that were made keep the limits they were judged by.
    """
    model = write.session.get(DeviceModel, model_id)
    if model is None:
        raise Refused(N_("This model is not in the catalogue: {model}"), field="tests", model=model_id)
    _plan, steps = catalogue.test_plan(model.kind, tuple(model.capabilities))
    kinds = {step.id: step.kind for step in steps}
    try:
        found = read_tests(text, kinds)
    except TestsWrong as wrong:
        raise Refused(
            N_("Line {line} of the test plan is not understood: {text}"),
            field="tests",
            line=wrong.line,
            text=wrong.text,
        ) from wrong
    kept = {key: value for key, value in (model.tests or {}).items() if key not in OWN_TESTS}
    if {**kept, **found} != dict(model.tests or {}):
        model.tests = {**kept, **found}
    return sum(len(found.get(key, ())) for key in OWN_TESTS)


@command(N_("Set the warranty terms of a model"), right="catalogue")
def set_terms(write: Write, *, model_id: str, grace_months: int | None, repair_months: int | None) -> None:
    """Set how many months of grace a model has and for how many months its repairs are covered.

    None leaves it to the shipped catalogue. A merchant's contract goes before it; what was decided stays as it was.
    """
    model = write.session.get(DeviceModel, model_id)
    if model is None:
        raise Refused(N_("This model is not in the catalogue: {model}"), field="grace_months", model=model_id)
    terms = {key: months for key, months in ((GRACE, grace_months), (REPAIR, repair_months)) if months is not None}
    for key, months in terms.items():
        if not (0 if key == GRACE else 1) <= months <= LONGEST[key]:
            raise Refused(N_("Enter months, at most {most}."), field=key, most=LONGEST[key])
    rest = {key: value for key, value in (model.tests or {}).items() if key != TERMS}
    wanted = {**rest, TERMS: terms} if terms else rest
    if wanted != dict(model.tests or {}):
        model.tests = wanted
