"""Fixtures: a small device, and a way to run actions on it with a user who answers from a list."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from shortcut_building import Action, Ran, RunShortcut, small_device

from environments.shortcuts.device import Device
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.running import Frame, Run, RunLimits, World


@pytest.fixture
def device() -> Device:
    return small_device()


@pytest.fixture
def shortcut(device: Device) -> RunShortcut:
    """Runs actions on the small device; the user gives `answers` in order."""

    def run(
        *actions: Action, answers: Sequence[str] = (), world: World | None = None, frame: Frame | None = None
    ) -> Ran:
        ran = Ran(RunResult(()), world or World(7, device))
        left = list(answers)

        async def ask(question: str) -> str:
            ran.questions.append(question)
            return left.pop(0)

        ran.result = asyncio.run(run_actions(list(actions), Run(ran.world, ask, frame or Frame(), RunLimits())))
        return ran

    return run
