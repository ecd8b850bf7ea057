"""The write door: one commit per act, nothing left behind by a refusal, a journal that can be checked."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from deskapp.commands.people import add_staff, reset_pin, sign_in, vouch
from deskapp.commands.setup import SiteForm, add_shelf, change_site, open_branch
from deskapp.errors import N_, Corrupt, Forbidden, Refused, Unavailable
from deskapp.models import backup, replay, schema
from deskapp.models.canonical import canonical, digest
from deskapp.models.capture import keyed
from deskapp.models.journal import ChangeSet, PersonalValue, RecordKey
from deskapp.models.people import Shelf, Staff
from deskapp.models.store import Store, Write, command
from deskapp.paths import Home
from tests.conftest import KEY, FixedClock, People


@command(N_("Break off in the middle"), right="")
def break_off(write: Write) -> None:
    write.session.add(Shelf(id=write.new_id(), site_id=write.site_id, code="HALF"))
    write.session.flush()
    raise Refused(N_("No."), field="code")


def shelves(store: Store) -> list[str]:
    return store.ask(lambda session: list(session.scalars(select(Shelf.code))))


def test_an_act_is_one_commit_of_rows_and_journal(store: Store, people: People) -> None:
    done = store.run(add_shelf(code="b-03-2"), by=people.admin)

    assert done.changes.touches("shelf") and done.changes.seq == 3
    change = store.ask(lambda session: session.scalars(select(ChangeSet).order_by(ChangeSet.seq.desc())).first())
    assert change is not None and change.command == "add_shelf" and change.staff == people.admin.staff_id
    operation = json.loads(change.body)["ops"][0]
    assert operation["kind"] == "create" and operation["values"]["code"] == "B-03-2"


def test_a_refused_act_leaves_nothing_behind(store: Store) -> None:
    before = store.ask(replay.head)

    with pytest.raises(Refused):
        store.run(break_off())

    assert shelves(store) == [] and store.ask(replay.head) == before


def test_numbers_are_never_used_twice_even_after_a_refusal(store: Store, people: People) -> None:
    store.run(add_shelf(code="A"), by=people.admin)
    with pytest.raises(Refused):
        store.run(add_shelf(code="A"), by=people.admin)
    store.run(add_shelf(code="B"), by=people.admin)

    labels = store.ask(lambda session: list(session.scalars(select(Shelf.label_no))))
    assert len(set(labels)) == 2


def test_a_person_without_the_right_is_refused_by_the_command_itself(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(add_shelf(code="A"), by=people.clerk)


def test_a_changed_group_names_the_version_it_replaces(store: Store, people: People) -> None:
    site_id = store.facts.site_id
    form = SiteForm(code="FZ-D1", name="福州鼓楼邮政支局", phone="0591-1111111")
    store.run(change_site(site_id=site_id, site=form), by=people.admin)
    again = SiteForm("FZ-D1", "福州鼓楼邮政支局", phone="0591-2222222")
    store.run(change_site(site_id=site_id, site=again), by=people.admin)

    bodies = store.ask(lambda s: [json.loads(b) for b in s.scalars(select(ChangeSet.body).order_by(ChangeSet.seq))])
    contacts = [op for body in bodies[-2:] for op in body["ops"] if op["group"] == "contact"]
    assert [op["kind"] for op in contacts] == ["set", "set"]
    assert contacts[0]["base"] == "" and contacts[1]["base"] == contacts[0]["uid"]


def test_the_journal_is_a_dense_chain_of_canonical_json(store: Store, people: People) -> None:
    for number in range(5):
        store.run(add_shelf(code=f"S{number}"), by=people.admin)

    assert store.ask(replay.verify_chain) == 7
    for body, value in store.ask(lambda s: [tuple(r) for r in s.execute(select(ChangeSet.body, ChangeSet.hash))]):
        assert canonical(json.loads(body)) == body and digest(body) == value


def test_the_worked_vector_of_the_manual_has_this_hash() -> None:
    body = canonical({"b": "取机", "a": 1, "ops": [{"k": "fact", "fen": 12050}]})

    assert body == '{"a":1,"b":"取机","ops":[{"fen":12050,"k":"fact"}]}'
    assert digest(body) == "eabfb9a4c7fdbbc55ba243ccca0d4c1057f95f3d4de48009bff9d4222cef5032"


def test_a_changed_entry_breaks_the_chain_where_it_was_changed(store: Store, people: People, home: Home) -> None:
    store.run(add_shelf(code="A"), by=people.admin)
    store.run(add_shelf(code="B"), by=people.admin)
    store.close()
    from deskapp import cipher

    connection = cipher.connect(home.database, KEY, writer=True)
    connection.execute("UPDATE change_set SET body = replace(body, '\"A\"', '\"C\"') WHERE seq = 3")
    connection.close()

    with Store(home, KEY) as opened, pytest.raises(Corrupt) as broken:
        opened.ask(replay.verify_chain)
    assert broken.value.values["number"] == 3


def test_personal_values_stand_in_the_journal_only_as_keyed_digests(store: Store, people: People) -> None:
    store.run(add_staff(staff_no="C09", name="钱多多", roles=["counter_clerk"], pin="482915"), by=people.admin)

    bodies = "".join(store.ask(lambda s: list(s.scalars(select(ChangeSet.body)))))
    assert "钱多多" not in bodies

    def check(session: object) -> bool:
        value = session.scalars(select(PersonalValue).where(PersonalValue.value == "钱多多")).one()  # type: ignore[attr-defined]
        key = session.get_one(RecordKey, value.record_id)  # type: ignore[attr-defined]
        return keyed(key.key, "钱多多") in bodies

    assert store.ask(check)


def test_erasing_a_personal_value_keeps_the_chain_whole(store: Store, people: People, home: Home) -> None:
    store.run(add_staff(staff_no="C09", name="钱多多", roles=["counter_clerk"], pin="482915"), by=people.admin)
    store.close()
    from deskapp import cipher

    connection = cipher.connect(home.database, KEY, writer=True)
    connection.execute("DELETE FROM record_key WHERE record_id IN (SELECT id FROM staff WHERE staff_no = 'C09')")
    connection.execute("DELETE FROM personal_value WHERE value = '钱多多'")
    connection.close()

    with Store(home, KEY) as opened:
        assert opened.ask(replay.verify_chain) == 3


def test_a_clock_set_back_neither_resets_nor_repeats_a_sequence(store: Store, clock: FixedClock) -> None:
    @command(N_("Take a number"), right="")
    def take(write: Write) -> str:
        return write.number("R")

    first = store.run(take()).result
    clock.forward(days=-400)
    second = store.run(take()).result

    assert first[:12] == second[:12] and first != second


def test_a_newer_store_is_refused_without_a_byte_changed(home: Home) -> None:
    from deskapp import cipher

    connection = cipher.connect(home.database, KEY, writer=True)
    connection.execute("PRAGMA user_version=99")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = home.database.read_bytes()

    with pytest.raises(Corrupt) as refusal:
        Store(home, KEY)

    assert refusal.value.code == "newer" and home.database.read_bytes() == before


def test_a_wrong_key_is_told_from_everything_else(home: Home) -> None:
    with pytest.raises(Corrupt) as refusal:
        Store(home, b"x" * 32)

    assert refusal.value.code == "not_ours"


def test_a_second_program_is_refused_with_a_sentence(store: Store, home: Home) -> None:
    with pytest.raises(Unavailable) as refusal:
        Store(home, KEY)

    assert refusal.value.code == "already_open"


def test_the_file_holds_no_plain_text(store: Store, people: People, home: Home) -> None:
    store.run(add_staff(staff_no="C09", name="PLAINTEXTNAME", roles=["counter_clerk"], pin="482915"), by=people.admin)
    store.close()

    for path in home.root.rglob("*"):
        if path.is_file():
            assert b"PLAINTEXTNAME" not in path.read_bytes(), path.name


def test_the_window_thread_may_not_touch_the_database(store: Store) -> None:
    import threading

    store.keep_off(threading.get_ident())

    with pytest.raises(RuntimeError):
        store.ask(replay.head)
    store.keep_off(0)


def test_readers_cannot_write(store: Store) -> None:
    from sqlalchemy import text

    with pytest.raises((OperationalError, Unavailable)), store.read() as session:
        session.execute(text("DELETE FROM staff"))


def test_created_and_migrated_schema_are_equal(tmp_path: object) -> None:
    from pathlib import Path

    from deskapp import cipher

    folder = Path(str(tmp_path))
    created = cipher.connect(folder / "a.db", KEY, writer=True, create=True)
    schema.build(created)
    migrated = cipher.connect(folder / "b.db", KEY, writer=True, create=True)
    schema.upgrade(migrated, schema.shipped_migrations(), schema.VERSION)

    assert schema.described(created) == schema.described(migrated)
    created.close()
    migrated.close()


def test_a_failing_migration_leaves_the_old_store_whole(home: Home) -> None:
    from deskapp import cipher

    def breaks(connection: cipher.Connection) -> None:
        connection.execute("ALTER TABLE shelf ADD COLUMN colour TEXT")
        raise RuntimeError("power cut")

    connection = cipher.connect(home.database, KEY, writer=True)
    before = schema.described(connection)
    with pytest.raises(RuntimeError):
        schema.upgrade(connection, {schema.VERSION + 1: breaks}, schema.VERSION + 1)

    assert schema.described(connection) == before and schema.check(connection) == schema.VERSION
    connection.close()


def test_a_backup_restores_and_the_journal_copy_brings_what_came_after(
    store: Store, people: People, home: Home, clock: FixedClock
) -> None:
    store.run(add_shelf(code="BEFORE"), by=people.admin)
    path = backup.back_up_daily(home, KEY, clock())
    store.run(add_shelf(code="AFTER"), by=people.admin)
    store.close()

    backup.restore(path, home, KEY, clock())

    with Store(home, KEY, clock=clock) as opened:
        assert sorted(shelves(opened)) == ["AFTER", "BEFORE"]
        assert opened.ask(replay.verify_chain) == 4


def test_a_backup_brings_the_branchs_templates_to_a_new_computer_and_changes_none_that_are_there(
    store: Store, home: Home, clock: FixedClock, tmp_path: Path
) -> None:
    own = home.templates / "papers" / "own_slip.toml"
    own.parent.mkdir(parents=True)
    own.write_text("title = '我们的取机凭证'", "utf-8")
    (home.templates / "logo-1a2b3c4d.png").write_bytes(b"picture")
    (home.templates / "outside.toml").symlink_to(home.identity)
    path = backup.back_up_daily(home, KEY, clock())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("templates/../../escaped.toml", "x")
        archive.writestr("templates/papers/\\\\host\\share.toml", "x")
    own.write_text("title = 'later'", "utf-8")
    store.close()

    backup.restore(path, home, KEY, clock())
    assert own.read_text("utf-8") == "title = 'later'"
    new = Home(tmp_path / "new" / "home")
    backup.restore(path, new, KEY, clock())
    brought = {file.relative_to(new.templates).as_posix() for file in new.templates.rglob("*") if file.is_file()}
    assert brought == {"papers/own_slip.toml", "logo-1a2b3c4d.png"}
    assert (new.templates / "papers" / "own_slip.toml").read_text("utf-8") == "title = '我们的取机凭证'"
    assert not list(tmp_path.rglob("escaped.toml"))


def test_numbers_go_on_above_those_printed_before_an_old_backup_was_restored(
    store: Store, people: People, home: Home, clock: FixedClock
) -> None:
    path = backup.back_up_daily(home, KEY, clock())
    store.run(add_shelf(code="PRINTED"), by=people.admin)
    printed = store.ask(lambda s: s.scalars(select(Shelf.label_no)).one())
    store.close()
    home.journal_copy.unlink()

    backup.restore(path, home, KEY, clock())

    with Store(home, KEY, clock=clock) as opened:
        opened.run(add_shelf(code="NEXT"), by=people.admin)
        assert opened.ask(lambda s: s.scalars(select(Shelf.label_no)).one()) > printed


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_one_flipped_bit_is_noticed_and_healed(
    store: Store, people: People, home: Home, clock: FixedClock, share: float
) -> None:
    backup.back_up_daily(home, KEY, clock())
    for number in range(30):
        store.run(add_shelf(code=f"S{number}"), by=people.admin)
    store.close()
    content = bytearray(home.database.read_bytes())
    content[int(len(content) * share)] ^= 4
    home.database.write_bytes(content)

    assert backup.integrity(home, KEY) != []
    healed = backup.heal(home, KEY, clock())

    assert healed.replayed == 30
    with Store(home, KEY, clock=clock) as opened:
        assert len(shelves(opened)) == 30 and opened.ask(replay.verify_chain) == 32


def test_a_wrong_pin_waits_longer_each_time_and_is_remembered(store: Store, clock: FixedClock, people: People) -> None:
    waits = []
    for _ in range(4):
        waits.append(store.run(sign_in(who="C01", pin="000000")).result.wait_ms)
        clock.forward(minutes=1)

    assert waits == [1000, 2000, 4000, 8000]
    assert store.run(sign_in(who="c01", pin=people.pins["C01"])).result.actor == people.clerk


def test_after_ten_wrong_pins_only_a_supervisor_helps(store: Store, clock: FixedClock, people: People) -> None:
    for _ in range(10):
        store.run(sign_in(who="C01", pin="000000"))
        clock.forward(hours=1)
    assert store.run(sign_in(who="C01", pin=people.pins["C01"])).result.actor is None

    store.run(reset_pin(staff_id=people.clerk.staff_id, pin="591837"), by=people.supervisor)

    answer = store.run(sign_in(who="C01", pin="591837")).result
    assert answer.actor is not None and answer.must_change


def test_a_consent_is_good_once_for_one_right_and_two_minutes(store: Store, clock: FixedClock, people: People) -> None:
    @command(N_("Do what needs consent"), right="")
    def needs(write: Write, *, override: object) -> str:
        return write.second_person(override, "override")  # type: ignore[arg-type]

    consent = store.run(vouch(who="S01", pin=people.pins["S01"], right="override"), by=people.clerk).result
    assert store.run(needs(override=consent.for_reason("lost slip"))).result == people.supervisor.staff_id
    with pytest.raises(Refused):
        store.run(needs(override=consent.for_reason("again")))

    late = store.run(vouch(who="S01", pin=people.pins["S01"], right="override"), by=people.clerk).result
    clock.forward(minutes=3)
    with pytest.raises(Refused):
        store.run(needs(override=late.for_reason("late")))


def test_a_clerk_cannot_vouch(store: Store, people: People) -> None:
    consent = store.run(vouch(who="C01", pin=people.pins["C01"], right="override"), by=people.technician).result

    assert consent.token == "" and consent.sentence


def test_a_branch_is_set_up_only_once(store: Store) -> None:
    with pytest.raises(Forbidden):
        store.run(open_branch(site=SiteForm("X", "Y"), staff_no="B", name="B", pin="918273"))


def test_facts_and_people_are_never_deleted(store: Store) -> None:
    @command(N_("Delete somebody"), right="")
    def delete(write: Write) -> None:
        write.session.delete(write.session.scalars(select(Staff)).first())
        write.session.flush()

    with pytest.raises(RuntimeError):
        store.run(delete())
