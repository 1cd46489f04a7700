"""The chair as an MCP server: the environment's tools, and three more to talk to the user, to end, and to read.

A tool call is a move (`moves`). Its result is the tool's, and whatever the agent is told after it: the user's answer, a
follow-up request, what is left of a budget. `initialize` hands over the policy and the conversation so far as the
server's instructions; `read_conversation` returns them again, for clients that don't show those to their model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mcp_types as types
from mcp.server.lowlevel import Server
from pydantic import JsonValue

import harness
from harness.agents.moves import Moves, Outcome
from harness.agents.wire import in_words
from harness.core.event import ToolEvent
from harness.core.message import Message, Stop, ToolCall, ToolSpec
from harness.core.parsing import JsonObject
from harness.core.protocols import View

SERVER = "parley"
"""The server's name."""
_SAY = "send_message_to_user"
_FINISH = "finish"
_READ = "read_conversation"
_BRIEFING = """\
You act for a user, in a conversation with them and by the tools of the MCP server `{server}`. What you write yourself
reaches nobody: to say something to the user, call `{say}`, which returns what they answer. What you don't know and
can't look up, ask the user. When everything that was asked for is done and nothing is left to say, call `{finish}`.
Only the tools of `{server}` count; change nothing by any other way.

# The policy

{policy}

# The conversation so far

{conversation}"""
_ALONE = """\
You solve a ticket by the tools of the MCP server `{server}`. Nobody is there to talk to. When the ticket is solved, or
can't be solved and was handed over, call `{finish}`. Only the tools of `{server}` count; change nothing by any other
way.

{policy}"""
_OVER = "The conversation is over: nothing more can be done."


class Chair:
    """What an MCP server offers of one episode."""

    def __init__(self, moves: Moves, view: View) -> None:
        self._moves = moves
        self._view = view
        taken = {spec.name for spec in view.tools}
        self._say, self._finish, self._read = (
            name if name not in taken else f"{SERVER}_{name}" for name in (_SAY, _FINISH, _READ)
        )

    def server(self) -> Server[object]:
        """A server of it, for any transport."""

        async def listed(context: object, params: object) -> types.ListToolsResult:
            return types.ListToolsResult(tools=[_tool(spec) for spec in self._tools()])

        async def called(context: object, params: types.CallToolRequestParams) -> types.CallToolResult:
            return await self._called(params.name, params.arguments or {})

        return Server(
            SERVER,
            version=harness.__version__,
            instructions=self.briefing(),
            on_list_tools=listed,
            on_call_tool=called,
        )

    def briefing(self) -> str:
        """All that a model has to know: how it acts, the policy, and the conversation so far."""
        form = _ALONE if self._view.mode.solo else _BRIEFING
        return form.format(
            server=SERVER,
            say=self._say,
            finish=self._finish,
            policy=self._view.instructions,
            conversation="\n\n".join(in_words(event) for event in self._view.history) or "(Nothing was said yet.)",
        )

    def _tools(self) -> Sequence[ToolSpec]:
        text: JsonObject = {"type": "string", "description": "What to say."}
        own = [
            ToolSpec(
                name=self._say,
                description="Say something to the user. Returns what they answer.",
                parameters=_object(message=text),
                writes=True,
            ),
            ToolSpec(
                name=self._finish,
                description="End the conversation: everything is done. Returns a further request, if there is one.",
                parameters=_object(),
                writes=True,
            ),
            ToolSpec(
                name=self._read,
                description="Read how to act, the policy, and everything that was said and done so far.",
                parameters=_object(),
            ),
        ]
        return [*self._view.tools, *(own[1:] if self._view.mode.solo else own)]

    async def _called(self, name: str, arguments: JsonObject) -> types.CallToolResult:
        if name == self._read:
            return _result(self.briefing())
        if name == self._say and not self._view.mode.solo:
            text = arguments.get("message")
            if not isinstance(text, str) or not text.strip():
                return _result("Error: `message` must be a text that says something", failed=True)
            return _told(await self._moves.make(Message(text=text)))
        if name == self._finish:
            return _told(await self._moves.make(Message(stop=Stop.DONE)))
        try:
            call = ToolCall(name=name, arguments=arguments)
        except ValueError as error:
            return _result(f"Error: {error}", failed=True)
        return _told(await self._moves.make(Message(tool_calls=(call,))))


def _told(outcome: Outcome) -> types.CallToolResult:
    """The first result is the call's own; everything else is said beside it."""
    parts: list[str] = []
    failed = False
    for event in outcome.events:
        if isinstance(event, ToolEvent):
            parts.append(event.result.content)
            failed = event.result.error is not None
        else:
            parts.append(in_words(event))
    if outcome.over:
        parts.append(_OVER)
    return _result(*parts, failed=failed)


def _result(*parts: str, failed: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(text=part) for part in parts], is_error=failed)


def _tool(spec: ToolSpec) -> types.Tool:
    schema: Mapping[str, JsonValue] = spec.parameters
    cost = f" (costs {spec.cost:g} points)" if spec.cost else ""
    return types.Tool(
        name=spec.name,
        description=f"{spec.description}{cost}",
        input_schema={"type": "object", **schema},
        annotations=types.ToolAnnotations(read_only_hint=not spec.writes),
    )


def _object(**properties: JsonValue) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
