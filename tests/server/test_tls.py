"""TLS as it is really spoken: a private authority, a pinned certificate, the wrong ones, and all of it by a proxy."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deskapp.clock import system_clock
from deskapp.errors import Unavailable
from deskapp.server.cli import main
from deskapp.server.service import Options, Server
from deskapp.sync.signed import Signed, Voice
from deskapp.sync.transport import NO_PROXY, Address, Network
from deskapp.sync.wire import SyncRequest, read_reply
from tests.server.live import Process, running
from tests.server.station import Desk, desk_at

NOW = datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Signer:
    """A key and its certificate; signs others where it is an authority."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def pin(self) -> str:
        return hashlib.sha256(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest()

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def made(name: str, by: Signer | None = None, *, until: int = 30, address: str = "127.0.0.1") -> Signer:
    """Make a certificate for an address, signed by an authority; without one it is an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=60))
        .not_valid_after(NOW + datetime.timedelta(days=until))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
        for extension in (names, usage, issuer):
            builder = builder.add_extension(extension, critical=False)
    else:
        signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(signs, critical=True)
    return Signer(key, builder.sign((by or Signer(key, None)).key, hashes.SHA256()))  # type: ignore[arg-type]


@dataclass(frozen=True)
class House:
    """The authority, the server's certificate, a running server with TLS, and a desk that belongs to it."""

    folder: Path
    authority: Signer
    certificate: Signer
    process: Process
    desk: Desk
    epoch: str

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.process.port}"

    def trusted(self, signer: Signer) -> str:
        """Return a file with a certificate that a desk trusts."""
        place = self.folder / f"{signer.pin[:8]}.pem"
        place.write_bytes(signer.pem)
        return str(place)


def served_with(folder: Path, certificate: Signer) -> list[str]:
    (folder / "chain.pem").write_bytes(certificate.pem)
    (folder / "key.pem").write_bytes(certificate.key_pem())
    return ["--tls-cert", str(folder / "chain.pem"), "--tls-key", str(folder / "key.pem")]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("tls")
    authority = made("post office authority")
    certificate = made("server", authority)
    data = folder / "data"
    data.mkdir()
    server = Server(Options(str(data / "server.db"), data))
    desk = desk_at(server, "B01")
    epoch = server.epoch.value
    server.close()
    with running(data, *served_with(folder, certificate)) as process:
        yield House(folder, authority, certificate, process, desk, epoch)


def contact(house: House, address: Address) -> int:
    """Do one round trip as a desk does; return the status."""
    line = Network(address)
    try:
        voice = Voice(house.desk.id, house.desk.key, house.epoch)
        request = SyncRequest(3, system_clock(), (0, ""), house.desk.cursors).to_bytes()
        answer = Signed(line, voice, system_clock).call("POST", "/v1/sync", request)
        assert read_reply(answer.body).head == (0, "")
        return answer.status
    finally:
        line.close()


# -- straight ------------------------------------------------------------------------------


def test_a_desk_comes_in_by_a_private_authority_and_by_the_pinned_certificate(house: House) -> None:
    colons = ":".join(house.certificate.pin[at : at + 2] for at in range(0, 64, 2)).upper()

    assert contact(house, Address(house.url, authority=house.trusted(house.authority), proxy=NO_PROXY)) == 200
    assert contact(house, Address(house.url, pin=house.certificate.pin, proxy=NO_PROXY)) == 200
    assert contact(house, Address(house.url, pin=colons, proxy=NO_PROXY)) == 200


def refused(house: House, address: Address) -> None:
    """The desk says in words that this is not its server, and nothing reached it."""
    with pytest.raises(Unavailable) as told:
        contact(house, address)
    assert told.value.code == "certificate"
    assert "certificate is not the one this desk trusts" in str(told.value)


def test_what_the_desk_does_not_trust_is_refused_in_words(house: House) -> None:
    stranger = made("somebody else's authority")

    refused(house, Address(house.url, proxy=NO_PROXY))  # the computer's own list knows no private authority
    refused(house, Address(house.url, authority=house.trusted(stranger), proxy=NO_PROXY))
    refused(house, Address(house.url, pin=house.authority.pin, proxy=NO_PROXY))
    refused(house, Address(house.url, pin="00" * 32, proxy=NO_PROXY))


def test_variables_of_the_computer_do_not_replace_the_authority_of_the_settings(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", house.trusted(house.authority))
    stranger = made("somebody else's authority")

    refused(house, Address(house.url, authority=house.trusted(stranger), proxy=NO_PROXY))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", house.trusted(stranger))
    assert contact(house, Address(house.url, authority=house.trusted(house.authority), proxy=NO_PROXY)) == 200


@pytest.mark.parametrize(
    "certificate",
    [lambda by: made("server", by, address="192.0.2.1"), lambda by: made("server", by, until=-1)],
    ids=["for another address", "out of date"],
)
def test_a_certificate_for_another_or_of_yesterday_is_refused_unless_it_is_the_pinned_one(
    certificate: object, house: House
) -> None:
    wrong: Signer = certificate(house.authority)  # type: ignore[operator]
    with terminator(wrong, house.process.port) as port:
        url = f"https://127.0.0.1:{port}"

        refused(house, Address(url, authority=house.trusted(house.authority), proxy=NO_PROXY))
        assert contact(house, Address(url, pin=wrong.pin, proxy=NO_PROXY)) == 200


def test_old_tls_is_not_spoken(house: House) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    raw = socket.create_connection(("127.0.0.1", house.process.port), timeout=5)
    with context.wrap_socket(raw) as wrapped:
        told = wrapped.cipher()
    assert told is not None
    assert "GCM" in told[0] or "CHACHA" in told[0]
    context.set_ciphers("ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", house.process.port), timeout=5) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw)


