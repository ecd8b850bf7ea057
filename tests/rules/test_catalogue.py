"""The shipped data: complete in both languages, and every reference leads somewhere."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from deskapp.rules.guides import parse

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
CATALOGUE = RESOURCES / "catalogue"
SAMPLES = RESOURCES / "samples"

# Words a filter once put into texts of this trade; none of them may come back.
CENSORED = re.compile("PO" + "SS|pos" + "况|刷ka" + "卡")

KINDS = {"classic_pos", "smart_pos", "mpos", "qr_terminal"}
SYMPTOMS = (
    "no_power battery_fault faint_print no_print keypad_fault screen_fault touch_fault mag_read_fail"
    " ic_read_fail nfc_fail scan_fail no_network sim_fault sign_on_fail no_master_key tamper_alert"
    " txn_anomaly app_crash update_needed time_wrong case_broken liquid adapter_fault lost_part other"
).split()
CAUSE_CLASSES = {"wear", "defect", "man_made", "liquid", "tamper", "software", "none_found"}
EXCLUSIONS = {"", "man_made", "liquid", "unauthorised_opening", "wrong_power"}


def load(name: str) -> dict[str, Any]:
    with (CATALOGUE / name).open("rb") as file:
        return tomllib.load(file)


CODES = load("codes.toml")
MODELS = load("models.toml")["models"]
LISTS = sorted(name for name, value in CODES.items() if isinstance(value, list))


def codes(name: str) -> set[str]:
    return {entry["code"] for entry in CODES[name]}


def rows(name: str, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", LISTS)
def test_every_code_is_unique_and_speaks_both_languages(name: str) -> None:
    entries = CODES[name]
    assert len({entry["code"] for entry in entries}) == len(entries)
    for entry in entries:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", entry["code"]), entry
        assert entry["zh"].strip() and entry["en"].strip(), entry
        assert entry["en"].isascii(), entry
    shorts = [entry["short"] for entry in entries if "short" in entry]
    assert len(set(shorts)) == len(shorts), sorted(s for s in shorts if shorts.count(s) > 1)
    assert all(re.fullmatch(r"[A-Z]{2,3}|[1-9]", short) for short in shorts)


def test_the_symptoms_are_complete_and_agree_with_the_guides() -> None:
    assert [entry["code"] for entry in CODES["symptoms"]] == SYMPTOMS
    guides = {
        path.stem: parse(path.read_text(encoding="utf-8"))
        for path in (RESOURCES / "knowledge" / "guides").glob("*.toml")
    }
    for entry in CODES["symptoms"]:
        for name, guide in guides.items():
            assert (entry["guide"] == name) == (entry["code"] in guide.symptoms), (entry, name)
        assert entry["priority"] in {1, 2, 3, 4}
    urgent = {entry["code"] for entry in CODES["symptoms"] if entry["priority"] == 1}
    assert urgent == {"txn_anomaly", "tamper_alert"}


def test_causes_have_a_class_an_exclusion_where_it_is_due_and_advice() -> None:
    assert {entry["class"] for entry in CODES["causes"]} == CAUSE_CLASSES
    for entry in CODES["causes"]:
        assert entry["exclusion"] in EXCLUSIONS
        assert bool(entry["exclusion"]) == (entry["class"] in {"man_made", "liquid"}), entry
        assert entry["advice"] in codes("advice")
    assert codes("advice") == {entry["advice"] for entry in CODES["causes"]}


def test_actions_that_change_a_board_load_the_keys_again() -> None:
    actions = {entry["code"]: entry for entry in CODES["actions"]}
    assert actions["replace_board"]["keys"] and actions["clear_tamper"]["keys"]
    assert not actions["clean"]["opens_case"]


def test_condition_items_fit_every_kind() -> None:
    assert codes("device_kinds") == KINDS
    for entry in CODES["condition_items"]:
        assert set(entry["kinds"]) <= KINDS
        assert entry["needs"] in codes("capabilities") | {""}
    for kind in KINDS:
        assert sum(kind in entry["kinds"] for entry in CODES["condition_items"]) >= 5
    assert len(CODES["tamper_items"]) >= 8


def test_the_catalogue_knows_at_least_forty_models() -> None:
    assert len(MODELS) >= 40
    assert len({model["id"] for model in MODELS}) == len(MODELS)
    assert len({(model["brand"]["en"], model["model"]) for model in MODELS}) == len(MODELS)
    assert {model["kind"] for model in MODELS} == KINDS
    device_type = {"classic_pos": "02", "mpos": "03", "smart_pos": "04", "qr_terminal": "10"}
    for model in MODELS:
        assert re.fullmatch(r"[a-z]+-[a-z0-9-]+", model["id"]), model["id"]
        assert model["brand"]["zh"] and model["brand"]["en"].isascii()
        assert model["unionpay_device_type"] == device_type[model["kind"]]
        assert set(model["capabilities"]) <= codes("capabilities")
        assert set(model["accessories"]) <= codes("accessory_types")
        assert ("paper_roll" in model["accessories"]) == ("print" in model["capabilities"])
        re.compile(model["serial_pattern"])
        assert model["warranty_months"] > 0
        assert model["needs_key_load_on_board_change"] is True


def test_every_model_has_a_test_plan_that_tests_what_it_can_do() -> None:
    plans = load("testplans.toml")
    steps = {step["id"]: step for step in plans["steps"]}
    assert len(steps) == len(plans["steps"])
    for step in steps.values():
        assert step["zh"] and step["en"].isascii()
        assert step["needs"] in codes("capabilities") | {""}
        if step["kind"] == "number":
            assert step["min"] <= step["max"] and step["unit"], step
        else:
            assert step["kind"] == "pass_fail" and "min" not in step, step
    by_kind = {plan["kind"]: plan for plan in plans["plans"]}
    assert set(by_kind) == KINDS
    assert {name for plan in by_kind.values() for name in plan["steps"]} == set(steps)
    for model in MODELS:
        able = set(model["capabilities"]) | {""}
        needed = {steps[name]["needs"] for name in by_kind[model["kind"]]["steps"]}
        assert able <= needed, (model["id"], able - needed)
    for test in plans["counter_tests"]:
        assert test["zh"] and test["en"] and test["needs"] in codes("capabilities") | {""}


def test_the_price_list_is_in_whole_fen() -> None:
    prices = load("prices.toml")
    assert prices["version"] and date.fromisoformat(prices["valid_from"])
    assert prices["quote_valid_days"] == 7
    assert {line["kind"] for line in prices["lines"]} == {
        "labour", "inspection", "visit", "part", "storage"
    }  # fmt: skip
    assert len({line["code"] for line in prices["lines"]}) == len(prices["lines"])
    for line in prices["lines"]:
        free = re.fullmatch(r"STO-FREE-[0-9]+", line["code"]) is not None
        assert type(line["fen"]) is int and (line["fen"] > 0) is not free
        assert line["zh"] and line["en"].isascii()


def test_parts_fit_models_that_exist() -> None:
    parts = load("parts.toml")["parts"]
    known = {model["id"] for model in MODELS} | KINDS
    assert len(parts) >= 30
    assert len({part["part_no"] for part in parts}) == len(parts)
    for part in parts:
        assert re.fullmatch(r"[A-Z0-9-]{4,20}", part["part_no"])
        assert part["zh"] and part["en"].isascii()
        assert part["fits"] and set(part["fits"]) <= known, part
        assert type(part["fen"]) is int and part["fen"] > 0
        assert type(part["serialised"]) is bool and part["warranty_days"] >= 0


def test_retention_never_erases_the_journal() -> None:
    rules = {rule["what"]: rule for rule in load("retention.toml")["rules"]}
    assert rules["audit"]["then"] == "keep"
    assert rules["signature"]["months"] == rules["id_hash"]["months"] == 36
    assert rules["photo"]["months"] == 12
    assert rules["guidance_recording"]["months"] == 0
    for rule in rules.values():
        assert rule["zh"] and rule["en"] and rule["then"] in {"erase", "keep"}


def test_every_article_is_there_in_both_languages() -> None:
    found = {}
    for path in (RESOURCES / "knowledge" / "articles").glob("*.md"):
        match = re.match(r"---\n(.*?)\n---\n\n# ([^\n]+)\n", path.read_text(encoding="utf-8"), re.DOTALL)
        assert match, path.name
        head = dict(line.split(": ", 1) for line in match[1].splitlines())
        assert path.name == f"{head['id']}.{head['language']}.md"
        assert head["title"] == match[2] and int(head["version"]) >= 1 and head["tags"]
        found[head["id"], head["language"]] = head["version"]
    ids = {name for name, _ in found}
    assert ids == {"apply", "cost", "brands", "upkeep", "faq"}
    assert all(found[name, "zh"] == found[name, "en"] for name in ids)


def test_pictures_are_drawings_of_one_size_without_letters() -> None:
    pictures = sorted((RESOURCES / "knowledge" / "pictures").glob("*.svg"))
    assert len(pictures) >= 10
    for path in pictures:
        text = path.read_text(encoding="utf-8")
        assert 'viewBox="0 0 320 200"' in text
        assert "<text" not in text and "<image" not in text and "href" not in text


def test_no_censored_string_is_in_any_shipped_text() -> None:
    for path in RESOURCES.rglob("*"):
        if path.suffix in {".toml", ".md", ".svg", ".po"}:
            assert not CENSORED.search(path.read_text(encoding="utf-8")), path
        elif path.suffix == ".csv" and "gb18030" not in path.name:
            assert not CENSORED.search(path.read_text(encoding="utf-8-sig")), path


def test_the_samples_are_a_whole_branch() -> None:
    merchants, devices = rows("merchants.csv"), rows("devices.csv")
    assert (len(merchants), len(devices)) == (12, 30)
    numbers = {row["商户号"] for row in merchants}
    assert all(re.fullmatch(r"100\d{12}", number) for number in numbers) and len(numbers) == 12
    serials = [row["机身号"] for row in devices]
    assert len(set(serials)) == 30
    assert all(re.fullmatch(r"[0-9A-Z][0-9A-Z\-/.]{4,29}", serial) for serial in serials)
    bound = [row["终端号"] for row in devices if row["终端号"]]
    assert len(set(bound)) == len(bound) == 28 and all(re.fullmatch(r"\d{8}", number) for number in bound)
    known = {model["id"] for model in MODELS}
    for row in devices:
        assert row["型号编码"] in known
        assert row["商户号"] in numbers | {""}
        assert not row["TUSN"] or row["TUSN"].endswith(row["机身号"])
        assert not row["保修截止"] or date.fromisoformat(row["保修截止"])
    assert sum(row["用途"] == "备机" for row in devices) == 2


def test_the_sample_parts_and_models_belong_to_the_catalogue() -> None:
    known = {model["id"]: model for model in MODELS}
    for row in rows("models.csv"):
        assert row["功能"].split() == known[row["型号编码"]]["capabilities"]
    assert {row["型号编码"] for row in rows("devices.csv")} == {row["型号编码"] for row in rows("models.csv")}
    for row in rows("parts.csv"):
        assert re.fullmatch(r"\d+\.\d\d", row["单价"])
        if row["按序列号管理"] == "是":
            assert len(set(row["序列号"].split())) == int(row["库存数量"])


def test_the_wrong_sample_is_wrong_in_the_ways_it_promises() -> None:
    raw = (SAMPLES / "devices_gb18030_wrong_columns.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    wrong = rows("devices_gb18030_wrong_columns.csv", "gb18030")
    assert not {"机身号", "型号编码"} & set(wrong[0])
    assert any(None in row.values() for row in wrong)
    assert any("O" in (row["所属客户"] or "") for row in wrong)


def test_the_sample_photos_are_small_pictures() -> None:
    for name in ("device_front.jpg", "device_back.jpg"):
        raw = (SAMPLES / name).read_bytes()
        assert raw[:3] == b"\xff\xd8\xff" and len(raw) < 200_000


def test_the_sample_branch_can_be_worked_by_five_people() -> None:
    with (SAMPLES / "sample_branch.toml").open("rb") as file:
        branch = tomllib.load(file)
    with (RESOURCES / "roles.toml").open("rb") as file:
        roles = set(tomllib.load(file))
    assert branch["practice"] is True and branch["site"]["is_outlet"] and branch["site"]["is_depot"]
    staff = branch["staff"]
    assert len({person["staff_no"] for person in staff}) == len({person["pin"] for person in staff}) == 5
    held = [set(person["roles"]) for person in staff]
    assert all(one <= roles for one in held)
    needed = {"counter_clerk", "technician", "qc_inspector", "site_supervisor", "administrator"}
    assert needed <= set.union(*held)
    assert not any({"technician", "qc_inspector"} <= one for one in held)
    assert sum("key_custodian" in one for one in held) == 2
    assert {shelf["use"] for shelf in branch["shelves"]} == {"repair", "pickup", "quarantine", "loaner"}


def test_practice_pins_are_not_refused_as_too_easy() -> None:
    from deskapp.rules.pins import pin_weak

    with (SAMPLES / "sample_branch.toml").open("rb") as file:
        branch = tomllib.load(file)
    assert not [person["pin"] for person in branch["staff"] if pin_weak(person["pin"])]


def test_the_numbers_of_the_samples_are_accepted_by_the_rules() -> None:
    from deskapp.rules.identifiers import judge

    for row in rows("merchants.csv"):
        assert judge("merchant_no", row["商户号"]).severity in {"ok", "info"}, row
        assert judge("phone", row["联系电话"]).severity == "ok", row
        if row["统一社会信用代码"]:
            assert judge("uscc", row["统一社会信用代码"]).severity == "ok", row
    for row in rows("devices.csv"):
        assert judge("serial_no", row["机身号"]).severity == "ok", row
        if row["TUSN"]:
            assert judge("tusn", row["TUSN"]).severity in {"ok", "info"}, row
