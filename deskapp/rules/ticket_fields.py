"""The fields of each kind of ticket: key, label, form, when required, and the sentence that asks.

Values travel as plain JSON: text, whole numbers (money in fen), true and false, lists of text,
dates as `2025-03-14` (a time may follow).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskapp.errors import N_


class TicketKind(StrEnum):
    """What a ticket is about."""

    REPAIR = "repair"
    CONSULTATION = "consultation"
    APPLICATION = "application"
    CONTRACT = "contract"
    INSTALLATION = "installation"
    INSPECTION = "inspection"
    TRAINING = "training"
    FEE_QUESTION = "fee_question"
    TRANSACTION_ANOMALY = "transaction_anomaly"
    SOFTWARE_UPDATE = "software_update"


class FieldType(StrEnum):
    """The form of a field, and so its widget."""

    TEXT = "text"
    CHOICE = "choice"
    PHONE = "phone"
    DATE = "date"
    MONEY = "money"
    LAST4 = "last4"
    LIST = "list"
    BOOL = "bool"
    NUMBER = "number"


class RequiredAt(StrEnum):
    """When a field must be there."""

    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field. `instead` is the word that says "there is none" or "not known" and always fits;

    `when` makes the field depend on another one's value; `must_contain` is an entry a list must have.
    """

    key: str
    label: str
    type: FieldType
    required_at: RequiredAt
    sentence: str
    choices: tuple[tuple[str, str], ...] = ()
    instead: str = ""
    when: tuple[str, tuple[str, ...]] | None = None
    must_be_true: bool = False
    must_contain: str = ""

    def applies(self, values: Mapping[str, object]) -> bool:
        """Tell whether the field is asked for, given the other answers."""
        if self.when is None:
            return True
        key, wanted = self.when
        return values.get(key) in wanted


_OPEN, _DONE = RequiredAt.OPEN, RequiredAt.DONE
_TEXT, _LIST = FieldType.TEXT, FieldType.LIST
NONE: Final = "none"
UNKNOWN: Final = "unknown"
SECURITY_NOTES: Final = "security"
_HANDED_ON: Final = ("outcome", ("adjustment", "dispute"))

INSTEAD_TITLES: Final[Mapping[str, str]] = {NONE: N_("none"), UNKNOWN: N_("not known")}

TRAINING_TOPICS: Final[tuple[tuple[str, str], ...]] = (
    ("operation", N_("operating the terminal")),
    ("faults", N_("common faults")),
    (SECURITY_NOTES, N_("security notes: tampering and false engineers")),
    ("care", N_("care and upkeep")),
    ("settlement", N_("settlement and reconciliation")),
)

