"""Parley: interactive agent benchmarks. The public names, gathered in one place."""

from harness.core.check import CheckResult, Reward, Verdict
from harness.core.errors import InputError, ParleyError
from harness.core.message import Message, Party, Stop, ToolCall, ToolResult, ToolSpec, Usage
from harness.core.pack import Pack, PackManifest
from harness.core.protocols import Agent, Ask, Environment, Simulator, Snapshot, Template, View
from harness.core.record import Attempt, Record
from harness.core.run import RunManifest
from harness.core.suite import Suite
from harness.core.task import Task
from harness.core.termination import Termination

__version__ = "0.1.0"

__all__ = [
    "Agent",
    "Ask",
    "Attempt",
    "CheckResult",
    "Environment",
    "InputError",
    "Message",
    "Pack",
    "PackManifest",
    "ParleyError",
    "Party",
    "Record",
    "Reward",
    "RunManifest",
    "Simulator",
    "Snapshot",
    "Stop",
    "Suite",
    "Task",
    "Template",
    "Termination",
    "ToolCall",
    "ToolResult",
    "ToolSpec",
    "Usage",
    "Verdict",
    "View",
]
