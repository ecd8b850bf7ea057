"""The custody record: the chain of a device on paper, with the digests that prove it unchanged."""

from __future__ import annotations

from deskapp import settings
from deskapp.commands.moves import item_of
from deskapp.commands.papers import model_name, paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.i18n import translate
from deskapp.models import custody_chain
from deskapp.models.device import Device
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.store import Write, command
from deskapp.rules.custody import HOLDER_TITLES, TamperResult, kind_of
from deskapp.rules.papers_custody import CustodyCard, CustodyLine


@command(N_("Print a custody record"), right="read")
def print_custody(write: Write, *, item_id: str) -> str:
    """Queue the custody record of a device; returns its label. Raises Refused where nothing was handed over yet."""
    return queue_custody(write, item_of(write, item_id))


def queue_custody(write: Write, item: RepairItem) -> str:
    """Queue the custody record of a device, for a command that has its right already; returns its label."""
    chain = custody_chain.chain_of(write.session, item.id)
    if not chain.links:
        raise Refused(N_("This device was never handed over."), field="item", code="empty")
    device, order = write.session.get(Device, item.device_id), write.session.get(RepairOrder, item.order_id)
    language = str(write.settings[settings.PAPER_LANGUAGE])

    def words(holder: str) -> str:
        title = translate(HOLDER_TITLES[kind_of(holder)], language)
        return " ".join(part for part in (title, custody_chain.site_words(write.session, holder)) if part)

    card = CustodyCard(
        number=item.label_no,
        site=paper_site(write.session, write.site_id),
        order_no=order.number if order else "",
        model=model_name(write.session, device),
        serial_no=device.serial_no if device else "",
        terminal_no=item.terminal_no,
        lines=tuple(
            CustodyLine(
                link.at, words(link.from_holder), words(link.to_holder), link.place, link.seal,
                TamperResult(link.tamper) if link.tamper else TamperResult.NOT_DUE, link.giver, link.taker,
                next((one[-1][:12].upper() for one in (link.signatures, link.scans) if one), ""), link.paper,
                translate(N_("taken back"), language) if link.taken_back else words(link.gap) if link.gap else "",
            )
            for link in chain.links
        ),
        gaps=len(chain.gaps), suspicions=chain.suspicions, hops=len(chain.links),
        holder=words(chain.holder) if chain.holder else "", made_ms=write.now, made_by=write.actor.name,
        proof=chain.proof, named=chain.named,
    )  # fmt: skip
    queue(write, card, subject_kind="repair_item", subject_id=item.id)
    return item.label_no
