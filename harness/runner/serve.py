"""One episode for a client that somebody else starts: a run of one trial whose agent comes to us, over MCP.

The record is on disk as soon as the episode ends. The server goes on answering that all is over until the client
leaves: over stdio by closing the stream, over HTTP after a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from harness.agents.load import AgentFactory
from harness.agents.moves import Moves
from harness.core.errors import InputError
from harness.core.run import SeatIdentity
from harness.models.open import ModelPool
from harness.runner.config import RunConfig
from harness.runner.execute import open_templates
from harness.runner.start import Ended, play_plan, prepare

if TYPE_CHECKING:
    from rich.console import Console

    from harness.agents.mcp_host import Host

_LINGER_S = 2.0
"""Seconds that a client over HTTP has to fetch its last answer."""


def serve_episode(config: RunConfig, *, port: int | None, console: Console) -> Ended:
    """Serve the one trial that `config` selects.

    Args:
        port: Of 127.0.0.1, 0 for any that is free; `None`: this process's standard streams.

    Raises:
        InputError: something that was given can't be used, or selects more than one trial; nothing was written.
    """
    plan = prepare(config, console=console, served=True)
    trials = plan.manifest.trials
    if len(trials) != 1:
        raise InputError(
            f"suite {plan.manifest.suite.id!r} has {len(trials)} trials here, and one episode is served",
            hint=f"add --task, for example --task {trials[0].pack}/{trials[0].task}",
        )

    @asynccontextmanager
    async def seat(identity: SeatIdentity, pool: ModelPool) -> AsyncIterator[AgentFactory]:
        moves = Moves(float(str(identity.options["timeout_s"])))
        served = _over_stdio(moves) if port is None else _over_http(moves, port, console)
        async with served:
            yield AgentFactory(identity, lambda task, seed: moves)

    with open_templates(plan) as templates:
        return play_plan(plan, templates, 1, console, config.storage, new=True, seat=seat)


@asynccontextmanager
async def _over_stdio(moves: Moves) -> AsyncIterator[None]:
    from mcp.server.stdio import stdio_server

    from harness.agents.mcp_server import Chair

    async def serve() -> None:
        if (view := await moves.view()) is None:
            return
        server = Chair(moves, view).server()
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())
        moves.leave("the client closed the connection")

    serving = asyncio.create_task(serve())
    try:
        yield
    finally:
        await moves.close()
    # The client may still be there, and gets to hear that all is over; its leaving ends this.
    await serving


@asynccontextmanager
async def _over_http(moves: Moves, port: int, console: Console) -> AsyncIterator[None]:
    from harness.agents.mcp_host import open_host
    from harness.agents.mcp_server import Chair

    async def serve(host: Host) -> None:
        if (view := await moves.view()) is None:
            return
        hosted = await host.serve(Chair(moves, view).server())
        console.print(f"MCP server: {hosted.url}", highlight=False, markup=False, soft_wrap=True)

    async with AsyncExitStack() as stack:
        try:
            host = await stack.enter_async_context(open_host(port))
        except OSError as error:
            why = error.strerror or str(error)
            raise InputError(f"port {port}: {why}", hint="give another --port, or 0 for any that is free") from None
        serving = asyncio.create_task(serve(host))
        try:
            yield
        finally:
            await moves.close()
            await serving
        await asyncio.sleep(_LINGER_S)
