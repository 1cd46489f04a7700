"""A million attempts: seconds and peak memory of `bench show`, `bench compare` and `bench sql`, beside pandas on the
same files.

    python benchmarks/analysis.py [--attempts N] [--tasks N] [--folder DIR] [--peer-share X]

Two synthetic runs are written in the real format (run.json and JSON Lines segments; some trials have a superseded
attempt, some no reward), with outcomes drawn for each task. The first `bench show` finds no tables, reads the journal
and compacts it; the second is what a reader waits for. The peer reads the same journal in blocks by `pandas.read_json`,
as one does without a harness, and makes the same numbers: the pass rate by pack, pass^k, the percentiles. `--peer-share
0.1` lets it read a tenth and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness.core.check import CheckKind, CheckResult, PhaseReward, Reward, Verdict
from harness.core.event import MessageEvent, PhaseEvent, ToolEvent
from harness.core.limits import Limits
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult, Usage
from harness.core.record import Attempt, EpisodeUsage, Record, Timings
from harness.core.run import PackIdentity, RunManifest, SeatIdentity
from harness.core.suite import Selection, Suite
from harness.core.termination import Termination

PACKS = ("alpha", "beta", "gamma", "delta")
SEGMENT = 50_000
ROOT = Path(__file__).parents[1]


def template() -> str:
    """An attempt's line with named places for what differs."""
    said = [
        MessageEvent(party=Party.USER, to=Party.AGENT, message=Message(text="My phone has no signal since Monday.")),
        MessageEvent(
            party=Party.AGENT,
            to=Party.ENVIRONMENT,
            message=Message(
                tool_calls=(ToolCall(id="call_0", name="get_line", arguments={"number": "555-0134"}),),
                usage=Usage(calls=1, input_tokens=812, output_tokens=34, cost_usd=0.001),
            ),
        ),
        ToolEvent(
            party=Party.AGENT, name="get_line", result=ToolResult(call_id="call_0", content='{"status": "locked"}')
        ),
        MessageEvent(
            party=Party.AGENT, to=Party.USER, message=Message(text="Your SIM is locked; I'll send you its PUK.")
        ),
        MessageEvent(party=Party.USER, to=Party.AGENT, message=Message(text="It works again.", stop=Stop.DONE)),
        PhaseEvent(phase=0, passed=True),
    ]
    checks = (
        CheckResult(kind=CheckKind.STATE, verdict=Verdict.PASSED, label="agent"),
        CheckResult(kind=CheckKind.PROBE, verdict=Verdict.PASSED, label="line_is_active"),
    )
    record = Record(
        pack="@pack@",
        pack_hash="sha256:0",
        task="@task@",
        trial=0,
        seed=0,
        agent="synthetic",
        simulator="scripted",
        events=tuple(said),
        termination=Termination.USER_STOP,
        reward=Reward(
            value=1.0,
            phases=(PhaseReward(phase=0, checks=checks, basis=(CheckKind.STATE, CheckKind.PROBE), value=1.0),),
        ),
        usage=EpisodeUsage(agent=Usage(calls=2, input_tokens=-1, output_tokens=80, cost_usd=-2.0)),
        turns=-3,
        tool_calls=1,
    )
    line = Attempt(attempt=0, timings=Timings(started_at="2026-01-01T00:00:00+00:00", wall_s=-5.0), record=record)
    text = line.model_dump_json().replace("%", "%%")
    places = {
        '"attempt":0': '"attempt":%(attempt)d',
        '"wall_s":-5.0': '"wall_s":%(wall).3f',
        '"@pack@"': '"%(pack)s"',
        '"@task@"': '"task-%(task)d"',
        '"trial":0': '"trial":%(trial)d',
        '"input_tokens":-1': '"input_tokens":%(tokens)d',
        '"cost_usd":-2.0': '"cost_usd":%(cost).5f',
        '"turns":-3': '"turns":%(turns)d',
        '"termination":"user_stop"': '"termination":"%(end)s"',
        '"verdict":"passed","label":"agent"': '"verdict":"%(verdict)s","label":"agent"',
        '"reward":{"value":1.0': '"reward":{"value":%(reward)s',
    }
    for place, name in places.items():
        assert place in text, place
        text = text.replace(place, name)
    return text + "\n"


