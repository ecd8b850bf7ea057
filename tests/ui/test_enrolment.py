"""Connecting a desk with the central server: a real server process, the real windows, every way it can go wrong."""

from __future__ import annotations

import datetime
import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from deskapp.app import Desk
from deskapp.clock import new_uuid7, system_clock
from deskapp.commands.joining import choose_first_pin, choose_pin_with
from deskapp.commands.people import sign_in
from deskapp.commands.syncing import keep_state, take_identity
from deskapp.errors import Forbidden
from deskapp.models import opening
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.joining import Welcomed
from deskapp.queries.syncing import sync_badge
from deskapp.sync import joining
from deskapp.sync.exchange import Exchange
from deskapp.sync.invitation import Certificate, Joined, Wish, read_invitation
from deskapp.sync.transport import Answer
from deskapp.ui.enrol_card import EnrolCard, clock_sentence
from deskapp.ui.jobs import Jobs
from deskapp.ui.pages import first_start_join
from deskapp.ui.pages.first_start import Welcome
from deskapp.ui.pages.first_start_join import JoinWizard, OwnPinStep
from tests.conftest import KEY
from tests.keys import press_key, type_keys
from tests.server.live import Process, command, running
from tests.sync.desks import new_desk

PASSPHRASE = "correct horse battery"


