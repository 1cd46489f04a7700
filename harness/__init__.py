"""Parley: interactive agent benchmarks. The public names, gathered in one place.

They are looked up when first used, so that `bench --help` doesn't pay for pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.analysis.frames import load as load
    from harness.core.check import CheckResult as CheckResult
    from harness.core.check import Reward as Reward
    from harness.core.check import Verdict as Verdict
    from harness.core.errors import InputError as InputError
    from harness.core.errors import ParleyError as ParleyError
    from harness.core.message import Message as Message
    from harness.core.message import Party as Party
    from harness.core.message import Stop as Stop
    from harness.core.message import ToolCall as ToolCall
    from harness.core.message import ToolResult as ToolResult
    from harness.core.message import ToolSpec as ToolSpec
    from harness.core.message import Usage as Usage
    from harness.core.pack import Pack as Pack
    from harness.core.pack import PackManifest as PackManifest
    from harness.core.protocols import Agent as Agent
    from harness.core.protocols import Ask as Ask
    from harness.core.protocols import Environment as Environment
    from harness.core.protocols import Simulator as Simulator
    from harness.core.protocols import Snapshot as Snapshot
    from harness.core.protocols import Template as Template
    from harness.core.protocols import View as View
    from harness.core.record import Attempt as Attempt
    from harness.core.record import Record as Record
    from harness.core.run import RunManifest as RunManifest
    from harness.core.suite import Suite as Suite
    from harness.core.task import Task as Task
    from harness.core.termination import Termination as Termination

__version__ = "0.1.0"

_HOMES = {
    "harness.analysis.frames": ("load",),
    "harness.core.check": ("CheckResult", "Reward", "Verdict"),
    "harness.core.errors": ("InputError", "ParleyError"),
    "harness.core.message": ("Message", "Party", "Stop", "ToolCall", "ToolResult", "ToolSpec", "Usage"),
    "harness.core.pack": ("Pack", "PackManifest"),
    "harness.core.protocols": ("Agent", "Ask", "Environment", "Simulator", "Snapshot", "Template", "View"),
    "harness.core.record": ("Attempt", "Record"),
    "harness.core.run": ("RunManifest",),
    "harness.core.suite": ("Suite",),
    "harness.core.task": ("Task",),
    "harness.core.termination": ("Termination",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
