"""An unsettled batch or a doubtful transaction on a device: until it is settled nothing may wipe the device."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.bench_desk import job_of, kept, needed
from deskapp.commands.moves import record, settle_todo
from deskapp.errors import N_, Refused
from deskapp.models.store import Write, command
from deskapp.models.ticket import ServiceTicket
from deskapp.rules.depot import BATCH_SETTLED
from deskapp.rules.tickets import TicketKind


@command(N_("Batch settled"), right="note")
def settle_batch(write: Write, *, item_id: str, how: str, words: str) -> None:
    """Note how it is known that nothing on a device is unsettled any more; from then on it may be wiped.

    `how` is a code of `rules.depot.BATCH_SETTLED`, `words` say who confirmed it or name the slip. A transaction that
    the bank still looks into is settled by finishing its ticket.
    """
    job = job_of(write, item_id)
    if how not in BATCH_SETTLED:
        raise Refused(N_("How is it known that it is settled?"), field="how", code="missing")
    said = needed(kept(write, job, words, "words"), "words", N_("Who confirmed it, or which slip was seen?"))
    asked = write.session.scalars(
        select(ServiceTicket).where(
            ServiceTicket.device_id == job.device.id, ServiceTicket.kind == TicketKind.TRANSACTION_ANOMALY.value,
            ServiceTicket.state.not_in(("done", "cancelled")),
        )
    ).first()  # fmt: skip
    if asked is not None:
        raise Refused(
            N_("Ticket {number} about a transaction is open: it is settled with the bank's answer there."),
            field="how", code="open_ticket", number=asked.number,
        )  # fmt: skip
    waited = settle_todo(write, item_id, "unsettled_batch", "settled")
    if not job.device.do_not_wipe and not waited:
        raise Refused(N_("Nothing on this device is waiting to be settled."), field="how", code="nothing")
    record(write, item_id, "batch_settled", said, how=how)
    job.device.do_not_wipe = False
