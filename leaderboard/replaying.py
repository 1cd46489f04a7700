"""Play a submission's records again, on packs that are here: are its tool results what the worlds return, do its
rewards follow, and did the simulated user say what it says?

The agent repeats its recorded messages. A user that plays by rules is played anew and must say the same again; a user
that is a model repeats what it said. Judges' verdicts are repeated where they rest on the same conversation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.checks.judge import recorded_judge
from harness.core.errors import InputError
from harness.core.event import MessageEvent
from harness.core.identity import digest
from harness.core.message import Party
from harness.core.pack import Pack
from harness.core.parsing import parse, read_toml
from harness.core.protocols import Template
from harness.core.run import SeatIdentity
from harness.core.suite import Suite
from harness.core.termination import Termination
from harness.engine.recorded import Rescored, dialogue, rescore
from harness.engine.setting import Setting
from harness.engine.watched import Changes, WatchedTemplate
from harness.models.open import open_models
from harness.packs.find import find_pack, suite_files
from harness.packs.load import open_pack
from harness.packs.suites import ResolvedSuite, resolve
from leaderboard.consistency import name_of
from leaderboard.findings import Finding, Kind
from leaderboard.options import foreign_files, refused_options, taken_over
from leaderboard.publishing import publishable
from leaderboard.reading import Opened
from leaderboard.records import Played
from leaderboard.submission import MANIFEST, Manifest, Publish
from simulators.load import SimulatorFactory, simulator_factory

_SLACK_S = 30.0
_LONGEST_S = 300.0
"""Seconds that a record may take to be played again, beyond what it took; and at the most."""
_MOST_LATE = 3
_RULE_BOUND = frozenset({"scripted", "function_driven"})
"""Users that say the same whenever they are asked the same, where they have no model."""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of playing a submission again."""

    played: int
    """Records that were played again."""
    left_out: tuple[str, ...]
    """Why others were not: a pack isn't here or differs, or its trajectories are sealed."""
    findings: tuple[Finding, ...]
    changes: Mapping[str, Changes] = field(default_factory=dict)
    """By a trajectory's hash: what each of its calls changed in the world."""

    @property
    def whole(self) -> bool:
        """Whether every record was played again, and nothing differed."""
        return self.played > 0 and not self.left_out and not self.findings


class Worlds:
    """Templates that stay open from one submission to the next; closed with the scope.

    Args:
        folders: Packs that lie elsewhere than packs are found, by their ids.
        own: Whether it is a run of one's own that is looked at: of any part of a suite, and with all that its packs
            would keep back.
    """

    def __init__(self, folders: Mapping[str, Path] | None = None, *, own: bool = False) -> None:
        self.folders = folders or {}
        self.own = own
        self._opened: dict[str, Template] = {}

    def __enter__(self) -> Worlds:
        return self

    def __exit__(self, *raised: object) -> None:
        for template in self._opened.values():
            template.close()
        self._opened.clear()

    def template(self, pack: Pack) -> Template:
        """The template of a pack with its options.

        Raises:
            InputError: the pack can't be opened.
        """
        key = digest([pack.hash, pack.manifest.options])
        if key not in self._opened:
            self._opened[key] = open_pack(pack)
        return self._opened[key]


def replay(submission: Opened, played: Sequence[Played], worlds: Worlds) -> Replay:
    """Play these records of a submission again."""
    manifest = submission.manifest
    definition = manifest.suite.definition
    if not worlds.own:
        if refused := tuple(refused_options(definition)):
            return Replay(0, ("its options are refused",), refused)
        if reasons := foreign_files(definition):
            return Replay(0, tuple(reasons), ())
        definition = taken_over(definition)
    if reasons := [f"pack {pack.id!r} isn't here" for pack in manifest.suite.packs if not _is_here(pack.id, worlds)]:
        return Replay(0, tuple(reasons), ())
    try:
        suite = resolve(definition, worlds.folders)
    except InputError as error:
        if worlds.own:
            return Replay(0, (f"it can't be played here: {error.message}",), ())
        found = Finding(kind=Kind.SUITE, where=MANIFEST, message=f"its suite can't be: {error.message}")
        return Replay(0, ("its suite can't be",), (found,))
    left_out = [
        f"pack {pack.id!r} is another one here (hash {suite.packs[pack.id].hash[:19]}…, not {pack.hash[:19]}…)"
        for pack in manifest.suite.packs
        if pack.id in suite.packs and suite.packs[pack.id].hash != pack.hash
    ]
    if left_out:
        return Replay(0, tuple(left_out), ())
    findings = [] if worlds.own else list(_selected(manifest, suite))
    changes: dict[str, Changes] = {}
    if sealed := sum(not submission.published(row) for row in submission.rows):
        left_out.append(f"{sealed} trajectories are sealed")
    chosen = [one for one in played if (one.row.pack, one.row.task) in set(suite.tasks)]
    try:
        count, differing, late = asyncio.run(_play_all(manifest, suite, worlds, chosen, changes))
    except InputError as error:
        return Replay(0, (*left_out, f"it can't be played here: {error.message}"), tuple(findings))
    findings += differing
    left_out += late
    return Replay(count, tuple(left_out), tuple(findings), changes)