# -- by a proxy ------------------------------------------------------------------------------


def pumped(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways, on one thread (a TLS connection is not for two), until either side ends."""
    ends = {one: other, other: one}
    try:
        while True:
            ready = [end for end in ends if isinstance(end, ssl.SSLSocket) and end.pending()]
            for end in ready or select.select(list(ends), [], [])[0]:
                end.settimeout(0.05)
                try:
                    some = end.recv(65_536)
                except TimeoutError:
                    continue  # part of a record, or one that carries nothing
                if not some:
                    return
                ends[end].settimeout(10)
                ends[end].sendall(some)
    except (OSError, ValueError):
        return


@dataclass
class Middle:
    """Somebody between desk and server: takes connections on a port of its own and carries them on."""

    upstream: int
    wrap: ssl.SSLContext | None = None
    asked: list[str] = field(default_factory=list)
    divert: int = 0
    """A proxy that leads everybody to this port instead."""

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=work, args=given, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self.threads.append(thread)

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self.listener.accept()
            except OSError:
                return
            self._start(self._carry, client)

    def _carry(self, client: socket.socket) -> None:
        try:
            if self.wrap is not None:
                client = self.wrap.wrap_socket(client, server_side=True)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                server: socket.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", self.upstream)))
            else:
                head = b""
                while b"\r\n\r\n" not in head and (some := client.recv(4096)):
                    head += some
                method, target, _rest = head.decode("latin-1").split(" ", 2)
                self.asked.append(f"{method} {target}")
                server = socket.create_connection(("127.0.0.1", self.divert or int(target.rpartition(":")[2])))
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        except (OSError, ValueError):
            client.close()
            return
        pumped(client, server)
        client.close()
        server.close()

    def __enter__(self) -> Middle:
        return self

    def __exit__(self, *_given: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)


class terminator:  # noqa: N801 (used as a function)
    """Ends TLS with a certificate of its own and speaks TLS to the server behind it: a proxy, or somebody in between."""

    def __init__(self, signer: Signer, upstream: int) -> None:
        import tempfile

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(signer.pem + signer.key_pem())
            file.flush()
            context.load_cert_chain(file.name)
        self.middle = Middle(upstream, context)

    def __enter__(self) -> int:
        return self.middle.port

    def __exit__(self, *given: object) -> None:
        self.middle.__exit__(*given)


def test_a_proxy_carries_without_being_able_to_read(house: House) -> None:
    with Middle(house.process.port) as proxy:
        way = f"http://127.0.0.1:{proxy.port}"

        assert contact(house, Address(house.url, authority=house.trusted(house.authority), proxy=way)) == 200
        assert contact(house, Address(house.url, pin=house.certificate.pin, proxy=way)) == 200

    assert proxy.asked == [f"CONNECT 127.0.0.1:{house.process.port}"] * 2


def test_the_pin_and_the_authority_hold_behind_a_proxy_too(house: House) -> None:
    """A proxy leads the desk to a server of its own, with a certificate of its own."""
    impostor = made("server", made("impostor"))
    with terminator(impostor, house.process.port) as port, Middle(house.process.port, divert=port) as proxy:
        way = f"http://127.0.0.1:{proxy.port}"

        refused(house, Address(house.url, authority=house.trusted(house.authority), proxy=way))
        refused(house, Address(house.url, pin=house.certificate.pin, proxy=way))


def test_what_the_computer_says_of_proxies_and_authorities_counts_where_the_settings_say_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = house.trusted(house.authority)
    with Middle(house.process.port) as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)

        assert contact(house, Address(house.url, authority=trusted)) == 200
        assert len(proxy.asked) == 1
        assert contact(house, Address(house.url, authority=trusted, proxy=NO_PROXY)) == 200
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert contact(house, Address(house.url, authority=trusted)) == 200
        assert contact(house, Address(house.url, pin=house.certificate.pin)) == 200
        refused(house, Address(house.url, pin="00" * 32))

    assert len(proxy.asked) == 1, "two were told to go straight"
    monkeypatch.delenv("https_proxy")
    refused(house, Address(house.url))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted)
    assert contact(house, Address(house.url)) == 200
    refused(house, Address(house.url, proxy=NO_PROXY))


def test_a_proxy_that_is_not_there_is_told_as_no_line(house: House) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

        with pytest.raises(Unavailable) as told:
            contact(house, Address(house.url, pin=house.certificate.pin, proxy=f"http://127.0.0.1:{port}"))

    assert told.value.code == "offline"


# -- certificates that cannot be served ------------------------------------------------------


def test_a_certificate_that_cannot_be_used_is_told_in_words(
    tmp_path: Path, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    other = made("server", house.authority)
    (tmp_path / "chain.pem").write_bytes(house.certificate.pem)
    (tmp_path / "key.pem").write_bytes(other.key_pem())
    (tmp_path / "empty.pem").write_bytes(b"")
    data = ["--data", str(tmp_path / "data"), "serve", "--port", "0", "--tls-cert", str(tmp_path / "chain.pem")]

    for key in ("key.pem", "empty.pem", "absent.pem"):
        assert main([*data, "--tls-key", str(tmp_path / key)]) == 1
    assert main(data) == 1

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 4
    assert all(line.startswith("deskapp-server: ") for line in told)
    assert "Traceback" not in "".join(told)