@dataclass
class Server:
    """A running server with one site and two people."""

    data: Path
    process: Process

    @property
    def url(self) -> str:
        return f"http://{self.process.host}:{self.process.port}"

    def code(self, site: str = "FZ-A1") -> str:
        told = command(self.data, "station", "enrol", site, "--minutes", "10")
        found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", told)
        assert found, told
        return found[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("server")
    command(data, "site", "add", "FZ-A1", "福州鼓楼邮政支局")
    command(data, "site", "add", "FZ-C1", "福州仓山邮政支局")
    command(data, "site", "add", "FZ-D1", "福州晋安邮政支局")
    command(data, "staff", "add", "5001", "林晓", "--role", "administrator", "--role", "site_supervisor")
    command(data, "staff", "add", "5002", "王芳", "--role", "counter_clerk")
    with running(data) as process:
        yield Server(data, process)
        process.process.kill()  # politely, it would wait for a desk that listened last


@pytest.fixture(scope="module")
def branch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a branch that has worked without a server so far; tests get copies."""
    desk = new_desk(tmp_path_factory.mktemp("branch"), "鼓楼", code="FZ-A1")
    desk.close()
    return desk.home.root


@pytest.fixture
def store(branch: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of that branch, as a computer of its own."""
    home = Home(tmp_path / "desk")
    shutil.copytree(branch, home.root)
    made = Store(home, KEY)
    made.run(take_identity(station=new_uuid7(), station_no=90_001, site_id="", after=0, state={}))
    yield made
    made.close()


@pytest.fixture
def jobs(store: Store) -> Iterator[Jobs]:
    made = Jobs(lambda: store)
    yield made
    made.close()


@pytest.fixture
def card(qtbot, jobs: Jobs, store: Store) -> EnrolCard:
    """The card over the test branch, which has no server yet."""
    made = EnrolCard(jobs, lambda wish: joining.join(store, wish, keyring=None))
    qtbot.addWidget(made)
    made.show()
    return made


def enter(widget: QWidget, text: str = "") -> None:
    if text:
        type_keys(widget, text)
    press_key(widget, Qt.Key.Key_Return)


def ask(card: EnrolCard, server: str, code: str) -> None:
    card.server.setText(server)
    card.code.setText(code)
    card.submit()


def error(card: EnrolCard, field: str) -> str:
    for form in (card.form, card.trust_form, card.file_row):
        if field in form.rows and form.rows[field].error.isVisibleTo(card):
            return form.rows[field].error.text()
    return ""


def to_the_server(qtbot, one: Desk) -> JoinWizard:
    """Go through the first start of a computer that joins, up to the fields of the server."""
    qtbot.waitUntil(one.gate.isVisible, timeout=20_000)
    welcome = one.gate.panels.currentWidget()
    assert isinstance(welcome, Welcome)
    enter(welcome.join)
    wizard = one.gate.panels.currentWidget()
    assert isinstance(wizard, JoinWizard)
    qtbot.waitUntil(lambda: wizard.key.needs_passphrase, timeout=20_000)
    for place in wizard.key.asked:
        enter(one.gate.focusWidget(), wizard.key.groups[place].lower())
    for _time in range(2):
        enter(one.gate.focusWidget(), PASSPHRASE)
    enter(wizard.next_button)
    return wizard


# -- the first start ---------------------------------------------------------------------


def test_a_computer_joins_its_branch_with_keys_only_and_everybody_chooses_a_pin(
    qtbot, tmp_path: Path, desk, server: Server
) -> None:
    home = Home(tmp_path / "home")
    one = desk(home)
    wizard = to_the_server(qtbot, one)
    enter(one.gate.focusWidget(), server.url)
    enter(one.gate.focusWidget(), "AAAA-BBBB-CCCC")
    qtbot.waitUntil(lambda: bool(error(wizard.card, "code")), timeout=30_000)
    assert "Ask for a new one" in error(wizard.card, "code")
    assert wizard.card.server.text() == server.url and wizard.card.code.text() == "AAAA-BBBB-CCCC"
    wizard.card.code.setText(server.code("FZ-C1").lower())  # no other computer of this branch was here
    enter(wizard.next_button)

    qtbot.waitUntil(lambda: wizard.you.here, timeout=30_000)
    assert "福州仓山邮政支局" in wizard.you.banner.text.text()
    assert not wizard.back_button.isEnabled()
    enter(wizard.you.staff_no, "5002")
    enter(wizard.you.pin, "739518")
    enter(wizard.you.again, "739518")
    qtbot.waitUntil(lambda: wizard.you.form.rows["staff_no"].error.isVisibleTo(wizard), timeout=20_000)
    assert "supervisor" in wizard.you.form.rows["staff_no"].error.text()
    wizard.you.staff_no.setText("5001")
    enter(wizard.next_button)

    qtbot.waitUntil(lambda: one.window is not None, timeout=30_000)
    lock = one.window.lock_screen
    assert lock.branch.text() == "福州仓山邮政支局"
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    lock.attempted.emit("5002", "846203")  # a colleague who never had a PIN here
    qtbot.waitUntil(lambda: lock.again.isVisibleTo(one.window), timeout=10_000)
    assert "No PIN here yet" in lock.error.text()
    lock.who.setText("5002")
    helper, helper_pin = lock._helpers()
    for field, text in ((lock.pin, "846203"), (lock.again, "846203"), (helper, "5001"), (helper_pin, "111111")):
        field.setText(text)
    enter(lock.enter)
    qtbot.waitUntil(lambda: "not right" in lock.error.text(), timeout=10_000)
    assert lock.pin.text() == "846203", "what the person typed stays"
    qtbot.waitUntil(lock.enter.isEnabled, timeout=20_000)
    helper_pin.setText("739518")
    enter(lock.enter)
    qtbot.waitUntil(lambda: one.window.actor is not None, timeout=10_000)
    assert one.window.actor.staff_no == "5002"
    assert one.store.facts.station_no > 0 and one.store.facts.site_id
    assert opening.find_key(home, PASSPHRASE) == one.key


def test_nobody_is_let_in_before_the_branch_itself_has_come(
    qtbot, tmp_path: Path, desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(first_start_join, "ASK_AGAIN_MS", 50)
    first = new_desk(tmp_path, "晋安", code="FZ-D1")
    store = first.store
    joining.join(store, Wish(server.url, server.code("FZ-D1")), keyring=None)  # and has not sent anything yet
    one = desk(Home(tmp_path / "home"))
    wizard = to_the_server(qtbot, one)
    enter(one.gate.focusWidget(), server.url)
    enter(one.gate.focusWidget(), server.code("FZ-D1"))
    qtbot.waitUntil(lambda: "first computer has not sent" in wizard.you.words.text(), timeout=30_000)
    for field, text in ((wizard.you.staff_no, "5001"), (wizard.you.pin, "739518"), (wizard.you.again, "739518")):
        field.setText(text)
    enter(wizard.next_button)
    assert not wizard.you.here and one.window is None

    exchange = Exchange(store, keyring=None)
    exchange.speak()
    exchange.close()

    qtbot.waitUntil(lambda: wizard.you.here, timeout=30_000)
    assert (wizard.you.staff_no.text(), wizard.you.pin.text()) == ("5001", "739518")
    enter(wizard.next_button)
    qtbot.waitUntil(lambda: one.window is not None, timeout=30_000)
    assert one.window.lock_screen.branch.text() == "晋安邮政支局"
    qtbot.waitUntil(lambda: one.store is not None, timeout=20_000)
    assert one.store.facts.site_id == store.facts.site_id
    first.close()


def test_a_line_that_breaks_at_the_very_end_is_told_and_one_press_goes_on_without_it(
    qtbot, tmp_path: Path, desk
) -> None:
    data = tmp_path / "server"
    data.mkdir()
    command(data, "site", "add", "FZ-E1", "福州马尾邮政支局")
    one = desk(Home(tmp_path / "home"))
    wizard = to_the_server(qtbot, one)
    with running(data) as process:
        server = Server(data, process)
        enter(one.gate.focusWidget(), server.url)
        enter(one.gate.focusWidget(), server.code("FZ-E1"))
        qtbot.waitUntil(lambda: wizard.you.here, timeout=30_000)
    for field, text in (
        (wizard.you.staff_no, "1001"), (wizard.you.name, "李秀英"), (wizard.you.pin, "739518"),
        (wizard.you.again, "739518"),
    ):  # fmt: skip
        field.setText(text)
    enter(wizard.next_button)

    qtbot.waitUntil(lambda: wizard.banner.action.isVisibleTo(wizard), timeout=30_000)
    assert "could not be asked" in wizard.banner.text.text() and one.window is None
    assert wizard.next_button.isEnabled() and wizard.you.name.text() == "李秀英"
    enter(wizard.banner.action)
    qtbot.waitUntil(lambda: one.window is not None, timeout=30_000)
    assert one.window.lock_screen.branch.text() == "福州马尾邮政支局"


def test_where_the_server_knows_nobody_the_first_person_becomes_administrator(tmp_path: Path) -> None:
    desk = new_desk(tmp_path, "新")
    store = desk.store
    act = choose_first_pin(staff_no="1001", pin="739518", name="李秀英")
    with pytest.raises(Forbidden):
        store.run(act)  # a branch that has no server is set up, not joined
    store.run(keep_state(state={"station": store.facts.station, "server": "https://x"}))

    actor = store.run(act).result

    assert {"administrator", "site_supervisor"} == set(actor.roles)
    with pytest.raises(Forbidden):
        store.run(choose_first_pin(staff_no="1002", pin="846203", name="王芳"))
    assert store.run(sign_in(who="1001", pin="739518")).result.actor is not None
    desk.close()


def test_enter_goes_by_the_name_where_the_server_knows_nobody(qtbot) -> None:
    done: list[str] = []
    step = OwnPinStep(lambda: done.append("done"))
    qtbot.addWidget(step)
    step.show()
    step.show_welcome(Welcomed("鼓楼", 0, False))
    step.first().setFocus()
    type_keys(step.focusWidget(), "1001")
    for text in ("王芳", "739518", "739518"):
        press_key(step.focusWidget(), Qt.Key.Key_Return)
        if text.isascii():
            type_keys(step.focusWidget(), text)
        else:
            step.focusWidget().setText(text)  # as an input method does
    press_key(step.focusWidget(), Qt.Key.Key_Return)
    assert (step.staff_no.text(), step.name.text(), step.pin.text(), done) == ("1001", "王芳", "739518", ["done"])
    step.show_welcome(Welcomed("鼓楼", 3, True))
    step.staff_no.setFocus()
    press_key(step.staff_no, Qt.Key.Key_Return)
    assert step.focusWidget() is step.pin


# -- the card ------------------------------------------------------------------------------


def test_a_branch_at_work_is_connected_later_and_its_entries_wait_to_be_sent(
    qtbot, card: EnrolCard, store: Store, server: Server
) -> None:
    with qtbot.waitSignal(card.joined, timeout=20_000) as seen:
        ask(card, server.url, server.code())

    assert isinstance(seen.args[0], Joined) and seen.args[0].site_code == "FZ-A1"
    badge = store.ask(lambda session: sync_badge(session, store.now))
    assert badge.unsent > 0
    assert card.code.text() == "", "a spent code is of no use to anybody"


def test_the_qr_of_an_invitation_fills_in_both_fields(qtbot, card: EnrolCard) -> None:
    type_keys(card.code, "DESK:https://sync.example.org#ABCD-EFGH-JKLM")

    assert (card.server.text(), card.code.text()) == ("https://sync.example.org", "ABCD-EFGH-JKLM")
    assert read_invitation("DESK:nothing") is None


def test_an_invitation_that_is_scanned_into_the_address_fills_in_both_fields_and_asks(qtbot, card: EnrolCard) -> None:
    asked: list[bool] = []
    card.busy.connect(asked.append)
    enter(card.server, "DESK:https://127.0.0.1:1#ABCD-EFGH-JKLM")

    assert (card.server.text(), card.code.text()) == ("https://127.0.0.1:1", "ABCD-EFGH-JKLM")
    assert asked[:1] == [True]
    qtbot.waitUntil(lambda: bool(error(card, "server")), timeout=30_000)


def test_an_invitation_that_is_pasted_as_the_address_is_taken_apart_when_asked(qtbot, card: EnrolCard) -> None:
    ask(card, "DESK:https://127.0.0.1:1#ABCD-EFGH-JKLM", "")

    assert (card.server.text(), card.code.text()) == ("https://127.0.0.1:1", "ABCD-EFGH-JKLM")
    qtbot.waitUntil(lambda: bool(error(card, "server")), timeout=30_000)


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(qtbot, card: EnrolCard) -> None:
    for url, code, field, words in (
        ("", "ABCD-EFGH-JKLM", "server", "Enter the server's address"),
        ("http://sync.example.org", "ABCD-EFGH-JKLM", "server", "https"),
        ("https://127.0.0.1:1/path", "ABCD-EFGH-JKLM", "server", "such as sync"),
        ("https://127.0.0.1:1", "", "code", "Enter the code"),
        ("https://127.0.0.1:1", "ABCD-EFGH-JKLM", "server", "cannot be reached"),
    ):
        ask(card, url, code)

        qtbot.waitUntil(lambda field=field, words=words: words in error(card, field), timeout=20_000)
        assert (card.server.text(), card.code.text()) == (url, code)
        assert card.go.isEnabled()


def test_a_code_that_was_used_asks_for_a_new_one(qtbot, card: EnrolCard, server: Server) -> None:
    code = server.code()
    with qtbot.waitSignal(card.joined, timeout=20_000):
        ask(card, server.url, code)
    ask(card, server.url, code)

    qtbot.waitUntil(lambda: bool(error(card, "code")), timeout=20_000)
    assert "used already" in error(card, "code") and card.code.text() == code


def test_something_else_at_the_address_is_no_server(store: Store) -> None:
    class Printer:
        def send(self, *_given: object, **_named: object) -> Answer:
            return Answer(200, {}, b"<html>printer</html>")

        def close(self) -> None: ...

    with pytest.raises(Exception, match="no deskapp server") as seen:
        joining.join(store, Wish("https://printer", "ABCD-EFGH-JKLM"), keyring=None, make_line=lambda _a: Printer())
    assert seen.value.field == "server"  # type: ignore[attr-defined]


def test_a_lost_answer_costs_no_second_code(store: Store, server: Server) -> None:
    class Deaf(joining.Network):
        """Loses the answer to the enrolment, after the server has given it."""

        def send(self, method: str, target: str, *rest: object, **named: object) -> Answer:
            answer = super().send(method, target, *rest, **named)  # type: ignore[arg-type]
            if target == "/v1/station":
                from deskapp.errors import Unavailable

                raise Unavailable("gone", code="offline")
            return answer

    wish = Wish(server.url, server.code())
    with pytest.raises(Exception, match="gone"):
        joining.join(store, wish, keyring=None, make_line=Deaf)

    assert joining.join(store, wish, keyring=None).number > 0


def test_a_wrong_clock_is_told_and_stops_nothing(qtbot, jobs: Jobs, store: Store, server: Server) -> None:
    slow = EnrolCard(jobs, lambda wish: joining.join(store, wish, keyring=None, clock=lambda: system_clock() - 900_000))
    qtbot.addWidget(slow)
    with qtbot.waitSignal(slow.joined, timeout=20_000):
        ask(slow, server.url, server.code())

    assert "clock is 15 min slow" in slow.banner.text.text()


def test_a_clock_that_is_off_by_a_year_is_told_in_days() -> None:
    assert "clock is 365 days slow" in clock_sentence(365 * 86_400_000)
    assert "clock is 8 h fast" in clock_sentence(-8 * 3_600_000 + 200), "the answer took a moment"


# -- whom to trust ---------------------------------------------------------------------------


def certificate(folder: Path, host: str = "") -> tuple[Path, Path, str]:
    """Make a certificate that nobody has signed; return its file, its key's, and its fingerprint."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sync.fzpost.local")])
    now = datetime.datetime.now(datetime.UTC)
    named = x509.DNSName(host) if host else x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([named]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "server.pem", folder / "server.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return *paths, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest.fixture(scope="module")
def private_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Path]]:
    data = tmp_path_factory.mktemp("private")
    cert, key, fingerprint = certificate(data)
    command(data, "site", "add", "FZ-A1", "福州鼓楼邮政支局")
    with running(data, "--tls-cert", str(cert), "--tls-key", str(key)) as process:
        yield Server(data, process), fingerprint, cert


def test_a_certificate_of_ones_own_is_shown_compared_and_pinned(
    qtbot, card: EnrolCard, store: Store, private_server: tuple[Server, str, Path]
) -> None:
    server, fingerprint, _cert = private_server
    url = server.url.replace("http:", "https:")
    ask(card, url, server.code())
    qtbot.waitUntil(lambda: card.same.isVisibleTo(card), timeout=20_000)
    assert card.fingerprint.text().replace(" ", "").lower() == fingerprint
    assert "sync.fzpost.local" in card.seen.text() and "Nothing was sent" in card.banner.text.text()

    with qtbot.waitSignal(card.joined, timeout=20_000):
        enter(card.same)

    from deskapp.sync.exchange import address_of

    assert address_of(store).pin == fingerprint


def test_another_certificate_than_the_pinned_one_is_never_trusted_by_one_press(
    qtbot, card: EnrolCard, private_server: tuple[Server, str, Path]
) -> None:
    server, fingerprint, _cert = private_server
    card.show_trust()
    card.pin.setText("AB" * 32)
    ask(card, server.url.replace("http:", "https:"), "ABCD-EFGH-JKLM")
    qtbot.waitUntil(lambda: card.seen.isVisibleTo(card), timeout=20_000)

    assert "another certificate" in card.seen.text()
    assert not card.same.isVisibleTo(card) and fingerprint[:4].upper() in card.fingerprint.text()


def test_the_organisations_own_authority_is_trusted_by_a_file(
    qtbot, card: EnrolCard, store: Store, private_server: tuple[Server, str, Path], tmp_path: Path
) -> None:
    server, _fingerprint, cert = private_server
    card.use_file(str(tmp_path / "nothing.pem"))
    ask(card, server.url.replace("http:", "https:"), server.code())
    qtbot.waitUntil(lambda: bool(error(card, "authority")), timeout=20_000)
    assert "not there" in error(card, "authority")

    card.use_file(str(cert))
    with qtbot.waitSignal(card.joined, timeout=20_000):
        card.submit()

    from deskapp.sync.exchange import address_of

    kept = Path(address_of(store).authority)
    assert kept.parent == store.home.root and kept.read_bytes() == cert.read_bytes()


def test_a_certificate_for_another_name_says_whose_it_is(qtbot, card: EnrolCard, tmp_path: Path) -> None:
    cert, key, _fingerprint = certificate(tmp_path, "other.fzpost.local")
    data = tmp_path / "server"
    data.mkdir()
    command(data, "site", "add", "FZ-A1", "福州鼓楼邮政支局")
    with running(data, "--tls-cert", str(cert), "--tls-key", str(key)) as process:
        card.use_file(str(cert))
        ask(card, f"https://{process.host}:{process.port}", "AAAA-BBBB-CCCC")
        qtbot.waitUntil(lambda: card.same.isVisibleTo(card), timeout=30_000)
    assert "made out to other.fzpost.local, not to 127.0.0.1" in card.seen.text()


def test_a_certificate_for_a_whole_domain_is_for_its_hosts_only() -> None:
    seen = Certificate("ab" * 32, "sync", "sync", 0, 1, ("*.fzpost.local", "10.0.0.7"))
    assert seen.made_out_to("Sync.fzpost.local") and seen.made_out_to("10.0.0.7")
    assert not seen.made_out_to("fzpost.local") and not seen.made_out_to("a.b.fzpost.local")
    assert Certificate("ab" * 32, "sync", "sync", 0, 1).made_out_to("anywhere")


def test_a_certificate_out_of_its_time_blames_the_clock(qtbot, card: EnrolCard) -> None:
    card._look = lambda _url: Certificate("ab" * 32, "sync", "sync", 0, 1)
    from deskapp.errors import Unavailable

    card.refuse(Unavailable("The certificate is not trusted.", code="certificate"))

    qtbot.waitUntil(lambda: "clock" in card.seen.text(), timeout=10_000)
    assert not card.same.isVisibleTo(card)


# -- who may choose a PIN ---------------------------------------------------------------------


def test_a_pin_is_never_chosen_over_one_that_is_there(store: Store) -> None:
    with pytest.raises(Forbidden):
        store.run(choose_first_pin(staff_no="S01", pin="864209"))
    found = store.run(choose_pin_with(who="S02", pin="864209", helper="S01", helper_pin="903571")).result
    assert found.actor is None and "have a PIN" in found.sentence
