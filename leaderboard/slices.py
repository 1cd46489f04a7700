"""A submission's scores by what its tasks are, where the packs that say so are here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from harness.analysis.intervals import wilson
from harness.analysis.pass_k import TaskKey
from harness.core.errors import InputError
from harness.packs.find import find_pack
from harness.packs.load import load_pack
from leaderboard.measures import Measures
from leaderboard.submission import Manifest

_SHOWN = 40
"""Groups; the largest first."""
_FEWEST = 3
"""Tasks of a group worth showing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The tasks of one difficulty or with one tag."""

    name: str
    tasks: int
    score: float
    interval: tuple[float, float]
    """95 %, Wilson over tasks."""


def slices(manifest: Manifest, measures: Measures) -> list[Slice]:
    """Difficulties, then tags, the largest groups first; empty where no pack of the submission is here."""
    groups: dict[tuple[bool, str], list[float]] = defaultdict(list)
    labels = {pack.id: _labels(pack.id, pack.hash) for pack in manifest.suite.packs}
    for (pack, task), score in measures.by_task.items():
        if score is None:
            continue
        difficulty, tags = labels[pack].get((pack, task), ("", ()))
        if difficulty:
            groups[False, f"difficulty: {difficulty}"].append(score)
        for tag in tags:
            groups[True, tag].append(score)
    found = sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    return [
        Slice(name, len(scores), sum(scores) / len(scores), _interval(scores))
        for (_, name), scores in found
        if len(scores) >= _FEWEST
    ][:_SHOWN]


def _interval(scores: list[float]) -> tuple[float, float]:
    """A score between 0 and 1 varies no more than one that is 0 or 1: the ends are rounded outwards to whole tasks."""
    total = sum(scores)
    return wilson(int(total), len(scores))[0], wilson(-int(-total // 1), len(scores))[1]


@cache
def _labels(pack: str, hash_: str) -> dict[TaskKey, tuple[str, tuple[str, ...]]]:
    """Difficulty and tags of a pack's tasks; none where it isn't here, or is another version."""
    try:
        found = load_pack(find_pack(pack))
    except InputError:
        return {}
    if found.hash != hash_:
        return {}
    return {(pack, name): (task.difficulty, task.tags) for name, task in found.tasks.items()}
