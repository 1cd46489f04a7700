"""Play a plan's episodes with bounded concurrency and write each to the journal.

Structured: workers, journal and models live inside one scope and nothing outlives it. Cancelling the scope
(Ctrl-C) drops the episodes in flight, which a later `--resume` plays again, and keeps all finished ones.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

import anyio

from harness.checks.judge import Judge
from harness.core.errors import InputError
from harness.core.message import Message, Party
from harness.core.protocols import Agent, Simulator, Template, View
from harness.core.record import Attempt, Timings
from harness.core.run import PlannedTrial
from harness.core.task import Task
from harness.engine.episode import play
from harness.engine.setting import Setting
from harness.models.account import Account, charged_to
from harness.packs.load import open_pack
from harness.runner.admission import Admission, Everything, Purse, balanced
from harness.runner.journal import Journal, final_attempts, open_journal, read_attempts
from harness.runner.plan import Plan, pending, settled
from harness.runner.progress import Progress


@dataclass(frozen=True, slots=True)
class Seats:
    """Who plays: makers of a new party for each episode."""

    agent: Callable[[Task, int], Agent]
    simulator: Callable[[Task, int], Simulator]
    judge: Judge | None = None
    """Decides statements, in all episodes at once."""


@contextmanager
def open_templates(plan: Plan) -> Iterator[dict[str, Template]]:
    """The packs' templates, every task validated; closed when the scope ends.

    Raises:
        InputError: a task doesn't fit its environment.
    """
    templates: dict[str, Template] = {}
    try:
        for pack in plan.packs.values():
            templates[pack.id] = open_pack(pack)
        yield templates
    finally:
        for template in templates.values():
            template.close()


@dataclass(frozen=True, slots=True)
class Executed:
    """How playing ended."""

    whole: bool
    """False where SIGINT or SIGTERM stopped it."""
    purse: Purse | None = None
    """Of a run with a budget: what was spent, and what is left."""


async def execute(
    plan: Plan, templates: Mapping[str, Template], seats: Seats, *, concurrency: int, progress: Progress
) -> Executed:
    """Play what the plan's run directory doesn't hold yet, as far as its budget goes; the directory exists.

    Trials whose last attempt is an infrastructure failure are played again, as a further attempt.

    Raises:
        InputError: the disk takes no more.
    """
    try:
        return await _work_off(plan, templates, seats, concurrency, progress)
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


async def _work_off(
    plan: Plan, templates: Mapping[str, Template], seats: Seats, concurrency: int, progress: Progress
) -> Executed:
    last = final_attempts(plan.root)
    left, budget = pending(plan, settled(last.values())), plan.manifest.budget_usd
    purse = None
    if budget is not None:
        earlier = [_cost(plan, one) for one in read_attempts(plan.root)]
        purse = Purse(budget, balanced(left, plan.packs, plan.manifest.seed), earlier, progress.note)
    admission: Admission = purse or Everything(left)
    attempts = {key: attempt.attempt + 1 for key, attempt in last.items()}
    async with open_journal(plan.root) as journal, _until_signalled() as stopped:

        async def work() -> None:
            while (trial := await admission.next()) is not None:
                number = attempts.get((trial.pack, trial.task, trial.trial), 0)
                attempt = await _attempt(plan, templates[trial.pack], seats, trial, number)
                await _keep(journal, attempt, plan)
                progress.finished(attempt.record)
                admission.finished(_cost(plan, attempt))

        async with anyio.create_task_group() as group:
            for _ in range(concurrency):
                group.start_soon(work)
    return Executed(not stopped(), purse)


def _cost(plan: Plan, attempt: Attempt) -> float | None:
    """What an attempt cost in US dollars; `None`: nobody knows."""
    paid = attempt.traffic.paid
    if plan.manifest.agent.model is None:
        # An agent of somebody's own says what it used; its calls don't come by here.
        paid += attempt.record.usage.agent
    return paid.cost_usd


async def _attempt(plan: Plan, template: Template, seats: Seats, trial: PlannedTrial, number: int) -> Attempt:
    manifest = plan.manifest
    setting = Setting.of(
        plan.packs[trial.pack],
        trial.task,
        template,
        trial=trial.trial,
        run_seed=manifest.seed,
        limits=manifest.limits.over(manifest.suite.limits),
        agent=manifest.agent.name,
        simulator=manifest.simulator.name,
        mode=manifest.suite.mode,
        judge=seats.judge,
        graft=plan.dialogues.get((trial.pack, trial.task, trial.trial)),
    )
    began, clock = datetime.now(UTC), perf_counter()
    try:
        agent = seats.agent(setting.task, setting.seed_of(Party.AGENT))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: the constructor is anyone's code
        agent = _Unbuilt(error)
    simulator = seats.simulator(setting.task, setting.seed_of(Party.USER))
    charged = Account(
        trial=f"{manifest.seed}/{trial.pack}/{trial.task}#{trial.trial}",
        seed=setting.seed,
        retries_left=manifest.retries.per_episode,
    )
    with charged_to(charged):
        played = await play(setting, agent, simulator)
    timings = Timings(
        started_at=began.isoformat(timespec="milliseconds"),
        wall_s=round(perf_counter() - clock, 6),
        **{f"{name}_s": round(seconds, 6) for name, seconds in played.seconds.items()},
    )
    return Attempt(attempt=number, timings=timings, traffic=charged.traffic(), record=played.record)


class _Unbuilt:
    """Sits in for an agent whose constructor raised, so that the episode ends as that agent's error."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    async def act(self, view: View) -> Message:
        raise self._error


def _first(failures: BaseException) -> BaseException:
    """The one failure that a person should hear of; the others are its cancelled neighbours."""
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures


async def _keep(journal: Journal, attempt: Attempt, plan: Plan) -> None:
    try:
        await journal.append(attempt)
    except OSError as error:
        raise InputError(
            f"{plan.root}: the journal can't be written ({error.strerror})",
            hint=f"make room, then `bench run --resume {plan.root}`",
        ) from None


@asynccontextmanager
async def _until_signalled() -> AsyncIterator[Callable[[], bool]]:
    """A scope that SIGINT and SIGTERM cancel; yields a function that tells whether one of them did."""
    signalled = False

    async def listen() -> None:
        nonlocal signalled
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                signalled = True
                scope.cancel()

    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            yield lambda: signalled
            group.cancel_scope.cancel()
