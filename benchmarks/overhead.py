"""What the harness itself costs: time a turn and a tool call, and episodes a second.

    python benchmarks/overhead.py [--rounds N] [--episodes N]

A scripted model looks the same customer up again and again, on the real telecom desk. The peer, in the same
run, is a bare loop that asks the same model and makes the same calls on the same environment without engine,
records or journal: the ratio is what the harness adds. Then whole runs, journal and fsync included, at
concurrency 1 and 64.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from harness.agents.llm import LlmAgent
from harness.agents.oracle import OracleAgent
from harness.core.limits import Limits
from harness.core.message import Message, Party, ToolCall, ToolSpec
from harness.core.protocols import View
from harness.core.run import SeatIdentity
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.models.client import ChatMessage, Request
from harness.models.scripted import Answer, ScriptedClient
from harness.models.speaker import ToolProtocol
from harness.packs.find import find_pack
from harness.packs.load import load_pack, open_pack
from harness.packs.suites import Changes, resolve_suite
from harness.runner.config import RunConfig
from harness.runner.execute import Seats, execute, open_templates
from harness.runner.journal import create_run
from harness.runner.plan import new_plan
from harness.runner.progress import Silent
from simulators.scripted import ScriptedUser

PACK, TASK = "telecom-desk", "sim-locked"
LOOK = ToolCall(name="get_customer_by_phone", arguments={"phone_number": "555-0000"})
CALLS = 100


class Patient:
    """A user that opens, answers every message, and never ends the conversation."""

    async def act(self, view: View) -> Message:
        """Say something short."""
        return Message(text="And then?")


async def nobody(question: str) -> str:
    """No tool of the desk asks the user."""
    raise AssertionError(question)


async def bare(setting: Setting, client: ScriptedClient, turns: int) -> float:
    """Seconds for model and environment alone."""
    world = await setting.template.create(setting.task, setting.seed)
    tools: list[ToolSpec] = list(world.tools(Party.AGENT))
    messages = [ChatMessage("system", "x")]
    started = time.perf_counter()
    for turn in range(turns):
        answer = await client.complete(Request(messages=messages, tools=tools, turn=turn))
        for call in answer.tool_calls:
            await world.call(Party.AGENT, call, nobody)
    seconds = time.perf_counter() - started
    await world.close()
    return seconds


async def harnessed(setting: Setting, client: ScriptedClient) -> float:
    """Seconds for the same in an episode."""
    agent = LlmAgent(client, ToolProtocol.NATIVE)
    started = time.perf_counter()
    await play(setting, agent, Patient())
    return time.perf_counter() - started


def per_unit(rounds: int, answers: tuple[Answer, ...], setting: Setting) -> tuple[float, float]:
    """Median seconds of the bare loop and of the episode."""
    client = ScriptedClient((*answers, Answer(text="###STOP###")))
    bares, ours = [], []
    for _ in range(rounds):
        bares.append(asyncio.run(bare(setting, client, len(answers))))
        ours.append(asyncio.run(harnessed(setting, client)))
    return statistics.median(bares), statistics.median(ours)


def whole_run(episodes: int, concurrency: int) -> float:
    """Episodes a second of the oracle on the telecom desk, from plan to journal."""
    resolved = resolve_suite(PACK)
    resolved = resolve_suite(PACK, Changes(trials=max(1, episodes // len(resolved.tasks))))
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(suite=PACK, agent="oracle", out=Path(folder) / "run")
        plan = new_plan(config, resolved, SeatIdentity(name="oracle"), SeatIdentity(name="scripted"))
        seats = Seats(lambda task, seed: OracleAgent(task), lambda task, seed: ScriptedUser(task))
        with open_templates(plan) as templates:
            create_run(plan.root, plan.manifest)
            started = time.perf_counter()
            asyncio.run(execute(plan, templates, seats, concurrency=concurrency, progress=Silent()))
            return len(plan.manifest.trials) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="episodes to take the median of")
    parser.add_argument("--episodes", type=int, default=1000, help="episodes of a whole run")
    options = parser.parse_args()
    pack = load_pack(find_pack(PACK))
    limits = Limits(max_turns=10 * CALLS, max_steps=10 * CALLS, max_errors=10 * CALLS)
    with closing(open_pack(pack)) as template:
        setting = Setting.of(pack, TASK, template, limits=limits)
        print(f"{'':<28}{'bare loop':>12}{'harness':>12}{'ratio':>8}{'added':>12}")
        cases = {
            "a turn (words)": tuple(Answer(text="Well.") for _ in range(CALLS)),
            "a turn with one call": tuple(Answer(tool_calls=(LOOK,)) for _ in range(CALLS)),
            "a call (100 in a message)": (Answer(tool_calls=(LOOK,) * CALLS),),
        }
        for name, answers in cases.items():
            alone, ours = (seconds / CALLS for seconds in per_unit(options.rounds, answers, setting))
            added = (ours - alone) * 1e6
            print(f"{name:<28}{alone * 1e6:>9.1f} µs{ours * 1e6:>9.1f} µs{ours / alone:>8.1f}{added:>9.1f} µs")
    rates = {concurrency: whole_run(options.episodes, concurrency) for concurrency in (1, 64)}
    for concurrency, rate in rates.items():
        print(f"oracle, concurrency {concurrency:>2}: {rate:,.0f} episodes/s, journal and fsync included")
    print(f"ratio 64 to 1: {rates[64] / rates[1]:.2f}")


if __name__ == "__main__":
    main()
