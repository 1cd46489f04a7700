"""What the agent is told before an episode: the policy, and in τ²'s ablations the ticket and the plan."""

from __future__ import annotations

import json

from harness.core.message import Party
from harness.core.mode import Mode
from harness.core.pack import SOLO, Pack
from harness.core.task import Call, Task


def briefing(policy: str, task: Task, mode: Mode) -> str:
    """The agent's instructions."""
    parts = [policy]
    if mode.solo:
        alone = "Nobody is there to talk to: solve this with your tools."
        parts.append(f"# The ticket\n\n{alone}\n\n{task.ticket.strip()}")
    if mode.plan:
        steps = "\n".join(f"{number}. {_step(call)}" for number, call in enumerate(task.reference_calls(), 1))
        parts.append(f"# The plan\n\nThese calls, in this order, solve the task:\n\n{steps}")
    return "\n\n".join(parts)


def policy_of(pack: Pack, mode: Mode) -> str:
    """The pack's policy, in its form for play without a user where the pack has one."""
    return pack.policies.get(SOLO, pack.policy) if mode.solo else pack.policy


def _step(call: Call) -> str:
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call.arguments.items())
    who = "the user calls" if call.party is Party.USER else "call"
    return f"{who} {call.tool}({arguments})"
