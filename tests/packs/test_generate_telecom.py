"""`generate_telecom` writes packs: the same for the same seed, new ones for another, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.core.errors import InputError
from harness.core.identity import digest_folder
from harness.packs.find import find_pack
from harness.packs.generate import generate_telecom
from harness.packs.load import load_pack
from harness.packs.telecom_generator import UPSTREAM_ACCOUNT, select
from harness.runner.check_pack import check_pack


def made(folder: Path, **options):
    return load_pack(generate_telecom(folder, **options).root)


def test_a_held_out_pack_passes_the_check_of_packs(tmp_path):
    made(tmp_path / "new", seed=3)
    report = check_pack(str(tmp_path / "new"))
    assert report.tasks > 90
    assert report.problems == ()


def test_a_seed_gives_the_same_pack_whatever_the_interpreters_hash_seed(tmp_path):
    command = (
        "import sys; from pathlib import Path; from harness.packs.generate import generate_telecom as g;"
        "g(Path(sys.argv[1]), selection='full', seed=5, count=40)"
    )
    for number in ("1", "2"):
        out = tmp_path / number / "same"
        environment = {"PYTHONHASHSEED": number, "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run([sys.executable, "-c", command, str(out)], check=True, env=environment, timeout=60)
    assert digest_folder(tmp_path / "1" / "same") == digest_folder(tmp_path / "2" / "same")


def test_another_seed_gives_other_tasks(tmp_path):
    one, two = (made(tmp_path / f"seed-{seed}", seed=seed).tasks for seed in (1, 2))
    assert not set(one) & set(two)


def test_a_composition_is_the_same_task_whatever_else_is_generated(tmp_path):
    everything = made(tmp_path / "everything", selection="full", seed=9).tasks
    few = made(tmp_path / "few", selection="full", seed=9, max_issues=4, count=12).tasks
    assert len(few) == 12
    assert all(everything[task_id] == task for task_id, task in few.items())


def test_a_count_is_spread_over_intents_and_numbers_of_issues(tmp_path):
    tasks = made(tmp_path / "few", selection="full", seed=1, max_issues=3, count=27).tasks.values()
    assert set(Counter(task.tags[:2] for task in tasks).values()) == {3}


def test_a_count_above_what_there_is_keeps_all(tmp_path):
    assert len(made(tmp_path / "small", selection="small", count=1000).tasks) == 20


def test_held_out_tasks_share_neither_ids_nor_customers_with_upstream_or_the_desks_own(tmp_path):
    pack = made(tmp_path / "new", selection="full", seed=4)
    assert not set(pack.tasks) & {one.id for one in select("full")}
    assert not set(pack.tasks) & set(load_pack(find_pack("telecom-desk")).tasks)
    text = (pack.root / "tasks" / "generated.jsonl").read_text()
    theirs = (
        UPSTREAM_ACCOUNT.name,
        UPSTREAM_ACCOUNT.phone_number,
        UPSTREAM_ACCOUNT.customer_id,
        UPSTREAM_ACCOUNT.line_id,
        UPSTREAM_ACCOUNT.bill_id,
    )
    assert not [fact for fact in theirs if fact in text]
    assert {"C501", "C502", "C503", "C504"} == {name for name in ("C501", "C502", "C503", "C504") if name in text}
    assert len({task.user.persona for task in pack.tasks.values()}) == 7
    assert len({task.phases[0].request for task in pack.tasks.values()}) == 9


def test_the_policy_of_a_held_out_pack_covers_picture_messages(tmp_path):
    pack = made(tmp_path / "new", selection="small")
    assert "Suspended lines" in pack.policy
    assert "Picture messages can't be sent" in pack.policy


def test_a_full_pack_carries_the_smaller_selections_as_splits(tmp_path):
    splits = made(tmp_path / "new", selection="full", seed=6).manifest.splits
    assert {name: len(ids) for name, ids in splits.items()} | {"base": 0} == {"full": 2285, "small": 20, "base": 0}
    assert set(splits["base"]) == set(made(tmp_path / "base", seed=6).tasks)


def test_over_upstreams_data_the_splits_are_upstreams_and_nothing_differs(tmp_path, shared_data):
    result = generate_telecom(tmp_path / "theirs", data=shared_data / "tau2", selection="full")
    pack = load_pack(result.root)
    sizes = {name: len(ids) for name, ids in pack.manifest.splits.items()}
    assert sizes == {"train": 74, "test": 40, "base": 114, "small": 20, "full": 2285}
    assert set(pack.manifest.splits["train"]) | set(pack.manifest.splits["test"]) == set(pack.manifest.splits["base"])
    assert "134 of 134 tasks" in " ".join(result.notes)
    assert set(pack.policies) >= {"solo", "workflow"}


def test_over_upstreams_data_base_passes_the_check_of_packs(tmp_path, shared_data):
    generate_telecom(tmp_path / "theirs", data=shared_data / "tau2")
    report = check_pack(str(tmp_path / "theirs"))
    assert (report.tasks, report.problems) == (114, ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_issues": 0}, "--max-issues must be at least 1 (got 0)"),
        ({"count": -3}, "--count must be at least 1 (got -3)"),
        ({"max_issues": 1}, "no task of the selection 'base' has at most 1 issues"),
        ({"selection": "ful"}, "unknown selection 'ful'"),
        ({"data": Path("/nowhere")}, "no τ² domain 'telecom' lies there"),
    ],
)
def test_what_can_not_be_generated_is_one_error_and_writes_nothing(tmp_path, options, message):
    with pytest.raises(InputError) as caught:
        generate_telecom(tmp_path / "new", **options)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_database_without_upstreams_customer_is_refused_with_the_task_and_the_reason(tmp_path, shared_data):
    source = shared_data / "tau2" / "domains" / "telecom"
    folder = tmp_path / "copy" / "domains" / "telecom"
    folder.mkdir(parents=True)
    for path in source.iterdir():
        text = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(text.replace("555-123-2002", "555-123-9999"), encoding="utf-8")
    with pytest.raises(InputError, match="doesn't fit"):
        generate_telecom(tmp_path / "new", data=tmp_path / "copy")
    assert not (tmp_path / "new").exists()


def test_an_existing_folder_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="exists already"):
        generate_telecom(tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_a_folder_whose_name_is_no_pack_id_is_refused(tmp_path):
    with pytest.raises(InputError, match="New_Pack"):
        generate_telecom(tmp_path / "New_Pack", selection="small")
    assert list(tmp_path.iterdir()) == []
