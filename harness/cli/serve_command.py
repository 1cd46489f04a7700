"""`bench serve mcp`: an episode for an agent that comes by itself."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.ranges import FiniteRange
from harness.core.mode import Mode


@click.group(name="serve")
def command() -> None:
    """Offer one episode to an agent that somebody else starts."""


@command.command(name="mcp")
@click.option("--suite", required=True, help="Suite, suite file, pack, or pack:split.")
@click.option("--task", required=True, help="The task (TASK or PACK/TASK).")
@click.option("--stdio", is_flag=True, help="Speak over standard input and output, for clients that start servers.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of 127.0.0.1.  [default: any that is free]")
@click.option("--user", "simulator", default="scripted", show_default=True, help="Who plays the user.")
@click.option("--user-model", help="Model of an llm user.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), help="[default: the suite's]")
@click.option("--seed", type=int, default=0, show_default=True, help="The trial's seed is a hash of this one.")
@click.option("--max-turns", type=click.IntRange(min=1), help="Times the agent may act.")
@click.option("--timeout", type=FiniteRange(min=0, min_open=True), help="Seconds the episode may take.")
@click.option(
    "--idle",
    type=FiniteRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="Seconds the client may take between two tool calls, and to come.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Run directory; must be new.  [default: runs/TIME-mcp-SUITE]"
)
@click.pass_context
def serve_mcp(
    ctx: click.Context,
    suite: str,
    task: str,
    stdio: bool,
    port: int,
    simulator: str,
    user_model: str | None,
    mode: str | None,
    seed: int,
    max_turns: int | None,
    timeout: float | None,
    idle: float,
    out: Path | None,
) -> None:
    """Serve one episode as an MCP server: its tools are the environment's, and three to talk to the user, to finish,
    and to read the policy and the conversation.

    \b
    bench serve mcp --suite sql-shop --task low-stock             prints the URL to connect to
    bench serve mcp --suite sql-shop --task low-stock --stdio     as a client's configuration has it

    What was played is a run like any other. Exits as `bench run` does.
    """
    from harness.cli.tables import console, show_summary
    from harness.core.limits import Limits
    from harness.packs.suites import Changes
    from harness.runner.config import RunConfig
    from harness.runner.serve import serve_episode

    config = RunConfig(
        suite=suite,
        agent="mcp",
        agent_options={"timeout_s": idle},
        simulator=simulator,
        user_model=user_model,
        seed=seed,
        changes=Changes(1, None if mode is None else Mode(mode), only=(task,)),
        limits=Limits(max_turns=max_turns, timeout_s=timeout),
        concurrency=1,
        out=out,
    )
    ended = serve_episode(config, port=None if stdio else port, console=console(stderr=True))
    if not stdio:
        # Over stdio the standard output belongs to the protocol.
        show_summary(ended.root)
    click.echo(f"run: {ended.root}", err=stdio)
    ctx.exit(130 if ended.stopped else 0 if ended.sound else 1)
