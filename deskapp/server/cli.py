"""`deskapp-server`: the commands of the person who looks after the central server."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deskapp.cipher import sync_folder
from deskapp.clock import new_uuid7, shop_time
from deskapp.errors import N_, DeskError, Refused
from deskapp.server import acts, check, stations
from deskapp.server.database import Database
from deskapp.server.identity import Epoch
from deskapp.server.known import Station
from deskapp.server.service import Options, Server
from deskapp.sync.framing import load

log = logging.getLogger(__name__)


def say(text: str) -> None:
    """Write a line for the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


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
        sys.stderr.write(f"deskapp-server: {error}\n")
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
    site = verbs.add_parser("site", help="sites").add_subparsers(required=True, metavar="ACTION")
    add = _verb(site, "add", _site_add, "make a site known")
    add.add_argument("code")
    add.add_argument("name")
    _verb(site, "list", _site_list, "list the sites")
    station = verbs.add_parser("station", help="stations").add_subparsers(required=True, metavar="ACTION")
    enrol = _verb(station, "enrol", _station_enrol, "print a one-time code for a computer, and a QR")
    enrol.add_argument("site", help="the site's code")
    enrol.add_argument("--name", default="", help="a name for the computer")
    enrol.add_argument("--minutes", type=int, default=10, help="how long the code holds")
    enrol.add_argument("--address", default="", help="the server's address, for the QR")
    _verb(station, "list", _station_list, "list the stations")
    for name, run, words in (
        ("retire", _station_retire, "ask a station to push what it holds and purge itself"),
        ("revoke", _station_revoke, "shut a station out"),
    ):
        _verb(station, name, run, words).add_argument("number", type=int)
    station.choices["revoke"].add_argument("--lost", action="store_true", required=True, help="it is lost or stolen")
    _staff_words(verbs)
    _verb(verbs, "audit", _audit, "show the book of enrolments and revocations").add_argument(
        "--most", type=int, default=50
    )
    _verb(verbs, "check", _check, "look whether chains, heads and records agree")
    _verb(verbs, "backup", _backup, "copy the SQLite database and the epoch").add_argument("target", type=Path)
    restore = _verb(verbs, "restore", _restore, "put a backup back (SQLite) and begin a new epoch")
    restore.add_argument("source", type=Path, nargs="?", help="the backup; without it only the epoch is raised")
    return top


def _verb(group: Any, name: str, run: Callable[[argparse.Namespace], int], words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = group.add_parser(name, help=words)
    parser.set_defaults(run=run)
    return parser


def _serve_words(verbs: Any) -> None:
    serve = _verb(verbs, "serve", _serve, "answer the desks")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8750, help="0 takes a free one and prints it")
    serve.add_argument("--tls-cert", type=Path, help="certificate chain (PEM)")
    serve.add_argument("--tls-key", type=Path, help="its key (PEM)")
    serve.add_argument("--behind-proxy", default="", help="addresses of proxies whose word on the client is taken")
    serve.add_argument("--open-metrics", action="store_true", help="/metrics for other computers too")
    serve.add_argument("--poll", type=float, default=1.0, help="seconds between looks at other processes' commits")


def _staff_words(verbs: Any) -> None:
    staff = verbs.add_parser("staff", help="people").add_subparsers(required=True, metavar="ACTION")
    _verb(staff, "list", _staff_list, "list the people of all sites")
    add = _verb(staff, "add", _staff_add, "add a person")
    add.add_argument("number")
    add.add_argument("name")
    add.add_argument("--role", action="append", default=[], help="may be given several times")
    _verb(staff, "stop", _staff_stop, "a person no longer acts anywhere").add_argument("number")


def _options(given: argparse.Namespace) -> Options:
    given.data.mkdir(parents=True, exist_ok=True)
    return Options(given.db or str(given.data / "server.db"), given.data, given.archive)


def _open(given: argparse.Namespace) -> Server:
    return Server(_options(given))


