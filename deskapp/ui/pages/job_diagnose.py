"""The first step of a job: take the device to the bench, find the cause, see whether it is free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.commands.bench import DiagnosisForm, NeededPart, record_diagnosis, start_diagnosis, start_repair
from deskapp.errors import N_, DeskError
from deskapp.queries.bench import PartRow, parts_for, parts_known
from deskapp.queries.bench_card import JobCard
from deskapp.ui.kit import (
    Choice,
    ChoiceBar,
    LatinField,
    SuggestField,
    Suggestion,
    TextField,
    spoken,
)
from deskapp.ui.pages.job_kit import HistoryBox, Host, Primary, Step
from deskapp.ui.pages.job_photos import JobPhotos
from deskapp.ui.pages.job_pick import Picker, named, words_search
from deskapp.ui.pages.job_verdict import LABOUR, Verdict

if TYPE_CHECKING:
    from deskapp.models.store import Override, ReadSession

TAMPER = (
    Choice("ok", N_("Intact"), "OK", "shield-check"),
    Choice("suspect", N_("Suspicious"), "SU", "alert-triangle"),
)


class StartStep(Step):
    """Take the device from the shelf: which bench, and is it intact."""

    last_bench = "W1"

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.bench = LatinField(N_("W1"))
        self.tamper = ChoiceBar(TAMPER)
        self.seal = LatinField(N_("Who opened the transport seal"))
        self.form.add("bench", N_("Bench"), self.bench, needed=True)
        self.form.add("tamper_result", N_("Case, seal, card slot, keypad"), self.tamper, needed=True,
                      hint=N_("Compare the serial number on case and screen."))  # fmt: skip
        self.sealed = self.form.add("seal_opened_by", N_("Seal opened by"), self.seal, needed=True)
        self.history = HistoryBox()
        self.column.addWidget(self.form)
        self.column.addWidget(self.history)
        self.column.addStretch(1)
        self.bench.returnPressed.connect(self.tamper.setFocus)
        self.tamper.confirmed.connect(lambda _value: self.submit())

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Propose the bench of the last job."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        self.sealed.setVisible(card.state == "depot_received")
        if anew:
            self.bench.setText(StartStep.last_bench)
            self.tamper.set_value(None)

    def first(self) -> QWidget:
        """Return the tamper check: the bench is filled in."""
        return self.tamper if self.bench.text() else self.bench

    def primary(self) -> Primary:
        """Say what comes."""
        return Primary(N_("Start diagnosis"), "stethoscope")

    def submit(self) -> None:
        """Take the device to the bench; a suspicion leads to quarantine."""
        if self.card is None:
            return
        if self.tamper.value() == "suspect":
            self.host.open_drawer("quarantine")
            return
        StartStep.last_bench = self.bench.text().strip().upper() or StartStep.last_bench
        self._begin(None)

    def _begin(self, allowed: Override | None) -> None:
        if self.card is not None:
            self.do(
                start_diagnosis(
                    item_id=self.card.item_id, bench=self.bench.text(), tamper_result=self.tamper.value() or "",
                    seal_opened_by=self.seal.text().strip(), override=allowed,
                )
            )  # fmt: skip

    def refuse(self, error: DeskError) -> None:
        """Show a refusal; a model this person does not repair is a supervisor's to allow, on the spot."""
        super().refuse(error)
        if error.code == "not_certified":
            self.context.ask_supervisor("override", self._begin, why=error.sentence, **error.values)


