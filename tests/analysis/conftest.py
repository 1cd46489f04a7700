"""Runs to look at: real ones of τ²'s telecom tasks, and planted ones with outcomes that can be counted by hand."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.core.check import Reward
from harness.core.limits import Limits
from harness.core.mode import Mode
from harness.core.record import Attempt, Record, Timings
from harness.core.run import PackIdentity, PlannedTrial, RunManifest, SeatIdentity
from harness.core.suite import Selection, Suite
from harness.core.termination import Termination
from harness.runner.journal import create_run

ROOT = Path(__file__).parents[2]

Outcomes = Mapping[tuple[str, str], Sequence[float | str | None]]
"""By pack and task, the rewards of its trials; "missing": planned and not finished."""
Plant = Callable[..., Path]
Play = Callable[..., Path]


@pytest.fixture(scope="session")
def desk(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with upstream's telecom tasks imported."""
    folder = tmp_path_factory.mktemp("desk")
    done = _bench(folder, "pack", "import", "tau2", str(shared_data / "tau2"), "--domain", "telecom")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def play(desk: Path) -> Play:
    """Plays upstream's telecom tasks as the command line does, each run once a session."""

    def run(agent: str, *options: str, suite: str = "tau2-telecom:small") -> Path:
        name = "-".join((agent, suite.replace(":", "-"), *(option.strip("-") for option in options)))
        if not (desk / name).exists():
            done = _bench(desk, "run", "--agent", agent, "--suite", suite, "--out", name, *options)
            assert done.returncode == 0, done.stderr
        return desk / name

    return run


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `bench` in the test's own folder as the shared fixture does, but in this process, a second less a call."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = ["bench", *map(str, arguments)]
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setattr(sys, "argv", command)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
        return subprocess.CompletedProcess(command, int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """Writes a run that nobody played."""

    def write(
        name: str, outcomes: Outcomes, *, mode: Mode = Mode.DEFAULT, agent: str = "a", pack_hash: str = "1"
    ) -> Path:
        keys = [(pack, task, trial) for (pack, task), rewards in outcomes.items() for trial in range(len(rewards))]
        packs = sorted({pack for pack, _, _ in keys})
        manifest = RunManifest(
            id=name,
            created_at="2026-01-01T00:00:00+00:00",
            harness="0",
            python="3",
            platform="linux",
            suite=Suite(id="s", mode=mode, select=tuple(Selection(pack=pack) for pack in packs)),
            suite_hash="sha256:0",
            packs=tuple(PackIdentity(id=one, version="1", hash=f"sha256:{pack_hash}", root="gone") for one in packs),
            agent=SeatIdentity(name=agent),
            simulator=SeatIdentity(name="scripted"),
            seed=0,
            limits=Limits(),
            trials=tuple(PlannedTrial(pack=pack, task=task, trial=trial) for pack, task, trial in keys),
        )
        create_run(tmp_path / name, manifest)
        attempts = [
            _attempt(key, reward, mode=mode, agent=agent)
            for key in keys
            if not isinstance(reward := outcomes[key[:2]][key[2]], str)
        ]
        lines = "".join(attempt.model_dump_json() + "\n" for attempt in attempts)
        (tmp_path / name / "attempts" / "0000.jsonl").write_text(lines)
        return tmp_path / name

    return write


def _attempt(key: tuple[str, str, int], reward: float | None, *, mode: Mode, agent: str) -> Attempt:
    pack, task, trial = key
    record = Record(
        pack=pack,
        pack_hash="sha256:1",
        task=task,
        trial=trial,
        seed=1,
        agent=agent,
        simulator="scripted",
        mode=mode,
        events=(),
        termination=Termination.INFRA_ERROR if reward is None else Termination.USER_STOP,
        reward=Reward(value=reward),
    )
    return Attempt(attempt=0, timings=Timings(started_at="", wall_s=0.0), record=record)


def _bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
