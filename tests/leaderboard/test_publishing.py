"""What leaves the house, by the packs' policies."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from playing import ROOT, play

from harness.core.event import MessageEvent
from harness.core.message import Message, Party
from harness.core.record import Record
from harness.runner.journal import final_attempts
from leaderboard.publishing import REDACTED, publishable
from leaderboard.replaying import Worlds
from leaderboard.submission import ATTEMPTS, TRAJECTORIES
from leaderboard.verifying import Badge, verify


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A finished run of a copy of a pack with the policy that the test asks for."""
    pack = shutil.copytree(ROOT / "tasks" / "telecom-desk", tmp_path / "packs" / "desk")
    text = (pack / "pack.toml").read_text().replace('id = "telecom-desk"', f'id = "desk"\npublish = "{request.param}"')
    (pack / "pack.toml").write_text(text)
    monkeypatch.setenv("PARLEY_TASKS", str(tmp_path / "packs"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT)]))
    assert play(tmp_path, "run", "--agent", "noop", "--suite", "desk:lite", "--out", "r").returncode == 0
    assert play(tmp_path, "run", "--agent", "oracle", "--suite", "desk:lite", "--out", "o").returncode == 0
    for run in ("r", "o"):
        assert play(tmp_path, "leaderboard", "pack", run, "--out", f"{run}-submission").returncode == 0
    return tmp_path


@pytest.mark.parametrize("closed", ["sealed"], indirect=True)
def test_of_a_sealed_pack_only_rows_are_published_and_they_can_not_be_replayed(closed: Path) -> None:
    folder = closed / "r-submission"
    assert (folder / TRAJECTORIES).read_text() == ""
    assert len((folder / ATTEMPTS).read_text().splitlines()) == 10
    with Worlds() as worlds:
        _, found = verify(folder, worlds=worlds)
    assert (found.findings, found.badges) == ((), (Badge.RECOMPUTED,))
    assert found.not_replayed == ("10 trajectories are sealed",)


@pytest.mark.parametrize("closed", ["redact_gold"], indirect=True)
def test_redacted_records_hold_no_reasons_and_replay_all_the_same(closed: Path) -> None:
    records = [json.loads(line) for line in (closed / "r-submission" / TRAJECTORIES).read_text().splitlines()]
    assert len(records) == 10
    checks = [check for record in records for phase in record["reward"]["phases"] for check in phase["checks"]]
    assert checks
    assert {(check["label"], check["reason"]) for check in checks} == {("", "")}
    with Worlds() as worlds:
        _, found = verify(closed / "r-submission", worlds=worlds)
    assert (found.findings, found.badges) == ((), (Badge.RECOMPUTED, Badge.REPLAYED))


@pytest.mark.parametrize("closed", ["redact_gold"], indirect=True)
def test_the_oracles_trajectories_stay_where_gold_is_kept(closed: Path) -> None:
    assert (closed / "o-submission" / TRAJECTORIES).read_text() == ""


def test_words_that_leaked_gold_are_not_published(run_folder: Path) -> None:
    record = next(iter(final_attempts(run_folder / "oracle").values())).record
    secret = "SELECT the_answer FROM gold"
    leak = MessageEvent(
        party=Party.USER,
        to=Party.AGENT,
        message=Message(text=secret, raw=secret, marks=("leak: another point, the_answer",)),
    )
    leaked = record.model_copy(update={"events": (*record.events, leak), "agent": "mine"})
    published = publishable(leaked, "redact_gold")
    assert isinstance(published, Record)
    assert "the_answer" not in published.model_dump_json()
    assert REDACTED in published.model_dump_json()
    assert publishable(published, "redact_gold") == published
    assert publishable(leaked, "open") == leaked
