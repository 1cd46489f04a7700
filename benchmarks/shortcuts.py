"""The shortcuts device beside plain dictionaries that are deep-copied: actions a second, resets, many phones at once.

    python benchmarks/shortcuts.py [--phones N] [--entries N]

Both sides hold the data of the pack `shortcuts-daily` (and, in a second round, N further notes) and run the same
shortcut. The peer (`shortcuts_peer.py`) is a small interpreter that changes dictionaries in place: with a deep copy
before each action, so that a failing one leaves nothing behind as ours does, and without.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import gc
import json
import statistics
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from shortcuts_peer import PlainPhone

from environments.shortcuts.device import Device
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.running import Frame, Run, World
from environments.shortcuts.setup import DeviceData, base_device
from harness.core.parsing import parse

DATA = Path(__file__).parents[1] / "tasks" / "shortcuts-daily" / "data" / "device.json"
PREFIX = "is.workflow.actions."
ROUNDS = 200
"""Of the loop in the shortcut."""
REPEATS = 5
RESETS = 2_000


def act(name: str, **given: Any) -> dict[str, Any]:
    """An action in upstream's form."""
    return {"WFWorkflowActionIdentifier": PREFIX + name, "WFWorkflowActionParameters": given}


def shortcut(rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Counts, builds a text, copies it, and makes a reminder of every other one."""
    loop = {"GroupingIdentifier": "loop"}
    gate = {"GroupingIdentifier": "gate"}
    return [
        act("setvariable", WFVariableName="n", WFInput="0"),
        act("repeat.count", WFControlFlowMode=0, WFRepeatCount=rounds, **loop),
        act("math", UUID="sum", WFInput="${n}", WFMathOperation="+", WFMathOperand="1"),
        act("setvariable", WFVariableName="n", WFInput="${sum}"),
        act("gettext", UUID="text", WFTextActionText="round ${n} of many"),
        act("setclipboard", WFInput="${text}"),
        act("conditional", WFControlFlowMode=0, WFInput="${n}", WFCondition=2, WFNumberValue=rounds // 2, **gate),
        act("addnewreminder", WFCalendarItemTitle="${text}", WFCalendarItemCalendar="Home"),
        act("conditional", WFControlFlowMode=2, **gate),
        act("repeat.count", WFControlFlowMode=2, **loop),
    ]


async def nobody(question: str) -> str:
    """Nothing in the shortcut asks."""
    raise AssertionError(question)


def run_ours(device: Device, actions: list[dict[str, Any]]) -> tuple[RunResult, World]:
    """The shortcut on our device."""
    world = World(1, device)
    result = asyncio.run(run_actions([*actions], Run(world, nobody, Frame())))
    if result.error is not None:
        raise SystemExit(f"the shortcut fails: {result.error}")
    return result, world


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The median time of `work`."""
    found = []
    for _ in range(repeats):
        gc.collect()
        clock = perf_counter()
        work()
        found.append(perf_counter() - clock)
    return statistics.median(found)


def speed(data: dict[str, Any]) -> None:
    """Actions a second."""
    actions, device = shortcut(), base_device(parse(DeviceData, data, where="device"))
    result, world = run_ours(device, actions)
    peer = PlainPhone(copy.deepcopy(data), undo=True)
    peer.run(actions)
    titles = [one.title for one in world.device.reminders]
    if (titles, world.device.clipboard) != ([one["title"] for one in peer.data["reminders"]], peer.data["clipboard"]):
        raise SystemExit("both sides should have done the same")
    ours = seconds(lambda: run_ours(device, actions)) / result.steps
    careful, careless = (
        seconds(lambda undo=undo: PlainPhone(copy.deepcopy(data), undo=undo).run(actions), 3) / peer.steps
        for undo in (True, False)
    )
    print(f"  actions a second: ours {1 / ours:,.0f}; dictionaries copied before each action {1 / careful:,.0f}"
          f" (ours x{careful / ours:,.1f}); changed in place, without undo {1 / careless:,.0f}"
          f" (ours x{careless / ours:,.2f})")  # fmt: skip


def resets(data: dict[str, Any]) -> None:
    """Taking a snapshot and going back to it, after a run that changed something."""
    _, world = run_ours(base_device(parse(DeviceData, data, where="device")), shortcut(20))
    peer = PlainPhone(copy.deepcopy(data), undo=False)
    peer.run(shortcut(20))

    def ours() -> None:
        for _ in range(RESETS):
            world.reset(world.state())

    def theirs() -> None:
        for _ in range(RESETS // 20):
            kept = copy.deepcopy(peer.data)
            peer.data = copy.deepcopy(kept)

    mine, other = seconds(ours) / RESETS, seconds(theirs) / (RESETS // 20)
    print(f"  snapshot and restore: ours {mine * 1e6:,.1f} us; deep copies {other * 1e6:,.1f} us"
          f" (ours x{other / mine:,.0f})")  # fmt: skip


def memory(data: dict[str, Any], phones: int) -> None:
    """Phones at once, each with changes of its own."""
    actions, base = shortcut(10), base_device(parse(DeviceData, data, where="device"))

    def peer() -> dict[str, Any]:
        phone = PlainPhone(copy.deepcopy(data), undo=False)
        phone.run(actions)
        return phone.data

    # What is made once for all, by either, is made before anything is counted.
    run_ours(base, actions)
    peer()
    mine = _bytes(lambda: [run_ours(base, actions)[1].device for _ in range(phones)]) / phones
    other = _bytes(lambda: [peer() for _ in range(phones)]) / phones
    print(f"  {phones:,} phones after 5 reminders each: ours {mine / 1024:,.1f} KiB a phone; deep copies"
          f" {other / 1024:,.1f} KiB (ours x{other / mine:,.1f} smaller)")  # fmt: skip


def _bytes(make: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    held = make()
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del held
    return taken


def main() -> None:
    """Both rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=1_000)
    parser.add_argument("--entries", type=int, default=1_000)
    given = parser.parse_args()
    data = json.loads(DATA.read_text(encoding="utf-8"))
    more = [
        {"id": f"more-{number}", "title": f"Note {number}", "body": f"line {number}\n" * 5}
        for number in range(given.entries)
    ]
    for name, held in (("the pack's phone", data), (f"with {given.entries:,} further notes", {**data, "notes": more})):
        print(f"{name}: {len(json.dumps(held)):,} bytes of data")
        speed(held)
        resets(held)
        memory(held, given.phones)


if __name__ == "__main__":
    main()
