"""An agent that is an MCP client: a command for each episode, such as a CLI agent, that is given a server's URL.

The command's words may hold `{url}`, `{config}` (a file in the form that CLI agents take for their MCP servers),
`{prompt}` and `{prompt_file}` (how to act, the policy and the conversation so far); the same lies in its environment as
PARLEY_MCP_URL, PARLEY_MCP_CONFIG and PARLEY_PROMPT_FILE. A command that ends with exit code 0 has stopped.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from harness.agents.command import Command
from harness.agents.doors import MakeAgent, McpOptions
from harness.agents.mcp_host import Host, open_host
from harness.agents.mcp_server import SERVER, Chair
from harness.agents.moves import Moves
from harness.core.errors import AgentFault
from harness.core.message import Message
from harness.core.protocols import View

_PLACE = re.compile(r"\{(url|config|prompt|prompt_file)\}")
_VARIABLES = {"url": "PARLEY_MCP_URL", "config": "PARLEY_MCP_CONFIG", "prompt_file": "PARLEY_PROMPT_FILE"}


class McpAgent:
    """Plays one episode through a command that is an MCP client."""

    def __init__(self, host: Host, argv: Sequence[str], options: McpOptions) -> None:
        self._host = host
        self._argv = argv
        self._options = options
        self._moves = Moves(options.timeout_s)
        self._scope = AsyncExitStack()
        self._command: Command | None = None

    async def act(self, view: View) -> Message:
        """The command's next tool call, as a message."""
        if self._command is None:
            self._moves.begin(view)
            self._command = await self._start(Chair(self._moves, view))
        try:
            return await self._moves.act(view)
        except AgentFault as fault:
            raise AgentFault(f"{fault}{self._command.last_words}") from None

    async def close(self) -> None:
        """The episode is over: the command is told so by what it calls, and has a moment to go by itself."""
        await self._moves.close()
        await self._scope.aclose()

    async def _start(self, chair: Chair) -> Command:
        hosted = await self._host.serve(chair.server())
        self._scope.push_async_callback(hosted.end)
        folder = Path(self._scope.enter_context(tempfile.TemporaryDirectory(prefix="parley-mcp-")))
        config, prompt = folder / "mcp.json", folder / "prompt.md"
        config.write_text(json.dumps({"mcpServers": {SERVER: {"type": "http", "url": hosted.url}}}))
        prompt.write_text(chair.briefing(), encoding="utf-8")
        said = {"url": hosted.url, "config": str(config), "prompt": chair.briefing(), "prompt_file": str(prompt)}
        variables = {_VARIABLES[name]: value for name, value in said.items() if name in _VARIABLES}
        argv = [_PLACE.sub(lambda place: said[place[1]], word) for word in self._argv]
        command = await Command.start(argv, heard=False, environment=variables)
        self._scope.push_async_callback(command.end, self._options.grace_s)
        watch = asyncio.create_task(self._watch(command))
        self._scope.callback(watch.cancel)
        return command

    async def _watch(self, command: Command) -> None:
        how = await command.ended()
        self._moves.leave(f"the command {how}", failed=command.exit_code != 0)


@asynccontextmanager
async def open_mcp(argv: Sequence[str], options: McpOptions) -> AsyncIterator[MakeAgent]:
    """Agents that are MCP clients."""
    async with open_host() as host:
        yield lambda: McpAgent(host, argv, options)
