"""The run directory: what is on disk after a crash, and what a reader makes of it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.check import Reward
from harness.core.errors import InputError
from harness.core.limits import Limits
from harness.core.record import Attempt, Record, Timings
from harness.core.run import PlannedTrial, RunManifest, SeatIdentity
from harness.core.suite import Selection, Suite
from harness.core.termination import Termination
from harness.runner.journal import (
    create_run,
    final_attempts,
    locked,
    open_journal,
    read_attempts,
    read_manifest,
)


def manifest() -> RunManifest:
    return RunManifest(
        id="r",
        created_at="2026-01-01T00:00:00+00:00",
        harness="0",
        python="3",
        platform="linux",
        suite=Suite(id="s", select=(Selection(pack="p"),)),
        suite_hash="sha256:0",
        packs=(),
        agent=SeatIdentity(name="oracle"),
        simulator=SeatIdentity(name="scripted"),
        seed=0,
        limits=Limits(),
        trials=(PlannedTrial(pack="p", task="t", trial=0),),
    )


def attempt(task: str, *, number: int = 0, value: float | None = 1.0) -> Attempt:
    record = Record(
        pack="p",
        pack_hash="sha256:1",
        task=task,
        trial=0,
        seed=1,
        agent="oracle",
        simulator="scripted",
        events=(),
        termination=Termination.USER_STOP if value is not None else Termination.INFRA_ERROR,
        reward=Reward(value=value),
    )
    return Attempt(attempt=number, timings=Timings(started_at="", wall_s=0.0), record=record)


def write(root: Path, *attempts: Attempt) -> None:
    async def append_all() -> None:
        async with open_journal(root) as journal:
            await asyncio.gather(*(journal.append(one) for one in attempts))

    asyncio.run(append_all())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    root = tmp_path / "run"
    create_run(root, manifest())
    return root


def test_what_was_appended_is_read_back(run: Path) -> None:
    write(run, *(attempt(f"t{number}") for number in range(100)))
    assert read_manifest(run) == manifest()
    assert sorted(one.record.task for one in read_attempts(run)) == sorted(f"t{number}" for number in range(100))


def test_the_last_attempt_counts_and_the_superseded_one_stays(run: Path) -> None:
    write(run, attempt("t", value=None))
    write(run, attempt("t", number=1, value=1.0))
    assert [one.attempt for one in read_attempts(run)] == [0, 1]
    assert final_attempts(run)["p", "t", 0].attempt == 1


@given(cut=st.integers(1, 400))
def test_a_segment_cut_anywhere_in_its_last_line_loses_that_line_only(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    root = tmp_path_factory.mktemp("torn") / "run"
    create_run(root, manifest())
    write(root, attempt("a"), attempt("b"))
    segment = root / "attempts" / "0000.jsonl"
    last = len(segment.read_bytes().splitlines()[-1]) + 1
    os.truncate(segment, segment.stat().st_size - min(cut, last))
    assert [one.record.task for one in read_attempts(root)] == ["a"]
    write(root, attempt("b", number=1))
    assert [one.record.task for one in read_attempts(root)] == ["a", "b"]
    assert segment.read_bytes().endswith(b"\n")


def test_damage_before_the_last_line_is_told_and_not_passed_over(run: Path) -> None:
    write(run, attempt("a"), attempt("b"))
    segment = run / "attempts" / "0000.jsonl"
    segment.write_bytes(b"{" + segment.read_bytes())
    with pytest.raises(InputError, match=r"0000\.jsonl: line 1"):
        list(read_attempts(run))


def test_an_attempt_is_on_disk_when_append_returns_even_if_the_process_is_killed(run: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from harness.runner.journal import open_journal
from test_journal import attempt
async def main():
    async with open_journal(Path(sys.argv[1])) as journal:
        async def worker(name):
            for number in range(100000):
                await journal.append(attempt(f"{name}-{number}"))
                print(f"{name}-{number}", flush=True)
        await asyncio.gather(*(worker(name) for name in "abcdefgh"))
asyncio.run(main())
"""
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(run)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert child.stdout is not None
    told = [child.stdout.readline().strip() for _ in range(random.Random(1).randint(200, 600))]
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert set(told) <= {one.record.task for one in read_attempts(run)}


def test_two_processes_cannot_write_to_one_run(run: Path) -> None:
    holder = "import sys,time; from pathlib import Path; from harness.runner.journal import locked\n"
    holder += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    child = subprocess.Popen(
        [sys.executable, "-c", holder, str(run)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    with pytest.raises(InputError, match="another process"), locked(run):
        pass
    child.kill()
    child.wait()
    child.stdout.close()
    with locked(run):
        pass


def test_a_directory_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        create_run(tmp_path, manifest())
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_directory_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be written"):
        create_run(tmp_path / "file" / "deep" / "run", manifest())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"not a run directory \(no run\.json\)"):
        read_manifest(tmp_path)
