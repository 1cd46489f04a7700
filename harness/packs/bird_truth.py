"""BIRD-INTERACT's ground truth, which its publisher mails on request: joined to the public records by id.

The publisher asks not to spread it. It goes into the pack's folder on this machine and nowhere else; the pack is
`sealed`, so neither a submission nor a site carries what would show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import InputError
from harness.core.parsing import parse_json, read_lines
from harness.packs.bird_format import BirdTask, FollowUpTruth, GroundTruth, Solution


@dataclass(frozen=True, slots=True)
class Joined:
    """Records with what is known of their solutions."""

    records: tuple[BirdTask, ...]
    missing: tuple[str, ...]
    """Ids of records without ground truth."""


def join_truth(records: Sequence[BirdTask], path: Path) -> Joined:
    """The records with the solutions of the file at `path`, one JSON object a line.

    As upstream joins them: by `instance_id`, overwriting the solution's fields of the task and of its follow-up.

    Raises:
        InputError: the file is malformed, names a task twice, or one that isn't among the records.
    """
    truths = _read(path)
    known = {record.instance_id for record in records}
    unknown = [task for task in truths if task not in known]
    if unknown:
        shown = ", ".join(repr(task) for task in unknown[:5])
        raise InputError(
            f"{path}: {len(unknown)} ids are of no task here: {shown}{', …' if len(unknown) > 5 else ''}",
            hint="is it the ground truth of another set (lite, full, mini)?",
        )
    joined = []
    for record in records:
        truth = truths.get(record.instance_id)
        joined.append(record if truth is None else _with(record, truth, path))
    return Joined(tuple(joined), tuple(record.instance_id for record in records if record.instance_id not in truths))


def without_truth(record: BirdTask) -> BirdTask:
    """The record as it is published."""
    follow_up = record.follow_up
    if follow_up is not None:
        follow_up = follow_up.model_copy(update=_fields(Solution()))
    return record.model_copy(update={**_fields(Solution()), "follow_up": follow_up})


def _read(path: Path) -> dict[str, GroundTruth]:
    found: dict[str, GroundTruth] = {}
    for number, line in read_lines(path):
        truth = parse_json(GroundTruth, line, where=f"{path}, line {number}")
        if truth.instance_id in found:
            raise InputError(f"{path}, line {number}: there are two solutions of task {truth.instance_id!r}")
        found[truth.instance_id] = truth
    if not found:
        raise InputError(f"{path}: there is no ground truth in it")
    return found


def _with(record: BirdTask, truth: GroundTruth, path: Path) -> BirdTask:
    follow_up = record.follow_up
    if follow_up is not None:
        follow_up = follow_up.model_copy(update=_fields(truth.follow_up or FollowUpTruth()))
    elif truth.follow_up is not None and truth.follow_up.sol_sql:
        raise InputError(f"{path}: task {record.instance_id!r}: field 'follow_up': the task has no follow-up")
    return record.model_copy(update={**_fields(truth), "follow_up": follow_up})


def _fields(solution: Solution) -> dict[str, object]:
    return {name: getattr(solution, name) for name in Solution.model_fields}
