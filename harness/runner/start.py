"""Start a run or continue one: from what a person chose to a run directory with results.

Everything that can be wrong with the input is found before the directory is made: suite, packs, every
task, agent, user, models. Models start once for the whole run and end with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.agents.doors import public_name
from harness.agents.load import AgentFactory, agent_identity, check_agent, open_agent
from harness.analysis.summary import sound
from harness.checks.judge import ModelJudge, judge_identity
from harness.core.errors import InputError
from harness.core.mode import Mode
from harness.core.protocols import Template
from harness.core.run import SeatIdentity
from harness.models.book import ModelBook
from harness.models.open import ModelPool, Storage, check_model, open_models
from harness.packs.suites import Changes, resolve_suite
from harness.runner.admission import Purse
from harness.runner.config import RunConfig
from harness.runner.execute import Executed, Seats, execute, open_templates
from harness.runner.graft import read_graft
from harness.runner.journal import continue_run, create_run, final_attempts, locked, read_manifest
from harness.runner.plan import Plan, new_plan, refuse_other_suite, reopen, settled, with_dialogues
from harness.runner.progress import Silent, watch
from simulators.load import simulator_factory, simulator_identity

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    root: Path
    sound: bool
    """Every planned episode has a defined end, and none is an infrastructure failure."""
    stopped: bool
    """A signal stopped it."""
    purse: Purse | None = None
    """Of a run with a budget: what was spent, and what is left."""


def start_run(config: RunConfig, *, console: Console) -> Ended:
    """Play a new run.

    Raises:
        InputError: something that was given can't be used; nothing was written.
    """
    plan = prepare(config, console=console)
    with open_templates(plan) as templates:
        return play_plan(plan, templates, config.concurrency, console, config.storage, new=True)


def prepare(config: RunConfig, *, console: Console, served: bool = False) -> Plan:
    """The plan of a new run; nothing is written, and no database opened.

    Args:
        served: Whether the agent is a client that will come by itself, so that there is none to check.

    Raises:
        InputError: something that was given can't be used.
    """
    agent = agent_identity(config.agent, config.model, config.protocol, config.agent_options)
    agent = _settled(agent, config.book)
    simulator = simulator_identity(config.simulator, config.user_model or config.model, config.protocol)
    if config.user_model is not None and simulator.model is None:
        what = f"--user-model: the user {config.simulator!r} takes no model"
        raise InputError(what, hint="add --user llm, or leave it out")
    simulator = _settled(simulator, config.book)
    resolved = resolve_suite(config.suite, config.changes)
    if "patience" in config.changes.options and not resolved.suite.mode.interact:
        raise InputError(
            f"patience means nothing in mode {resolved.suite.mode.value!r}",
            hint=f"add --mode {Mode.C_INTERACT.value} or --mode {Mode.A_INTERACT.value}, or leave it out",
        )
    for pack, task, why in resolved.left_out:
        console.print(f"left out: {pack}/{task}: {why}", highlight=False, markup=False)
    judge = _settled(judge_identity(config.judge), config.book) if config.judge is not None else None
    graft = None
    if config.graft is not None:
        hashes = {pack.id: pack.hash for pack in resolved.packs.values()}
        graft = read_graft(config.graft, resolved.suite.mode, hashes, resolved.trials())
    plan = new_plan(config, resolved, agent, simulator, judge, graft)
    _check_seats(plan, served=served)
    return plan


@dataclass(frozen=True, slots=True)
class Given:
    """What was named beside `--resume`: it needn't be, and it can't differ from how the run was started."""

    agent: str | None = None
    model: str | None = None
    suite: str | None = None
    changes: Changes = field(default_factory=Changes)
    book: ModelBook | None = None
    """Models file, for what doesn't shape answers: rates, time-outs, prices, servers' places."""
    storage: Storage = field(default_factory=Storage)
    budget_usd: float | None = None
    """What the run may spend from its start on; `None`: as before."""


def resume_run(root: Path, given: Given, *, concurrency: int, console: Console) -> Ended:
    """Play what a run directory is missing.

    Raises:
        InputError: it isn't a run, belongs to another suite or agent, or a pack has changed since.
    """
    manifest = read_manifest(root)
    if given.suite is not None:
        changes = replace(given.changes, trials=given.changes.trials or manifest.suite.trials)
        refuse_other_suite(root, manifest, resolve_suite(given.suite, changes))
    elif given.changes != Changes():
        raise InputError("what changes a suite needs --suite too beside --resume", hint="or leave all of it out")
    for option, value, own in (
        ("--agent", given.agent and public_name(given.agent), manifest.agent.name),
        ("--model", given.model, manifest.agent.model),
    ):
        if value is not None and value != own:
            raise InputError(f"{root}: was started with {option} {own}, not {value}", hint=f"bench run --resume {root}")
    plan = with_dialogues(reopen(root, manifest))
    if given.book is not None:
        plan = _with_settings(plan, given.book)
    if given.budget_usd is not None:
        if manifest.budget_usd is None:
            raise InputError(f"{root}: was started without a budget", hint="leave out --budget")
        plan = replace(plan, manifest=plan.manifest.model_copy(update={"budget_usd": given.budget_usd}))
    _check_seats(plan)
    with open_templates(plan) as templates:
        return play_plan(plan, templates, concurrency, console, replace(given.storage, go_on=True), new=False)


def _check_seats(plan: Plan, *, served: bool = False) -> None:
    """Refuse an agent or a model that can't work."""
    if not served:
        check_agent(plan.manifest.agent.name)
    for name in _models(plan):
        check_model(name, _book(plan))


