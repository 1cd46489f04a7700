"""The doors for agents from outside: `stdio:COMMAND`, `http:URL`, and so on.

A door checks its address before a run starts and is opened once for the run; what it holds ends with its scope. What a
run's files say of it holds no secret: values of variables that are named like secrets are written as `<NAME>`, and come
back from the environment when the run goes on.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from pydantic import Field

from harness.core.errors import InputError
from harness.core.parsing import JsonObject, M, Model, parse
from harness.core.protocols import Agent
from harness.models.secrets import HIDDEN, is_secrets_name, redact, secret

MakeAgent = Callable[[], Agent]
"""Makes the agent of one episode."""


class TurnOptions(Model):
    """Options of every door."""

    timeout_s: float = Field(default=600.0, gt=0)
    """Seconds that the agent may take to answer a turn."""


class McpOptions(TurnOptions):
    """Options of `mcp`; a turn is the time between two tool calls."""

    grace_s: float = Field(default=10.0, ge=0)
    """Seconds that the command has to go by itself when the episode is over."""


class UrlOptions(TurnOptions):
    """Options of doors to a URL."""

    key: str | None = None
    """The variable of the environment that holds the key, sent as `Authorization: Bearer`."""


class HttpOptions(UrlOptions):
    """Options of `http`."""

    model: str = "agent"
    """What the requests say under `model`."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way in."""

    form: str
    """How it is named on the command line."""
    about: str
    options: type[TurnOptions]
    check: Callable[[str], object]
    """Refuses an address that can't work (`InputError`); nothing is started or sent."""
    open: Callable[[str, JsonObject], AbstractAsyncContextManager[MakeAgent]]
    """The door to an address, with the options that `options` has passed."""


def door_of(name: str) -> tuple[str, Door, str] | None:
    """The door that an agent's name goes through, by its name, and the address behind it; `None` for other agents."""
    word, colon, address = name.partition(":")
    if word == "https":
        # A URL is a name as it is.
        word, address = "http", name
    if not colon or word not in DOORS:
        return None
    return word, DOORS[word], revealed(address.strip())


def public_name(name: str) -> str:
    """The agent's name as a run's files may hold it."""
    return redact(name)


def revealed(text: str) -> str:
    """What `public_name` hid, with what the environment holds now.

    Raises:
        InputError: it holds nothing.
    """

    def value(match: re.Match[str]) -> str:
        if not is_secrets_name(match[1]):
            return match[0]
        if found := secret(match[1]):
            return found
        hint = f"export {match[1]}=…"
        raise InputError(f"the agent is named with the value of {match[1]}, which is not set", hint=hint)

    return HIDDEN.sub(value, text)


def split_command(door: str, command: str) -> list[str]:
    """A command's words.

    Raises:
        InputError: there is none, its quotes don't close, or its program isn't there.
    """
    example = f'for example --agent "{door}:python agent.py"'
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InputError(f"agent '{door}:{command}': {error}", hint=example) from None
    if not words:
        raise InputError(f"agent '{door}:' names no command", hint=example)
    if shutil.which(words[0]) is None:
        at_hand = "it is no file that can be executed, and not on the PATH"
        raise InputError(f"agent '{door}:{command}': command {words[0]!r} was not found", hint=at_hand)
    return words


@asynccontextmanager
async def _open_stdio(command: str, options: JsonObject) -> AsyncIterator[MakeAgent]:
    from harness.agents.stdio import StdioAgent

    words, chosen = split_command("stdio", command), _options(TurnOptions, options)
    yield lambda: StdioAgent(words, chosen.timeout_s)


def _check_http(address: str) -> object:
    from harness.agents.endpoint import checked_url

    return checked_url("http", address)


@asynccontextmanager
async def _open_http(address: str, options: JsonObject) -> AsyncIterator[MakeAgent]:
    from harness.agents.http import open_http

    async with open_http(address, _options(HttpOptions, options)) as make:
        yield make


@asynccontextmanager
async def _open_mcp(command: str, options: JsonObject) -> AsyncIterator[MakeAgent]:
    from harness.agents.mcp import open_mcp

    async with open_mcp(split_command("mcp", command), _options(McpOptions, options)) as make:
        yield make


def _check_a2a(address: str) -> object:
    from harness.agents.endpoint import checked_url

    return checked_url("a2a", address)


@asynccontextmanager
async def _open_a2a(address: str, options: JsonObject) -> AsyncIterator[MakeAgent]:
    from harness.agents.a2a import open_a2a

    async with open_a2a(address, _options(UrlOptions, options)) as make:
        yield make


def _options(kind: type[M], options: JsonObject) -> M:
    return parse(kind, options, where="the agent's options")


DOORS = {
    "stdio": Door(
        "stdio:COMMAND",
        "a command that speaks JSON Lines, started for each episode",
        TurnOptions,
        lambda command: split_command("stdio", command),
        _open_stdio,
    ),
    "http": Door(
        "http:URL",
        "an endpoint that gets chat-completions messages and tools, and answers with a message",
        HttpOptions,
        _check_http,
        _open_http,
    ),
    "mcp": Door(
        "mcp:COMMAND",
        "a command that is an MCP client, such as a CLI agent: the tools come to it by an MCP server",
        McpOptions,
        lambda command: split_command("mcp", command),
        _open_mcp,
    ),
    "a2a": Door(
        "a2a:URL",
        "an agent that speaks the Agent2Agent protocol, found by its card",
        UrlOptions,
        _check_a2a,
        _open_a2a,
    ),
}
"""By the word before the colon; docs/agents.md describes what goes through them."""
