"""`deskapp-server`: the commands of the person who looks after the central server."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import say as in_words
from deskapp.server import check, cli_people, copies, keeping
from deskapp.server.database import is_postgres, sqlite_file
from deskapp.server.identity import Epoch
from deskapp.server.service import Options, Server
from deskapp.server.telling import language, say, tell, who

log = logging.getLogger(__name__)

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; TLS 1.3 brings its own. Older ones are not spoken."""

BACKLOG = 4096

Act = Callable[[Server, argparse.Namespace], int]


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    given = _parser().parse_args(words)
    logging.basicConfig(
        level=logging.INFO if given.verbose else logging.WARNING, stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )  # fmt: skip
    try:
        run: Callable[[argparse.Namespace], int] = given.run
        return run(given)
    except DeskError as error:
        sys.stderr.write(f"deskapp-server: {in_words(error, language())}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    home = os.environ.get("DESKAPP_SERVER_DATA", "deskapp-server-data")
    top = argparse.ArgumentParser("deskapp-server", description="The central server of deskapp.")
    top.add_argument("--data", type=Path, default=Path(home), help="folder for the epoch and the SQLite database")
    top.add_argument("--db", default=os.environ.get("DESKAPP_SERVER_DB", ""), help="postgresql://... or a file's path")
    top.add_argument("--archive", type=Path, default=None, help="off-box folder for every accepted change set")
    top.add_argument("--verbose", action="store_true")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")
    _serve_words(verbs)
    cli_people.add_words(verbs, _with_server)
    _with_server(verbs, "check", _check, "look whether chains, heads and records agree")
    _with_server(verbs, "backup", _backup, "write a checked copy of the database").add_argument("target", type=Path)
    restore = _verb(verbs, "restore", _restore, "put a backup back and begin a new epoch")
    restore.add_argument("source", type=Path, nargs="?", help="the backup; without it only the epoch is raised")
    return top


def _verb(group: Any, name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = group.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def _with_server(group: Any, name: str, act: Act, words: str) -> argparse.ArgumentParser:
    """Add a command that works on an open server."""

    def run(given: argparse.Namespace) -> int:
        server = _open(given)
        try:
            return act(server, given)
        finally:
            server.close()

    return _verb(group, name, run, words)


def _serve_words(verbs: Any) -> None:
    serve = _verb(verbs, "serve", _serve, "answer the desks")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8750, help="0 takes a free one and prints it")
    serve.add_argument("--tls-cert", type=Path, help="certificate chain (PEM)")
    serve.add_argument("--tls-key", type=Path, help="its key (PEM)")
    serve.add_argument("--behind-proxy", default="", help="addresses of proxies whose word on the client is taken")
    serve.add_argument("--open-metrics", action="store_true", help="/metrics for other computers too")
    serve.add_argument("--poll", type=float, default=1.0, help="seconds between looks at other processes' commits")


def _options(given: argparse.Namespace) -> Options:
    given.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Options(given.db or str(given.data / "server.db"), given.data, given.archive)


def _open(given: argparse.Namespace) -> Server:
    return Server(_options(given))


# -- answering the desks -----------------------------------------------------------------


def _serve(given: argparse.Namespace) -> int:
    options = _options(given)
    if bool(given.tls_cert) != bool(given.tls_key):
        raise Refused(N_("--tls-cert and --tls-key belong together."))
    if given.tls_cert:
        _look_at_certificate(given.tls_cert, given.tls_key)
    with ExitStack() as held:
        if not is_postgres(options.url):
            # What was asked before is remembered by one process: two of them on one file would let it in again.
            held.enter_context(copies.alone(sqlite_file(options.url)))
        with _listening(given.host, given.port) as listening:
            _answer(Server(options), given, listening)
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """Open the port; raises Refused where that cannot be done."""
    try:
        if not 0 <= port <= 65_535:
            raise OverflowError("0-65535")
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0], backlog=BACKLOG)
    except (OSError, OverflowError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(
            N_("Port {port} of {host} cannot be opened: {reason}"), host=host, port=port, reason=reason
        ) from error


def _answer(server: Server, given: argparse.Namespace, listening: socket.socket) -> None:
    import uvicorn

    from deskapp.server.app import make_app
    from deskapp.server.lines import Bounded, Prompt

    # A push makes some hundred thousand objects that live until it is done: looking through them again and again
    # for cycles would take a fifth of its time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    app = make_app(server, poll_s=given.poll, open_metrics=given.open_metrics)
    config = uvicorn.Config(
        app, host=given.host, port=given.port, log_config=None, access_log=False, server_header=False,
        date_header=False, timeout_keep_alive=75, backlog=BACKLOG, proxy_headers=bool(given.behind_proxy),
        forwarded_allow_ips=given.behind_proxy or None, timeout_graceful_shutdown=5, ws="none", http=Bounded,
        ssl_certfile=given.tls_cert, ssl_keyfile=given.tls_key, ssl_ciphers=CIPHERS,
    )  # fmt: skip
    config.load()
    host, port = listening.getsockname()[:2]
    scheme = "https" if given.tls_cert else "http"
    address = f"[{host}]" if ":" in host else host
    say(f"deskapp-server listens on {scheme}://{address}:{port}")
    if not given.tls_cert and not given.behind_proxy and host not in ("127.0.0.1", "::1"):
        log.warning("without TLS anybody on the way can read along, and desks refuse to come: give --tls-cert")
    Prompt(config, app.state.hub).run(sockets=[listening])


def _look_at_certificate(chain: Path, key: Path) -> None:
    """Raise Refused for a certificate and a key that are not there, cannot be read, or do not belong together."""
    for place in (chain, key):
        if not place.is_file():
            raise Refused(N_("There is no file {place}."), place=str(place))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except (ssl.SSLError, OSError, ValueError, TypeError) as error:
        raise Refused(
            N_("Certificate and key cannot be used: {reason}"), reason=str(getattr(error, "reason", "") or error)
        ) from error


# -- looking after it --------------------------------------------------------------------


def _check(server: Server, _given: argparse.Namespace) -> int:
    found = check.check(server.database) + keeping.look(server)
    for sentence, values in found:
        tell(sentence, **values)
    if found:
        tell(N_("{count} things are wrong."), count=len(found))
    else:
        tell(N_("Nothing wrong was found."))
    return 1 if found else 0


def _backup(server: Server, given: argparse.Namespace) -> int:
    server.remember()
    wrong = copies.backup(server.database, server.options.url, given.target)
    size = given.target.stat().st_size
    tell(N_("{place}: {size} bytes, {state}"), place=str(given.target), size=size, state=wrong or N_("sound"))
    if not wrong:
        keeping.backed_up(server, given.target)
    return 1 if wrong else 0


def _restore(given: argparse.Namespace) -> int:
    options = _options(given)
    with ExitStack() as held:
        if not is_postgres(options.url):
            held.enter_context(copies.alone(sqlite_file(options.url)))
            if given.source is not None:
                copies.put_back(given.source, sqlite_file(options.url))
        elif given.source is not None:
            copies.put_back_postgres(given.source, options.url)
        Epoch.at(options.state / "epoch.json").raise_()
        server = Server(options)
        server.shut_out_again()
        taken = server.replay(options.archive) if options.archive else 0
        server.note("restore", str(given.source or ""), who())
        tell(
            N_("Epoch {epoch}; {taken} change sets came back from the archive."), epoch=server.epoch.value, taken=taken
        )
        server.close()
    return 0
