"""`bench run`: play a suite and print its scores."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from harness.cli.ranges import FiniteRange
from harness.core.mode import Mode
from harness.core.run import ScheduleKind
from harness.core.suite import MOST_TRIALS

if TYPE_CHECKING:
    from harness.runner.admission import Purse
    from harness.runner.config import ScheduleChoice

_FIXED = {
    "agent_options": "--agent-option",
    "simulator": "--user",
    "user_model": "--user-model",
    "protocol": "--protocol",
    "judge": "--judge",
    "graft": "--graft",
    "schedule": "--schedule",
    "earlier": "--earlier",
    "seed": "--seed",
    "max_turns": "--max-turns",
    "max_steps": "--max-steps",
    "timeout": "--timeout",
}
"""Options that only a new run takes, by parameter."""


@click.command(name="run")
@click.option("--agent", help="oracle, noop, llm, module:Class, stdio:COMMAND, …; `bench list agents` has all.")
@click.option("--agent-option", "agent_options", multiple=True, metavar="KEY=VALUE", help="An option of the agent.")
@click.option("--suite", help="Suite, suite file, pack, or pack:split.")
@click.option("--model", help="Model of the agent: provider/name, vllm/NAME, llamacpp/GGUF, local/smollm2-135m, …")
@click.option("--base-url", metavar="URL", help="OpenAI-compatible endpoint at which --model is served.")
@click.option(
    "--user",
    "simulator",
    default="scripted",
    show_default=True,
    help="Who plays the user: scripted, function_driven, llm or human.",
)
@click.option("--user-model", help="Model of an llm or function_driven user.  [default: the agent's]")
@click.option("--user-base-url", metavar="URL", help="OpenAI-compatible endpoint at which --user-model is served.")
@click.option(
    "--models-file",
    type=click.Path(path_type=Path),
    help="Settings of models (TOML).  [default: $PARLEY_MODELS or ~/.config/parley/models.toml]",
)
@click.option("--record", type=click.Path(path_type=Path), metavar="FILE", help="Write down all answers of models.")
@click.option(
    "--cache", type=click.Path(path_type=Path), metavar="DIR", help="Keep answers of models, and use those kept."
)
@click.option(
    "--server-arg", "server_args", multiple=True, metavar="ARG", help="For the server that is started for --model."
)
@click.option(
    "--protocol",
    type=click.Choice(["auto", "native", "text"]),
    default="auto",
    show_default=True,
    help="How a model calls tools: by its provider's interface, or as JSON in its text.",
)
@click.option("--judge", help="Model that decides statements about the conversation.  [default: nobody]")
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    help="BIRD-INTERACT's c- or a-interact (SQL packs); alone or with a user, with or without the reference's calls "
    "as a plan.  [default: the suite's]",
)
@click.option("--policy", help="Variant of the packs' policy, such as workflow.  [default: the suite's]")
@click.option(
    "--rules",
    type=click.Choice(["upstream", "corrected", "paper", "legacy", "adk"]),
    help="Service desks with upstream's defects or without; of SQL packs, whose rules c- and a-interact follow.",
)
@click.option("--engine", help="Database engine of SQL packs: duckdb, sqlite or postgres.  [default: the pack's]")
@click.option(
    "--patience", metavar="N[,N...]", help="The user's, in c- and a-interact; several make a run each.  [default: 3]"
)
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="Any other option of the packs.")
@click.option(
    "--graft", type=click.Path(path_type=Path), metavar="RUN", help="Give the agent that run's clarifications."
)
@click.option("--task", "tasks", multiple=True, help="Only this task (TASK or PACK/TASK); may be repeated.")
@click.option(
    "--schedule",
    type=click.Choice([kind.value for kind in ScheduleKind]),
    help="Play a part of the suite: drawn by lot, to estimate the whole suite's score, or what will most likely fail.",
)
@click.option("--budget", metavar="USD|N", help="What models may cost, as 5usd; or episodes that --schedule may play.")
@click.option(
    "--earlier",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Run that hard-first learns from; may be repeated.  [default: the tasks' difficulty]",
)
@click.option("--trials", type=click.IntRange(1, MOST_TRIALS), help="Trials a task.  [default: the suite's]")
@click.option("--seed", type=int, default=0, show_default=True, help="Every trial's seed is a hash of this one.")
@click.option("--concurrency", type=click.IntRange(1, 4096), default=8, show_default=True, help="Episodes at once.")
@click.option("--max-turns", type=click.IntRange(min=1), help="Times the agent may act in an episode.")
@click.option("--max-steps", type=click.IntRange(min=1), help="Times anyone may act in an episode.")
@click.option("--timeout", type=FiniteRange(min=0, min_open=True), help="Seconds an episode may take.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run directory; must be new.  [default: runs/TIME-AGENT-SUITE]"
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="RUN", help="Continue the run in this directory.")
@click.pass_context
def command(
    ctx: click.Context,
    agent: str | None,
    agent_options: tuple[str, ...],
    suite: str | None,
    model: str | None,
    base_url: str | None,
    simulator: str,
    user_model: str | None,
    user_base_url: str | None,
    models_file: Path | None,
    record: Path | None,
    cache: Path | None,
    server_args: tuple[str, ...],
    protocol: str,
    judge: str | None,
    mode: str | None,
    policy: str | None,
    rules: str | None,
    engine: str | None,
    patience: str | None,
    options: tuple[str, ...],
    graft: Path | None,
    tasks: tuple[str, ...],
    schedule: str | None,
    budget: str | None,
    earlier: tuple[Path, ...],
    trials: int | None,
    seed: int,
    concurrency: int,
    max_turns: int | None,
    max_steps: int | None,
    timeout: float | None,
    out: Path | None,
    resume: Path | None,
) -> None:
    """Play every task of a suite with an agent, write each finished episode to disk, and print the scores.

    \b
    bench run --agent oracle --suite lite
    bench run --agent llm --model openai/gpt-4.1-mini --suite lite --trials 4
    bench run --agent llm --model qwen3 --base-url http://127.0.0.1:8000/v1 --suite lite
    bench run --agent mine:Agent --suite telecom-desk:lite --task airplane-mode
    bench run --agent llm --model M --suite sql-shop --mode a-interact --patience 0,3,5,7 --out curve
    bench run --agent llm --model M --suite full --schedule estimate --budget 200
    bench run --agent llm --model M --suite full --budget 5usd
    bench run --resume runs/20260101-120000-oracle-lite

    Exits with 0 if every episode came to a defined end, with 1 if one ended by an infrastructure failure,
    with 130 if Ctrl-C stopped it: what was finished is kept, and --resume goes on from there.
    """
    from dataclasses import replace

    from harness.analysis.compaction import compact
    from harness.cli.scaling_table import show_scaling
    from harness.cli.tables import console, show_summary
    from harness.core.limits import Limits
    from harness.core.parsing import parse_pairs
    from harness.models.book import read_models
    from harness.models.open import Storage
    from harness.packs.options import pack_options, read_budget, read_patience
    from harness.packs.suites import Changes
    from harness.runner.config import RunConfig
    from harness.runner.start import Given, resume_run, start_run
    from harness.runner.sweep import resume_sweep, start_sweep, sweep_runs

    err = console(stderr=True)
    several = read_patience(patience)
    laid_over = pack_options(options, engine=engine, rules=rules, patience=several[0] if len(several) == 1 else None)
    changes = Changes(trials, None if mode is None else Mode(mode), policy, laid_over, tasks)
    storage = Storage(cache, record)
    usd, episodes = read_budget(budget)
    part = _schedule(schedule, episodes, earlier)
    if resume is not None:
        if out is not None:
            raise click.UsageError("--resume continues in the run's own directory; leave out --out")
        if base_url or user_base_url or server_args:
            raise click.UsageError(
                "--resume goes by the settings that the run was started with; others stand in a --models-file"
            )
        given_at = ctx.get_parameter_source
        fixed = [option for name, option in _FIXED.items() if given_at(name) is ParameterSource.COMMANDLINE]
        if len(several) > 1 or fixed:
            raise click.UsageError(
                f"--resume goes on as the run was started; leave out {', '.join(fixed) or 'several --patience'}"
            )
        given = Given(agent=agent, model=model, suite=suite, changes=changes, storage=storage, budget_usd=usd)
        if models_file is not None:
            given = replace(given, book=read_models(models_file))
        go_on = resume_sweep if sweep_runs(resume) else resume_run
        ended = go_on(resume, given, concurrency=concurrency, console=err)
    else:
        if agent is None or suite is None:
            raise click.UsageError("give --agent and --suite (or --resume RUN)")
        book = read_models(models_file).with_endpoint(model, base_url, "--base-url")
        book = book.with_endpoint(user_model, user_base_url, "--user-base-url").with_server_args(model, server_args)
        config = RunConfig(
            suite=suite,
            agent=agent,
            agent_options=parse_pairs(agent_options, option="--agent-option"),
            model=model,
            simulator=simulator,
            user_model=user_model,
            book=book,
            storage=storage,
            protocol=protocol,
            judge=judge,
            graft=graft,
            seed=seed,
            changes=changes,
            limits=Limits(max_turns=max_turns, max_steps=max_steps, timeout_s=timeout),
            schedule=part,
            budget_usd=usd,
            concurrency=concurrency,
            out=out,
        )
        ended = start_sweep(config, several, console=err) if len(several) > 1 else start_run(config, console=err)
    for run in sweep_runs(ended.root) or [ended.root]:
        compact(run)
    if sweep_runs(ended.root):
        show_scaling([ended.root])
    else:
        show_summary(ended.root)
    click.echo(f"run: {ended.root}")
    if ended.purse is not None:
        _show_purse(ended.root, ended.purse)
    if ended.stopped:
        click.echo(f"stopped; go on with: bench run --resume {ended.root}", err=True)
        ctx.exit(130)
    ctx.exit(0 if ended.sound and not (ended.purse and ended.purse.unpriced) else 1)


def _show_purse(root: Path, purse: Purse) -> None:
    click.echo(f"spent: ${purse.spent:.4g} of ${purse.budget:g}")
    if purse.unpriced:
        click.echo(
            "error: what a model costs isn't known, so a budget can't be kept; nothing more was played", err=True
        )
        hint = f"give price_in and price_out in a models file: bench run --resume {root} --models-file FILE"
        click.echo(f"  {hint}", err=True)
    elif purse.short:
        rest = purse.rest()
        more = f"{ceil((purse.spent + rest.high) * 100) / 100:g}usd"
        click.echo(f"not played: {rest.trials} trials, which would cost about {rest}")
        click.echo(f"to play them: bench run --resume {root} --budget {more}")


def _schedule(kind: str | None, budget: int | None, earlier: tuple[Path, ...]) -> ScheduleChoice | None:
    from harness.runner.config import ScheduleChoice

    if kind is None:
        if budget is not None or earlier:
            raise click.UsageError("a --budget of episodes and --earlier belong to --schedule; for money say 5usd")
        return None
    if budget is None:
        raise click.UsageError(f"--schedule {kind} needs a --budget: how many episodes it may play")
    return ScheduleChoice(ScheduleKind(kind), budget, earlier)
