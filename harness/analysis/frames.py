"""Runs as pandas tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.runner.journal import read_attempts, read_manifest

if TYPE_CHECKING:
    import pandas as pd


def load(run: str | Path) -> pd.DataFrame:
    """Every attempt of a run, a row each, superseded ones too.

    Columns: `pack, task, trial, attempt, seed, agent, simulator, reward, termination, turns, tool_calls,
    agent_tokens, user_tokens, cost_usd, wall_s, started_at`. `reward` and `cost_usd` are NaN where unknown.

    Raises:
        InputError: `run` is no run directory, or it is damaged.
    """
    import pandas as pd

    root = Path(run)
    read_manifest(root)
    rows = [
        {
            "pack": record.pack,
            "task": record.task,
            "trial": record.trial,
            "attempt": attempt.attempt,
            "seed": record.seed,
            "agent": record.agent,
            "simulator": record.simulator,
            "reward": record.reward.value,
            "termination": record.termination.value,
            "turns": record.turns,
            "tool_calls": record.tool_calls,
            "agent_tokens": record.usage.agent.tokens,
            "user_tokens": record.usage.user.tokens,
            "cost_usd": (record.usage.agent + record.usage.user + record.usage.judge).cost_usd,
            "wall_s": attempt.timings.wall_s,
            "started_at": attempt.timings.started_at,
        }
        for attempt in read_attempts(root)
        for record in (attempt.record,)
    ]
    return pd.DataFrame(rows)