FIELDS: Final[Mapping[TicketKind, tuple[FieldSpec, ...]]] = {
    TicketKind.REPAIR: (
        FieldSpec("device", N_("Device"), _TEXT, _OPEN, N_("Enter the serial number or the model.")),
        FieldSpec("symptom", N_("Symptom"), _TEXT, _OPEN, N_("What is wrong with the device?")),
        FieldSpec("business_stopped", N_("Business stands still"), FieldType.BOOL, _OPEN,
                  N_("Does the business stand still? Answer yes or no.")),
    ),
    TicketKind.CONSULTATION: (
        FieldSpec("topic", N_("Topic"), _TEXT, _OPEN, N_("What is the question about?")),
        FieldSpec("needs", N_("Needs"), _TEXT, _OPEN, N_("What does the merchant need?")),
        FieldSpec("answer", N_("Answer given"), _TEXT, _DONE, N_("What was answered?")),
        FieldSpec("model_proposed", N_("Model proposed"), _TEXT, _DONE,
                  N_("Which model was proposed? Choose “none” if there was none."), instead=NONE),
    ),
    TicketKind.APPLICATION: (
        FieldSpec("applicant", N_("Applicant"), _TEXT, _OPEN, N_("Who applies?")),
        FieldSpec("uscc", N_("Unified social credit code"), _TEXT, _OPEN,
                  N_("Enter the unified social credit code, or choose “none”."), instead=NONE),
        FieldSpec("documents", N_("Documents"), _LIST, _OPEN, N_("Tick the documents that were handed in.")),
        FieldSpec("handed_to", N_("Handed to"), _TEXT, _DONE, N_("To whom was the application handed?")),
        FieldSpec("handed_on", N_("Handed on"), FieldType.DATE, _DONE,
                  N_("When was the application handed over?")),
        FieldSpec("outcome", N_("Outcome"), FieldType.CHOICE, _DONE, N_("What came of the application?"),
                  choices=(("accepted", N_("accepted")), ("rejected", N_("rejected")),
                           ("withdrawn", N_("withdrawn")))),
    ),
    TicketKind.CONTRACT: (
        FieldSpec("contract_no", N_("Contract number"), _TEXT, _OPEN, N_("Enter the contract number.")),
        FieldSpec("contract_type", N_("Type of contract"), FieldType.CHOICE, _OPEN,
                  N_("Choose the type of contract."),
                  choices=(("acquiring", N_("acquiring")), ("maintenance", N_("maintenance")),
                           ("lease", N_("lease")), ("other", N_("other")))),
        FieldSpec("term", N_("Contract term"), _TEXT, _OPEN, N_("From when to when does the contract run?")),
        FieldSpec("explained_by", N_("Explained by"), _TEXT, _OPEN, N_("Who explained the contract?")),
        FieldSpec("questions_settled", N_("Open questions settled"), FieldType.BOOL, _DONE,
                  N_("There are open questions: settle them first."), must_be_true=True),
        FieldSpec("kept_at", N_("Scan or place of the paper"), _TEXT, _DONE,
                  N_("Add the scan, or say where the paper is kept.")),
    ),
    TicketKind.INSTALLATION: (
        FieldSpec("address", N_("Address"), _TEXT, _OPEN, N_("Where is the terminal to be installed?")),
        FieldSpec("network", N_("Network"), FieldType.CHOICE, _OPEN, N_("Which network is there?"),
                  choices=(("wired", N_("wired")), ("wifi", N_("Wi-Fi")), ("mobile", N_("mobile network")),
                           ("phone_line", N_("telephone line")), ("none", N_("none")))),
        FieldSpec("power", N_("Power socket"), _TEXT, _OPEN, N_("Is there a socket near the place?")),
        FieldSpec("install_on", N_("Installation date"), FieldType.DATE, _OPEN,
                  N_("On which day is the installation?")),
        FieldSpec("acceptance_test", N_("Acceptance test"), _TEXT, _DONE,
                  N_("What was the result of the test?")),
        FieldSpec("signature", N_("Signature"), _TEXT, _DONE, N_("The merchant's signature is missing.")),
    ),
    TicketKind.INSPECTION: (
        FieldSpec("devices", N_("Devices"), _LIST, _OPEN, N_("Which devices are inspected?")),
        FieldSpec("plan", N_("Kind of inspection"), FieldType.CHOICE, _OPEN,
                  N_("By plan, or a single inspection?"),
                  choices=(("plan", N_("by plan")), ("single", N_("single inspection")))),
        FieldSpec("hardware", N_("Hardware"), _TEXT, _DONE, N_("What was found in the hardware?")),
        FieldSpec("software", N_("Software"), _TEXT, _DONE, N_("What was found in the software?")),
        FieldSpec("network_findings", N_("Network findings"), _TEXT, _DONE,
                  N_("What was found in the network?")),
        FieldSpec("next_on", N_("Next inspection"), FieldType.DATE, _DONE,
                  N_("When is the next inspection? Choose “none” if none is planned."), instead=NONE),
    ),
    TicketKind.TRAINING: (
        FieldSpec("topics", N_("Topics"), _LIST, _OPEN, N_("Choose the topics."), choices=TRAINING_TOPICS),
        FieldSpec("attendees", N_("Attendees"), _LIST, _OPEN, N_("Who takes part?")),
        FieldSpec("topics_done", N_("Topics done"), _LIST, _DONE,
                  N_("Tick the topics that were taught; the security notes are always among them."),
                  choices=TRAINING_TOPICS, must_contain=SECURITY_NOTES),
        FieldSpec("signature", N_("Signature"), _TEXT, _DONE, N_("The merchant's signature is missing.")),
    ),
    TicketKind.FEE_QUESTION: (
        FieldSpec("rate", N_("Rate in question"), _TEXT, _OPEN, N_("Which rate or fee is in question?")),
        FieldSpec("source", N_("Source of the figure"), _TEXT, _OPEN, N_("Where does the figure come from?")),
        FieldSpec("outcome", N_("Result of the question"), FieldType.CHOICE, _DONE,
                  N_("What came of the question?"),
                  choices=(("explained", N_("explained")), ("adjustment", N_("adjustment handed on")),
                           ("dispute", N_("dispute handed on")))),
        FieldSpec("explanation", N_("Explanation"), _TEXT, _DONE, N_("How was the fee explained?"),
                  when=("outcome", ("explained",))),
        FieldSpec("handed_to", N_("Handed to"), _TEXT, _DONE,
                  N_("To whom was it handed on?"), when=_HANDED_ON),
        FieldSpec("evidence", N_("Evidence"), _LIST, _DONE, N_("List the evidence that was handed on."),
                  when=_HANDED_ON),
        FieldSpec("answer", N_("Answer received"), _TEXT, _DONE, N_("What was the answer?"), when=_HANDED_ON),
    ),
    TicketKind.TRANSACTION_ANOMALY: (
        FieldSpec("happened_at", N_("Time of the transaction"), FieldType.DATE, _OPEN,
                  N_("When was the transaction?")),
        FieldSpec("amount", N_("Amount"), FieldType.MONEY, _OPEN, N_("What was the amount?")),
        FieldSpec("batch_no", N_("Batch number"), _TEXT, _OPEN,
                  N_("Enter the batch number, or choose “not known”."), instead=UNKNOWN),
        FieldSpec("trace_no", N_("Trace number"), _TEXT, _OPEN,
                  N_("Enter the trace number, or choose “not known”."), instead=UNKNOWN),
        FieldSpec("reference_no", N_("Reference number"), _TEXT, _OPEN,
                  N_("Enter the reference number, or choose “not known”."), instead=UNKNOWN),
        FieldSpec("card_last4", N_("Last four digits of the card"), FieldType.LAST4, _OPEN,
                  N_("Enter the last four digits of the card, or choose “not known”."), instead=UNKNOWN),
        FieldSpec("bank_answer", N_("Answer of the bank"), _TEXT, _DONE, N_("What did the bank answer?")),
        FieldSpec("wipe_released", N_("Device may be wiped again"), FieldType.BOOL, _DONE,
                  N_("The device is still marked “do not wipe”: release it first."), must_be_true=True),
    ),
    TicketKind.SOFTWARE_UPDATE: (
        FieldSpec("device", N_("Device"), _TEXT, _OPEN, N_("Which device is to be updated?")),
        FieldSpec("version_before", N_("Version before"), _TEXT, _OPEN,
                  N_("Which version is on the device? Choose “not known” if it cannot be read."),
                  instead=UNKNOWN),
        FieldSpec("version_wanted", N_("Version wanted"), _TEXT, _OPEN, N_("Which version is wanted?")),
        FieldSpec("version_after", N_("Version after"), _TEXT, _DONE,
                  N_("Which version is on the device now?")),
        FieldSpec("test_result", N_("Result of the test"), _TEXT, _DONE,
                  N_("What was the result of the test?")),
    ),
}  # fmt: skip