def _serve(given: argparse.Namespace) -> int:
    import uvicorn

    from deskapp.server.app import make_app

    if bool(given.tls_cert) != bool(given.tls_key):
        raise Refused(N_("--tls-cert and --tls-key belong together."))
    # A push makes some hundred thousand objects that live until it is done: looking through them again and again
    # for cycles would take a fifth of its time.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    app = make_app(_open(given), poll_s=given.poll, open_metrics=given.open_metrics)
    config = uvicorn.Config(
        app, host=given.host, port=given.port, log_config=None, access_log=False, server_header=False,
        date_header=False, timeout_keep_alive=75, backlog=4096, proxy_headers=bool(given.behind_proxy),
        forwarded_allow_ips=given.behind_proxy or None, timeout_graceful_shutdown=5,
        ssl_certfile=given.tls_cert, ssl_keyfile=given.tls_key,
    )  # fmt: skip
    config.load()
    listening = config.bind_socket()
    listening.listen(config.backlog)  # whoever reads the line below may come at once
    host, port = listening.getsockname()[:2]
    scheme = "https" if given.tls_cert else "http"
    say(f"deskapp-server listens on {scheme}://{host}:{port}")
    uvicorn.Server(config).run(sockets=[listening])
    return 0


def _site_add(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.write() as tx:
        known = stations.site_by_code(tx, given.code)
        site_id = known.id if known else new_uuid7()
        if known is None:
            acts.act(
                tx, "add_site", [acts.site_record(site_id, given.code, given.name)], server.clock(), server.archive
            )
            stations.note(tx, server.clock(), "site_add", given.code, _who(), id=site_id)
    say(f"{given.code}  {site_id}")
    server.close()
    return 0


def _site_list(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.read() as tx:
        for site in stations.sites(tx):
            say(f"{site.code:<10} {site.id}  {site.name}")
    server.close()
    return 0


def _station_enrol(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.write() as tx:
        site = stations.site_by_code(tx, given.site)
        if site is None:
            raise Refused(N_("There is no site {site}. Add it with `deskapp-server site add`."), site=given.site)
        code = stations.issue_code(tx, site.id, given.name, server.clock(), valid_ms=given.minutes * 60_000, who=_who())
    say(f"Code for one computer of {site.name}, good for {given.minutes} minutes:\n\n    {code}\n")
    say(_qr(f"DESK:{given.address}#{code}" if given.address else code))
    server.close()
    return 0


def _qr(text: str) -> str:
    """Return a QR drawn with half blocks, two rows of modules a line, with its quiet zone."""
    from deskapp.print.codes import qr

    matrix = qr(text, "M")
    width = -(-matrix.columns // 8) * 2
    lines = [matrix.hex[start : start + width] for start in range(0, width * matrix.rows, width)]
    black = [[bit == "1" for bit in f"{int(line, 16):0{width * 4}b}"[: matrix.columns]] for line in lines]
    edge, empty = [False] * matrix.quiet, [False] * (matrix.columns + 2 * matrix.quiet)
    rows = [empty] * matrix.quiet + [[*edge, *row, *edge] for row in black] + [empty] * (matrix.quiet + 1)
    marks = {(False, False): "█", (True, False): "▄", (False, True): "▀", (True, True): " "}
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return "\n".join("".join(marks[two] for two in zip(upper, lower, strict=True)) for upper, lower in pairs)


def _station_list(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.read() as tx:
        for number, name, site, state, seq, seen_at, _id in stations.listed(tx):
            say(f"{number:05d} {site:<8} {state:<9} {seq:>7} {shop_time(seen_at):%Y-%m-%d %H:%M}  {name}")
    server.close()
    return 0


def _on_station(given: argparse.Namespace, work: Callable[[Any, Station, int], None]) -> int:
    server = _open(given)
    with server.database.write() as tx:
        station = stations.find_by_number(tx, given.number)
        if station is None:
            raise Refused(N_("There is no station {number}."), number=given.number)
        work(tx, station, server.clock())
    server.close()
    return 0


def _station_retire(given: argparse.Namespace) -> int:
    return _on_station(given, lambda tx, station, now: stations.retire(tx, station, now, _who()))


def _station_revoke(given: argparse.Namespace) -> int:
    return _on_station(given, lambda tx, station, now: stations.revoke(tx, station, now, _who()))


def _people(tx: Any) -> list[tuple[str, dict[str, Any]]]:
    rows = tx.all("SELECT id, vals FROM record WHERE entity = 'staff' ORDER BY id")
    return [(identity, load(bytes(vals))) for identity, vals in rows]


def _staff_list(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.read() as tx:
        for _id, values in _people(tx):
            state = "" if values.get("active", True) else "  (stopped)"
            say(f"{values.get('staff_no', ''):<8} {values.get('name', '')}  {' '.join(values.get('roles', []))}{state}")
    server.close()
    return 0


def _staff_add(given: argparse.Namespace) -> int:
    from deskapp.rules.access import Role

    unknown = [role for role in given.role if role not in set(Role) or role == Role.SYSTEM]
    if unknown:
        raise Refused(N_("There is no role {name}."), name=unknown[0])
    server = _open(given)
    with server.database.write() as tx:
        if any(values.get("staff_no") == given.number for _id, values in _people(tx)):
            raise Refused(N_("There is a person with the number {number} already."), number=given.number)
        op = acts.new_record(
            "staff", new_uuid7(), staff_no=given.number, name=given.name, badge_no="", roles=given.role, active=True,
            language="",
        )  # fmt: skip
        acts.act(tx, "add_staff", [op], server.clock(), server.archive)
        stations.note(tx, server.clock(), "staff_add", given.number, _who(), roles=given.role)
    server.close()
    return 0


def _staff_stop(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.write() as tx:
        found = [one for one, values in _people(tx) if values.get("staff_no") == given.number]
        if not found:
            raise Refused(N_("There is nobody with the number {number}."), number=given.number)
        ops = [acts.changed(tx, "staff", one, "roles", active=False) for one in found]
        acts.act(tx, "stop_staff", ops, server.clock(), server.archive)
        stations.note(tx, server.clock(), "staff_stop", given.number, _who())
    server.close()
    return 0


def _audit(given: argparse.Namespace) -> int:
    server = _open(given)
    with server.database.read() as tx:
        for at, what, subject, who, detail in stations.audit(tx, given.most):
            say(f"{shop_time(at):%Y-%m-%d %H:%M:%S} {what:<12} {subject} {who} {detail}")
    server.close()
    return 0


def _check(given: argparse.Namespace) -> int:
    server = _open(given)
    found = check.check(server.database)
    for line in found:
        say(line)
    server.close()
    say("Nothing wrong was found." if not found else f"{len(found)} things are wrong.")
    return 1 if found else 0


def _backup(given: argparse.Namespace) -> int:
    if given.target.exists():
        raise Refused(N_("{place} is there already."), place=given.target.name)
    server = _open(given)
    server.remember()
    server.database.backup(given.target)
    server.close()
    copy = Database(str(given.target))
    found = check.check(copy)
    copy.close()
    say(f"{given.target}: {given.target.stat().st_size} bytes, {'sound' if not found else found[0]}")
    return 1 if found else 0


def _restore(given: argparse.Namespace) -> int:
    options = _options(given)
    if given.source is not None:
        if given.db.startswith("postgres"):
            raise Refused(
                N_("Restore PostgreSQL with its own tools, then run `deskapp-server restore` without a file.")
            )
        place = Path(options.url)
        for suffix in ("", "-wal", "-shm"):
            Path(str(place) + suffix).unlink(missing_ok=True)
        shutil.copyfile(given.source, place)
    Epoch.at(options.state / "epoch.json").raise_()
    server = Server(options)
    taken = server.replay(options.archive) if options.archive else 0
    server.note("restore", str(given.source or ""), _who())
    say(f"Epoch {server.epoch.value}; {taken} change sets came back from the archive.")
    server.close()
    return 0


def _put_back(source: Path, place: Path) -> None:
    """Put a backup into the place of the database, so that after a power cut there is the one or the other."""
    found = Database(str(source), create=False)
    broken = check.check(found)
    found.close()
    if broken:
        raise Refused(N_("The backup {place} is damaged: {reason}"), place=source.name, reason=broken[0])
    fresh = place.with_name(place.name + ".new")
    shutil.copyfile(source, fresh)
    with fresh.open("rb+") as file:
        os.fsync(file.fileno())
    for suffix in ("-wal", "-shm"):
        Path(str(place) + suffix).unlink(missing_ok=True)
    os.replace(fresh, place)
    sync_folder(place.parent)


def _who() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
