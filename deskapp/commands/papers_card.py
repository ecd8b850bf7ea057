"""The service card left beside a merchant's terminal: whom to call, which terminal it is, what to do first."""

from __future__ import annotations

from sqlalchemy.orm import Session

from deskapp import catalogue, settings
from deskapp.commands.papers import merchant_short, model_name, paper_site, queue
from deskapp.errors import N_, Refused
from deskapp.models.device import Device
from deskapp.models.merchant import Merchant
from deskapp.models.people import Site
from deskapp.models.store import Write, command
from deskapp.rules import papers
from deskapp.rules.masking import mask

ADVICE = ("charging", "printer", "cleaning")
"""What keeps most terminals from coming here at all (`advice` in codes.toml)."""


@command(N_("Print a service card"), right="visit")
def print_service_card(write: Write, *, device_id: str) -> str:
    """Queue the card for a terminal that stands at a merchant's; returns the job."""
    device = write.session.get(Device, device_id)
    if device is None:
        raise Refused(N_("This device is not known here."), field="device", code="unknown")
    if not device.merchant_id:
        raise Refused(N_("This device is bound to no merchant, so nobody needs a card for it."), field="device",
                      code="unbound")  # fmt: skip
    card = service_card(write.session, device, write.site_id, str(write.settings[settings.PAPER_LANGUAGE]))
    return queue(write, card, subject_kind="device", subject_id=device.id).id


def service_card(session: Session, device: Device, site_id: str, language: str) -> papers.ServiceCardCard:
    """Fill the card of a terminal; one without a terminal number is known by its serial number."""
    merchant = session.get(Merchant, device.merchant_id)
    site = session.get(Site, site_id)
    return papers.ServiceCardCard(
        number=device.terminal_no or device.serial_no,
        site=paper_site(session, site_id),
        merchant=merchant_short(session, device.merchant_id),
        merchant_no=mask("merchant_no", merchant.merchant_no) if merchant and merchant.merchant_no else "",
        terminal_no=device.terminal_no,
        model=model_name(session, device),
        serial_no=device.serial_no,
        hotline=(site.hotline or site.phone) if site else "",
        advice=tuple(catalogue.title("advice", code, language) for code in ADVICE),
    )
