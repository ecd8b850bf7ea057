from tests.ui.test_registry_pages import *
from tests.ui.test_registry_pages import _shop
from tests.ui.conftest import *
from tests.ui.conftest import _as_it_was
import faulthandler, sys, logging
def test_dbg(qtbot, go, store, caplog):
    from deskapp.ui import jobs as J
    from deskapp.models import replay
    orig=replay.verify_chain
    def v(session):
        print("WORK begin"); r=orig(session); print("WORK end"); return r
    replay.verify_chain=v
    page = go("journal", "auditor")
    j=page.jobs
    od=j._answer
    def ans(p,l): print("ANSWER", p.key, l); return od(p,l)
    j._answer=ans
    qtbot.waitUntil(lambda: len(page.table.rows()) >= 3)
    page.table.setFocus()
    press(Qt.Key.Key_Down)
    page.table.select(0)
    qtbot.waitUntil(lambda: bool(page.values.happenings))
    print("VERIFY")
    page.verify()
    qtbot.wait(3000)
    print("BANNER", page.banner.text.text(), page.verify_button.isEnabled(), j._running)
    replay.verify_chain=orig