def _settled(seat: SeatIdentity, book: ModelBook) -> SeatIdentity:
    """The seat with the settings that shape its model's answers."""
    shaping = book.shaping(seat.model)
    return seat.model_copy(update={"options": {**seat.options, "settings": shaping}}) if shaping else seat


def _with_settings(plan: Plan, book: ModelBook) -> Plan:
    """The plan with other settings for its models, as far as they don't shape answers.

    Raises:
        InputError: they do.
    """
    own = _book(plan)
    settings = {}
    for name in _models(plan):
        if name in book.models and book.shaping(name) != own.shaping(name):
            raise InputError(
                f"{plan.root}: model {name!r} was started with {own.shaping(name) or 'no settings'}, "
                f"and the models file says {book.shaping(name) or 'none'}",
                hint="what shapes answers can't change within a run: start a new one",
            )
        settings[name] = book.of(name) if name in book.models else own.of(name)
        if settings[name].base_url is None and own.of(name).base_url is not None:
            # It was named on the command line.
            settings[name] = settings[name].model_copy(update={"base_url": own.of(name).base_url})
    models = ModelBook(settings).only(tuple(settings))
    return replace(plan, manifest=plan.manifest.model_copy(update={"models": models, "retries": book.retries}))


def _book(plan: Plan) -> ModelBook:
    return ModelBook(plan.manifest.models, plan.manifest.retries)


def play_plan(
    plan: Plan,
    templates: Mapping[str, Template],
    concurrency: int,
    console: Console,
    storage: Storage,
    *,
    new: bool,
    seat: Callable[[SeatIdentity, ModelPool], AbstractAsyncContextManager[AgentFactory]] = open_agent,
) -> Ended:
    """Play what a plan's directory doesn't hold yet; it is made where the run is `new`.

    Args:
        seat: Brings the agent; the scope around the whole run.
    """
    manifest = plan.manifest
    by_hand = "human" in (manifest.agent.name, manifest.simulator.name)
    if by_hand:
        # One person, one conversation.
        concurrency = 1

    async def play() -> Executed:
        async with AsyncExitStack() as stack:
            if not new:
                # Before anything is started for it, or written: another process may be at it.
                stack.enter_context(locked(plan.root))
            with console.status("models are being opened") if _models(plan) else nullcontext():
                # Servers take their time to load what they serve.
                pool = await stack.enter_async_context(open_models(_models(plan), _book(plan), storage))
            agent = await stack.enter_async_context(seat(manifest.agent, pool))
            simulator = simulator_factory(manifest.simulator, pool)
            judge = ModelJudge(pool.client(manifest.judge.model)) if manifest.judge and manifest.judge.model else None
            seats = Seats(agent.create, simulator.create, judge)
            if new:
                create_run(plan.root, manifest.model_copy(update={"servers": pool.servers}))
                stack.enter_context(locked(plan.root))
            else:
                continue_run(plan.root, servers=pool.servers, budget_usd=manifest.budget_usd)
            done, total = len(settled(final_attempts(plan.root).values())), len(manifest.trials)
            watched = watch(console, manifest.suite.id, done=done, total=total)
            with nullcontext(Silent()) if by_hand else watched as progress:
                return await execute(plan, templates, seats, concurrency=concurrency, progress=progress)

    executed = asyncio.run(play())
    attempts = list(final_attempts(plan.root).values())
    due, purse = manifest.trials, executed.purse
    if purse is not None and purse.short:
        # What there is no money for isn't missing.
        played = {attempt.record.key for attempt in attempts}
        due = tuple(trial for trial in due if (trial.pack, trial.task, trial.trial) in played)
    return Ended(plan.root, sound(due, attempts), not executed.whole, purse)


def _models(plan: Plan) -> list[str]:
    seats = (plan.manifest.agent, plan.manifest.simulator, plan.manifest.judge)
    return [seat.model for seat in seats if seat is not None and seat.model is not None]