def lines(attempts: int, tasks: int, shift: float, seed: int) -> Iterator[str]:
    """The journal's lines, trial by trial."""
    draw = random.Random(seed)
    # What a task takes is the same for all runs; `shift` is what one agent does better.
    difficulty = random.Random(0)
    chances = [min(1.0, max(0.0, difficulty.betavariate(1.2, 0.8) + shift)) for _ in range(tasks)]
    form = template()
    for number in range(attempts):
        task, trial = number % tasks, number // tasks
        solved, turns = draw.random() < chances[task], draw.randint(2, 30)
        fate = draw.random()
        fields = {
            "pack": PACKS[task % len(PACKS)],
            "task": task,
            "trial": trial,
            "tokens": turns * 400,
            "cost": turns * 0.0021,
            "turns": turns,
            "wall": turns * draw.uniform(0.5, 3.0),
            "attempt": 0,
            "end": "user_stop",
            "verdict": "passed" if solved else "failed",
            "reward": "1.0" if solved else "0.0",
        }
        if fate < 0.01:
            yield form % {**fields, "end": "infra_error", "reward": "null"}
            if fate < 0.009:
                yield form % {**fields, "attempt": 1}
        else:
            yield form % fields


def write_run(root: Path, attempts: int, tasks: int, *, shift: float, seed: int) -> None:
    """A run directory as `bench run` leaves it."""
    (root / "attempts").mkdir(parents=True)
    manifest = RunManifest(
        id=root.name,
        created_at="2026-01-01T00:00:00+00:00",
        harness="0.1.0",
        python="3.11",
        platform="linux",
        suite=Suite(id="synthetic", trials=attempts // tasks, select=tuple(Selection(pack=pack) for pack in PACKS)),
        suite_hash="sha256:0",
        packs=tuple(PackIdentity(id=pack, version="1", hash="sha256:0", root="gone") for pack in PACKS),
        agent=SeatIdentity(name="synthetic", model=f"none/{root.name}"),
        simulator=SeatIdentity(name="scripted"),
        seed=seed,
        limits=Limits(),
        trials=(),
    )
    head = json.loads(manifest.model_dump_json())
    del head["trials"]
    with (root / "run.json").open("w", buffering=1 << 20) as file:
        file.write(json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "trials": [\n')
        for number in range(attempts):
            task, end = number % tasks, ",\n" if number + 1 < attempts else "\n"
            file.write(
                f'    {{\n      "pack": "{PACKS[task % len(PACKS)]}",\n      "task": "task-{task}",\n'
                f'      "trial": {number // tasks}\n    }}{end}'
            )
        file.write("  ]\n}\n")
    segment: list[str] = []
    written = 0
    for line in lines(attempts, tasks, shift, seed):
        segment.append(line)
        if len(segment) == SEGMENT:
            (root / "attempts" / f"{written:04}.jsonl").write_text("".join(segment))
            segment, written = [], written + 1
    (root / "attempts" / f"{written:04}.jsonl").write_text("".join(segment))


PEER = """
import json, sys
from math import comb
from pathlib import Path
import pandas as pd
root, share = Path(sys.argv[1]), float(sys.argv[2])
files = sorted((root / "attempts").glob("*.jsonl"))
blocks = []
for path in files[: max(1, round(len(files) * share))]:
    for block in pd.read_json(path, lines=True, chunksize=10_000):
        record = pd.json_normalize(block["record"].tolist(), max_level=2)
        blocks.append(pd.DataFrame({
            "attempt": block["attempt"].to_numpy(), "wall_s": [one["wall_s"] for one in block["timings"]],
            **{name: record[name] for name in ("pack", "task", "trial", "turns", "reward.value")},
            "tokens": record["usage.agent.input_tokens"] if "usage.agent.input_tokens" in record
                else [one["input_tokens"] for one in record["usage.agent"]],
        }))
frame = pd.concat(blocks).sort_values("attempt").drop_duplicates(["pack", "task", "trial"], keep="last")
decided = frame.dropna(subset=["reward.value"]).assign(solved=lambda one: one["reward.value"] == 1)
tasks = decided.groupby(["pack", "task"])["solved"].agg(["count", "sum"])
print(json.dumps({
    "attempts": sum(map(len, blocks)),
    "pass_rate": float(decided["solved"].mean()),
    "packs": decided.groupby("pack")["solved"].mean().to_dict(),
    "pass^2": float(pd.Series([comb(c, 2) / comb(n, 2) for n, c in tasks.itertuples(index=False) if n > 1]).mean()),
    "turns": frame["turns"].quantile([0.5, 0.9]).tolist(),
}))
"""


class Cost(NamedTuple):
    """What a command took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds of all threads together: on a busy machine this says more."""
    peak: float
    """MB of memory."""
    printed: str

    def __str__(self) -> str:
        return f"{self.wall:>8.2f} s {self.cpu:>8.2f} s {self.peak:>8.0f} MB"


def measured(*command: str) -> Cost:
    """What a child process takes."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, env={**os.environ, "PYTHONPATH": str(ROOT)})
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        out.seek(0)
        printed = out.read()
    assert os.waitstatus_to_exitcode(status) == 0, f"{command} failed"
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="where the runs are written and kept; those there are used again")
    parser.add_argument("--peer-share", type=float, default=1.0, help="share of the journal that pandas reads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        began = time.perf_counter()
        for name, shift, seed in (("a", 0.0, 1), ("b", 0.02, 2)):
            if not (folder / name).exists():
                write_run(folder / name, options.attempts, options.tasks, shift=shift, seed=seed)
        size = sum(path.stat().st_size for path in folder.glob("a/attempts/*")) / 1e9
        print(f"{options.attempts:,} attempts at {options.tasks:,} tasks, {size:.2f} GB a run, ", end="")
        print(f"written in {time.perf_counter() - began:.0f} s; {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
        compare(folder, options.peer_share)


def compare(folder: Path, share: float) -> None:
    """Time our commands and the peer on the runs in `folder`, and print the ratios."""
    a, b = str(folder / "a"), str(folder / "b")
    bench = (sys.executable, "-m", "harness")
    rate = "SELECT pack, count(*), avg(solved::INT) FROM trials GROUP BY pack ORDER BY pack"
    cases = {
        "bench show A, first (compacts)": (*bench, "show", a),
        "bench show A": (*bench, "show", a),
        "bench show B, first (compacts)": (*bench, "show", b),
        "bench compare A B": (*bench, "compare", a, b),
        "bench compare A B --json": (*bench, "compare", a, b, "--json"),
        "bench sql (pass rate by pack)": (*bench, "sql", rate, a),
        "bench show A --json": (*bench, "show", a, "--json"),
    }
    ours = {}
    print(f"{'':<34}{'wall':>10}{'CPU':>11}{'peak':>12}")
    for name, command in cases.items():
        ours[name] = measured(*command)
        print(f"{name:<34}{ours[name]}", flush=True)
    peer = measured(sys.executable, "-c", PEER, a, str(share))
    print(f"{'pandas on A':<34}{peer}" + (f" ({share:.0%} of it)" if share < 1 else ""))
    found, theirs = json.loads(ours["bench show A --json"].printed), json.loads(peer.printed)
    if share == 1:
        assert theirs["attempts"] == found["attempts"]
        assert abs(theirs["pass_rate"] - found["pass_rate"]) < 1e-12
        if "2" in found["pass_k"]["at"]:
            assert abs(theirs["pass^2"] - found["pass_k"]["at"]["2"]["value"]) < 1e-9
        assert theirs["turns"] == [found["spread"]["turns"][name] for name in ("p50", "p90")]
        print("both have the same numbers")
    for name in ("bench show A", "bench show A, first (compacts)"):
        times = f"wall {peer.wall / share / ours[name].wall:.1f}, CPU {peer.cpu / share / ours[name].cpu:.1f}"
        print(f"ratio, pandas to {name}: {times}, memory {peer.peak / ours[name].peak:.1f}")


if __name__ == "__main__":
    main()
