"""An act is told in words wherever the journal is shown: by a title, never by the name of a command."""

from __future__ import annotations

import subprocess
import sys

from deskapp.errors import N_
from deskapp.i18n import translate
from deskapp.models.act_titles import UNKNOWN, act_title
from deskapp.models.store import Store, Write, command
from deskapp.models.write import REGISTRY
from deskapp.queries.history import journal
from deskapp.queries.sync_page import waiting_acts
from deskapp.queries.syncing import queued_acts
from tests.conftest import People

ALONE = """
from deskapp.models.act_titles import act_title
from deskapp.models.write import REGISTRY
assert "check_in" not in REGISTRY
print(act_title("check_in"), act_title("void_check_in"), sep="|")
"""


@command(N_("Only in this test"), right="")
def only_in_this_test(write: Write) -> None:
    """Do nothing but stand in the journal."""
    from deskapp.models.people import Site

    write.session.get_one(Site, write.site_id).phone = "0591-83001111"


def test_a_command_that_is_not_loaded_is_called_by_its_title() -> None:
    said = subprocess.run([sys.executable, "-c", ALONE], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "Check in devices|Void a check-in"


def test_a_command_that_is_no_more_keeps_its_title() -> None:
    assert "answer_unknown" not in REGISTRY
    assert act_title("answer_unknown") == "Say whether the paper came out"
    assert translate(act_title("answer_unknown"), "zh_CN") != act_title("answer_unknown")


def test_what_another_version_did_is_said_in_words_in_every_list(store: Store, people: People) -> None:
    store.run(only_in_this_test(), by=people.clerk)
    spec = REGISTRY.pop("only_in_this_test")
    try:
        with store.read() as session:
            titles = {journal(session)[0].title, waiting_acts(session)[-1].title, queued_acts(session)[-1].title}
    finally:
        REGISTRY["only_in_this_test"] = spec

    assert titles == {UNKNOWN} and act_title("only_in_this_test") == "Only in this test"
    assert translate(UNKNOWN, "zh_CN") != UNKNOWN
