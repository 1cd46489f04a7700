"""An agent for the leaderboard's tests: knows the references, fails some tasks on purpose, and breaks once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from harness.agents.oracle import OracleAgent
from harness.core.errors import ModelFault
from harness.core.event import MessageEvent
from harness.core.message import Message, Stop, Usage
from harness.core.protocols import View
from harness.packs.find import find_pack
from harness.packs.load import load_pack

PACKS = [load_pack(find_pack(name)) for name in ("sql-shop", "telecom-desk", "shortcuts-daily")]
TASKS = {task.phases[0].request: task for pack in PACKS for task in pack.tasks.values()}
FAILS = {"low-stock", "sim-locked"}
BREAKS_ONCE = "best-customers"


class Agent:
    """Plays the reference of the task whose request it hears."""

    def __init__(self) -> None:
        self._oracle: OracleAgent | None = None
        self._task = ""

    def act(self, view: View) -> Message:
        if self._oracle is None:
            heard = next(event.message.text for event in view.history if isinstance(event, MessageEvent))
            task = TASKS[heard]
            self._task, self._oracle = task.id, OracleAgent(task)
        if self._task in FAILS:
            return Message(text="I'd rather not.", stop=Stop.DONE)
        broken = Path(os.environ["MOODY"])
        if self._task == BREAKS_ONCE and not broken.exists():
            broken.write_text("broke once")
            raise ModelFault("the provider is down")
        message = asyncio.run(self._oracle.act(view))
        return message.model_copy(update={"usage": Usage(calls=1, input_tokens=100, output_tokens=10, cost_usd=0.0)})
