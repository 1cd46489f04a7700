"""Build a site of 60 systems x 600 tasks, and the same tables by pandas' own HTML: seconds, files, bytes, ratio.

The submissions are made up, in the real format and with every hash right, so that nothing is left out.

    python benchmarks/board.py [--systems 60] [--tasks 600]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from harness.core.check import CheckKind, CheckResult, PhaseReward, Reward, Verdict
from harness.core.event import MessageEvent, PhaseEvent, ToolEvent
from harness.core.identity import digest, digest_bytes, trial_seed
from harness.core.limits import Limits
from harness.core.message import Message, Party, ToolCall, ToolResult, Usage
from harness.core.record import Attempt, EpisodeUsage, Record, Timings
from harness.core.suite import Selection, Suite
from harness.core.termination import Termination
from harness.packs.suites import hash_of_suite
from leaderboard.build import build_site
from leaderboard.packing import row_of
from leaderboard.submission import (
    ATTEMPTS,
    GENESIS,
    MANIFEST,
    TRAJECTORIES,
    AgentCard,
    HarnessCard,
    Inventory,
    Manifest,
    ModelCard,
    PackCard,
    Price,
    Protocol,
    SeatCard,
    SuiteCard,
)

PACK, HASH = "made-up", digest("a pack")
START = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = Price(input=2.0, output=8.0)
WORDS = ["the", "customer", "wants", "an", "order", "line", "changed", "before", "it", "ships", "and", "asks", "why"]


def record(task: str, seed: int, skill: float, draw: random.Random, agent: str) -> Record:
    """An episode of about twenty events."""
    events = []
    usage = Usage(calls=1, input_tokens=900, output_tokens=60, cost_usd=(900 * 2 + 60 * 8) / 1e6)
    for turn in range(6):
        text = " ".join(draw.choices(WORDS, k=30))
        call = ToolCall(id=f"call_{turn}", name="look_up", arguments={"order": turn, "why": text[:60]})
        events += [
            MessageEvent(party=Party.USER, to=Party.AGENT, message=Message(text=text)),
            MessageEvent(party=Party.AGENT, to=Party.ENVIRONMENT, message=Message(tool_calls=(call,), usage=usage)),
            ToolEvent(party=Party.AGENT, name="look_up", result=ToolResult(call_id=call.id, content=text * 2)),
        ]
    solved = draw.random() < skill
    verdict = Verdict.PASSED if solved else Verdict.FAILED
    value = float(solved)
    phase = PhaseReward(
        phase=0,
        checks=(CheckResult(kind=CheckKind.STATE, verdict=verdict, label="agent"),),
        basis=(CheckKind.STATE,),
        value=value,
    )
    events.append(PhaseEvent(phase=0, passed=solved))
    total = Usage(calls=6, input_tokens=5400, output_tokens=360, cost_usd=(5400 * 2 + 360 * 8) / 1e6)
    return Record(
        pack=PACK,
        pack_hash=HASH,
        task=task,
        trial=0,
        seed=seed,
        agent=agent,
        simulator="scripted",
        events=tuple(events),
        termination=Termination.SUBMITTED,
        reward=Reward(value=value, phases=(phase,)),
        usage=EpisodeUsage(agent=total),
        turns=6,
        tool_calls=6,
        fingerprints={"agent": digest(task), "user": digest(seed)},
    )


def submission(folder: Path, number: int, tasks: int) -> None:
    """Write one."""
    folder.mkdir(parents=True)
    draw = random.Random(number)
    agent = f"system-{number:02}"
    suite = Suite(id="made-up", version="1", title="A made-up suite", select=(Selection(pack=PACK),))
    names = [f"task-{place:03}" for place in range(tasks)]
    rows, lines, chain = [], [], GENESIS
    for place, task in enumerate(names):
        made = record(task, trial_seed(number, PACK, task, 0), 0.2 + 0.6 * number / 60, draw, agent)
        line = made.model_dump_json().encode()
        started = (START + timedelta(seconds=place)).isoformat()
        timings = Timings(started_at=started, wall_s=draw.random())
        row = row_of(Attempt(attempt=0, timings=timings, record=made), 0, line)
        row = row.model_copy(update={"chain": row.chained(chain)})
        chain = row.chain
        rows.append(row.model_dump_json().encode() + b"\n")
        lines.append(line + b"\n")
    attempts, trajectories = b"".join(rows), b"".join(lines)
    keys = tuple((PACK, task) for task in names)
    manifest = Manifest(
        schema_version=1,
        id=GENESIS,
        created_at=START,
        agent=AgentCard(name=agent, version="1"),
        agent_seat=SeatCard(name=agent, model=f"maker/{agent}"),
        models=(ModelCard(seat="agent", provider="maker", name=agent, price=PRICE),),
        suite=SuiteCard(
            definition=suite,
            hash=hash_of_suite(suite, {PACK: HASH}, keys),
            packs=(PackCard(id=PACK, version="1", hash=HASH, publish="open", license="Apache-2.0"),),
            tasks=keys,
        ),
        harness=HarnessCard(version="0.1.0", dependencies=digest("none")),
        simulator=SeatCard(name="scripted"),
        judge=None,
        protocol=Protocol(seed=number, trials=1, limits=Limits()),
        inventory=Inventory(
            attempts=digest_bytes(attempts), trajectories=digest_bytes(trajectories), rows=tasks, chain=chain
        ),
        license="CC-BY-4.0",
    )
    manifest = manifest.model_copy(update={"id": manifest.content_id()})
    (folder / MANIFEST).write_text(manifest.model_dump_json())
    (folder / ATTEMPTS).write_bytes(attempts)
    (folder / TRAJECTORIES).write_bytes(trajectories)


def peer(folders: list[Path], out: Path) -> float:
    """The same rows and trajectories as plain tables by pandas, without a check of anything: seconds."""
    import pandas

    started = perf_counter()
    out.mkdir()
    for folder in folders:
        table = pandas.read_json(folder / ATTEMPTS, lines=True)
        table.to_html(out / f"{folder.name}.html")
        for number, line in enumerate((folder / TRAJECTORIES).read_text().splitlines()):
            pandas.DataFrame(json.loads(line)["events"]).to_html(out / f"{folder.name}-{number}.html")
    return perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=60)
    parser.add_argument("--tasks", type=int, default=600)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        folders = [root / "submissions" / f"{number:02}" for number in range(options.systems)]
        for number, folder in enumerate(folders):
            submission(folder, number, options.tasks)
        started = perf_counter()
        built = build_site([root / "submissions"], root / "site")
        ours = perf_counter() - started
        files = [path for path in (root / "site").rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        theirs = peer(folders, root / "peer")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{built.entries} systems x {options.tasks} tasks on {os.cpu_count()} cores, {len(built.refused)} refused")
    print(f"site verified and built  {ours:7.1f} s  {len(files):,} files, {size / 1e6:,.0f} MB  (target 60 s)")
    print(f"pandas, tables only      {theirs:7.1f} s  ratio {theirs / ours:.2f}")
    print(f"peak memory of the main process {own / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