def _is_here(pack: str, worlds: Worlds) -> bool:
    if pack in worlds.folders:
        return True
    try:
        find_pack(pack)
    except InputError:
        return False
    return True


def _selected(manifest: Manifest, suite: ResolvedSuite) -> Iterator[Finding]:
    """The tasks are all that the suite selects, no more and no fewer."""
    said, selected = set(manifest.suite.tasks), set(suite.tasks)
    if said != selected:
        odd = next(iter(sorted(said ^ selected)))
        message = f"it has {len(said)} tasks, its suite selects {len(selected)}; {'/'.join(odd)} is one that differs"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
    elif manifest.suite.tasks != suite.tasks:
        message = "its tasks aren't in the order in which its suite selects them, each once"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
    for pack in manifest.suite.packs:
        if (ours := suite.packs.get(pack.id)) is None:
            continue
        if pack.publish != ours.manifest.publish:
            message = f"it says pack {pack.id!r} is {pack.publish!r}, the pack says {ours.manifest.publish!r}"
            yield Finding(kind=Kind.PUBLISH, where=MANIFEST, message=message)
        for what, theirs, own in (
            ("version", pack.version, ours.manifest.version),
            ("licence", pack.license, ours.manifest.license),
        ):
            if theirs != own:
                message = f"it says pack {pack.id!r} has the {what} {theirs!r}, the pack says {own!r}"
                yield Finding(kind=Kind.IDENTITY, where=MANIFEST, message=message)
    shipped = suite_files().get(manifest.suite.definition.id)
    if shipped is not None and _selects(parse(Suite, read_toml(shipped), where=str(shipped))) != _selects(suite.suite):
        message = f"it calls itself {manifest.suite.definition.id!r}, and isn't the suite of that name that is here"
        yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)


def _selects(suite: Suite) -> list[object]:
    """What makes a suite of that name, whatever mode, options and trials it is played with."""
    return [suite.version, *((one.pack, one.split, one.tasks) for one in suite.select)]


async def _play_all(
    manifest: Manifest,
    suite: ResolvedSuite,
    worlds: Worlds,
    chosen: Sequence[Played],
    changes: dict[str, Changes],
) -> tuple[int, list[Finding], list[str]]:
    """How many were played, what differs, and what took too long; fills in `changes`."""
    count = 0
    findings: list[Finding] = []
    late: list[str] = []
    async with open_models([]) as no_models:
        seat = manifest.simulator
        user = None
        if seat.model is None and seat.name in _RULE_BOUND:
            user = simulator_factory(SeatIdentity(name=seat.name, options=seat.options), no_models)
        for one in chosen:
            pack = suite.packs[one.row.pack]
            watched = WatchedTemplate(worlds.template(pack))
            setting = _setting(manifest, pack, watched, one)
            if setting.limits != one.record.limits:
                message = "its limits aren't those of suite, task and pack under the run's own"
                findings.append(Finding(kind=Kind.IDENTITY, where=name_of(one.row), message=message))
            policy: Publish = "open" if worlds.own else pack.manifest.publish
            try:
                # The models' time is spared, so nothing takes longer again than it took.
                async with asyncio.timeout(min(_SLACK_S + one.row.wall_s, _LONGEST_S)):
                    findings += _differences(await _again(setting, one, user), one, policy)
            except TimeoutError:
                late.append(f"{name_of(one.row)} takes too long")
                if len(late) == _MOST_LATE:
                    late.append("nothing more was tried")
                    break
            else:
                count += 1
            if watched.seen:
                changes[one.row.trajectory] = watched.seen
    return count, findings, late


async def _again(setting: Setting, one: Played, user: SimulatorFactory | None) -> Rescored:
    if user is None or one.record.termination is Termination.USER_ERROR:
        return await rescore(setting, one.record)
    return await rescore(setting, one.record, user.create(setting.task, setting.seed_of(Party.USER)))


def _setting(manifest: Manifest, pack: Pack, template: Template, one: Played) -> Setting:
    record = one.record
    return Setting.of(
        pack,
        record.task,
        template,
        trial=one.row.trial,
        run_seed=manifest.protocol.seed,
        limits=manifest.protocol.limits.over(manifest.suite.definition.limits),
        agent=record.agent,
        simulator=record.simulator,
        mode=manifest.suite.definition.mode,
        judge=recorded_judge(record, None),
        graft=dialogue(record) if manifest.protocol.graft is not None else None,
    )


def _differences(rescored: Rescored, one: Played, policy: Publish) -> Iterator[Finding]:
    where = name_of(one.row)
    # What is redacted in the record is redacted in what came of playing it again, before the two are compared.
    again = publishable(rescored.replayed, policy)
    if again is None or again == one.record or not rescored.differences:
        return
    parted = rescored.parted
    if isinstance(parted, MessageEvent) and parted.party is Party.USER and not parted.given:
        message = f"the simulated user doesn't say {parted.message.text[:60]!r} there"
        yield Finding(kind=Kind.USER, where=where, message=message)
    for difference in rescored.differences:
        yield Finding(kind=Kind.REPLAY, where=where, message=difference)
