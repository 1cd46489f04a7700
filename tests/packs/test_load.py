"""Reading packs and suites: one clear message for each mistake, and content hashes that notice changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import InputError
from harness.packs.find import builtin_tasks, find_pack, pack_folders
from harness.packs.load import load_pack, open_pack, task_ids
from harness.packs.suites import Changes, resolve_suite

MANIFEST = """
id = "demo"
version = "1"
title = "Demo"
environment = "service"
license = "Apache-2.0"
canary = "PARLEY-CANARY-test"
[options]
domain = "mock"
agent_data = "data/db.json"
"""
TASK = """
[[task]]
id = "one"
phases = [{ request = "Please finish task_1." }]
"""
DATABASE = '{"tasks": {}, "users": {}}'


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    root = tmp_path / "demo"
    for folder in ("tasks", "data"):
        (root / folder).mkdir(parents=True)
    (root / "pack.toml").write_text(MANIFEST)
    (root / "policy.md").write_text("Be kind.")
    (root / "tasks" / "a.toml").write_text(TASK)
    (root / "data" / "db.json").write_text(DATABASE)
    return root


def test_a_pack_is_read_whole(pack: Path) -> None:
    loaded = load_pack(pack)
    assert (loaded.id, loaded.policy, list(loaded.tasks)) == ("demo", "Be kind.", ["one"])
    assert task_ids(loaded, None) == ("one",)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("pack.toml", MANIFEST.replace("title", "titel"), r"pack\.toml: .*field 'title': Field required"),
        ("pack.toml", MANIFEST.replace('"service"', '"servics"'), r"pack\.toml: field 'environment'.*\"servics\""),
        ("pack.toml", MANIFEST + "[splits]\nlite = ['none']", r"split 'lite': unknown task 'none'"),
        ("pack.toml", MANIFEST.replace('"demo"', '"other"'), r"called 'other' but its folder 'demo'"),
        ("tasks/a.toml", TASK + "tag = 1", r"a\.toml: task 'one': unknown key 'tag' .*did you mean 'tags'"),
        ("tasks/a.toml", TASK + "tags = 'x'", r"a\.toml: task 'one': field 'tags': .*got \"x\""),
        ("tasks/a.toml", TASK + TASK, r"task 'one': the id is taken already"),
        ("tasks/a.toml", "[[task]]\nphases = []", r"\[\[task\]\] number 1: .*'id'.*'phases'"),
        ("tasks/a.toml", "[[task]", r"a\.toml: not valid TOML"),
        ("tasks/b.jsonl", '{"id": "two"', r"b\.jsonl: line 1: not valid JSON"),
    ],
)
def test_a_mistake_is_named_by_file_task_field_and_value(pack: Path, file: str, text: str, message: str) -> None:
    (pack / file).write_text(text)
    with pytest.raises(InputError, match=message):
        load_pack(pack)


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ("setup = { acts = [] }", r"a\.toml: task 'one': .*acts"),
        ('setup = { actions = [{ party = "agent", function = "no_such" }] }', r"a\.toml: task 'one': .*no_such"),
    ],
)
def test_a_task_that_does_not_fit_its_environment_is_named(pack: Path, setup: str, message: str) -> None:
    (pack / "tasks" / "a.toml").write_text(TASK + setup)
    with pytest.raises(InputError, match=message):
        open_pack(load_pack(pack))


def test_a_pack_without_tasks_is_refused(pack: Path) -> None:
    (pack / "tasks" / "a.toml").unlink()
    with pytest.raises(InputError, match="has no tasks"):
        load_pack(pack)


def test_an_unknown_pack_is_named_with_its_nearest(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_TASKS", str(pack.parent))
    assert find_pack("demo") == pack
    with pytest.raises(InputError, match="did you mean 'demo'"):
        find_pack("demoo")


def test_a_pack_of_ones_own_hides_a_built_in_one_of_the_same_name(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = next(iter(pack_folders()))
    own = pack.rename(pack.with_name(name))
    assert pack_folders()[name].is_relative_to(builtin_tasks())
    monkeypatch.setenv("PARLEY_TASKS", str(own.parent))
    assert pack_folders()[name] == own


def test_the_suite_hash_notices_a_change_of_data_policy_task_and_trials(pack: Path) -> None:
    hashes = [resolve_suite(str(pack)).hash, resolve_suite(str(pack), Changes(trials=2)).hash]
    for file in ("data/db.json", "policy.md", "tasks/a.toml"):
        (pack / file).write_text((pack / file).read_text() + "\n")
        hashes.append(resolve_suite(str(pack)).hash)
    assert len(set(hashes)) == len(hashes)
    assert resolve_suite(str(pack)).hash == hashes[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('id = "s"\n[[select]]\npack = "nosuch"', "unknown pack 'nosuch'"),
        ('id = "s"\n[[select]]\npack = "demo"\nsplit = "lit"', r"unknown split of pack 'demo' 'lit'"),
        ('id = "s"\n[[select]]\npack = "demo"\ntasks = ["on"]', r"unknown task of pack 'demo' 'on'\n.*'one'"),
        ('id = "s"\ntrails = 3\n[[select]]\npack = "demo"', r"s\.toml: unknown key 'trails'.*did you mean 'trials'"),
        ('id = "s"\n[[select]]\npack = "demo"\ntasks = []\nsplit = "x"', "either `split` or `tasks`"),
        ('id = "s"\nselect = []', "select"),
    ],
)
def test_a_mistake_in_a_suite_file_is_named(
    pack: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("PARLEY_TASKS", str(pack.parent))
    file = pack.parent / "s.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        resolve_suite(str(file))


def test_an_unknown_suite_is_named_with_its_nearest() -> None:
    with pytest.raises(InputError, match="unknown suite 'lit'\n  did you mean 'lite'"):
        resolve_suite("lit")


def test_the_suite_lite_takes_thirty_tasks_of_three_families_one_trial_each() -> None:
    resolved = resolve_suite("lite")
    assert len(resolved.trials()) == 30
    assert {pack.manifest.environment for pack in resolved.packs.values()} == {"sql", "service", "shortcuts"}
