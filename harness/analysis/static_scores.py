"""A run of static packs, scored by ShortcutsBench's four metrics: as published (`compat`) and with full denominators.

`compat` is what upstream's scorers would say of this run's log, which can be written out for them. An episode that the
infrastructure broke was not answered, counts in neither, and is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from environments import load_template
from environments.shortcuts.published import metrics
from environments.shortcuts.published.full import Full
from environments.shortcuts.published.logs import LogLine, Step, steps_of
from environments.shortcuts.published.metrics import Levelled, Tally
from environments.shortcuts.published.named_scores import scores
from environments.shortcuts.static import StaticTemplate
from environments.shortcuts.static_task import StaticTask
from harness.analysis.breakdown import run_packs
from harness.analysis.intervals import wilson
from harness.core.errors import InputError
from harness.core.event import MessageEvent
from harness.core.message import Party
from harness.core.parsing import JsonObject
from harness.core.record import Record
from harness.core.termination import Termination
from harness.runner.journal import final_attempts, read_manifest

METRICS = ("selection", "primitives", "outputs", "inputs")
"""In upstream's order: API selection, primitive and enum parameters, previous outputs, need for input."""


@dataclass(slots=True)
class StaticScores:
    """What a run scored."""

    episodes: int = 0
    broken: int = 0
    """Episodes that the infrastructure broke."""
    cut_off: int = 0
    """Episodes that ended before the last request was answered; `compat` leaves out what is missing."""
    log: list[LogLine] = field(default_factory=list)
    """What upstream would have logged."""
    steps: list[Step] = field(default_factory=list)
    """Upstream's scored steps."""
    tags: dict[str, JsonObject] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    full: Full = field(default_factory=Full)

    def compat(self) -> dict[str, Levelled]:
        """Upstream's four metrics."""
        return {
            "selection": metrics.selection(self.steps, self.categories).result,
            "primitives": metrics.primitive_filling(self.steps, self.tags),
            "outputs": metrics.output_filling(self.steps).result,
            "inputs": metrics.input_recognition(self.steps).result,
        }

    def in_full(self) -> dict[str, Levelled]:
        """The same with full denominators."""
        return {name: getattr(self.full, name) for name in METRICS}

    def as_json(self) -> JsonObject:
        """For `--json`; `upstream` has the results under the names of the parity fixtures."""
        return {
            "episodes": self.episodes,
            "broken": self.broken,
            "cut_off": self.cut_off,
            "compat": {name: _shares(found) for name, found in self.compat().items()},
            "full": {name: _shares(found) for name, found in self.in_full().items()},
            "upstream": dict(scores(self.log, self.categories, self.tags)),
        }


def static_scores(root: Path) -> StaticScores:
    """The scores of the run in `root`; all trials of a task count.

    Raises:
        InputError: it isn't a run, a pack of it is gone or has changed, or isn't a static one.
    """
    manifest = read_manifest(root)
    tasks: dict[tuple[str, str], StaticTask] = {}
    for pack in run_packs(root, manifest).values():
        template = load_template(pack)
        if not isinstance(template, StaticTemplate):
            raise InputError(
                f"{root}: pack {pack.id!r} isn't a static one", hint="`bench pack import shortcutsbench` makes them"
            )
        tasks |= {(pack.id, task.id): template.read(task) for task in pack.tasks.values()}
    found = StaticScores()
    for attempt in final_attempts(root).values():
        record = attempt.record
        _count(found, tasks[record.pack, record.task], record)
    return found


def replies_of(record: Record) -> list[str]:
    """What the agent said, request by request."""
    said = (event for event in record.events if isinstance(event, MessageEvent))
    return [event.message.text for event in said if event.party is Party.AGENT and event.to is Party.USER]


def _count(found: StaticScores, task: StaticTask, record: Record) -> None:
    found.episodes += 1
    if record.termination is Termination.INFRA_ERROR:
        found.broken += 1
        return
    replies = replies_of(record)
    found.cut_off += len(replies) < len(task.asked)
    line = task.log_line(replies)
    found.log.append(line)
    found.steps += steps_of(line)
    found.categories[line.URL] = task.setup.category
    if task.setup.tags is not None:
        found.tags[line.URL] = {
            index: {name: {name: tag} for name, tag in tags.items()} for index, tags in task.setup.tags.items()
        }
    task.count(replies, found.full)


def _shares(found: Levelled) -> JsonObject:
    low, high = wilson(found.overall.correct, found.overall.total)
    return {**_share(found.overall), "interval": [low, high], "by_level": [_share(one) for one in found.by_level]}


def _share(found: Tally) -> JsonObject:
    return {"correct": found.correct, "total": found.total, "share": found.share}


def write_log(found: StaticScores, path: Path) -> None:
    """Write upstream's log, a line a shortcut.

    Raises:
        InputError: it can't be written.
    """
    try:
        path.write_text("".join(f"{line.model_dump_json()}\n" for line in found.log), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror})", hint="give another --log") from None
