"""How much of real shortcuts this device does, rather than only records or refuses.

Two measures over a folder of ShortcutsBench's data. Skeletons (structures of public shortcuts without their texts) say
which actions have a handler. Complete records are run, on a furnished phone whose user agrees to everything, with
upstream's definitions behind the handlers: each comes to its end, maybe past stubs, or stops at an action that is
named.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from environments.shortcuts.definitions import Definition, definitions_in
from environments.shortcuts.interpreter import RunResult, run_actions
from environments.shortcuts.published.files import (
    TYPES,
    read_records,
)
from environments.shortcuts.registry import ACTIONS
from environments.shortcuts.running import Frame, Run, RunErrorKind, RunLimits, World
from environments.shortcuts.setup import phone
from harness.core.errors import InputError
from harness.core.parsing import JsonObject, Model, parse_json, read_text

SKELETONS = "real_shortcut_skeletons.jsonl"
RECORDS = "shortcut_records.json"
_LIMITS = RunLimits(questions=200, shown=1_000)


class _SkeletonAction(Model, extra="ignore"):
    i: str
    """The identifier."""


class _Skeleton(Model, extra="ignore"):
    actions: tuple[_SkeletonAction, ...]


@dataclass(slots=True)
class Coverage:
    """What was found."""

    skeletons: int = 0
    skeleton_actions: Counter[str] = field(default_factory=Counter)
    """Actions of the skeletons by identifier."""
    whole_skeletons: int = 0
    """Skeletons all of whose actions have a handler."""
    records: dict[str, RunResult] = field(default_factory=dict)
    """What came of each complete record, by its URL."""

    @property
    def actions(self) -> int:
        """Actions of all skeletons."""
        return self.skeleton_actions.total()

    @property
    def handled(self) -> int:
        """Those that have a handler."""
        return sum(count for name, count in self.skeleton_actions.items() if name in ACTIONS)

    @property
    def share(self) -> float | None:
        """The second of the first."""
        return self.handled / self.actions if self.actions else None

    def missing(self) -> list[tuple[str, int]]:
        """Identifiers without a handler, the most frequent first."""
        return [(name, count) for name, count in self.skeleton_actions.most_common() if name not in ACTIONS]

    def ended(self) -> list[str]:
        """URLs of the records that came to their end."""
        return [url for url, result in self.records.items() if result.error is None]

    def stopped(self) -> dict[str, str]:
        """By URL of a record that didn't: where, and why."""
        return {
            url: f"action {result.error.index} ({result.error.identifier}): {result.error.kind}: {result.error.message}"
            for url, result in self.records.items()
            if result.error is not None
        }

    def failed(self) -> list[str]:
        """URLs of the records that stopped at an action that has a handler."""
        return [
            url
            for url, result in self.records.items()
            if result.error is not None and result.error.kind is not RunErrorKind.NOT_IMPLEMENTED
        ]

    def stubs(self) -> Counter[str]:
        """Stubs that the records went past, by identifier."""
        return Counter(name for result in self.records.values() for name in result.stubs)

    def as_json(self) -> JsonObject:
        """For `--json`."""
        return {
            "handlers": len(ACTIONS),
            "skeletons": {
                "shortcuts": self.skeletons,
                "whole": self.whole_skeletons,
                "actions": self.actions,
                "handled": self.handled,
                "share": self.share,
                "missing": dict(self.missing()),
            },
            "records": {
                "shortcuts": len(self.records),
                "ended": len(self.ended()),
                "with_stubs": sum(bool(result.stubs) for result in self.records.values()),
                "stubs": dict(self.stubs()),
                "stopped": dict(self.stopped()),
                "failed": [*self.failed()],
            },
        }


async def agreeable(question: str) -> str:
    """A user who takes the first option, and has a yes, a date and a number for everything else."""
    _, found, options = question.partition("Options")
    if found:
        return options.partition(": ")[2].partition(";")[0]
    return "yes, tomorrow at 9am, for 3"


def measure(folder: Path) -> Coverage:
    """The coverage over the data in a folder.

    Raises:
        InputError: neither skeletons nor records are in it, or they are malformed.
    """
    found = Coverage()
    skeletons, records = folder / SKELETONS, folder / RECORDS
    if not skeletons.is_file() and not records.is_file():
        raise InputError(
            f"{folder}: neither {SKELETONS} nor {RECORDS} is in it", hint="name ShortcutsBench's data folder"
        )
    if skeletons.is_file():
        for line in filter(str.strip, read_text(skeletons).splitlines()):
            _count(found, parse_json(_Skeleton, line, where=str(skeletons)))
    if records.is_file():
        definitions = definitions_in(folder) if (folder / TYPES).is_file() else {}
        for record in read_records(records):
            if record.shortcut is not None and isinstance(record.shortcut.actions, list):
                found.records[record.url] = asyncio.run(run_agreeably(record.shortcut.actions, definitions))
    return found


async def run_agreeably(actions: list[JsonValue], definitions: Mapping[str, Definition]) -> RunResult:
    """Run a shortcut on the furnished phone."""
    world = World(0, phone(), definitions=definitions, lenient=True)
    return await run_actions(actions, Run(world, agreeable, Frame(), _LIMITS))


def _count(found: Coverage, skeleton: _Skeleton) -> None:
    names = [action.i for action in skeleton.actions]
    found.skeletons += 1
    found.skeleton_actions.update(names)
    found.whole_skeletons += all(name in ACTIONS for name in names)


def described(found: Coverage) -> Iterable[str]:
    """Lines for people."""
    yield f"{len(ACTIONS)} actions have a handler"
    if found.skeletons:
        share = f"{100 * (found.share or 0):.1f} %"
        yield f"{found.skeletons} skeletons: {found.handled:,} of {found.actions:,} actions have one ({share}),"
        yield f"  in {found.whole_skeletons} shortcuts all of them"
        for name, count in found.missing()[:10]:
            yield f"  no handler: {name} ({count})"
    if found.records:
        ended, stubbed = found.ended(), sum(bool(result.stubs) for result in found.records.values())
        yield f"{len(found.records)} complete records: {len(ended)} came to their end, {stubbed} of all went past stubs"
        for name, count in found.stubs().most_common():
            yield f"  stub: {name} ({count})"
        for url, why in found.stopped().items():
            yield f"  stopped: {url}: {why}"
