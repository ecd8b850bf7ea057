"""Take pictures of every page for docs/screens, in both languages, on sample data.

    python installer/take_screens.py [PAGE ...] [--to FOLDER] [--scale 150]

Plays the morning of the tour in a throw-away home, adds a little more work in every state, and
opens each page of the window's table and each scene of `scenes.py` (lock screen, keys, palette,
first start, recovery): light in both languages; three pages also dark and at 150 %. With --scale
everything is taken at that size of letters, to look at. Pictures are cut down to a palette so that
each stays below 150 KB.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
LANGUAGES = ("zh_CN", "en")
MORE_LOOKS = ("today", "check_in", "bench")
MOST_BYTES = 150_000
COLOURS = (256, 128, 64)
DAY_MS = 86_400_000
MORNING = 10
"""Steps of the tour after which two devices are ready for pickup and nothing has been handed out yet."""


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("pages", nargs="*")
    words.add_argument("--to", type=Path, default=TARGET)
    words.add_argument("--scale", type=int, default=100, choices=(100, 125, 150, 175, 200))
    chosen = words.parse_args()
    if chosen.scale != 100 and chosen.to == TARGET:
        words.error("pictures at another size of letters need a folder of their own: --to FOLDER")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["DESKAPP_NO_KEYRING"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        return take(Path(folder) / "day", chosen.to, set(chosen.pages), chosen.scale)


def take(place: Path, target: Path, wanted: set[str], scale: int) -> int:
    """Play, then take the pictures; returns how many pages could not be shown."""
    from deskapp.tour.day import STEPS
    from deskapp.tour.diary import Diary
    from deskapp.tour.place import prepare
    from deskapp.tour.stage import BOSS, Stage
    from installer.screens_printers import printers

    prepare(place)
    diary = Diary(place, print, "en", MORNING)
    stage = Stage(place, diary)
    target.mkdir(parents=True, exist_ok=True)
    try:
        for step in STEPS[:MORNING]:
            if not stage.play(step):
                print(f"the tour broke off: {diary.broken}")
                return 1
        arguments = more_work(stage)
        stage.sign_in(BOSS)
        with printers(stage):
            failed = photograph(stage, target, arguments, wanted, scale)
        return failed + photograph_scenes(stage, place / "nothing here", target, wanted)
    finally:
        stage.close()


def more_work(stage: Any) -> dict[str, dict[str, object]]:
    """Take more devices in and leave them in several states; returns what pages of one record are opened with."""
    from deskapp.commands.bench import DiagnosisForm, record_diagnosis, start_diagnosis
    from deskapp.commands.checkin import check_in
    from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Terms
    from deskapp.commands.loaners import lend
    from deskapp.commands.tickets import TicketForm, open_ticket
    from deskapp.queries.checkin import device_briefing
    from deskapp.tour.counter import PAYABLE
    from deskapp.tour.stage import CLERK, TECHNICIAN
    from installer.screens_disagreements import disagreements
    from installer.screens_transports import transports
    from installer.screens_visits import visits

    now = stage.desk.store.now
    stage.sign_in(CLERK)
    orders = []
    for serials, symptom, who, stopped in (
        (("LDA8S00000012", "LDA8S00000013"), "no_network", "周经理", True),
        (("PX930S00000021",), "screen_fault", "孙前台", False),
        (("SMP2S00000009",), "nfc_fail", "曾小样", False),
    ):
        known = [stage.ask(lambda s, one=serial: device_briefing(s, one, now)) for serial in serials]
        devices = tuple(
            DeviceForm(
                serial_no=serial, tamper="ok", batch="no", symptom_code=symptom, condition={"all": "fine"},
                no_photo_reason="queue", accessories=(AccessoryForm("power_adapter"),),
            ) for serial in serials
        )  # fmt: skip
        orders.append(stage.do(check_in(
            devices=devices, deliverer=Deliverer(who, "13800000199", id_last4="2211"),
            terms=Terms(data_notice=True, business_stopped=stopped), merchant_id=known[0].merchant.id,
        )))  # fmt: skip
    talk = TicketForm(
        kind="consultation", channel="phone", callback_phone="13800000166", caller_name="吴女士",
        answers={"topic": "新开业商户咨询机型", "needs": "外卖为主，要能移动收款"},
    )  # fmt: skip
    call = TicketForm(
        kind="repair", channel="phone", callback_phone="13800000105", caller_name="曾小样", model_words="N910",
        symptom_code="faint_print", business_stopped=False,
    )  # fmt: skip
    stage.do(open_ticket(form=talk))
    guided = stage.do(open_ticket(form=call))
    stage.do(
        lend(serial_no="NL910S00000028", due_at=now + 14 * DAY_MS, order_id=orders[0].order_id, tamper_result="ok")
    )
    stage.sign_in(TECHNICIAN)
    first = orders[0].devices[0].item_id
    stage.do(start_diagnosis(item_id=first, bench="W2", tamper_result="ok"))
    stage.do(record_diagnosis(item_id=first, form=DiagnosisForm(
        symptom_confirmed="yes", cause_code="main_board_defect", tamper_flag="none", words="无线模块供电异常",
        labour_class="LAB-M",
    )))  # fmt: skip
    stage.papers_out()
    known = stage.ask(lambda s: device_briefing(s, PAYABLE, now))
    order = {"order_id": stage.story.order_id}
    disagreements(stage, known.merchant.id)
    return {
        **visits(stage),
        **transports(stage, known.merchant.id),
        "pickup": order, "order": {"id": stage.story.order_id}, "job": {"id": first, "item_id": first},
        "ticket": {"ticket_id": stage.story.ticket_id}, "guidance": {"ticket_id": guided.ticket_id},
        "merchant": {"merchant_id": known.merchant.id}, "device": {"device_id": known.device_id},
    }  # fmt: skip


def photograph(stage: Any, target: Path, arguments: dict[str, dict[str, object]], wanted: set[str], scale: int) -> int:
    """Open every page in every look and save its picture."""
    from deskapp import i18n, settings
    from deskapp.ui.pages.table import PAGES

    window, failed = stage.window, 0
    window.set_value(settings.SCALE, scale)
    for language in LANGUAGES:
        window.set_value(settings.LANGUAGE, language)
        stage.hands.until(lambda wished=language: i18n.language() == wished, "the other language")
        for page in PAGES:
            if wanted and page.id not in wanted:
                continue
            try:
                show(stage, page.id, arguments.get(page.id, {}))
            except Exception as error:  # noqa: BLE001 (one page that fails is told, the others are still shown)
                failed += 1
                print(f"{page.id}: {type(error).__name__}: {error}")
                continue
            window.toasts.clear()
            save(window, target / f"{page.id}_{language}.png")
    window.set_value(settings.LANGUAGE, "zh_CN")
    if scale != 100:
        return failed
    for name, setting, value, usual in (
        ("dark", settings.THEME, "dark", "light"), ("large", settings.SCALE, 150, 100),
    ):  # fmt: skip
        window.set_value(setting, value)
        for page_id in MORE_LOOKS:
            if not wanted or page_id in wanted:
                show(stage, page_id, arguments.get(page_id, {}))
                window.toasts.clear()
                save(window, target / f"{page_id}_{name}_zh_CN.png")
        window.set_value(setting, usual)
    return failed


def photograph_scenes(stage: Any, empty: Path, target: Path, wanted: set[str]) -> int:
    """Save a picture of what is seen beside the pages; returns how many could not be shown."""
    from deskapp import i18n, settings
    from deskapp.paths import Home
    from deskapp.tour.stage import BOSS
    from deskapp.ui.first_start import Gate
    from installer import scenes

    window, failed = stage.window, 0
    gate = Gate(Home(empty), lambda: True)
    gate.resize(*scenes.GATE_SIZE)
    gate.show()
    for language in LANGUAGES:
        window.set_value(settings.LANGUAGE, language)
        stage.hands.until(lambda wished=language: i18n.language() == wished, "the other language")
        for name in scenes.SCENES:
            if wanted and name not in wanted:
                continue
            try:
                pictured = photograph_scene(stage, gate, name)
            except Exception as error:  # noqa: BLE001 (as above)
                failed += 1
                print(f"{name}: {type(error).__name__}: {error}")
                continue
            save(pictured, target / f"{name}_{language}.png")
            if name == scenes.LOCK:
                stage.sign_in(BOSS)
            elif name in scenes.OVER_THE_DESK:
                scenes.clear(window, stage.hands.rest)
    gate.close()
    return failed


def photograph_scene(stage: Any, gate: Any, name: str) -> Any:
    """Show one scene and return the window it is seen in."""
    from installer import scenes

    window = stage.window
    window.toasts.clear()
    if name == scenes.LOCK:
        from deskapp.tour.stage import PEOPLE
        from deskapp.ui.lock import Tile

        window.lock()
        window.lock_screen.show_people([Tile(one.staff_no, one.name) for one in PEOPLE])
        stage.hands.rest()
        return window
    if name in scenes.OVER_THE_DESK:
        show(stage, "today", {})
        scenes.over_the_desk(window, name, stage.hands.rest)
        stage.hands.rest(400)
        return window
    scenes.before_the_desk(gate, name, stage.hands.rest)
    stage.hands.rest(300)
    return gate


def show(stage: Any, page_id: str, arguments: dict[str, object]) -> None:
    """Open a page and wait until it has its answers; some pages are filled in a little."""
    window = stage.window
    window.toasts.clear()
    window.navigate(page_id, **arguments)
    shown = stage.page(page_id)
    if page_id == "check_in" and not shown.sheet.panels:
        shown.scan("NL850S00000023")
        stage.hands.until(lambda: shown.sheet.panels and shown.sheet.panels[0].briefing is not None, "the device")
    if page_id == "bench" and shown.panel.card is None:
        stage.hands.until(lambda: shown.queue.rows, "the queue")
        shown._choose(shown.queue.rows[0].item_id)
    if page_id == "transfer_in":
        stage.hands.until(lambda: shown.view is not None, "the van")
        shown.scan(next(one.label_no for one in shown.view.lines if one.state == "open"))
        stage.hands.until(lambda: shown.look.line is not None, "the device in the hand")
        shown.scan(shown.look.line.serial_no)
    stage.hands.until(lambda: not window.jobs._running, "nothing is under way")
    for _reader in range(4):  # questions are answered in turn: when these are, those of the page have been
        stage.ask(lambda session: None)
    stage.hands.rest(900)
    if stage.trouble:
        trouble, stage.trouble = stage.trouble, ""
        raise RuntimeError(trouble)


def save(window: Any, path: Path) -> None:
    """Save what the window shows with as many colours as fit below the limit."""
    image = window.grab().toImage().convertToFormat(window.grab().toImage().Format.Format_RGB888)
    picture = Image.frombytes(
        "RGB", (image.width(), image.height()), bytes(image.constBits()), "raw", "RGB", image.bytesPerLine()
    )
    for colours in COLOURS:
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(1 if main() else 0)