class DiagnoseStep(Step):
    """Symptom, cause, what the device says, versions, labour and parts; then the verdict."""

    columns = 4

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.confirmed = ChoiceBar(
            (Choice("yes", N_("Yes")), Choice("partly", N_("Partly")), Choice("no", N_("Not seen")))
        )
        self.cause = SuggestField(self.jobs, words_search("causes"), N_("Short code or words, such as DCL"))
        self.flag = ChoiceBar(
            (Choice("none", N_("No message")), Choice("triggered", N_("Triggered")), Choice("unreadable", N_("Dead")))
        )
        self.labour = ChoiceBar(LABOUR, numbered=False)
        self.parts = Picker(self.jobs, self._parts, N_("Number or name of a part"), N_("Parts needed"))
        self.firmware = LatinField(N_("as shown"))
        self.app = LatinField(N_("as shown"))
        self.words = TextField(N_("What you found, in a few words"), limit=500)
        self.photos = JobPhotos(self.context, "diagnose", "damage")
        self._storing = False
        self._cause = ""
        self._seen = 0
        self.form.add("symptom_confirmed", N_("Reported fault seen?"), self.confirmed, needed=True, span=2)
        self.form.add("tamper_flag", N_("Tamper message on the device"), self.flag, needed=True, span=2)
        self.form.add("cause_code", N_("Cause"), self.cause, needed=True, span=2)
        self.form.add("labour_class", N_("Labour"), self.labour, span=2)
        self.form.add("parts", N_("Parts needed"), self.parts, span=2)
        self.form.add("photos", N_("Photos"), self.photos, span=2)
        self.form.add("words", N_("Findings"), self.words, span=2)
        self.form.add("firmware_version", N_("Firmware before"), self.firmware)
        self.form.add("app_version", N_("Application before"), self.app)
        self.verdict = Verdict(self)
        self.history = HistoryBox()
        self.column.addWidget(self.verdict)
        self.column.addWidget(self.history)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self._walk()

    def _walk(self) -> None:
        """Enter leads through the form; the last field submits."""
        self.confirmed.chosen.connect(lambda _value: self.flag.setFocus())
        self.flag.chosen.connect(lambda _value: self.cause.setFocus())
        self.cause.taken.connect(self._took_cause)
        self.cause.cleared.connect(lambda: setattr(self, "_cause", ""))
        self.labour.chosen.connect(lambda _value: self.parts.setFocus())
        self.parts.entered.connect(self.words.setFocus)
        self.words.returnPressed.connect(self.firmware.setFocus)
        self.firmware.returnPressed.connect(self.app.setFocus)
        self.app.returnPressed.connect(self.submit)

    def _took_cause(self, suggestion: Suggestion) -> None:
        self._cause = str(suggestion.data)
        self.form.rows["cause_code"].clear_error()
        self.labour.setFocus()

    def _parts(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        model = self.card.model_id if self.card else ""
        return [
            Suggestion(
                named(row.name, row.name_en),
                spoken(
                    N_("{part_no} · {count} on the shelf") if row.fits else N_("{part_no} · not for this model"),
                    part_no=row.part_no, count=row.on_shelf,
                ),
                "packages", "", row.part_id,
            )
            for row in parts_for(session, model, text, limit=8)
        ]  # fmt: skip

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Show what was found before, or nothing."""
        super().show_card(card, anew=anew)
        found = card.finding
        self.history.show_card(card)
        self.photos.show_for(card.item_id, card.photos)
        if anew:
            self._fill(card)
        if found is None or anew or found.at != self._seen:
            self.show_form(found is None)
            if found is not None and not anew:
                self.host.main.setFocus()
        self._seen = found.at if found else 0
        if found is not None:
            self.verdict.show_finding(card)

    def show_form(self, on: bool) -> None:
        """Show the questions, or what was recorded and decided."""
        self.form.setVisible(on)
        self.history.setVisible(not on)
        self.verdict.setVisible(not on)
        self.host.refresh_primary()

    def _fill(self, card: JobCard) -> None:
        found = card.finding
        self.confirmed.set_value(found.symptom_confirmed if found else None)
        self.flag.set_value(found.tamper_flag if found else None)
        self._cause = found.cause_code if found else ""
        self.cause.reset()
        if found:
            self.cause.setText(catalogue.title("causes", found.cause_code))
        self.labour.set_value(found.labour_class if found else None)
        self.words.setText(found.words if found else "")
        self.firmware.setText(found.firmware_version if found else card.firmware_version)
        self.app.setText(found.app_version if found else card.app_version)
        self.parts.put([])
        if found and found.needed_parts:
            self._ask_parts(tuple(dict(found.needed_parts)), self._know_parts)

    def retranslate(self) -> None:
        """Say cause and parts in the window's language."""
        if self._cause:
            self.cause.setText(catalogue.title("causes", self._cause))
        self._ask_parts(self.parts.values(), self._say_parts)

    def _ask_parts(self, ids: Sequence[str], then: Callable[[Sequence[PartRow]], None]) -> None:
        """Ask for these parts; nothing is asked for none."""
        if self.card is None or not ids:
            return
        model = self.card.model_id
        self.jobs.ask(
            lambda session: parts_known(session, ids, model),
            owner=self, then=then, exclusive="needed",
        )  # fmt: skip

    def _know_parts(self, rows: Sequence[PartRow]) -> None:
        self.parts.put([(row.part_id, named(row.name, row.name_en)) for row in rows])
        self.verdict.retranslate()

    def _say_parts(self, rows: Sequence[PartRow]) -> None:
        self.parts.say({row.part_id: named(row.name, row.name_en) for row in rows})

    def first(self) -> QWidget:
        """Return the first open question; nothing to fill in once it is decided."""
        return self.confirmed if self.verdict.isHidden() else self.host.main

    def primary(self) -> Primary:
        """Say what comes: record, then start, ask, or call a supervisor."""
        if self.card is None or self.verdict.isHidden():
            return Primary(N_("Record the diagnosis"))
        if self.card.may_start:
            return Primary(N_("Start the repair"), "tool")
        if self.card.basis == "payable":
            return Primary(N_("Make a quote"), "report-money")
        if self.card.basis == "needs_supervisor":
            return Primary(N_("Ask a supervisor"), "user-check")
        return Primary(N_("Put into quarantine"), "shield-lock")

    def submit(self) -> None:
        """Do what the main button says."""
        card = self.card
        if card is None:
            return
        if self.verdict.isHidden():
            self._record()
        elif card.may_start:
            self.do(start_repair(item_id=card.item_id))
        elif card.basis == "payable":
            self.host.open_drawer("quote")
        elif card.basis == "needs_supervisor":
            self.decide()
        else:
            self.host.open_drawer("quarantine")

    def decide(self) -> None:
        """Let a supervisor decide: free where the rule says payable, either where the rule says nothing."""
        if self.card is not None and self.card.basis == "needs_supervisor":
            self.verdict.ask_ruling()
        else:
            self.rule("free")

    def rule(self, ruling: str) -> None:
        """Ask a supervisor for this ruling; the reason is kept with the decision."""
        why = N_("Repair this device free of charge?") if ruling == "free" else N_("Let the merchant pay this repair?")
        self.context.ask_supervisor("override", lambda consent: self._record(consent, ruling == "free"), why=why)

    def _record(self, consent: Override | None = None, free: bool | None = None) -> None:
        """Store the photos, then record the findings with them in one act."""
        if self.card is None or self._storing:
            return
        if self.photos.busy():
            self.host.fail(spoken(N_("A photo is still being made smaller; try again in a moment.")))
            return
        form = DiagnosisForm(
            symptom_confirmed=self.confirmed.value() or "", cause_code=self._cause, tamper_flag=self.flag.value() or "",
            words=self.words.text(), firmware_version=self.firmware.text(), app_version=self.app.text(),
            labour_class=self.labour.value() or "",
            needed_parts=tuple(NeededPart(part_id) for part_id in self.parts.values()),
        )  # fmt: skip
        item_id = self.card.item_id
        self.host.fail("")
        self._storing = True
        self.photos.keep(lambda kept: self._save(item_id, replace(form, photos=kept), consent, free), self.refuse)

    def _save(self, item_id: str, form: DiagnosisForm, consent: Override | None, free: bool | None) -> None:
        self._storing = False
        act = record_diagnosis(item_id=item_id, form=form, override=consent, free=free)
        self.do(act, then=lambda _done: self.photos.saved(item_id))

    def refuse(self, error: DeskError) -> None:
        """Show a refusal where it belongs; what was typed and the photos stay."""
        self._storing = False
        super().refuse(error)

    def kept(self) -> dict[str, Any]:
        """Return the findings while they are not recorded."""
        if not self.verdict.isHidden() or not (self.words.text() or self._cause or self.confirmed.value()):
            return {}
        return {
            "confirmed": self.confirmed.value() or "", "flag": self.flag.value() or "", "cause": self._cause,
            "labour": self.labour.value() or "", "words": self.words.text(), "firmware": self.firmware.text(),
            "app": self.app.text(), "parts": [list(one) for one in self.parts.chips.items],
        }  # fmt: skip

    def restore(self, form: dict[str, Any]) -> None:
        """Put a draft back, unless the findings are recorded by now."""
        if not self.verdict.isHidden():
            return
        self.confirmed.set_value(form.get("confirmed") or None)
        self.flag.set_value(form.get("flag") or None)
        self._cause = str(form.get("cause", ""))
        self.cause.setText(catalogue.title("causes", self._cause) if self._cause else "")
        self.labour.set_value(form.get("labour") or None)
        self.words.setText(str(form.get("words", "")))
        self.firmware.setText(str(form.get("firmware", "")))
        self.app.setText(str(form.get("app", "")))
        self.parts.put([(str(key), str(text)) for key, text in form.get("parts", [])])
        self._ask_parts(self.parts.values(), self._say_parts)
