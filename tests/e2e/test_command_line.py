"""What a person sees and what a script can rely on, by the command line alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Bench = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]

FAILURES = """
import random
from harness import Message, ToolCall


class Raises:
    def act(self, view):
        raise RuntimeError("boom")


class Garbage:
    def act(self, view):
        return random.choice([None, 3, {"text": "hi"}, [], b"x"])


class BadCalls:
    def act(self, view):
        wrong = ToolCall(name=view.tools[0].name, arguments={"x": 1})
        return Message(tool_calls=(ToolCall(name="no_such_tool"), wrong))


class Exits:
    def act(self, view):
        raise SystemExit("bye")


class Interrupts:
    async def act(self, view):
        raise KeyboardInterrupt("me")


class Fails:
    def __init__(self):
        raise OSError("no disk")

    def act(self, view):
        return "never"


class Slow:
    async def act(self, view):
        import asyncio

        await asyncio.sleep(0.2)
        return "Hm."
"""


def episodes(bench: Bench, run: str) -> dict[str, dict[str, object]]:
    lines = bench("show", run, "--episodes", "--json").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    return {f"{row['pack']}/{row['task']}#{row['trial']}": row for row in rows}


def shown(bench: Bench, run: str) -> dict[str, object]:
    summary: dict[str, object] = json.loads(bench("show", run, "--json").stdout)
    return summary


def records(root: Path) -> list[str]:
    segments = (root / "attempts").glob("*.jsonl")
    return sorted(json.dumps(json.loads(line)["record"]) for one in segments for line in one.read_text().splitlines())


def test_the_oracle_earns_everything_and_the_same_seed_gives_the_same_bytes(bench: Bench, tmp_path: Path) -> None:
    first = bench("run", "--agent", "oracle", "--suite", "lite", "--out", "a")
    again = bench("run", "--agent", "oracle", "--suite", "lite", "--out", "b", "--concurrency", "1")
    other = bench("run", "--agent", "oracle", "--suite", "lite", "--out", "c", "--seed", "1")
    assert (first.returncode, again.returncode, other.returncode) == (0, 0, 0)
    assert "run: a" in first.stdout
    rows, seeded = episodes(bench, "a"), episodes(bench, "c")
    assert len(rows) == 30
    assert {row["reward"] for row in rows.values()} == {1.0}
    assert records(tmp_path / "a") == records(tmp_path / "b")
    assert all(rows[key]["seed"] != seeded[key]["seed"] for key in rows)


def test_doing_nothing_earns_nothing_on_every_task(bench: Bench) -> None:
    assert bench("run", "--agent", "noop", "--suite", "lite", "--out", "r").returncode == 0
    assert {row["reward"] for row in episodes(bench, "r").values()} == {0.0}


def test_the_summary_holds_what_scripts_rely_on(bench: Bench) -> None:
    bench("run", "--agent", "oracle", "--suite", "lite", "--out", "r", "--trials", "2")
    summary = shown(bench, "r")
    assert (summary["episodes"], summary["completed"], summary["mean_reward"]) == (60, 60, 1.0)
    assert sum(summary["terminations"].values()) == 60  # type: ignore[attr-defined]
    packs: dict[str, dict[str, object]] = summary["packs"]  # type: ignore[assignment]
    assert sum(pack["episodes"] for pack in packs.values()) == 60  # type: ignore[misc]
    assert {pack["mean_reward"] for pack in packs.values()} == {1.0}
    assert set(summary["usage"]) == {"agent", "user", "judge"}  # type: ignore[call-overload]
    assert summary["usage"]["agent"]["tokens"] == 0  # type: ignore[index]
    row = next(iter(episodes(bench, "r").values()))
    assert {"task", "trial", "reward", "termination"} <= set(row)


def test_a_trajectory_can_be_read_by_task_pack_and_trial(bench: Bench) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk", "--task", "sim-locked", "--trials", "2", "--out", "r")
    for name in ("sim-locked", "telecom-desk/sim-locked", "sim-locked#1"):
        told = bench("show", "r", name)
        assert told.returncode == 0
        assert "reward 1" in told.stdout
    assert json.loads(bench("show", "r", "sim-locked", "--json").stdout)["record"]["task"] == "sim-locked"
    wrong = bench("show", "r", "sim-lock")
    assert (wrong.returncode, "did you mean 'sim-locked'" in wrong.stderr) == (2, True)


def test_scoring_again_confirms_a_run_and_finds_a_forged_record(bench: Bench, tmp_path: Path) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "r")
    honest = bench("score", "r", "--json")
    assert (honest.returncode, json.loads(honest.stdout)) == (
        0,
        {"episodes": 10, "mean_reward": 1.0, "differences": []},
    )
    (segment,) = (tmp_path / "r" / "attempts").glob("*.jsonl")
    lines = segment.read_text().splitlines()
    forged = json.loads(lines[0])
    forged["record"]["reward"]["value"] = 0.0
    segment.write_text("\n".join([json.dumps(forged), *lines[1:]]) + "\n")
    told = bench("score", "r")
    assert told.returncode == 1
    assert "reward: recorded 0.0, recomputed 1.0" in told.stdout


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "run", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(root: Path) -> int:
    return sum(one.read_bytes().count(b"\n") for one in (root / "attempts").glob("*.jsonl"))


def wait_for(root: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while finished(root) < count:
        assert time.monotonic() < deadline, "the run makes no progress"
        time.sleep(0.02)


SLOW = ("--agent", "failures:Slow", "--suite", "lite", "--concurrency", "2", "--max-turns", "3", "--seed", "4")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_midway_goes_on_where_it_was_and_ends_as_an_unbroken_one(
    bench: Bench, tmp_path: Path, how: signal.Signals
) -> None:
    (tmp_path / "failures.py").write_text(FAILURES)
    assert bench("run", *SLOW, "--out", "whole").returncode == 0
    broken = start(tmp_path, *SLOW, "--out", "broken")
    wait_for(tmp_path / "broken", 5)
    broken.send_signal(how)
    out, errors = broken.communicate(timeout=60)
    assert broken.returncode == (-9 if how is signal.SIGKILL else 130)
    assert "Traceback" not in errors
    if how is signal.SIGINT:
        assert "bench run --resume broken" in errors
        assert "pass rate" in out
    before = records(tmp_path / "broken")
    assert 5 <= len(before) < 30
    resumed = bench("run", "--resume", "broken")
    assert resumed.returncode == 0
    after = records(tmp_path / "broken")
    assert len(after) == 30
    assert set(before) <= set(after)
    assert after == records(tmp_path / "whole")
    tables = [shown(bench, name) for name in ("whole", "broken")]
    for table in tables:
        for part in (table, *table["packs"].values()):  # type: ignore[attr-defined]
            for told in ("wall_s", "run", "spread"):
                part.pop(told, None)
    assert tables[0] == tables[1]
    assert bench("run", "--resume", "broken").returncode == 0
    assert records(tmp_path / "broken") == after


@pytest.mark.parametrize(
    ("agent", "terminations"),
    [
        ("Raises", {"agent_error"}),
        ("Garbage", {"agent_error"}),
        ("Fails", {"agent_error"}),
        ("Exits", {"agent_error"}),
        ("Interrupts", {"agent_error"}),
        ("BadCalls", {"too_many_errors"}),
    ],
)
def test_no_agent_stops_a_run(bench: Bench, tmp_path: Path, agent: str, terminations: set[str]) -> None:
    (tmp_path / "failures.py").write_text(FAILURES)
    done = bench("run", "--agent", f"failures:{agent}", "--suite", "lite", "--out", "r")
    assert done.returncode == 0, done.stderr
    rows = episodes(bench, "r")
    assert len(rows) == 30
    assert {row["termination"] for row in rows.values()} == terminations
    assert {row["reward"] for row in rows.values()} == {0.0}
    assert bench("score", "r").returncode == 0


def test_an_infrastructure_failure_is_no_reward_exit_code_1_and_played_again(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "script.jsonl").write_text('{"text": "Which one?"}')
    model = ("--agent", "llm", "--model", "scripted/script.jsonl")
    failed = bench("run", *model, "--suite", "telecom-desk", "--task", "sim-locked", "--out", "r")
    assert failed.returncode == 1
    assert shown(bench, "r")["terminations"] == {"infra_error": 1}
    assert shown(bench, "r")["mean_reward"] is None
    assert bench("run", "--resume", "r").returncode == 1
    assert shown(bench, "r")["attempts"] == 2
    assert episodes(bench, "r")["telecom-desk/sim-locked#0"]["attempt"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--agent", "orcale", "--suite", "lite", "--out", "r"), "did you mean 'oracle'"),
        (("run", "--agent", "gone:Agent", "--suite", "lite", "--out", "r"), "No module named 'gone'"),
        (("run", "--agent", "oracle", "--suite", "light", "--out", "r"), "did you mean 'lite'"),
        (("run", "--agent", "oracle", "--suite", "telecom-desc", "--out", "r"), "did you mean 'telecom-desk'"),
        (("run", "--agent", "oracle", "--suite", "telecom-desk:lit", "--out", "r"), "did you mean 'lite'"),
        (("run", "--agent", "llm", "--suite", "lite", "--out", "r"), "needs a model"),
        (("run", "--agent", "llm", "--model", "local/smollm", "--suite", "lite", "--out", "r"), "local/smollm2-135m"),
        (("run", "--agent", "llm", "--model", "gpt", "--suite", "lite", "--out", "r"), "PROVIDER/NAME"),
        (("run", "--agent", "oracle", "--suite", "lite", "--user", "scriptd", "--out", "r"), "did you mean 'scripted'"),
        (("run", "--agent", "oracle", "--suite", "lite", "--task", "sim-lockd", "--out", "r"), "sim-locked"),
        (("run", "--agent", "oracle", "--suite", "typo.toml", "--out", "r"), "typo.toml: unknown key 'trails'"),
        (("run", "--agent", "oracle", "--suite", "gone.toml", "--out", "r"), "gone.toml: no such file"),
        (("run", "--agent", "oracle", "--suite", "other.toml", "--out", "r"), "unknown pack 'nosuch'"),
        (("run", "--agent", "oracle", "--suite", "lite", "--trials", "0", "--out", "r"), "--trials"),
        (("run", "--agent", "oracle", "--suite", "lite", "--out", "typo.toml"), "exists already"),
        (("run", "--agent", "oracle", "--suite", "lite", "--out", "typo.toml/r"), "can't be written"),
        (("run", "--agent", "oracle", "--suite", "bad", "--out", "r"), "tasks/a.toml: task 'one': field 'tags'"),
        (("run", "--resume", "r"), "not a run directory"),
        (("run", "--resume", "r", "--out", "s"), "leave out --out"),
        (("run",), "give --agent and --suite"),
        (("show", "r"), "not a run directory"),
        (("score", "r"), "not a run directory"),
        (("pack", "check", "nosuch"), "unknown pack 'nosuch'"),
        (("pack", "import", "tau2", "nosuch"), "nosuch"),
        (("pack", "import", "bird", "nosuch"), "nosuch"),
        (("leaderboard", "build", "nosuch", "--out", "site"), "no such folder"),
        (("rum",), "No such command 'rum'"),
    ],
)
def test_a_mistake_gets_one_clear_message_exit_code_2_and_nothing_is_written(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    select = 'id = "x"\n[[select]]\npack = "{}"\n'
    (tmp_path / "typo.toml").write_text("trails = 2\n" + select.format("telecom-desk"))
    (tmp_path / "other.toml").write_text(select.format("nosuch"))
    bad = tmp_path / "bad"
    assert bench("pack", "new", "bad", "--environment", "service").returncode == 0
    (bad / "tasks" / "first.toml").unlink()
    (bad / "tasks" / "a.toml").write_text('[[task]]\nid = "one"\ntags = "x"\nphases = [{}]\n')
    before = sorted(tmp_path.rglob("*"))
    done = bench(*arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_directory_of_another_suite_is_not_resumed(bench: Bench, tmp_path: Path) -> None:
    bench("run", "--agent", "noop", "--suite", "telecom-desk:lite", "--out", "r")
    before = records(tmp_path / "r")
    refused = bench("run", "--resume", "r", "--suite", "lite")
    assert refused.returncode == 2
    assert "belongs to suite 'telecom-desk:lite' with hash sha256:" in refused.stderr
    other_agent = bench("run", "--resume", "r", "--agent", "oracle")
    assert (other_agent.returncode, "was started with --agent noop" in other_agent.stderr) == (2, True)
    assert bench("run", "--resume", "r", "--agent", "noop", "--suite", "telecom-desk:lite").returncode == 0
    assert records(tmp_path / "r") == before


def test_a_run_whose_pack_has_changed_is_neither_resumed_nor_scored(bench: Bench, tmp_path: Path) -> None:
    bench("pack", "new", "mine", "--environment", "service")
    bench("run", "--agent", "oracle", "--suite", "mine", "--out", "r")
    (tmp_path / "mine" / "policy.md").write_text("Be rude.")
    for command in (("run", "--resume", "r"), ("score", "r")):
        done = bench(*command)
        assert (done.returncode, "pack 'mine'" in done.stderr, "has changed" in done.stderr) == (2, True, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a mount that root can't write to")
def test_an_unwritable_directory_is_refused(bench: Bench) -> None:
    done = bench("run", "--agent", "oracle", "--suite", "lite", "--out", "/proc/parley")
    assert (done.returncode, "can't be written" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_help_names_every_command_and_option_without_a_run(bench: Bench) -> None:
    told = bench("--help")
    assert told.returncode == 0
    assert all(name in told.stdout for name in ("run", "list", "show", "score", "pack"))
    options = bench("run", "--help").stdout
    assert all(name in options for name in ("--agent", "--suite", "--resume", "--out", "--max-turns", "--seed"))
    assert "0.1.0" in bench("--version").stdout


def test_what_can_be_named_is_listed(bench: Bench) -> None:
    found = json.loads(bench("list", "--json").stdout)
    names = {kind: {item["name"] for item in items} for kind, items in found.items()}
    assert "lite" in names["suites"]
    assert {"sql-shop", "sql-clinic", "sql-grid", "telecom-desk", "shortcuts-daily", "shortcuts-cross-app"} <= names[
        "packs"
    ]
    assert {"oracle", "noop", "llm"} <= names["agents"]
    assert "local/smollm2-135m" in names["models"]
    assert bench("list", "runs").stdout.split() == ["runs", "none"]


@pytest.mark.parametrize("environment", ["sql", "service", "shortcuts"])
def test_a_new_pack_works_at_once(bench: Bench, environment: str) -> None:
    assert bench("pack", "new", "first-one", "--environment", environment).returncode == 0
    checked = bench("pack", "check", "first-one")
    assert (checked.returncode, checked.stdout) == (0, "first-one: 1 tasks, 0 problems\n")


@pytest.mark.parametrize("pack", ["telecom-desk", "shortcuts-cross-app"])
def test_every_task_of_our_packs_is_solvable_not_trivial_and_reproducible(bench: Bench, pack: str) -> None:
    report = json.loads(bench("pack", "check", pack, "--json").stdout)
    assert report["problems"] == []
    assert report["tasks"] >= 7


def test_a_broken_reference_is_reported(bench: Bench, tmp_path: Path) -> None:
    bench("pack", "new", "mine", "--environment", "service")
    file = tmp_path / "mine" / "tasks" / "first.toml"
    text = file.read_text()
    trivial = (
        text[: text.index("reference = [")].replace("finish-a-task", "trivial") + 'checks = [{ kind = "state" }]\n'
    )
    trivial = trivial.replace('checks = [{ kind = "state" }]', 'reference = []\nchecks = [{ kind = "state" }]')
    failing = text.replace('task_id = "task_1"', 'task_id = "task_9"').replace("finish-a-task", "failing")
    file.write_text(text + trivial + failing)
    checked = bench("pack", "check", "mine")
    assert checked.returncode == 1
    assert "mine/trivial: doing nothing earns 1" in checked.stdout
    assert "mine/failing: a call of the reference fails: update_task_status" in checked.stdout


def test_a_run_becomes_a_submission_and_a_site(bench: Bench, tmp_path: Path) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "r")
    (tmp_path / "card.toml").write_text('[agent]\nname = "The ceiling"\nopen_scaffold = true\n')
    packed = bench("leaderboard", "pack", "r", "--card", "card.toml", "--out", "s")
    assert packed.returncode == 0, packed.stderr
    verified = bench("leaderboard", "verify", "s")
    assert (verified.returncode, verified.stdout) == (0, "s: holds; recomputed, replayed\n")
    assert bench("leaderboard", "build", "s", "--replay", "-o", "site").returncode == 0
    page = (tmp_path / "site" / "index.html").read_text()
    assert "The ceiling" in page
    assert "100.0 %" in page
    assert 'class="badge replayed"' in page
    exported = json.loads(bench("leaderboard", "export", "s").stdout)
    assert exported["model-index"][0]["results"][0]["metrics"][0]["value"] == 1.0
    viewed = bench("view", "r", "--no-open")
    assert viewed.returncode == 0
    assert (tmp_path / viewed.stdout.strip()).is_file()


def test_a_leaderboard_command_says_what_is_wrong_and_leaves_nothing(bench: Bench, tmp_path: Path) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "r")
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--task", "sim-locked", "--out", "part")
    (tmp_path / "wrong.toml").write_text('[agent]\nnme = "x"\n')
    (tmp_path / "secret.toml").write_text('[declarations]\nnotes = "key sk-abcdefghijklmnopqrstuvwxyz012345"\n')
    before = sorted(path.name for path in tmp_path.iterdir())
    for arguments, wanted in (
        (("pack", "nosuch", "--out", "x"), "not a run directory"),
        (("pack", "r", "--out", "part"), "exists already"),
        (("pack", "part", "--out", "x"), "plays 1 of the"),
        (("pack", "r", "--out", "x", "--card", "wrong.toml"), "did you mean 'name'?"),
        (("pack", "r", "--out", "x", "--card", "secret.toml"), "looks like it holds secrets"),
        (("pack", "r", "--out", "x", "--sign", "nosuch"), "no such key"),
        (("verify", "nosuch"), "no such folder"),
        (("verify", "r"), "holds no submission"),
        (("build", "r", "--out", "x"), "holds no submission"),
        (("serve", "r"), "no site lies there"),
        (("export", "r"), "holds no submission"),
    ):
        done = bench("leaderboard", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert wanted in done.stderr
        assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_real_tau2_mock_tasks_are_imported_and_solved_and_judged_statements_are_not_passed(
    bench: Bench, shared_data: Path
) -> None:
    assert bench("pack", "import", "tau2", shared_data / "tau2", "--domain", "mock").returncode == 0
    assert bench("run", "--agent", "oracle", "--suite", "tau2-mock", "--out", "r").returncode == 0
    rows = episodes(bench, "r")
    assert len(rows) == 10
    assert {row["reward"] for row in rows.values()} == {1.0}
    assert sum(shown(bench, "r")["not_evaluated"].values()) > 0  # type: ignore[attr-defined]
    told = bench("show", "r", "create_task_1").stdout
    assert "not_evaluated (diagnostic): needs a judge model" in told
    assert bench("score", "r").returncode == 0


def test_a_real_bird_database_is_explored_and_the_record_says_that_ground_truth_is_withheld(
    bench: Bench, shared_data: Path, tmp_path: Path
) -> None:
    assert bench("pack", "import", "bird", shared_data / "mini_interact").returncode == 0
    explore = {"name": "execute_sql", "arguments": {"sql": "SELECT count(*) AS tables FROM sqlite_master"}}
    submit = {"name": "submit_sql", "arguments": {"sql": "SELECT 1"}}
    answers = [{"tool_calls": [{"name": "get_schema"}]}, {"tool_calls": [explore]}, {"text": "Which one?"}]
    script = "\n".join(json.dumps(answer) for answer in [*answers, {"tool_calls": [submit]}])
    (tmp_path / "script.jsonl").write_text(script)
    model = ("--agent", "llm", "--model", "scripted/script.jsonl")
    assert bench("run", *model, "--suite", "bird-mini", "--task", "credit_1", "--out", "r").returncode == 0
    told = bench("show", "r", "credit_1").stdout
    assert "CREATE TABLE" in told
    assert "tables" in told
    assert "withheld" in told
    row = episodes(bench, "r")["bird-mini/credit_1#0"]
    assert (row["reward"], row["termination"]) == (None, "submitted")
    assert "withheld" in str(row["reason"])


def test_a_real_small_model_plays_to_defined_ends_with_real_tokens(bench: Bench) -> None:
    model = ("--agent", "llm", "--model", "local/smollm2-135m", "--max-turns", "2")
    tasks = ("--task", "low-stock", "--task", "sim-locked", "--task", "dim-the-screen")
    done = bench("run", *model, "--suite", "lite", *tasks, "--out", "r", timeout=280)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    usage = shown(bench, "r")["usage"]["agent"]  # type: ignore[index]
    assert usage["input_tokens"] > usage["output_tokens"] > 3
    assert usage["cost"] == 0.0
    told = bench("show", "r", "sim-locked", "--json").stdout
    said = [event["message"] for event in json.loads(told)["record"]["events"] if event["type"] == "message"]
    assert any(message["usage"] and (message["text"] or message["raw"]) for message in said)


def test_numbers_that_are_none_and_trials_without_end_are_refused(bench: Bench) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "a")
    for command in (
        ("compare", "a", "a", "--max-loss", "nan"),
        ("slices", "a", "--fdr", "nan"),
        ("run", "--agent", "noop", "--suite", "lite", "--timeout", "nan"),
        ("run", "--agent", "noop", "--suite", "lite", "--trials", "99999999999999999999"),
    ):
        told = bench(*command)
        assert (told.returncode, "Traceback" in told.stderr) == (2, False), command
        assert f"Invalid value for '{command[-2]}'" in told.stderr


def test_a_record_of_another_run_and_columns_of_one_name_are_named(bench: Bench, tmp_path: Path) -> None:
    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "a")
    bench("run", "--agent", "oracle", "--suite", "shortcuts-daily:lite", "--out", "b")
    (mine,), (theirs,) = ((tmp_path / one / "attempts").glob("*.jsonl") for one in "ab")
    mine.write_text(mine.read_text() + theirs.read_text())
    told = bench("score", "a")
    assert (told.returncode, "is no trial of this run" in told.stderr) == (2, True)
    asked = bench("sql", "SELECT 1 AS a, 2 AS a", "b", "--json")
    assert (asked.returncode, "two columns are called 'a'" in asked.stderr) == (2, True)
    assert json.loads(bench("sql", "SELECT 'nan'::DOUBLE AS n", "b", "--json").stdout) == {"n": None}
    full = subprocess.run(
        f"{sys.executable} -m harness show b > /dev/full",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (full.returncode, "Traceback" in full.stderr) == (1, False)
    assert "the output can't be written: No space left on device" in full.stderr
