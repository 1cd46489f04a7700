"""The command group, its exit codes and its one error boundary.

Commands are imported when they are called, so `bench --help` costs little more than Python and click.
Exit codes: 0 fine; 1 the run or the check found something wrong; 2 a mistake in what was given, and nothing
was written; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from importlib import import_module

import click

import harness

_COMMANDS = {
    "run": "Play a suite's tasks with an agent, and score them.",
    "show": "Show a run's scores, or one episode's trajectory.",
    "view": "Make pages of a run, and open them in a browser.",
    "blame": "Tell whose doing failures were.",
    "compare": "Tell whether a run is better than another, task by task.",
    "crossplay": "Tell whether another simulated user would change the ranking.",
    "slices": "Tell where a run fails.",
    "sql": "Ask runs a question in SQL.",
    "ablation": "Compare runs with and without a user and a plan.",
    "audit": "Measure the simulated user.",
    "scaling": "Tell what an agent gains by a more patient user.",
    "score": "Score a run again from its records alone.",
    "static": "Score a run of ShortcutsBench's static protocol by its four metrics.",
    "serve": "Offer one episode to an agent that comes by itself, over MCP.",
    "shortcut": "Look at shortcuts, convert and run them, list what the device does.",
    "list": "List suites, packs, agents, simulators, models and runs.",
    "pack": "Check, start, generate and import task packs.",
    "import-run": "Turn another harness's results into a run.",
    "parity": "Compare our worlds with an installed upstream benchmark.",
    "leaderboard": "Make submissions, verify them, and build a static site.",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"harness.cli.{cmd_name.replace('-', '_')}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(harness.__version__, prog_name="bench")
def bench() -> None:
    """Interactive agent benchmarks: an agent, a simulated user and a stateful environment act in turns,
    and executable checks decide the reward.

    \b
    A first run, without any model:  bench run --agent oracle --suite lite
    What it scored:                  bench show RUN
    One episode of it:               bench show RUN EPISODE
    """


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that can't show a dash shall show the rest.
            stream.reconfigure(errors="replace")
    try:
        # Outside its standalone mode click returns the code of `ctx.exit`.
        code = bench.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (`head`, say) has enough.
        _close_output()
        sys.exit(141)
    except OSError as error:
        from harness.models.secrets import redact

        _close_output()
        where = "the output can't be written" if error.filename is None else redact(str(error.filename))
        click.echo(f"error: {where}: {error.strerror or error}", err=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - boundary: the command's end
        from harness.core.errors import InputError, ParleyError
        from harness.models.secrets import redact

        if isinstance(error, RuntimeError) and "interrupted" in str(error).lower():
            # What Ctrl-C becomes in the middle of a query.
            sys.exit(130)
        if not isinstance(error, ParleyError):
            # A mistake of ours: all that is known of it, but no key that a message may hold.
            click.echo(redact(traceback.format_exc()), err=True, nl=False)
            sys.exit(1)
        click.echo(f"error: {redact(str(error))}", err=True)
        sys.exit(2 if isinstance(error, InputError) else 1)


def _close_output() -> None:
    """Keep the interpreter from complaining while it closes a stdout that takes nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
