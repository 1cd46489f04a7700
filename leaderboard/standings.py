"""Which submissions may stand in one table, in what order, and how sure that order is.

Two results compare only where suite hash, simulated user, judge, limits and the harness's major version (before 1.0
the minor one) agree. Within such a board the order is by score. The range of ranks says which places a system may hold,
since tasks are a sample: everyone whose paired difference over tasks is above 0 with its whole 95 % interval stands
before it for sure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from harness.analysis.comparable import major
from harness.analysis.intervals import paired_interval
from harness.core.identity import digest
from leaderboard.measures import Measures
from leaderboard.reading import Opened
from leaderboard.submission import Manifest, SuiteCard
from leaderboard.verifying import Badge, Verified

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission that may be shown."""

    opened: Opened
    verified: Verified
    measures: Measures

    @property
    def manifest(self) -> Manifest:
        """What was run."""
        return self.opened.manifest

    @property
    def slug(self) -> str:
        """The folder of its pages."""
        return self.manifest.id.removeprefix("sha256:")[:_SHORT]

    @property
    def score(self) -> float:
        """What it is ranked by; a submission of which nothing could be decided comes last."""
        return -1.0 if self.measures.score is None else self.measures.score


@dataclass(frozen=True, slots=True)
class Difference:
    """How much better one system is than another, paired by task."""

    mean: float
    interval: tuple[float, float]
    """95 %."""
    tasks: int
    """On which both were decided."""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry's place in its board."""

    entry: Entry
    rank: int
    best: int
    worst: int


@dataclass(frozen=True, slots=True)
class Board:
    """Submissions that compare."""

    slug: str
    suite: SuiteCard
    conditions: tuple[tuple[str, str], ...]
    """What they have in common beside the suite: name and value, for people."""
    places: tuple[Place, ...]
    """Best first."""


def boards(entries: Sequence[Entry]) -> tuple[Board, ...]:
    """Entries grouped into boards, and ranked."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[_comparable(entry.manifest)].append(entry)
    named: dict[str, list[str]] = defaultdict(list)
    for key, group in groups.items():
        named[group[0].manifest.suite.definition.id].append(key)
    made = []
    for suite in sorted(named):
        for key in sorted(named[suite]):
            group = groups[key]
            made.append(
                Board(
                    slug=f"{_slug(suite)}-{key.removeprefix('sha256:')[:8]}",
                    suite=group[0].manifest.suite,
                    conditions=tuple(_conditions(group[0].manifest)),
                    places=_ranked(_reproduced(group)),
                )
            )
    return tuple(made)


def difference(one: Entry, other: Entry) -> Difference | None:
    """`one` less `other`, over the tasks on which both were decided; `None`: there is none."""
    pairs = [
        (mine, theirs)
        for key, mine in one.measures.by_task.items()
        if mine is not None and (theirs := other.measures.by_task.get(key)) is not None
    ]
    if not pairs:
        return None
    differences = [mine - theirs for mine, theirs in pairs]
    return Difference(sum(differences) / len(differences), paired_interval(differences), len(pairs))


def _comparable(manifest: Manifest) -> str:
    """Equal where two submissions may stand in one table."""
    return digest(
        {
            "suite": manifest.suite.hash,
            # No part of the suite's hash, and whoever comes first must not name the others' table.
            "title": manifest.suite.definition.title,
            "simulator": manifest.simulator.model_dump(mode="json"),
            "judge": None if manifest.judge is None else manifest.judge.model_dump(mode="json"),
            "harness": major(manifest.harness.version),
            "limits": manifest.protocol.limits.model_dump(mode="json"),
            "faults": manifest.protocol.faults,
            "graft": manifest.protocol.graft,
        }
    )


def _conditions(manifest: Manifest) -> list[tuple[str, str]]:
    user, judge = manifest.simulator, manifest.judge
    found = [
        ("mode", manifest.suite.definition.mode.value),
        ("trials a task", str(manifest.suite.definition.trials)),
        ("user", user.name if user.model is None else f"{user.name} ({user.model})"),
        ("judge", "none" if judge is None else judge.model or judge.name),
        ("harness", f"{major(manifest.harness.version)}.x"),
    ]
    limits = manifest.protocol.limits.model_dump(exclude_none=True)
    found += [(name.replace("_", " "), f"{value:g}") for name, value in limits.items()]
    if manifest.protocol.faults:
        found.append(("faults", manifest.protocol.faults))
    if manifest.protocol.graft:
        found.append(("clarifications given", manifest.protocol.graft[:19] + "…"))
    return found


def _ranked(entries: Sequence[Entry]) -> tuple[Place, ...]:
    ordered = sorted(entries, key=lambda entry: (-entry.score, entry.manifest.agent.name, entry.manifest.id))
    before, behind = dict.fromkeys(range(len(ordered)), 0), dict.fromkeys(range(len(ordered)), 0)
    for one, other in combinations(range(len(ordered)), 2):
        found = difference(ordered[one], ordered[other])
        if found is None:
            continue
        low, high = found.interval
        if low > 0:
            before[other] += 1
            behind[one] += 1
        elif high < 0:
            before[one] += 1
            behind[other] += 1
    ranks: list[int] = []
    for place, entry in enumerate(ordered):
        tied = place > 0 and entry.score == ordered[place - 1].score
        ranks.append(ranks[-1] if tied else place + 1)
    return tuple(
        Place(entry, ranks[place], 1 + before[place], len(ordered) - behind[place])
        for place, entry in enumerate(ordered)
    )


def _reproduced(entries: Sequence[Entry]) -> list[Entry]:
    """The entries, with the badge for those that somebody else's run of the same system agrees with."""
    return [
        entry if not any(_reproduces(other, entry) for other in entries) else _with(entry, Badge.REPRODUCED)
        for entry in entries
    ]


def _reproduces(other: Entry, entry: Entry) -> bool:
    mine, theirs = entry.manifest, other.manifest
    signers = (entry.verified.signer, other.verified.signer)
    if None in signers or signers[0] == signers[1] or mine.protocol.seed == theirs.protocol.seed:
        return False
    same = (mine.agent.name, mine.agent.version, mine.agent_seat) == (
        theirs.agent.name,
        theirs.agent.version,
        theirs.agent_seat,
    )
    if not same or (_spent(entry) == _spent(other) and any(row.spent.tokens for row in entry.opened.rows)):
        # No model takes the very same tokens twice on everything: that would be a copy.
        return False
    found = difference(entry, other)
    return found is not None and found.interval[0] <= 0 <= found.interval[1]


def _spent(entry: Entry) -> Sequence[object]:
    return sorted((row.key, row.turns, row.spent.input_tokens, row.spent.output_tokens) for row in entry.opened.rows)


def _with(entry: Entry, badge: Badge) -> Entry:
    badges = tuple(one for one in Badge if one in {*entry.verified.badges, badge})
    return replace(entry, verified=entry.verified.model_copy(update={"badges": badges}))


def _slug(name: str) -> str:
    kept = "".join(character if character.isascii() and character.isalnum() else "-" for character in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:40] or "suite"
