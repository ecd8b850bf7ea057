"""Transports for the pictures: a draft, a van of ours under way, and one that is being received."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Terms
from deskapp.commands.transfers import Carriage, change_carriage, hand_over, open_manifest, pack
from deskapp.commands.transfers_differences import note_extra
from deskapp.commands.transfers_receive import Looked, receive_line
from deskapp.models.people import Site
from deskapp.models.store import Command, Write
from deskapp.tour.stage import BOSS

OTHER, FAR = "site-other-town", "site-depot-far"
VAN = "王师傅"


def elsewhere(act: Command[Any]) -> Command[Any]:
    """Return an act as the branch of the other town does it."""
    return replace(act, run=lambda write: act.run(replace(write, site_id=OTHER)))


def _add_sites(write: Write) -> None:
    for identity, code, name, depot in (
        (OTHER, "FZ-T2", "台江支局", False), (FAR, "XM-D1", "厦门维修中心", True),
    ):  # fmt: skip
        write.session.add(
            Site(
                id=identity, code=code, name=name, short_name=name, depot_code=code, is_outlet=not depot,
                is_depot=depot,
            )
        )  # fmt: skip


def transports(stage: Any, merchant_id: str) -> dict[str, dict[str, object]]:
    """Make the transports; returns what their pages are opened with."""
    stage.sign_in(BOSS)
    stage.do(Command("add_sites", "", "", _add_sites))
    home = stage.desk.store.facts.site_id
    ours = _devices(stage, merchant_id, 5, "OUT", lambda act: act)
    draft = stage.do(open_manifest(kind="out", to=FAR))
    for one in ours[:3]:
        stage.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ000871"))
    gone = stage.do(open_manifest(kind="out", to=FAR))
    for one in ours[3:]:
        stage.do(pack(manifest_id=gone.manifest_id, scanned=one.label_no, seal_no="FZ000872"))
    stage.do(
        hand_over(
            manifest_id=gone.manifest_id,
            counted=tuple(one.label_no for one in ours[3:]),
            courier=VAN,
            tamper_result="ok",
        )
    )
    stage.do(change_carriage(manifest_id=gone.manifest_id, carriage=Carriage("邮政邮路", "EMS1234567890", "闽A12345")))
    theirs = _devices(stage, merchant_id, 8, "IN", elsewhere)
    van = stage.do(elsewhere(open_manifest(kind="out", to=home)))
    for place, one in enumerate(theirs):
        stage.do(elsewhere(pack(manifest_id=van.manifest_id, scanned=one.label_no, seal_no=f"TJ00012{place // 4}")))
    labels = tuple(one.label_no for one in theirs)
    stage.do(elsewhere(hand_over(manifest_id=van.manifest_id, counted=labels, courier=VAN, tamper_result="ok")))
    for place, one in enumerate(theirs[:4]):
        looked = Looked(f"TIN{place:08d}", "ok", place != 2, "", True, words="袋封签断开" if place == 2 else "")
        stage.do(receive_line(manifest_id=van.manifest_id, scanned=one.label_no, looked=looked, courier=VAN))
    stage.do(note_extra(manifest_id=van.manifest_id, scanned="PX99887766554", words="在第二袋里", courier=VAN))
    stage.papers_out()
    return {
        "transfer_out": {"id": draft.manifest_id}, "transfer_in": {"id": van.manifest_id}, "discrepancies": {},
        "custody": {"id": theirs[2].item_id, "kind": "item"},
    }  # fmt: skip


def _devices(stage: Any, merchant_id: str, count: int, prefix: str, where: Any) -> list[Any]:
    devices = tuple(
        DeviceForm(
            serial_no=f"T{prefix}{place:08d}", tamper="ok", batch="no", symptom_code="no_power", is_new=True,
            condition={"all": "fine"}, no_photo_reason="queue", model_words="N910",
            accessories=(AccessoryForm("power_adapter"),),
        ) for place in range(count)
    )  # fmt: skip
    act = check_in(devices=devices, deliverer=Deliverer("周经理", "13800000199", id_last4="2211"),
                   terms=Terms(data_notice=True), merchant_id=merchant_id)  # fmt: skip
    return list(stage.do(where(act)).devices)
