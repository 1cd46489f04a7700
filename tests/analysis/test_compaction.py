"""Runs as Parquet: the same rows as the journal's, never stale, never half-written."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.analysis.compaction import compact, head_of, tables_of
from harness.analysis.database import ask
from harness.analysis.frames import load
from harness.analysis.plans import read_counts
from harness.analysis.summary import summarize
from harness.analysis.views import TABLES, VIEWS
from harness.core.errors import InputError
from harness.runner.journal import read_manifest

A = ("p", "a")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two families of packs, as the command leaves it."""
    from click.testing import CliRunner

    from harness.cli.main import bench

    root = tmp_path_factory.mktemp("runs") / "it's [a] *run*"
    options = ["run", "--agent", "oracle", "--suite", "lite", "--trials", "2", "--out", str(root)]
    assert CliRunner().invoke(bench, options).exit_code == 0
    return root


@pytest.fixture
def run(played: Path, tmp_path: Path) -> Path:
    """The run without tables."""
    copy = tmp_path / "it's [a] *run*"
    shutil.copytree(played, copy)
    shutil.rmtree(copy / "tables")
    return copy


def rows(run: Path, view: str) -> list[tuple[object, ...]]:
    return sorted(ask([run], f"FROM {view}")[1], key=repr)


def test_a_played_run_is_compacted_and_holds_the_rows_of_its_journal_in_every_view(played: Path, run: Path) -> None:
    assert tables_of(played, make=False) == played / "tables"
    assert tables_of(run, make=False) is None
    journal = {view: [one[1:] for one in rows(run, view)] for view in VIEWS}
    tables = {view: [one[1:] for one in rows(played, view)] for view in VIEWS}
    assert tables == journal
    assert all(journal.values())
    compact(run)
    assert {path.stem for path in (run / "tables").glob("*.parquet")} == {*TABLES, "planned"}
    assert {view: [one[1:] for one in rows(run, view)] for view in VIEWS} == journal


def test_both_ways_give_the_same_summary(played: Path, run: Path) -> None:
    a, b = summarize(played), summarize(run)
    assert a.model_copy(update={"run": ""}) == b.model_copy(update={"run": ""})


def test_tables_of_a_run_that_went_on_are_not_read(run: Path) -> None:
    compact(run)
    line = json.loads((run / "attempts" / "0000.jsonl").read_text().splitlines()[0])
    line["attempt"] = 1
    (run / "attempts" / "0001.jsonl").write_text(json.dumps(line) + "\n")
    assert tables_of(run, make=False) is None
    assert ask([run], "SELECT count(*), max(attempt) FROM attempts")[1] == [(61, 1)]
    compact(run)
    assert tables_of(run, make=False) is not None
    assert ask([run], "SELECT count(*), count(*) FILTER (final) FROM attempts")[1] == [(61, 60)]


def test_a_changed_journal_of_the_same_size_is_seen_by_its_time(run: Path) -> None:
    compact(run)
    segment = run / "attempts" / "0000.jsonl"
    text = segment.read_text()
    assert '"attempt":0,' in text
    segment.write_text(text.replace('"attempt":0,', '"attempt":3,', 1))
    os.utime(segment, ns=(1, 1))
    assert ask([run], "SELECT max(attempt) FROM attempts")[1] == [(3,)]


def test_a_run_that_is_being_played_is_read_from_its_journal(run: Path) -> None:
    with (run / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        compact(run)
        assert not (run / "tables").exists()
        assert ask([run], "SELECT count(*) FROM trials")[1] == [(60,)]


def test_a_table_that_was_cut_off_while_it_was_written_is_made_again(run: Path) -> None:
    compact(run)
    (run / "tables" / "checks.parquet").rename(run / "tables" / ".checks.draft")
    assert tables_of(run, make=False) is None
    assert rows(run, "checks")
    compact(run)
    assert {path.name for path in (run / "tables").glob("*.parquet")} >= {"checks.parquet"}


def test_tables_of_another_layout_are_made_again(run: Path) -> None:
    compact(run)
    source = run / "tables" / "source.json"
    source.write_text(source.read_text().replace('"layout":"sha256:', '"layout":"sha256:0'))
    (run / "tables" / "attempts.parquet").write_bytes(b"of an older harness")
    assert len(rows(run, "attempts")) == 60
    compact(run)
    assert len(rows(run, "attempts")) == 60


def test_a_folder_that_cannot_be_written_is_no_reason_not_to_show_the_run(run: Path) -> None:
    (run / "tables").write_text("a file is in the way")
    compact(run)
    assert summarize(run).completed == 60


def test_a_large_manifest_is_read_as_a_small_one_is(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = read_counts(run)
    monkeypatch.setattr("harness.analysis.plans._LARGE", 1)
    assert read_counts(run) == small
    assert list(read_counts(run)[1].items()) == list(small[1].items())
    assert head_of(run) == read_manifest(run).model_copy(update={"trials": ()})
    (run / "run.json").write_text('{"schema_version": 1, "trials": [{"pack": 1}')
    with pytest.raises(InputError, match=r"run\.json"):
        read_counts(run)


def test_lines_longer_than_the_readers_usual_limit_are_read(run: Path) -> None:
    segment = run / "attempts" / "0000.jsonl"
    first, *others = segment.read_text().splitlines(keepends=True)
    long = json.loads(first)
    long["record"]["events"][0]["message"]["text"] = "x" * (17 << 20)
    segment.write_text("".join([json.dumps(long) + "\n", *others]))
    assert ask([run], "SELECT max(len(text)) FROM turns")[1] == [(17 << 20,)]
    assert summarize(run).completed == 60
    compact(run)
    assert ask([run], "SELECT max(len(text)) FROM turns")[1] == [(17 << 20,)]


def test_every_view_is_a_table_in_pandas(played: Path, plant: Callable[..., Path]) -> None:
    assert {
        view: len(load(played, view)) for view in ("runs", "planned", "attempts", "trials", "usage", "records")
    } == {
        "runs": 1,
        "planned": 30,
        "attempts": 60,
        "trials": 60,
        "usage": 180,
        "records": 60,
    }
    frame = load([plant("r", {A: [1.0, None, 0.0]}), played], "trials")
    assert frame["run"].nunique() == 2
    assert frame.groupby("pack")["reward"].apply(lambda values: values.isna().sum())["p"] == 1
    assert load(played, "turns")["marks"].map(len).sum() == 0
    with pytest.raises(InputError, match="did you mean 'trials'"):
        load(played, "trails")
