"""The card that connects this desk to the central server: address, one-time code, and whom to trust.

The first start and the page about syncing both use it. It knows no network: `connect` does the work on a work
thread. What was typed stays in its field whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from deskapp.clock import shop_time
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.sync.invitation import Certificate, Joined, Wish, in_groups, plain_pin, read_invitation
from deskapp.ui.jobs import Jobs
from deskapp.ui.speech import listed, spoken
from deskapp.ui.widgets.fields import LatinField, ScanField
from deskapp.ui.widgets.forms import Card, Form, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.text import Button, Text, reveal

Connect = Callable[[Wish], Joined]
Look = Callable[[str], Certificate]


class EnrolCard(Card):
    """Address and code in, a station number out.

    `connect` and `look` run on a work thread: the first lets this desk belong (`sync.joining.join`), the second
    returns the certificate of a server that is not trusted, to be compared by a person.

    Signals:
        joined: this desk belongs now; carries `Joined`.
        busy: True while the server is being asked.
    """

    joined = Signal(object)
    busy = Signal(bool)

    def __init__(
        self, jobs: Jobs, connect: Connect, *, look: Look | None = None, now: Callable[[], int] | None = None,
        name: str = "", own_button: bool = True, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """`now` gives this computer's time in ms UTC; `own_button` is False where somebody else calls `submit`."""
        super().__init__(
            N_("Connect with the central server"), icon="cloud",
            hint=N_("Whoever looks after the server gives you its address and a code for this one computer. The code"
                    " holds for some minutes and works once."),
            parent=parent,
        )  # fmt: skip
        self._jobs, self._connect, self._look, self._name = jobs, connect, look or _look, name
        self._now = now or _now
        self._seen: Certificate | None = None
        self._authority = ""
        self.server = LatinField("sync.example.org", limit=200)
        self.code = ScanField("ABCD-EFGH-JKLM")
        self.code.setMaxLength(230)
        self.form = Form(columns=2)
        self.form.add("server", N_("&Address of the server"), self.server, needed=True)
        self.form.add("code", N_("One-time &code"), self.code, needed=True,
                      hint=N_("Type it, or scan the QR: that fills in the address too"))  # fmt: skip
        self._make_trust()
        self.banner = Banner("info", dismissible=False)
        self.more = Button(N_("The server has a certificate of its own …"), "link", clicked=self.show_trust)
        self.go = Button(N_("Connec&t"), "primary", icon="cloud", clicked=self.submit)
        self.add(self.form)
        self.add(self.banner)
        self.add(self.trust)
        line = row(self.more, 1)
        if own_button:
            line.addWidget(self.go)
        self.add(line)
        self.banner.hide()
        self.trust.hide()
        self.server.returnPressed.connect(self._typed_server)
        self.code.scanned.connect(self._typed_code)
        self.code.textEdited.connect(self._maybe_invitation)

    def _make_trust(self) -> None:
        self.trust = Card(N_("Whom to trust"), icon="shield-check")
        self.seen = Text(role="body", wrap=True)
        self.fingerprint = Text(role="strong", wrap=True, copy=True)
        self.same = Button(N_("It is the same: trust this server"), icon="check", clicked=self.trust_it)
        self.pin = LatinField(limit=120)
        self.authority = Text(role="muted", wrap=True)
        self.choose = Button(N_("Choose the file …"), icon="folder", clicked=self.choose_file)
        self.forget = Button(N_("Without a file"), "quiet", clicked=lambda: self.use_file(""))
        self.trust_form = Form()
        self.trust_form.add("pin", N_("&Fingerprint of the certificate (SHA-256)"), self.pin,
                            hint=N_("From whoever looks after the server, by another way than this line"))  # fmt: skip
        self.file_row = Form()
        self.file_row.add("authority", N_("Or the certificates of your organisation, as a file (P&EM)"), self.choose)
        for part in (self.seen, self.fingerprint):
            self.trust.add(part)
        self.trust.add(row(self.same, 1))
        self.trust.add(self.trust_form)
        self.trust.add(self.file_row)
        self.trust.add(row(self.authority, self.forget, 1))
        self._show_seen(None)
        self.use_file("")

    # -- what was typed ------------------------------------------------------------

    def wish(self) -> Wish:
        """Return what was typed."""
        return Wish(self.server.text().strip(), self.code.text().strip().upper(), self.pin.text().strip(),
                    self._authority, self._name)  # fmt: skip

    def start_with(self, server: str) -> None:
        """Fill in the address that is known already."""
        if not self.server.text():
            self.server.setText(server)

    def first(self) -> QWidget:
        """Return where the focus begins."""
        return self.code if self.server.text() else self.server

    def scan(self, text: str) -> bool:
        """Take the QR of an invitation, wherever the focus is."""
        found = read_invitation(text)
        if found is None:
            return False
        self.server.setText(found[0])
        self.code.setText(found[1])
        return True

    def _maybe_invitation(self, text: str) -> None:
        self.scan(text)

    def _typed_server(self) -> None:
        """Go on to the code; a QR that was scanned in here has both."""
        if self.scan(self.server.text()):
            self.submit()
        else:
            self.code.setFocus()

    def _typed_code(self, text: str) -> None:
        if not self.scan(text):
            self.code.setText(text)
        self.submit()

    # -- asking --------------------------------------------------------------------

    def submit(self) -> None:
        """Ask the server to take this desk in."""
        if not self.go.isEnabled():
            return
        self.scan(self.server.text())  # an invitation that was pasted
        self._clear()
        self._free(False)
        self.banner.say("info", N_("The server is being asked …"))
        wish = self.wish()
        self._jobs.background(lambda _progress: self._connect(wish), owner=self, then=self._joined, refused=self.refuse)

    def refuse(self, error: DeskError) -> None:
        """Say what has to change, at its field; nothing typed is lost."""
        self._free(True)
        self.banner.clear()
        if error.code == "certificate":
            self._ask_whom(error)
            return
        for form in (self.form, self.trust_form, self.file_row):
            if error.field in form.rows:
                reveal(self.trust, form is not self.form or not self.trust.isHidden())
                form.refuse(error)
                return
        self.banner.put("danger", say(error))

    def _joined(self, done: Joined) -> None:
        self._free(True)
        self.code.clear()
        self.trust.hide()
        if done.clock_off_ms:
            self.banner.put("warn", clock_sentence(done.clock_off_ms))
        else:
            self.banner.say("ok", N_("Connected: {site}, station {number}."), site=done.site_name,
                            number=f"{done.number:05d}")  # fmt: skip
        self.joined.emit(done)

    def _clear(self) -> None:
        for form in (self.form, self.trust_form, self.file_row):
            form.clear_errors()
        self.banner.clear()

    def _free(self, free: bool) -> None:
        for widget in (self.go, self.same, self.choose):
            widget.setEnabled(free)
        self.busy.emit(not free)

    # -- whom to trust ---------------------------------------------------------------

    def show_trust(self) -> None:
        """Show the fields for a server whose certificate no public authority has signed."""
        reveal(self.trust)
        self.more.hide()
        self.pin.setFocus()

    def trust_it(self) -> None:
        """Take the certificate that was shown and compared as the right one, and ask again."""
        if self._seen is not None:
            self.pin.setText(in_groups(self._seen.fingerprint))
            self._show_seen(None)
            self.submit()

    def use_file(self, path: str) -> None:
        """Trust the authority whose certificates are in a file; an empty path trusts none."""
        self._authority = path
        self.authority.put(path)
        for widget in (self.authority, self.forget):
            reveal(widget, bool(path))

    def choose_file(self) -> None:
        """Ask for the file of an authority."""
        dialog = QFileDialog(self, spoken(N_("Certificates of your organisation")))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter("PEM (*.pem *.crt *.cer)")
        dialog.fileSelected.connect(self.use_file)
        dialog.open()

    def _ask_whom(self, error: DeskError) -> None:
        reveal(self.trust)
        self.more.hide()
        self.banner.put("danger", say(error))
        server = self.server.text()
        self._jobs.background(
            lambda _progress: self._look(server), owner=self, then=self._show_seen, refused=lambda _error: None
        )

    def _show_seen(self, seen: Certificate | None) -> None:
        self._seen = seen
        for widget in (self.seen, self.fingerprint, self.same):
            reveal(widget, seen is not None)
        if seen is None:
            return
        self.fingerprint.put(in_groups(seen.fingerprint))
        if not seen.valid_from <= self._now() <= seen.valid_to:
            self.same.hide()
            self.seen.say(
                N_("The certificate holds from {start} to {end}, and this computer's clock shows {now}. Set the clock,"
                   " or have the certificate renewed."),
                start=f"{shop_time(seen.valid_from):%Y-%m-%d}", end=f"{shop_time(seen.valid_to):%Y-%m-%d}",
                now=f"{shop_time(self._now()):%Y-%m-%d %H:%M}",
            )  # fmt: skip
        elif plain_pin(self.pin.text()) not in ("", seen.fingerprint):
            self.same.hide()
            self.seen.say(
                N_("The server shows another certificate than the one you entered. Ask whoever looks after the server"
                   " before you go on; this is what it shows:")
            )  # fmt: skip
        elif not seen.made_out_to(host := _host(self.server.text())):
            self.seen.say(
                N_("The certificate is made out to {names}, not to {host}. Check the address. If it is right, whoever"
                   " looks after the server has to have the certificate made anew, or tells you its fingerprint:"),
                names=listed(seen.names[:3]), host=host,
            )  # fmt: skip
        else:
            self.seen.say(
                N_("“{name}”, signed by “{issuer}”. Ask for the fingerprint by telephone and compare every digit. If"
                   " one differs, somebody else sits on the line."),
                name=seen.issued_to, issuer=seen.issued_by,
            )  # fmt: skip


def clock_sentence(off_ms: int) -> str:
    """Say how far this computer's clock is off; `off_ms` is the server's less this computer's."""
    from deskapp.ui.sync_words import off_by  # it knows the store, which a first start loads when it is wanted

    text = (
        N_("Connected. This computer's clock is {span} slow. Set it: the times on your papers are wrong.")
        if off_ms > 0
        else N_("Connected. This computer's clock is {span} fast. Set it: the times on your papers are wrong.")
    )
    return spoken(text, span=off_by(off_ms))


def _host(typed: str) -> str:
    return urlsplit(typed if "://" in typed else f"https://{typed.strip()}").hostname or ""


def _look(url: str) -> Certificate:
    from deskapp.sync.joining import show_certificate  # the network is loaded when it is wanted

    return show_certificate(url)


def _now() -> int:
    from deskapp.clock import system_clock

    return system_clock()
